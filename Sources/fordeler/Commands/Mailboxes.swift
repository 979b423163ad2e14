import ArgumentParser
import ChangeEvents
import Crypto
import Distribution
import OrganisationModel
import Storage
import Versioning

/// Brings a mailbox up to date: turns the days that are due and counts what its view has not seen. Durable on return.
struct MailboxRefresh {
    let workplace: Workplace
    let state: State
    let output: Output

    func mailbox(_ name: String) throws -> Mailbox {
        try state.write { transaction in
            let delivery = Delivery(log: transaction, source: workplace.eventSource)
            let mailbox = try delivery.mailbox(name)
            if let day = try transaction.position().day {
                let due = workplace.today.number - day.number
                if due <= Waiting.daysToTurnMax {
                    try transaction.turnDays(to: workplace.today, time: workplace.time)
                } else {
                    output.complain(
                        "day.waits: today lies \(due) days after the register's day, so no day was turned. Check the clock; "
                            + "the next publish turns the days.")
                }
            }
            try delivery.countPending(view: mailbox.view, id: mailbox.viewID)
            return mailbox
        }
    }
}

struct Events: Command {
    static let configuration = CommandConfiguration(
        abstract: "Print a mailbox's events that are not settled, in order.",
        discussion: "Example:\n  fordeler events ky --after 12 --max 100 --json")

    @Argument(help: "The subscription.")
    var subscription: String

    @Option(help: "Only events with greater numbers; settles nothing.")
    var after = 0

    @Option(help: "At most this many.")
    var max: Int?

    @Flag(help: "Print one CloudEvent a line.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.writing

    func run(in session: Session) throws {
        let output = session.output
        guard after >= 0, max ?? 0 >= 0 else { throw FordelerError(.usage, "--after and --max are not negative") }
        let workplace = session.workplace
        let state = try session.state(.writing)
        _ = try MailboxRefresh(workplace: workplace, state: state, output: output).mailbox(subscription)
        try state.read { transaction in
            let delivery = Delivery(log: transaction, source: workplace.eventSource)
            let mailbox = try delivery.mailbox(subscription)
            let context = delivery.context(mailbox)
            try delivery.events(mailbox, after: after, max: max ?? Int.max) { event in
                guard json else {
                    output.line(
                        "\(event.number) version \(event.entry.position.version) \(event.type) \(event.subject)")
                    return
                }
                var line = JSONBytes()
                event.write(to: &line, context)
                output.line(line.text)
            }
        }
    }
}

struct Ack: Command {
    static let configuration = CommandConfiguration(
        abstract: "Acknowledge a mailbox's events: everything up to a number is settled, durably, when this returns.")

    @Argument(help: "The subscription.")
    var subscription: String

    @Option(help: "The highest number that was received and kept.")
    var through: Int

    @OptionGroup var common: CommonOptions

    static let access = State.Access.writing

    func run(in session: Session) throws {
        let output = session.output
        let workplace = session.workplace
        let state = try session.state(.writing)
        let mailbox = try state.write { transaction in
            let delivery = Delivery(log: transaction, source: workplace.eventSource)
            return try delivery.acknowledge(delivery.mailbox(subscription), through: through)
        }
        output.line("\(mailbox.name): settled through \(mailbox.settledThrough)")
    }
}

struct Snapshot: Command {
    static let configuration = CommandConfiguration(
        abstract: "Print everything a subscription's view holds, and the number after which its events go on.",
        discussion: "The first line names the position; each further line is one object.")

    @Argument(help: "The subscription.")
    var subscription: String

    @OptionGroup var common: CommonOptions

    static let access = State.Access.writing

    func run(in session: Session) throws {
        let output = session.output
        let workplace = session.workplace
        let state = try session.state(.writing)
        _ = try MailboxRefresh(workplace: workplace, state: state, output: output).mailbox(subscription)
        try state.read { transaction in
            let delivery = Delivery(log: transaction, source: workplace.eventSource)
            let mailbox = try delivery.mailbox(subscription)
            let (version, day) = try transaction.position()
            let position = Position(version: version, day: day ?? workplace.today)
            let after = try delivery.highestNumber(mailbox)
            var line = JSONBytes()
            line.object { line in
                line.pair("version", position.version)
                line.pair("effectivedate", position.day)
                line.pair("after", after)
            }
            output.line(line.text)
            try delivery.snapshot(view: mailbox.view, at: position) { kind, id, fields in
                var line = JSONBytes()
                line.object { line in
                    line.pair("subject", "\(kind.name)/\(id)")
                    line.key("data")
                    ChangeEvent.write(fields, to: &line)
                }
                output.line(line.text)
            }
        }
    }
}

import ArgumentParser
import ChangeEvents
import Crypto
import Distribution
import OrganisationModel
import Storage
import Versioning

struct SubscriptionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscription", abstract: "Add and list subscriptions, and make their tokens.",
        subcommands: [Add.self, List.self, Token.self])

    struct Add: Command {
        static let configuration = CommandConfiguration(
            abstract: "Open a mailbox for a system. It begins with the next version or day turn.",
            discussion:
                "Example:\n  fordeler subscription add ky --kinds unit,engagement --attributes name,parent,unit,title")

        @Argument(help: "The subscription's name: letters, digits, - and _.")
        var name: String

        @Option(help: "Kinds, separated by commas.")
        var kinds: String

        @Option(help: "Attributes, separated by commas; by default all that are not personal.")
        var attributes: String?

        @OptionGroup var common: CommonOptions

        static let access = State.Access.writing

        func run(in session: Session) throws {
            let output = session.output
            guard !name.isEmpty, name.utf8.allSatisfy({ Self.allowed.contains($0) }) else {
                throw FordelerError(.usage, "a subscription's name is made of letters, digits, - and _")
            }
            func list(_ text: String) -> [String] { text.split(separator: ",").map(String.init) }
            let view = try View(kinds: list(kinds), attributes: attributes.map(list))
            let workplace = session.workplace
            let state = try session.state(.writing)
            let mailbox = try state.write {
                try $0.addMailbox(
                    name, view: view, source: workplace.eventSource, actor: workplace.actor, time: workplace.time)
            }
            output.line("subscription \(mailbox.name): \(mailbox.view.definition), epoch \(mailbox.epoch)")
        }

        private static let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_".utf8)
    }

    struct List: Command {
        static let configuration = CommandConfiguration(abstract: "List all subscriptions.")

        @Flag(help: "Print one JSON object a line.")
        var json = false

        @OptionGroup var common: CommonOptions

        static let access = State.Access.reading

        func run(in session: Session) throws {
            let output = session.output
            let state = try session.state(.reading)
            for mailbox in try state.read({ try $0.mailboxes() }) {
                guard json else {
                    output.line(
                        "\(mailbox.name): \(mailbox.view.definition), settled through \(mailbox.settledThrough)")
                    continue
                }
                var line = JSONBytes()
                line.object { line in
                    line.pair("name", mailbox.name)
                    line.key("kinds")
                    line.array { line in for kind in mailbox.view.kinds { line.value(kind.name) } }
                    line.key("attributes")
                    line.array { line in for name in mailbox.view.attributes { line.value(name) } }
                    line.pair("epoch", mailbox.epoch)
                    line.pair("startsafter", mailbox.startsAfter)
                    line.pair("settledthrough", mailbox.settledThrough)
                }
                output.line(line.text)
            }
        }
    }
}

extension SubscriptionCommand {
    struct Token: Command {
        static let configuration = CommandConfiguration(
            abstract: "Make the token with which a system reads its mailbox over HTTP. It is shown once.",
            discussion: "A token that the subscription had before is not valid any more.")

        @Argument(help: "The subscription.")
        var name: String

        @OptionGroup var common: CommonOptions

        static let access = State.Access.writing

        /// Bytes of chance in a token.
        private static let byteCount = 32

        func run(in session: Session) throws {
            let workplace = session.workplace
            let state = try session.state(.writing)
            let token = "fdl_" + Hexadecimal.text(State.randomBytes(Self.byteCount))
            try state.write { transaction in
                _ = try Delivery(log: transaction, source: workplace.eventSource).mailbox(name)
                try transaction.setToken(
                    digest: Array(SHA256.hash(data: Array(token.utf8))), subscription: name, actor: workplace.actor,
                    time: workplace.time)
            }
            session.output.line(token)
        }
    }
}

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

struct Verify: Command {
    static let configuration = CommandConfiguration(
        abstract: "Recompute every checksum, digest and chain of the state. Exit status 1 when anything is wrong.")

    @OptionGroup var common: CommonOptions

    static let access = State.Access.reading

    func run(in session: Session) throws {
        let output = session.output
        let state = try session.state(.reading)
        let report = try state.read { try $0.verify() }
        for problem in report.problems { output.line(problem) }
        guard report.problems.isEmpty else {
            throw FordelerError(.stateDamaged, "the state is damaged. Stop writing to it and restore a backup")
        }
        output.line("\(report.versions) versions, \(report.objects) objects, \(report.rows) rows: all in order")
    }
}

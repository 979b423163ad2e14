import ArgumentParser
import ChangeEvents
import OrganisationModel
import Storage
import Versioning

struct HoldCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Stop the automatic publishing of a source until it is released.")

    @Argument(help: "The source.")
    var source: String

    @Option(help: "Why; it stays in the audit.")
    var reason = ""

    @OptionGroup var common: CommonOptions

    static let access = State.Access.writing

    func run(in session: Session) throws {
        let output = session.output
        let workplace = session.workplace
        let state = try session.state(.writing)
        let isNew = try Release(workplace: workplace, state: state).hold(source, reason: reason)
        output.line(isNew ? "\(source) is on hold" : "\(source) was on hold already; its first reason stands")
    }
}

struct Holds: Command {
    static let configuration = CommandConfiguration(abstract: "List the sources that are on hold.")

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.reading

    func run(in session: Session) throws {
        let output = session.output
        let state = try session.state(.reading)
        for hold in try state.read({ try $0.holds() }) {
            guard json else {
                output.line(
                    "\(hold.source) since version \(hold.version), \(hold.time), by \(hold.actor.name): \(hold.reason)")
                continue
            }
            var line = JSONBytes()
            line.object { line in
                line.pair("source", hold.source)
                line.pair("version", hold.version)
                line.pair("time", hold.time)
                line.pair("actor", hold.actor.name)
                line.pair("reason", hold.reason)
            }
            output.line(line.text)
        }
    }
}

struct ReleaseCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Let a source publish by itself again, and publish what waited for that.",
        discussion: """
            With --except pinned the objects that a rollback set apart stay as they are; else they follow the source again, \
            as far as no brake fires.

            Example:
              fordeler release hr --except pinned
            """)

    enum Exception: String, ExpressibleByArgument, CaseIterable {
        case pinned
    }

    @Argument(help: "The source.")
    var source: String

    @Option(help: "What stays as it is: pinned.")
    var except: Exception?

    @Flag(help: "Print one JSON object for each candidate, as import does.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.writing

    func run(in session: Session) throws {
        let output = session.output
        let workplace = session.workplace
        let state = try session.state(.writing)
        let outcomes = try Release(workplace: workplace, state: state).release(
            source, exceptPinned: except == .pinned)
        try state.checkpoint()
        if !json { output.line("\(source) is not on hold any more") }
        try CandidateReport.finish(outcomes, json: json, to: output)
    }
}

/// Holds do not fall into oblivion: the first command of a day that imports names them.
enum Reminders {
    static func print(_ workplace: Workplace, _ state: State, to output: Output) throws {
        for hold in try state.write({ try $0.dueReminders(today: workplace.today) }) {
            output.complain(
                "hold.still-on: \(hold.source) is on hold since version \(hold.version) (\(hold.reason)) and publishes nothing "
                    + "by itself. Release it: fordeler release \(hold.source) --except pinned")
        }
    }
}

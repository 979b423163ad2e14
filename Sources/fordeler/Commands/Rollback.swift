import ArgumentParser
import ChangeEvents
import Foundation
import Mapping
import OrganisationModel
import Storage
import Versioning

struct RollbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Publish the content of an older version as a new one.",
        discussion: """
            The sources whose exports are in the undone versions go on hold. What their claims ask for and the older version \
            does not have is pinned: nothing moves it but an approval, unpin or a full release. When a brake fires the \
            rollback waits for: fordeler publish candidate:ID --approve.

            Examples:
              fordeler rollback 4 --preview
              fordeler rollback 4 --reason "half of the employments were missing"
            """)

    @Argument(help: "The version whose content comes back.")
    var version: Int

    @Option(help: "Why; it stays in the audit.")
    var reason = ""

    @Flag(help: "Only make a candidate, to look at and to approve.")
    var preview = false

    @Flag(help: "Enable accounts again that were disabled since that version.")
    var enableAccounts = false

    @Flag(help: "Print one JSON object, as import does.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        let workplace = try Workplace(common)
        let state = try workplace.state(.writing)
        let report = try Rollback(workplace: workplace, state: state).run(
            to: version, reason: reason, isPreview: preview, includesAccounts: enableAccounts)
        try state.checkpoint()
        if json { Output.line(text(report)) } else { tell(report) }
        let status = CandidateReport.status(report.outcome)
        if status != .done { throw ExitCode(status.rawValue) }
    }

    private func text(_ report: Rollback.Report) -> String {
        var json = JSONBytes()
        json.object { json in
            CandidateReport.write(report.outcome, to: &json)
            json.pair("exceptions", report.exceptions.count)
            json.pair("pinned", report.pinned)
            json.key("holds")
            json.array { json in for source in report.holds { json.value(source) } }
            json.key("consumers")
            json.array { json in for name in report.consumers { json.value(name) } }
        }
        return json.text
    }

    private static let exceptionsShown = 10

    private func tell(_ report: Rollback.Report) {
        for change in report.exceptions.prefix(Self.exceptionsShown) {
            Output.line("  not brought back: \(exception(change))")
        }
        if report.exceptions.count > Self.exceptionsShown {
            Output.line("  ... and \(report.exceptions.count - Self.exceptionsShown) more")
        }
        CandidateReport.print(report.outcome, [])
        let isDone = report.outcome.candidate.verdict == .published
        if report.pinned > 0 {
            Output.line("\(report.pinned) objects \(isDone ? "are" : "would be") pinned: fordeler pins")
        }
        for source in report.holds {
            Output.line(
                "\(source) \(isDone ? "is" : "would go") on hold until: fordeler release \(source) --except pinned")
        }
        if !report.consumers.isEmpty {
            Output.line(
                "events of the undone versions were acknowledged by: \(report.consumers.joined(separator: ", "))")
        }
    }

    private func exception(_ change: ObjectChange) -> String {
        let what = change.kind == .person ? "the address stays protected" : "the account stays disabled"
        return "\(change.kind.name) \(Masking.shown(change.key, kind: change.kind)): \(what)"
    }
}

struct HoldCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Stop the automatic publishing of a source until it is released.")

    @Argument(help: "The source.")
    var source: String

    @Option(help: "Why; it stays in the audit.")
    var reason = ""

    @OptionGroup var common: CommonOptions

    func run() throws {
        let workplace = try Workplace(common)
        let state = try workplace.state(.writing)
        let isNew = try Release(workplace: workplace, state: state).hold(source, reason: reason)
        Output.line(isNew ? "\(source) is on hold" : "\(source) was on hold already; its first reason stands")
    }
}

struct Holds: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the sources that are on hold.")

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        let state = try Workplace(common).state(.reading)
        for hold in try state.read({ try $0.holds() }) {
            guard json else {
                Output.line(
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
            Output.line(line.text)
        }
    }
}

struct ReleaseCommand: ParsableCommand {
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

    func run() throws {
        let workplace = try Workplace(common)
        let state = try workplace.state(.writing)
        let outcomes = try Release(workplace: workplace, state: state).release(
            source, exceptPinned: except == .pinned)
        try state.checkpoint()
        if !json { Output.line("\(source) is not on hold any more") }
        try CandidateReport.finish(outcomes, json: json)
    }
}

struct Pins: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the objects that a rollback set apart from what the sources say.")

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Flag(help: "Show the keys of people.")
    var reveal = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        let state = try Workplace(common).state(.reading)
        try state.read { transaction in
            let pins = try transaction.pins().map { ($0, try transaction.origin(of: $0.id)) }.sorted { left, right in
                (left.1?.kind.rawValue ?? 0, left.1?.key ?? "") < (right.1?.kind.rawValue ?? 0, right.1?.key ?? "")
            }
            for (pin, object) in pins {
                let key = object.map { reveal ? $0.key : Masking.shown($0.key, kind: $0.kind) } ?? ""
                guard json else {
                    let released = pin.isReleased ? ", released" : ""
                    Output.line(
                        "\(object?.kind.name ?? "object") \(key) \(pin.id) since version \(pin.since)\(released)")
                    continue
                }
                var line = JSONBytes()
                line.object { line in
                    if let object { line.pair("kind", object.kind.name) }
                    line.pair("id", pin.id.description)
                    line.pair("key", key)
                    line.pair("since", pin.since)
                    line.pair("released", .flag(pin.isReleased))
                }
                Output.line(line.text)
            }
        }
    }
}

struct Unpin: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let one pinned object follow the sources again.",
        discussion: "Example:\n  fordeler unpin engagement 10042 --reason \"she did leave\"")

    @Argument(help: "The kind of object.")
    var kind: String

    @Argument(help: "The source's key, the UUID, or - to read the key from standard input.")
    var key: String

    @Option(help: "Why; it stays in the audit.")
    var reason = ""

    @Flag(help: "Print one JSON object for each candidate, as import does.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        let workplace = try Workplace(common)
        let state = try workplace.state(.writing)
        let lookup = try ObjectLookup(kind: kind, key: key)
        let ids = try state.read { try lookup.ids(workplace.identity(state), $0) }
        let outcomes = try Release(workplace: workplace, state: state).unpin(ids, reason: reason)
        try state.checkpoint()
        if !json { Output.line("\(kind) \(lookup.shownKey) is not pinned any more") }
        try CandidateReport.finish(outcomes, json: json)
    }
}

extension CandidateReport {
    /// Tells what came of each candidate, and ends as an import would.
    static func finish(_ outcomes: [Outcome], json: Bool) throws {
        for outcome in outcomes {
            if json { Output.line(self.json(outcome)) } else { CandidateReport.print(outcome, []) }
        }
        if let status = outcomes.map(status).first(where: { $0 != .done }) { throw ExitCode(status.rawValue) }
    }
}

/// Which objects a kind and a key on the command line mean.
struct ObjectLookup {
    let kind: Kind
    private let key: String

    init(kind: String, key: String) throws {
        guard let known = Kind(name: kind) else {
            throw FordelerError(
                .usage, "\(kind) is no kind; known: \(Kind.allCases.map(\.name).joined(separator: ", "))")
        }
        self.kind = known
        self.key = key == "-" ? (readLine() ?? "") : key
    }

    /// The key as it may be shown.
    var shownKey: String {
        Masking.shown(key, kind: kind)
    }

    /// The ids that sources could have given to the key, and those of objects that bear it although their source gave them
    /// ids of its own.
    func ids(_ identity: Identity, _ transaction: StateTransaction) throws -> [ObjectID] {
        if let id = ObjectID(key) { return [id] }
        let computed = try (transaction.objectSources() + [Authority.source]).map {
            identity.id(kind: kind, source: $0, key: key)
        }
        let known = try computed.filter { try transaction.origin(of: $0) != nil }
        return try known + transaction.ids(kind, key: key).filter { !known.contains($0) }
    }
}

/// Holds do not fall into oblivion: the first command of a day that imports names them.
enum Reminders {
    static func print(_ workplace: Workplace, _ state: State) throws {
        for hold in try state.write({ try $0.dueReminders(today: workplace.today) }) {
            Output.complain(
                "hold.still-on: \(hold.source) is on hold since version \(hold.version) (\(hold.reason)) and publishes nothing "
                    + "by itself. Release it: fordeler release \(hold.source) --except pinned")
        }
    }
}

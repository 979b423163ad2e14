import ArgumentParser
import ChangeEvents
import Foundation
import Mapping
import OrganisationModel
import Storage
import Versioning

struct RollbackCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Publish the content of an older version, or a part of it, as a new one.",
        discussion: """
            The sources whose exports are in the undone versions go on hold. What their claims ask for and the older version \
            does not have is pinned: nothing moves it but an approval, unpin or a full release. When a brake fires the \
            rollback waits for: fordeler publish candidate:ID --approve.

            With --unit, --kind and --source only the objects get their older state back for which all of these hold. A part \
            that does not fit beside the rest of the register is rejected, with findings.

            Examples:
              fordeler rollback 4 --preview
              fordeler rollback 4 --unit 402 --kind engagement,user --preview
              fordeler rollback 4 --reason "half of the employments were missing"
            """)

    @Argument(help: "The version whose content comes back.")
    var version: Int

    @Option(help: ArgumentHelp("Only this unit and all that belongs to its subtree, then or now.", valueName: "key"))
    var unit: String?

    @Option(help: ArgumentHelp("Only objects of these kinds, with commas.", valueName: "kinds"))
    var kind: String?

    @Option(help: ArgumentHelp("Only objects that these sources give, with commas.", valueName: "sources"))
    var source: String?

    @Option(help: "Why; it stays in the audit.")
    var reason = ""

    @Flag(help: "Only make a candidate, to look at and to approve.")
    var preview = false

    @Flag(help: "Enable accounts again that were disabled since that version.")
    var enableAccounts = false

    @Flag(help: "Print one JSON object, as import does.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.writing

    func run(in session: Session) throws {
        let output = session.output
        let workplace = session.workplace
        let state = try session.state(.writing)
        let goal = Rollback.Goal(
            target: version, includesAccounts: enableAccounts,
            scope: try state.read { transaction in
                try transaction.requireKept(version)
                return try scope(session, state, transaction)
            })
        let report = try Rollback(workplace: workplace, state: state).run(goal, reason: reason, isPreview: preview)
        try state.checkpoint()
        if json { output.line(text(report)) } else { tell(report, output) }
        let status = CandidateReport.status(report.outcome)
        if status != .done { throw ExitCode(status.rawValue) }
    }

    // MARK: The scope

    private func scope(
        _ session: Session, _ state: State, _ transaction: StateTransaction
    ) throws -> RollbackScope? {
        func names(_ list: String) -> [String] {
            list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let kinds = try kind.map { try Set(names($0).map(Kind.init(argument:))) }
        let known = try transaction.objectSources()
        let sources = try source.map { list in
            try Set(
                names(list).map { known.contains($0) ? $0 : try session.workplace.configuration.source($0).name })
        }
        return RollbackScope(
            unit: try unit.map { try scopeUnit($0, session, state, transaction) }, kinds: kinds, sources: sources)
    }

    /// The unit of a key, as it was in the version or is now.
    private func scopeUnit(
        _ key: String, _ session: Session, _ state: State, _ transaction: StateTransaction
    ) throws -> RollbackScope.Unit {
        let lookup = try ObjectLookup(kind: Kind.unit.name, key: key, session)
        let units = try lookup.ids(session.workplace.identity(state), transaction).compactMap { id in
            try transaction.object(id) ?? transaction.object(id, version: version)
        }.filter { $0.kind == .unit }
        guard let unit = units.first else {
            throw FordelerError(.unknownObject, "neither version \(version) nor the current one has such a unit")
        }
        guard units.count == 1 else {
            throw FordelerError(
                .usage,
                "several units have the key \(key). Name one by its UUID: "
                    + units.map { "\($0.id) from \($0.source)" }.joined(separator: ", "))
        }
        return RollbackScope.Unit(id: unit.id, key: unit.key)
    }

    // MARK: Telling

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
            json.key("corrections")
            json.array { json in for correction in report.corrections { json.value(String(correction.number)) } }
        }
        return json.text
    }

    private static let exceptionsShown = 10

    private func tell(_ report: Rollback.Report, _ output: Output) {
        for exception in report.exceptions.prefix(Self.exceptionsShown) {
            output.line("  not brought back: \(text(exception))")
        }
        if report.exceptions.count > Self.exceptionsShown {
            output.line("  ... and \(report.exceptions.count - Self.exceptionsShown) more")
        }
        CandidateReport.print(report.outcome, report.findings, to: output)
        let isDone = report.outcome.candidate.verdict == .published
        if report.pinned > 0 {
            output.line("\(report.pinned) objects \(isDone ? "are" : "would be") pinned: fordeler pins")
        }
        for source in report.holds {
            output.line(
                "\(source) \(isDone ? "is" : "would go") on hold until: fordeler release \(source) --except pinned")
        }
        for correction in report.corrections.prefix(Self.exceptionsShown) {
            output.line("  correction \(correction.number) stays: \(CorrectionReport.text(correction))")
        }
        if !report.corrections.isEmpty {
            output.line(
                "\(report.corrections.count) corrections made since are not undone; to let their objects have them again: fordeler "
                    + "release corrections")
        }
        if !report.consumers.isEmpty {
            output.line(
                "events of the undone versions were acknowledged by: \(report.consumers.joined(separator: ", "))")
        }
    }

    private func text(_ exception: Rollback.Exception) -> String {
        let what =
            switch exception.reason {
            case .erased: "it was erased"
            case .protected: "the address stays protected"
            case .disabled: "the account stays disabled"
            }
        return "\(exception.kind.name) \(Masking.shown(exception.key, kind: exception.kind)): \(what)"
    }
}

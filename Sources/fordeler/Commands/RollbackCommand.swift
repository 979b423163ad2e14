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

    static let access = State.Access.writing

    func run(in session: Session) throws {
        let output = session.output
        let workplace = session.workplace
        let state = try session.state(.writing)
        let report = try Rollback(workplace: workplace, state: state).run(
            to: version, reason: reason, isPreview: preview, includesAccounts: enableAccounts)
        try state.checkpoint()
        if json { output.line(text(report)) } else { tell(report, output) }
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

    private func tell(_ report: Rollback.Report, _ output: Output) {
        for exception in report.exceptions.prefix(Self.exceptionsShown) {
            output.line("  not brought back: \(text(exception))")
        }
        if report.exceptions.count > Self.exceptionsShown {
            output.line("  ... and \(report.exceptions.count - Self.exceptionsShown) more")
        }
        CandidateReport.print(report.outcome, [], to: output)
        let isDone = report.outcome.candidate.verdict == .published
        if report.pinned > 0 {
            output.line("\(report.pinned) objects \(isDone ? "are" : "would be") pinned: fordeler pins")
        }
        for source in report.holds {
            output.line(
                "\(source) \(isDone ? "is" : "would go") on hold until: fordeler release \(source) --except pinned")
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

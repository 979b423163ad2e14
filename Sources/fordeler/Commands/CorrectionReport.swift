import ArgumentParser
import ChangeEvents
import OrganisationModel
import Storage
import Versioning

/// How it is told what corrections do.
enum CorrectionReport {
    private static let changesShown = 20

    static func finish(
        _ report: Correcting.Report, _ options: CorrectionOptions, _ state: State, _ session: Session
    ) throws {
        if !options.dryRun { try state.checkpoint() }
        if options.json {
            session.output.line(json(report, options))
        } else {
            try state.read { try tell(report, options, $0, session.output) }
        }
        let status = CandidateReport.status(report.outcome)
        let isFine = options.dryRun && status == .held
        if status != .done, !isFine { throw ExitCode(status.rawValue) }
    }

    private static func json(_ report: Correcting.Report, _ options: CorrectionOptions) -> String {
        var json = JSONBytes()
        json.object { json in
            CandidateReport.write(report.outcome, to: &json)
            json.key("corrections")
            json.array { json in for correction in report.corrections { json.value(String(correction.number)) } }
            json.pair("dryRun", .flag(options.dryRun))
        }
        return json.text
    }

    private static func tell(
        _ report: Correcting.Report, _ options: CorrectionOptions, _ transaction: StateTransaction, _ output: Output
    ) throws {
        for correction in report.corrections { output.line("correction \(correction.number): \(text(correction))") }
        let changes = ListedChanges(report.changes)
        let diff = DiffReport(
            transaction: transaction, reveal: false,
            whereabouts: try Whereabouts(transaction, isShown: false, changes: changes), output: output)
        for change in report.changes.prefix(changesShown) { try diff.print(change) }
        if report.changes.count > changesShown {
            output.line("... and \(report.changes.count - changesShown) more objects")
        }
        guard options.dryRun else { return CandidateReport.print(report.outcome, report.findings, to: output) }
        for finding in report.findings.prefix(changesShown) { output.line("  " + Table.finding(finding)) }
        output.line("dry run: nothing was written")
    }

    /// Such as `change unit 402`.
    static func text(_ correction: Correction) -> String {
        let object = "\(correction.kind.name) \(Masking.shown(correction.key, kind: correction.kind))"
        guard case .alias(_, let key) = correction.statement else { return "\(word(correction)) \(object)" }
        return "\(object) counts for \(Masking.shown(key, kind: correction.kind))"
    }

    static func word(_ correction: Correction) -> String {
        switch correction.statement {
        case .create: "create"
        case .change: "change"
        case .close: "close"
        case .alias: "alias"
        }
    }
}

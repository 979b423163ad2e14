import ArgumentParser
import ChangeEvents
import Foundation
import OrganisationModel
import Storage
import Validation
import Versioning

struct Findings: Command {
    static let configuration = CommandConfiguration(
        abstract: "Show the findings of a version or a candidate.",
        discussion: "Examples:\n  fordeler findings 2\n  fordeler findings candidate:7 --json")

    @Argument(help: "A version, or candidate:ID.")
    var of: String

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.reading

    func run(in session: Session) throws {
        let state = try session.state(.reading)
        let (found, findings, scheduled) = try state.read { transaction in
            let candidate = try self.candidate(transaction)
            return (
                candidate, try transaction.findings(candidate.findingsFrom),
                try transaction.scheduledPublish(of: candidate.id)
            )
        }
        for finding in FindingReport.worstFirst(findings) {
            FindingReport.write(finding, json: json, to: session.output)
        }
        guard !json else { return }
        if findings.isEmpty { session.output.line("no findings") }
        CandidateReport.standing(found, scheduled).forEach(session.output.line)
    }

    private func candidate(_ transaction: StateTransaction) throws -> Candidate {
        let id: CandidateID
        switch try CandidateOrVersion(argument: of) {
        case .candidate(let number): id = CandidateID(number)
        case .version(let number):
            guard let version = try transaction.version(number) else {
                throw FordelerError(.unknownVersion, "there is no version \(number). See: fordeler versions")
            }
            id = version.candidate
        }
        let candidate = try transaction.requireCandidate(id)
        // Findings go with their version.
        if let version = candidate.version { try transaction.requireKept(version) }
        return candidate
    }
}

/// How a finding is told.
enum FindingReport {
    /// Errors, then warnings, then what only informs, each in the order in which they were found.
    static func worstFirst(_ findings: [Finding]) -> [Finding] {
        Severity.allCases.sorted(by: >).flatMap { severity in findings.filter { $0.rule.severity == severity } }
    }

    static func write(_ finding: Finding, json: Bool, to output: Output) {
        guard json else {
            output.line("\(finding.rule.severity.rawValue) \(Table.finding(finding))")
            return
        }
        var line = JSONBytes()
        line.object { line in
            line.pair("rule", finding.rule.code)
            line.pair("severity", finding.rule.severity.rawValue)
            line.pair("kind", finding.kind?.name)
            line.pair("key", finding.key)
            line.pair("source", finding.location.source)
            line.pair("file", RunText.shown(finding.location.file))
            line.pair("line", finding.location.line)
            line.pair("message", finding.message)
        }
        output.line(line.text)
    }
}

import ArgumentParser
import ChangeEvents
import Foundation
import OrganisationModel
import Storage
import Validation
import Versioning

struct Findings: Command {
    static let configuration = CommandConfiguration(
        abstract: "Show the findings that stand, or those of a version or a candidate.",
        discussion: """
            Without an argument: what was found about the current version, and what the newest candidate that waits would add. \
            Each is new, or open since a day; what somebody acknowledged is left out, and so is what is gone, unless --status \
            asks for it. Findings of one rule are one summary with some of them; --rule shows them all.

            Examples:
              fordeler findings
              fordeler findings --rule unit.name-empty
              fordeler findings --unit 402 --status new --csv
              fordeler findings candidate:7 --json
            """)

    @Argument(help: "A version, or candidate:ID.")
    var of: String?

    @Option(help: "Only findings of this rule.")
    var rule: String?

    @Option(help: ArgumentHelp("Only what belongs to this unit and all beneath it.", valueName: "key"))
    var unit: String?

    @Option(help: "Only findings about what this source says.")
    var source: String?

    @Option(help: ArgumentHelp("Only what was found at least so many days ago.", valueName: "days"))
    var age: Int?

    @Option(help: "new, open, acknowledged or gone.")
    var status: String?

    @Flag(help: "Print a table as CSV (RFC 4180, UTF-8), with a header.")
    var csv = false

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.reading

    func run(in session: Session) throws {
        guard !(csv && json) else { throw FordelerError(.usage, "choose --csv or --json") }
        let configuration = session.workplace.configuration
        if let rule { _ = try RuleCatalogue.entry(rule) }
        if let source { _ = try configuration.source(source) }
        if let age, age < 0 { throw FordelerError(.usage, "--age is a number of days from 0") }
        var question = FindingQuestion(rule: rule, source: source, age: age)
        if let status {
            guard let status = FindingBook.Status(rawValue: status) else {
                let known = FindingBook.Status.allCases.map(\.rawValue).joined(separator: ", ")
                throw FordelerError(.usage, "--status is one of \(known)")
            }
            question.status = status
        }
        let state = try session.state(.reading)
        if let of {
            guard rule == nil, unit == nil, source == nil, age == nil, status == nil, !csv else {
                throw FordelerError(
                    .usage,
                    "--rule, --unit, --source, --age, --status and --csv are for the findings that stand; leave \(of) out"
                )
            }
            return try told(of, state, session.output)
        }
        let today = session.workplace.today
        let book = try state.read { transaction in
            question.subtree = try unit.map { try FindingSubtree(key: $0, session, state, transaction) }
            return try FindingBook(transaction, today: today)
        }
        let asked = book.entries.filter { question.asks(for: $0, today: today) }
        if csv {
            session.output.line(FindingTable.header)
            for entry in asked { session.output.line(FindingTable.line(entry)) }
        } else if json {
            for entry in asked { session.output.line(FindingReport.json(entry)) }
        } else if rule == nil, unit == nil, source == nil, age == nil, status == nil {
            FindingSummary(book: book, language: configuration.language).lines.forEach(session.output.line)
        } else {
            for entry in asked { session.output.line(FindingReport.line(entry)) }
            if asked.isEmpty { session.output.line("no findings") }
        }
    }

    // MARK: One version or candidate

    private func told(_ of: String, _ state: State, _ output: Output) throws {
        let (found, findings, scheduled) = try state.read { transaction in
            let candidate = try self.candidate(of, transaction)
            return (
                candidate, try transaction.findings(candidate.findingsFrom),
                try transaction.scheduledPublish(of: candidate.id)
            )
        }
        for finding in FindingReport.worstFirst(findings) { FindingReport.write(finding, json: json, to: output) }
        guard !json else { return }
        if findings.isEmpty { output.line("no findings") }
        CandidateReport.standing(found, scheduled).forEach(output.line)
    }

    private func candidate(_ of: String, _ transaction: StateTransaction) throws -> Candidate {
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

import ArgumentParser
import ChangeEvents
import Foundation
import Intake
import OrganisationModel
import Storage
import Validation
import Versioning

struct Import: Command {
    static let configuration = CommandConfiguration(
        abstract: "Import one round of exports: all files together become one candidate.",
        discussion: """
            Without SOURCE=FILE the newest file of each source's `files` is taken. Name a source several times for an \
            export of several documents.

            Examples:
              fordeler import
              fordeler import hr=drop/ZLPE20260301.xml --json
            """)

    @Argument(help: ArgumentHelp("A source and one of its files.", valueName: "source=file"))
    var files: [String] = []

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.writing

    func run(in session: Session) throws {
        let output = session.output
        let workplace = session.workplace
        let deliveries = try files.isEmpty ? waiting(workplace) : named(session)
        let state = try session.state(.writing)
        let outcome = try ImportRun(workplace: workplace, state: state).run(deliveries)
        try Reminders.print(workplace, state, to: output)
        try state.checkpoint()
        let findings = try state.read { try $0.findings(outcome.candidate.findingsFrom) }
        if json {
            output.line(CandidateReport.json(outcome))
        } else {
            CandidateReport.print(outcome, findings, to: output)
        }
        let status = CandidateReport.status(outcome)
        if status != .done { throw ExitCode(status.rawValue) }
    }

    private func named(_ session: Session) throws -> [ImportRun.Delivery] {
        var paths: [String: [String]] = [:]
        for argument in files {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw FordelerError(.usage, "\(argument) is not SOURCE=FILE") }
            paths[try session.workplace.configuration.source(parts[0]).name, default: []].append(session.path(parts[1]))
        }
        return session.workplace.configuration.sources.compactMap { source in
            paths[source.name].map { ImportRun.Delivery(source: source, paths: $0) }
        }
    }

    private func waiting(_ workplace: Workplace) throws -> [ImportRun.Delivery] {
        let deliveries = try workplace.configuration.sources.compactMap { source in
            try source.files.flatMap { try DropFolder.newest(matching: $0, in: workplace.configuration.timeZone) }.map {
                ImportRun.Delivery(source: source, paths: [$0])
            }
        }
        guard !deliveries.isEmpty else {
            throw FordelerError(.usage, "no file matches any source's files: in the configuration, and none was named")
        }
        return deliveries
    }
}

/// How an outcome is told.
enum CandidateReport {
    static func status(_ outcome: Outcome) -> ExitStatus {
        switch outcome.candidate.verdict {
        case .published, .unchanged: .done
        case .held: .held
        case .rejected, .superseded: outcome.isUnreadable ? .unreadable : .rejected
        }
    }

    static func json(_ outcome: Outcome) -> String {
        var json = JSONBytes()
        json.object { json in write(outcome, to: &json) }
        return json.text
    }

    static func write(_ outcome: Outcome, to json: inout JSONBytes) {
        let candidate = outcome.candidate
        json.pair("candidate", candidate.id.description)
        json.pair("verdict", candidate.verdict.rawValue)
        json.key("waitsFor")
        json.array { json in for reason in candidate.waitsFor { json.value(reason) } }
        json.pair("cause", candidate.cause.rawValue)
        if let target = candidate.target { json.pair("target", target) }
        if let rest = outcome.rest { json.pair("rest", rest.description) }
        json.pair("version", outcome.version)
        json.key("changes")
        write(candidate.counts, to: &json)
        json.key("findings")
        json.array { json in
            for count in candidate.findingCounts {
                json.object { json in
                    json.pair("rule", count.rule)
                    json.pair("severity", count.severity.rawValue)
                    json.pair("count", count.count)
                }
            }
        }
        json.key("brakes")
        json.array { json in
            for brake in candidate.brakes {
                json.object { json in
                    json.pair("name", brake.name)
                    json.pair("limit", brake.limit)
                    json.pair("actual", brake.actual)
                    json.pair("message", brake.message)
                }
            }
        }
        json.key("sources")
        json.object { json in
            for (name, source) in candidate.sources.sorted(by: { $0.key < $1.key }) {
                json.key(name)
                json.object { json in
                    json.pair("records", source.records)
                    json.pair("unchanged", source.unchanged)
                    json.pair("bytes", source.bytes)
                }
            }
        }
    }

    static func write(_ counts: ChangeCounts, to json: inout JSONBytes) {
        json.object { json in
            for kind in Kind.allCases where counts.byKind[kind] != nil {
                json.key(kind.name)
                json.object { json in
                    for label in ChangeLabel.allCases { json.pair(label.rawValue, counts[kind, label]) }
                }
            }
        }
    }

    /// Findings printed one by one; `fordeler findings` has them all.
    private static let findingsShown = 8

    static func print(_ outcome: Outcome, _ findings: [Finding], to output: Output) {
        let candidate = outcome.candidate
        for (name, source) in candidate.sources.sorted(by: { $0.key < $1.key }) {
            output.line("\(name): \(source.records) records, \(source.unchanged) as they were, \(source.bytes) bytes")
        }
        for line in Table.counts(candidate.counts) { output.line(line) }
        if candidate.verdict == .held {
            for brake in candidate.brakes { output.line("  brake \(brake.name): \(brake.message)") }
        }
        for count in candidate.findingCounts {
            output.line("  \(count.severity.rawValue) \(count.rule): \(count.count)")
        }
        let blocking = findings.filter { $0.rule.fate == .block }
        for finding in blocking.prefix(findingsShown) { output.line("    blocks: " + Table.finding(finding)) }
        let others = findings.filter { $0.rule.fate != .block }.prefix(max(0, findingsShown - blocking.count))
        for finding in others { output.line("    " + Table.finding(finding)) }
        if findings.count > findingsShown {
            let from = candidate.findingsFrom
            output.line("    ... and \(findings.count - findingsShown) more: fordeler findings candidate:\(from)")
        }
        switch candidate.verdict {
        case .published:
            output.line("published as version \(outcome.version) (candidate:\(candidate.id))")
            if let rest = outcome.rest {
                output.line("what pins hold up waits: fordeler diff \(outcome.version) candidate:\(rest)")
            }
        case .unchanged:
            let pinned = candidate.waitsFor.isEmpty ? "" : "; pinned objects wait as before (fordeler pins)"
            output.line("unchanged; version \(outcome.version) stands\(pinned)")
        case .held:
            output.line(
                "held: waits for \(candidate.waitsFor.joined(separator: ", ")). Nothing was published. Look at it first: "
                    + "fordeler diff \(outcome.version) candidate:\(candidate.id)")
            if candidate.waitsFor.contains(where: { $0.hasPrefix("brake:") }), !candidate.sources.isEmpty {
                output.line("  if the export is wrong, import a correct one: it takes this one's place")
            }
            for hold in candidate.waitsFor where hold.hasPrefix("hold:") {
                output.line(
                    "  to let go what is not pinned: fordeler release \(hold.dropFirst("hold:".count)) --except pinned")
            }
            output.line(
                "  if all of it is right: fordeler publish candidate:\(candidate.id) --approve --reason \"...\"")
        case .rejected, .superseded:
            output.line("rejected; nothing was changed, version \(outcome.version) stands (candidate:\(candidate.id))")
        }
    }
}

extension CandidateReport {
    /// Tells what came of each candidate, and ends as an import would.
    static func finish(_ outcomes: [Outcome], json: Bool, to output: Output) throws {
        for outcome in outcomes {
            if json { output.line(self.json(outcome)) } else { CandidateReport.print(outcome, [], to: output) }
        }
        if let status = outcomes.map(status).first(where: { $0 != .done }) { throw ExitCode(status.rawValue) }
    }
}

/// Lines for people.
enum Table {
    static func counts(_ counts: ChangeCounts) -> [String] {
        Kind.allCases.compactMap { kind in
            guard counts.byKind[kind] != nil else { return nil }
            let labels = ChangeLabel.allCases.filter { counts[kind, $0] > 0 }
                .map { "\(counts[kind, $0]) \($0.rawValue)" }
            return "  \(kind.name): \(labels.joined(separator: ", "))"
        }
    }

    /// First and last day, as people count them; elsewhere the end of a period is the first day after it.
    static func days(_ period: EffectivePeriod) -> String {
        switch (period.from.isFinite, period.to.isFinite) {
        case (false, false): "always"
        case (true, false): "from \(period.from)"
        case (false, true): "through \(period.to.advanced(by: -1))"
        case (true, true): "from \(period.from) through \(period.to.advanced(by: -1))"
        }
    }

    static func finding(_ finding: Finding) -> String {
        let file = RunText.shown(finding.location.file)
        let place = finding.location.line > 0 ? "\(file):\(finding.location.line)" : file
        let about = finding.kind.map { "\($0.name) \(finding.key) " } ?? ""
        return "\(place) [\(finding.rule.code)] \(about)\(finding.message)"
    }
}

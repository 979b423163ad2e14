import ArgumentParser
import ChangeEvents
import Foundation
import Intake
import OrganisationModel
import Storage
import Validation
import Versioning

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
        restored(candidate.target, candidate.scope, to: &json)
        if let scheduled = outcome.scheduled {
            json.key("scheduled")
            json.object { json in
                json.pair("at", scheduled.instant)
                json.pair("actor", scheduled.actor.name)
                json.pair("reason", scheduled.reason)
                json.pair("given", scheduled.given)
            }
        }
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
                    write(source.files, to: &json)
                }
            }
        }
    }

    /// Nothing of an export that did not have to be read.
    private static func write(_ files: [Candidate.ReadFile], to json: inout JSONBytes) {
        guard !files.isEmpty else { return }
        json.key("files")
        json.array { json in
            for file in files {
                json.object { json in
                    json.pair("file", file.name)
                    json.pair("form", file.form)
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
            for file in source.files { output.line("  \(file.name): \(file.form)") }
        }
        for line in Table.counts(candidate.counts) { output.line(line) }
        if candidate.verdict == .held { brakes(candidate).forEach(output.line) }
        for count in candidate.findingCounts.sorted(by: { $0.severity > $1.severity }) {
            output.line("  \(count.severity.rawValue) \(count.rule): \(count.count)")
        }
        let blocking = findings.filter { $0.rule.fate == .block }
        for finding in blocking.prefix(findingsShown) { output.line("    blocks: " + Table.finding(finding)) }
        let others = FindingReport.worstFirst(findings).filter { $0.rule.fate != .block }
            .prefix(max(0, findingsShown - blocking.count))
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
            output.line("held: waits for \(candidate.waitsFor.joined(separator: ", ")). Nothing was published.")
            ways(candidate, outcome.scheduled).forEach(output.line)
        case .rejected, .superseded:
            output.line("rejected; nothing was changed, version \(outcome.version) stands (candidate:\(candidate.id))")
        }
    }
}

// What a rollback brings back.
extension CandidateReport {
    static func restored(_ target: Int?, _ scope: RollbackScope?, to json: inout JSONBytes) {
        guard let target else { return }
        json.pair("target", target)
        guard let scope else { return }
        json.key("scope")
        json.object { json in
            if let unit = scope.unit {
                json.pair("unit", unit.key)
                json.pair("id", unit.id.description)
            }
            let lists = [("kinds", scope.kinds?.sorted().map(\.name)), ("sources", scope.sources?.sorted())]
            for case let (name, names?) in lists {
                json.key(name)
                json.array { json in for name in names { json.value(name) } }
            }
        }
    }

    /// Such as `rollback to 3 (only unit 402)`; nil for other causes.
    static func restored(_ target: Int?, _ scope: RollbackScope?) -> String? {
        target.map { "rollback to \($0)" + (scope.map { " (only \($0))" } ?? "") }
    }
}

extension CandidateReport {
    /// The brakes that fire, with their figures.
    static func brakes(_ candidate: Candidate) -> [String] {
        candidate.brakes.map { "  brake \($0.name): \($0.message)" }
    }

    /// What is told of a candidate that waits, wherever it is listed: why, and what can be done. Nothing of any other.
    static func standing(_ candidate: Candidate, _ scheduled: ScheduledPublish?) -> [String] {
        candidate.verdict == .held ? brakes(candidate) + ways(candidate, scheduled) : []
    }

    /// What somebody can do about a candidate that waits.
    /// - Parameter scheduled: when it is to be published; nil when that is not decided.
    static func ways(_ candidate: Candidate, _ scheduled: ScheduledPublish?) -> [String] {
        let name = "candidate:\(candidate.id)"
        var lines =
            scheduled.map { scheduled in
                [
                    "  SCHEDULED for \(scheduled.instant), approved by \(scheduled.actor.name) (\(scheduled.reason)), when no "
                        + "source of it is on hold then",
                    "  to take that back: fordeler publish \(name) --cancel",
                ]
            } ?? []
        lines += ["  look at it first: fordeler diff \(candidate.base) \(name)"]
        for hold in candidate.waitsFor where hold.hasPrefix("hold:") {
            lines.append(
                "  to let go what is not pinned: fordeler release \(hold.dropFirst("hold:".count)) --except pinned")
        }
        let isTakenBack = candidate.waitsFor.contains(Waiting.pin.name)
        if isTakenBack {
            lines.append(
                "  a rollback took this back, and the accepted exports still ask for it; what corrected exports no longer ask for "
                    + "goes out of it by itself")
        }
        lines.append(
            "  \(isTakenBack ? "to let all of it happen again" : "if all of it is right"): "
                + "fordeler publish \(name) --approve --reason \"...\"")
        lines.append(
            "  if it is wrong: fordeler reject \(name) --reason \"...\""
                + (candidate.sources.isEmpty ? "" : ", or import a correct full export: it takes this one's place"))
        return lines
    }

    /// Tells what came of each candidate, and ends as an import would.
    static func finish(_ outcomes: [Outcome], json: Bool, to output: Output) throws {
        for outcome in outcomes {
            if json { output.line(self.json(outcome)) } else { CandidateReport.print(outcome, [], to: output) }
        }
        if let status = outcomes.map(status).first(where: { $0 != .done }) { throw ExitCode(status.rawValue) }
    }
}

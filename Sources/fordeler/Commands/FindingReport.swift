import ChangeEvents
import OrganisationModel
import Versioning

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
        line.object { write(finding, to: &$0) }
        output.line(line.text)
    }

    private static func write(_ finding: Finding, to line: inout JSONBytes) {
        line.pair("rule", finding.rule.code)
        line.pair("severity", finding.rule.severity.rawValue)
        line.pair("kind", finding.kind?.name)
        line.pair("key", finding.key)
        line.pair("source", finding.location.source)
        line.pair("file", RunText.shown(finding.location.file))
        line.pair("line", finding.location.line)
        line.pair("message", finding.message)
    }

    // MARK: Findings that stand

    /// Such as `open since 2026-03-02`.
    static func standing(_ entry: FindingBook.Entry) -> String {
        if let candidate = entry.candidate { return "new in candidate:\(candidate)" }
        let since = entry.since.map { " since \($0)" } ?? ""
        switch entry.status {
        case .new, .open: return entry.status.rawValue + since
        case .gone: return "gone\(entry.gone.map { " on \($0)" } ?? ""), was there\(since)"
        case .acknowledged:
            guard let seen = entry.acknowledgement else { return entry.status.rawValue }
            return "acknowledged by \(seen.actor.name)\(seen.until.map { " until \($0)" } ?? "") (\(seen.reason))"
        }
    }

    static func line(_ entry: FindingBook.Entry) -> String {
        guard let finding = entry.finding else {
            let about = entry.identity.kind.map { "\($0.name) \(entry.identity.key)" } ?? "export"
            return "[\(entry.identity.rule)] \(about) of \(entry.identity.source): \(standing(entry))"
        }
        return "\(finding.rule.severity.rawValue) \(Table.finding(finding)) \(standing(entry))"
    }

    static func json(_ entry: FindingBook.Entry) -> String {
        var line = JSONBytes()
        line.object { line in
            if let finding = entry.finding {
                write(finding, to: &line)
            } else {
                line.pair("rule", entry.identity.rule)
                line.pair("kind", entry.identity.kind?.name)
                line.pair("key", entry.identity.key)
                line.pair("source", entry.identity.source)
            }
            line.pair("status", entry.status.rawValue)
            line.pair("since", entry.since?.description)
            line.pair("gone", entry.gone?.description)
            line.pair("candidate", entry.candidate.map { "candidate:\($0)" })
            if let seen = entry.acknowledgement {
                line.key("acknowledged")
                line.object { line in
                    line.pair("actor", seen.actor.name)
                    line.pair("time", seen.time)
                    line.pair("until", seen.until?.description)
                    line.pair("reason", seen.reason)
                }
            }
        }
        return line.text
    }
}

/// The findings that stand, one rule after the other, with some of each.
struct FindingSummary {
    let book: FindingBook
    let language: Language
    /// Findings told of each rule.
    private static let samples = 3

    var lines: [String] {
        var lines = [head]
        let rules = Dictionary(grouping: book.open, by: \.identity.rule)
        let order = book.open.reduce(into: [String]()) { codes, entry in
            if !codes.contains(entry.identity.rule) { codes.append(entry.identity.rule) }
        }
        for code in order { lines += summary(code, rules[code] ?? []) }
        if let waiting = book.waiting {
            lines.append("candidate:\(waiting.id) waits: fordeler findings candidate:\(waiting.id)")
        }
        if let rejected = book.rejected {
            lines.append("candidate:\(rejected.id) was rejected: fordeler findings candidate:\(rejected.id)")
        }
        return lines
    }

    private var head: String {
        func count(_ status: FindingBook.Status) -> Int { book.entries.count { $0.status == status } }
        let others = [(count(.new), "new"), (count(.acknowledged), "acknowledged"), (count(.gone), "gone")]
            .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        let open = book.open.isEmpty ? "no open findings" : "\(book.open.count) open findings"
        return "version \(book.version): " + ([open] + others).joined(separator: ", ")
    }

    private func summary(_ code: String, _ entries: [FindingBook.Entry]) -> [String] {
        guard let severity = entries.first?.finding?.rule.severity else { return [] }
        let new = entries.count { $0.status == .new }
        // Of a rule that fires very often only so many findings are kept; all are counted.
        let kept = book.entries.count { $0.identity.rule == code && $0.finding != nil && $0.candidate == nil }
        let more = max(0, (book.counts[code] ?? 0) - kept)
        var lines = ["\(severity.rawValue) \(code): \(entries.count + more)\(new > 0 ? " (\(new) new)" : "")"]
        if let text = RuleCatalogue.entries.first(where: { $0.rule.code == code })?.text(language) {
            lines.append("  \(text.meaning) \(text.remedy)")
        }
        let told = (entries.filter { $0.status == .new } + entries.filter { $0.status != .new }).prefix(Self.samples)
        for case let entry in told {
            guard let finding = entry.finding else { continue }
            lines.append("    \(Table.finding(finding)) \(FindingReport.standing(entry))")
        }
        if entries.count + more > told.count {
            lines.append("    ... and \(entries.count + more - told.count) more: fordeler findings --rule \(code)")
        }
        return lines
    }
}

/// Findings as a table for other programs (RFC 4180).
enum FindingTable {
    static let header = "rule,severity,status,since,gone,kind,key,source,file,line,candidate,message"

    static func line(_ entry: FindingBook.Entry) -> String {
        let finding = entry.finding
        return [
            entry.identity.rule, finding?.rule.severity.rawValue ?? "", entry.status.rawValue,
            entry.since?.description ?? "", entry.gone?.description ?? "", entry.identity.kind?.name ?? "",
            entry.identity.key, entry.identity.source, finding.map { RunText.shown($0.location.file) } ?? "",
            finding.map { $0.location.line > 0 ? "\($0.location.line)" : "" } ?? "",
            entry.candidate.map { "candidate:\($0)" } ?? "", finding?.message ?? "",
        ].map(field).joined(separator: ",")
    }

    /// What a sheet would take for a formula gets an apostrophe before it: keys and names come from exports.
    static func field(_ text: String) -> String {
        let isFormula = text.first.map { "=+-@\t\r".contains($0) } ?? false
        let safe = isFormula ? "'" + text : text
        guard safe.contains(where: { ",\"\r\n".contains($0) || $0.isNewline }) else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}

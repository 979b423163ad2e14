import Foundation
import GRDB
public import Mapping
public import OrganisationModel
public import Versioning

/// The figures of a candidate as they are stored.
struct CandidateSummary: Codable {
    struct Source: Codable {
        let records: Int
        let unchanged: Int
        let bytes: Int
    }

    struct Count: Codable {
        let rule: String
        let severity: String
        let count: Int
    }

    let waitsFor: [String]
    let counts: [String: [String: Int]]
    let sources: [String: Source]
    let findings: [Count]
    let findingsFrom: Int

    init(_ candidate: Candidate) {
        waitsFor = candidate.waitsFor
        counts = Dictionary(
            uniqueKeysWithValues: candidate.counts.byKind.map { kind, labels in
                (kind.name, Dictionary(uniqueKeysWithValues: labels.map { ($0.rawValue, $1) }))
            })
        sources = candidate.sources.mapValues {
            Source(records: $0.records, unchanged: $0.unchanged, bytes: $0.bytes)
        }
        findingsFrom = candidate.findingsFrom.number
        findings = candidate.findingCounts.map { Count(rule: $0.rule, severity: $0.severity.rawValue, count: $0.count) }
    }

    init(json: String) throws {
        self = try JSONDecoder().decode(CandidateSummary.self, from: Data(json.utf8))
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    var changeCounts: ChangeCounts {
        var result = ChangeCounts()
        for (name, labels) in counts {
            guard let kind = Kind(name: name) else { continue }
            for (label, count) in labels {
                if let label = ChangeLabel(rawValue: label) { result.add(label, kind, count) }
            }
        }
        return result
    }
}

// Candidates, their findings and what they hold while they wait.
extension StateTransaction {
    /// Findings of one rule beyond this number are counted, not kept: an export where everything is wrong must not fill
    /// the disk with copies of one sentence.
    static let findingsPerRuleMax = 10_000

    public func nextCandidateID() throws -> CandidateID {
        CandidateID((try Int.fetchOne(db, sql: "SELECT max(number) FROM candidate") ?? 0) + 1)
    }

    public func candidate(_ id: CandidateID) throws -> Candidate? {
        try Row.fetchOne(db, sql: "SELECT * FROM candidate WHERE number = ?", arguments: [id.number]).map { row in
            let summary = try CandidateSummary(json: row["summary"])
            return Candidate(
                id: id, base: row["base"], verdict: Verdict(rawValue: row["verdict"]) ?? .rejected,
                waitsFor: summary.waitsFor, version: row["version"], counts: summary.changeCounts,
                planHash: row.bytes("planHash"),
                sources: summary.sources.mapValues {
                    Candidate.SourceSummary(records: $0.records, unchanged: $0.unchanged, bytes: $0.bytes)
                },
                findingCounts: summary.findings.map {
                    FindingCount(rule: $0.rule, severity: Severity(rawValue: $0.severity) ?? .error, count: $0.count)
                }, findingsFrom: CandidateID(summary.findingsFrom), actor: Actor(row["actor"]), time: row["time"])
        }
    }

    /// The newest candidate whose exports are the accepted ones.
    public func lastAcceptedCandidate() throws -> Candidate? {
        try Int.fetchOne(
            db, sql: "SELECT max(number) FROM candidate WHERE verdict IN ('published', 'unchanged')"
        ).flatMap { try candidate(CandidateID($0)) }
    }

    /// All candidates, newest first.
    public func candidates() throws -> [Candidate] {
        try Int.fetchAll(db, sql: "SELECT number FROM candidate ORDER BY number DESC").compactMap {
            try candidate(CandidateID($0))
        }
    }

    func write(_ candidate: Candidate) throws {
        try db.execute(
            sql: BulkStatement.insertion(into: "candidate", orReplace: true),
            arguments: [
                candidate.id.number, candidate.base, candidate.verdict.rawValue, candidate.version,
                Data(candidate.planHash), try CandidateSummary(candidate).json(), candidate.actor.name, candidate.time,
            ])
    }

    func write(_ findings: [Finding], of candidate: CandidateID) throws {
        try db.execute(sql: "DELETE FROM finding WHERE candidate = ?", arguments: [candidate.number])
        let statement = try BulkStatement.insert(db, into: "finding")
        var kept: [String: Int] = [:]
        for (number, finding) in findings.enumerated() {
            kept[finding.rule.code, default: 0] += 1
            if kept[finding.rule.code, default: 0] > Self.findingsPerRuleMax { continue }
            statement.bind(1, candidate.number)
            statement.bind(2, number)
            statement.bind(copying: finding.rule.code, 3)
            statement.bind(copying: finding.rule.severity.rawValue, 4)
            statement.bind(5, Int(finding.rule.fate.rawValue))
            statement.bind(6, finding.kind.map { Int($0.rawValue) })
            statement.bind(copying: finding.key, 7)
            statement.bind(copying: finding.location.source, 8)
            statement.bind(copying: finding.location.file, 9)
            statement.bind(10, finding.location.line)
            statement.bind(copying: finding.message, 11)
            try statement.run()
        }
    }

    public func findings(_ candidate: CandidateID) throws -> [Finding] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM finding WHERE candidate = ? ORDER BY number", arguments: [candidate.number]
        ).map { row in
            Finding(
                rule: Rule(
                    row["rule"], Severity(rawValue: row["severity"]) ?? .error,
                    Fate(rawValue: UInt8(truncatingIfNeeded: row["fate"] as Int)) ?? .none),
                kind: (row["kind"] as Int?).flatMap { Kind(rawValue: UInt8(truncatingIfNeeded: $0)) }, key: row["key"],
                location: SourceLocation(source: row["source"], file: row["file"], line: row["line"]),
                message: row["message"])
        }
    }

    /// Writes a candidate that is not published: rejected, or held together with its changes and its claims.
    public func record(
        _ candidate: Candidate, findings: [Finding], changes: (any ChangeSet)?, overlays: [Overlay],
        buffer: ClaimBuffer, reason: String = ""
    ) throws {
        try write(candidate)
        try write(findings, of: candidate.id)
        if candidate.verdict == .held {
            try supersedeWaiting(sources: overlays.map(\.source), except: candidate.id, candidate.actor, candidate.time)
            if let changes { try keep(changes, of: candidate.id) }
            for overlay in overlays { try keep(overlay, buffer, candidate: candidate.id) }
        }
        if candidate.verdict == .unchanged {
            try supersedeWaiting(sources: overlays.map(\.source), except: candidate.id, candidate.actor, candidate.time)
            for overlay in overlays { try accept(overlay, buffer, candidate: candidate.id) }
        }
        try audit(
            candidate.actor, "import.\(candidate.verdict.rawValue)", "candidate:\(candidate.id)", reason, candidate.time
        )
    }

    private func keep(_ changes: any ChangeSet, of candidate: CandidateID) throws {
        /// A chunk holds thousands of changes and stays far below SQLite's limit of a value.
        let chunkSize = 1 << 20
        let statement = try BulkStatement.insert(db, into: "waitingChange")
        var chunk: [UInt8] = []
        var number = 0
        func flush() throws {
            guard !chunk.isEmpty else { return }
            statement.bind(1, candidate.number)
            statement.bind(2, number)
            statement.bind(copying: chunk, 3)
            try statement.run()
            number += 1
            chunk.removeAll(keepingCapacity: true)
        }
        try changes.forEach { change in
            change.append(to: &chunk)
            if chunk.count >= chunkSize { try flush() }
        }
        try flush()
    }

    public func changeSet(_ candidate: CandidateID) throws -> (any ChangeSet)? {
        guard try self.candidate(candidate)?.verdict == .held else { return nil }
        let chunks = try Data.fetchAll(
            db, sql: "SELECT changes FROM waitingChange WHERE candidate = ? ORDER BY number",
            arguments: [candidate.number])
        return StoredChangeSet(chunks: chunks.map { [UInt8]($0) })
    }

    /// Whether a candidate with an export of this source waits.
    public func isWaiting(source: String) throws -> Bool {
        try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM waitingExport JOIN candidate ON candidate.number = waitingExport.candidate
                WHERE source = ? AND verdict = 'held')
                """, arguments: [source]) ?? false
    }

    /// A later full export takes the place of one that waits.
    func supersedeWaiting(sources: [String], except: CandidateID, _ actor: Actor, _ time: String) throws {
        for source in sources {
            let waiting = try Int.fetchAll(
                db,
                sql: """
                    SELECT number FROM candidate JOIN waitingExport ON waitingExport.candidate = candidate.number
                    WHERE source = ? AND verdict = 'held' AND number <> ?
                    """, arguments: [source, except.number])
            for number in waiting {
                try close(CandidateID(number), as: .superseded, version: nil)
                try audit(actor, "candidate.superseded", "candidate:\(number)", "by candidate:\(except)", time)
            }
        }
    }

    /// Ends a candidate's waiting and drops what it held.
    func close(_ id: CandidateID, as verdict: Verdict, version: Int?) throws {
        guard let candidate = try candidate(id) else { return }
        try write(candidate.ending(verdict, version: version))
        for table in ["waitingChange", "waitingClaim", "waitingExport"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE candidate = ?", arguments: [id.number])
        }
    }
}

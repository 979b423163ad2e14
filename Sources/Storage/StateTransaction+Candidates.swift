import Foundation
import GRDB
import Mapping
public import OrganisationModel
import Validation
public import Versioning

/// The figures of a candidate as they are stored.
struct CandidateSummary: Codable {
    struct Source: Codable {
        let records: Int
        let unchanged: Int
        let bytes: Int
        /// Absent in what older programs wrote.
        let files: [Candidate.ReadFile]?
    }

    struct Count: Codable {
        let rule: String
        let severity: String
        let count: Int
    }

    struct Brake: Codable {
        let name: String
        let limit: Int
        let actual: Int
        let message: String
    }

    /// Sets are lists in order.
    struct Scope: Codable {
        let unit: String?
        let unitKey: String?
        let kinds: [String]?
        let sources: [String]?

        init(_ scope: RollbackScope) {
            unit = scope.unit?.id.description
            unitKey = scope.unit?.key
            kinds = scope.kinds?.sorted().map(\.name)
            sources = scope.sources?.sorted()
        }

        var scope: RollbackScope? {
            RollbackScope(
                unit: unit.flatMap(ObjectID.init).map { RollbackScope.Unit(id: $0, key: unitKey ?? "") },
                kinds: kinds.map { Set($0.compactMap(Kind.init(name:))) }, sources: sources.map(Set.init))
        }
    }

    let waitsFor: [String]
    let cause: String
    let target: Int?
    let includesAccounts: Bool
    /// Absent in what programs wrote that only knew whole rollbacks.
    let scope: Scope?
    let brakes: [Brake]
    let counts: [String: [String: Int]]
    let sources: [String: Source]
    let findings: [Count]
    let findingsFrom: Int

    init(_ candidate: Candidate) {
        waitsFor = candidate.waitsFor
        cause = candidate.cause.rawValue
        target = candidate.target
        includesAccounts = candidate.includesAccounts
        scope = candidate.scope.map(Scope.init)
        brakes = candidate.brakes.map { Brake(name: $0.name, limit: $0.limit, actual: $0.actual, message: $0.message) }
        counts = Dictionary(
            uniqueKeysWithValues: candidate.counts.byKind.map { kind, labels in
                (kind.name, Dictionary(uniqueKeysWithValues: labels.map { ($0.rawValue, $1) }))
            })
        sources = candidate.sources.mapValues {
            Source(records: $0.records, unchanged: $0.unchanged, bytes: $0.bytes, files: $0.files)
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
                waitsFor: summary.waitsFor, cause: Cause(rawValue: summary.cause) ?? .import, target: summary.target,
                includesAccounts: summary.includesAccounts, scope: summary.scope?.scope,
                brakes: summary.brakes.map {
                    FiredBrake(name: $0.name, limit: $0.limit, actual: $0.actual, message: $0.message)
                }, version: row["version"], counts: summary.changeCounts,
                planHash: row.bytes("planHash"),
                sources: summary.sources.mapValues {
                    Candidate.SourceSummary(
                        records: $0.records, unchanged: $0.unchanged, bytes: $0.bytes, files: $0.files ?? [])
                },
                findingCounts: summary.findings.map {
                    FindingCount(rule: $0.rule, severity: Severity(rawValue: $0.severity) ?? .error, count: $0.count)
                }, findingsFrom: CandidateID(summary.findingsFrom), actor: Actor(row["actor"]), time: row["time"])
        }
    }

    /// The newest candidate whose exports are the accepted ones.
    public func lastAcceptedCandidate() throws -> Candidate? {
        // A rollback accepts no exports, so it has no findings either.
        let numbers = try Int.fetchCursor(
            db, sql: "SELECT number FROM candidate WHERE verdict IN ('published', 'unchanged') ORDER BY number DESC")
        while let number = try numbers.next() {
            if let found = try candidate(CandidateID(number)), found.cause == .import { return found }
        }
        return nil
    }

    /// All candidates, newest first.
    public func candidates() throws -> [Candidate] {
        try Int.fetchAll(db, sql: "SELECT number FROM candidate ORDER BY number DESC").compactMap {
            try candidate(CandidateID($0))
        }
    }

    /// Says of a candidate that waits that its changes are the same against the current version.
    public func rebase(_ candidate: Candidate) throws {
        try write(candidate.rebased(on: try position().version))
    }

    /// Takes away what a candidate waits for; one that waits for nothing else waits for a person.
    /// - Returns: the candidate as it waits now; nil when it does not.
    public func withdraw(_ reason: Waiting, from id: CandidateID) throws -> Candidate? {
        guard let candidate = try candidate(id), candidate.verdict == .held else { return nil }
        let rest = candidate.waitsFor.filter { $0 != reason.name }
        let left = candidate.ending(.held, version: nil, waitsFor: rest.isEmpty ? [Waiting.manual.name] : rest)
        try write(left)
        return left
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

    /// Writes a candidate that is not published: rejected, held together with its changes and its claims, or unchanged,
    /// whose claims are accepted.
    /// - Parameter today: the day on which its findings were made; nil for the register's.
    public func record(
        _ candidate: Candidate, findings: [Finding], changes: (any ChangeSet)?, acceptance: Acceptance,
        reason: String = "", today: Day? = nil
    ) throws {
        try write(candidate)
        try write(findings, of: candidate.id)
        let sources = acceptance.overlays.map(\.source)
        if candidate.verdict == .held {
            let waiting = try sources.isEmpty ? waitingWithoutExport(candidate.cause).map(\.id) : waiting(sources)
            try inheritSchedule(candidate, from: waiting)
            try supersedeWaiting(sources: sources, except: candidate.id, candidate.actor, candidate.time)
            if sources.isEmpty { try supersedeWithoutExport(candidate) }
            if let changes { try keep(changes, of: candidate.id) }
            for overlay in acceptance.overlays { try keep(overlay, acceptance.buffer, candidate: candidate.id) }
        }
        if candidate.verdict == .unchanged {
            try supersedeWaiting(sources: sources, except: candidate.id, candidate.actor, candidate.time)
            try accept(acceptance, candidate: candidate.id)
            try age(candidate, version: position().version, today: today)
        }
        try audit(
            candidate.actor, "\(candidate.cause.rawValue).\(candidate.verdict.rawValue)", "candidate:\(candidate.id)",
            reason,
            candidate.time
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

    /// A later full export takes the place of one that waits.
    func supersedeWaiting(sources: [String], except: CandidateID, _ actor: Actor, _ time: String) throws {
        for id in try waiting(sources) where id != except {
            try supersede(id, by: "by candidate:\(except)", actor, time)
        }
    }

    private func waiting(_ sources: [String]) throws -> [CandidateID] {
        try Set(sources.flatMap { try waiting(source: $0) }).sorted()
    }

    /// The candidates of one cause that wait without an export: what is left of others, or a rollback.
    public func waitingWithoutExport(_ cause: Cause) throws -> [Candidate] {
        try Int.fetchAll(
            db,
            sql: """
                SELECT number FROM candidate WHERE verdict = 'held'
                AND NOT EXISTS (SELECT 1 FROM waitingExport WHERE waitingExport.candidate = candidate.number)
                """
        ).compactMap { try candidate(CandidateID($0)) }.filter { $0.cause == cause }
    }

    /// Only the newest of these counts.
    private func supersedeWithoutExport(_ candidate: Candidate) throws {
        for other in try waitingWithoutExport(candidate.cause) where other.id != candidate.id {
            try supersede(other.id, by: "by candidate:\(candidate.id)", candidate.actor, candidate.time)
        }
    }

    public func supersede(_ id: CandidateID, by reason: String, _ actor: Actor, _ time: String) throws {
        try close(id, as: .superseded, version: nil)
        try audit(actor, "candidate.superseded", "candidate:\(id)", reason, time)
    }

    /// What somebody decided against.
    public func reject(_ id: CandidateID, reason: String, _ actor: Actor, _ time: String) throws {
        try close(id, as: .rejected, version: nil)
        try audit(actor, "candidate.rejected", "candidate:\(id)", reason, time)
    }

    /// The candidates that wait with an export of this source.
    public func waiting(source: String) throws -> [CandidateID] {
        try Int.fetchAll(
            db,
            sql: """
                SELECT number FROM candidate JOIN waitingExport ON waitingExport.candidate = candidate.number
                WHERE source = ? AND verdict = 'held' ORDER BY number
                """, arguments: [source]
        ).map { CandidateID($0) }
    }

    /// Ends a candidate's waiting and drops what it held.
    func close(_ id: CandidateID, as verdict: Verdict, version: Int?) throws {
        guard let candidate = try candidate(id) else { return }
        try write(candidate.ending(verdict, version: version))
        try dropWaiting(id)
    }

    func dropWaiting(_ id: CandidateID) throws {
        for table in ["waitingChange", "waitingClaim", "waitingExport"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE candidate = ?", arguments: [id.number])
        }
    }
}

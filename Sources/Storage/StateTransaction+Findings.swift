import Crypto
import Foundation
import GRDB
public import OrganisationModel
public import Versioning

// The life of findings: since when each has been there, which are gone, and which somebody has acknowledged.
extension StateTransaction {
    /// What makes a finding the same one, as columns of `finding`. No kind is 0.
    private static let identity = "rule, coalesce(kind, 0) AS kind, key, source"

    // MARK: Keeping

    /// Compares the findings of a candidate that was just accepted with those that stood. A candidate that only repeats those
    /// of another says nothing new.
    /// - Parameters:
    ///   - version: the current one from now on.
    ///   - today: nil when nobody knows, so the register's day.
    func age(_ candidate: Candidate, version: Int, today: Day?) throws {
        guard candidate.cause == .import, candidate.findingsFrom == candidate.id,
            let day = try today ?? position().day
        else { return }
        let found = "SELECT \(Self.identity) FROM finding WHERE candidate = \(candidate.id.number)"
        try db.execute(
            sql: """
                DELETE FROM findingLife WHERE goneVersion < ?1
                OR (gone IS NOT NULL AND (rule, kind, key, source) IN (\(found)))
                """, arguments: [version])
        try db.execute(
            sql: """
                UPDATE findingLife SET gone = ?1, goneVersion = ?2,
                checksum = rowChecksum(rule, kind, key, source, since, version, ?1, ?2)
                WHERE gone IS NULL AND (rule, kind, key, source) NOT IN (\(found))
                """, arguments: [day.number, version])
        try begin(found, day, version: version)
        try endAcknowledgements(after: candidate.id, today: day)
    }

    private func begin(_ found: String, _ day: Day, version: Int) throws {
        try db.execute(
            sql: """
                INSERT INTO findingLife (rule, kind, key, source, since, version, checksum)
                SELECT rule, kind, key, source, ?1, ?2, rowChecksum(rule, kind, key, source, ?1, ?2, NULL, NULL)
                FROM (\(found) EXCEPT SELECT rule, kind, key, source FROM findingLife)
                """, arguments: [day.number, version])
    }

    /// All findings that stand when this is first remembered; nobody knows since when.
    func beginFindingLives() throws {
        guard let day = try position().day, let last = try lastAcceptedCandidate() else { return }
        try begin(
            "SELECT \(Self.identity) FROM finding WHERE candidate = \(last.findingsFrom.number)", day, version: 0)
    }

    /// Those of findings that are gone or say something else, and those whose time is over.
    private func endAcknowledgements(after candidate: CandidateID, today: Day) throws {
        let held = try acknowledgements()
        if held.isEmpty { return }
        let found = Dictionary(grouping: try findings(candidate), by: FindingIdentity.init)
        for acknowledgement in held {
            let stands = found[acknowledgement.identity].map(digest) == acknowledgement.digest
            if !stands || !acknowledgement.counts(on: today) { try remove(acknowledgement.identity) }
        }
    }

    // MARK: Asking

    /// Of all findings that stand, and of those that went with the current version.
    public func findingLives() throws -> [FindingLife] {
        try Row.fetchAll(db, sql: "SELECT * FROM findingLife ORDER BY rule, source, kind, key").map { row in
            FindingLife(
                identity: identity(row), since: Day(number: row["since"]), version: row["version"],
                gone: (row["gone"] as Int32?).map { Day(number: $0) })
        }
    }

    public func acknowledgements() throws -> [Acknowledgement] {
        try Row.fetchAll(db, sql: "SELECT * FROM acknowledgement ORDER BY number").map { row in
            Acknowledgement(
                identity: identity(row), digest: row.bytes("digest"),
                until: (row["until"] as Int32?).map { Day(number: $0) }, reason: row["reason"],
                actor: Actor(row["actor"]), time: row["time"])
        }
    }

    /// Counted without reading any message. A finding that a record makes several times counts once.
    public func findingNumbers(today: Day) throws -> FindingNumbers {
        let isAcknowledged = """
            (rule, kind, key, source) IN (SELECT rule, kind, key, source FROM acknowledgement
            WHERE until IS NULL OR until >= \(today.number))
            """
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT count(*) AS number, coalesce(sum(\(isAcknowledged)), 0) AS acknowledged,
                coalesce(sum(version = ?1 AND NOT \(isAcknowledged)), 0) AS new FROM findingLife WHERE gone IS NULL
                """, arguments: [try position().version])
        let (number, acknowledged): (Int, Int) = (row?["number"] ?? 0, row?["acknowledged"] ?? 0)
        return FindingNumbers(open: number - acknowledged, new: row?["new"] ?? 0, acknowledged: acknowledged)
    }

    private func identity(_ row: Row) -> FindingIdentity {
        FindingIdentity(
            rule: row["rule"], kind: Kind(rawValue: UInt8(truncatingIfNeeded: row["kind"] as Int)), key: row["key"],
            source: row["source"])
    }

    // MARK: Acknowledging

    /// From now on these count as seen, until they change or go, or the day is over.
    /// - Parameters:
    ///   - findings: all of one identity.
    ///   - until: the last day; nil for none.
    ///   - subject: names what the finding is about, in the audit.
    public func acknowledge(
        _ findings: [Finding], until: Day?, subject: String, reason: String, actor: Actor, time: String
    ) throws {
        guard let identity = findings.first.map(FindingIdentity.init) else { return }
        try remove(identity)
        let number = (try Int.fetchOne(db, sql: "SELECT max(number) FROM acknowledgement") ?? 0) + 1
        try db.execute(
            sql: BulkStatement.insertion(into: "acknowledgement"),
            arguments: [
                number, identity.rule, Int(identity.kind?.rawValue ?? 0), identity.key, identity.source,
                Data(digest(findings)), until?.number, reason, actor.name, time,
            ])
        try audit(actor, "finding.acknowledged", subject, reason, time)
    }

    /// From now on a finding counts as any other.
    /// - Returns: false for one that nobody has acknowledged.
    public func reopen(
        _ identity: FindingIdentity, subject: String, reason: String, actor: Actor, time: String
    ) throws -> Bool {
        guard try remove(identity) else { return false }
        try audit(actor, "finding.reopened", subject, reason, time)
        return true
    }

    @discardableResult
    private func remove(_ identity: FindingIdentity) throws -> Bool {
        try db.execute(
            sql: "DELETE FROM acknowledgement WHERE rule = ? AND kind = ? AND key = ? AND source = ?",
            arguments: [identity.rule, Int(identity.kind?.rawValue ?? 0), identity.key, identity.source])
        return db.changesCount > 0
    }

    /// What is remembered of findings about an object, by whatever they name it.
    func forgetFindings(_ kind: Kind, named: [String]) throws {
        for table in ["findingLife", "acknowledgement"] {
            for key in named {
                try db.execute(
                    sql: "DELETE FROM \(table) WHERE kind = ? AND key = ?", arguments: [Int(kind.rawValue), key])
            }
        }
    }

    private func digest(_ findings: [Finding]) -> [UInt8] {
        Array(SHA256.hash(data: Data(Acknowledgement.text(of: findings).utf8)).prefix(16))
    }
}

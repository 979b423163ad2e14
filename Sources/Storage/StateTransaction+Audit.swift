import Foundation
import GRDB
public import Versioning

/// One entry of the audit: who did what to what.
public struct AuditEntry: Hashable, Sendable {
    /// From 1, without gaps.
    public let number: Int
    /// UTC, RFC 3339.
    public let time: String
    public let actor: Actor
    /// What was done, such as `version.published`.
    public let action: String
    /// To what, such as `version:3`.
    public let subject: String
    /// What the actor said about it; may be empty.
    public let detail: String
}

/// Where the audit ended at some time. Kept elsewhere, it tells later whether the audit was cut off or made anew.
public struct AuditHead: Hashable, Sendable {
    /// Of the last entry, from 1.
    public let number: Int
    /// The chain hash of that entry, 32 bytes; it covers all entries up to it.
    public let chain: [UInt8]
    /// When the entry was written; UTC, RFC 3339.
    public let time: String

    public init(number: Int, chain: [UInt8], time: String) {
        (self.number, self.chain, self.time) = (number, chain, time)
    }
}

/// What a walk along the audit found.
public struct AuditReport: Sendable {
    public fileprivate(set) var entries = 0
    /// One sentence for each thing that is wrong, in the order of entries; empty when all is well.
    public fileprivate(set) var problems: [String] = []
    fileprivate var unlisted = 0

    fileprivate mutating func tell(_ problem: String) {
        if problems.count < StateTransaction.problemsMax { problems.append(problem) } else { unlisted += 1 }
    }
}

// Who did what to what. Entries are never altered or removed.
extension StateTransaction {
    func audit(_ actor: Actor, _ action: String, _ subject: String, _ detail: String, _ time: String) throws {
        let last = try auditHead()
        let number = (last?.number ?? 0) + 1
        let chain = ChainHash.next(
            after: last?.chain ?? [], Self.auditText(number, time, actor.name, action, subject, detail))
        try db.execute(
            sql: BulkStatement.insertion(into: "audit"),
            arguments: [number, time, actor.name, action, subject, detail, Data(chain)])
    }

    private static func auditText(
        _ number: Int, _ time: String, _ actor: String, _ action: String, _ subject: String, _ detail: String
    ) -> String {
        [String(number), time, actor, action, subject, detail].map { "\($0.utf8.count):\($0)" }.joined(separator: " ")
    }

    /// Whatever a damage left in a column, it can be read as what it should be.
    private static let auditColumns =
        "number, "
        + ["time", "actor", "action", "subject", "detail"].map { "coalesce(CAST(\($0) AS TEXT), '') AS \($0)" }
        .joined(separator: ", ") + ", CAST(chain AS BLOB) AS chain"

    /// Entries, the newest first; only those that have all that is given.
    /// - Parameter since: an instant (UTC, RFC 3339); only entries of that time or later.
    public func auditEntries(
        action: String? = nil, subject: String? = nil, actor: Actor? = nil, since: String? = nil, limit: Int = .max
    ) throws -> [AuditEntry] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT \(Self.auditColumns) FROM audit
                WHERE (?1 IS NULL OR action = ?1) AND (?2 IS NULL OR subject = ?2) AND (?3 IS NULL OR actor = ?3)
                AND (?4 IS NULL OR time >= ?4) ORDER BY number DESC LIMIT ?5
                """, arguments: [action, subject, actor?.name, since, limit]
        ).map { row in
            AuditEntry(
                number: row["number"], time: row["time"], actor: Actor(row["actor"]), action: row["action"],
                subject: row["subject"], detail: row["detail"])
        }
    }

    /// The last entry; nil when there is none.
    public func auditHead() throws -> AuditHead? {
        try auditHead("1 ORDER BY number DESC LIMIT 1")
    }

    /// Where the audit ended when it had so many entries; nil when it never had.
    public func auditHead(at number: Int) throws -> AuditHead? {
        try auditHead("number = \(number)")
    }

    private func auditHead(_ condition: String) throws -> AuditHead? {
        try Row.fetchOne(db, sql: "SELECT \(Self.auditColumns) FROM audit WHERE \(condition)").map { row in
            AuditHead(number: row["number"], chain: row.bytes("chain"), time: row["time"])
        }
    }

    /// Recomputes the chain of the audit from its beginning, so that altered and removed entries are found. Whether its end
    /// was cut off, or all of it made anew, only heads tell that were kept elsewhere.
    /// - Parameter heads: ends that the audit once had, and how each is to be called in a problem.
    public func checkAudit(heads: [(name: String, head: AuditHead)] = []) throws -> AuditReport {
        var report = AuditReport()
        var kept = Dictionary(grouping: heads, by: \.head.number)
        var (previous, last): ([UInt8], Int) = ([], 0)
        let rows = try Row.fetchCursor(db, sql: "SELECT \(Self.auditColumns) FROM audit ORDER BY number")
        while let row = try rows.next() {
            let (number, chain): (Int, [UInt8]) = (row["number"], row.bytes("chain"))
            report.entries += 1
            let expected = ChainHash.next(
                after: previous,
                Self.auditText(number, row["time"], row["actor"], row["action"], row["subject"], row["detail"]))
            if number > last + 1 {
                let gap = number == last + 2 ? "entry \(last + 1) is" : "entries \(last + 1) to \(number - 1) are"
                report.tell("audit \(gap) missing")
            } else if number <= last || chain != expected {
                report.tell("audit entry \(number): its chain does not match")
            }
            for (name, head) in kept.removeValue(forKey: number) ?? [] where head.chain != chain {
                report.tell("audit entry \(number): its chain hash is not the one that \(name) tells")
            }
            (previous, last) = (chain, max(last, number))
        }
        for (name, head) in kept.values.joined().sorted(by: { $0.head.number < $1.head.number }) {
            report.tell("audit entry \(head.number), of which \(name) tells, is missing; the last one is \(last)")
        }
        if report.unlisted > 0 { report.problems.append("audit: \(report.unlisted) more such problems") }
        return report
    }
}

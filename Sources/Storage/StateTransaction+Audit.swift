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

// Who did what to what. Entries are never altered or removed.
extension StateTransaction {
    func audit(_ actor: Actor, _ action: String, _ subject: String, _ detail: String, _ time: String) throws {
        let last = try Row.fetchOne(db, sql: "SELECT number, chain FROM audit ORDER BY number DESC LIMIT 1")
        let number = (last?["number"] as Int? ?? 0) + 1
        let chain = ChainHash.next(
            after: last?.bytes("chain") ?? [], Self.auditText(number, time, actor.name, action, subject, detail))
        try db.execute(
            sql: BulkStatement.insertion(into: "audit"),
            arguments: [number, time, actor.name, action, subject, detail, Data(chain)])
    }

    static func auditText(
        _ number: Int, _ time: String, _ actor: String, _ action: String, _ subject: String, _ detail: String
    ) -> String {
        [String(number), time, actor, action, subject, detail].map { "\($0.utf8.count):\($0)" }.joined(separator: " ")
    }

    /// Whatever a damage left in a column, it can be read as what it should be.
    private static let auditColumns =
        "number, "
        + ["time", "actor", "action", "subject", "detail"].map { "coalesce(CAST(\($0) AS TEXT), '') AS \($0)" }
        .joined(separator: ", ")

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
}

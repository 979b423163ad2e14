import Foundation
import OrganisationModel
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
    /// What the actor said about it; may be empty. ``StateTransaction/erasedText`` when that was erased.
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

// Who did what to what. Entries are never altered or removed; only what somebody said about it can be erased.
extension StateTransaction {
    /// The chain covers a commitment to the detail, so that it holds also when the detail and its salt are erased.
    func audit(_ actor: Actor, _ action: String, _ subject: String, _ detail: String, _ time: String) throws {
        let last = try auditHead()
        let number = (last?.number ?? 0) + 1
        let salt = RandomBytes.make(16)
        let commitment = Self.commitment(to: detail, salt)
        let chain = ChainHash.next(
            after: last?.chain ?? [],
            Self.auditText(number, time, actor.name, action, subject, Self.covered(commitment)))
        try db.execute(
            sql: BulkStatement.insertion(into: "audit"),
            arguments: [
                number, time, actor.name, action, subject, detail, Data(chain), Data(salt), Data(commitment),
            ])
    }

    private static func commitment(to detail: String, _ salt: [UInt8]) -> [UInt8] {
        Array(Commitment.code(for: Array(detail.utf8), salt: salt))
    }

    /// What stands for the detail in the chain.
    private static func covered(_ commitment: [UInt8]) -> String {
        "committed " + Hexadecimal.text(commitment)
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
        .joined(separator: ", ")
        + ["chain", "salt", "commitment"].map { ", CAST(\($0) AS BLOB) AS \($0)" }.joined()

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
                subject: row["subject"], detail: Self.isErased(row) ? Self.erasedText : row["detail"])
        }
    }

    /// In the place of a text that was erased.
    public static let erasedText = "(erased)"

    private static func isErased(_ row: Row) -> Bool {
        (row["salt"] as Data?)?.isEmpty == true
    }

    /// The chain hash of an entry; nil when it does not fit what stands in it. Entries of before there were commitments are
    /// covered with their text; when that was erased, only the entries after it cover its chain hash.
    /// - Parameter isCommitted: whether an entry before this one has a commitment, so that this one must have one.
    private static func chain(of row: Row, after previous: [UInt8], isCommitted: Bool) -> [UInt8]? {
        let detail: String = row["detail"]
        let salt = (row["salt"] as Data?).map { [UInt8]($0) }
        var covered = detail
        if (row["commitment"] as Data?) != nil {
            let commitment = row.bytes("commitment")
            let fits = isErased(row) ? detail.isEmpty : salt.map { Self.commitment(to: detail, $0) } == commitment
            guard fits else { return nil }
            covered = Self.covered(commitment)
        } else if isCommitted {
            return nil
        } else if let salt {
            return salt.isEmpty && detail.isEmpty ? row.bytes("chain") : nil
        }
        return ChainHash.next(
            after: previous,
            auditText(row["number"], row["time"], row["actor"], row["action"], row["subject"], covered))
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
        var isCommitted = false
        let rows = try Row.fetchCursor(db, sql: "SELECT \(Self.auditColumns) FROM audit ORDER BY number")
        while let row = try rows.next() {
            let (number, chain): (Int, [UInt8]) = (row["number"], row.bytes("chain"))
            report.entries += 1
            let expected = Self.chain(of: row, after: previous, isCommitted: isCommitted)
            isCommitted = isCommitted || (row["commitment"] as Data?) != nil
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

import Foundation
import GRDB

// What people wrote: the details of the audit, and the reasons of versions, holds, approvals for later and
// acknowledgements. Nobody can keep them from naming somebody, so each can be erased.
extension StateTransaction {
    /// The entries of the audit whose detail is such a text, and is not erased.
    public func auditTexts(where matches: (String) -> Bool) throws -> [AuditHead] {
        try auditEntries().filter { $0.detail != Self.erasedText && !$0.detail.isEmpty && matches($0.detail) }
            .compactMap { try auditHead(at: $0.number) }.reversed()
    }

    /// Whether a text is what an entry says, or holds it as the program puts them together.
    public func isText(of entry: AuditEntry, _ text: String) -> Bool {
        let detail = entry.detail
        guard !detail.isEmpty, detail != Self.erasedText else { return false }
        return text == detail || text.hasSuffix(": \(detail)") || detail.hasSuffix(": \(text)") && !text.isEmpty
    }

    /// Takes away what these entries of the audit say, and every reason that is such a text. The ledger must name the entries
    /// already.
    public func eraseTexts(of entries: [AuditHead], where matches: (String) -> Bool) throws {
        let columns = Migrations.checkedColumns.first { $0.table == "audit" }?.columns ?? []
        let checked = columns.map { $0 == "detail" ? "''" : $0 == "salt" ? "x''" : $0 }.joined(separator: ", ")
        for entry in entries {
            try db.execute(
                sql: "UPDATE audit SET detail = '', salt = x'', checksum = rowChecksum(\(checked)) WHERE number = ?",
                arguments: [entry.number])
        }
        for (table, key) in [
            ("version", "number"), ("hold", "source"), ("schedule", "candidate"), ("acknowledgement", "number"),
            ("correction", "number"),
        ] {
            let columns = Migrations.checkedColumns.first { $0.table == table }?.columns ?? []
            let checked = columns.map { $0 == "reason" ? "'\(Self.erasedText)'" : $0 }.joined(separator: ", ")
            for row in try Row.fetchAll(db, sql: "SELECT \(key) AS key, reason FROM \(table)")
            where matches(row["reason"]) {
                let value: DatabaseValue = row["key"]
                try db.execute(
                    sql: """
                        UPDATE \(table) SET reason = '\(Self.erasedText)', checksum = rowChecksum(\(checked))
                        WHERE \(key) = ?
                        """, arguments: [value])
            }
        }
    }

    /// How many versions, holds, approvals for later, acknowledgements and corrections give such a text as their reason.
    public func reasonCount(where matches: (String) -> Bool) throws -> Int {
        try ["version", "hold", "schedule", "acknowledgement", "correction"].reduce(0) { count, table in
            try count + String.fetchAll(db, sql: "SELECT reason FROM \(table)").count(where: matches)
        }
    }

    /// The entries of the audit whose text a ledger names, and which still have it.
    public func undoneTexts(of ledger: [ErasureLedger.Row]) throws -> [AuditHead] {
        try ledger.compactMap(\.entry).filter { entry in
            try Bool.fetchOne(
                db, sql: "SELECT salt IS NOT x'' FROM audit WHERE number = ? AND chain = ?",
                arguments: [entry.number, Data(entry.chainBytes)]) ?? false
        }.compactMap { try auditHead(at: $0.number) }
    }

    /// What the ledger and the audit do not both know of erased texts; empty when they agree.
    public func textProblems(of ledger: [ErasureLedger.Row]) throws -> [String] {
        let known = Set(ledger.compactMap(\.entry))
        let erased = try Int.fetchAll(db, sql: "SELECT number FROM audit WHERE salt IS x'' ORDER BY number")
        return try undoneTexts(of: ledger).map {
            "the ledger: the text of audit entry \($0.number) was to be erased and is not. It is done at the next fordeler "
                + "erase or serve"
        }
            + erased.filter { number in
                try auditHead(at: number).map { !known.contains(ErasureLedger.Entry($0)) } ?? false
            }.map { "audit entry \($0): its text was erased, and the ledger does not say so" }
    }
}

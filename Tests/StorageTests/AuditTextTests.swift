import Foundation
import GRDB
import OrganisationModel
import RegisterFixtures
import Testing
import Versioning

@testable import Storage

/// What people wrote can be taken away, and the audit still shows that nothing else was.
struct AuditTextTests {
    private typealias Row = ErasureLedger.Row

    /// A filled state, its entry about a hold, and a ledger that names it.
    private func filled() throws -> (fixture: StateFixture, entry: AuditHead, ledger: [Row]) {
        let fixture = try StateFixture.filled()
        let entry = try fixture.open(.reading).read { transaction in
            let number = try transaction.auditEntries(action: "source.held").first?.number ?? 0
            return try transaction.auditHead(at: number)
        }
        let head = try #require(entry)
        return (fixture, head, [Row(entry: head, time: StateTransaction.timeFixture, actor: "test")])
    }

    private func erase(_ fixture: StateFixture, _ entry: AuditHead) throws {
        try fixture.open(.writing).write { try $0.eraseTexts(of: [entry]) { $0 == "looked wrong" } }
    }

    /// What `verify` and the ledger say.
    private func problems(_ fixture: StateFixture, _ ledger: [Row]) throws -> [String] {
        try fixture.open(.reading).read { try $0.verify().problems + $0.textProblems(of: ledger) }
    }

    @Test func erasedText_isGoneEverywhere_andEveryEndStillFits() throws {
        let (fixture, entry, ledger) = try filled()
        let heads = try fixture.open(.reading).read { transaction in
            try transaction.auditEntries().compactMap { try transaction.auditHead(at: $0.number) }.map { ("file", $0) }
        }
        try erase(fixture, entry)
        #expect(try problems(fixture, ledger) == [])
        let state = try fixture.open(.reading)
        #expect(try state.read { try $0.checkAudit(heads: heads).problems } == [])
        #expect(try state.read { try $0.auditEntries(action: "source.held").map(\.detail) } == ["(erased)"])
        #expect(try state.read { try $0.holds().map(\.reason) } == ["(erased)"])
        #expect(try !fixture.contents().contains { $0.contains("looked wrong") })
    }

    @Test func erasedText_thatTheLedgerDoesNotName_isTold() throws {
        let (fixture, entry, ledger) = try filled()
        #expect(try problems(fixture, ledger).count == 1, "the ledger demands it")
        #expect(try fixture.open(.reading).read { try $0.undoneTexts(of: ledger) } == [entry])
        try erase(fixture, entry)
        #expect(
            try problems(fixture, [])
                == ["audit entry \(entry.number): its text was erased, and the ledger does not say so"])
        let other = AuditHead(number: entry.number, chain: Array(entry.chain.reversed()), time: entry.time)
        #expect(try problems(fixture, [Row(entry: other, time: "", actor: "")]).count == 1, "another entry's row")
    }

    @Test func otherText_inThePlaceOfAnErasedOne_isTold() throws {
        let (fixture, entry, ledger) = try filled()
        try erase(fixture, entry)
        for set in [
            "detail = 'x'", "salt = x'01'", "salt = NULL", "commitment = NULL", "detail = 'x', commitment = NULL",
        ] {
            let copy = try fixture.intruder()
            try copy.write { db in
                try db.execute(sql: "SAVEPOINT s")
                try db.execute(sql: "UPDATE audit SET \(set) WHERE number = \(entry.number)")
                try StateFixture.renewChecksums(db, "audit")
                let transaction = StateTransaction(db: db, schema: .standard)
                let told = try transaction.checkAudit().problems + transaction.textProblems(of: ledger)
                #expect(!told.isEmpty, "\(set)")
                try db.execute(sql: "ROLLBACK TO s")
            }
        }
    }

    @Test(arguments: [
        "UPDATE audit SET detail = 'other'", "UPDATE audit SET detail = '', salt = x'', actor = 'x'",
        "UPDATE audit SET detail = ''", "UPDATE version SET reason = 'other'",
        "UPDATE version SET reason = '(erased)', cause = 'rollback'", "DELETE FROM audit",
    ])
    func anythingElse_ofAuditAndVersions_cannotBeAltered(_ sql: String) throws {
        let (fixture, _, _) = try filled()
        #expect(throws: (any Error).self) { try fixture.open(.writing).write { try $0.db.execute(sql: sql) } }
        #expect(try fixture.problems() == [])
    }

    /// What a program before step 6 wrote: the chain covers the text itself.
    @Test func entryOfAnOlderProgram_keepsVerifying_andCanLoseItsText() throws {
        let (fixture, _, _) = try filled()
        try fixture.intruder().write { db in
            var chain: [UInt8] = []
            for row in try GRDB.Row.fetchAll(db, sql: "SELECT * FROM audit ORDER BY number") {
                let parts: [String] = [
                    String(row["number"] as Int), row["time"], row["actor"], row["action"], row["subject"],
                    row["detail"],
                ]
                chain = ChainHash.next(
                    after: chain, parts.map { "\($0.utf8.count):\($0)" }.joined(separator: " "))
                try db.execute(
                    sql: "UPDATE audit SET chain = ?, salt = NULL, commitment = NULL WHERE number = ?",
                    arguments: [Data(chain), row["number"] as Int])
            }
            try StateFixture.renewChecksums(db, "audit")
        }
        #expect(try fixture.problems() == [])
        let entry = try fixture.open(.reading).read { try $0.auditTexts { $0 == "looked wrong" } }
        try erase(fixture, try #require(entry.first))
        let ledger = entry.map { Row(entry: $0, time: "", actor: "") }
        #expect(try problems(fixture, ledger) == [])
        #expect(try problems(fixture, []).count == 1)
        try fixture.intruder().write { db in
            try db.execute(sql: "UPDATE audit SET chain = x'00' WHERE salt IS x''")
            try StateFixture.renewChecksums(db, "audit")
        }
        #expect(try !problems(fixture, ledger).isEmpty, "the entry after it covers its chain hash")
    }
}

import GRDB
import RegisterFixtures
import Testing
import Versioning

@testable import Storage

/// What the audit's own chain tells, and what only an end tells that was kept elsewhere.
struct AuditChainTests {
    private typealias Kept = (name: String, head: AuditHead)

    /// A state, and every end that its audit ever had.
    private func filled() throws -> (fixture: StateFixture, heads: [Kept], last: Int) {
        let fixture = try StateFixture.filled()
        let heads = try fixture.open(.reading).read { transaction in
            let last = try transaction.auditHead()?.number ?? 0
            return try (1...last).compactMap { try transaction.auditHead(at: $0) }.map { ("file:\($0.number)", $0) }
        }
        return (fixture, heads, heads.count)
    }

    private func problems(_ fixture: StateFixture, _ heads: [Kept] = []) throws -> [String] {
        try fixture.open(.reading).read { try $0.checkAudit(heads: heads).problems }
    }

    @Test("An audit in order fits every end that it ever had")
    func orderFits() throws {
        let (fixture, heads, last) = try filled()
        try #require(last > 5)
        let report = try fixture.open(.reading).read { try $0.checkAudit(heads: heads) }
        #expect(report.problems == [] && report.entries == last)
        #expect(try StateFixture().open(.writing).read { try $0.checkAudit() }.problems == [])
    }

    @Test(
        "An altered entry is told, and only that one",
        arguments: ["time", "actor", "action", "subject", "detail"])
    func alteredEntry(column: String) throws {
        let (fixture, heads, _) = try filled()
        for alteration in ["\(column) || '!'", "CAST(\(column) || '!' AS BLOB)", "x'FF'"] {
            try fixture.intruder().write { db in
                try db.execute(sql: "UPDATE audit SET \(column) = \(alteration) WHERE number = 3")
                try StateFixture.renewChecksums(db, "audit")
            }
            #expect(try problems(fixture, heads) == ["audit entry 3: its chain does not match"])
            let verified = try fixture.problems().filter { !$0.hasPrefix("the audit does not say who published") }
            #expect(verified == ["audit entry 3: its chain does not match"], "verify walks the same way")
        }
    }

    @Test(
        "Removed entries are told, where they stood",
        arguments: [
            ("number = 1", "audit entry 1 is missing"), ("number = 3", "audit entry 3 is missing"),
            ("number IN (2, 3)", "audit entries 2 to 3 are missing"),
        ])
    func removedEntries(condition: String, problem: String) throws {
        let (fixture, _, _) = try filled()
        try fixture.intruder().write { try $0.execute(sql: "DELETE FROM audit WHERE \(condition)") }
        #expect(try problems(fixture) == [problem])
    }

    @Test("An audit that lost its end is in order by itself; an end that was kept tells")
    func cutOff() throws {
        let (fixture, heads, last) = try filled()
        try fixture.intruder().write { try $0.execute(sql: "DELETE FROM audit WHERE number > \(last - 2)") }
        #expect(try problems(fixture) == [] && fixture.problems() == [])
        #expect(try problems(fixture, Array(heads.dropLast(2))) == [])
        #expect(
            try problems(fixture, heads)
                == (last - 1...last).map {
                    "audit entry \($0), of which file:\($0) tells, is missing; the last one is \(last - 2)"
                })
        try fixture.intruder().write { try $0.execute(sql: "DELETE FROM audit") }
        #expect(try problems(fixture) == [] && problems(fixture, heads).count == last)
    }

    @Test("An audit that was made anew is in order by itself; every end that was kept after the lie tells")
    func madeAnew() throws {
        let (fixture, heads, last) = try filled()
        let schema = try fixture.open(.reading).schema
        try fixture.intruder().write { db in
            let transaction = StateTransaction(db: db, schema: schema)
            let entries = try transaction.auditEntries().reversed()
            try db.execute(sql: "DELETE FROM audit WHERE number >= 3")
            for entry in entries where entry.number >= 3 {
                try transaction.audit(
                    entry.number == 3 ? .init("somebody else") : entry.actor, entry.action, entry.subject,
                    entry.detail, entry.time)
            }
        }
        #expect(try problems(fixture) == [] && fixture.problems() == [])
        #expect(try problems(fixture, Array(heads.prefix(2))) == [])
        #expect(
            try problems(fixture, heads)
                == (3...last).map { "audit entry \($0): its chain hash is not the one that file:\($0) tells" })
    }

    @Test("Many problems are not told one by one")
    func manyProblems() throws {
        let (fixture, _, last) = try filled()
        let heads = (1...100).map { number -> Kept in
            ("file:\(number)", AuditHead(number: last + number, chain: [], time: ""))
        }
        let told = try problems(fixture, heads)
        #expect(told.count == 21 && told.last == "audit: 80 more such problems")
    }
}

import Foundation
import GRDB
import OrganisationModel
import RegisterFixtures
import Storage
import Testing
import Versioning

struct PublishTests {
    static let today = StateFixture.today

    /// The random history of a seed, step by step.
    private func history(seed: UInt64, steps: Int) -> ReferenceRegister {
        var register = RandomRegister(seed: seed)
        var reference = ReferenceRegister()
        while reference.versions.count <= steps {
            let next = register.altered(reference.current, history: reference.versions, today: Self.today)
            if next != reference.current { reference.publish(next) }
        }
        return reference
    }

    private func contentHash(_ changes: [ObjectChange], _ state: State) throws -> [UInt8] {
        try state.write { try $0.publishFixture(FixedChanges(changes), today: Self.today) }.contentHash
    }

    @Test("Equal content has an equal hash, whatever the way to it", arguments: Rounds.seeds(20))
    func contentHash(seed: UInt64) throws {
        let comment: Comment = "seed \(seed)"
        let reference = history(seed: seed, steps: 4)
        let fixture = try StateFixture()
        let state = try fixture.open(.writing)
        var hashes: [[UInt8]] = []
        for version in 1...4 {
            hashes.append(try contentHash(reference.changes(from: version - 1, to: version), state))
        }
        // Back to every version's content, in this register.
        for (from, to) in [(4, 1), (1, 3), (3, 2), (2, 4)] {
            #expect(try contentHash(reference.changes(from: from, to: to), state) == hashes[to - 1], comment)
        }
        for (left, right) in [(0, 1), (1, 2), (2, 3), (0, 2), (0, 3), (1, 3)] {
            let isEqual = reference.versions[left + 1] == reference.versions[right + 1]
            #expect((hashes[left] == hashes[right]) == isEqual, comment)
        }
        #expect(try state.read { try $0.verify().problems } == [], comment)
        // At once, in any order of changes, in another register.
        var random = SeededRandom(seed: seed)
        for version in 1...4 {
            let other = try StateFixture()
            let changes = reference.changes(from: 0, to: version).shuffled(using: &random)
            #expect(try contentHash(changes, other.open(.writing)) == hashes[version - 1], comment)
        }
    }

    @Test("A candidate of an old base is refused and leaves nothing", arguments: [0, 2, 9])
    func oldBase(base: Int) throws {
        let fixture = try StateFixture.filled()
        let before = try fixture.contents()
        let state = try fixture.open(.writing)
        let changes = history(seed: 1, steps: 1).changes(from: 0, to: 1)
        #expect(throws: FordelerError(.conflict, "")) {
            try state.write { transaction in
                try transaction.publishFixture(
                    FixedChanges(changes), today: Self.today.advanced(by: 100), base: base)
            }
        }
        #expect(try fixture.contents() == before)
    }

    @Test("A write that fails in the middle leaves nothing")
    func failedWrite() throws {
        struct Stop: Error {}
        let fixture = try StateFixture.filled()
        let before = try fixture.contents()
        let state = try fixture.open(.writing)
        #expect(throws: Stop.self) {
            try state.write { transaction in
                try transaction.publishFixture(
                    FixedChanges(history(seed: 2, steps: 1).changes(from: 0, to: 1)), today: Self.today.advanced(by: 9))
                throw Stop()
            }
        }
        #expect(try fixture.contents() == before)
    }

    @Test("The clock goes back: the day stays, turning and publishing")
    func dayStays() throws {
        let fixture = try StateFixture.filled()
        let state = try fixture.open(.writing)
        let day = try #require(try state.read { try $0.position().day })
        let before = try fixture.contents()
        for back in [0, -1, -400] as [Int32] {
            try state.write { try $0.turnDays(to: day.advanced(by: back), time: StateTransaction.timeFixture) }
        }
        #expect(try fixture.contents() == before)
        let changes = history(seed: 3, steps: 1).changes(from: 0, to: 1)
        let version = try state.write {
            try $0.publishFixture(FixedChanges(changes), today: day.advanced(by: -400))
        }
        #expect(version.day == day)
        #expect(try state.read { try $0.position().day } == day)
        #expect(try fixture.problems() == [])
    }

    @Test("Missed days: one entry for each with a boundary of a current state, in order", arguments: Rounds.seeds(30))
    func missedDays(seed: UInt64) throws {
        let comment: Comment = "seed \(seed)"
        var random = SeededRandom(seed: seed)
        var register = RandomRegister(seed: seed)
        var reference = ReferenceRegister()
        let fixture = try StateFixture()
        let state = try fixture.open(.writing)
        var today = Self.today
        var expected: [String] = []
        func expectTurns(from day: Day, to: Day, version: Int) {
            let boundaries = reference.current.values.flatMap(\.periods).flatMap { [$0.period.from, $0.period.to] }
            for boundary in Set(boundaries).sorted() where boundary > day && boundary <= to {
                expected.append("\(version) \(boundary) dayturn")
            }
        }
        for version in 1...5 {
            var next = reference.current
            while next == reference.current {
                next = register.altered(reference.current, history: reference.versions, today: today)
            }
            let changes = ReferenceRegister.changes(from: reference.current, to: next)
            let later = today.advanced(by: Int32(random.number(0...40)))
            if version > 1 { expectTurns(from: today, to: later, version: version - 1) }
            today = later
            _ = try state.write { try $0.publishFixture(FixedChanges(changes), today: later) }
            expected.append("\(version) \(today) import")
            reference.publish(next)
            for _ in 0..<random.number(0...2) {
                let later = today.advanced(by: Int32(random.number(0...20)))
                expectTurns(from: today, to: later, version: version)
                today = later
                try state.write { try $0.turnDays(to: later, time: StateTransaction.timeFixture) }
            }
            #expect(try state.read { try $0.position().day } == today, comment)
        }
        let log = try DatabaseQueue(path: fixture.folder.database).read { db in
            try Row.fetchAll(db, sql: "SELECT version, day, cause FROM logEntry ORDER BY number").map { row in
                "\(row["version"] as Int) \(Day(number: row["day"])) \(row["cause"] as String)"
            }
        }
        #expect(log == expected, comment)
        #expect(try state.read { try $0.verify().problems } == [], comment)
    }
}

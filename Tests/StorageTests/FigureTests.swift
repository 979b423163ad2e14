import Foundation
import GRDB
import OrganisationModel
import RegisterFixtures
import Testing
import Versioning

@testable import Storage

/// Figures that are kept step by step beside figures that are counted anew.
struct FigureTests {
    static let today = StateFixture.today

    @Test("Figures of every unit equal a recount, at each position the register stood at", arguments: Rounds.seeds(40))
    func figuresEqualRecount(seed: UInt64) throws {
        do {
            try run(seed: seed)
        } catch let mismatch as Mismatch {
            Issue.record("seed \(seed): \(mismatch)")
        }
    }

    private func run(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var register = RandomRegister(seed: seed)
        var reference = ReferenceRegister()
        let fixture = try StateFixture()
        let state = try fixture.open(.writing)
        var today = Self.today
        var positions: [Position] = []
        for version in 1...6 {
            var next = random.once(in: 5) ? random.pick(reference.versions) : reference.current
            while next == reference.current {
                next = register.altered(reference.current, history: reference.versions, today: today)
            }
            let changes = ReferenceRegister.changes(from: reference.current, to: next)
            _ = try state.write { try $0.publishFixture(FixedChanges(changes), today: today) }
            reference.publish(next)
            positions.append(Position(version: version, day: today))
            try state.read { try $0.demandFigures(at: positions[positions.count - 1]) }
            for _ in 0..<random.number(0...2) {
                today = today.advanced(by: Int32(random.number(0...9)))
                try state.write { try $0.turnDays(to: today, time: StateTransaction.timeFixture) }
                positions.append(Position(version: version, day: today))
                try state.read { try $0.demandFigures(at: positions[positions.count - 1]) }
            }
        }
        try state.read { transaction in
            for position in positions { try transaction.demandFigures(at: position) }
        }
        try demand(fixture.problems(), equals: [], "verify")
    }

    @Test("An older state is counted when it is brought up to date, and says since when", arguments: Rounds.seeds(5))
    func migration(seed: UInt64) throws {
        var register = RandomRegister(seed: seed)
        var reference = ReferenceRegister()
        let fixture = try StateFixture()
        do {
            let state = try fixture.open(.writing)
            for _ in 1...3 {
                reference.publish(
                    register.altered(reference.current, history: reference.versions, today: Self.today))
                let changes = reference.changes(from: reference.versions.count - 2, to: reference.versions.count - 1)
                _ = try state.write { try $0.publishFixture(FixedChanges(changes), today: Self.today) }
            }
            try state.write { try $0.turnDays(to: Self.today.next, time: StateTransaction.timeFixture) }
        }
        try fixture.intruder().write { db in
            for table in ["figure", "figureLink", "figureUnit", "figureName"] {
                try db.execute(sql: "DROP TABLE \(table)")
            }
            try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = '5'")
        }
        let state = try fixture.open(.writing)
        let position = Position(version: 3, day: Self.today.next)
        try state.read { transaction in
            #expect(try transaction.figuresKeptSince() == position)
            #expect(try !transaction.isKept(Position(version: 2, day: Self.today)))
            try transaction.demandFigures(at: position)
            #expect(try transaction.verify().problems == [])
        }
        let next = register.altered(reference.current, history: reference.versions, today: Self.today)
        let changes = ReferenceRegister.changes(from: reference.current, to: next)
        _ = try state.write { try $0.publishFixture(FixedChanges(changes), today: Self.today) }
        try state.read { transaction in
            try transaction.demandFigures(at: Position(version: 4, day: Self.today.next))
            try transaction.demandFigures(at: position)
        }
        #expect(try fixture.problems() == [])
    }

    @Test(
        "Figures that differ from a recount are told, though their rows have checksums that fit",
        arguments: [
            "UPDATE figure SET figures = (SELECT figures FROM figure AS other WHERE other.unit = 0) WHERE unit > 0",
            "UPDATE figure SET unit = unit + 100 WHERE unit > 0",
            "UPDATE figureName SET text = text || 'x'",
        ])
    func wrongFigures(statement: String) throws {
        let fixture = try StateFixture.filled()
        try fixture.intruder().write { db in
            try db.execute(sql: statement)
            for table in ["figure", "figureName"] { try StateFixture.renewChecksums(db, table) }
        }
        let problems = try fixture.problems()
        #expect(!problems.isEmpty && problems.allSatisfy { $0.hasPrefix("figures of ") }, "\(problems)")
    }

    @Test("A step that changes no figure writes no row of them")
    func nothingToCount() throws {
        let fixture = try StateFixture.filled()
        let before = try fixture.contents(of: ["figure", "figureUnit", "figureLink"])
        let state = try fixture.open(.writing)
        let id = ObjectID(high: 77, low: 77)
        let organisation = ReferenceRegister.Object(
            kind: .organisation, periods: [StatePeriod(period: .always, fields: [])])
        _ = try state.write {
            try $0.publishFixture(
                FixedChanges(ReferenceRegister.changes(from: [:], to: [id: organisation])),
                today: Self.today.advanced(by: 9))
        }
        #expect(try fixture.contents(of: ["figure", "figureUnit", "figureLink"]) == before)
    }
}

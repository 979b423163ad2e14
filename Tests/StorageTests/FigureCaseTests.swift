import Foundation
import GRDB
import OrganisationModel
import RegisterFixtures
import Testing
import Versioning

@testable import Storage

/// A small register that is changed object by object, and its figures.
private final class Office {
    let fixture: StateFixture
    let state: State
    var today = StateFixture.today
    private var objects: [ObjectID: ReferenceRegister.Object] = [:]
    private var published: [ObjectID: ReferenceRegister.Object] = [:]

    init() throws {
        fixture = try StateFixture()
        state = try fixture.open(.writing)
    }

    static func id(_ name: String) -> ObjectID {
        let sum = name.utf8.reduce(UInt64(1469)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        return ObjectID(high: sum &* 0x9E37_79B9_7F4A_7C15, low: sum)
    }

    /// Relations are given by the name of their target.
    func set(
        _ kind: Kind, _ name: String, _ values: [String: String], from: Day = .distantPast, to: Day = .distantFuture
    ) {
        let fields = Schema.standard[kind].attributes.compactMap { attribute in
            values[attribute.name].map { text in
                let value: Value =
                    switch attribute.type {
                    case .reference: .reference(Self.id(text))
                    case .flag: .flag(text == "true")
                    case .decimal: .decimal(text)
                    default: .text(text)
                    }
                return StatePeriod.Field(attribute: attribute, value: value)
            }
        }
        let periods = EffectivePeriod(from: from, to: to).map { [StatePeriod(period: $0, fields: fields)] } ?? []
        objects[Self.id(name)] = ReferenceRegister.Object(kind: kind, periods: periods)
    }

    func remove(_ name: String) {
        objects[Self.id(name)] = nil
    }

    /// - Returns: the new version; every figure was compared with a recount.
    @discardableResult
    func publish() throws -> Int {
        let changes = ReferenceRegister.changes(from: published, to: objects)
        let version = try state.write { try $0.publishFixture(FixedChanges(changes), today: today) }
        published = objects
        try state.read { try $0.demandFigures(at: Position(version: version.number, day: today)) }
        return version.number
    }

    func turn(days: Int32) throws {
        today = today.advanced(by: days)
        try state.write { try $0.turnDays(to: today, time: StateTransaction.timeFixture) }
        try state.read { try $0.demandFigures(at: Position(version: $0.position().version, day: today)) }
    }

    func figures(_ unit: String? = nil, version: Int? = nil) throws -> Figures {
        try state.read { transaction in
            let position = Position(version: try version ?? transaction.position().version, day: today)
            guard let unit else { return try transaction.figures(at: position) }
            return try #require(try transaction.figures(of: Self.id(unit), at: position)).figures
        }
    }

    /// A root with two branches; two people in the left one, one of them with a second employment in the right one.
    static func filled() throws -> Office {
        let office = try Office()
        office.set(.unit, "root", ["unitType": "Town"])
        office.set(.unit, "left", ["parent": "root", "unitType": "Centre"])
        office.set(.unit, "right", ["parent": "root", "unitType": "Centre"])
        office.set(.unit, "leaf", ["parent": "left", "unitTypeCode": "7"])
        office.set(.engagement, "bo1", ["unit": "leaf", "person": "bo", "fraction": "0.5"])
        office.set(.engagement, "bo2", ["unit": "right", "person": "bo", "fraction": "0.25"])
        office.set(.engagement, "ib1", ["unit": "leaf", "person": "ib"])
        office.set(.user, "boAD", ["person": "bo", "system": "AD"])
        office.set(.user, "boOld", ["person": "bo", "system": "AD", "disabled": "true"])
        office.set(.user, "robot", ["system": "AD"])
        office.set(.function, "head", ["functionType": "manager", "unit": "leaf", "engagement": "ib1"])
        try office.publish()
        return office
    }
}

struct FigureCaseTests {
    private func town(_ type: String, _ level: Int) -> Figures.UnitGroup {
        Figures.UnitGroup(type: type, level: level)
    }

    @Test("A person with engagements in two branches counts once in each, and once above both")
    func severalEngagements() throws {
        let office = try Office.filled()
        let (root, left, right) = (try office.figures("root"), try office.figures("left"), try office.figures("right"))
        #expect([root.people, left.people, right.people] as [Int] == [2, 2, 1])
        #expect([root.engagements, left.engagements, right.engagements] as [Int] == [3, 2, 1])
        #expect([root.fullTimeText, left.fullTimeText, right.fullTimeText] == ["0.75", "0.5", "0.25"])
        #expect(root.engagementsWithoutFraction == 1)
        #expect([root.accounts, left.accounts, right.accounts] == [["AD": 1], ["AD": 1], ["AD": 1]])
        #expect(root.disabledAccounts == ["AD": 1])
        #expect(try office.figures().accounts == ["AD": 2], "the whole has the account of nobody, too")
        #expect(root.units == [town("Town", 0): 1, town("Centre", 1): 2, town("7", 2): 1])
        #expect([root.managers, right.managers, root.unitsWithoutManager] as [Int] == [1, 0, 3])
    }

    @Test("A unit that moves takes everything beneath it along, and people who are in both places still count once")
    func movedUnit() throws {
        let office = try Office.filled()
        office.set(.unit, "leaf", ["parent": "right", "unitTypeCode": "7"])
        try office.publish()
        #expect(try office.figures("left").people == 0)
        #expect(try office.figures("right").people == 2)
        #expect(try office.figures("right").accounts == ["AD": 1])
        #expect(try office.figures("right").fullTimeText == "0.75")
        #expect(try office.figures("left", version: 1).people == 2)
        // Two places change at once: the units swap, one beneath the other.
        office.set(.unit, "leaf", ["parent": "root", "unitTypeCode": "7"])
        office.set(.unit, "left", ["parent": "leaf", "unitType": "Centre"])
        office.set(.unit, "right", ["parent": "left", "unitType": "Centre"])
        try office.publish()
        #expect(try office.figures("leaf").people == 2)
        #expect(try office.figures("leaf").units == [town("7", 1): 1, town("Centre", 2): 1, town("Centre", 3): 1])
        #expect(try office.figures("left").people == 1)
    }

    @Test("Units that stand above each other, which no rule lets pass, count as roots until they do not")
    func ring() throws {
        let office = try Office.filled()
        office.set(.unit, "left", ["parent": "leaf", "unitType": "Centre"])
        try office.publish()
        office.set(.unit, "left", ["parent": "left", "unitType": "Centre"])
        office.set(.unit, "right", ["parent": "leaf"])
        try office.publish()
        office.set(.unit, "left", ["parent": "root", "unitType": "Centre"])
        try office.publish()
        #expect(try office.figures("root").people == 2)
    }

    @Test("A period that begins at a day turn counts from that day, and one that ends counts until then")
    func dayTurn() throws {
        let office = try Office.filled()
        let day = office.today
        office.set(.engagement, "eva1", ["unit": "left", "person": "eva", "fraction": "1"], from: day.advanced(by: 2))
        office.set(.unit, "right", ["parent": "root"], to: day.advanced(by: 3))
        try office.publish()
        #expect(try office.figures("left").people == 2)
        try office.turn(days: 2)
        #expect(try office.figures("left").people == 3)
        #expect(try office.figures("left").fullTimeText == "1.5")
        try office.turn(days: 4)
        #expect(try office.figures("root").engagements == 3, "one is in a unit that is not in effect any more")
        #expect(try office.figures().engagements == 4)
        try office.state.read { transaction in
            #expect(try transaction.figures(of: Office.id("right"), at: Position(version: 2, day: office.today)) == nil)
            let steps = try transaction.figureSteps(
                of: Office.id("root"), after: Position(version: 2, day: day),
                through: Position(version: 2, day: office.today))
            #expect(steps.map(\.position.day) == [day.advanced(by: 2), day.advanced(by: 3)])
            #expect(steps.map { $0.figures?.people } == [3, 3])
            #expect(try !transaction.isKept(Position(version: 2, day: office.today.next)))
            #expect(try transaction.isKept(Position(version: 1, day: day)))
        }
    }

    @Test("The content of an earlier version has the figures of the earlier version")
    func rollback() throws {
        let office = try Office.filled()
        let before = try ["root", "left", "right", "leaf"].map { try office.figures($0) }
        office.set(.unit, "leaf", ["parent": "right"])
        office.remove("bo1")
        office.set(.user, "robot", ["system": "AD", "person": "ib"])
        try office.publish()
        office.set(.unit, "leaf", ["parent": "left", "unitTypeCode": "7"])
        office.set(.engagement, "bo1", ["unit": "leaf", "person": "bo", "fraction": "0.5"])
        office.set(.user, "robot", ["system": "AD"])
        try office.publish()
        #expect(try ["root", "left", "right", "leaf"].map { try office.figures($0) } == before)
    }

    @Test("A manager function whose engagement ends is a vacancy, and its unit has no manager")
    func vacancy() throws {
        let office = try Office.filled()
        #expect(try office.figures("leaf").unitsWithoutManager == 0)
        office.set(.engagement, "ib1", ["unit": "leaf", "person": "ib"], to: office.today.advanced(by: 1))
        try office.publish()
        #expect(try office.figures("leaf").managers == 1)
        try office.turn(days: 1)
        let leaf = try office.figures("leaf")
        #expect([leaf.managers, leaf.vacancies, leaf.unitsWithoutManager] as [Int] == [0, 1, 1])
        office.set(.function, "deputy", ["functionType": "manager", "unit": "leaf", "engagement": "bo1"])
        try office.publish()
        #expect(try office.figures("leaf").unitsWithoutManager == 0)
        office.set(.function, "guard", ["functionType": "guard", "unit": "leaf"])
        try office.publish()
        #expect(try office.figures("leaf").vacancies == 2)
    }

    @Test("Who went is in no row that figures are kept with, and the figures of before stay")
    func goneIsGone() throws {
        let office = try Office.filled()
        for name in ["bo1", "bo2", "boAD", "boOld"] { office.remove(name) }
        try office.publish()
        let id = Data(Office.id("bo").bytes)
        let rows = try DatabaseQueue(path: office.fixture.folder.database).read { db in
            try Data.fetchAll(db, sql: "SELECT entries FROM figureLink UNION ALL SELECT shared FROM figureUnit")
        }
        #expect(rows.allSatisfy { $0.range(of: id) == nil })
        #expect(try office.figures("left", version: 1).people == 2)
        #expect(try office.figures("left").people == 1)
    }

    @Test("A fraction that no employment has counts as none", arguments: ["-1", "100.0001", "0.5x", ""])
    func impossibleFraction(text: String) throws {
        let office = try Office()
        office.set(.engagement, "bo1", ["fraction": text])
        office.set(.engagement, "bo2", ["fraction": "100"])
        try office.publish()
        #expect(try office.figures().engagementsWithoutFraction == 1)
        #expect(try office.figures().fullTimeText == "100")
    }
}

@testable import fordeler
import OrganisationModel
import Testing

/// What an editor of one unit may correct.
struct EditorScopeTests {
    private static let schema = Schema.standard
    private let today = Day(number: 20_500)

    /// Units 1 (top), 2 and 3 beneath it, 4 beneath 2; engagement 10 in 4 of person 20, engagement 11 in 3 of person 21; person
    /// 22 has one in 4 and one in 3; users and functions of these.
    private static func id(_ number: UInt64) -> ObjectID { ObjectID(high: number, low: number) }

    private struct World {
        var objects: [ObjectID: (kind: Kind, state: ObjectState)] = [:]

        mutating func put(_ number: UInt64, _ kind: Kind, _ relations: [String: UInt64], from: Day = .distantPast) {
            let fields = EditorScopeTests.schema[kind].attributes.compactMap { attribute in
                relations[attribute.name].map {
                    StatePeriod.Field(attribute: attribute, value: .reference(EditorScopeTests.id($0)))
                }
            }
            guard let period = EffectivePeriod(from: from, to: .distantFuture) else { return }
            objects[EditorScopeTests.id(number)] = (kind, ObjectState([StatePeriod(period: period, fields: fields)]))
        }

        var view: EditorScope.View {
            let engagements = objects.filter { $0.value.kind == .engagement }
            let schema = EditorScopeTests.schema
            return EditorScope.View(object: { objects[$0] }) { person in
                engagements.filter {
                    $0.value.state.everyTarget(of: schema.personRelations(.engagement)).contains(person)
                }
                .map(\.key)
            }
        }
    }

    private static var town: World {
        var world = World()
        world.put(1, .unit, [:])
        world.put(2, .unit, ["parent": 1])
        world.put(3, .unit, ["parent": 1])
        world.put(4, .unit, ["parent": 2])
        for person in [20, 21, 22] as [UInt64] { world.put(person, .person, [:]) }
        world.put(10, .engagement, ["unit": 4, "person": 20])
        world.put(11, .engagement, ["unit": 3, "person": 21])
        world.put(12, .engagement, ["unit": 4, "person": 22])
        world.put(13, .engagement, ["unit": 3, "person": 22])
        for (user, person) in [30: 20, 31: 21, 32: 22] as [UInt64: UInt64] {
            world.put(user, .user, ["person": person])
        }
        world.put(33, .user, [:])
        world.put(40, .function, ["unit": 4])
        world.put(41, .function, ["engagement": 11])
        world.put(42, .function, ["engagement": 10])
        world.put(50, .task, [:])
        return world
    }

    private func change(_ number: UInt64, _ kind: Kind, _ attribute: UInt16 = 1, from: Day? = nil) -> Correction {
        Correction(
            number: 1, kind: kind, id: Self.id(number), key: "",
            statement: .change(
                EffectivePeriod(from: from ?? today, to: .distantFuture) ?? .always,
                [Correction.Field(attribute: attribute, value: .text("x"))]))
    }

    private func allows(_ correction: Correction, before: World = town, after: World = town) throws -> Bool {
        try EditorScope(unit: Self.id(2), schema: Self.schema).allows(
            correction, today: today, before: before.view, after: after.view)
    }

    @Test func whatBelongsToTheUnit_mayBeChanged_andNothingElse() throws {
        for (number, kind) in [4: .unit, 10: .engagement, 20: .person, 30: .user, 40: .function, 42: .function]
            as [UInt64: Kind]
        {
            #expect(try allows(change(number, kind)), "\(number)")
        }
        for (number, kind) in [
            1: .unit, 3: .unit, 11: .engagement, 13: .engagement, 21: .person, 22: .person, 31: .user, 32: .user,
            33: .user,
            41: .function, 50: .task, 99: .unit,
        ] as [UInt64: Kind] {
            #expect(try !allows(change(number, kind)), "\(number)")
        }
    }

    @Test func theUnitItself_mayGetAnotherName_butNoOtherPlaceOrEnd() throws {
        let parent = try #require(Self.schema[.unit].hierarchy).number
        #expect(try allows(change(2, .unit)) && !allows(change(2, .unit, parent)))
        let close = Correction(number: 1, kind: .unit, id: Self.id(2), key: "", statement: .close(.always))
        #expect(try !allows(close))
    }

    @Test func aMove_intoTheUnitOrOutOfIt_isDenied_andWithinItAllowed() throws {
        var moved = Self.town
        moved.put(10, .engagement, ["unit": 3, "person": 20])
        #expect(try !allows(change(10, .engagement, 2), after: moved))
        #expect(try !allows(change(10, .engagement, 2), before: moved, after: Self.town))
        moved.put(10, .engagement, ["unit": 2, "person": 20])
        #expect(try allows(change(10, .engagement, 2), after: moved))
        moved.put(4, .unit, ["parent": 3])
        #expect(try !allows(change(4, .unit, 2), after: moved))
    }

    @Test func whatWasElsewhere_onADayOfTheCorrection_isDenied() throws {
        var world = Self.town
        let unit = Self.schema[.engagement].attribute(named: "unit")
        let periods = [(Day.distantPast, Day(number: 20_000), 3), (Day(number: 20_000), .distantFuture, 4)]
            .compactMap { from, to, number -> StatePeriod? in
                guard let period = EffectivePeriod(from: from, to: to), let unit else { return nil }
                let value = Value.reference(Self.id(UInt64(number)))
                return StatePeriod(period: period, fields: [.init(attribute: unit, value: value)])
            }
        world.objects[Self.id(10)] = (.engagement, ObjectState(periods))
        #expect(try allows(change(10, .engagement), before: world, after: world))
        #expect(try !allows(change(10, .engagement, from: Day(number: 19_999)), before: world, after: world))
    }

    @Test func unitsBeneathEachOther_belongToNobody() throws {
        var world = Self.town
        world.put(4, .unit, ["parent": 5])
        world.put(5, .unit, ["parent": 4])
        #expect(try !allows(change(4, .unit), before: world, after: world))
    }

    @Test func creation_isJudgedByWhereItComes_andAliasesByBoth() throws {
        var world = Self.town
        world.put(6, .unit, ["parent": 4])
        let created = Correction(
            number: 1, kind: .unit, id: Self.id(6), key: "6", statement: .create(.always, []))
        #expect(try allows(created, after: world))
        world.put(6, .unit, ["parent": 3])
        #expect(try !allows(created, after: world))
        func alias(_ number: UInt64, for target: UInt64) -> Correction {
            Correction(
                number: 1, kind: .unit, id: Self.id(number), key: "", statement: .alias(Self.id(target), key: ""))
        }
        #expect(try allows(alias(99, for: 4)) && !allows(alias(3, for: 4)) && !allows(alias(4, for: 3)))
        #expect(try !allows(alias(4, for: 2)) && !allows(alias(2, for: 4)))
    }
}

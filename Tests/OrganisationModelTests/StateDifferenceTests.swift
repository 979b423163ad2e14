import OrganisationModel
import Testing

struct StateDifferenceTests {
    @Test(
        "On equal days the attributes that differ are those of the changes day by day; on others nothing is said",
        arguments: UInt64(1)...400)
    func random_equalsTheChangesDayByDay(seed: UInt64) {
        var chance = Chance(seed)
        let kind = [Kind.person, .engagement, .unit].randomElement(using: &chance) ?? .unit
        let schema = Schema.standard[kind]
        let before = state(kind, days: days(&chance), &chance)
        let after = state(
            kind, days: Int.random(in: 0..<3, using: &chance) > 0 ? daysOf(before, schema) : days(&chance), &chance)
        let changes = AttributeChange.between(before, after, schema)
        guard let numbers = after.attributesDiffering(from: before) else {
            #expect(daysOf(before, schema) != daysOf(after, schema))
            return
        }
        #expect(daysOf(before, schema) == daysOf(after, schema))
        #expect(Set(numbers) == Set(changes.compactMap(\.attribute?.number)))
        #expect(changes.allSatisfy { $0.attribute != nil })
    }

    @Test func anErasedState_isComparedDayByDay() {
        let named = OrganisationModelTests.state(.person, ["givenName": .text("Ea")])
        var erasing = ErasedValues(keeping: [])
        let erased = erasing.erase(named)
        #expect(erased.attributesDiffering(from: named) == nil)
        #expect(named.attributesDiffering(from: erased) == nil)
    }

    @Test func damagedBytes_areComparedDayByDay() {
        let named = OrganisationModelTests.state(.unit, ["name": .text("Skolen")])
        let cut = ObjectState(ordinary: Array(named.ordinary.dropLast(3)), personal: [])
        #expect(cut.attributesDiffering(from: named) == nil)
    }

    // MARK: Random states

    private func days(_ chance: inout Chance) -> [EffectivePeriod] {
        var from = Int32.random(in: 0...3, using: &chance)
        return (0..<Int.random(in: 0...3, using: &chance)).compactMap { _ in
            let to = from + Int32.random(in: 1...3, using: &chance)
            defer { from = to + Int32.random(in: 0...1, using: &chance) }
            return EffectivePeriod(from: Day(number: from), to: Day(number: to))
        }
    }

    private func daysOf(_ state: ObjectState, _ schema: KindSchema) -> [EffectivePeriod] {
        state.periods(schema).map(\.period)
    }

    private func state(_ kind: Kind, days: [EffectivePeriod], _ chance: inout Chance) -> ObjectState {
        ObjectState(
            days.map { period in
                let fields = Schema.standard[kind].attributes.compactMap { attribute -> StatePeriod.Field? in
                    let number = UInt64.random(in: 0...2, using: &chance)
                    guard number > 0 else { return nil }
                    let value: Value =
                        switch attribute.type {
                        case .text: .text("\(number)")
                        case .decimal: .decimal("\(number)")
                        case .flag: .flag(number == 1)
                        case .day: .day(Day(number: Int32(number)))
                        case .reference: .reference(ObjectID(high: number, low: 1))
                        }
                    return StatePeriod.Field(attribute: attribute, value: value)
                }
                return StatePeriod(period: period, fields: fields)
            })
    }
}

import Crypto
import Testing

@testable import OrganisationModel

struct ObjectStateTests {
    /// Attributes of every value type; the standard schema has no day among its own.
    private func randomValue(_ type: ValueType, _ chance: inout Chance) -> Value {
        switch type {
        case .text: .text(chance.text())
        case .day: .day(Day(number: Int32.random(in: -50_000...50_000, using: &chance)))
        case .flag: .flag(Bool.random(using: &chance))
        case .decimal: .decimal("\(Int.random(in: -99...99, using: &chance)).25")
        case .reference: .reference(chance.id())
        }
    }

    private func randomPeriods(_ kind: Kind, _ chance: inout Chance) -> [StatePeriod] {
        let count = Int.random(in: 1...4, using: &chance)
        let days = Set((0..<count * 2).map { _ in Int32.random(in: -30_000...30_000, using: &chance) }).sorted()
        return zip(days, days.dropFirst()).compactMap { from, to in
            guard let period = EffectivePeriod(from: Day(number: from), to: Day(number: to)) else { return nil }
            let fields = Schema.standard[kind].attributes.filter { _ in Bool.random(using: &chance) }.map {
                StatePeriod.Field(attribute: $0, value: randomValue($0.type, &chance))
            }
            return StatePeriod(period: period, fields: fields)
        }
    }

    @Test(arguments: Kind.allCases)
    func randomStates_roundTrip(_ kind: Kind) {
        var chance = Chance(UInt64(kind.rawValue))
        for _ in 0..<300 {
            let periods = randomPeriods(kind, &chance)
            let state = ObjectState(periods)
            #expect(state.periods(Schema.standard[kind]) == periods)
            // The order in which fields are given does not count.
            let shuffled = periods.map { StatePeriod(period: $0.period, fields: $0.fields.shuffled(using: &chance)) }
            #expect(ObjectState(shuffled) == state)
        }
    }

    @Test func valuesOfEveryType_roundTripAsBytes() {
        var chance = Chance(9)
        for type in [ValueType.text, .day, .flag, .decimal, .reference(.unit)] {
            let value = randomValue(type, &chance)
            #expect(value.bytes.withUnsafeBytes { Value($0, type: type) } == value)
        }
        for type in [ValueType.day, .flag, .reference(.unit)] {
            #expect([UInt8](repeating: 1, count: 3).withUnsafeBytes { Value($0, type: type) } == nil)
        }
    }

    @Test func personalValues_standInThePersonalPartOnly() {
        let person = state(.person, ["givenName": .text("Astrid"), "cpr": .text("0101701234")])
        #expect(!String(decoding: person.ordinary, as: UTF8.self).contains("Astrid"))
        #expect(String(decoding: person.personal, as: UTF8.self).contains("Astrid"))
        let engagement = state(.engagement, ["title": .text("Lærer"), "email": .text("a@b.dk")])
        #expect(!String(decoding: engagement.ordinary, as: UTF8.self).contains("a@b.dk"))
        #expect(String(decoding: engagement.ordinary, as: UTF8.self).contains("Lærer"))
        #expect(state(.unit, ["name": .text("Skole")]).personal.isEmpty)
    }

    @Test func digest_changesWithAnyByte() {
        let whole = state(
            .engagement, ["title": .text("Lærer"), "email": .text("a@b.dk"), "fraction": .decimal("0.5")])
        let salt = [UInt8](1...32)
        var digests: Set<[UInt8]> = [whole.digest(salt: salt)]
        for index in whole.ordinary.indices {
            var bytes = whole.ordinary
            bytes[index] ^= 1
            digests.insert(ObjectState(ordinary: bytes, personal: whole.personal).digest(salt: salt))
        }
        for index in whole.personal.indices {
            var bytes = whole.personal
            bytes[index] ^= 1
            digests.insert(ObjectState(ordinary: whole.ordinary, personal: bytes).digest(salt: salt))
        }
        digests.insert(whole.digest(salt: [UInt8](2...33)))
        #expect(digests.count == whole.ordinary.count + whole.personal.count + 2)
    }

    @Test func salt_whenNothingIsPersonal_hasNoInfluence() {
        let unit = state(.unit, ["name": .text("Skole")])
        #expect(unit.digest(salt: [1]) == unit.digest(salt: [2]))
        #expect(unit.digest(salt: []) == Array(SHA256.hash(data: unit.ordinary)))
    }

    @Test func commitment_equalsTheLibrarysHMAC() {
        var chance = Chance(3)
        for count in Array(0...130) + [255, 256, 1000, 100_000] {
            let salt = chance.bytes(count % 65)
            let message = chance.bytes(count)
            let expected = HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: salt))
            #expect(Array(Commitment.code(for: message, salt: salt)) == Array(expected))
        }
    }

    @Test func boundaries_areTheFiniteDaysInOrder() {
        let state = ObjectState([
            statePeriod(.unit, period("", "2026-01-01"), ["name": .text("a")]),
            statePeriod(.unit, period("2026-01-01", "2027-01-01"), ["name": .text("b")]),
            statePeriod(.unit, period("2028-01-01", ""), ["name": .text("c")]),
        ])
        #expect(state.boundaries == [day("2026-01-01"), day("2027-01-01"), day("2028-01-01")])
        #expect(state.period(on: day("2026-06-01"), Schema.standard[.unit])?["name"] == .text("b"))
        #expect(state.period(on: day("2027-01-01"), Schema.standard[.unit]) == nil)
    }

    // Bit rot must not hang or end the program that is to find it.
    @Test(.timeLimit(.minutes(1))) func damagedBytes_endReadingAtOnce() {
        let good = state(.engagement, ["title": .text("Lærer"), "email": .text("a@b.dk")])
        let huge: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]
        for index in good.ordinary.indices {
            for wrong in [huge, [0xFF], []] {
                var bytes = good.ordinary
                bytes.replaceSubrange(index...index, with: wrong)
                let damaged = ObjectState(ordinary: bytes, personal: good.personal)
                #expect(damaged.periods(Schema.standard[.engagement]).count <= bytes.count)
                #expect(damaged.boundaries.count <= bytes.count)
            }
        }
    }
}

struct BytesTests {
    @Test(arguments: [0, 1, 127, 128, 16_383, 16_384, 1 << 30, Int.max])
    func lengths_roundTrip(_ length: Int) {
        var bytes: [UInt8] = []
        Bytes.append(length: length, to: &bytes)
        bytes.withUnsafeBytes {
            var reader = ByteReader($0)
            #expect(reader.length() == length && reader.isIntact && reader.isAtEnd)
        }
    }

    @Test func readingPastTheEnd_failsForGood() {
        for bytes: [UInt8] in [
            [], [5, 1], [0x80], [UInt8](repeating: 0xFF, count: 8) + [0x7F], [UInt8](repeating: 0x80, count: 20),
        ] {
            bytes.withUnsafeBytes {
                var reader = ByteReader($0)
                #expect(reader.field().isEmpty && !reader.isIntact)
                #expect(reader.byte() == 0 && reader.uint64() == 0 && reader.text().isEmpty && !reader.isIntact)
            }
        }
    }
}

import OrganisationModel
import Testing

struct FingerprintTests {
    private static let seed = Array("thirty-two bytes and some more of a seed".utf8)

    private func fingerprint(_ fields: [[UInt8]], seed: [UInt8] = Self.seed) -> Fingerprint {
        var hasher = FingerprintHasher(seed: seed)
        for field in fields { field.withUnsafeBytes { hasher.combine($0) } }
        return hasher.finalize()
    }

    private func compact(_ fields: [[UInt8]]) -> Fingerprint {
        var hasher = FingerprintHasher(seed: Self.seed)
        for field in fields { field.withUnsafeBytes { hasher.combine(compactly: $0) } }
        return hasher.finalize()
    }

    @Test func compactFields_ofAllLengths_differByEveryByteAndByLength() {
        var chance = Chance(7)
        var seen: Set<Fingerprint> = []
        var count = 0
        for length in 0...40 {
            let field = chance.bytes(length)
            var all = [[field], [field, []], [[], field], [[UInt8](repeating: 0, count: length), [1]]]
            for index in field.indices {
                var other = field
                other[index] ^= 1 << UInt8(index % 8)
                all += [[other], [Array(field[..<index]), Array(field[index...])]]
            }
            // Without bytes the first three are two, and a split before the first byte is one of them.
            all = length == 0 ? [[field], [field, []]] : all.filter { $0 != [[], field] } + [[[], field]]
            seen.formUnion(all.map(compact))
            count += Set(all).count
        }
        #expect(seen.count == count)
    }

    private func fingerprint(_ fields: String...) -> Fingerprint {
        fingerprint(fields.map { Array($0.utf8) })
    }

    @Test func shiftedFieldBoundary_changesTheFingerprint() {
        let all = [
            fingerprint("abcd"), fingerprint("abc", "d"), fingerprint("ab", "cd"), fingerprint("", "abcd"),
            fingerprint("abcd", ""), fingerprint("abcd", "", ""), fingerprint("", "", "abcd"), fingerprint(),
        ]
        #expect(Set(all).count == all.count)
    }

    @Test func trailingZeros_changeTheFingerprint() {
        let all = (0...40).map { fingerprint([[UInt8](repeating: 0, count: $0)]) }
        #expect(Set(all).count == all.count)
    }

    // An earlier form gave zero for every input.
    @Test func smallInputs_doNotCollide_andAreNotZero() {
        var seen: Set<Fingerprint> = []
        var halves: (Set<UInt64>, Set<UInt64>) = ([], [])
        for number in 0..<200_000 {
            let found = fingerprint([Array(String(number).utf8)])
            seen.insert(found)
            halves.0.insert(found.high)
            halves.1.insert(found.low)
        }
        #expect(seen.count == 200_000 && halves.0.count == 200_000 && halves.1.count == 200_000)
        #expect(!halves.0.contains(0) && !halves.1.contains(0))
    }

    @Test(arguments: [1, 8, 15, 16, 17, 31, 32, 100])
    func oneChangedBit_changesAboutHalfOfTheBits(_ count: Int) {
        var chance = Chance(UInt64(count))
        var changed: [Int] = []
        for _ in 0..<10 {
            let input = chance.bytes(count)
            let base = fingerprint([input, [7]])
            for bit in 0..<count * 8 {
                var other = input
                other[bit / 8] ^= 1 << (bit % 8)
                let found = fingerprint([other, [7]])
                changed.append((found.high ^ base.high).nonzeroBitCount + (found.low ^ base.low).nonzeroBitCount)
            }
        }
        let mean = Double(changed.reduce(0, +)) / Double(changed.count)
        #expect((58...70).contains(mean), "mean \(mean)")
        #expect((changed.min() ?? 0) > 20)
    }

    @Test func seed_changesTheFingerprint() {
        let fields = [Array("1001".utf8)]
        let seeds = (0..<32).map { index in
            var seed = Self.seed
            // The lowest bit of a key is always set.
            seed[index] ^= 2
            return seed
        }
        #expect(Set(seeds.map { fingerprint(fields, seed: $0) } + [fingerprint(fields)]).count == 33)
    }

    @Test func bytes_roundTrip() {
        let found = fingerprint("x")
        #expect(found.bytes.withUnsafeBytes { Fingerprint(bytes: $0) } == found)
        #expect([UInt8](repeating: 0, count: 15).withUnsafeBytes { Fingerprint(bytes: $0) } == nil)
    }
}

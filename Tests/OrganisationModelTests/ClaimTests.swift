import Testing

@testable import OrganisationModel

struct ClaimTests {
    private let unit = ObjectID(high: 1, low: 2)

    @Test func writtenClaim_isReadAsItWas() {
        let findings = [
            Claim.StoredFinding(rule: Rule("a.b", .warning, .none), kind: .person, message: "æ"),
            Claim.StoredFinding(
                rule: Rule("c.d", .error, .withhold), kind: nil, message: "", place: .init(file: "å.xml", line: 300)),
        ]
        let bytes = claim(
            "record", findings: findings,
            [
                ClaimedObject(flags: Claim.shared, id: unit, key: "42"),
                ClaimedObject(
                    kind: .engagement, id: ObjectID(high: 3, low: 4), key: "",
                    periods: [
                        (day("2026-01-01"), day("2026-02-01"), ["title": .text("Lærer"), "unit": .reference(unit)]),
                        (day("2026-02-01"), .distantFuture, [:]),
                    ]),
            ])
        bytes.withUnsafeBytes { bytes in
            var reader = Claim.Reader(bytes)
            #expect(Array(reader.recordKey()) == Array("record".utf8))
            let read = reader.findings()
            #expect(read.map(\.code) == ["a.b", "c.d"] && read.map(\.severity) == [.warning, .error])
            #expect(read.map(\.fate) == [.none, .withhold] && read.map(\.kind) == [.person, nil])
            #expect(read.map(\.message) == ["æ", ""])
            #expect(read.map(\.place) == [nil, .init(file: "å.xml", line: 300)])
            #expect(reader.objectCount() == 2)
            let first = reader.object()
            #expect(first.kind == .unit && first.flags == Claim.shared && first.id == unit && first.periodCount == 0)
            #expect(Array(first.key) == Array("42".utf8))
            var second = reader.object()
            #expect(second.kind == .engagement && second.periodCount == 2 && second.key.isEmpty)
            let period = second.period()
            #expect(period == (day("2026-01-01"), day("2026-02-01"), 2))
            let title = second.field()
            #expect(title.number == 1 && Array(title.value) == Array("Lærer".utf8))
            let relation = second.field()
            #expect(relation.number == 2 && Array(relation.value) == unit.bytes + Array("key of target".utf8))
            #expect(second.period() == (day("2026-02-01"), .distantFuture, 0))
            #expect(reader.isIntact && reader.offset == bytes.count)
            #expect(Claim.names([unit], in: bytes) && Claim.kept(in: bytes).isEmpty)
        }
    }

    @Test func writer_begunAgain_holdsTheNewClaimOnly() {
        var writer = Claim.Writer()
        for key in ["a long first key", "b"] {
            Array(key.utf8).withUnsafeBytes { writer.begin(recordKey: $0, findings: []) }
            writer.end()
        }
        #expect(writer.bytes == claim("b", []))
    }

    @Test func ended_cutsWhatRuns_keepsWhatIsOver_andDropsWhatLiesAhead() throws {
        let bytes = claim(
            "r",
            [
                ClaimedObject(
                    id: unit,
                    periods: [
                        (.distantPast, day("2025-01-01"), ["name": .text("old")]),
                        (day("2025-01-01"), .distantFuture, ["name": .text("now")]),
                    ]),
                ClaimedObject(id: ObjectID(high: 9, low: 9), periods: [(day("2026-06-01"), .distantFuture, [:])]),
                ClaimedObject(
                    id: ObjectID(high: 8, low: 8), periods: [(day("2024-01-01"), day("2024-02-01"), [:])]),
            ])
        let ended = bytes.withUnsafeBytes { Claim.ended($0, on: day("2026-06-01"), schema: .standard) }
        let result = organisation([ended])
        let entry = try #require(result.entry(unit))
        let periods = try #require(result.state(of: entry)).periods(Schema.standard[.unit])
        #expect(periods.map(\.period) == [period("", "2025-01-01"), period("2025-01-01", "2026-06-01")])
        #expect(periods.map { $0["name"] } == [.text("old"), .text("now")])
        #expect(!result.has(ObjectID(high: 9, low: 9)))
        let past = try #require(result.entry(ObjectID(high: 8, low: 8)))
        #expect(result.state(of: past)?.boundaries == [day("2024-01-01"), day("2024-02-01")])
    }

    @Test func ended_onAnUnfitClaim_endsTheLastGoodState() throws {
        let bytes = claim("r", [ClaimedObject(flags: Claim.withheld, id: unit)])
        let ended = bytes.withUnsafeBytes { Claim.ended($0, on: day("2026-06-01"), schema: .standard) }
        let result = organisation([ended])
        #expect(result.state(of: try #require(result.entry(unit))) == nil)
        let good = ObjectState([
            StatePeriod(period: period("2020-01-01", "2026-01-01"), fields: []),
            StatePeriod(period: period("2026-01-01", ""), fields: []),
        ])
        result.replace(unit, with: good)
        #expect(
            try result.state(of: unit)?.boundaries == [day("2020-01-01"), day("2026-01-01"), day("2026-06-01")])
        // Somebody who still works elsewhere has not ended.
        let other = organisation([ended, claim("s", [ClaimedObject(flags: Claim.withheld, id: unit)])])
        other.replace(unit, with: good)
        #expect(try other.state(of: unit) == good)
    }

    @Test func ended_onAClaimThatEndedBefore_keepsItsEnd() {
        let bytes = claim(
            "r", [ClaimedObject(id: unit, periods: [(.distantPast, day("2025-01-01"), ["name": .text("n")])])])
        let once = bytes.withUnsafeBytes { Claim.ended($0, on: day("2026-01-01"), schema: .standard) }
        let twice = once.withUnsafeBytes { Claim.ended($0, on: day("2026-02-01"), schema: .standard) }
        #expect(once == twice && once.count == bytes.count)
        #expect(once.withUnsafeBytes(Claim.isEnded) && !bytes.withUnsafeBytes(Claim.isEnded))
    }
}

struct ClaimBufferTests {
    @Test func claimsOfAnySize_areKept() {
        let buffer = ClaimBuffer()
        var chance = Chance(5)
        let sizes = [0, 1, 1000, 1 << 20, (1 << 20) + 1, 3 << 20, 7, (1 << 20) - 7, 1, 0]
        let claims = sizes.map { size in [UInt8](repeating: UInt8.random(in: 0...255, using: &chance), count: size) }
        let references = claims.map { claim in claim.withUnsafeBytes { buffer.append($0) } }
        #expect(references.map { Array(buffer[$0]) } == claims)
    }

    @Test func manyClaims_keepTheirPlaces() {
        let buffer = ClaimBuffer()
        let references = (0..<20_000).map { number in
            Array(repeating: UInt8(truncatingIfNeeded: number), count: number % 300).withUnsafeBytes {
                buffer.append($0)
            }
        }
        for (number, reference) in references.enumerated() {
            #expect(buffer[reference].count == number % 300)
            #expect(buffer[reference].allSatisfy { $0 == UInt8(truncatingIfNeeded: number) })
        }
    }
}

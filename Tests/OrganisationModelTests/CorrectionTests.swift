import OrganisationModel
import Testing

/// What editors say, beside claims of sources.
struct CorrectionTests {
    private let schema = Schema.standard
    private let unit = ObjectID(high: 1, low: 1)
    private let other = ObjectID(high: 2, low: 2)
    private let third = ObjectID(high: 3, low: 3)

    private func field(_ kind: Kind, _ name: String, _ value: Value?) -> Correction.Field {
        Correction.Field(attribute: schema[kind].attribute(named: name)?.number ?? 0, value: value, key: "K")
    }

    private func change(
        _ number: Int, _ days: EffectivePeriod, _ values: [String: Value?]
    ) -> Correction {
        Correction(
            number: number, kind: .unit, id: unit, key: "1",
            statement: .change(days, values.map { field(.unit, $0.key, $0.value) }))
    }

    private func unitClaim(
        _ id: ObjectID, _ from: String, _ to: String, _ values: [String: Value], key: String = "1"
    ) -> [UInt8] {
        let days = period(from, to)
        return claim(key, [ClaimedObject(id: id, key: key, periods: [(days.from, days.to, values)])])
    }

    /// Editors first, then a source.
    private func corrected(_ corrections: [Correction], _ claims: [[UInt8]]) -> Organisation {
        let organisation = Organisation(buffer: ClaimBuffer())
        let aliases = Aliases(corrections)
        for (source, bytes) in [(Correction.source, corrections.map(\.claim)), ("hr", claims)] {
            let file = organisation.addFile(source: source, file: source)
            for claim in bytes {
                let counting = claim.withUnsafeBytes { aliases.rewritten($0, schema: schema) } ?? claim
                organisation.add(counting.withUnsafeBytes { organisation.buffer.append($0) }, file: file, line: 1)
            }
        }
        organisation.seal()
        return organisation
    }

    private func told(_ organisation: Organisation, _ id: ObjectID, _ name: String = "name") -> [String] {
        guard let entry = organisation.entry(id) else { return ["no entry"] }
        return organisation.state(of: entry)?.periods(schema[entry.kind]).map { period in
            "\(period.period.from)..\(period.period.to) \(period[name]?.description ?? "-")"
        } ?? ["not there"]
    }

    // MARK: As a claim

    @Test func correction_isReadBackFromItsClaim() {
        let days = period("2026-03-01", "2026-04-01")
        let fields = [field(.unit, "name", .text("A")), field(.unit, "parent", .reference(other))]
        let none = Correction.Field(attribute: 8, value: nil)
        let statements: [Correction.Statement] = [
            .create(days, fields), .change(.always, fields + [none]), .close(days), .alias(other, key: "77"),
        ]
        for statement in statements {
            for masked in [nil, Fingerprint(high: 7, low: 9)] as [Fingerprint?] {
                let correction = Correction(
                    number: 12, kind: .unit, id: unit, key: "æ", statement: statement, masked: masked)
                let read = correction.claim.withUnsafeBytes { Correction(claim: $0) }
                let plain = Correction(
                    number: 12, kind: .unit, id: unit, key: "æ", statement: keyless(statement), masked: masked)
                #expect(read.map { keyless($0.statement) } == plain.statement && read?.masked == masked)
                #expect(read?.number == 12 && read?.id == unit && read?.key == "æ")
            }
        }
        let record = claim("no number", [ClaimedObject(id: unit)])
        #expect(record.withUnsafeBytes { Correction(claim: $0) } == nil)
    }

    /// Only relations keep the key of what they name.
    private func keyless(_ statement: Correction.Statement) -> Correction.Statement {
        func plain(_ fields: [Correction.Field]) -> [Correction.Field] {
            fields.map { Correction.Field(attribute: $0.attribute, value: $0.value) }
        }
        return switch statement {
        case .create(let days, let fields): .create(days, plain(fields))
        case .change(let days, let fields): .change(days, plain(fields))
        case .close, .alias: statement
        }
    }

    // MARK: Values

    @Test func change_countsOnItsDaysOnly_andSplitsPeriods() {
        let organisation = corrected(
            [change(1, period("2026-03-01", "2026-04-01"), ["name": .text("B")])],
            [unitClaim(unit, "2020-01-01", "", ["name": .text("A")])])
        #expect(
            told(organisation, unit) == [
                "2020-01-01..2026-03-01 A", "2026-03-01..2026-04-01 B", "2026-04-01..open A",
            ])
    }

    @Test func change_beyondTheObject_makesItNoLonger_andEqualStretchesAreOne() {
        let organisation = corrected(
            [
                change(1, .always, ["name": .text("A")]),
                change(2, period("2019-01-01", "2021-01-01"), ["name": .text("A")]),
            ],
            [unitClaim(unit, "2020-01-01", "2025-01-01", ["name": .text("A")])])
        #expect(told(organisation, unit) == ["2020-01-01..2025-01-01 A"])
    }

    @Test func laterCorrection_isHeardBeforeAnEarlierOne_inWhateverOrderTheyLie() {
        let first = change(1, period("2026-01-01", ""), ["name": .text("first"), "phone": .text("1")])
        let second = change(2, period("2026-02-01", "2026-03-01"), ["name": .text("second")])
        for corrections in [[first, second], [second, first]] {
            let organisation = corrected(corrections, [unitClaim(unit, "2026-01-01", "", ["name": .text("A")])])
            #expect(
                told(organisation, unit) == [
                    "2026-01-01..2026-02-01 first", "2026-02-01..2026-03-01 second", "2026-03-01..open first",
                ])
            #expect(told(organisation, unit, "phone").allSatisfy { $0.hasSuffix(" 1") })
        }
    }

    @Test func emptyValue_takesAwayWhatTheSourceSays() {
        let organisation = corrected(
            [change(1, .always, ["name": nil])], [unitClaim(unit, "", "", ["name": .text("A")])])
        #expect(told(organisation, unit) == ["open..open -"])
        let entry = organisation.entry(unit)
        #expect(entry.map { organisation.hasValue($0, ofAny: schema[.unit].nameAttributes) } == false)
    }

    @Test func close_takesItsDaysOut_andAllOfThemTheObject() {
        func closed(_ days: EffectivePeriod) -> Organisation {
            corrected(
                [Correction(number: 1, kind: .unit, id: unit, key: "1", statement: .close(days))],
                [unitClaim(unit, "2020-01-01", "", ["name": .text("A")])])
        }
        #expect(told(closed(period("2026-03-01", "")), unit) == ["2020-01-01..2026-03-01 A"])
        #expect(
            told(closed(period("2026-03-01", "2026-04-01")), unit) == [
                "2020-01-01..2026-03-01 A", "2026-04-01..open A",
            ])
        let gone = closed(period("2019-01-01", ""))
        #expect(told(gone, unit) == ["not there"] && !gone.has(unit))
    }

    @Test func create_makesAnObject_andWhatSourcesSayOfItOnlyFillsIn() {
        let created = Correction(
            number: 1, kind: .unit, id: unit, key: "P",
            statement: .create(period("2026-01-01", ""), [field(.unit, "name", .text("P"))]))
        #expect(told(corrected([created], []), unit) == ["2026-01-01..open P"])
        let both = corrected(
            [created], [unitClaim(unit, "2020-01-01", "", ["name": .text("hr"), "phone": .text("1")])])
        #expect(told(both, unit) == ["2026-01-01..open P"] && told(both, unit, "phone") == ["2026-01-01..open 1"])
        #expect(both.entry(unit).map { both.makers(of: $0).map(\.source) } == ["hr"])
    }

    @Test func correctionOfNothing_makesNothing() {
        let organisation = corrected([change(1, .always, ["name": .text("B")])], [])
        #expect(organisation.entry(unit) == nil && !organisation.has(unit))
    }

    @Test func correctionOfAnotherKind_isNotHeard() {
        let wrong = Correction(
            number: 1, kind: .task, id: unit, key: "1",
            statement: .change(.always, [field(.task, "title", .text("B"))]))
        #expect(told(corrected([wrong], [unitClaim(unit, "", "", ["name": .text("A")])]), unit) == ["open..open A"])
    }

    @Test func unheardCorrection_leavesWhatTheSourceSays() {
        let correction = change(1, .always, ["name": .text("B"), "parent": .reference(third)])
        let organisation = corrected([correction], [unitClaim(unit, "", "", ["name": .text("A")])])
        organisation.leaveUnheard(correction)
        #expect(told(organisation, unit) == ["open..open A"])
        #expect(organisation.unjudged().entry(unit).map { told(organisation.unjudged(), $0.id) } == ["open..open B"])
    }

    // MARK: What is masked

    @Test func masked_changesWithTheValue_notWithDaysAndOtherAttributes() throws {
        let correction = change(1, period("2026-01-01", ""), ["name": .text("B")])
        func masked(_ claims: [[UInt8]]) -> Fingerprint? { corrected([correction], claims).masked(by: correction) }
        let before = try #require(masked([unitClaim(unit, "2020-01-01", "", ["name": .text("A")])]))
        #expect(masked([unitClaim(unit, "2021-01-01", "2030-01-01", ["name": .text("A")])]) == before)
        #expect(masked([unitClaim(unit, "2020-01-01", "", ["name": .text("A"), "phone": .text("1")])]) == before)
        #expect(masked([unitClaim(unit, "2020-01-01", "", ["name": .text("C")])]) != before)
        #expect(masked([unitClaim(unit, "2020-01-01", "", [:])]) != before)
        #expect(masked([]) == nil)
    }

    @Test func caughtUp_whenTheSourceSaysTheSameAtTheEnd() {
        let correction = change(1, period("2026-01-01", ""), ["name": .text("B"), "phone": nil])
        func isCaughtUp(_ values: [String: Value]) -> Bool {
            corrected([correction], [unitClaim(unit, "2020-01-01", "", values)]).isCaughtUp(correction)
        }
        #expect(isCaughtUp(["name": .text("B")]) && !isCaughtUp(["name": .text("A")]))
        #expect(!isCaughtUp(["name": .text("B"), "phone": .text("1")]))
        let close = Correction(
            number: 2, kind: .unit, id: unit, key: "1", statement: .close(period("2026-03-01", "")))
        func isClosed(_ to: String) -> Bool {
            corrected([close], [unitClaim(unit, "2020-01-01", to, [:])]).isCaughtUp(close)
        }
        #expect(isClosed("2026-03-01") && isClosed("2026-02-01") && !isClosed("2026-04-01") && !isClosed(""))
    }

    // MARK: Aliases

    private func alias(_ number: Int, _ id: ObjectID, for target: ObjectID) -> Correction {
        Correction(number: number, kind: .unit, id: id, key: "X", statement: .alias(target, key: "Y"))
    }

    @Test func aliases_followEachOther_andNoneLeadsBack() {
        let chain = Aliases([alias(1, unit, for: other), alias(2, other, for: third)])
        #expect(chain.target(of: unit) == third && chain.target(of: other) == third && chain.target(of: third) == third)
        let circle = Aliases([alias(1, unit, for: other), alias(2, other, for: unit)])
        #expect(circle.target(of: unit) == other && circle.target(of: other) == other)
        #expect(Aliases([alias(2, unit, for: third), alias(1, unit, for: other)]).target(of: unit) == third)
        #expect(Aliases([alias(1, unit, for: unit)]).isEmpty)
        #expect(chain.ids(differingFrom: Aliases()) == [unit, other])
        #expect(AliasGroups([chain]).group(of: other) == [unit, other, third])
    }

    @Test func rekeyedObject_goesOnWithItsID_andWhatRefersToTheNewOneFollows() {
        let child = unitClaim(third, "", "", ["name": .text("child"), "parent": .reference(unit)], key: "3")
        let organisation = corrected(
            [alias(1, unit, for: other)], [unitClaim(unit, "", "", ["name": .text("new")], key: "9"), child])
        #expect(told(organisation, other) == ["open..open new"] && told(organisation, unit) == ["no entry"])
        #expect(told(organisation, third, "parent") == ["open..open \(other)"])
        #expect(organisation.entry(other).map(organisation.key) == "9")
    }

    @Test func mergedObjects_areThereWhenOneIs_andTheOneThatStaysIsHeardFirst() {
        let organisation = corrected(
            [alias(1, unit, for: other)],
            [
                unitClaim(unit, "2020-01-01", "2026-01-01", ["name": .text("goes"), "phone": .text("1")], key: "1"),
                unitClaim(other, "2025-01-01", "", ["name": .text("stays")], key: "2"),
            ])
        #expect(
            told(organisation, other) == [
                "2020-01-01..2025-01-01 goes", "2025-01-01..2026-01-01 stays", "2026-01-01..open stays",
            ])
        #expect(told(organisation, other, "phone").map { $0.hasSuffix(" 1") } == [true, true, false])
        let entry = organisation.entry(other)
        #expect(entry.flatMap(organisation.repeatedPart) == nil)
        #expect(entry.map { organisation.key(of: $0) } == "2" && entry.map { organisation.makers(of: $0).count } == 1)
    }

    @Test func mergedChild_isNotItsOwnParent() {
        let organisation = corrected(
            [alias(1, unit, for: other)],
            [
                unitClaim(unit, "", "", ["name": .text("child"), "parent": .reference(other)]),
                unitClaim(other, "", "", ["name": .text("head")], key: "2"),
            ])
        #expect(told(organisation, other, "parent") == ["open..open -"])
    }

    @Test func correctionsOfAnObjectThatGoes_goWithIt() {
        let closed = Correction(number: 2, kind: .unit, id: unit, key: "1", statement: .close(.always))
        let organisation = corrected(
            [alias(1, unit, for: other), closed],
            [
                unitClaim(unit, "", "", ["name": .text("goes")]),
                unitClaim(other, "", "", ["name": .text("stays")], key: "2"),
            ])
        #expect(told(organisation, other) == ["open..open stays"])
    }

    @Test func createdObject_thatCountsForAnother_onlyFillsIn() {
        let created = Correction(
            number: 1, kind: .unit, id: unit, key: "P",
            statement: .create(period("2026-01-01", ""), [field(.unit, "phone", .text("1"))]))
        let organisation = corrected(
            [created, alias(2, unit, for: other)], [unitClaim(other, "2020-01-01", "", ["name": .text("hr")])])
        #expect(told(organisation, other) == ["2020-01-01..open hr"])
        #expect(told(organisation, other, "phone") == ["2020-01-01..open 1"])
        #expect(organisation.entry(other).map(organisation.source) == "hr")
    }
}

import OrganisationModel
import Testing

struct AttributeChangeTests {
    private let schema = Schema.standard[.unit]
    private let parents = [ObjectID(high: 1, low: 1), ObjectID(high: 2, low: 2)]

    private func unit(_ periods: (String, String, [String: Value])...) -> ObjectState {
        ObjectState(periods.map { statePeriod(.unit, period($0, $1), $2) })
    }

    private func told(_ before: ObjectState?, _ after: ObjectState?) -> [String] {
        AttributeChange.between(before, after, schema).map { change in
            let what = change.attribute?.name ?? (change.isInEffectAfterwards ? "begins" : "ends")
            let values = [change.from, change.to].map { $0?.description ?? "-" }.joined(separator: ">")
            return "\(what) \(values) \(change.period.from)..\(change.period.to)"
        }
    }

    @Test func equalStates_haveNoChanges() {
        let state = unit(("2026-01-01", "", ["name": .text("a")]))
        #expect(told(state, state).isEmpty && told(nil, nil).isEmpty)
        #expect(ChangeLabel.between(state, state, schema).isEmpty)
    }

    @Test func equalContent_inDifferentlyCutPeriods_hasNoChanges() {
        let one = unit(("2026-01-01", "2028-01-01", ["name": .text("a")]))
        let two = unit(
            ("2026-01-01", "2027-01-01", ["name": .text("a")]), ("2027-01-01", "2028-01-01", ["name": .text("a")]))
        #expect(told(one, two).isEmpty)
    }

    @Test func severalPeriods_giveOneChangeForNeighbouringDays() {
        let before = unit(
            ("2026-01-01", "2027-01-01", ["name": .text("a")]),
            ("2027-01-01", "", ["name": .text("a"), "ean": .text("1")]))
        let after = unit(("2026-01-01", "", ["name": .text("b")]))
        #expect(told(before, after) == ["name a>b 2026-01-01..open", "ean 1>- 2027-01-01..open"])
    }

    @Test func changesOfOneAttribute_standInTheOrderOfTime() {
        let before = unit(("2026-01-01", "", ["name": .text("a")]))
        let after = unit(
            ("2026-01-01", "2027-01-01", ["name": .text("b")]), ("2027-01-01", "2028-01-01", ["name": .text("a")]),
            ("2028-01-01", "", ["name": .text("b")]))
        #expect(told(before, after) == ["name a>b 2026-01-01..2027-01-01", "name a>b 2028-01-01..open"])
    }

    @Test func effect_beginningOrEnding_isAChangeWithoutAttribute() {
        let before = unit(("2026-01-01", "2027-01-01", [:]))
        #expect(
            told(before, unit(("2026-02-01", "2028-01-01", [:]))) == [
                "ends ->- 2026-01-01..2026-02-01", "begins ->- 2027-01-01..2028-01-01",
            ])
        #expect(told(before, nil) == ["ends ->- 2026-01-01..2027-01-01"])
    }

    @Test func labels_tellMovesFromUpdates() {
        let base = unit(("2026-01-01", "", ["name": .text("a"), "parent": .reference(parents[0])]))
        let moved = unit(("2026-01-01", "", ["name": .text("a"), "parent": .reference(parents[1])]))
        let renamed = unit(("2026-01-01", "", ["name": .text("b"), "parent": .reference(parents[0])]))
        let both = unit(("2026-01-01", "", ["name": .text("b"), "parent": .reference(parents[1])]))
        let later = unit(
            ("2026-01-01", "2030-01-01", ["name": .text("a"), "parent": .reference(parents[0])]),
            ("2030-01-01", "", ["name": .text("a"), "parent": .reference(parents[1])]))
        let root = unit(("2026-01-01", "", ["name": .text("a")]))
        #expect(ChangeLabel.between(base, moved, schema) == [.moved])
        #expect(ChangeLabel.between(base, renamed, schema) == [.updated])
        #expect(ChangeLabel.between(base, both, schema) == [.updated, .moved])
        #expect(ChangeLabel.between(base, later, schema) == [.moved])
        #expect(ChangeLabel.between(base, root, schema) == [.moved])
        #expect(ChangeLabel.between(root, base, schema) == [.moved])
    }

    @Test func labels_ofAUnitThatOnlyLastsLongerOrShorter_sayUpdatedOnly() {
        let short = unit(("2026-01-01", "2027-01-01", ["parent": .reference(parents[0])]))
        let long = unit(("2026-01-01", "2028-01-01", ["parent": .reference(parents[0])]))
        #expect(ChangeLabel.between(short, long, schema) == [.updated])
        #expect(ChangeLabel.between(long, short, schema) == [.updated])
        let longAndMoved = unit(("2026-01-01", "2028-01-01", ["parent": .reference(parents[1])]))
        #expect(ChangeLabel.between(short, longAndMoved, schema) == [.updated, .moved])
    }
}

struct ObjectChangeTests {
    private func change(_ before: ObjectState?, _ after: ObjectState?) -> ObjectChange {
        ObjectChange(
            id: ObjectID(high: 1, low: 2), kind: .person, source: "hr", key: "æ1", before: before, after: after)
    }

    private var all: [ObjectChange] {
        let one = state(.person, ["givenName": .text("A")])
        let two = state(.person, ["addressProtected": .flag(true)])
        return [change(nil, one), change(one, two), change(two, nil), change(nil, nil)]
    }

    @Test func changes_roundTrip() throws {
        var bytes: [UInt8] = []
        for change in all { change.append(to: &bytes) }
        var read: [ObjectChange] = []
        try StoredChangeSet(chunks: [bytes]).forEach({ read.append($0) })
        #expect(read == all)
    }

    @Test func storedChanges_cutAnywhere_areReportedAsDamage() {
        var bytes: [UInt8] = []
        all[1].append(to: &bytes)
        for count in 1..<bytes.count {
            #expect(throws: FordelerError(.init("state.damaged"), "")) {
                try StoredChangeSet(chunks: [Array(bytes.prefix(count))]).forEach({ _ in })
            }
        }
    }

    @Test func labelsAndCounts_followBeforeAndAfter() throws {
        var bytes: [UInt8] = []
        for change in all.prefix(3) { change.append(to: &bytes) }
        let counts = try StoredChangeSet(chunks: [bytes]).counts(.standard)
        #expect(counts[.person, .created] == 1 && counts[.person, .updated] == 1 && counts[.person, .removed] == 1)
        #expect(
            counts[.person, .moved] == 0 && counts[.unit, .created] == 0 && !counts.isEmpty && ChangeCounts().isEmpty)
    }

    @Test func planHash_dependsOnContent_notOnChunks() throws {
        let parts = all.prefix(3).map { change in
            var bytes: [UInt8] = []
            change.append(to: &bytes)
            return bytes
        }
        let hash = try StoredChangeSet(chunks: parts).planHash()
        #expect(try StoredChangeSet(chunks: [Array(parts.joined())]).planHash() == hash)
        #expect(try StoredChangeSet(chunks: parts.reversed()).planHash() != hash)
        #expect(try StoredChangeSet(chunks: Array(parts.dropLast())).planHash() != hash)
    }
}

struct MaskingTests {
    @Test(arguments: [
        ("0101701234", "**********"), ("010170-1234", "***********"),
        ("0101701234-20260302.xml", "**********-20260302.xml"),
        ("a0101701234-", "a**********-"), ("20260302-010170-1234-x", "20260302-***********-x"),
        ("-0101701234", "-**********"), ("010170--1234", "010170--1234"), ("20260302-093000", "20260302-093000"),
        ("01017012345", "01017012345"), ("010170-12345", "010170-12345"), ("", ""), ("-", "-"),
        ("+45 99112233", "+45 99112233"),
    ])
    func redacted_whatHasTheFormOfACPRNumber_isStarsWhateverStandsBesideIt(text: String, shown: String) {
        #expect(Masking.redacted(text) == shown)
    }

    @Test(arguments: ["0202802346", "020280-2346", "6202802346", "02.02.80.2346"])
    func keyInTheFormOfACPRNumber_isMasked_whateverTheKind(key: String) {
        #expect(
            Masking.shown(key, kind: .engagement) == Masking.mask(key)
                && Masking.shown(key, kind: nil) == Masking.mask(key))
    }

    @Test(arguments: ["1000012345", "5799000123", "3200123456", "020280234", "0202802346x", "02028023466", "a-b"])
    func keyThatIsNoCPRNumber_isShown(key: String) {
        #expect(Masking.shown(key, kind: .unit) == key)
    }

    @Test func personalKeys_areMasked_andOthersShown() {
        #expect(Masking.shown("0101701234", kind: .person) == "**********")
        #expect(Masking.shown("1001", kind: .unit) == "1001" && Masking.shown("1001", kind: nil) == "1001")
    }
}

struct SchemaTests {
    @Test(arguments: Kind.allCases) func kinds_haveNamesAndOrderedNumbers(_ kind: Kind) {
        let schema = Schema.standard[kind]
        #expect(schema.kind == kind && Kind(name: kind.name) == kind)
        #expect(schema.attributes.map(\.number) == (1...UInt16(schema.attributes.count)).map { $0 })
        #expect(Set(schema.attributes.map(\.name)).count == schema.attributes.count)
        for attribute in schema.attributes {
            #expect(schema.attribute(number: attribute.number) == attribute)
            #expect(schema.attribute(named: attribute.name) == attribute)
            if case .reference(let target) = attribute.type { #expect(target <= kind) }
        }
        #expect(schema.attribute(number: 0) == nil && schema.attribute(number: 999) == nil)
        #expect(!schema.nameAttributes.isEmpty)
    }
}

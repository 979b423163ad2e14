import Mapping
import OrganisationModel
import Testing

struct RecordMappingTests {
    // MARK: Values

    @Test func values_ofEveryType_areTaken() throws {
        let person = try Source(attributes: "givenName: a, addressProtected: b", kind: "person")
        let found = try #require(try person.period("<a>Åse</a><b>true</b>", kind: .person))
        #expect(found["givenName"] == .text("Åse") && found["addressProtected"] == .flag(true))
        let engagement = try Source(attributes: "fraction: a, unit: b, person: c", kind: "engagement")
        let other = try #require(try engagement.period("<a>0,50</a><b>9</b><c>8</c>", kind: .engagement))
        #expect(other["fraction"] == .decimal("0.5"))
        #expect(
            other["unit"] == .reference(engagement.id("9"))
                && other["person"] == .reference(engagement.id("8", .person)))
    }

    @Test(arguments: [
        ("true", true), ("TRUE", true), ("1", true), ("yes", true), ("false", false), ("0", false), ("No", false),
        ("maybe", nil),
        ("2", nil), ("ja", nil),
    ])
    func flag_isReadFromTheUsualWords(_ text: String, _ expected: Bool?) throws {
        let source = try Source(attributes: "addressProtected: b", kind: "person")
        #expect(try source.period("<b>\(text)</b>", kind: .person)?["addressProtected"] == expected.map { .flag($0) })
        #expect(try source.findings("<b>\(text)</b>") == (expected == nil ? ["record.value-impossible"] : []))
    }

    @Test(arguments: [
        ("1", "1"), ("0,5", "0.5"), (".25", "0.25"), ("1.", "1"), ("-0,10", "-0.1"), ("0", "0"), ("007.50", "7.5"),
        ("0.12340000", "0.1234"), ("999999999999.9999", "999999999999.9999"), ("-0", "0"),
        ("0.1234000000000000000000", "0.1234"),
    ])
    func decimal_isWrittenPlainly(_ text: String, _ expected: String) throws {
        let source = try Source(attributes: "fraction: a", kind: "engagement")
        #expect(try source.period("<a>\(text)</a>", kind: .engagement)?["fraction"] == .decimal(expected))
    }

    @Test(arguments: [
        "1.2.3", "1,2.3", "-", ".", ",", "--1", "1-", "+1", "1e3", "١", "0.12345", "1 000", "1234567890123",
        "99999999999999999999", "NaN",
        "-.", "922337203685477.5807", "9223372036854775808",
    ])
    func decimal_ofAnyOtherForm_isLeftOutWithAWarning(_ text: String) throws {
        let source = try Source(attributes: "fraction: a, title: b", kind: "engagement")
        let inside = "<a>\(text)</a><b>t</b>"
        let found = try #require(try source.period(inside, kind: .engagement))
        #expect(found["fraction"] == nil && found["title"] == .text("t"))
        #expect(try source.findings(inside) == ["record.value-impossible"])
    }

    @Test(arguments: [
        ("37", "37", "1"), ("18,5", "37", "0.5"), ("1", "3", "0.3333"), ("-1", "4", "-0.25"), ("0", "37", "0"),
        ("37", "0", nil),
        ("x", "37", nil), ("37", "", nil), ("", "37", nil), ("999999999999", "1", nil),
        ("-999999999999.9999", "0.0001", nil),
        ("9223372036", "1", "9223372036"),
    ])
    func ratio_isTheQuotient_orAbsent(_ above: String, _ below: String, _ expected: String?) throws {
        let source = try Source(attributes: "fraction: {ratio: [a, b]}", kind: "engagement")
        let found = try #require(try source.period("<a>\(above)</a><b>\(below)</b>", kind: .engagement))
        #expect(found["fraction"] == expected.map { .decimal($0) })
    }

    @Test(arguments: [
        ("<a>1</a><b>2</b><c>3</c>", "1, 2 3"), ("<a>1</a><c>3</c>", "1, 3"), ("<b>2</b>", "2"), ("<a>1</a>", "1"),
        ("", nil),
        ("<a> </a><b/><c>3</c>", "3"), ("<a>0</a><b>2</b>", "0, 2"),
    ])
    func join_leavesOutWhatIsAbsent(_ inside: String, _ expected: String?) throws {
        let source = try Source(attributes: "address: {join: [a, {join: [b, c]}], with: ', '}")
        #expect(try source.period(inside)?["address"] == expected.map { .text($0) })
    }

    @Test func text_isTheSameInEveryRecord() throws {
        let source = try Source(attributes: "unitType: {text: Skole}, name: {join: [a, {text: '!'}], with: ''}")
        let found = try #require(try source.period("<a>x</a>"))
        #expect(found["unitType"] == .text("Skole") && found["name"] == .text("x!"))
    }

    @Test(arguments: [("0", nil), ("-", nil), ("00", "00"), (" 0 ", nil), ("0-", "0-")])
    func placeholder_standsForAbsent(_ text: String, _ expected: String?) throws {
        let source = try Source(attributes: "pNumber: p, name: q")
        let found = try #require(try source.period("<p>\(text)</p><q>\(text)</q>"))
        #expect(found["pNumber"] == expected.map { .text($0) } && found["name"] != nil)
    }

    @Test(arguments: [
        ("a\nb\tc", "a b c"), ("a&#13;b", "a b"), ("a\u{7F}b", "a b"), ("a\u{9B}31mb", "a 31mb"),
        ("a\u{85}b\u{80}c", "a b c"),
        ("§ £\u{A0}¿Â", "§ £\u{A0}¿Â"), ("æøå😀", "æøå😀"),
    ])
    func controlCharacters_becomeSpaces(_ text: String, _ expected: String) throws {
        let source = try Source(attributes: "name: a, address: {join: [a, a]}")
        let found = try #require(try source.period("<a>\(text)</a>"))
        #expect(found["name"] == .text(expected) && found["address"] == .text("\(expected) \(expected)"))
    }

    // MARK: Effective periods

    @Test(arguments: [
        ("<f>2026-01-01</f><t>2026-12-31</t>", "2026-01-01", "2027-01-01"),
        ("<f>2026-01-01</f><t>2026-01-01</t>", "2026-01-01", "2026-01-02"),
        ("<f>1900-01-01</f><t>9999-12-31</t>", "open", "open"), ("", "open", "open"),
        ("<t>2024-02-28</t>", "open", "2024-02-29"),
        ("<f>9999-12-31</f>", "9999-12-31", "open"),
    ])
    func lastDay_isIncluded(_ inside: String, _ from: String, _ to: String) throws {
        let found = try #require(try Source(attributes: "name: n").period(inside))
        #expect(found.period.from.description == from && found.period.to.description == to)
    }

    @Test(arguments: [
        ("<f>2026-02-30</f>", "record.date-impossible"), ("<t>31-12-2026</t>", "record.date-impossible"),
        ("<f>2026-01-02</f><t>2026-01-01</t>", "record.end-before-beginning"),
        ("<f>00000000</f>", "record.date-impossible"),
    ])
    func impossiblePeriod_withholdsTheRecord(_ inside: String, _ rule: String) throws {
        let source = try Source(attributes: "name: n")
        #expect(try source.findings(inside) == [rule])
        #expect(try source.period(inside) == nil)
    }

    @Test func missingBeginning_isOpenOrWithholds_asTheMappingSays() throws {
        let open = try Source(attributes: "name: n", effective: "{from: f, withoutFrom: open}")
        #expect(try open.period("")?.period == .always)
        let strict = try Source(attributes: "name: n", effective: "{from: [f, g], withoutFrom: withhold}")
        #expect(try strict.findings("") == ["record.beginning-missing"])
        #expect(try strict.period("") == nil)
        #expect(try strict.period("<g>2026-01-01</g>")?.period.from.description == "2026-01-01")
        #expect(try strict.period("<g>2026-01-01</g><f>2025-01-01</f>")?.period.from.description == "2025-01-01")
    }

    // MARK: Objects

    private static let persons = """
        mapping: test
        format: xml
        root: r
        records:
          e:
            kind: engagement
            key: "@id"
            endedWhen: {field: "@action", equals: leave}
            objects:
              - {kind: person, key: cpr, shared: true, effective: {from: f, to: t}, attributes: {givenName: name}}
              - {kind: engagement, key: "@id", effective: {from: f, to: t}, attributes: {title: title, person: cpr}}
              - {kind: user, key: account, when: {field: active, equals: "1"}, attributes: {accountName: account, person: cpr}}
        """

    @Test func object_standsOnlyWhenItsConditionHoldsAndItsKeyIsThere() throws {
        let source = try Source(Self.persons)
        for (inside, expected) in [
            ("<active>1</active><account>a</account>", true), ("<active>0</active><account>a</account>", false),
            ("<account>a</account>", false), ("<active>1</active>", false),
        ] {
            let found = try source.organisation("<e id='1'><cpr>c</cpr>\(inside)</e>")
            #expect(found.has(source.id("a", .user)) == expected)
            #expect(found.has(source.id("c", .person)) && found.has(source.id("1", .engagement)))
        }
    }

    @Test func sharedObject_ofSeveralRecords_isOne() throws {
        let source = try Source(Self.persons)
        let found = try source.organisation(
            "<e id='1'><cpr>c</cpr><f>2020-01-01</f><t>2021-12-31</t><name>Old</name></e><e id='2'><cpr>c</cpr><f>2021-01-01</f><name>New</name></e>"
        )
        let entry = try #require(found.entry(source.id("c", .person)))
        #expect(found.isShared(entry) && found.claimCount(of: entry) == 2)
        let period = try #require(found.state(of: entry)?.periods(Schema.standard[.person]).first)
        #expect(period["givenName"] == .text("New") && period.period.from.description == "2020-01-01")
        #expect(!found.isShared(try #require(found.entry(source.id("1", .engagement)))))
    }

    @Test func mistakeInARecord_withholdsAllItsObjects() throws {
        let source = try Source(Self.persons)
        let found = try source.organisation(
            "<e id='1'><cpr>c</cpr><f>never</f><active>1</active><account>a</account></e>")
        for id in [source.id("c", .person), source.id("1", .engagement), source.id("a", .user)] {
            #expect(!found.has(id) && found.entry(id) != nil)
        }
        let findings = found.recordFindings()
        #expect(findings.map(\.rule) == [.dateImpossible] && findings.map(\.key) == ["1"])
        #expect(findings.first?.location == SourceLocation(source: "hr", file: "0.xml", line: 2))
    }

    @Test func endedRecord_endsWhatWasAccepted_onTheDayItIsRead() throws {
        let source = try Source(Self.persons)
        try source.accept("<e id='1'><cpr>c</cpr><f>2020-01-01</f><title>Lærer</title></e>")
        let stub = "<e id='1' action='leave'/><e id='9' action='leave'/>"
        let found = try source.organisation(stub, today: "2026-06-02")
        let entry = try #require(found.entry(source.id("1", .engagement)))
        let periods = try #require(found.state(of: entry)).periods(Schema.standard[.engagement])
        #expect(periods.map { $0.period.to.description } == ["2026-06-02"] && periods.first?["title"] == .text("Lærer"))
        #expect(found.entry(source.id("9", .engagement)) == nil, "a stub of what was never known says nothing")
        try source.accept(stub, today: "2026-06-02")
        #expect(try source.overlay(stub, today: "2026-06-09").0.isUnchanged, "the first day counts")
    }
}

import OrganisationModel
import Testing
import Validation

struct ObjectRuleTests {
    private let root = Said.unit("r", under: nil)
    private let cpr = "0101701234"

    private func employment(_ key: String, unit: String = "r", person: Said, to: String = "") -> [Said] {
        [person, .one(.engagement, key, to: to, ["title": "t", "unit": unit, "person": person.key])]
    }

    // MARK: Duplicates and conflicts

    @Test func duplicateKey_withDifferentContent_withholds() throws {
        let records = [[root], [Said.unit("a", under: "r", name: "one")], [Said.unit("a", under: "r", name: "two")]]
        #expect(try judged(records) == ["object.duplicate-key 2"])
        let found = organisation(records)
        var register = MemoryRegister()
        register.hold(.unit, "a", ["name": .text("before"), "parent": .reference(id("r"))])
        _ = try Validator(organisation: found, register: register, today: day("2026-06-01")).validate()
        let entry = try #require(found.entry(id("a")))
        #expect(found.state(of: entry) == register.object(id("a"))?.state)
    }

    @Test func duplicateKey_withEqualContent_isAWarning() throws {
        let records = [[root], [Said.unit("a", under: "r")], [Said.unit("a", under: "r")]]
        #expect(try judged(records) == ["object.repeated 2"])
        #expect(try judged([[root], [Said.unit("a", under: "r")]]) == [])
    }

    @Test func duplicates_areSettledBeforeTheHierarchyIsJudged() throws {
        // Which of two rows wins would create or hide the cycle.
        let records = [
            [root], [Said.unit("a", under: "b")], [Said.unit("a", under: "r")], [Said.unit("b", under: "a")],
        ]
        #expect(try judged(records) == ["object.duplicate-key 2", "unit.parent-missing 4"])
    }

    @Test func sharedObjects_thatDiffer_areAWarning_andThatAgree_areNone() throws {
        let one = employment("1", person: .person(to: "2030-01-01", ["givenName": "Åse"]))
        let two = employment("2", person: .person(["givenName": "Aase"]))
        #expect(try judged([[root], one, two]) == ["object.values-conflict 2"])
        #expect(try judged([[root], one, employment("2", person: .person(["givenName": "Åse"]))]) == [])
        let surname = employment("2", person: .person(["surname": "Beck"]))
        #expect(try judged([[root], one, surname]) == [], "what only one of them says is no conflict")
    }

    @Test func conflict_tellsWhichRecordCounts_andWhy() throws {
        func message(_ one: [Said], _ two: [Said]) throws -> String {
            let found = organisation([[root], one, two])
            return try Validator(organisation: found, register: MemoryRegister(), today: day("2026-06-01")).validate()
                .first?.message ?? ""
        }
        func named(_ name: String, to: String = "") -> Said { .person(to: to, ["givenName": name]) }
        let longer = try message(
            employment("1", person: named("A", to: "2030-01-01")), employment("2", person: named("B")))
        #expect(longer.contains("(export.xml:2, export.xml:3) differ in givenName."))
        #expect(longer.contains("export.xml:3 says counts, since it lasts longest"))
        let equal = try message(employment("1", person: named("B")), employment("2", person: named("A")))
        #expect(equal.contains("export.xml:2 says counts, since they last equally long"))
        #expect(equal.contains("newer does not count") && equal.contains("import a full export"))
        var later = named("A")
        later.periods[0].from = day("2026-01-01")
        let last = try message(employment("1", person: named("B")), employment("2", person: later))
        #expect(last.contains("export.xml:3 says counts, since of those that last longest it begins last"))
    }

    @Test func accountOfTwoPersons_isWithheld() throws {
        func account(_ key: String, _ person: String) -> [Said] {
            employment(key, person: .person(person)) + [
                .one(.user, "acc", flags: Claim.shared, ["accountName": "acc", "person": person])
            ]
        }
        let records = [[root], account("1", "0101701234"), account("2", "0202701234")]
        #expect(try judged(records) == ["object.relations-conflict 2"])
        let found = organisation(records)
        _ = try Validator(organisation: found, register: MemoryRegister(), today: day("2026-06-01")).validate()
        #expect(!found.has(id("acc", .user)) && found.has(id("1", .engagement)))
        #expect(try judged([[root], account("1", "0101701234"), account("2", "0101701234")]) == [])
    }

    // MARK: Names

    @Test func unitWithoutName_isWithheld_inAnyOfItsPeriods() throws {
        #expect(try judged(root, .unit("a", under: "r", name: nil)) == ["unit.name-empty 2"])
        let later = Said(
            key: "a",
            periods: [
                (.distantPast, day("2027-01-01"), ["name": "n", "parent": "r"]),
                (day("2027-01-01"), .distantFuture, ["parent": "r"]),
            ])
        #expect(try judged(root, later) == ["unit.name-empty 2"])
    }

    @Test func personWithoutName_isAWarning_andOneOfTheNamesIsEnough() throws {
        #expect(try judged([[root], employment("1", person: .person([:]))]) == ["person.name-empty 2"])
        #expect(try judged([[root], employment("1", person: .person(["surname": "Beck"]))]) == [])
    }

    // MARK: Unknown targets

    @Test func engagementInAnUnknownUnit_isWithheld_withWhatOnlyItsRecordSays() throws {
        let records = [
            [root], employment("1", unit: "x", person: .person()), employment("2", person: .person("0202701234")),
        ]
        #expect(try judged(records) == ["engagement.unit-unknown 2"])
        let found = organisation(records)
        _ = try Validator(organisation: found, register: MemoryRegister(), today: day("2026-06-01")).validate()
        #expect(!found.has(id("1", .engagement)) && !found.has(id(cpr, .person)))
        #expect(found.has(id("2", .engagement)) && found.has(id("0202701234", .person)))
        #expect(try judged([[root], employment("1", unit: "r", person: .person())]) == [])
    }

    @Test func personWithAnotherEmployment_staysWhenOneIsLeftOut() throws {
        let records = [[root], employment("1", unit: "x", person: .person()), employment("2", person: .person())]
        let found = organisation(records)
        _ = try Validator(organisation: found, register: MemoryRegister(), today: day("2026-06-01")).validate()
        #expect(
            found.has(id(cpr, .person)) && found.has(id("2", .engagement))
                && !found.has(id("1", .engagement)))
    }

    @Test func engagementInAnUnknownUnit_keepsItsLastGoodState() throws {
        var register = MemoryRegister()
        register.hold(
            .engagement, "1",
            ["title": .text("before"), "unit": .reference(id("r")), "person": .reference(id(cpr, .person))])
        let found = organisation([[root], employment("1", unit: "x", person: .person())])
        let findings = try Validator(organisation: found, register: register, today: day("2026-06-01")).validate()
        #expect(findings.map(\.rule.code) == ["engagement.unit-unknown"])
        let entry = try #require(found.entry(id("1", .engagement)))
        #expect(found.state(of: entry) == register.object(entry.id)?.state && found.has(id(cpr, .person)))
    }

    @Test func lastGoodState_whoseUnitIsGoneToo_isNotKept() throws {
        var register = MemoryRegister()
        register.hold(.engagement, "1", ["unit": .reference(id("gone"))])
        let found = organisation([[root], employment("1", unit: "x", person: .person())])
        _ = try Validator(organisation: found, register: register, today: day("2026-06-01")).validate()
        #expect(!found.has(id("1", .engagement)))
    }

    @Test func whatOnlyFillsIn_givesAName_andIsNotBlamed() throws {
        let fillsIn = Claim.shared | Claim.fallback
        let name = Said.one(.person, "0101701234", flags: fillsIn, ["givenName": "Åse"])
        #expect(try judged([[root], [name], employment("1", person: .person([:]))]) == [])
        #expect(try judged([[root], employment("1", person: .person([:]))]) == ["person.name-empty 2"])
        let phone = Said.one(.engagement, "1", flags: fillsIn, ["phone": "1"])
        #expect(
            try judged([[root], [phone], employment("1", unit: "x", person: .person())])
                == ["engagement.unit-unknown 3"])
    }

    @Test func leavingOut_runsThroughWhatRefersToIt() throws {
        let function = Said.one(.function, "f", ["functionType": "leder", "unit": "r", "engagement": "1"])
        let records = [[root], employment("1", unit: "x", person: .person()), [function]]
        #expect(try judged(records) == ["engagement.unit-unknown 2", "function.engagement-unknown 3"])
    }

    @Test func relationToALaterUnit_isKnown() throws {
        #expect(
            try judged([
                [root], [.unit("a", under: "r", from: "2030-01-01")], employment("1", unit: "a", person: .person()),
            ]) == [])
    }

    // MARK: Records

    @Test func findingsOfTheMapping_comeFirst_andTheirObjectsStayAsTheyWere() throws {
        let finding = Claim.StoredFinding(
            rule: Rule("record.date-impossible", .error, .withhold), kind: .unit, message: "m")
        let withheld = Said(key: "a", flags: Claim.withheld, periods: [])
        let found = organisation([[withheld], [root], [.unit("b", under: "r", name: nil)]], findings: [finding])
        var register = MemoryRegister()
        register.hold(.unit, "a", ["name": .text("before"), "parent": .reference(id("r"))])
        let findings = try Validator(organisation: found, register: register, today: day("2026-06-01")).validate()
        #expect(findings.map(\.rule.code) == ["record.date-impossible", "unit.name-empty"])
        #expect(found.has(id("a")) && !found.has(id("b")))
    }

    @Test func findings_neverShowACPRNumber() throws {
        let records = [
            [root], employment("1", unit: "x", person: .person(["givenName": "B"])),
            [.one(.user, "u", ["accountName": "u", "person": cpr])],
            employment("2", person: .person(["givenName": "A"])),
            [.one(.engagement, "3", ["unit": "r", "person": "0303701234"])],
        ]
        let findings = try Validator(
            organisation: organisation(records), register: MemoryRegister(), today: day("2026-06-01")
        )
        .validate()
        #expect(findings.contains { $0.rule.code == "engagement.person-unknown" })
        #expect(findings.contains { $0.kind == .person })
        for finding in findings {
            #expect(!"\(finding)".contains("01701234") && !"\(finding)".contains("03701234"))
        }
    }
}

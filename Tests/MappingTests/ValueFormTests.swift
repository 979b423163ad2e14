import Mapping
import OrganisationModel
import Testing

struct ValueFormTests {
    private func findings(_ attribute: String, _ text: String, kind: String = "unit") throws -> [String] {
        try Source(attributes: "\(attribute): a", kind: kind).findings("<a>\(text)</a>")
    }

    @Test(arguments: [
        "0101651234", "1111111118", "111111-1118", "2902004230", "6101800011", "9912991234", "12128015478",
        "52128015478", "198012121234",
    ]) func cprNumber_thatMayBeOne_isNoFinding(_ number: String) throws {
        #expect(try findings("cpr", number, kind: "person") == [])
    }

    @Test(arguments: [
        "111111111", "99111111188", "3002801234", "1113801234", "ABCDEF1234", "4512801234", "11111-11118",
    ])
    func cprNumber_withoutItsForm_isAWarning(_ number: String) throws {
        #expect(try findings("cpr", number, kind: "person") == ["record.cpr-form"])
    }

    @Test func cprNumber_withAWrongDigit_isAWarning_butNotOfTheFirstOfJanuary() throws {
        #expect(try findings("cpr", "1111111119", kind: "person") == ["record.cpr-check"])
        #expect(try findings("cpr", "0101651239", kind: "person") == [])
    }

    @Test(arguments: [
        ("ean", "5790000123456", "record.ean-check"), ("ean", "579000012345", "record.ean-check"),
        ("ean", "57900001A3456", "record.ean-check"), ("pNumber", "123456789", "record.p-number-form"),
        ("cvr", "29189847", "record.cvr-check"), ("cvr", "DK291898", "record.cvr-check"),
        ("email", "post", "record.email-form"), ("email", "a@b", "record.email-form"),
        ("email", "a b@by.example", "record.email-form"), ("email", "a@by.example;b@by.example", "record.email-form"),
        ("email", "a@by..example", "record.email-form"), ("phone", "ukendt", "record.phone-form"),
        ("phone", "12", "record.phone-form"), ("phone", "12345678 / 87654321", "record.phone-form"),
        ("name", String(repeating: "æ", count: 201), "record.text-long"),
    ]) func value_thatCannotBeRight_isAWarning(_ attribute: String, _ text: String, _ rule: String) throws {
        #expect(try findings(attribute, text) == [rule])
        // It is published all the same.
        let source = try Source(attributes: "\(attribute): a")
        #expect(try source.period("<a>\(text)</a>")?[attribute]?.description == text)
    }

    @Test(arguments: [
        ("ean", "5790000123452"), ("pNumber", "1003123456"), ("cvr", "29189846"), ("cvr", "99000001"),
        ("email", "borger@by.example"), ("email", "ø@bø.example"), ("phone", "+45 99 11 22 33"), ("phone", "112"),
        ("phone", "99112233 lok. 12"), ("name", String(repeating: "æ", count: 200)),
    ]) func value_thatMayBeRight_isNoFinding(_ attribute: String, _ text: String) throws {
        #expect(try findings(attribute, text) == [])
    }

    @Test func warning_neverTellsTheValue_andIsAboutThePerson() throws {
        let source = try Source(attributes: "cpr: a", kind: "person")
        let found = try source.organisation("<u id='1'><a>1111111119</a></u>").recordFindings()
        #expect(found.count == 1 && found.first?.message.contains("1111111") == false)
        #expect(found.first?.key == source.id("1", .person).description)
    }

    @Test func longKey_isAWarning_withAConfigurableLimit() throws {
        let record = "<u id='\(String(repeating: "k", count: 51))'><a>x</a></u>"
        func codes(_ rules: RuleSettings) throws -> [String] {
            try Source(attributes: "name: a", rules: rules).organisation(record).recordFindings().map(\.rule.code)
        }
        #expect(try codes(RuleSettings()) == ["record.key-long"])
        let longer = RuleSettings.Setting(rule: Rule("record.key-long", .warning, .none), limit: 60)
        #expect(try codes(RuleSettings([], ["record.key-long": longer])) == [])
    }

    @Test func ruleThatIsAnError_withholdsTheRecord_andOneThatIsOffIsSilent() throws {
        func organisation(_ rule: Rule?, except: [String] = []) throws -> Organisation {
            let setting = RuleSettings.Setting(rule: rule, exceptions: except.compactMap(ValuePattern.init))
            return try Source(
                attributes: "name: n, email: a", rules: RuleSettings([], ["record.email-form": setting])
            ).organisation("<u id='1'><n>N</n><a>post</a></u>")
        }
        let id = try Source(attributes: "name: a").id("1")
        let error = try organisation(Rule("record.email-form", .error, .withhold))
        #expect(!error.has(id))
        #expect(error.recordFindings().first?.message.contains("configuration makes this an error") == true)
        let off = try organisation(nil)
        #expect(off.has(id) && off.recordFindings().isEmpty)
        #expect(try organisation(Rule("record.email-form", .error, .withhold), except: ["p?st"]).has(id))
    }

    @Test func seed_followsTheRulesOfRecords_andNoOthers() throws {
        func seed(_ code: String) throws -> [UInt8] {
            let rules = RuleSettings(RuleEntry.ofMapping, [code: RuleSettings.Setting(rule: nil)])
            return try Source(attributes: "name: a", rules: rules).program.seed
        }
        let plain = try Source(attributes: "name: a", rules: RuleSettings(RuleEntry.ofMapping)).program.seed
        #expect(try seed("record.email-form") != plain)
        #expect(try seed("record.text-damaged") != seed("record.email-form"))
        #expect(try seed("unit.excluded") == plain)
        #expect(try seed("unit.name-empty") == plain)
    }
}

import OrganisationModel
import Testing
import Validation

struct RuleSettingsTests {
    private func judged(_ records: [[Said]], _ own: [String: RuleSettings.Setting]) throws -> [String] {
        let rules = RuleSettings(RuleEntry.ofValidation, own)
        let organisation = organisation(records, precedence: Precedence(rules: rules))
        return try Validator(organisation: organisation, register: MemoryRegister(), today: day("2026-06-01"))
            .validate().map { "\($0.rule.code) \($0.rule.severity.rawValue) \($0.rule.fate)" }
    }

    private func setting(_ code: String, _ severity: Severity?, limit: Int? = nil) throws -> [String: RuleSettings
        .Setting]
    {
        let entry = try #require(RuleEntry.ofValidation.first { $0.rule.code == code })
        return [code: RuleSettings.Setting(rule: severity.map(entry.rule(as:)), limit: limit ?? entry.limit)]
    }

    private static let nameless = [[Said.unit("r", under: nil)], [Said.unit("a", under: "r", name: nil)]]

    @Test func loweredRule_publishesTheObject_andARaisedOneWithholdsIt() throws {
        #expect(try judged(Self.nameless, [:]) == ["unit.name-empty error withhold"])
        #expect(try judged(Self.nameless, setting("unit.name-empty", .warning)) == ["unit.name-empty warning none"])
        #expect(try judged(Self.nameless, setting("unit.name-empty", nil)) == [])
        let person = [[Said.unit("r", under: nil)], [Said.one(.person, "0101701234", [:])]]
        #expect(try judged(person, [:]) == ["person.name-empty warning none"])
        #expect(try judged(person, setting("person.name-empty", .error)) == ["person.name-empty error withhold"])
    }

    @Test func depth_isJudgedByItsLimit_andOnlyTheTopmostUnitIsTold() throws {
        let chain = [[Said.unit("0", under: nil)]] + (1..<6).map { [Said.unit("\($0)", under: "\($0 - 1)")] }
        #expect(try judged(chain, [:]) == [])
        #expect(try judged(chain, setting("unit.too-deep", .warning, limit: 6)) == [])
        #expect(try judged(chain, setting("unit.too-deep", .warning, limit: 3)) == ["unit.too-deep warning none"])
        #expect(try judged(chain, setting("unit.too-deep", .error, limit: 3)) == ["unit.too-deep error block"])
        #expect(try judged(chain, setting("unit.too-deep", nil, limit: 3)) == [])
    }

    @Test func depth_ofACycle_endsAndIsNoFinding() throws {
        let cycle = [
            [Said.unit("r", under: nil)], [Said.unit("a", under: "b")], [Said.unit("b", under: "a")],
            [Said.unit("c", under: "b")],
        ]
        #expect(try judged(cycle, setting("unit.too-deep", .warning, limit: 1)) == ["unit.cycle error block"])
    }

    @Test func canonicalForm_followsWhatCounts_notHowItIsWritten() throws {
        let entry = try #require(RuleEntry.ofValidation.first { $0.rule.code == "unit.name-empty" })
        let plain = RuleSettings(RuleEntry.ofValidation)
        let same = RuleSettings(RuleEntry.ofValidation, ["unit.name-empty": .init(rule: entry.rule)])
        #expect(same.canonicalForm() == plain.canonicalForm())
        let other = try RuleSettings(RuleEntry.ofValidation, setting("unit.name-empty", .warning))
        #expect(other.canonicalForm() != plain.canonicalForm())
        #expect(Precedence(rules: other).digest != Precedence(rules: plain).digest)
    }

    @Test func patterns_thatAreWholeValuesOrFitEverything_areNone() {
        #expect(ValuePattern("0101701234") == nil && ValuePattern("???") == nil && ValuePattern("") == nil)
        #expect(ValuePattern("6?????????") != nil)
    }
}

import OrganisationModel
import Testing
import Validation

struct SeveralSourcesTests {
    @Test func `a unit of two sources is a finding that names both, and stays at its last good state`() throws {
        var register = MemoryRegister()
        register.hold(.unit, "1", ["name": .text("before")])
        let organisation = organisation(
            [[.unit("1", under: nil, name: "a")]], others: [[.unit("1", under: nil, name: "b")]])
        let findings = try Validator(organisation: organisation, register: register, today: day("2026-06-01"))
            .validate()
        #expect(findings.map(\.rule.code) == ["unit.several-sources"])
        #expect(findings[0].message.contains("hr export.xml:1, schools schools.xml:1"))
        #expect(try organisation.state(of: id("1"))?.periods(Schema.standard[.unit]).first?["name"] == .text("before"))
    }

    @Test func `it is a finding also when both say the same, and a new unit is left out`() throws {
        let unit = [Said.unit("1", under: nil)]
        #expect(try judged([unit], others: [unit]) == ["unit.several-sources 1"])
        let organisation = organisation([unit], others: [unit])
        _ = try Validator(organisation: organisation, register: MemoryRegister(), today: day("2026-06-01")).validate()
        #expect(!organisation.has(id("1")))
    }

    @Test func `people of two sources, and units that one of them only fills in, are none`() throws {
        let root = [Said.unit("1", under: nil)]
        #expect(try judged([root, [.person()]], others: [[.person()]]) == [])
        let filling = Said.one(.unit, "1", flags: Claim.fallback, ["phone": "11111111"])
        #expect(try judged([root], others: [[filling]]) == [])
    }
}

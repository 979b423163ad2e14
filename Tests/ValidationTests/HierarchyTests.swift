import OrganisationModel
import Testing
import Validation

struct HierarchyTests {
    private let root = Said.unit("r", under: nil)

    @Test func soundTree_hasNoFindings() throws {
        #expect(try judged(root, .unit("a", under: "r"), .unit("b", under: "a"), .unit("c", under: "a")) == [])
    }

    @Test func missingParent_isNamedByItsKey() throws {
        let records = [[root], [Said.unit("a", under: "nowhere")], [Said.unit("b", under: "a")]]
        let findings = try Validator(
            organisation: organisation(records), register: MemoryRegister(), today: day("2026-06-01")
        ).validate()
        #expect(findings.map(\.rule) == [Rule("unit.parent-missing", .error, .block)])
        #expect(findings.first?.message.contains("nowhere") ?? false)
        #expect(findings.first?.key == "a" && findings.first?.kind == .unit && findings.first?.location.line == 2)
    }

    @Test func missingParent_fromALaterDay_isFound_andOneThatIsOver_isNot() throws {
        #expect(
            try judged(root, .unit("a", under: "r", then: "nowhere", on: "2027-01-01")) == ["unit.parent-missing 2"])
        #expect(try judged(root, .unit("a", under: "nowhere", then: "r", on: "2026-06-01")) == [])
        #expect(try judged(root, .unit("a", under: "nowhere", to: "2026-06-01")) == [])
        #expect(try judged(root, .unit("a", under: "nowhere", to: "2026-06-02")) == ["unit.parent-missing 2"])
    }

    @Test func parentThatIsWithheld_isMissing_unlessTheRegisterKnowsIt() throws {
        let records = [[root], [Said.unit("a", under: "r", name: nil)], [Said.unit("b", under: "a")]]
        #expect(try judged(records) == ["unit.name-empty 2", "unit.parent-missing 3"])
        var register = MemoryRegister()
        register.hold(.unit, "a", ["name": .text("before"), "parent": .reference(id("r"))])
        #expect(try judged(records, register: register) == ["unit.name-empty 2"])
    }

    @Test func selfParent_isFound_andIsNoCycle() throws {
        #expect(try judged(root, .unit("a", under: "a")) == ["unit.self-parent 2"])
        #expect(try judged(root, .unit("a", under: "r", then: "a", on: "2027-01-01")) == ["unit.self-parent 2"])
        #expect(try judged(root, .unit("a", under: "a", then: "r", on: "2026-06-01")) == [])
    }

    @Test(arguments: [2, 3, 50]) func cycle_isOneFinding_thatNamesAllItsUnits(_ count: Int) throws {
        let units = (0..<count).map { [Said.unit("u\($0)", under: "u\(($0 + 1) % count)")] }
        let findings = try Validator(
            organisation: organisation([[root]] + units + [[.unit("below", under: "u0")]]), register: MemoryRegister(),
            today: day("2026-06-01")
        ).validate()
        #expect(findings.map(\.rule.code) == ["unit.cycle"] && findings.first?.rule.fate == .block)
        let message = try #require(findings.first?.message)
        for number in 0..<count { #expect(message.contains("u\(number) name")) }
        #expect(findings.first?.location.line == 2)
    }

    @Test func twoCycles_areTwoFindings() throws {
        let found = try judged(
            root, .unit("a", under: "b"), .unit("b", under: "a"), .unit("c", under: "d"), .unit("d", under: "c"))
        #expect(found == ["unit.cycle 2", "unit.cycle 4"])
    }

    @Test func cycle_thatExistsFromALaterDayOnly_isFound() throws {
        let a = Said.unit("a", under: "r", then: "b", on: "2027-01-01")
        #expect(try judged(root, a, .unit("b", under: "a")) == ["unit.cycle 2"])
        // Two moves that pass each other: at no day is one above the other and below it.
        #expect(try judged(root, a, .unit("b", under: "a", then: "r", on: "2027-01-01")) == [])
        // One day too late.
        #expect(try judged(root, a, .unit("b", under: "a", then: "r", on: "2027-01-02")) == ["unit.cycle 2"])
    }

    @Test func cycle_thatIsOver_isNotFound() throws {
        let was = Said.unit("a", under: "b", then: "r", on: "2026-06-01")
        #expect(try judged(root, was, .unit("b", under: "a")) == [])
        #expect(try judged(root, was, .unit("b", under: "a"), today: "2026-05-31") == ["unit.cycle 2"])
    }

    @Test func severalRoots_areAllNamed() throws {
        #expect(
            try judged(root, .unit("s", under: nil), .unit("a", under: "s")) == [
                "unit.several-roots 1", "unit.several-roots 2",
            ])
        #expect(try judged(root, .unit("a", under: "r")) == [])
        let many = (0..<25).map { [Said.unit("u\($0)", under: nil)] }
        #expect(try judged(many).count == 25)
    }

    @Test func severalRoots_countOnlyWhileBothAreInEffect() throws {
        #expect(try judged(root, .unit("s", under: nil, to: "2026-06-01")) == [])
        #expect(
            try judged(root, .unit("s", under: nil, from: "2027-01-01")) == [
                "unit.several-roots 1", "unit.several-roots 2",
            ])
        #expect(try judged(.unit("r", under: nil, to: "2027-01-01"), .unit("s", under: nil, from: "2027-01-01")) == [])
    }

    @Test func deepTree_isWalkedOnce() throws {
        let units = (1...5000).map { [Said.unit("u\($0)", under: $0 == 1 ? "r" : "u\($0 - 1)")] }
        #expect(try judged([[root]] + units) == ["unit.too-deep 21"])
    }
}

import OrganisationModel
import Testing
import Validation

struct EndedTargetTests {
    private let root = [Said.unit("r", under: nil)]
    private let closing = [Said.unit("a", under: "r", to: "2026-09-01")]

    private func employed(to: String = "", in unit: String = "a") -> [Said] {
        [.one(.engagement, "e", to: to, ["unit": unit, "person": "0101701234"]), .person()]
    }

    @Test func employmentThatOutlastsItsUnit_isAWarning() throws {
        #expect(try judged([root, closing, employed()]) == ["engagement.unit-ended 3"])
        #expect(try judged([root, closing, employed(to: "2026-09-02")]) == ["engagement.unit-ended 3"])
        #expect(try judged([root, closing, employed(to: "2026-09-01")]) == [])
        #expect(try judged([root, closing, employed(in: "r")]) == [])
    }

    @Test func whatIsOverItself_isNoFinding() throws {
        let closed = [Said.unit("a", under: "r", to: "2026-01-01")]
        #expect(try judged([root, closed, employed(to: "2026-05-01")]) == [])
        #expect(try judged([root, closed, employed(to: "2026-07-01")]) == ["engagement.unit-ended 3"])
    }

    @Test func beganBeforeItsUnit_isNoFinding() throws {
        let late = [Said.unit("a", under: "r", from: "2026-02-01")]
        #expect(try judged([root, late, employed()]) == [])
    }

    @Test func unitThatOutlastsItsParent_isAWarning() throws {
        let child = [Said.unit("b", under: "a")]
        #expect(try judged([root, closing, child]) == ["unit.parent-ended 3"])
        #expect(try judged([root, closing, [.unit("b", under: "a", to: "2026-09-01")]]) == [])
        #expect(try judged([root, closing, [.unit("b", under: "a", then: "r", on: "2026-09-01")]]) == [])
    }

    @Test func retiredClass_isToldWithItsSuccessors() throws {
        let records = [
            root, [.one(.task, "00.01", to: "2026-02-01", ["title": "t", "successors": "00.02 00.03"])],
            [.one(.function, "f", ["functionType": "contact", "unit": "r", "task": "00.01"])],
        ]
        let findings = try Validator(
            organisation: organisation(records), register: MemoryRegister(), today: day("2026-06-01")
        ).validate()
        #expect(findings.map(\.rule.code) == ["function.task-ended"])
        #expect(findings.first?.message.contains("00.02 00.03") == true)
    }
}

@testable import fordeler
import OrganisationModel
import RegisterFixtures
import Testing
import Versioning

/// What counts for another object goes where its records go, also when nothing names the object itself any more.
struct AliasTests {
    private struct Step {
        let office: Office
        let comparison: ResolveComparison

        /// Computed from what the change reaches, and from everything.
        func deliver(_ world: SmallWorld, _ what: String) throws {
            let name = try office.write(world.hr, "hr")
            try comparison.check(["hr": name], what)
            #expect(try office.importFiles(["hr": name]).candidate.verdict == .published, "\(what)")
            try comparison.checkWaiting("after \(what)")
        }

        func correct(_ request: CorrectionRequest) throws {
            try comparison.check([request], "\(request)")
            let report = try office.correcting().make([request], reason: "new key", file: "f", isDryRun: false)
            #expect([.published, .unchanged].contains(report.outcome.candidate.verdict))
        }

        func ids(_ kind: Kind) throws -> [ObjectID] {
            try office.objects().filter { $0.kind == kind }.map(\.id)
        }
    }

    private func begun(_ world: SmallWorld) throws -> Step {
        let office = try Office()
        office.settings.editing.publish = .automatic
        let step = Step(office: office, comparison: ResolveComparison(office: office))
        try step.deliver(world, "the first export")
        return step
    }

    private static var world: SmallWorld {
        var world = SmallWorld()
        world.units = [
            SmallWorld.Unit(id: "10", parent: "", name: "Top"), SmallWorld.Unit(id: "11", parent: "10", name: "A"),
        ]
        world.employments = [
            SmallWorld.Employment(id: "500", cpr: "6101800010", unit: "10"),
            SmallWorld.Employment(id: "501", cpr: "6101800011", unit: "11"),
        ]
        return world
    }

    @Test func unitWithANewKey_keepsItsID_andGoesWithTheRecordOfThatKey() throws {
        var world = Self.world
        let step = try begun(world)
        let before = try step.ids(.unit)
        try step.correct(
            CorrectionRequest(statement: .rekey, kind: "unit", key: "11", target: "13"))
        world.units[1].id = "13"
        world.employments[1].unit = "13"
        world.units[1].name = "B"
        try step.deliver(world, "the new key")
        #expect(try step.ids(.unit) == before)
        world.units.removeLast()
        world.employments[1].unit = "10"
        try step.deliver(world, "the unit gone")
        #expect(try step.ids(.unit).count == 1)
    }

    @Test func personWithANewNumber_keepsItsID_andGoesWithTheEmploymentOfThatNumber() throws {
        var world = Self.world
        let step = try begun(world)
        let before = try step.ids(.person)
        let id = try #require(try step.office.objects().first { $0.key == "6101800011" }?.id.description)
        try step.correct(
            CorrectionRequest(statement: .rekey, kind: "person", key: id, target: "6101800012"))
        world.employments[1].cpr = "6101800012"
        world.employments[1].title = "Leder"
        try step.deliver(world, "the new number")
        #expect(try step.ids(.person) == before)
        world.employments.removeLast()
        try step.deliver(world, "the employment gone")
        #expect(try step.ids(.person).count == 1 && step.ids(.engagement).count == 1)
    }
}

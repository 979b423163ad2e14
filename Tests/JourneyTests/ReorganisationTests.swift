import FordelerTestKit
import Testing

/// Units get other parents while everybody stays in their unit.
struct ReorganisationTests {
    @Test func `a reorganisation of 30 % moves nothing but units, and one rollback moves them back`() throws {
        let world = try World.withTwoSources(brakes: "brakes: {moved: off}")
        var town = OpusMunicipality(seed: 5, employees: 400)
        let units = town.units.count
        try world.write(town, "before.xml")
        #expect(try world.importing("hr=before.xml").status == 0)
        town.reorganise(seed: 5, fraction: 0.3)
        try world.write(town, "after.xml")
        let reorganised = try world.importing("hr=after.xml")
        #expect(reorganised.status == 0 && reorganised.json["changes"]["unit"]["moved"].number == units * 3 / 10)
        for kind in ["unit", "person", "engagement", "user", "function"] {
            for label in ["created", "updated", "removed"] {
                #expect(reorganised.json["changes"][kind][label].number ?? 0 == 0, "\(kind) \(label)")
            }
        }

        let back = try world.run("rollback", "1", "--reason", "the council said no", "--json")
        #expect(back.status == 0 && back.json["changes"]["unit"]["moved"].number == units * 3 / 10)
        #expect(back.json["pinned"].number == units * 3 / 10)
        #expect(try world.contentHash(1) == world.contentHash(3))
        try world.expectVerified()
    }
}

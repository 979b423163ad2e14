import FordelerTestKit
import Foundation
import Testing

/// The first level of a difference: counts that fit a screen, open, and add up.
struct DiffPreviewTests {
    private func expectSums(_ world: World, _ from: String, _ to: String) throws -> [String: JSON] {
        let counts = try world.run("diff", from, to, "--counts", "--json").json
        let groups = Dictionary(uniqueKeysWithValues: counts["groups"].list.map { ($0["group"].text ?? "", $0) })
        let all = try world.diff(from, to)
        #expect(counts["objects"].number == all.count)
        #expect(groups.values.reduce(0) { $0 + ($1["count"].number ?? 0) } == all.count)
        for (name, group) in groups {
            let opened = try world.run("diff", from, to, "--only", name, "--json").lines
            #expect(opened.count == group["count"].number && opened.allSatisfy { $0["group"].text == name }, "\(name)")
        }
        let text = try world.run("diff", from, to).output
        #expect(text.split(separator: "\n").count <= 24 && text.hasPrefix("\(all.count) objects differ:"))
        return groups
    }

    @Test(.timeLimit(.minutes(10)))
    func `a reorganisation of 30 % of 20,000 people fits one screen, opens, and adds up`() throws {
        let world = try World.withTwoSources(hr: "manual", brakes: World.withoutBrakes)
        var town = OpusMunicipality(seed: 5, employees: 20_000)
        let units = town.units.count
        try world.write(town, "before.xml")
        try world.importing("hr=before.xml")
        #expect(try world.run("publish", "candidate:1", "--approve", "--reason", "first").status == 0)
        let parents = Dictionary(uniqueKeysWithValues: town.units.map { ($0.id, $0.parentOrgUnit) })
        town.reorganise(seed: 5, fraction: 0.3)
        for index in stride(from: 0, to: 2000, by: 20) { town.employments[index].isManager.toggle() }
        town.employments.removeLast(40)
        try world.write(town, "after.xml")
        try world.importing("hr=after.xml")
        let groups = try expectSums(world, "1", "candidate:2")
        #expect(groups["moved:unit"]?["count"].number == units * 3 / 10)
        #expect((groups["moved:unit"]?["employments"].number ?? 0) > 1000)
        #expect(groups["manager:function"]?["count"].number ?? 0 >= 100)
        let moved = try world.run("diff", "1", "candidate:2", "--only", "moved:unit").output
        let one = try #require(town.units.first { $0.parentOrgUnit != parents[$0.id] })
        #expect(moved.contains("unit \(one.id) \(one.longName): ") && moved.contains(" -> "))
    }

    @Test func `removed units are told first, with their path and employments`() throws {
        let world = try World()
        var export = Export.small
        for number in 410..<440 { export.units.append(UnitRecord("\(number)", under: "403", "Stue \(number)")) }
        export.employees[2].unit = "410"
        try world.importing(export)
        export.units.removeAll { $0.id == "410" || $0.id > "415" }
        export.employees.removeLast()
        try world.importing(export)
        let groups = try expectSums(world, "1", "2")
        #expect(groups["removed:unit"]?["count"].number == 25 && groups["removed:unit"]?["employments"].number == 1)
        let lines = try world.run("diff", "1", "2").output.split(separator: "\n")
        #expect(lines[1] == "  removed:unit: 25, with 1 employments")
        #expect(
            lines[2]
                == "    unit 410 Søløkke Kommune / Center for Dagtilbud / Børnehuset Æblehaven / Stue 410, 1 employments"
        )
        let whole = try world.run("diff", "1", "2", "--all").output
        #expect(whole.split(separator: "\n").count { $0.hasPrefix("unit ") } == 25)
        let unknown = try world.run("diff", "1", "2", "--only", "moved:unit")
        #expect(unknown.status == 1 && unknown.errors.contains("removed:unit"))
        #expect(try world.run("diff", "1", "2", "--only", "moved:unit", "--all").status == 1)
    }

    @Test func `a few changes are told whole`() throws {
        let world = try World()
        var export = Export.small
        try world.importing(export)
        export.alter(unit: "403") { $0.name = "Kastanjen" }
        try world.importing(export)
        let text = try world.run("diff", "1", "2").output
        #expect(text.contains("name: Børnehuset Æblehaven -> Kastanjen"))
    }
}

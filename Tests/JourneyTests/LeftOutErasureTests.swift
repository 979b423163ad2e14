import FordelerTestKit
import Foundation
import Testing

/// People whom the register does not hold, or holds no more, can be erased, too.
struct LeftOutErasureTests {
    private static let cpr = "6303820033"
    private static let traces = ["6303820033", "Cecilie", "Toftegaard", "CETO03", "ceto03@kommune.example"]

    /// The employment of Cecilie Toftegaard is left out, because nobody knows when it began.
    private static func export(entry: String = "") -> Export {
        var export = Export.small
        export.alter(employee: "70003") { record in
            (record.lastName, record.userId, record.entry) = ("Toftegaard", "CETO03", entry)
        }
        guard entry.isEmpty else { return export }
        // A second employment with the same mistake.
        var other = EmployeeRecord("70004", cpr: cpr, in: "402")
        other.entry = ""
        export.employees.append(other)
        return export
    }

    private func erase(_ world: World, _ words: String...) throws -> Outcome {
        try world.run(["erase", "-", "--json"] + words, today: "2026-03-05", input: Self.cpr)
    }

    private func places(in world: World) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: world.state.path).sorted().flatMap { name in
            let data = try Data(contentsOf: world.state.appendingPathComponent(name))
            return Self.traces.filter { data.range(of: Data($0.utf8)) != nil }.map { "\(name): \($0)" }
        }
    }

    private func person(_ world: World, today: String) throws -> String? {
        try world.run("show", "person", "-", "--json", today: today, input: Self.cpr).json["id"].text
    }

    @Test func `a person whose only record was left out is listed, told and erased`() throws {
        let world = try World()
        #expect(try world.importing(Self.export(), name: "a.xml").json["changes"]["person"]["created"].number == 2)
        let kept = try Set(places(in: world).compactMap { $0.split(separator: " ").last.map(String.init) })
        #expect(kept.contains(Self.cpr) && kept.contains("CETO03"))

        let listed = try erase(world, "--dry-run")
        #expect(listed.status == 0 && listed.json["objects"].list.isEmpty, "\(listed.errors)")
        #expect(
            listed.json["leftOut"].list.compactMap { $0["kind"].text } == [
                "person", "engagement", "user", "engagement",
            ])
        #expect(listed.json["stillSent"].texts.count == 2)
        let report = try Spawn.run(
            World.program,
            ["person-report", "-", "--reason", "indsigt 4", "--config", world.path("fordeler.yaml")],
            input: Self.cpr, folder: world.folder)
        #expect(kept.allSatisfy { report.output.contains($0) }, "\(kept) \(report.output)")

        #expect(try erase(world, "--reason", "anmodning 20").errors.contains("erasure.still-sent"))
        let erased = try erase(world, "--reason", "anmodning 20", "--suppress")
        #expect(erased.status == 0 && erased.json["objects"].number == 4, "\(erased.errors)")
        #expect(try places(in: world) == [])
        try world.expectVerified()
        #expect(try erase(world, "--dry-run").errors.contains("was erased with version 2"))
        let report2 = try world.run("person-report", "-", "--reason", "indsigt 5", input: Self.cpr)
        #expect(report2.status == 1 && report2.errors.contains("nothing is held any more"))
        // The next export says nothing of it either.
        var same = Self.export()
        same.alter(unit: "403") { $0.lastChanged = "2025-01-01" }
        #expect(try world.importing(same, today: "2026-03-06", name: "a2.xml").json["findings"].list.isEmpty)

        // Corrected by payroll, it is left out nevertheless.
        try world.importing(Self.export(entry: "2024-05-01"), today: "2026-03-06", name: "b.xml")
        #expect(try !world.knows("engagement", "70003"))
        #expect(try places(in: world) == [])
        try world.expectVerified()
        let lifted = try world.run("suppression", "lift", "-", "--reason", "genansat", input: Self.cpr)
        #expect(lifted.status == 0, "\(lifted.errors)")
        try world.importing(Self.export(entry: "2024-05-02"), today: "2026-03-07", name: "c.xml")
        #expect(try world.knows("engagement", "70003"))
    }

    @Test func `an account that seeks an employment that was left out goes with its person`() throws {
        let world = try World.withTwoSources()
        var town = TwoSourceMunicipality(seed: 4, employees: 40)
        let index = try #require(
            town.hr.employments.firstIndex { employment in
                employment.action == nil && town.ad.accounts.contains { $0.employeeID == employment.id }
                    && town.hr.employments.count { $0.cpr == employment.cpr } == 1
            })
        (town.hr.employments[index].orgUnit, town.hr.employments[index].userId) = ("99999", nil)
        let (employment, accounts) = (town.hr.employments[index], town.ad.accounts)
        let names = accounts.filter { $0.employeeID == employment.id }.map(\.samAccountName)
        try world.write(town.hr, "hr.xml")
        try world.write(town.ad, "ad.csv")
        #expect(try world.importing("hr=hr.xml", "ad=ad.csv").status == 0)
        #expect(try world.knows("user", names[0]))
        let erased = try world.run("erase", "-", "--suppress", "--reason", "anmodning 21", input: employment.cpr)
        #expect(erased.status == 0, "\(erased.errors)")
        for name in names {
            #expect(try !world.knows("user", name))
            for file in try FileManager.default.contentsOfDirectory(atPath: world.state.path) {
                let data = try Data(contentsOf: world.state.appendingPathComponent(file))
                #expect(data.range(of: Data(name.utf8)) == nil && data.range(of: Data(employment.cpr.utf8)) == nil)
            }
        }
        try world.expectVerified()
    }

    @Test func `somebody of whom only a candidate that waits knows is not unknown`() throws {
        let world = try World(["hr": "manual"])
        #expect(try world.importing(Self.export(entry: "2024-05-01"), name: "a.xml").status == 5)
        let erased = try erase(world, "--reason", "anmodning 22")
        #expect(erased.status == 4 && erased.errors.contains("candidate:1 waits with data of the person"))
    }

    @Test func `the number of a person who is in no kept version is in no file`() throws {
        let world = try World()
        try world.configure(
            """
            state: state
            timeZone: Europe/Copenhagen
            authority: {name: Søløkke Kommune, cvr: "99000001"}
            \(World.withoutBrakes)
            retention: {versions: 1, days: 1}
            sources:
              hr: {mapping: kmd-opus, publish: automatic}
            """)
        try world.importing(Self.export(entry: "2024-05-01"), name: "a.xml")
        let id = try person(world, today: World.firstDay)
        var without = Self.export()
        without.employees.removeAll { $0.cpr == Self.cpr }
        for (day, name) in [("04", "b"), ("08", "c"), ("12", "d")] {
            without.alter(unit: "403") { $0.name = "Børnehuset \(name)" }
            try world.importing(without, today: "2026-03-\(day)", name: "\(name).xml")
        }
        #expect(try places(in: world).contains("fordeler.sqlite: \(Self.cpr)"))
        #expect(try world.run("prune", today: "2026-03-12").status == 0)
        #expect(try places(in: world) == [])
        #expect(try erase(world, "--dry-run").errors.contains("object.unknown"))
        try world.expectVerified()

        // Whoever comes back is the one from before.
        let again = try world.importing(Self.export(entry: "2024-05-01"), today: "2026-03-13", name: "e.xml")
        #expect(again.json["changes"]["person"]["created"].number == 1)
        #expect(try person(world, today: "2026-03-13") == id)
        try world.expectVerified()
    }
}

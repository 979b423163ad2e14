import Foundation
import Testing

/// A source whose files hold only what is new or altered: none is skipped, and none is read before its time.
struct DaemonDeltaTests {
    private static let deltas = "publish: automatic, exports: delta"

    /// A daemon that has read the first file of the second of March.
    private func begun(_ settings: String = Self.deltas) throws -> (World, RunningDaemon) {
        let world = try World.forDaemon(hr: settings)
        let daemon = try RunningDaemon(world)
        try world.drop(Export.small, "ZLPE20260302.xml")
        try daemon.settle()
        return (world, daemon)
    }

    /// A delta of one unit, whose new name is the day.
    private func delta(_ day: Int, unit id: String = "403") -> (text: String, name: String) {
        var unit = UnitRecord(id, under: id == "401" ? "" : "401", "Day \(day)")
        unit.lastChanged = "2026-03-0\(day)"
        return (Export(units: [unit], employees: []).text, "ZLPE2026030\(day).xml")
    }

    private func drop(_ days: Int..., unit: String = "403", in world: World) throws {
        for day in days { try world.drop(delta(day, unit: unit).text, delta(day).name) }
    }

    private func dropCut(_ day: Int, in world: World) throws {
        try world.drop(Export.cut, delta(day).name)
    }

    private func name(of unit: String, _ world: World) throws -> String? {
        try world.run(["show", "unit", unit, "--json"], today: nil).json["periods"].list.last?["attributes"]["name"]
            .text
    }

    @Test func `after a week of absence every delta is read, the oldest first, and nothing else is touched`() throws {
        let (world, first) = try begun()
        first.end()
        try world.setClock("2026-03-09T09:00:00Z")
        for day in (3...9).reversed() { try drop(day, unit: day == 3 ? "402" : "403", in: world) }
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        let runs = try daemon.runs()
        #expect(runs.map { $0["verdict"].text } == Array(repeating: "published", count: 8))
        let order = runs.sorted { $0["version"].number ?? 0 < $1["version"].number ?? 0 }.map { $0["file"].text ?? "" }
        #expect(order == order.sorted() && runs.compactMap { $0["version"].number }.max() == 8)
        #expect(try name(of: "402", world) == "Day 3" && name(of: "403", world) == "Day 9")
        #expect(try name(of: "401", world) == "Søløkke Kommune")
        #expect(try daemon.run("show", "engagement", "70001").status == 0)
        #expect(try daemon.run("verify").status == 0)
    }

    @Test func `a refused delta stops later ones until it is read again or dropped`() throws {
        let (world, daemon) = try begun()
        try world.setClock("2026-03-05T09:00:00Z")
        try dropCut(3, in: world)
        try daemon.settle()
        try drop(4, in: world)
        let status = try daemon.settle()
        #expect(status["sources"]["hr"]["waitsBehind"].number == 2)
        #expect(try daemon.run("status").status == 5 && daemon.run("status").output.contains("fordeler retry 2"))
        #expect(try daemon.verdicts() == ["published", "rejected", "waiting"])
        #expect(try daemon.runs().last?["message"].text?.contains("run 2") == true)
        #expect(try name(of: "403", world) == "Børnehuset Æblehaven")

        try world.write(delta(3, unit: "402").text, "drop/ZLPE20260303.xml")
        let again = try daemon.run("retry", "2")
        #expect(again.status == 0, "\(again.errors)")
        try world.setClock("2026-03-05T09:01:00Z")
        #expect(try daemon.settle()["sources"]["hr"]["waitsBehind"].number == nil)
        #expect(try name(of: "402", world) == "Day 3" && name(of: "403", world) == "Day 4")
        #expect(try daemon.run("retry", "2").errors.contains("delta.order"))

        try world.setClock("2026-03-07T09:00:00Z")
        try dropCut(5, in: world)
        try daemon.settle()
        try drop(6, in: world)
        try daemon.settle()
        let refused = try #require(try daemon.runs().first { $0["verdict"].text == "rejected" }?["run"].number)
        #expect(try daemon.run("run", "drop", String(refused)).errors.contains("approval.reason-missing"))
        #expect(try daemon.run("run", "drop", String(refused), "--reason", "it was a test").status == 0)
        try daemon.settle()
        #expect(try name(of: "403", world) == "Day 6")
        #expect(try daemon.run("audit").output.contains("run.dropped"))
        #expect(try daemon.run("run", "drop", "1", "--reason", "no").status == 4)
    }

    @Test func `a refused delta that is sent again under its name is read in its place`() throws {
        let (world, daemon) = try begun()
        try world.setClock("2026-03-05T09:00:00Z")
        try dropCut(3, in: world)
        try daemon.settle()
        try drop(4, in: world)
        try daemon.settle()
        try drop(3, unit: "402", in: world)
        #expect(try daemon.settle()["sources"]["hr"]["waitsBehind"].number == nil)
        #expect(try daemon.verdicts() == ["published", "superseded", "published", "published"])
        #expect(try name(of: "402", world) == "Day 3" && name(of: "403", world) == "Day 4")
    }

    @Test func `a full export by command ends the waiting, and deltas from before it are not read any more`() throws {
        let (world, daemon) = try begun()
        try world.setClock("2026-03-06T09:00:00Z")
        try dropCut(3, in: world)
        try daemon.settle()
        try drop(4, in: world)
        try daemon.settle()
        #expect(try daemon.run("import", "hr=" + world.dropped(delta(4).name)).errors.contains("delta.order"))
        var full = Export.small
        full.employees.removeLast()
        full.alter(unit: "402") { $0.name = "Full" }
        try world.write(full, "ZLPE20260305.xml")
        #expect(try daemon.run("import", "--full", "hr=" + world.path("ZLPE20260305.xml")).status == 0)
        #expect(try daemon.settle()["sources"]["hr"]["waitsBehind"].number == nil)
        #expect(try daemon.verdicts() == ["published", "rejected", "superseded", "published"])
        #expect(try daemon.run("show", "engagement", "70003").status == 1)
        try drop(6, in: world)
        try daemon.settle()
        #expect(try name(of: "402", world) == "Full" && name(of: "403", world) == "Day 6")
    }

    @Test func `deltas are added to what waits, and one approval publishes them all`() throws {
        let (world, daemon) = try begun("publish: manual, exports: delta")
        #expect(try daemon.run("publish", "candidate:1", "--approve", "--reason", "first").status == 0)
        try world.setClock("2026-03-05T09:00:00Z")
        try drop(3, unit: "401", in: world)
        try daemon.settle()
        try drop(4, unit: "402", in: world)
        try daemon.settle()
        try drop(5, in: world)
        let status = try daemon.settle()
        let held = try #require(status["held"].list.first?.text)
        #expect(status["held"].list.count == 1)
        #expect(try daemon.runs().dropFirst().map { $0["candidate"].text } == [held, held, held])
        #expect(try daemon.run("publish", "candidate:\(held)", "--approve", "--reason", "seen").status == 0)
        for (unit, day) in ["401": 3, "402": 4, "403": 5] { #expect(try name(of: unit, world) == "Day \(day)") }
        #expect(
            try daemon.runs().dropFirst().map { $0["candidateVerdict"].text } == [
                "published", "published", "published",
            ])
        #expect(try daemon.run("verify").status == 0)
    }

    @Test func `who rejects a candidate is told which deltas go with it, and these are read again in their order`()
        throws
    {
        let (world, daemon) = try begun("publish: manual, exports: delta")
        #expect(try daemon.run("publish", "candidate:1", "--approve", "--reason", "first").status == 0)
        try world.setClock("2026-03-06T09:00:00Z")
        try drop(3, unit: "402", in: world)
        try daemon.settle()
        try drop(4, in: world)
        let held = try #require(try daemon.settle()["held"].list.first?.text)
        let rejected = try daemon.run("reject", "candidate:\(held)", "--reason", "looks wrong")
        #expect(rejected.output.contains("ZLPE20260303.xml") && rejected.output.contains("ZLPE20260304.xml"))
        try drop(5, unit: "401", in: world)
        try daemon.settle()
        #expect(try daemon.verdicts() == ["held", "rejected", "rejected", "waiting"])
        #expect(try daemon.run("retry", "3").errors.contains("run 2"))
        #expect(try daemon.run("retry", "2").status == 5 && daemon.run("retry", "3").status == 5)
        let last = try #require(try daemon.settle()["held"].list.first?.text)
        #expect(try daemon.run("publish", "candidate:\(last)", "--approve", "--reason", "all right").status == 0)
        for (unit, day) in ["401": 5, "402": 3, "403": 4] { #expect(try name(of: unit, world) == "Day \(day)") }
    }

    @Test func `a delta that comes after a later one is refused, so that somebody decides`() throws {
        let (world, daemon) = try begun()
        try world.setClock("2026-03-06T09:00:00Z")
        try drop(4, in: world)
        try daemon.settle()
        try drop(3, in: world)
        try daemon.settle()
        try drop(5, unit: "402", in: world)
        try daemon.settle()
        #expect(try daemon.verdicts() == ["published", "published", "rejected", "waiting"])
        #expect(try name(of: "403", world) == "Day 4")
        #expect(try daemon.run("run", "drop", "3", "--reason", "the later one holds it").status == 0)
        try daemon.settle()
        #expect(try name(of: "402", world) == "Day 5" && name(of: "403", world) == "Day 4")
    }

    @Test func `an empty delta tells, too, that the mapping changed`() throws {
        let world = try World()
        try world.configure(
            """
            state: state
            timeZone: Europe/Copenhagen
            authority: {name: Søløkke Kommune, cvr: "99000001"}
            sources:
              hr: {mapping: ./m.yaml, files: "drop/*.xml", \(Self.deltas)}
            """)
        try world.makeDropFolder()
        let shipped = World.package.appendingPathComponent("Mappings/kmd-opus.yaml")
        let mapping = try String(contentsOf: shipped, encoding: .utf8)
        try world.write(mapping, "m.yaml")
        try world.write(Export.small, "drop/ZLPE20260302.xml")
        #expect(try world.run("import", "hr=" + world.dropped("ZLPE20260302.xml")).status == 0)
        try world.write("# Altered.\n" + mapping, "m.yaml")
        for day in [3, 4] {
            let file = world.dropped("ZLPE2026030\(day).xml")
            try world.write(Export(units: [], employees: []).text, "drop/ZLPE2026030\(day).xml")
            let imported = try world.run("import", "hr=" + file)
            #expect(imported.status == 0 && imported.output.contains("export.mapping-changed"), "\(imported.output)")
        }
    }

    @Test func `by hand deltas are named one by one`() throws {
        let world = try World()
        try world.configureDaemon(hr: Self.deltas)
        try world.makeDropFolder()
        try world.write(Export.small, "drop/ZLPE20260302.xml")
        try world.write(delta(3).text, "drop/ZLPE20260303.xml")
        let files = ["hr=" + world.dropped("ZLPE20260302.xml"), "hr=" + world.dropped("ZLPE20260303.xml")]
        for words in [["import"], ["import", "hr"], ["import"] + files] {
            #expect(try world.run(words).status == 1, "\(words)")
        }
        for file in files { #expect(try world.run(["import", file]).status == 0) }
        let again = try world.run("import", files[1], "--json").json
        #expect(again["verdict"].text == "unchanged")
        #expect(try world.periods("unit", "403")?.last?["attributes"]["name"].text == "Day 3")
        #expect(try world.knows("engagement", "70003"))
    }
}

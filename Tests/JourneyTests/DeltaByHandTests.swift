import Foundation
import Testing

/// Files that somebody imports with a command, beside a daemon that reads what is dropped: nothing is read twice, and no value goes
/// back to what it was unasked.
struct DeltaByHandTests {
    private static let deltas = "publish: automatic, exports: delta"

    /// A world with a full export of the second of March in its drop folder.
    private func world(_ settings: String = Self.deltas) throws -> World {
        let world = try World.forDaemon(hr: settings)
        try world.setClock("2026-03-06T09:00:00Z")
        try world.drop(Export.small, "ZLPE20260302.xml")
        return world
    }

    /// A delta of one unit, whose new name is the day.
    private func delta(_ day: Int, unit id: String = "403") -> String {
        var unit = UnitRecord(id, under: id == "401" ? "" : "401", "Day \(day)")
        unit.lastChanged = "2026-03-0\(day)"
        return Export(units: [unit], employees: []).text
    }

    private func drop(_ day: Int, unit: String = "403", in world: World) throws {
        try world.drop(delta(day, unit: unit), "ZLPE2026030\(day).xml")
    }

    private func file(_ day: Int, _ world: World) -> String { "hr=" + world.dropped("ZLPE2026030\(day).xml") }

    private func name(of unit: String, _ world: World) throws -> String? {
        try world.run(["show", "unit", unit, "--json"], today: nil).json["periods"].list.last?["attributes"]["name"]
            .text
    }

    private func hand(_ world: World, _ words: String...) throws -> Outcome { try world.run(words, today: nil) }

    @Test func `what was imported by hand is not read again when the daemon starts`() throws {
        let world = try world()
        try drop(3, in: world)
        try world.write(delta(5), "correction-20260305.xml")
        #expect(try hand(world, "import", "--full", file(2, world)).output.contains("2026-03-02"))
        // Named from the folder itself.
        let words = "cd \"$0\" && \"$1\" import hr=drop/ZLPE20260303.xml --config ./fordeler.yaml"
        let named = try Spawn.run(
            "/bin/sh", ["-c", words, world.folder.path, World.program], folder: world.folder)
        #expect(named.status == 0, "\(named.errors)")
        #expect(try hand(world, "import", "hr=" + world.path("correction-20260305.xml")).status == 0)
        let daemon = try RunningDaemon(world)
        #expect(try daemon.settle()["version"].number == 3)
        #expect(try name(of: "403", world) == "Day 5")
        #expect(try daemon.verdicts() == ["published", "published", "published"])
        // Older than the correction, so somebody decides.
        try drop(4, in: world)
        try daemon.settle()
        #expect(try daemon.verdicts().last == "rejected")
        #expect(try daemon.run("status").output.contains("fordeler run drop 4"))
        #expect(try !daemon.run("status").output.contains("fordeler retry 4"))
    }

    @Test func `an older export of whole files that somebody imported by hand stays`() throws {
        let world = try World.forDaemon()
        try world.drop(Export.named("A"), "ZLPE20260301.xml")
        try world.drop(Export.named("B"), "ZLPE20260302.xml")
        for day in [1, 2, 1] { #expect(try hand(world, "import", file(day, world)).status == 0) }
        let daemon = try RunningDaemon(world)
        #expect(try daemon.settle()["version"].number == 3)
        #expect(try name(of: "401", world) == "A")
        #expect(try daemon.runs().map { $0["version"].number } == [3, 2])
    }

    @Test func `by hand no delta is taken before an older one in the folder, or after a later one`() throws {
        let world = try world()
        try drop(3, in: world)
        try drop(4, in: world)
        let early = try hand(world, "import", file(4, world))
        #expect(early.status == 4 && early.errors.contains("delta.order") && early.errors.contains("ZLPE20260302"))
        #expect(try hand(world, "import", "--full", file(2, world)).status == 0)
        #expect(try hand(world, "import", file(4, world)).errors.contains("ZLPE20260303"))
        for day in [3, 4] { #expect(try hand(world, "import", file(day, world)).status == 0) }
        try world.write(delta(3, unit: "402"), "late-20260303.xml")
        let late = try hand(world, "import", "hr=" + world.path("late-20260303.xml"))
        #expect(late.status == 4 && late.errors.contains("delta.order") && late.errors.contains("ZLPE20260304"))
        #expect(try hand(world, "import", file(3, world)).status == 4)
        #expect(try hand(world, "import", file(4, world), "--json").json["verdict"].text == "unchanged")
        #expect(try name(of: "403", world) == "Day 4" && world.version() == 3)
    }

    @Test func `a delta that came too late is not read by retry, dropped or not`() throws {
        let world = try world()
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        try drop(4, in: world)
        try daemon.settle()
        try drop(3, in: world)
        try daemon.settle()
        #expect(try daemon.verdicts() == ["published", "published", "rejected"])
        for command in [["retry", "3"], ["run", "drop", "3", "--reason", "the later one holds it"], ["retry", "3"]] {
            let outcome = try daemon.run(command)
            #expect(outcome.status == (command[0] == "retry" ? 4 : 0), "\(command) \(outcome.errors)")
            #expect(try name(of: "403", world) == "Day 4")
        }
    }

    @Test func `a full export that is older than a delta waits for somebody, whatever the mode`() throws {
        let world = try world()
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        try drop(4, in: world)
        try daemon.settle()
        try world.write(Export.small, "old-20260303.xml")
        let old = try daemon.run("import", "--full", "hr=" + world.path("old-20260303.xml"))
        #expect(old.status == 5 && old.output.contains("export.older") && old.output.contains("ZLPE20260304.xml"))
        #expect(try name(of: "403", world) == "Day 4")
        // With the next delta it still waits.
        try drop(5, unit: "402", in: world)
        let held = try #require(try daemon.settle()["held"].list.first?.text)
        #expect(try name(of: "403", world) == "Day 4" && name(of: "402", world) != "Day 5")
        #expect(try daemon.run("publish", "candidate:\(held)", "--approve", "--reason", "it is meant").status == 0)
        #expect(try name(of: "403", world) == "Børnehuset Æblehaven" && name(of: "402", world) == "Day 5")
        try drop(6, in: world)
        try daemon.settle()
        #expect(try name(of: "403", world) == "Day 6")
    }

    @Test func `a full export by hand is no delta for the daemon, and nobody waits for a rejected one`() throws {
        let world = try world("publish: manual, exports: delta")
        #expect(try hand(world, "import", "--full", file(2, world)).status == 5)
        let rejected = try hand(world, "reject", "candidate:1", "--reason", "not yet")
        #expect(rejected.output.contains("the full export ZLPE20260302.xml"))
        #expect(try hand(world, "runs", "--json").json["verdict"].text == "superseded")
        #expect(try hand(world, "retry", "1").status == 4)
        #expect(try hand(world, "import", "--full", file(2, world)).status == 5)
        #expect(try hand(world, "publish", "candidate:2", "--approve", "--reason", "now").status == 0)
        try world.drop(Export.cut, "ZLPE20260303.xml")
        #expect(try hand(world, "import", "--full", file(3, world)).status == 3)
        try drop(4, in: world)
        let daemon = try RunningDaemon(world)
        let status = try daemon.settle()
        #expect(status["sources"]["hr"]["waitsBehind"].number == nil)
        #expect(try daemon.verdicts() == ["held", "superseded", "held"])
        #expect(try daemon.run("retry", "2").status == 4)
    }

    @Test func `a full export by hand does not take the place of later deltas that wait`() throws {
        let world = try world("publish: manual, exports: delta")
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        #expect(try daemon.run("publish", "candidate:1", "--approve", "--reason", "first").status == 0)
        try drop(4, in: world)
        try daemon.settle()
        try world.write(Export.small, "old-20260303.xml")
        let old = try daemon.run("import", "--full", "hr=" + world.path("old-20260303.xml"))
        #expect(old.status == 4 && old.errors.contains("ZLPE20260304.xml"))
    }

    @Test func `the same delta again is known and holds up nothing`() throws {
        let world = try world()
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        try drop(3, unit: "402", in: world)
        try daemon.settle()
        try drop(4, in: world)
        try daemon.settle()
        try drop(3, unit: "402", in: world)
        try drop(5, in: world)
        #expect(try daemon.settle()["sources"]["hr"]["waitsBehind"].number == nil)
        let runs = try daemon.runs()
        #expect(runs.map { $0["verdict"].text } == ["published", "published", "published", "superseded", "published"])
        #expect(runs[3]["message"].text?.contains("run 2") == true)
        // Other bytes under that name are another delivery.
        try world.drop(delta(3, unit: "401"), "ZLPE20260303.xml")
        try daemon.settle()
        #expect(try daemon.verdicts().last == "rejected")
        #expect(try name(of: "403", world) == "Day 5" && name(of: "402", world) == "Day 3")
    }

    @Test func `who rejects a candidate is told which deltas by hand go with it`() throws {
        let world = try world("publish: manual, exports: delta")
        _ = try hand(world, "import", "--full", file(2, world))
        #expect(try hand(world, "publish", "candidate:1", "--approve", "--reason", "first").status == 0)
        for day in [3, 4] {
            try world.write(delta(day), "hand-2026030\(day).xml")
            #expect(try hand(world, "import", "hr=" + world.path("hand-2026030\(day).xml")).status == 5)
        }
        let rejected = try hand(world, "reject", "candidate:3", "--reason", "looks wrong")
        #expect(rejected.output.contains("hand-20260303.xml") && rejected.output.contains("hand-20260304.xml"))
        try world.write(delta(5), "hand-20260305.xml")
        #expect(try hand(world, "import", "hr=" + world.path("hand-20260305.xml")).errors.contains("run 2"))
        #expect(try hand(world, "status").status == 5)
        #expect(try hand(world, "retry", "2").status == 5 && hand(world, "retry", "3").status == 5)
        #expect(try hand(world, "import", "hr=" + world.path("hand-20260305.xml")).status == 5)
    }

    @Test func `without a file the person is told to name one, though files lie there`() throws {
        let outcome = try hand(world(), "import")
        #expect(outcome.status == 1 && outcome.errors.contains("hr=FILE") && !outcome.errors.contains("no file"))
    }
}

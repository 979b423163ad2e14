import Testing

/// Editors say what sources do not.
struct CorrectionTests {
    private static func named(_ name: String) -> Export {
        var export = Export.small
        export.alter(unit: "403") { $0.name = name }
        return export
    }

    /// A state at version 1; corrections publish by themselves unless a test says otherwise.
    private func published(_ corrections: String = "{publish: automatic}", _ export: Export = .small) throws -> World {
        let world = try World()
        try world.configure(
            """
            state: state
            timeZone: Europe/Copenhagen
            authority: {name: Søløkke Kommune, cvr: "99000001"}
            \(World.withoutBrakes)
            sources:
              hr: {mapping: kmd-opus, publish: automatic}
            corrections: \(corrections)
            """)
        #expect(try world.importing(export, name: "a.xml").status == 0)
        return world
    }

    @discardableResult
    private func correct(
        _ world: World, _ words: String..., today: String = World.firstDay, input: String = ""
    ) throws -> Outcome {
        try world.run(["correct"] + words + ["--reason", "aftalt", "--json"], today: today, input: input)
    }

    private func name(_ world: World, _ key: String = "403", on day: String) throws -> String? {
        try world.run("show", "unit", key, "--on", day, "--json").json["periods"].list.first?["attributes"]["name"].text
    }

    private func listed(_ world: World, _ words: String..., today: String = World.firstDay) throws -> [JSON] {
        try world.run(["corrections", "--json"] + words, today: today).lines
    }

    private func rules(_ outcome: Outcome) -> [String] {
        outcome.json["findings"].list.compactMap { $0["rule"].text }
    }

    // MARK: Making

    @Test func `a correction waits as a candidate, and is published by approval`() throws {
        let world = try published("{}")
        let made = try correct(world, "change", "unit", "403", "name=Solsikken")
        #expect(made.status == 5 && made.json["waitsFor"].texts == ["manual"], "\(made.errors)")
        #expect(try name(world, on: World.firstDay) == "Børnehuset Æblehaven")
        #expect(try world.diff("1", "candidate:2").map { $0["key"].text } == ["403"])
        #expect(try listed(world).map { $0["waitsTo"].text } == ["begin"])
        let second = try correct(world, "change", "unit", "402", "name=Centret")
        #expect(second.json["changes"]["unit"]["updated"].number == 2, "it is added to what waits")
        #expect(try world.run("publish", "candidate:3", "--approve", "--reason", "ja").status == 0)
        #expect(try name(world, on: World.firstDay) == "Solsikken")
        #expect(try name(world, "402", on: World.firstDay) == "Centret")
        #expect(try listed(world).map { $0["version"].number } == [2, 2])
        try world.expectVerified()
    }

    @Test func `a rejected candidate leaves nothing`() throws {
        let world = try published("{}")
        try correct(world, "change", "unit", "403", "name=Solsikken")
        #expect(try world.run("reject", "candidate:2", "--reason", "nej").status == 0)
        #expect(try listed(world).isEmpty)
        #expect(try world.importing(Self.named("Blomme"), name: "b.xml").status == 0)
        #expect(try name(world, on: World.firstDay) == "Blomme")
        let again = try correct(world, "change", "unit", "403", "name=Solsikken")
        #expect(again.json["corrections"].texts == ["2"], "a number is not given twice")
        try world.expectVerified()
    }

    @Test func `a dry run shows what would change and writes nothing`() throws {
        let world = try published()
        let tried = try world.run("correct", "change", "unit", "403", "name=Solsikken", "--reason", "se", "--dry-run")
        #expect(tried.status == 0 && tried.output.contains("name: Børnehuset Æblehaven -> Solsikken (from 2026-03-02)"))
        #expect(tried.output.contains("dry run: nothing was written"))
        #expect(try listed(world).isEmpty && world.version() == 1)
    }

    @Test func `a correction survives daily imports, and ends on its day without a publish`() throws {
        let world = try published()
        try world.run("subscription", "add", "ky", "--kinds", "unit", "--attributes", "name")
        try correct(world, "change", "unit", "403", "name=Solsikken", "--until", "2026-03-06")
        for (number, street) in ["Vej 1", "Vej 2", "Vej 3"].enumerated() {
            var export = Export.small
            export.alter(unit: "403") { $0.street = street }
            #expect(try world.importing(export, today: "2026-03-0\(number + 3)", name: "d\(number).xml").status == 0)
            #expect(try name(world, on: "2026-03-0\(number + 3)") == "Solsikken")
        }
        let version = try world.version()
        let turned = try world.events("ky", today: "2026-03-06").filter { $0["cause"].text == "dayturn" }
        #expect(turned.contains { $0["data"]["after"]["name"].text == "Børnehuset Æblehaven" })
        #expect(try world.version() == version && name(world, on: "2026-03-06") == "Børnehuset Æblehaven")
        #expect(try listed(world, "--stale", today: "2026-03-06").map { $0["standing"].text } == ["expired"])
        try world.expectVerified()
    }

    // MARK: What becomes of them

    @Test func `a correction that the source catches up with is told, and withdrawing it changes nothing`() throws {
        let world = try published()
        try correct(world, "change", "unit", "403", "name=Solsikken")
        #expect(try listed(world).first?["masked"]["name"].text == "Børnehuset Æblehaven")
        let same = try world.importing(Self.named("Solsikken"), today: World.secondDay, name: "b.xml")
        #expect(rules(same) == ["correction.caught-up"])
        let stale = try listed(world, "--stale")
        #expect(stale.map { $0["standing"].text } == ["caught-up"])
        #expect(stale.first?["records"].list.first?["file"].text == "b.xml")
        let version = try world.version()
        let gone = try world.run(
            "correction", "withdraw", "1", "--reason", "på plads", "--json", today: World.secondDay)
        #expect(gone.status == 0 && rules(gone).isEmpty)
        #expect(try world.diff("\(version)", "\(world.version())").allSatisfy { $0["kind"].text == "unit" })
        #expect(try name(world, on: World.secondDay) == "Solsikken" && listed(world).isEmpty)
        #expect(try world.run("correction", "withdraw", "1", "--reason", "igen").errors.contains("correction.unknown"))
        try world.expectVerified()
    }

    @Test func `a correction that conflicts with a later import still counts, and is told in each import`() throws {
        let world = try published()
        try correct(world, "change", "unit", "403", "name=Solsikken")
        let other = try world.importing(Self.named("Blomme"), today: World.secondDay, name: "b.xml")
        #expect(rules(other) == ["correction.source-changed"])
        #expect(try name(world, on: World.secondDay) == "Solsikken")
        var export = Self.named("Blomme")
        export.alter(unit: "402") { $0.street = "Vej 9" }
        #expect(
            try rules(world.importing(export, today: World.secondDay, name: "c.xml")) == ["correction.source-changed"])
        #expect(try listed(world).map { $0["standing"].text } == ["conflict"])
        try world.run("correction", "withdraw", "1", "--reason", "kilden har ret")
        #expect(try name(world, on: World.secondDay) == "Blomme")
        var gone = export
        gone.units.removeAll { $0.id == "403" }
        gone.employees.removeAll { $0.unit == "403" }
        try correct(world, "change", "unit", "403", "name=Igen")
        #expect(try rules(world.importing(gone, today: World.secondDay, name: "d.xml")) == ["correction.object-gone"])
        try world.expectVerified()
    }

    @Test func `rollback lists the corrections of the undone versions, and they come back when they are released`()
        throws
    {
        let world = try published()
        try correct(world, "change", "unit", "403", "name=Solsikken")
        let preview = try world.run("rollback", "1", "--preview", "--json")
        #expect(preview.json["corrections"].texts == ["1"], "\(preview.errors)")
        let back = try world.run("rollback", "1", "--reason", "fejl", "--json")
        #expect(back.json["corrections"].texts == ["1"] && back.json["holds"].texts == ["corrections"])
        #expect(back.json["pinned"].number == 1)
        #expect(try name(world, on: World.firstDay) == "Børnehuset Æblehaven")
        let told = try world.run("correct", "change", "unit", "402", "name=X", "--reason", "mens", "--dry-run")
        #expect(told.status == 0)
        #expect(try listed(world).count == 1, "it is not undone")
        let released = try world.run("release", "corrections")
        #expect(released.status == 0, "\(released.errors)")
        #expect(try name(world, on: World.firstDay) == "Solsikken")
        try world.expectVerified()
    }

    // MARK: Other statements

    @Test func `objects are created, filled and closed`() throws {
        let world = try published()
        #expect(try correct(world, "create", "unit", "P1", "name=Projekt Havn", "parent=402").status == 0)
        #expect(try correct(world, "move", "engagement", "70003", "P1").status == 0)
        #expect(
            try world.periods("engagement", "70003")?.last?["attributes"]["unit"].text
                == world.run("show", "unit", "P1", "--json").json["id"].text)
        #expect(try correct(world, "close", "engagement", "70003", "--from", "2026-03-10").status == 0)
        #expect(
            try world.run("show", "engagement", "70003", "--on", "2026-03-10", "--json").json["periods"].list.isEmpty)
        #expect(try correct(world, "create", "unit", "P1", "name=Igen").errors.contains("correction.invalid"))
        try world.expectVerified()
    }

    @Test func `a unit that gets a new key in HR keeps its UUID, before and after HR delivers it`() throws {
        var renumbered = Export.small
        renumbered.alter(unit: "403") { $0.id = "503" }
        renumbered.alter(employee: "70003") { $0.unit = "503" }
        for isLate in [false, true] {
            let world = try published()
            let id = try #require(try world.run("show", "unit", "403", "--json").json["id"].text)
            if isLate { #expect(try world.importing(renumbered, today: World.secondDay, name: "b.xml").status == 0) }
            let made = try correct(world, "rekey", "unit", "403", "503", today: World.secondDay)
            #expect(made.status == 0, "\(made.errors)")
            if !isLate { #expect(try world.importing(renumbered, today: World.secondDay, name: "b.xml").status == 0) }
            #expect(try world.run("show", "unit", "503", "--json").json["id"].text == id)
            #expect(try world.periods("engagement", "70003")?.last?["attributes"]["unit"].text == id)
            try world.run("correction", "withdraw", "1", "--reason", "forkert")
            #expect(try world.run("show", "unit", "503", "--json").json["id"].text != id)
            try world.expectVerified()
        }
    }

    @Test func `two people who are one become one`() throws {
        var export = Export.small
        export.employees.append(EmployeeRecord("70009", cpr: "6101800099", in: "403"))
        let world = try published("{publish: automatic}", export)
        let made = try correct(world, "merge", "person", "-", "--into", "-", input: "6101800099\n6101800011\n")
        #expect(made.status == 0 && made.json["changes"]["person"]["removed"].number == 1, "\(made.errors)")
        let engagements = try ["70001", "70009"].map {
            try world.periods("engagement", $0)?.last?["attributes"]["person"].text
        }
        #expect(engagements[0] != nil && engagements[0] == engagements[1])
        let again = try correct(world, "merge", "person", "-", "--into", "-", input: "6101800099\n6101800011\n")
        #expect(again.errors.contains("both keys name one object already"))
        try world.expectVerified()
    }

    @Test func `erasing a person takes what editors said about them, and why`() throws {
        let world = try published()
        let made = try world.run(
            "correct", "change", "person", "-", "callName=Cillemus", "--reason", "ringede selv", input: "6303820033\n")
        #expect(made.status == 0, "\(made.errors)")
        // It prints the number of the person, who asked for it.
        let report = try Spawn.run(
            World.program, ["person-report", "-", "--reason", "spurgt", "--config", world.path("fordeler.yaml")],
            input: "6303820033\n", folder: world.folder)
        #expect(report.output.contains("held from corrections editor"))
        let erased = try world.run("erase", "-", "--reason", "bad om det", "--suppress", input: "6303820033\n")
        #expect(erased.status == 0, "\(erased.errors)")
        #expect(try listed(world).isEmpty)
        #expect(try !world.run("audit").output.contains("ringede selv"))
        try world.expectVerified()
    }
}

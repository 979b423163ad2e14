import Foundation
import Testing

/// Findings are new, stay, go, and can be acknowledged.
struct FindingLifeTests {
    /// The small export with values that cannot be right.
    private static func export(surname: String? = nil, ean: String? = nil, name: String? = nil) -> Export {
        var export = Export.small
        export.alter(unit: "403") { unit in
            if let ean { unit.ean = ean }
            if let name { unit.name = name }
        }
        if let surname { export.alter(employee: "70003") { $0.lastName = surname } }
        return export
    }

    private static let wrongEAN = "5790000000001"

    private func standing(_ world: World, _ words: String..., today: String = World.secondDay) throws -> [String] {
        try world.run(["findings", "--json"] + words, today: today).lines.map { line in
            let since = line["since"].text.map { " since \($0)" } ?? ""
            let gone = line["gone"].text.map { " gone \($0)" } ?? ""
            return "\(line["rule"].text ?? "") \(line["key"].text ?? "") \(line["status"].text ?? "")\(since)\(gone)"
        }
    }

    @Test func `a finding is new then open since its day and gone at last`() throws {
        let world = try World()
        try world.importing(Self.export(ean: Self.wrongEAN))
        #expect(try standing(world) == ["record.ean-check 403 new since 2026-03-02"])
        // Nothing is published, so nothing is less new.
        try world.importing("hr=export.xml", today: World.secondDay)
        #expect(try standing(world) == ["record.ean-check 403 new since 2026-03-02"])
        try world.importing(
            Self.export(ean: Self.wrongEAN, name: "S?lvh?j"), today: World.secondDay, name: "day2.xml")
        let both = ["record.ean-check 403 open since 2026-03-02", "record.text-damaged 403 new since 2026-03-03"]
        #expect(try standing(world).sorted() == both)
        #expect(try standing(world, "--status", "new") == [both[1]])
        #expect(try standing(world, "--age", "1") == [both[0]])
        #expect(try standing(world, "--age", "2") == [])
        try world.importing(Self.export(name: "Sølvhøj"), today: "2026-03-04", name: "day3.xml")
        #expect(try standing(world, today: "2026-03-04") == [])
        #expect(
            try standing(world, "--status", "gone", today: "2026-03-04") == [
                "record.ean-check 403 gone since 2026-03-02 gone 2026-03-04",
                "record.text-damaged 403 gone since 2026-03-03 gone 2026-03-04",
            ])
        // What comes back is new.
        try world.importing(Self.export(ean: Self.wrongEAN), today: "2026-03-05", name: "day4.xml")
        #expect(try standing(world, today: "2026-03-05") == ["record.ean-check 403 new since 2026-03-05"])
        #expect(try world.run("status").output.contains("findings: 1 open, 1 of them new, 0 acknowledged"))
        try world.expectVerified()
    }

    @Test func `what waits is told beside what stands and what was rejected is named`() throws {
        let world = try World(["hr": "manual"])
        try world.importing(Self.export(ean: Self.wrongEAN))
        #expect(try standing(world) == ["record.ean-check 403 new"])
        #expect(try world.run("findings").output.contains("new in candidate:1"))
        try world.run("publish", "candidate:1", "--approve", "--reason", "r")
        #expect(try standing(world) == ["record.ean-check 403 new since 2026-03-02"])
        var broken = Export.small
        broken.alter(unit: "403") { $0.parent = "499" }
        try world.importing(broken, today: World.secondDay, name: "day2.xml")
        #expect(try world.run("findings").output.contains("candidate:2 was rejected"))
    }

    @Test func `the summary has one entry for each rule with its text and some of its findings`() throws {
        let world = try World()
        var export = Export.small
        for number in 404...409 {
            var unit = UnitRecord("\(number)", under: "402", "Enhed \(number)")
            unit.ean = Self.wrongEAN
            export.units.append(unit)
        }
        try world.importing(export)
        try world.add("language: da")
        let told = try world.run("findings").output
        #expect(told.contains("version 1: 6 open findings, 6 new"))
        #expect(told.contains("warning record.ean-check: 6 (6 new)"))
        #expect(told.contains("kontrolciffer"))
        #expect(told.contains("... and 3 more: fordeler findings --rule record.ean-check"))
        #expect(try standing(world, "--rule", "record.ean-check").count == 6)
        #expect(try standing(world, "--unit", "404").count == 1)
        #expect(try standing(world, "--unit", "402").count == 6)
        #expect(try standing(world, "--unit", "403").isEmpty)
        #expect(try standing(world, "--source", "hr").count == 6)
        let table = try world.run("findings", "--csv").output.split(separator: "\n")
        #expect(table.count == 7 && table[0].hasPrefix("rule,severity,status,since"))
        #expect(table[1].hasPrefix("record.ean-check,warning,new,2026-03-02,,unit,404,hr,export.xml,"))
    }

    @Test(arguments: [
        ["--rule", "unit.name-emty"], ["--status", "old"], ["--age", "-1"], ["--source", "nobody"],
        ["--unit", "499"], ["--csv", "--json"], ["1", "--rule", "unit.cycle"], ["--age", "two"],
    ]) func `a question that makes no sense is refused`(words: [String]) throws {
        let world = try World()
        try world.importing(Export.small)
        let outcome = try world.run(["findings"] + words)
        #expect(outcome.status == 1 && !outcome.errors.isEmpty && outcome.output.isEmpty)
    }

    // MARK: Acknowledging

    private func acknowledge(_ world: World, _ words: String..., today: String = World.secondDay) throws -> Outcome {
        try world.run(["finding", "acknowledge"] + words, today: today)
    }

    @Test func `an acknowledged finding is not listed until it changes or its time is over`() throws {
        let world = try World()
        try world.importing(Self.export(ean: Self.wrongEAN, name: "S?lvh?j"))
        let done = try acknowledge(
            world, "record.ean-check", "unit", "403", "--reason", "HR retter det", "--until", "2026-03-05")
        #expect(done.status == 0 && done.output.contains("1 finding acknowledged until 2026-03-05"))
        #expect(try standing(world) == ["record.text-damaged 403 new since 2026-03-02"])
        #expect(try standing(world, "--status", "acknowledged").count == 1)
        #expect(try world.run("findings", "--status", "acknowledged").output.contains("HR retter det"))
        #expect(try world.run("status").output.contains("findings: 1 open, 1 of them new, 1 acknowledged"))
        let audit = try world.run("audit").output
        #expect(audit.contains("finding.acknowledged") && audit.contains("HR retter det"))
        // On other lines it is the same finding; on the day after it counts again.
        var moved = Self.export(ean: Self.wrongEAN, name: "S?lvh?j")
        moved.units.insert(UnitRecord("410", under: "402", "Ny"), at: 1)
        try world.importing(moved, today: "2026-03-05", name: "day2.xml")
        #expect(try standing(world, "--status", "acknowledged", today: "2026-03-05").count == 1)
        #expect(try standing(world, "--rule", "record.ean-check", today: "2026-03-06").count == 1)
        try world.expectVerified()
    }

    @Test func `an acknowledgement ends with its finding`() throws {
        let world = try World()
        try world.importing(Self.export(ean: Self.wrongEAN))
        #expect(try acknowledge(world, "record.ean-check", "unit", "403", "--reason", "r").status == 0)
        try world.importing(Export.small, today: World.secondDay, name: "day2.xml")
        try world.importing(Self.export(ean: Self.wrongEAN), today: "2026-03-04", name: "day3.xml")
        #expect(try standing(world, today: "2026-03-04") == ["record.ean-check 403 new since 2026-03-04"])
    }

    @Test func `findings of a subtree are acknowledged together and listed again`() throws {
        let world = try World()
        var export = Self.export(ean: Self.wrongEAN)
        export.alter(unit: "401") { $0.ean = Self.wrongEAN }
        try world.importing(export)
        #expect(
            try acknowledge(world, "record.ean-check", "--all", "--unit", "402", "--reason", "r").output
                .contains("1 finding "))
        #expect(try standing(world) == ["record.ean-check 401 new since 2026-03-02"])
        #expect(
            try world.run("finding", "reopen", "record.ean-check", "unit", "403", today: World.secondDay).status == 0)
        #expect(try standing(world).count == 2)
        let twice = try world.run("finding", "reopen", "record.ean-check", "unit", "403", today: World.secondDay)
        #expect(twice.status == 1 && twice.errors.contains("nobody has acknowledged"))
    }

    @Test func `what cannot be acknowledged is refused`() throws {
        let world = try World()
        try world.importing(Self.export(ean: Self.wrongEAN))
        try world.importing(
            Self.export(ean: Self.wrongEAN, name: " "), today: World.secondDay, name: "day2.xml")
        let error = try acknowledge(world, "unit.name-empty", "unit", "403", "--reason", "r")
        #expect(error.status == 1 && error.errors.contains("cannot be acknowledged"))
        for words in [
            ["record.ean-check", "unit", "402", "--reason", "r"], ["record.ean-check", "--reason", "r"],
            ["record.ean-check", "unit", "403", "--reason", " "], ["record.ean-check", "unit", "403"],
            ["record.ean-check", "unit", "403", "--reason", "r", "--until", "2026-03-01"],
            ["record.ean-check", "unit", "403", "--all", "--reason", "r"],
            ["record.ean-check", "unit", "403", "--unit", "402", "--reason", "r"],
            ["record.ean-chek", "unit", "403", "--reason", "r"],
        ] {
            let outcome = try world.run(["finding", "acknowledge"] + words, today: World.secondDay)
            #expect(outcome.status == 1 && !outcome.errors.isEmpty, "\(words)")
        }
        #expect(try standing(world, "--status", "acknowledged").isEmpty)
    }

    @Test func `an erasure takes what was said about the person's findings along`() throws {
        let world = try World()
        try world.importing(Self.export(surname: "T?ft"))
        let person = try #require(
            try world.run("findings", "--json").lines.first { $0["kind"].text == "person" }?["key"].text)
        #expect(person.count == 36)
        let done = try acknowledge(world, "record.text-damaged", "person", person, "--reason", "Ceciles navn")
        #expect(done.status == 0)
        let erased = try world.run("erase", person, "--suppress", "--reason", "r", today: World.secondDay)
        #expect(erased.status == 0, "\(erased.errors)")
        for table in ["findingLife", "acknowledgement"] {
            let rows = try Spawn.run(
                "python3",
                [
                    "-c",
                    "import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM '"
                        + "+sys.argv[2]+' WHERE key = ?', (sys.argv[3],)).fetchone()[0])", world.database.path, table,
                    person,
                ], folder: world.folder)
            #expect(rows.output.trimmingCharacters(in: .whitespacesAndNewlines) == "0", "\(table) \(rows.errors)")
        }
        try world.expectVerified()
    }
}

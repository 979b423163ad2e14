import Testing

/// What editors cannot say, and what many corrections at once are.
struct CorrectionRefusalTests {
    private func published(_ corrections: String = "{publish: automatic}") throws -> World {
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
        #expect(try world.importing(Export.small, name: "a.xml").status == 0)
        return world
    }

    private func check(_ world: World) throws -> Outcome {
        try world.run(["config", "check"], today: nil)
    }

    @Test func `what cannot be meant is refused, and nothing is written`() throws {
        let world = try published()
        let refused: [([String], String)] = [
            (["change", "unit", "403", "nam=x"], "correction.invalid: nam is no attribute of a unit"),
            (["change", "unit", "403"], "correction.invalid"),
            (["change", "unit", "403", "name"], "usage: name is not ATTRIBUTE=VALUE"),
            (["change", "unit", "9403", "name=x"], "object.unknown"),
            (["change", "unit", "403", "parent=9403"], "object.unknown"),
            (["change", "unit", "403", "name=a", "name=b"], "correction.invalid"),
            (["change", "engagement", "70001", "fraction=halv"], "correction.invalid: fraction=halv does not fit"),
            (["change", "user", "AABB01", "disabled=måske"], "does not fit: it is true or false"),
            (["change", "unit", "403", "name=x", "--from", "2026-02-30"], "is a day such as"),
            (["change", "unit", "403", "name=x", "--until", "2026-03-01"], "correction.invalid"),
            (["change", "organisation", "99000001", "name=x"], "correction.invalid"),
            (["change", "person", "6303820033", "callName=x"], "argument.personal"),
            (["change", "engagement", "70001", "person=6303820033"], "argument.personal"),
            (["change", "room", "403", "name=x"], "room is no kind"),
            (["move", "person", "-", "403"], "correction.invalid"),
            (["merge", "unit", "403", "--into", "403"], "both keys name one object already"),
            (["rekey", "unit", "403", "503", "--source", "ad"], "there is no source ad"),
            (["create", "unit", "403", "name=x"], "correction.invalid: there is such a unit already"),
            (["create", "unit", "P1"], "correction.invalid"),
        ]
        for (words, message) in refused {
            let outcome = try world.run(["correct"] + words + ["--reason", "prøve"], input: "6303820033\n")
            #expect(outcome.status == 1 && outcome.errors.contains(message), "\(words): \(outcome.errors)")
        }
        for reason in ["", "  ", "om 6303820033"] {
            let outcome = try world.run(["correct", "change", "unit", "403", "name=x", "--reason", reason])
            #expect(outcome.status == 1 && outcome.errors.contains("reason"))
        }
        #expect(try world.run("corrections").output.isEmpty && world.version() == 1)
        try world.expectVerified()
    }

    @Test func `a move that makes a cycle is rejected by its finding`() throws {
        let world = try published()
        let moved = try world.run("correct", "move", "unit", "402", "403", "--reason", "prøve", "--json")
        #expect(moved.status == 2 && moved.json["verdict"].text == "rejected")
        #expect(moved.json["findings"].list.map { $0["rule"].text } == ["unit.cycle"])
        #expect(try world.run("corrections").output.isEmpty)
        try world.expectVerified()
    }

    @Test func `editors correct what belongs to their unit and nothing else`() throws {
        let world = try published("{publish: automatic, editors: {anna: {unit: \"403\"}, bo: {}}}")
        func correct(_ actor: String, _ words: String...) throws -> Outcome {
            try world.run(["correct"] + words + ["--reason", "prøve", "--actor", actor])
        }
        #expect(try correct("anna", "change", "engagement", "70003", "title=Leder").status == 0)
        #expect(try correct("anna", "change", "unit", "403", "phone=12345678").status == 0)
        #expect(try correct("anna", "create", "unit", "P1", "name=Stue", "parent=403").status == 0)
        for words in [
            ["change", "engagement", "70001", "title=Leder"], ["change", "unit", "402", "name=x"],
            ["move", "engagement", "70003", "402"], ["move", "engagement", "70001", "403"],
            ["move", "unit", "403", "401"],
            ["close", "unit", "403"], ["create", "unit", "P2", "name=Stue", "parent=402"],
            ["merge", "unit", "402", "--into", "403"],
        ] {
            let denied = try world.run(["correct"] + words + ["--reason", "prøve", "--actor", "anna"])
            #expect(denied.status == 1 && denied.errors.contains("correction.denied"), "\(words): \(denied.errors)")
        }
        #expect(try correct("carl", "change", "unit", "403", "name=x").errors.contains("correction.denied"))
        #expect(try correct("bo", "change", "unit", "402", "name=Centret").status == 0)
        let denied = try world.run("correction", "withdraw", "4", "--reason", "prøve", "--actor", "anna")
        #expect(denied.errors.contains("correction.denied"))
        #expect(try world.run("correction", "withdraw", "1", "--reason", "prøve", "--actor", "anna").status == 0)
        try world.expectVerified()
    }

    @Test func `a file of corrections is made as a whole or not at all`() throws {
        let world = try published()
        let head = "statement;kind;key;to;until;name;parent;title\n"
        try world.write(
            head + "change;unit;403;;2026-06-01;Solsikken;;\ncreate;unit;P1;;;Projekt;402;\n"
                + "move;engagement;70003;P1;;;;\nchange;engagement;70001;;;;;Leder\n", "good.csv")
        try world.write(
            head + "change;unit;403;;2026-06-01;Solsikken;;\nchange;unit;9;;;X;;\nchange;unit;402;;i morgen;X;;\n"
                + "slet;unit;402;;;;;\n", "bad.csv")
        let bad = try world.run("correct", "--file", world.path("bad.csv"), "--reason", "liste")
        #expect(bad.status == 1 && bad.errors.contains("bad.csv:3: object.unknown"), "\(bad.errors)")
        #expect(
            bad.errors.contains("bad.csv:4: correction.invalid") && bad.errors.contains("bad.csv:5: correction.invalid")
        )
        #expect(try world.run("corrections").output.isEmpty)
        let good = try world.run("correct", "--file", world.path("good.csv"), "--reason", "liste", "--json")
        #expect(good.status == 0 && good.json["corrections"].texts == ["1", "2", "3", "4"], "\(good.errors)")
        #expect(try world.version() == 2)
        #expect(try world.periods("unit", "403")?.map { $0["attributes"]["name"].text }.contains("Solsikken") == true)
        for (text, message) in [
            ("statement;kind;key;navn\nchange;unit;403;x\n", "the column navn"),
            ("kind;key\nunit;403\n", "csv.column-missing"),
            (head, "holds no correction"), (head + "change;unit\n", "csv."),
        ] {
            try world.write(text, "odd.csv")
            let odd = try world.run("correct", "--file", world.path("odd.csv"), "--reason", "liste")
            #expect(odd.status == 1 && odd.errors.contains(message), "\(text): \(odd.errors)")
        }
        #expect(try world.run("correct", "--file", world.path("none.csv"), "--reason", "x").status == 1)
        try world.expectVerified()
    }

    @Test func `no source bears the name, and unknown words of the configuration are told with their line`() throws {
        for (text, message) in [
            ("{publish: sometimes}", "publish is automatic or manual"), ("{editor: {}}", "editor is not known here"),
            ("{editors: {anna: {units: x}}}", "units is not known here"),
            ("{editors: {anna: {unit: ''}}}", "unit is the key"),
        ] {
            let world = try World()
            try world.configure(
                "state: state\ntimeZone: Europe/Copenhagen\nauthority: {name: K, cvr: \"99000001\"}\n"
                    + "sources:\n  hr: {mapping: kmd-opus}\ncorrections: \(text)\n")
            let outcome = try check(world)
            #expect(outcome.status == 1 && outcome.errors.contains(message), "\(outcome.errors)")
        }
        let world = try World(["corrections": "automatic"])
        #expect(try check(world).errors.contains("corrections cannot be the name of a source"))
    }
}

import Testing

/// A part of an older version comes back, and the rest stays as it is.
struct PartialRollbackTests {
    /// Units 402 (with 403 in it) and 404; one employment in 402 and one in 404 have an account at payroll.
    private static var before: Export {
        var export = Export.small
        export.units.append(UnitRecord("404", under: "401", "Center for Ældre"))
        var four = EmployeeRecord("70004", cpr: "6304840044", in: "404")
        (four.firstName, four.lastName, four.userId) = ("Dorte", "Holm", "AABB04")
        export.employees.append(four)
        return export
    }

    /// In both subtrees something has another name; in 402 an employment, its person and its account are gone.
    private static var after: Export {
        var export = before
        for unit in ["403", "404"] { export.alter(unit: unit) { $0.name += " 2" } }
        for employee in ["70003", "70004"] { export.alter(employee: employee) { $0.title = "Konsulent" } }
        export.employees.removeAll { $0.id == "70001" }
        return export
    }

    private func imported(_ exports: Export...) throws -> World {
        let world = try World()
        for (number, export) in exports.enumerated() {
            #expect(try world.importing(export, name: "hr\(number).xml").status == 0)
        }
        #expect(try world.version() == exports.count)
        return world
    }

    /// Kind and key of what differs.
    private func differing(_ world: World, _ from: Int, _ to: Int) throws -> [String] {
        try world.diff(String(from), String(to)).map { "\($0["kind"].text ?? "") \($0["key"].text ?? "")" }
    }

    @Test func `one subtree comes back with all that belongs to it, and the other keeps what it has`() throws {
        let world = try imported(Self.before, Self.after)
        let back = try world.run("rollback", "1", "--unit", "402", "--reason", "for lidt", "--json")
        #expect(back.status == 0 && back.json["verdict"].text == "published", "\(back.errors)")
        #expect(back.json["target"].number == 1 && back.json["scope"]["unit"].text == "402")
        #expect(back.json["scope"].keys == ["unit", "id"])
        #expect(try differing(world, 1, 3) == ["unit 404", "engagement 70004"])
        #expect(
            try differing(world, 2, 3).map { String($0.prefix { $0 != "*" }) }
                == ["unit 403", "person ", "engagement 70001", "engagement 70003", "user AABB01"])
        #expect(back.json["holds"].texts == ["hr"] && back.json["pinned"].number == 5)
        #expect(try world.run("versions").output.contains("rollback to 1 (only unit 402) by"))
        #expect(try world.run("versions", "--json").lines.last?["scope"]["unit"].text == "402")
        #expect(try world.run("candidates").output.contains("rollback to 1 (only unit 402), published"))
        #expect(try world.run("diff", "2", "3").output.hasPrefix("rollback to 1 (only unit 402)\n"))
        #expect(try world.run("holds").output.contains("rolled back to version 1 (only unit 402)"))
        try world.expectVerified()
    }

    @Test func `a unit within comes back alone, also when it is named by its UUID`() throws {
        let world = try imported(Self.before, Self.after)
        let id = try #require(try world.run("show", "unit", "403", "--json").json["id"].text)
        try world.run("rollback", "1", "--unit", id, "--reason", "for lidt")
        #expect(try differing(world, 2, 3) == ["unit 403", "engagement 70003"])
        #expect(try world.run("versions", "--json").lines.last?["scope"]["unit"].text == "403")
    }

    @Test func `what was put under a unit since goes, and what was taken from it returns`() throws {
        var then = Self.before
        then.units.append(UnitRecord("405", under: "404", "Nyt"))
        then.alter(unit: "403") { $0.parent = "404" }
        then.alter(employee: "70004") { $0.unit = "402" }
        let world = try imported(Self.before, then)
        let back = try world.run("rollback", "1", "--unit", "404", "--reason", "nej", "--json")
        #expect(
            back.json["changes"]["unit"]["moved"].number == 1 && back.json["changes"]["unit"]["removed"].number == 1)
        #expect(try differing(world, 1, 3) == [])
    }

    @Test func `kinds come back alone, with commas`() throws {
        let world = try imported(Self.before, Self.after)
        let back = try world.run("rollback", "1", "--kind", "unit,user,person", "--reason", "navne", "--json")
        #expect(back.status == 0 && back.json["scope"]["kinds"].texts == ["unit", "person", "user"])
        #expect(try differing(world, 1, 3) == ["engagement 70001", "engagement 70003", "engagement 70004"])
        #expect(try world.run("candidates").output.contains("(only kinds unit and person and user)"))
    }

    /// Payroll and directory: in version 2 the addresses of two accounts and the names of two units are others.
    private func twoSources() throws -> World {
        let world = try World.withTwoSources(brakes: World.withoutBrakes)
        func accounts(_ mark: String) -> String {
            "\"EmailAddress\",\"EmployeeID\",\"Enabled\",\"ObjectGUID\",\"OfficePhone\",\"SamAccountName\",\"Name\",\"Title\"\r\n"
                + ["70003", "70004"].map {
                    "\"\(mark)\($0)@kommune.example\",\"\($0)\",\"True\",\"0a0b0c0d-1111-4222-8333-0000000\($0)\",\"\",\"ad\($0)\",,\r\n"
                }.joined()
        }
        for (number, export) in [Self.before, Self.after].enumerated() {
            try world.write(export, "hr\(number).xml")
            try world.write(accounts("a\(number)."), "ad\(number).csv")
            #expect(try world.importing("hr=hr\(number).xml", "ad=ad\(number).csv").status == 0)
        }
        return world
    }

    @Test func `the objects of one source come back, and only that source goes on hold`() throws {
        let world = try twoSources()
        let back = try world.run("rollback", "1", "--source", "ad", "--reason", "forkerte adresser", "--json")
        #expect(back.status == 0 && back.json["holds"].texts == ["ad"], "\(back.errors)")
        #expect(Set(try world.diff("2", "3").map { $0["source"].text }) == ["ad"])
        #expect(try differing(world, 2, 3) == ["user ad70003", "user ad70004"])
    }

    @Test func `unit, kind and source together must all hold`() throws {
        let world = try twoSources()
        let words = ["rollback", "1", "--unit", "402", "--kind", "user", "--source", "ad", "--reason", "én konto"]
        #expect(try world.run(words).status == 0)
        #expect(try differing(world, 2, 3) == ["user ad70003"])
        #expect(try world.run("versions").output.contains("(only unit 402, kind user, source ad)"))
        try world.expectVerified()
    }

    // MARK: What does not fit

    private func expectRejected(_ world: World, _ words: String...) throws -> Outcome {
        let before = try world.run("versions", "--json").output
        let refused = try world.run(["rollback", "1", "--reason", "x", "--json"] + words)
        #expect(refused.status == 2 && refused.json["verdict"].text == "rejected", "\(words): \(refused.errors)")
        #expect(refused.json["waitsFor"].texts.isEmpty && refused.json["pinned"].number == 0)
        #expect(refused.json["holds"].texts.isEmpty)
        #expect(try world.run("versions", "--json").output == before)
        #expect(try world.run("pins").output.isEmpty && world.run("holds").output.isEmpty)
        try world.expectVerified()
        return refused
    }

    @Test func `a unit whose parent is gone is rejected with both named, and passes when the parent comes too`() throws
    {
        var then = Self.before
        then.alter(unit: "403") { $0.parent = "401" }
        then.units.removeAll { $0.id == "402" }
        for employee in ["70001", "70002"] { then.alter(employee: employee) { $0.unit = "401" } }
        let world = try imported(Self.before, then)
        let refused = try expectRejected(world, "--unit", "403")
        let candidate = try #require(refused.json["candidate"].text)
        let finding = try #require(try world.run("findings", "candidate:\(candidate)", "--json").lines.first)
        #expect(finding["rule"].text == "unit.parent-missing" && finding["key"].text == "403")
        #expect(finding["message"].text?.contains("the parent 402,") == true)
        #expect(finding["message"].text?.contains("Take more into the rollback") == true)
        let told = try world.run("rollback", "1", "--unit", "403", "--preview")
        #expect(told.status == 2 && told.output.contains("blocks: hr [unit.parent-missing] unit 403 Unit 403"))
        #expect(try world.run("rollback", "1", "--unit", "402", "--reason", "x").status == 0)
        #expect(try differing(world, 1, 3) == [])
    }

    @Test func `an employment in a unit that would go, or of a person who is gone, is not left out silently`() throws {
        var then = Self.before
        then.units.append(UnitRecord("405", under: "404", "Nyt"))
        then.alter(employee: "70004") { $0.unit = "405" }
        then.employees.removeAll { $0.id == "70001" }
        let world = try imported(Self.before, then)
        let units = try expectRejected(world, "--kind", "unit")
        #expect(units.json["findings"].list.map { $0["rule"].text } == ["engagement.unit-unknown"])
        let employments = try expectRejected(world, "--kind", "engagement")
        #expect(employments.json["findings"].list.map { $0["rule"].text } == ["engagement.person-unknown"])
        #expect(try world.run("rollback", "1", "--kind", "unit,engagement,person", "--reason", "x").status == 0)
    }

    @Test func `a former root beneath which a new one stands would be a second root`() throws {
        var then = Self.before
        then.units.append(UnitRecord("400", under: "", "Region"))
        then.alter(unit: "401") { $0.parent = "400" }
        let world = try imported(Self.before, then)
        let refused = try expectRejected(world, "--unit", "401")
        #expect(refused.json["findings"].list.map { $0["rule"].text } == ["unit.several-roots"])
    }

    // MARK: Approval

    @Test func `a preview is approved after another publish that leaves its objects alone`() throws {
        let world = try imported(Self.before, Self.after)
        let preview = try world.run("rollback", "1", "--unit", "403", "--preview", "--json")
        #expect(preview.status == 5 && preview.json["waitsFor"].texts == ["manual"])
        let candidate = try #require(preview.json["candidate"].text)
        #expect(
            try world.run("diff", "2", "candidate:\(candidate)").output.hasPrefix("rollback to 1 (only unit 403)\n"))
        var next = Self.after
        next.alter(unit: "404") { $0.name = "Et tredje navn" }
        #expect(try world.importing(next, name: "next.xml").status == 0)
        let approved = try world.run("publish", "candidate:\(candidate)", "--approve", "--reason", "ja", "--json")
        #expect(approved.status == 0 && approved.json["version"].number == 4, "\(approved.errors)")
        #expect(approved.json["scope"]["unit"].text == "403")
        #expect(try differing(world, 3, 4) == ["unit 403", "engagement 70003"])
    }

    @Test func `a publish that changes its objects voids the approval, and what takes its place has the same scope`()
        throws
    {
        let world = try imported(Self.before, Self.after)
        try world.run("rollback", "1", "--unit", "403", "--preview")
        var next = Self.after
        next.alter(unit: "403") { $0.name = "Et tredje navn" }
        #expect(try world.importing(next, name: "next.xml").status == 0)
        let refused = try world.run("publish", "candidate:3", "--approve", "--reason", "ja")
        #expect(refused.status == 4 && refused.errors.contains("candidate:5"))
        let approved = try world.run("publish", "candidate:5", "--approve", "--reason", "ja", "--json")
        #expect(approved.status == 0 && approved.json["scope"]["unit"].text == "403")
        #expect(try differing(world, 3, 4) == ["unit 403", "engagement 70003"])
    }

    @Test func `what cannot be meant is refused, and changes nothing`() throws {
        let world = try imported(Self.before, Self.after)
        let refusals: [(words: [String], status: Int32, code: String)] = [
            (["--unit", "999"], 1, "object.unknown"), (["--unit", ""], 1, "object.unknown"),
            (["--kind", "units"], 1, "usage"), (["--kind", "unit,"], 1, "usage"),
            (["--source", "sd"], 1, "configuration.invalid"), (["--source", "hr,"], 1, "configuration.invalid"),
            (["--unit", "403", "--kind", "user"], 4, "candidate.conflict"),
            (["--kind", "task"], 4, "candidate.conflict"),
        ]
        for (words, status, code) in refusals {
            let refused = try world.run(["rollback", "1", "--reason", "x"] + words)
            #expect(refused.status == status && refused.errors.contains(code), "\(words): \(refused.errors)")
        }
        #expect(try world.run("candidates", "--json").lines.count == 2)
    }
}

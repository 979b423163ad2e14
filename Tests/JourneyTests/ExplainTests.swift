import FordelerTestKit
import Foundation
import Testing

/// How values came to be, and why something is not there, on exports of a few records.
struct ExplainTests {
    private func explain(_ world: World, _ arguments: String..., input: String = "") throws -> [JSON] {
        let outcome = try world.run(["explain"] + arguments + ["--json"], input: input)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.lines
    }

    private func value(_ lines: [JSON], _ attribute: String) -> JSON? {
        lines.first { $0["type"].text == "value" && $0["attribute"].text == attribute }
    }

    private func codes(_ lines: [JSON]) -> [String] {
        lines.filter { $0["type"].text == "absent" }.compactMap { $0["code"].text }
    }

    /// The line, from 1, of a shipped mapping on which a text stands.
    static func line(_ mapping: String, _ text: String, occurrence: Int = 1) throws -> Int {
        try String(contentsOf: World.package.appendingPathComponent("Mappings/\(mapping).yaml"), encoding: .utf8)
            .line(of: text, occurrence: occurrence)
    }

    // MARK: Values

    @Test func `each value tells its record, its line of the mapping, and the version that it came with`() throws {
        let world = try World()
        var export = Export.small
        try world.importing(export, name: "one.xml")
        export.alter(employee: "70001") { $0.title = "Souschef" }
        export.units.insert(UnitRecord("404", under: "401", "Ny"), at: 0)
        try world.importing(export, name: "two.xml")
        let lines = try explain(world, "engagement", "70001")
        let title = try #require(value(lines, "title"))
        #expect(title["value"].text == "Souschef" && title["file"].text == "two.xml" && title["source"].text == "hr")
        #expect(title["line"].number == export.text.line(of: "<employee id=\"70001\""))
        #expect(title["element"].text == "employee" && title["record"].text == "70001")
        #expect(title["mapping"].text == "kmd-opus")
        #expect(
            title["mappingLines"].list.map { $0["line"].number } == [try Self.line("kmd-opus", "title: position")])
        #expect(title["since"]["version"].number == 2 && title["since"]["cause"].text == "import")
        #expect(title["since"]["files"].texts == ["hr/two.xml"])
        let unit = try #require(value(lines, "unit"))
        #expect(unit["targetKey"].text == "402" && unit["targetName"].text == "Center for Dagtilbud")
        #expect(unit["since"]["version"].number == 1 && unit["file"].text == "two.xml")
        let older = try #require(value(try explain(world, "engagement", "70001", "--version", "1"), "title"))
        #expect(older["value"].text == "Pædagog" && older["since"]["version"].number == 1)
        #expect(older["source"].isNull && older["since"]["files"].texts == ["hr/one.xml"])
        let still = try #require(
            value(try explain(world, "engagement", "70001", "--version", "1"), "job")
                ?? value(
                    try explain(world, "engagement", "70001", "--version", "1"), "positionId"))
        #expect(still["file"].text == "two.xml" && still["since"]["version"].number == 1)
        let text = try world.run("explain", "engagement", "70001").output
        #expect(text.contains("two.xml:\(export.text.line(of: "<employee id=\"70001\"")) employee 70001, kmd-opus:"))
    }

    @Test func `a person of two employments is told by the one that lasts longest, and the other too`() throws {
        let world = try World()
        var export = Export.small
        var second = EmployeeRecord("70009", cpr: "6101800011", in: "403")
        (second.firstName, second.leave) = ("Aase", "2030-01-31")
        export.employees.append(second)
        try world.importing(export)
        let lines = try explain(world, "person", "-", input: "610180-0011")
        let name = try #require(value(lines, "givenName"))
        #expect(name["value"].text == "Åse" && name["line"].number == export.text.line(of: "<employee id=\"70001\""))
        #expect(name["lost"].list.map { $0["why"].text } == ["shorter"])
        #expect(name["lost"].list.map { $0["value"].text } == ["Aase"])
        #expect(name["lost"].list.map { $0["line"].number } == [export.text.line(of: "<employee id=\"70009\"")])
        #expect(value(lines, "surname")?["lost"].list.map { $0["why"].text } == ["agrees"])
        #expect(value(lines, "cpr")?["value"].text == "**********")
    }

    @Test func `a value that a rollback brought back, and no record says, tells its version and files`() throws {
        let world = try World()
        var export = Export.small
        try world.importing(export, name: "one.xml")
        export.alter(unit: "403") { $0.name = "Kastanjen" }
        try world.importing(export, name: "two.xml")
        #expect(try world.run("rollback", "1", "--reason", "the old name was right", "--actor", "anna").status == 0)
        let lines = try explain(world, "unit", "403")
        let name = try #require(value(lines, "name"))
        #expect(name["value"].text == "Børnehuset Æblehaven" && name["source"].isNull)
        #expect(name["since"]["version"].number == 3 && name["since"]["cause"].text == "rollback")
        #expect(name["since"]["actor"].text == "anna" && name["since"]["target"].number == 1)
        #expect(value(lines, "losId")?["file"].text == "two.xml")
        #expect(lines.filter { $0["type"].text == "note" }.map { $0["code"].text } == ["pinned"])
    }

    @Test func `an altered mapping is told in the place of its lines, until the next import`() throws {
        let world = try World()
        let shipped = try String(
            contentsOf: World.package.appendingPathComponent("Mappings/kmd-opus.yaml"), encoding: .utf8)
        try world.write(shipped, "own.yaml")
        let configuration = try String(contentsOfFile: world.path("fordeler.yaml"), encoding: .utf8)
        try world.configure(configuration.replacing("kmd-opus", with: "own.yaml"))
        try world.importing(Export.small)
        try world.write("# another line\n" + shipped, "own.yaml")
        let changed = try #require(value(try explain(world, "unit", "403"), "name"))
        #expect(changed["mappingChanged"].flag == true && changed["mappingLines"].list.isEmpty)
        #expect(changed["line"].number == Export.small.text.line(of: "<orgUnit id=\"403\""))
        try world.importing(Export.small)
        let again = try #require(value(try explain(world, "unit", "403"), "name"))
        #expect(again["mappingChanged"].flag == false)
        #expect(
            again["mappingLines"].list.map { $0["line"].number }
                == [try Self.line("kmd-opus", "name: longName") + 1])
    }

    @Test func `subscriptions are told with the attributes that they see`() throws {
        let world = try World()
        var export = Export.small
        export.alter(employee: "70003") { $0.isProtected = true }
        try world.importing(export)
        try world.run("subscription", "add", "ky", "--kinds", "unit,engagement", "--attributes", "name,title,unit")
        try world.run("subscription", "add", "people", "--kinds", "person", "--attributes", "givenName")
        func told(_ key: String) throws -> [String: [String]] {
            Dictionary(
                uniqueKeysWithValues: try explain(world, "engagement", key).filter { $0["type"].text == "subscription" }
                    .map { ($0["subscription"].text ?? "", $0["attributes"].texts) })
        }
        #expect(try told("70001") == ["ky": ["title", "unit"]])
        #expect(try told("70003") == ["ky": ["title"]])
        let masked = try #require(value(try explain(world, "engagement", "70003"), "unit"))
        #expect(masked["value"].text == "(protected)" && masked["targetKey"].isNull)
        let open = try #require(value(try explain(world, "engagement", "70003", "--protected"), "unit"))
        #expect(open["targetKey"].text == "403")
    }

    @Test func `an attribute without a value tells what the record says there`() throws {
        let world = try World()
        var export = Export.small
        export.alter(employee: "70001") { $0.title = "" }
        try world.importing(export)
        let lines = try explain(world, "engagement", "70001", "--attribute", "title")
        #expect(lines.map { $0["type"].text } == ["missing"] && lines.first?["code"].text == "empty")
        #expect(lines.first?["mappingLine"].number == (try Self.line("kmd-opus", "title: position")))
        let status = try explain(world, "engagement", "70001", "--attribute", "statusCode")
        #expect(status.map { $0["code"].text } == ["not-mapped"])
        let unknown = try world.run("explain", "engagement", "70001", "--attribute", "colour")
        #expect(unknown.status == 1 && unknown.errors.contains("usage"))
    }

    // MARK: Not there

    @Test func `a key that nobody names is told with the exports that were read`() throws {
        let world = try World()
        try world.importing(Export.small, name: "one.xml")
        let lines = try explain(world, "engagement", "79999")
        #expect(codes(lines) == ["never"] && lines.first?["message"].text?.contains("hr (one.xml)") == true)
    }

    @Test func `a record with a mistake is told with its rule and line`() throws {
        let world = try World()
        var export = Export.small
        export.alter(employee: "70003") { $0.entry = "2026-02-30" }
        try world.importing(export)
        for (kind, key) in [("engagement", "70003"), ("person", "6303820033")] {
            let lines = try explain(world, kind, "-", input: key)
            #expect(codes(lines) == ["record.date-impossible"])
            #expect(lines.first?["line"].number == export.text.line(of: "<employee id=\"70003\""))
        }
        // Known before, it stays as it was.
        let other = try World()
        try other.importing(Export.small)
        try other.importing(export)
        let notes = try explain(other, "engagement", "70003").filter { $0["type"].text == "note" }
        #expect(notes.map { $0["code"].text } == ["record.date-impossible"])
    }

    @Test func `an employment in an unknown unit is told by the rule that leaves it out`() throws {
        let world = try World()
        var export = Export.small
        export.alter(employee: "70003") { $0.unit = "499" }
        try world.importing(export)
        let lines = try explain(world, "engagement", "70003")
        #expect(codes(lines) == ["engagement.unit-unknown"])
        #expect(lines.first?["line"].number == export.text.line(of: "<employee id=\"70003\""))
    }

    @Test func `a function that a condition leaves out is told with the condition`() throws {
        let world = try World()
        try world.importing(Export.small)
        let lines = try explain(world, "function", "manager:70001")
        #expect(codes(lines) == ["left-out"])
        #expect(lines.first?["line"].number == Export.small.text.line(of: "<employee id=\"70001\""))
        #expect(lines.first?["mappingLine"].number == (try Self.line("kmd-opus", "when: {field: isManager")))
        #expect(codes(try explain(world, "function", "manager:79999")) == ["never"])
    }

    @Test func `what belongs to an excluded unit is told so`() throws {
        let world = try World()
        let configuration = try String(contentsOfFile: world.path("fordeler.yaml"), encoding: .utf8)
        try world.configure(
            configuration.replacing("publish: automatic", with: "publish: automatic, exclude: [\"403\"]"))
        try world.importing(Export.small)
        for (kind, key) in [("unit", "403"), ("engagement", "70003"), ("person", "6303820033")] {
            let lines = try explain(world, kind, "-", input: key)
            #expect(codes(lines) == ["out-of-scope"])
            #expect(lines.first?["message"].text?.contains("403 of hr") == true)
        }
    }

    @Test func `what went, what ended, and what comes later is told`() throws {
        let world = try World()
        var export = Export.small
        let added = export.employees.removeLast()
        try world.importing(export)
        export.employees[0] = .stub("70001")
        export.employees.append(added)
        try world.importing(export)
        let notes = try explain(world, "engagement", "70001").filter { $0["type"].text == "note" }
        #expect(notes.map { $0["code"].text } == ["ended"])
        #expect(notes.first?["line"].number == export.text.line(of: "<employee id=\"70001\""))
        let later = try explain(world, "engagement", "70003", "--version", "1")
        #expect(codes(later) == ["later"] && later.first?["sinceVersion"].number == 2)
        export.employees.removeLast()
        try world.importing(export)
        let gone = try explain(world, "engagement", "70003")
        #expect(codes(gone) == ["gone"] && gone.first?["sinceVersion"].number == 3)
    }

    @Test func `what only waits, or was refused, is told with its candidate`() throws {
        let world = try World(["hr": "manual"])
        try world.importing(Export.small)
        let waiting = try explain(world, "unit", "403")
        #expect(codes(waiting) == ["waiting", "no-export"] && waiting.first?["candidate"].text == "1")
        #expect(waiting.first?["message"].text?.contains("manual") == true)
        try world.run("publish", "candidate:1", "--approve", "--reason", "first")
        var export = Export.small
        export.units.append(UnitRecord("404", under: "405", "Uden"))
        try world.importing(export)
        let refused = try explain(world, "unit", "404")
        #expect(codes(refused) == ["unit.parent-missing", "refused"])
    }

    @Test func `an erased and suppressed person is told as such`() throws {
        let world = try World()
        try world.importing(Export.small)
        let cpr = "6303820033"
        let id = try #require(value(try explain(world, "engagement", "70003"), "person")?["value"].text)
        #expect(try world.run("erase", id, "--reason", "asked for", "--suppress").status == 0)
        #expect(codes(try explain(world, "person", id)) == ["suppressed", "erased"])
        #expect(codes(try explain(world, "person", "-", input: cpr)).first == "suppressed")
    }

    @Test func `a person's key is refused as an argument, and several keys are told one after the other`() throws {
        let world = try World()
        try world.importing(Export.small)
        let refused = try world.run("explain", "person", "4")
        #expect(refused.status == 1 && refused.errors.contains("argument.personal"))
        let lines = try explain(world, "unit", "-", "401", input: "402\n\n 403\n")
        let keys = lines.filter { $0["attribute"].text == "name" }.map { $0["key"].text }
        #expect(keys == ["402", "403", "401"])
        let none = try world.run("explain", "unit", "-")
        #expect(none.status == 1 && none.errors.contains("usage"))
    }

    @Test func `of whom a left-out record tells can be erased, and the record is not told any more`() throws {
        let world = try World()
        let shipped = try String(
            contentsOf: World.package.appendingPathComponent("Mappings/kmd-opus.yaml"), encoding: .utf8)
        let ending = "    endedWhen: {field: \"@action\", equals: leave}\n"
        try world.write(
            shipped.replacing(ending, with: ending + "    except: {field: position, equals: Gæst}\n"), "own.yaml")
        let configuration = try String(contentsOfFile: world.path("fordeler.yaml"), encoding: .utf8)
        try world.configure(configuration.replacing("kmd-opus", with: "own.yaml"))
        var export = Export.small
        export.alter(employee: "70003") { $0.title = "Gæst" }
        try world.importing(export)
        let cpr = "6303820033"
        for (kind, key) in [("engagement", "70003"), ("person", cpr)] {
            let lines = try explain(world, kind, "-", input: key)
            #expect(codes(lines) == ["left-out"])
            #expect(lines.first?["line"].number == export.text.line(of: "<employee id=\"70003\""))
        }
        let erased = try world.run("erase", "-", "--reason", "asked for", "--suppress", input: cpr)
        #expect(erased.status == 0, "\(erased.errors)")
        #expect(codes(try explain(world, "person", "-", input: cpr)).first == "suppressed")
        #expect(codes(try explain(world, "engagement", "70003")) == ["never"])
        try world.importing(export, name: "again.xml")
        #expect(codes(try explain(world, "engagement", "70003")) == ["never"])
        try world.expectVerified()
    }
}

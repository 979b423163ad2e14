import Testing

/// Units that are left out with everything beneath them, and sources that are the authority for some units only.
struct ScopeTests {
    private static func configuration(_ sources: String, brakes: String = World.withoutBrakes) -> String {
        """
        state: state
        timeZone: Europe/Copenhagen
        authority: {name: Søløkke Kommune, cvr: "99000001"}
        \(brakes)
        sources:
        \(sources)
        """
    }

    private static let excluding = configuration("  hr: {mapping: kmd-opus, publish: automatic, exclude: [\"490\"]}")

    /// The small export with a unit 490 under the root, one under it, and an employment in that.
    private static var town: Export {
        var export = Export.small
        export.units += [UnitRecord("490", under: "401", "Interne"), UnitRecord("491", under: "490", "Vikarer")]
        export.employees.append(EmployeeRecord("70009", cpr: "6404840044", in: "491"))
        return export
    }

    private func kinds(_ events: [JSON]) -> [String] {
        events.compactMap { $0["type"].text?.replacing("dk.fordeler.", with: "").replacing(".v1", with: "") }
            .filter { !$0.hasPrefix("version.") }.sorted()
    }

    @Test func `an excluded unit is not there, nor what is beneath it, and the findings tell the lines`() throws {
        let world = try World()
        try world.configure(Self.excluding)
        let imported = try world.importing(Self.town)
        #expect(imported.status == 0, "\(imported.errors)")
        for unit in ["490", "491"] { #expect(try !world.knows("unit", unit)) }
        #expect(try !world.knows("engagement", "70009"))
        #expect(imported.json["changes"]["person"]["created"].number == 3)
        let findings = try world.findings("1")
        #expect(findings.map { $0["rule"].text } == ["unit.excluded", "unit.excluded"])
        #expect(findings.allSatisfy { $0["severity"].text == "info" })
        let text = Self.town.text
        #expect(
            findings.map { $0["line"].number } == ["490", "491"].map { text.line(of: "orgUnit id=\"\($0)\"") })
        #expect(findings[1]["message"].text?.contains("beneath 490 of hr") == true)
        try world.expectVerified()
    }

    @Test func `a unit that moves beneath an excluded one goes with everything, and comes back when it moves out`()
        throws
    {
        let world = try World()
        try world.configure(Self.excluding)
        try world.importing(Self.town, name: "day1.xml")
        #expect(
            try world.run("subscription", "add", "ky", "--kinds", "unit,engagement,person,user,function").status == 0)
        let person = try world.periods("engagement", "70001")?.first?["attributes"]["person"].text
        var inside = Self.town
        inside.alter(unit: "402") { $0.parent = "491" }
        #expect(try world.importing(inside, name: "day2.xml").status == 0)
        for unit in ["402", "403"] { #expect(try !world.knows("unit", unit)) }
        for employment in ["70001", "70002", "70003"] { #expect(try !world.knows("engagement", employment)) }
        let removed = kinds(try world.events("ky"))
        #expect(
            removed
                == (Array(repeating: "engagement.removed", count: 3) + ["function.removed"]
                    + Array(repeating: "person.removed", count: 3) + Array(repeating: "unit.removed", count: 2)
                    + ["user.removed"]))
        #expect(try world.importing(Self.town, name: "day3.xml").status == 0)
        let after = try world.events("ky").last?["sequence"].number ?? 0
        let created = kinds(try world.events("ky", after: after / 2))
        #expect(created == removed.map { $0.replacing("removed", with: "created") })
        #expect(try world.periods("engagement", "70001")?.first?["attributes"]["person"].text == person)
        #expect(try world.contentHash(3) == world.contentHash(1))
        try world.expectVerified()
    }

    @Test func `brakes see what moves beneath an excluded unit as removed, and a rollback brings it back`() throws {
        let world = try World()
        try world.configure(
            Self.excluding.replacing(World.withoutBrakes, with: "brakes: {kinds: {unit: {removed: 1}}}"))
        try world.importing(Self.town, name: "day1.xml")
        var inside = Self.town
        inside.alter(unit: "402") { $0.parent = "490" }
        let held = try world.importing(inside, name: "day2.xml")
        #expect(held.status == 5 && held.output.contains("hr.unit.removed"))
        #expect(try world.run("publish", "candidate:2", "--approve", "--reason", "looked at").status == 0)
        #expect(try !world.knows("unit", "403"))
        #expect(try world.run("rollback", "1", "--reason", "too much").status == 0)
        #expect(try world.knows("unit", "403") && world.knows("engagement", "70003"))
        #expect(try world.contentHash(3) == world.contentHash(1))
        try world.expectVerified()
    }

    @Test func `another exclusion counts at the next import of the same file`() throws {
        let world = try World()
        try world.configure(Self.excluding)
        try world.importing(Self.town, name: "day1.xml")
        try world.configure(Self.excluding.replacing("490", with: "403"))
        let again = try world.importing(Self.town, name: "day1.xml")
        #expect(again.status == 0)
        #expect(try world.knows("unit", "491") && world.knows("engagement", "70009"))
        #expect(try !world.knows("unit", "403") && !world.knows("engagement", "70003"))
        try world.configure(Self.excluding.replacing("490", with: "999"))
        #expect(try world.importing(Self.town, name: "day1.xml").status == 0)
        #expect(try world.findings("3").map { $0["rule"].text } == ["exclude.unit-unknown"])
        #expect(try world.knows("unit", "403"))
    }

    // MARK: Two payrolls

    private static let mapping = """
        mapping: units-and-jobs
        format: xml
        root: r
        records:
          u:
            kind: unit
            key: "@id"
            objects:
              - {kind: unit, key: "@id", uuid: "@uuid", attributes: {name: "@name", parent: {uuid: "@under"}}}
          e:
            kind: engagement
            key: "@id"
            objects:
              - {kind: person, key: "@who", attributes: {givenName: "@who"}}
              - {kind: engagement, key: "@id", attributes: {title: "@who", unit: {uuid: "@in"}, person: "@who"}}
        """

    private static func uuid(_ number: Int) -> String { "5c000000-0000-4000-8000-0000000000\(number)" }

    private static func unit(_ number: Int, under parent: Int? = nil, _ name: String) -> String {
        "<u id=\"\(number)\" uuid=\"\(uuid(number))\" name=\"\(name)\" under=\"\(parent.map(uuid) ?? "")\"/>\n"
    }

    private static func job(_ id: Int, _ unit: Int) -> String {
        "<e id=\"\(id)\" who=\"w\(id)\" in=\"\(uuid(unit))\"/>\n"
    }

    /// The municipality names the unit 20 of the schools, and one beneath it; the schools name the municipality's units.
    private static let hr =
        "<r>\n" + unit(10, "Kommune") + unit(11, under: 10, "Teknik") + unit(20, under: 10, "Skoler gl.")
        + unit(21, under: 20, "Nedlagt") + job(1, 11) + job(2, 21) + "</r>\n"
    private static let schools =
        "<r>\n" + unit(10, "Kommunen") + unit(11, under: 10, "Teknisk") + unit(20, under: 10, "Skoler")
        + unit(22, under: 20, "Nordskolen") + job(3, 22) + job(4, 11) + "</r>\n"

    private func payrolls(scope: String = "") throws -> World {
        let world = try World()
        try world.write(Self.mapping, "units.yaml")
        try world.configure(
            Self.configuration(
                """
                  hr: {mapping: ./units.yaml, publish: automatic}
                  schools: {mapping: ./units.yaml, publish: automatic\(scope)}
                """))
        try world.write(Self.hr, "hr.xml")
        try world.write(Self.schools, "schools.xml")
        return world
    }

    private func name(_ unit: Int, _ world: World) throws -> String? {
        try world.periods("unit", "\(unit)")?.first?["attributes"]["name"].text
    }

    @Test func `two sources that make one unit are a finding with both lines, and it stays as it was`() throws {
        let world = try payrolls()
        try world.importing("hr=hr.xml")
        let second = try world.importing("schools=schools.xml")
        #expect(second.status == 0, "\(second.errors)")
        let findings = try world.findings("2").filter { $0["rule"].text == "unit.several-sources" }
        #expect(findings.count == 3 && findings.allSatisfy { $0["severity"].text == "error" })
        #expect(findings[0]["message"].text?.contains("hr hr.xml:2, schools schools.xml:2") == true)
        #expect(try name(20, world) == "Skoler gl." && name(11, world) == "Teknik")
        #expect(try name(22, world) == "Nordskolen")
        // Whatever they say from now on, none wins.
        try world.write(Self.hr.replacing("Teknik", with: "Vej"), "next.xml")
        try world.importing("hr=next.xml")
        #expect(try name(11, world) == "Teknik")
        try world.expectVerified()
    }

    @Test func `a source is heard about its scope only, and the others about the rest`() throws {
        let world = try payrolls(scope: ", scope: [{hr: \"20\"}]")
        try world.importing("hr=hr.xml")
        #expect(try name(20, world) == "Skoler gl.")
        let second = try world.importing("schools=schools.xml")
        #expect(second.status == 0, "\(second.errors)")
        #expect(try name(10, world) == "Kommune" && name(11, world) == "Teknik")
        #expect(try name(20, world) == "Skoler" && name(22, world) == "Nordskolen")
        // What the municipality says beneath 20, and the schools outside of it, is not used.
        #expect(try name(21, world) == nil)
        #expect(try world.knows("engagement", "1") && world.knows("engagement", "3"))
        #expect(try !world.knows("engagement", "2") && !world.knows("engagement", "4"))
        let findings = try world.findings("2")
        #expect(findings.allSatisfy { $0["rule"].text == "unit.out-of-scope" && $0["severity"].text == "info" })
        #expect(
            findings.map { "\($0["source"].text ?? "") \($0["key"].text ?? "")" } == [
                "hr 20", "hr 21", "schools 10", "schools 11",
            ])
        // A full export of the schools says nothing about what is absent from it outside of its scope.
        try world.write(
            "<r>\n" + Self.unit(20, under: 10, "Skoler") + Self.unit(23, under: 20, "Sydskolen") + "</r>\n", "less.xml")
        #expect(try world.importing("schools=less.xml").status == 0)
        #expect(try name(22, world) == nil && name(23, world) == "Sydskolen" && name(11, world) == "Teknik")
        #expect(try world.knows("engagement", "1") && !world.knows("engagement", "3"))
        try world.expectVerified()
    }

    @Test func `a scope whose unit no record has stops everything`() throws {
        let world = try payrolls(scope: ", scope: [{hr: \"20\"}]")
        try world.importing("hr=hr.xml")
        try world.importing("schools=schools.xml")
        try world.write("<r>\n" + Self.unit(10, "Kommune") + "</r>\n", "root.xml")
        let refused = try world.importing("hr=root.xml")
        #expect(refused.status == 2 && refused.output.contains("scope.unit-unknown"))
        #expect(try name(20, world) == "Skoler")
    }

    @Test
    func `two payrolls with roots of their own make one hierarchy, and a move takes the whole of the second along`()
        throws
    {
        let world = try World()
        try world.configure(
            Self.configuration(
                """
                  hr: {mapping: kmd-opus, publish: automatic, exclude: ["490"]}
                  schools: {mapping: kmd-opus, publish: automatic, scope: ["401"], beneath: {hr: "402"}}
                """))
        #expect(try world.importing(Self.town, name: "alone.xml").status == 0)
        var schools = Export.small
        schools.units = [UnitRecord("401", under: "", "Skoler"), UnitRecord("405", under: "401", "Nordskolen")]
        schools.employees = [EmployeeRecord("90001", cpr: "6505850055", in: "405")]
        try world.write(schools, "schools.xml")
        let joined = try world.importing("schools=schools.xml")
        #expect(joined.status == 0, "\(joined.output)\(joined.errors)")
        #expect(joined.json["changes"]["unit"]["created"].number == 2)
        #expect(try world.findings("2").allSatisfy { $0["rule"].text == "unit.excluded" })
        #expect(try world.knows("engagement", "90001"))
        var inside = Self.town
        inside.alter(unit: "402") { $0.parent = "490" }
        #expect(try world.importing(inside, name: "inside.xml").status == 0)
        #expect(try !world.knows("engagement", "90001") && !world.knows("unit", "405"))
        #expect(try world.importing(Self.town, name: "again.xml").status == 0)
        #expect(try world.contentHash(4) == world.contentHash(2))
        var without = Self.town
        without.units.removeAll { $0.id == "402" || $0.id == "403" }
        without.employees.removeAll()
        let stopped = try world.importing(without, name: "without.xml")
        #expect(stopped.status == 2 && stopped.output.contains("scope.unit-unknown"))
        try world.expectVerified()
    }
}

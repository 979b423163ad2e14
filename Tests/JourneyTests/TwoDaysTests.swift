import Testing

/// Two days of a tiny municipality whose export is as careless as real ones.
struct TwoDaysTests {
    /// Five units, two of which share EAN and P-number, three employments without an entry date, and a stub of nobody.
    private static var dayOne: Export {
        var units = [
            UnitRecord("601", under: "", "Lyngkær Kommune"),
            UnitRecord("602", under: "601", "Forvaltningen for Læring"),
            UnitRecord("603", under: "602", "Skolen ved Åbrinken"),
            UnitRecord("604", under: "602", "Fritidshjemmet Åbrinken"),
            UnitRecord("605", under: "601", "Rengøring & Køkken".replacing("&", with: "&amp;")),
        ]
        for index in [2, 3] { (units[index].ean, units[index].pNumber) = ("5799000012346", "9012345678") }
        var employees = ["80001", "80002", "80003"].map { id in
            var employee = EmployeeRecord(id, cpr: "7104900044", in: "603")
            employee.entry = ""
            return employee
        }
        employees.append(EmployeeRecord("80004", cpr: "7205910055", in: "604"))
        return Export(units: units, employees: employees + [.stub("80099")])
    }

    private static var dayTwo: Export {
        var export = dayOne
        export.alter(unit: "604") { $0.parent = "603" }
        export.alter(unit: "605") { $0.name = "Måltider og rengøring" }
        export.units.insert(UnitRecord("606", under: "607", "Team Humlebien"), at: 0)
        export.units.append(UnitRecord("607", under: "602", "Musikskolen Lærken"))
        export.employees[0].lastChanged = "2026-03-03"
        export.employees.insert(.stub("80098"), at: 2)
        return export
    }

    @Test func `two careless days publish by themselves and differ in exactly what changed`() throws {
        let world = try World()
        let first = try world.importing(Self.dayOne, name: "day1.xml")
        #expect(first.status == 0 && first.json["verdict"].text == "published" && first.json["version"].number == 1)
        #expect(first.json["changes"]["unit"]["created"].number == 5)
        #expect(first.json["changes"]["engagement"]["created"].number == 1)
        let second = try world.importing(Self.dayTwo, today: World.secondDay, name: "day2.xml")
        #expect(second.status == 0 && second.json["verdict"].text == "published" && second.json["version"].number == 2)

        let changes = try world.diff("1", "2")
        #expect(changes.allSatisfy { $0["kind"].text == "unit" })
        let byKey = Dictionary(uniqueKeysWithValues: changes.map { ($0["key"].text ?? "", $0["change"].texts) })
        #expect(byKey == ["604": ["moved"], "605": ["updated"], "606": ["created"], "607": ["created"]])
        try world.expectVerified()
    }

    @Test func `each employment without an entry date is one finding at its line of the file of that day`() throws {
        let world = try World()
        try world.importing(Self.dayOne, name: "day1.xml")
        try world.importing(Self.dayTwo, today: World.secondDay, name: "day2.xml")
        for (version, export, file) in [("1", Self.dayOne, "day1.xml"), ("2", Self.dayTwo, "day2.xml")] {
            let findings = try world.findings(version).filter { $0["rule"].text == "record.beginning-missing" }
            let found = Dictionary(grouping: findings) { $0["key"].text ?? "" }
            #expect(found.keys.sorted() == ["80001", "80002", "80003"])
            for (key, list) in found {
                #expect(list.count == 1)
                #expect(list[0]["file"].text == file && list[0]["source"].text == "hr")
                #expect(list[0]["line"].number == export.text.line(of: "<employee id=\"\(key)\""))
            }
        }
    }

    @Test func `two units with the same EAN and P-number stand side by side without a finding`() throws {
        let world = try World()
        try world.importing(Self.dayOne)
        for key in ["603", "604"] {
            let period = try #require(try world.periods("unit", key)?.first)
            #expect(period["attributes"]["ean"].text == "5799000012346")
            #expect(period["attributes"]["pNumber"].text == "9012345678")
        }
        #expect(try world.findings("1").allSatisfy { $0["kind"].text != "unit" })
    }

    @Test func `a stub of an unknown employment does nothing`() throws {
        let world = try World()
        let first = try world.importing(Self.dayOne)
        #expect(first.json["sources"]["hr"]["records"].number == 10)
        #expect(try !world.knows("engagement", "80099"))
        #expect(try world.findings("1").allSatisfy { $0["key"].text != "80099" })
    }

    @Test func `errors are told before what is less bad, and status tells what a command imported`() throws {
        let world = try World()
        var export = Export.small
        export.alter(unit: "403") { $0.name = "BÃ¸rnehuset" }
        export.alter(employee: "70003") { $0.entry = "" }
        try world.write(export, "a.xml")
        let told = try world.run("import", "hr=" + world.path("a.xml"))
        let severities = told.output.split(separator: "\n").compactMap { line in
            ["  error ", "  warning ", "  info "].first { line.hasPrefix($0) }
        }
        #expect(severities == ["  error ", "  warning "], "\(told.output)")
        #expect(try world.findings("1").map { $0["severity"].text } == ["error", "warning"])
        let status = try world.run("status")
        #expect(
            status.output.contains("hr: imported by command 20") && status.output.contains("published (candidate:1)"))
        let source = try world.run("status", "--json").json["sources"]["hr"]
        #expect(source["imported"].text != nil && source["candidateVerdict"].text == "published")
    }

    @Test func `the schema lists what mappings fill`() throws {
        let world = try World()
        func schema(_ words: String...) throws -> Outcome {
            try Spawn.run(World.program, ["schema"] + words, folder: world.folder)
        }
        let person = try schema("person", "--json").lines
        #expect(person.first { $0["protection"].text == "flag" }?["attribute"].text == "addressProtected")
        #expect(try schema().output.contains("  unit               unit, internal, whereabouts"))
        #expect(try schema("planet").errors.contains("planet is no kind"))
    }
}

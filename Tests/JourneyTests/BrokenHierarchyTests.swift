import FordelerTestKit
import Testing

/// Exports whose records contradict each other or the calendar.
struct BrokenHierarchyTests {
    /// What one fault must lead to.
    struct Fault: Sendable, CustomTestStringConvertible {
        let name: String
        let rule: String
        /// The keys of the records that the finding may be about.
        let keys: Set<String>
        let alter: @Sendable (inout Export) -> Void
        var testDescription: String { name }

        init(_ name: String, _ rule: String, _ keys: Set<String>, _ alter: @escaping @Sendable (inout Export) -> Void) {
            (self.name, self.rule, self.keys, self.alter) = (name, rule, keys, alter)
        }
    }

    static let blocking = [
        Fault("two units beneath each other", "unit.cycle", ["402", "403"]) {
            $0.alter(unit: "402") { $0.parent = "403" }
        },
        Fault("a parent nobody knows", "unit.parent-missing", ["403"]) {
            $0.alter(unit: "403") { $0.parent = "499" }
        },
        Fault("a unit beneath itself", "unit.self-parent", ["403"]) {
            $0.alter(unit: "403") { $0.parent = "403" }
        },
        Fault("two roots", "unit.several-roots", ["402"]) {
            $0.alter(unit: "402") { $0.parent = "" }
        },
    ]

    static let tolerable = [
        Fault("one unit twice with two names", "object.duplicate-key", ["403"]) {
            $0.units.append(UnitRecord("403", under: "402", "Vuggestuen Lærken"))
        },
        Fault("an employment in an unknown unit", "engagement.unit-unknown", ["70003"]) {
            $0.alter(employee: "70003") { $0.unit = "499" }
        },
        Fault("an entry date of 30 February", "record.date-impossible", ["70003"]) {
            $0.alter(employee: "70003") { $0.entry = "2026-02-30" }
        },
        Fault("a leave date of month 13", "record.date-impossible", ["70003"]) {
            $0.alter(employee: "70003") { $0.leave = "2026-13-01" }
        },
        Fault("left before it began", "record.end-before-beginning", ["70003"]) {
            $0.alter(employee: "70003") { $0.leave = "2019-03-30" }
        },
        Fault("a unit without a name", "unit.name-empty", ["403"]) {
            $0.alter(unit: "403") { $0.name = " " }
        },
    ]

    /// The findings of one rule.
    private func findings(_ world: World, _ of: String, rule: String) throws -> [JSON] {
        try world.findings(of).filter { $0["rule"].text == rule }
    }

    /// Expects one finding, at the line of its record in the file that was imported.
    private func expect(_ fault: Fault, in findings: [JSON], of export: Export, file: String) throws {
        let about = findings.filter { fault.keys.contains($0["key"].text ?? "") }
        #expect(about.count == 1)
        let finding = try #require(about.first)
        #expect(finding["file"].text == file)
        let line = try #require(finding["line"].number)
        let lines = export.text.split(separator: "\n", omittingEmptySubsequences: false)
        try #require(line >= 1 && line <= lines.count)
        #expect(lines[line - 1].contains(" id=\"\(finding["key"].text ?? "")\""))
        #expect(finding["severity"].text == "error")
    }

    @Test(arguments: blocking + tolerable)
    func `a fault in the first export is one finding with the line and file of its record`(fault: Fault) throws {
        let world = try World()
        var faulty = Export.small
        fault.alter(&faulty)
        try world.importing(faulty, name: "day1.xml")
        try expect(fault, in: findings(world, "candidate:1", rule: fault.rule), of: faulty, file: "day1.xml")
    }

    @Test(arguments: blocking)
    func `a broken hierarchy is rejected with its lines and nothing of the file is published`(fault: Fault) throws {
        let world = try World()
        try world.importing(Export.small, name: "day1.xml")
        var broken = Export.small
        fault.alter(&broken)
        broken.alter(employee: "70001") { $0.title = "Sygeplejerske" }
        let outcome = try world.importing(broken, today: World.secondDay, name: "day2.xml")
        #expect(outcome.status == 2 && outcome.json["verdict"].text == "rejected")
        #expect(outcome.json["version"].number == 1)
        let found = try findings(world, "candidate:2", rule: fault.rule)
        try expect(fault, in: found, of: broken, file: "day2.xml")
        #expect(try world.version() == 1)
        #expect(try world.run("diff", "1", "candidate:2").status == 4)
        let title = try world.periods("engagement", "70001")?.first?["attributes"]["title"].text
        #expect(title == "Pædagog")
        try world.expectVerified()
        #expect(try world.importing(Export.small, today: World.secondDay).json["verdict"].text == "unchanged")
    }

    @Test(arguments: tolerable)
    func `a faulty record keeps its last good state and the rest is published`(fault: Fault) throws {
        let world = try World()
        try world.importing(Export.small, name: "day1.xml")
        var faulty = Export.small
        fault.alter(&faulty)
        faulty.alter(employee: "70001") { $0.title = "Sygeplejerske" }
        let outcome = try world.importing(faulty, today: World.secondDay, name: "day2.xml")
        #expect(outcome.status == 0 && outcome.json["version"].number == 2)
        let found = try findings(world, "2", rule: fault.rule)
        try expect(fault, in: found, of: faulty, file: "day2.xml")
        #expect(try world.diff("1", "2").map { $0["key"].text } == ["70001"])
        try world.expectVerified()
    }

    @Test(arguments: tolerable.filter { $0.keys == ["70003"] })
    func `a faulty new employment is left out with its person and the rest is published`(fault: Fault) throws {
        let world = try World()
        var faulty = Export.small
        fault.alter(&faulty)
        let outcome = try world.importing(faulty, name: "day1.xml")
        #expect(outcome.status == 0 && outcome.json["version"].number == 1)
        #expect(try !world.knows("engagement", "70003"))
        #expect(outcome.json["changes"]["person"]["created"].number == 2)
        #expect(outcome.json["changes"]["engagement"]["created"].number == 2)
        try world.expectVerified()
    }

    @Test func `two equal records of one unit are one unit and a warning`() throws {
        let world = try World()
        var export = Export.small
        export.units.append(export.units[2])
        let outcome = try world.importing(export)
        #expect(outcome.status == 0 && outcome.json["changes"]["unit"]["created"].number == 3)
        let found = try findings(world, "1", rule: "object.repeated")
        #expect(found.map { $0["severity"].text } == ["warning"])
    }

    @Test func `a cycle is one finding that names all its units`() throws {
        let world = try World()
        var export = Export.small
        export.units += [UnitRecord("404", under: "405", "Fire"), UnitRecord("405", under: "406", "Fem")]
        export.units.append(UnitRecord("406", under: "404", "Seks"))
        #expect(try world.importing(export).status == 2)
        let found = try findings(world, "candidate:1", rule: "unit.cycle")
        #expect(found.count == 1)
        let message = found.first?["message"].text ?? ""
        for unit in ["404 Fire", "405 Fem", "406 Seks"] { #expect(message.contains(unit)) }
    }

    @Test func `a generated municipality that was broken is rejected with every fault at its line`() throws {
        let world = try World()
        var town = OpusMunicipality(seed: 26, employees: 300)
        let good = town
        let broken = town.breakHierarchy()
        let text = try world.write(town, "broken.xml")
        let outcome = try world.importing("hr=broken.xml")
        #expect(outcome.status == 2 && outcome.json["version"].number == 0)
        let findings = try world.findings("candidate:1")
        func expect(_ rule: String, _ element: String, _ key: String) {
            let about = findings.filter { $0["rule"].text == rule && $0["key"].text == key }
            #expect(about.count == 1, "\(rule)")
            #expect(about.first?["line"].number == text.line(of: "<\(element) id=\"\(key)\""))
            #expect(about.first?["file"].text == "broken.xml")
        }
        let cycles = findings.filter { $0["rule"].text == "unit.cycle" }
        #expect(cycles.count == 1)
        for unit in broken.cycle { #expect(cycles.first?["message"].text?.contains(unit) == true) }
        expect("unit.parent-missing", "orgUnit", broken.orphan)
        expect("object.duplicate-key", "orgUnit", broken.duplicate)
        expect("engagement.unit-unknown", "employee", broken.inUnknownUnit)
        expect("record.date-impossible", "employee", broken.withImpossibleDate)
        expect("record.end-before-beginning", "employee", broken.withReversedDates)
        try world.write(good, "good.xml")
        #expect(try world.importing("hr=good.xml").status == 0)
        try world.expectVerified()
    }
}

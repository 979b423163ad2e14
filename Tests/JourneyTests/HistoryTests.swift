import Testing

struct HistoryTests {
    @Test("an object's history tells each version that changed it, by whom, why and out of which file")
    func historyTellsEveryVersion() throws {
        let world = try World()
        var export = Export.small
        try world.importing(export, name: "one.xml")
        export.alter(unit: "403") { $0.name = "Børnehuset Kastanjen" }
        try world.importing(export, name: "two.xml")
        // A version that has nothing to do with the unit.
        export.alter(employee: "70001") { $0.title = "Souschef" }
        try world.importing(export, name: "three.xml")
        try world.run("rollback", "1", "--reason", "the old name was right", "--actor", "anna")
        let history = try world.run("history", "unit", "403", "--json").lines
        #expect(history.map { $0["version"].number } == [1, 2, 4])
        #expect(history.map { $0["cause"].text } == ["import", "import", "rollback"])
        #expect(history.map { $0["change"].list.first?.text } == ["created", "updated", "updated"])
        #expect(history[1]["files"].list.map(\.text) == ["hr/two.xml"])
        #expect(history[1]["changes"].list.first?["to"].text == "Børnehuset Kastanjen")
        #expect(history[2]["actor"].text == "anna" && history[2]["reason"].text == "the old name was right")
        let text = try world.run("history", "unit", "403").output
        #expect(text.contains("now in hr three.xml:\(export.text.line(of: "<orgUnit id=\"403\""))"))
    }

    @Test("an object that went keeps its history, and one that never was has none")
    func historyOutlivesTheObject() throws {
        let world = try World()
        var export = Export.small
        try world.importing(export)
        export.employees.removeLast()
        try world.importing(export)
        let history = try world.run("history", "engagement", "70003", "--json").lines
        #expect(history.map { $0["change"].list.first?.text } == ["created", "removed"])
        let never = try world.run("history", "engagement", "79999")
        #expect(never.status == 1 && never.errors.contains("object.unknown"))
    }

    @Test("a person's number is masked in the history unless it is asked for")
    func historyMasksPeople() throws {
        let world = try World()
        try world.importing(Export.small)
        let cpr = "6101800011"
        let masked = try world.run("history", "person", "-", input: cpr)
        #expect(masked.status == 0 && !masked.output.contains(cpr))
        let revealed = try world.run("history", "person", "-", "--reveal", input: cpr)
        #expect(revealed.output.contains(cpr))
    }
}

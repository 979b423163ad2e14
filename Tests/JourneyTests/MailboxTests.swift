import Testing

/// What a subscriber is promised.
struct MailboxTests {
    /// The small export after some changes: a unit renamed, one moved, one new.
    private static var next: Export {
        var export = Export.small
        export.alter(unit: "402") { $0.name = "Center for Skoler" }
        export.alter(unit: "403") { $0.parent = "401" }
        export.units.append(UnitRecord("404", under: "403", "Vuggestuen Humlebien"))
        return export
    }

    /// A state at version 1 with a subscription that begins with version 2.
    private func subscribed(_ options: String..., first: Export = .small) throws -> World {
        let world = try World()
        try world.importing(first, name: "day1.xml")
        let added = try world.run(["subscription", "add", "ky"] + options)
        #expect(added.status == 0, "\(added.errors)")
        return world
    }

    private func kinds(_ events: [JSON]) -> [String] {
        events.map { ($0["type"].text ?? "").replacing("dk.fordeler.", with: "").replacing(".v1", with: "") }
    }

    /// Expects numbers without gaps and markers around each version.
    private func expectEnclosed(_ events: [JSON], first: Int = 1) {
        #expect(events.map { $0["sequence"].number } == Array(first..<(first + events.count)))
        for (_, entry) in Dictionary(grouping: events, by: { $0["version"].number ?? 0 }) {
            #expect(kinds(entry).first == "version.begins" && kinds(entry).last == "version.completed")
            #expect(entry.last?["data"]["count"].number == entry.count - 2)
        }
    }

    @Test func `events are numbered from 1 without gaps and enclosed by markers`() throws {
        let world = try subscribed("--kinds", "unit")
        #expect(try world.events("ky").isEmpty)
        try world.importing(Self.next, name: "day2.xml")
        var third = Self.next
        third.units.removeLast()
        try world.importing(third, name: "day3.xml")
        let events = try world.events("ky")
        expectEnclosed(events)
        #expect(events.compactMap { $0["version"].number } == [2, 2, 2, 2, 2, 3, 3, 3])
        #expect(Set(kinds(events)[1...3]) == ["unit.updated", "unit.moved", "unit.created"])
        #expect(kinds(events)[6] == "unit.removed")
        #expect(Set(events.compactMap { $0["id"].text }).count == 8)
        #expect(events.allSatisfy { $0["source"].text == "urn:oio:cvr-nr:99000001" })
        try world.expectVerified()
    }

    @Test func `reading after a number settles nothing and reading again gives the same events`() throws {
        let world = try subscribed("--kinds", "unit")
        try world.importing(Self.next, name: "day2.xml")
        let all = try world.run("events", "ky", "--json").output
        #expect(try world.events("ky", after: 3).map { $0["sequence"].number } == [4, 5])
        #expect(try world.events("ky", after: 99).isEmpty)
        #expect(try world.run("events", "ky", "--json").output == all)
        #expect(try world.run("events", "ky", "--max", "2", "--json").lines.map { $0["sequence"].number } == [1, 2])
        #expect(try world.run("subscription", "list", "--json").json["settledthrough"].number == 0)
        try world.expectVerified()
    }

    @Test func `what is acknowledged stays settled and nothing beyond the last number can be`() throws {
        let world = try subscribed("--kinds", "unit")
        try world.importing(Self.next, name: "day2.xml")
        #expect(try world.events("ky").count == 5)
        let ahead = try world.run("ack", "ky", "--through", "6")
        #expect(ahead.status == 4 && ahead.errors.contains("mailbox.ack-ahead"))
        #expect(try world.run("ack", "ky", "--through", "3").status == 0)
        #expect(try world.run("ack", "ky", "--through", "1").status == 0)
        let rest = try world.events("ky")
        #expect(rest.map { $0["sequence"].number } == [4, 5])
        #expect(rest.allSatisfy { $0["settledthrough"].number == 3 })
        #expect(try world.run("ack", "ky", "--through", "5").status == 0)
        #expect(try world.events("ky").isEmpty)
        try world.importing(Export.small, name: "day3.xml")
        expectEnclosed(try world.events("ky"), first: 6)
        try world.expectVerified()
    }

    @Test func `a later subscription with the same view starts at 1 with the next version`() throws {
        let world = try subscribed("--kinds", "unit")
        try world.importing(Self.next, name: "day2.xml")
        #expect(try world.events("ky").count == 5)
        #expect(try world.run("subscription", "add", "sen", "--kinds", "unit").status == 0)
        #expect(try world.run("subscription", "add", "sen", "--kinds", "unit").status == 4)
        #expect(try world.events("sen").isEmpty)
        #expect(try world.run("ack", "sen", "--through", "1").status == 4)
        try world.importing(Export.small, name: "day3.xml")
        let (early, late) = (try world.events("ky", after: 5), try world.events("sen"))
        expectEnclosed(late)
        expectEnclosed(early, first: 6)
        #expect(kinds(late) == kinds(early) && late.map { $0["subject"].text } == early.map { $0["subject"].text })
        #expect(Set(late.compactMap { $0["id"].text }).isDisjoint(with: early.compactMap { $0["id"].text }))
        #expect(try world.run("ack", "sen", "--through", String(late.count)).status == 0)
        #expect(try world.events("ky").count == 5 + early.count)
        try world.expectVerified()
    }

    @Test func `an attribute outside the view makes no event`() throws {
        let world = try subscribed("--kinds", "engagement,unit", "--attributes", "unit,name")
        var export = Export.small
        export.alter(employee: "70001") { $0.title = "Sygeplejerske" }
        export.alter(unit: "403") { $0.street = "Mosevej 7" }
        #expect(try world.importing(export, name: "day2.xml").json["version"].number == 2)
        #expect(try world.events("ky").isEmpty)
        export.alter(employee: "70001") { $0.unit = "403" }
        export.alter(employee: "70002") { $0.title = "Centerchef" }
        try world.importing(export, name: "day3.xml")
        let events = try world.events("ky")
        expectEnclosed(events)
        #expect(kinds(events) == ["version.begins", "engagement.updated", "version.completed"])
        #expect(events[1]["data"]["changes"].list.map { $0["attribute"].text } == ["unit"])
        #expect(events[1]["data"]["after"].keys == ["unit"])
        try world.expectVerified()
    }

    @Test func `personal attributes appear only when they are named`() throws {
        let world = try subscribed("--kinds", "person,user,engagement")
        let named = ["--kinds", "person,engagement", "--attributes", "surname,title,email"]
        #expect(try world.run(["subscription", "add", "navn"] + named).status == 0)
        var export = Export.small
        export.alter(employee: "70001") { ($0.lastName, $0.title) = ("Vestergaard", "Lærer") }
        try world.importing(export, name: "day2.xml")
        let plain = try world.events("ky")
        #expect(kinds(plain) == ["version.begins", "engagement.updated", "version.completed"])
        let personal: Set<String> = [
            "surname", "givenName", "cpr", "email", "phone", "accountName", "addressProtected",
        ]
        for event in plain { #expect(event["data"]["after"].keys.isDisjoint(with: personal)) }
        #expect(try !world.run("snapshot", "ky").output.contains("Toft"))
        let open = try world.events("navn")
        #expect(Set(kinds(open)[1...2]) == ["person.updated", "engagement.updated"])
        let person = open.first { $0["type"].text == "dk.fordeler.person.updated.v1" }
        #expect(
            person?["data"]["after"]["surname"].text == "Vestergaard" && person?["data"]["after"].keys == ["surname"])
        try world.expectVerified()
    }

    @Test func `a snapshot and the events after it give the register as it is`() throws {
        let world = try subscribed("--kinds", "unit", "--attributes", "name")
        let lines = try world.run("snapshot", "ky").lines
        #expect(lines.first?["after"].number == 0 && lines.first?["version"].number == 1)
        var held = Dictionary(
            uniqueKeysWithValues: lines.dropFirst().map { ($0["subject"].text ?? "", $0["data"]["name"].text) })
        #expect(held.count == 3)
        try world.importing(Self.next, name: "day2.xml")
        for event in try world.events("ky") where event["type"].text?.contains("unit") == true {
            held[event["subject"].text ?? ""] = event["data"]["after"]["name"].text
        }
        let later = try world.run("snapshot", "ky").lines.dropFirst()
        #expect(
            held == Dictionary(uniqueKeysWithValues: later.map { ($0["subject"].text ?? "", $0["data"]["name"].text) }))
    }
}

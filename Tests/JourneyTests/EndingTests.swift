import Testing

/// The three ways in which an OPUS employment ends mean three things.
struct EndingTests {
    private static let ids = ["70001", "70002", "70003"]

    /// One employment has left, of one only a stub is there, one is absent.
    private static var ended: Export {
        var export = Export.small
        export.alter(employee: "70001") { $0.leave = "2026-02-15" }
        export.alter(employee: "70002") { $0.isStub = true }
        export.employees.removeAll { $0.id == "70003" }
        return export
    }

    private func ending(_ export: Export) throws -> World {
        let world = try World()
        try world.importing(Export.small, name: "day1.xml")
        #expect(try world.importing(export, today: World.secondDay, name: "day2.xml").json["version"].number == 2)
        return world
    }

    private func period(_ world: World, _ key: String, kind: String = "engagement") throws -> JSON {
        let periods = try #require(try world.periods(kind, key))
        #expect(periods.count == 1)
        return try #require(periods.first)
    }

    @Test func `a leave date ends on that day, a stub ends today, and what is absent never was`() throws {
        let world = try ending(Self.ended)
        #expect(try period(world, "70001")["from"].text == "2019-04-01")
        #expect(try period(world, "70001")["to"].text == "2026-02-16")
        #expect(try period(world, "70002")["from"].text == "2019-04-01")
        #expect(try period(world, "70002")["to"].text == World.secondDay)
        #expect(try period(world, "70002")["attributes"]["title"].text == "Afdelingsleder")
        #expect(try !world.knows("engagement", "70003"))
        #expect(try world.periods("engagement", "70003", version: 1)?.count == 1)
        try world.expectVerified()
    }

    @Test func `the three endings differ in what is said to have changed`() throws {
        let world = try ending(Self.ended)
        let changes = try world.diff("1", "2")
        let engagements = changes.filter { $0["kind"].text == "engagement" }
        let labels = Dictionary(uniqueKeysWithValues: engagements.map { ($0["key"].text ?? "", $0["change"].texts) })
        #expect(labels == ["70001": ["updated"], "70002": ["updated"], "70003": ["removed"]])
        func end(_ key: String) -> JSON? {
            engagements.first { $0["key"].text == key }?["changes"].list.first { $0["attribute"].text == "effective" }
        }
        #expect(end("70001")?["period"]["from"].text == "2026-02-16")
        #expect(end("70002")?["period"]["from"].text == World.secondDay)
        let removed = Set(changes.filter { $0["change"].texts == ["removed"] }.compactMap { $0["kind"].text })
        #expect(removed == ["engagement", "person"])
    }

    @Test func `everything that an employment gave ends with it`() throws {
        let world = try ending(Self.ended)
        #expect(try period(world, "AABB01", kind: "user")["to"].text == "2026-02-16")
        #expect(try period(world, "manager:70002", kind: "function")["to"].text == World.secondDay)
    }

    @Test func `a stub that stands in the file for days ends once`() throws {
        let world = try ending(Self.ended)
        var later = Self.ended
        later.alter(unit: "403") { $0.name = "Børnehuset Grævlingen" }
        #expect(try world.importing(later, today: "2026-03-05", name: "day3.xml").json["version"].number == 3)
        #expect(try period(world, "70002")["to"].text == World.secondDay)
        #expect(try world.diff("2", "3").map { $0["key"].text } == ["403"])
        try world.expectVerified()
    }

    @Test func `a record that returns after a stub lives again`() throws {
        let world = try ending(Self.ended)
        let back = try world.importing(Export.small, today: "2026-03-05", name: "day3.xml")
        #expect(back.status == 0 && back.json["version"].number == 3)
        for id in Self.ids {
            #expect(try period(world, id)["to"].isNull)
            #expect(try period(world, id)["from"].text == "2019-04-01")
        }
        #expect(try period(world, "manager:70002", kind: "function")["to"].isNull)
        #expect(try world.diff("1", "3").isEmpty)
        try world.expectVerified()
    }

    @Test func `a stub of an employment that had left leaves its day alone`() throws {
        var left = Export.small
        left.alter(employee: "70001") { $0.leave = "2026-02-15" }
        let world = try World()
        try world.importing(left, name: "day1.xml")
        left.alter(employee: "70001") { $0.isStub = true }
        let second = try world.importing(left, today: World.secondDay, name: "day2.xml")
        #expect(second.status == 0)
        #expect(try period(world, "70001")["to"].text == "2026-02-16")
        try world.expectVerified()
    }

    @Test func `a stub of an employment that has not begun leaves nothing of it`() throws {
        var export = Export.small
        export.alter(employee: "70003") { $0.entry = "2026-06-01" }
        let world = try World()
        try world.importing(export, name: "day1.xml")
        export.alter(employee: "70003") { $0.isStub = true }
        #expect(try world.importing(export, today: World.secondDay, name: "day2.xml").status == 0)
        #expect(try !world.knows("engagement", "70003"))
        try world.expectVerified()
    }
}

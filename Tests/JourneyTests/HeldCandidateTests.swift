import Testing

/// Sources whose candidates wait for a person.
struct HeldCandidateTests {
    private static var changed: Export {
        var export = Export.small
        export.alter(unit: "403") { $0.name = "Børnehuset Solsikken" }
        return export
    }

    private static func naming(_ name: String) -> Export {
        var export = Export.small
        export.alter(unit: "403") { $0.name = name }
        return export
    }

    /// A manual source whose version 1 is the small export.
    private func published() throws -> World {
        let world = try World(["hr": "manual"])
        #expect(try world.importing(Export.small, name: "a.xml").status == 5)
        #expect(try approve(world, 1).status == 0)
        return world
    }

    private func approve(_ world: World, _ candidate: Int, today: String = World.firstDay) throws -> Outcome {
        try world.run(
            "publish", "candidate:\(candidate)", "--approve", "--reason", "aftalt med løn", "--json", today: today)
    }

    private func verdicts(_ world: World) throws -> [String: String] {
        let lines = try world.run("candidates", "--json").lines
        return Dictionary(uniqueKeysWithValues: lines.map { ($0["candidate"].text ?? "", $0["verdict"].text ?? "") })
    }

    @Test func `a candidate that somebody rejects is done with, and the same export waits again when it is read again`()
        throws
    {
        let world = try published()
        let before = try world.run("versions", "--json").output
        #expect(try world.importing(Self.changed, today: World.secondDay, name: "b.xml").status == 5)
        let unexplained = try world.run("reject", "candidate:2")
        #expect(unexplained.status == 1 && unexplained.errors.contains("approval.reason-missing"))
        let rejected = try world.run("reject", "candidate:2", "--reason", "halv fil")
        #expect(rejected.status == 0)
        #expect(try verdicts(world)["2"] == "rejected")
        #expect(try world.run("versions", "--json").output == before)
        #expect(try approve(world, 2).status == 4)
        #expect(try world.run("reject", "candidate:2", "--reason", "igen").status == 4)
        #expect(try world.run("reject", "candidate:9", "--reason", "ukendt").errors.contains("candidate.unknown"))
        #expect(try world.run("reject", "2", "--reason", "ingen").status == 1)
        #expect(try world.run("diff", "1", "candidate:2").status == 4, "it holds no changes any more")
        try world.expectVerified()
        let again = try world.importing(Self.changed, today: World.secondDay, name: "b.xml")
        #expect(again.status == 5 && again.json["candidate"].text == "3")
        #expect(try approve(world, 3, today: World.secondDay).status == 0)
        try world.expectVerified()
    }

    @Test func `whoever looks at what waits reads figures and the next command`() throws {
        let world = try published()
        #expect(try world.importing(Self.changed, today: World.secondDay, name: "b.xml").status == 5)
        let ways = [
            "fordeler diff 1 candidate:2", "fordeler publish candidate:2 --approve", "fordeler reject candidate:2",
        ]
        for command in [["candidates"], ["findings", "candidate:2"], ["status"]] {
            let told = try world.run(command)
            for way in ways { #expect(told.output.contains(way), "\(command) does not tell \(way)") }
        }
    }

    @Test func `a candidate of a manual source waits, shows what it would change, and is published by approval`() throws
    {
        let world = try published()
        let held = try world.importing(Self.changed, today: World.secondDay, name: "b.xml")
        #expect(held.status == 5 && held.json["verdict"].text == "held")
        #expect(held.json["waitsFor"].texts == ["manual"] && held.json["version"].number == 1)
        let planned = try world.run("diff", "1", "candidate:2", "--json")
        #expect(planned.lines.map { $0["key"].text } == ["403"])
        #expect(planned.lines.first?["changes"].list.first?["to"].text == "Børnehuset Solsikken")
        #expect(try world.version() == 1)

        let published = try approve(world, 2, today: World.secondDay)
        #expect(published.status == 0 && published.json["verdict"].text == "published")
        #expect(published.json["version"].number == 2)
        #expect(try world.run("diff", "1", "2", "--json").output == planned.output)
        let last = try #require(try world.run("versions", "--json").lines.last)
        #expect(last["reason"].text == "aftalt med løn" && last["candidate"].text == "2")
        try world.expectVerified()
    }

    @Test func `without approval or reason nothing is published`() throws {
        let world = try World(["hr": "manual"])
        try world.importing(Export.small)
        #expect(try world.run("publish", "candidate:1").status == 1)
        #expect(try world.run("publish", "candidate:1", "--reason", "ja").status == 1)
        #expect(try world.run("publish", "candidate:1", "--approve").status == 1)
        #expect(try world.run("publish", "candidate:1", "--approve", "--reason", "  ").status == 1)
        #expect(try world.run("publish", "candidate:9", "--approve", "--reason", "ja").status == 1)
        #expect(try world.run("publish", "1", "--approve", "--reason", "ja").status == 1)
        #expect(try world.version() == 0)
        #expect(try verdicts(world) == ["1": "held"])
        #expect(try approve(world, 1).status == 0)
        try world.expectVerified()
    }

    @Test func `a candidate is approved once`() throws {
        let world = try published()
        let again = try approve(world, 1)
        #expect(again.status == 4 && again.errors.contains("candidate.conflict"))
        #expect(try world.version() == 1)
        try world.expectVerified()
    }

    @Test func `a newer import takes the place of a candidate that waits`() throws {
        let world = try published()
        try world.importing(Self.naming("Sneglehuset"), today: World.secondDay, name: "b.xml")
        let newer = try world.importing(Self.changed, today: World.secondDay, name: "c.xml")
        #expect(newer.status == 5 && newer.json["candidate"].text == "3")
        #expect(try verdicts(world) == ["1": "published", "2": "superseded", "3": "held"])
        #expect(try approve(world, 2).status == 4)
        #expect(try world.version() == 1)
        #expect(try approve(world, 3, today: World.secondDay).status == 0)
        let name = try world.periods("unit", "403")?.first?["attributes"]["name"].text
        #expect(name == "Børnehuset Solsikken")
        try world.expectVerified()
    }

    @Test func `the published file again ends the waiting of another and is unchanged`() throws {
        let world = try published()
        try world.importing(Self.changed, today: World.secondDay, name: "b.xml")
        let back = try world.importing("hr=a.xml", today: World.secondDay)
        #expect(back.status == 0 && back.json["verdict"].text == "unchanged" && back.json["version"].number == 1)
        #expect(try verdicts(world)["2"] == "superseded")
        #expect(try approve(world, 2).status == 4)
        #expect(try world.version() == 1)
        #expect(try world.importing("hr=b.xml", today: World.secondDay).status == 5)
        try world.expectVerified()
    }

    @Test func `a rejected file leaves a waiting candidate where it is`() throws {
        let world = try published()
        try world.importing(Self.changed, today: World.secondDay, name: "b.xml")
        try world.write("<kmd>", "cut.xml")
        #expect(try world.importing("hr=cut.xml", today: World.secondDay).status == 3)
        #expect(try verdicts(world)["2"] == "held")
        #expect(try approve(world, 2, today: World.secondDay).status == 0)
        try world.expectVerified()
    }

    @Test func `an approval holds when another source published something else meanwhile`() throws {
        let world = try World(["hr": "manual", "extra": "automatic"])
        try world.importing(Export.small, name: "a.xml")
        #expect(try approve(world, 1).status == 0)
        try world.importing(Self.changed, today: World.secondDay, name: "b.xml")
        let tenant = Export(units: [], employees: [.stub("1"), EmployeeRecord("90001", cpr: "6404830088", in: "")])
        try world.write(tenant, "extra.xml")
        let other = try world.importing("extra=extra.xml", today: World.secondDay)
        #expect(other.status == 0 && other.json["version"].number == 2)
        let approved = try approve(world, 2, today: World.secondDay)
        #expect(approved.status == 0 && approved.json["version"].number == 3)
        #expect(try world.diff("2", "3").map { $0["key"].text } == ["403"])
        try world.expectVerified()
    }
}

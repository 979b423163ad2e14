import Foundation
import Testing

/// Key figures, as an administrator asks for them.
struct FiguresTests {
    private func figures(_ world: World, _ words: String..., today: String = World.firstDay) throws -> JSON {
        let outcome = try world.run(["figures", "--json"] + words, today: today)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.json
    }

    /// Version 1, and version 2 of the next day: one came, one works less, one leaves the day after.
    private func world() throws -> World {
        let world = try World()
        try world.importing(Export.small, name: "a.xml")
        var export = Export.small
        export.employees.append(EmployeeRecord("70004", cpr: "6303820033", in: "402"))
        export.employees.append(EmployeeRecord("70005", cpr: "6404840044", in: "403"))
        export.alter(employee: "70001") { $0.leave = World.secondDay }
        try world.importing(export, today: World.secondDay, name: "b.xml")
        return world
    }

    @Test func `figures tell the whole, a unit, and how both changed`() throws {
        let world = try world()
        let whole = try figures(world, "--since", "1", today: World.secondDay)
        #expect(whole["unit"].isNull && whole["version"].number == 2 && whole["day"].text == World.secondDay)
        #expect(whole["counted"].text == "kept" && whole["keptSince"]["version"].number == 1)
        let now = whole["figures"]
        #expect([now["units"].number, now["people"].number, now["engagements"].number] == [3, 4, 5])
        #expect(now["fullTimeEquivalents"].text == "4.054")
        #expect(now["unitsByType"].list.map { $0["type"].text } == ["Afdeling", "Afdeling", "Afdeling"])
        #expect(now["unitsByType"].list.map { $0["level"].number } == [0, 1, 2])
        #expect([now["managers"].number, now["vacancies"].number, now["unitsWithoutManager"].number] == [1, 0, 2])
        #expect(now["accounts"]["OPUS"].number == 1)
        #expect(whole["change"]["people"].number == 1 && whole["change"]["fullTimeEquivalents"].text == "1.6216")
        #expect(whole["since"]["figures"]["people"].number == 3)
        #expect(whole["steps"].list.map { $0["version"].number } == [2])
        #expect(whole["beneath"].list.map { $0["key"].text } == ["402"])

        let unit = try figures(world, "402", "--since", "1", today: World.secondDay)
        #expect(unit["unit"]["name"].text == "Center for Dagtilbud" && unit["unit"]["level"].number == 1)
        #expect(unit["figures"]["people"].number == 4, "a person with employments in it and beneath it counts once")
        #expect(unit["beneath"].list.first?["name"].text == "Børnehuset Æblehaven")
        #expect(unit["beneath"].list.first?["figures"]["people"].number == 2)
        #expect(try figures(world, "402", "--version", "1")["figures"]["people"].number == 3)

        let text = try world.run("figures", "402", "--since", "1", today: World.secondDay).output
        #expect(text.contains("figures of unit 402 Center for Dagtilbud, level 1, and all beneath it\n"))
        #expect(text.contains("version 2 on 2026-03-03\n") && text.contains("403 Børnehuset Æblehaven"))
        let people = try #require(text.split(separator: "\n").first { $0.hasPrefix("  people") })
        #expect(people.split(separator: " ") == ["people", "4", "3", "+1"])
        try world.expectVerified()
    }

    @Test func `a day that was turned is kept, and one ahead is counted anew and said to be`() throws {
        let world = try world()
        let ahead = try figures(world, "--day", "2026-03-04", today: World.secondDay)
        #expect(ahead["counted"].text == "anew" && ahead["figures"]["people"].number == 3)
        let told = try world.run("figures", "--day", "2026-03-04", today: World.secondDay).output
        #expect(told.contains("version 2 on 2026-03-04, counted anew: the register never stood there"))
        try world.run("subscription", "add", "ky", "--kinds", "unit", today: "2026-03-04")
        _ = try world.events("ky", today: "2026-03-04")
        let turned = try figures(world, "--since", "2", today: "2026-03-04")
        #expect(turned["counted"].text == "kept" && turned["day"].text == "2026-03-04")
        #expect(turned["figures"] == ahead["figures"] && turned["change"]["people"].number == -1)
        #expect(try figures(world, "--day", World.secondDay, today: "2026-03-04")["figures"]["people"].number == 4)
        #expect(try figures(world, "--version", "1", today: "2026-03-04")["day"].text == World.firstDay)
        try world.expectVerified()
    }

    @Test func `a rollback brings the figures of the earlier version back`() throws {
        let world = try world()
        let first = try figures(world, "--version", "1", today: World.secondDay)
        #expect(try world.run("rollback", "1", "--reason", "forkert", today: World.secondDay).status == 0)
        #expect(try figures(world, today: World.secondDay)["figures"] == first["figures"])
        try world.expectVerified()
    }

    @Test func `an erasure takes one person away and leaves earlier figures as they were`() throws {
        let world = try world()
        let before = try figures(world, "--version", "2", today: World.secondDay)
        let erased = try world.run(
            "erase", "-", "--suppress", "--reason", "anmodning", today: World.secondDay, input: "6303820033")
        #expect(erased.status == 0, "\(erased.errors)")
        let after = try figures(world, "--since", "2", today: World.secondDay)
        #expect(after["change"]["people"].number == -1 && after["change"]["engagements"].number == -2)
        #expect(try figures(world, "--version", "2", today: World.secondDay) == before)
        try world.expectVerified()
    }

    @Test func `what is not there is told with a stable code`() throws {
        let world = try World()
        #expect(try world.run("subscription", "add", "ky", "--kinds", "unit").status == 0)
        #expect(try world.run("figures").errors.contains("version.unknown"))
        try world.importing(Export.small, name: "a.xml")
        var export = Export.small
        export.alter(unit: "403") { $0.end = World.firstDay }
        export.employees.removeAll { $0.unit == "403" }
        try world.importing(export, name: "b.xml")
        for (words, code) in [
            (["999"], "object.unknown"), (["--version", "3"], "version.unknown"),
            (["--since", "9"], "version.unknown"),
            (["--day", "2026-03-01"], "day.unknown"), (["--day", "1/3"], "usage"),
            (["403", "--day", World.secondDay], "unit.not-in-effect"),
        ] {
            let outcome = try world.run(["figures"] + words)
            #expect(outcome.status == 1 && outcome.errors.contains(code), "\(words): \(outcome.errors)")
        }
        #expect(try world.run("figures", "403").status == 0)
        #expect(try figures(world, "--since", "0")["change"]["units"].number == 3)
    }

    @Test func `a daemon answers as the command does, and its metrics have the figures of the whole`() throws {
        let world = try World.forDaemon()
        let daemon = try RunningDaemon(world)
        #expect(try !daemon.get("/metrics").body.contains("fordeler_people"))
        try world.drop(Export.small, "ZLPE20260302.xml")
        try daemon.settle()
        let answer = try daemon.run("figures", "--json")
        #expect(answer.status == 0 && answer.json["figures"]["people"].number == 3)
        let metrics = try daemon.get("/metrics").body.split(separator: "\n")
        for line in [
            "fordeler_people 3", "fordeler_units 3", "fordeler_full_time_equivalents 2.4324",
            "fordeler_accounts{system=\"OPUS\"} 1",
        ] {
            #expect(metrics.contains { $0 == line }, "\(line)")
        }
    }
}

import Foundation
import OrganisationModel
import Testing

@testable import fordeler

/// What takes effect on a day of its own.
struct DayTurnTests {
    /// A state at version 2, in which an employment was given a leave date in the future.
    private func leaving() throws -> World {
        let world = try World()
        try world.importing(Export.small, name: "day1.xml")
        #expect(try world.run("subscription", "add", "ky", "--kinds", "engagement").status == 0)
        var export = Export.small
        export.alter(employee: "70003") { $0.leave = "2026-03-08" }
        let second = try world.importing(export, name: "day2.xml")
        #expect(second.status == 0 && second.json["version"].number == 2)
        return world
    }

    @Test func `a leave date in the future is no event at publish`() throws {
        let world = try leaving()
        #expect(try world.diff("1", "2").filter { $0["kind"].text == "engagement" }.map { $0["key"].text } == ["70003"])
        #expect(try world.events("ky").isEmpty)
        #expect(try world.events("ky", today: "2026-03-08").isEmpty)
    }

    @Test(arguments: ["2026-03-09", "2026-03-12"])
    func `a leave date closes the employment on the day after it, however late anybody asks`(today: String) throws {
        let world = try leaving()
        let events = try world.events("ky", today: today)
        #expect(
            events.map { $0["type"].text } == [
                "dk.fordeler.version.begins.v1", "dk.fordeler.engagement.closed.v1", "dk.fordeler.version.completed.v1",
            ])
        let closed = events[1]
        #expect(closed["cause"].text == "dayturn" && closed["effectivedate"].text == "2026-03-09")
        #expect(closed["version"].number == 2 && closed["data"]["after"].isNull)
        #expect(closed["data"]["before"]["employeeNumber"].text == "70003")
        #expect(try world.version() == 2)
        #expect(try world.events("ky", today: "2026-03-10") == events)
        #expect(try world.events("ky", today: World.firstDay) == events)
        try world.expectVerified()
    }

    @Test func `a clock that jumped turns no day and is complained about`() throws {
        let world = try leaving()
        let late = try world.run("events", "ky", "--json", today: "2026-03-22")
        #expect(late.status == 0 && late.output.isEmpty)
        #expect(late.errors.contains("day.waits"))
        #expect(try world.run("snapshot", "ky", today: World.firstDay).json["effectivedate"].text == World.firstDay)
        #expect(try world.events("ky", today: "2026-03-09").count == 3)
        try world.expectVerified()
    }

    @Test func `an import long after the last one waits for the day and turns it when approved`() throws {
        let world = try leaving()
        var export = Export.small
        export.alter(employee: "70003") { $0.leave = "2026-03-08" }
        export.alter(employee: "70001") { $0.title = "Lærer" }
        let held = try world.importing(export, today: "2026-03-22", name: "day3.xml")
        #expect(held.status == 5 && held.json["waitsFor"].texts == ["day"])
        let approval = ["publish", "candidate:3", "--approve", "--reason", "efter ferien"]
        #expect(try world.run(approval, today: "2026-03-22").status == 0)
        let events = try world.events("ky", today: "2026-03-22")
        #expect(
            events.compactMap { $0["cause"].text } == Array(repeating: "dayturn", count: 3) + [
                "import", "import", "import",
            ])
        #expect(events.map { $0["sequence"].number } == Array(1...6))
        try world.expectVerified()
    }

    @Test func `a unit that begins in the future is created on its day`() throws {
        let world = try World()
        try world.importing(Export.small, name: "day1.xml")
        #expect(try world.run("subscription", "add", "ky", "--kinds", "unit").status == 0)
        var export = Export.small
        var unit = UnitRecord("404", under: "403", "Team Klitrosen")
        unit.start = "2026-03-05"
        export.units.append(unit)
        #expect(try world.importing(export, name: "day2.xml").json["changes"]["unit"]["created"].number == 1)
        #expect(try world.events("ky").isEmpty)
        let events = try world.events("ky", today: "2026-03-05")
        #expect(events.map { $0["type"].text }.contains("dk.fordeler.unit.created.v1"))
        #expect(events.count == 3 && events[1]["effectivedate"].text == "2026-03-05")
        try world.expectVerified()
    }

    @Test func `missed days turn in order, each with what begins or ends on it`() throws {
        let world = try leaving()
        var export = Export.small
        export.alter(employee: "70001") { $0.leave = "2026-03-06" }
        export.alter(employee: "70003") { $0.leave = "2026-03-08" }
        var hired = EmployeeRecord("70009", cpr: "7105900055", in: "403")
        hired.entry = "2026-03-11"
        export.employees.append(hired)
        #expect(try world.importing(export, name: "day3.xml").status == 0)
        let events = try world.events("ky", today: "2026-03-14").filter { $0["cause"].text == "dayturn" }
        let told = events.filter { $0["type"].text?.hasPrefix("dk.fordeler.engagement.") == true }
        #expect(
            told.map { "\($0["effectivedate"].text ?? "") \($0["type"].text ?? "")" } == [
                "2026-03-07 dk.fordeler.engagement.closed.v1", "2026-03-09 dk.fordeler.engagement.closed.v1",
                "2026-03-11 dk.fordeler.engagement.created.v1",
            ])
        #expect(events.count == 9, "each day has its own beginning and end")
    }

    @Test func `a change of days gone by is an event of the publish, and none of any later day`() throws {
        let world = try leaving()
        var export = Export.small
        export.alter(employee: "70003") { $0.leave = "2026-02-20" }
        export.alter(employee: "70001") { $0.entry = "2015-01-01" }
        #expect(try world.importing(export, name: "day3.xml").status == 0)
        let events = try world.events("ky").filter { $0["type"].text?.contains(".engagement.") == true }
        #expect(events.map { $0["type"].text } == ["dk.fordeler.engagement.closed.v1"])
        #expect(events.first?["cause"].text == "import")
        #expect(try world.events("ky", today: "2026-03-12").count == 3, "its old end has no day any more")
        #expect(try world.run("show", "engagement", "70003", "--version", "2", "--on", "2026-02-25").status == 0)
        try world.expectVerified()
    }
}

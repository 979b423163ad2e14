import FordelerTestKit
import Foundation
import Testing

/// Where a protected person can be found leaves only where a subscription may see it.
struct ProtectedPersonTests {
    private static let attributes = "name,title,unit,phone,email,accountName,functionType"

    private static func export(isProtected: Bool, unit: String = "402", title: String = "Pædagog") -> Export {
        var export = Export.small
        export.alter(employee: "70003") { record in
            (record.userId, record.isManager, record.isProtected) = ("CETO03", true, isProtected)
            (record.unit, record.title) = (unit, title)
        }
        return export
    }

    /// Two subscriptions, one of which may see protected people, and a first version without any.
    private func world() throws -> World {
        let world = try World()
        for (name, flags) in [("plain", []), ("omsorg", ["--protected"])] {
            _ = try world.run(
                [
                    "subscription", "add", name, "--kinds", "unit,engagement,user,function", "--attributes",
                    Self.attributes,
                ]
                    + flags)
        }
        try world.importing(Self.export(isProtected: false), name: "a.xml")
        return world
    }

    /// What a subscriber holds of an engagement, account or function after all of its events.
    private func copy(_ world: World, _ name: String, _ kind: String, today: String) throws -> [String: JSON] {
        try world.events(name, today: today).reduce(into: [:]) { copy, event in
            guard let subject = event["subject"].text, subject.hasPrefix(kind + "/") else { return }
            copy[subject] = event["data"]["after"].isNull ? nil : event["data"]["after"]
        }
    }

    private func snapshot(_ world: World, _ name: String, today: String) throws -> [String] {
        try world.run(["snapshot", name], today: today).lines.compactMap { $0["data"]["unit"].text }
    }

    private func subjects(_ events: [JSON]) -> [String] {
        events.compactMap { event in
            event["subject"].text.flatMap { $0.split(separator: "/").first }.map(String.init)
        }.filter { $0 != "version" }
    }

    @Test func `whoever becomes protected is taken from each copy at once, and stays in the one that may see it`()
        throws
    {
        let world = try world()
        let first = try world.events("plain")
        let units = try snapshot(world, "plain", today: World.firstDay).count
        try world.importing(Self.export(isProtected: true), today: World.secondDay, name: "b.xml")

        let events = try world.events("plain", today: World.secondDay)
        let since = Array(events.dropFirst(first.count))
        #expect(subjects(since) == ["engagement", "user", "function"])
        for event in since where event["data"]["after"].isNull == false {
            for name in ["unit", "phone", "email"] { #expect(event["data"]["after"][name].isNull) }
        }
        // What was told before is not told again, and every number stays.
        #expect(events.prefix(first.count).map { $0["id"].text } == first.map { $0["id"].text })
        let told = events.prefix(first.count).filter { !$0["data"]["withheld"].isNull }
        #expect(subjects(told) == ["engagement", "user", "function"])
        #expect(try snapshot(world, "plain", today: World.secondDay).count == units - 2)

        #expect(try subjects(Array(world.events("omsorg", today: World.secondDay).dropFirst(first.count))) == [])
        #expect(try snapshot(world, "omsorg", today: World.secondDay).count == units)
        let list = try world.run("subscription", "list", "--json").lines
        #expect(
            Dictionary(uniqueKeysWithValues: list.map { ($0["name"].text, $0["protected"].flag) }) == [
                "plain": false, "omsorg": true,
            ])
        try world.expectVerified()
    }

    @Test
    func `a protected person who moves makes no event without permission, and the end of protection brings all back`()
        throws
    {
        let world = try world()
        try world.importing(Self.export(isProtected: true), today: World.secondDay, name: "b.xml")
        let before = try world.events("plain", today: World.secondDay).count
        try world.importing(Self.export(isProtected: true, unit: "403"), today: "2026-03-04", name: "c.xml")
        #expect(try world.events("plain", today: "2026-03-04").count == before)
        try world.importing(Self.export(isProtected: false, unit: "403"), today: "2026-03-05", name: "d.xml")
        let events = try Array(world.events("plain", today: "2026-03-05").dropFirst(before))
        #expect(subjects(events) == ["engagement", "user", "function"])
        let plain = try copy(world, "plain", "engagement", today: "2026-03-05")
        let omsorg = try copy(world, "omsorg", "engagement", today: "2026-03-05")
        #expect(plain.mapValues { $0["unit"].text } == omsorg.mapValues { $0["unit"].text })
    }

    @Test func `a rollback keeps the protection, so nothing comes back`() throws {
        let world = try world()
        try world.importing(
            Self.export(isProtected: true, title: "Leder"), today: World.secondDay, name: "b.xml")
        let before = try world.events("plain", today: World.secondDay).count
        #expect(try world.run(["rollback", "1", "--reason", "forkert titel"], today: "2026-03-04").status == 0)
        let events = try Array(world.events("plain", today: "2026-03-04").dropFirst(before))
        #expect(subjects(events) == ["engagement"])
        for event in events where event["subject"].text?.hasPrefix("engagement/") == true {
            #expect(event["data"]["after"]["title"].text == "Pædagog")
            #expect(event["data"]["before"]["unit"].isNull && event["data"]["after"]["unit"].isNull)
        }
        try world.expectVerified()
    }

    @Test func `an erasure of a protected person keeps every counted event`() throws {
        let world = try world()
        try world.importing(Self.export(isProtected: true), today: World.secondDay, name: "b.xml")
        let before = try world.events("plain", today: World.secondDay)
        let erased = try world.run(
            ["erase", "-", "--suppress", "--reason", "anmodning"], today: "2026-03-04", input: Self.cpr)
        #expect(erased.status == 0)
        let after = try world.events("plain", today: "2026-03-04")
        #expect(after.prefix(before.count).map { $0["type"].text } == before.map { $0["type"].text })
        #expect(after.allSatisfy { $0["data"]["withheld"].isNull || $0["data"]["after"]["unit"].isNull })
        try world.expectVerified()
    }

    private static let cpr = "6303820033"

    @Test func `commands mask the workplace unless it is asked for`() throws {
        let world = try world()
        try world.importing(Self.export(isProtected: true), today: World.secondDay, name: "b.xml")
        for words in [
            ["show", "engagement", "70003"], ["show", "engagement", "70003", "--json"],
            ["history", "engagement", "70003", "--json"],
        ] {
            let masked = try world.run(words, today: World.secondDay)
            #expect(masked.status == 0 && !masked.output.contains("99445566"), "\(words)")
            #expect(try world.run(words + ["--protected"], today: World.secondDay).output.contains("99445566"))
        }
        #expect(try world.run("show", "engagement", "70003").output.contains("unit: (protected)"))
        #expect(try !world.run("show", "engagement", "70001").output.contains("(protected)"))
        try world.importing(Self.export(isProtected: true, unit: "403"), today: "2026-03-04", name: "c.xml")
        #expect(try world.run("diff", "2", "3").output.contains("unit: (protected) -> (protected)"))
        #expect(try !world.run("diff", "2", "3", "--protected").output.contains("(protected)"))
        try world.run("hold", "hr", "--reason", "vent")
        var next = Self.export(isProtected: true, unit: "403")
        var other = EmployeeRecord("70009", cpr: "6507850055", in: "402")
        other.isProtected = true
        next.employees.append(other)
        try world.importing(next, today: "2026-03-05", name: "d.xml")
        let waiting = try world.run("diff", "3", "candidate:4", "--json")
        #expect(waiting.output.contains("70009") && !waiting.output.contains("99445566"))
        let report = try Spawn.run(
            World.program, ["person-report", "-", "--reason", "anmodning", "--config", world.path("fordeler.yaml")],
            input: Self.cpr, folder: world.folder)
        #expect(report.output.contains("99445566"))
    }

    @Test func `a finding does not name the unit of a protected person`() throws {
        let world = try world()
        for (isProtected, day) in [(true, World.secondDay), (false, "2026-03-04")] {
            try world.importing(Self.export(isProtected: isProtected, unit: "49999"), today: day, name: "\(day).xml")
            let messages = try world.findings("candidate:\(isProtected ? 2 : 3)").compactMap { $0["message"].text }
            #expect(!messages.isEmpty)
            #expect(messages.contains { $0.contains("49999") } == !isProtected)
            #expect(messages.contains { $0.contains("(protected)") } == isProtected)
        }
    }

    @Test func `an export in which the mark of several people is missing waits`() throws {
        let world = try World()
        try world.configure(
            """
            state: state
            timeZone: Europe/Copenhagen
            authority: {name: Søløkke Kommune, cvr: "99000001"}
            brakes: {changed: off}
            sources:
              hr: {mapping: kmd-opus, publish: automatic}
            """)
        func export(isProtected: Bool) -> Export {
            var export = Export.small
            for id in ["70001", "70002", "70003"] { export.alter(employee: id) { $0.isProtected = isProtected } }
            return export
        }
        try world.importing(export(isProtected: true), name: "a.xml")
        var one = export(isProtected: true)
        one.alter(employee: "70001") { $0.isProtected = false }
        #expect(try world.importing(one, today: World.secondDay, name: "b.xml").status == 0)

        let held = try world.importing(export(isProtected: false), today: "2026-03-04", name: "c.xml")
        #expect(held.status == 5 && held.json["brakes"].list.count == 1)
        let brake = try #require(held.json["brakes"].list.first)
        #expect(
            brake["name"].text == "hr.person.unprotected" && brake["limit"].number == 1
                && brake["actual"].number == 2)
        let approved = try world.run(
            "publish", "candidate:3", "--approve", "--reason", "aftalt", "--json", today: "2026-03-04")
        #expect(approved.status == 0)
        // Taking that back protects, which nobody need approve.
        #expect(try world.run("rollback", "1", "--reason", "forkert", "--json", today: "2026-03-04").status == 0)
    }

    /// Payroll and directory, where the account of 70003 is tied by its employee number and has the mail.
    private func twoSources() throws -> World {
        let world = try World.withTwoSources()
        try world.run(
            "subscription", "add", "plain", "--kinds", "unit,user", "--attributes",
            "accountName,email,phone,person,name")
        try world.write(
            "ObjectGUID,SamAccountName,Enabled,EmployeeID,EmailAddress,OfficePhone\r\n"
                + "0a0b0c0d-1111-4222-8333-000000070003,ceto,True,70003,ceto@kommune.example,\r\n", "ad.csv")
        return world
    }

    @Test func `an account whose protected person vanished from payroll goes on telling nothing`() throws {
        let world = try twoSources()
        try world.write(Self.export(isProtected: true), "hr1.xml")
        try world.importing("hr=hr1.xml", "ad=ad.csv")
        var gone = Self.export(isProtected: true)
        gone.employees.removeAll { $0.id == "70003" }
        try world.write(gone, "hr2.xml")
        #expect(try world.importing("hr=hr2.xml", today: World.secondDay).status == 0)
        let known = try world.run("show", "user", "ceto", "--protected", today: World.secondDay).output
        #expect(known.contains("ceto@kommune.example") && !known.contains("person:"))
        let events = try world.events("plain", today: World.secondDay)
        #expect(events.contains { $0["type"].text?.contains("user.updated") == true })
        #expect(try !world.run("events", "plain", "--json").output.contains("ceto@"))
        #expect(try !world.run("snapshot", "plain").output.contains("ceto@"))
        #expect(try !world.run("show", "user", "ceto").output.contains("ceto@"))
        #expect(try !world.run("diff", "1", "2").output.contains("ceto@"))

        // Back without the mark: that waits too, whatever else it does.
        var back = Self.export(isProtected: false)
        back.alter(employee: "70003") { $0.title = "Pædagog" }
        try world.configure(
            """
            state: state
            timeZone: Europe/Copenhagen
            authority: {name: Søløkke Kommune, cvr: "99000001"}
            brakes: {unprotected: 0}
            sources:
              hr: {mapping: kmd-opus, publish: automatic}
              ad: {mapping: ad-users-csv, publish: automatic}
            """)
        try world.write(back, "hr3.xml")
        let held = try world.importing("hr=hr3.xml", today: "2026-03-04")
        #expect(held.json["brakes"].list.map { $0["name"].text } == ["hr.person.unprotected"], "\(held.output)")
        try world.expectVerified()
    }

    @Test func `a mark on one of a person's records counts, whichever lasts longer`() throws {
        let world = try World()
        var export = Self.export(isProtected: false)
        var other = EmployeeRecord("70004", cpr: Self.cpr, in: "402")
        (other.leave, other.isProtected, other.firstName, other.lastName) = ("2026-12-31", true, "Cecilie", "Toft")
        export.employees.append(other)
        #expect(try world.importing(export).status == 0)
        #expect(try world.run("show", "person", "-", input: Self.cpr).output.contains("addressProtected: true"))
    }
}

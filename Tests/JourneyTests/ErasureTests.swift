import FordelerTestKit
import Foundation
import Testing

/// What is known of a person goes from every place, and everything else stays as it was.
struct ErasureTests {
    /// The person of employment 70003, who has a name that nobody else has.
    private static let cpr = "6303820033"
    private static let traces = ["6303820033", "Cecilie", "Toftegaard", "CETO03", "ceto03@kommune.example"]
    private static let kinds = "unit,person,engagement,user,function"
    private static let attributes = "name,givenName,surname,accountName,email,title,unit,person,phone,functionType"

    private static func export(title: String = "Pædagog") -> Export {
        var export = Export.small
        export.alter(employee: "70003") { record in
            (record.lastName, record.userId, record.isManager, record.title) = ("Toftegaard", "CETO03", true, title)
        }
        return export
    }

    private static func without(_ export: Export) -> Export {
        var export = export
        export.employees.removeAll { $0.id == "70003" }
        return export
    }

    /// Two versions with the person, a name that changed between them, and a mailbox that sees all of it.
    private func published() throws -> World {
        let world = try World()
        try world.run("subscription", "add", "omsorg", "--kinds", Self.kinds, "--attributes", Self.attributes)
        var first = Self.export()
        first.alter(employee: "70003") { $0.lastName = "Toft" }
        try world.importing(first, name: "a.xml")
        try world.importing(Self.export(), today: World.secondDay, name: "b.xml")
        return world
    }

    /// The person was there for two versions and left with the third.
    private func left() throws -> World {
        let world = try published()
        try world.importing(Self.without(Self.export()), today: "2026-03-04", name: "c.xml")
        return world
    }

    private func erase(_ world: World, _ words: String...) throws -> Outcome {
        try world.run(["erase", "-", "--json"] + words, today: "2026-03-05", input: Self.cpr)
    }

    /// The files of the state that hold a trace of the person.
    private func places(in world: World) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: world.state.path).sorted()
            .filter { $0 != "socket" }
            .flatMap { name in
                let data = try Data(contentsOf: world.state.appendingPathComponent(name))
                return Self.traces.filter { data.range(of: Data($0.utf8)) != nil }.map { "\(name): \($0)" }
            }
    }

    private func types(_ events: [JSON]) -> [String] {
        events.compactMap { $0["type"].text?.split(separator: ".").dropFirst(2).dropLast().joined(separator: ".") }
    }

    @Test func `a person who left is in no file of the state afterwards, and every other thing is as it was`() throws {
        let world = try left()
        #expect(try !places(in: world).isEmpty)
        let others = ["unit 403", "engagement 70001", "user AABB01"].map { $0.split(separator: " ").map(String.init) }
        let before = try others.map { try world.run(["history"] + $0 + ["--json"]).output }
        let events = try world.events("omsorg", today: "2026-03-04")
        let hashes = try world.run("versions", "--json").lines.map { $0["contentHash"].text }

        let outcome = try erase(world, "--reason", "anmodning 17")
        #expect(outcome.status == 0 && outcome.json["version"].number == 4 && outcome.json["objects"].number == 4)
        #expect(try places(in: world) == [])
        try world.expectVerified()

        #expect(try others.map { try world.run(["history"] + $0 + ["--json"]).output } == before)
        let versions = try world.run("versions", "--json").lines
        #expect(versions.map { $0["contentHash"].text } == hashes + [hashes.last ?? nil])
        #expect(versions.last?["cause"].text == "erasure" && versions.last?["reason"].text == "anmodning 17")

        let after = try world.events("omsorg", today: "2026-03-05")
        #expect(after.prefix(events.count).map { $0["type"].text } == events.map { $0["type"].text })
        #expect(after.prefix(events.count).map { $0["subject"].text } == events.map { $0["subject"].text })
        #expect(
            types(Array(after.dropFirst(events.count))) == [
                "version.begins", "user.erased", "function.erased", "engagement.erased", "person.erased",
                "version.completed",
            ])
        let erased = try #require(after.last { $0["type"].text == "dk.fordeler.person.erased.v1" })
        #expect(erased["data"]["before"].isNull && erased["data"]["after"].isNull && erased["cause"].text == "erasure")
        let renamed = try #require(after.first { $0["type"].text == "dk.fordeler.person.updated.v1" })
        #expect(renamed["data"]["changes"].list.map { $0["attribute"].text } == ["surname"])
        #expect(renamed["data"]["changes"].list.first?["from"].isNull == true)
    }

    @Test func `a clock that lies far ahead turns no day with an erasure`() throws {
        let world = try left()
        let before = try world.events("omsorg", today: "2026-03-04")
        let outcome = try world.run(
            ["erase", "-", "--json", "--reason", "anmodning 21"], today: "2026-11-22", input: Self.cpr)
        #expect(outcome.status == 0 && outcome.json["version"].number == 4)
        let after = try world.events("omsorg", today: "2026-03-05").dropFirst(before.count)
        #expect(after.allSatisfy { $0["type"].text?.contains("dayturn") == false }, "\(types(Array(after)))")
        #expect(types(Array(after)).contains("person.erased"))
        #expect(try places(in: world) == [])
        try world.expectVerified()
    }

    @Test func `what would go is told with the files of the drop folder, whoever imported them`() throws {
        let world = try World.forDaemon()
        try world.drop(Self.export(), "ZLPE20260302.xml")
        #expect(try world.run("import").status == 0)
        let told = try world.run(["erase", "-", "--dry-run", "--json", "--reason", "x"], input: Self.cpr)
        #expect(told.json["files"].list.map { $0.text?.hasSuffix("drop/ZLPE20260302.xml") } == [true], "\(told.output)")
    }

    @Test func `a person whom a source still sends is erased only when their records are left out from then on`() throws
    {
        let world = try published()
        let refused = try erase(world, "--reason", "anmodning 18")
        #expect(refused.status == 4 && refused.errors.contains("erasure.still-sent"))
        #expect(refused.errors.contains("hr still sends the person (b.xml:"))
        #expect(try world.version() == 2 && !places(in: world).isEmpty)

        let outcome = try erase(world, "--reason", "anmodning 18", "--suppress")
        #expect(outcome.status == 0 && outcome.json["version"].number == 3)
        #expect(try places(in: world) == [])
        try world.expectVerified()
        #expect(try world.run("show", "engagement", "70003").status == 1)
        #expect(try world.run("show", "engagement", "70001").status == 0)

        var next = Self.export(title: "Souschef")
        next.alter(employee: "70001") { $0.title = "Afdelingsleder" }
        let imported = try world.importing(next, today: "2026-03-06", name: "d.xml")
        #expect(imported.json["changes"]["engagement"]["updated"].number == 1)
        #expect(imported.json["changes"]["person"].isNull)
        #expect(try places(in: world) == [])

        let person = try #require(try world.run("suppression", "list", "--json").lines.first?["person"].text)
        #expect(try world.run("suppression", "lift", person).errors.contains("approval.reason-missing"))
        #expect(try world.run("suppression", "lift", person, "--reason", "genansat").status == 0)
        #expect(try world.run("suppression", "list").output.isEmpty)
        next.alter(employee: "70001") { $0.title = "Pædagog" }
        let again = try world.importing(next, today: "2026-03-07", name: "e.xml")
        #expect(again.json["changes"]["person"]["created"].number == 1)
        #expect(try world.run("show", "person", person, "--reveal").output.contains(Self.cpr))
        #expect(try !world.run("show", "person", person, "--version", "2").output.contains("Toft"))
        try world.expectVerified()
    }

    @Test func `an account that lost its person goes with them`() throws {
        let world = try World.withTwoSources(brakes: World.withoutBrakes)
        var town = TwoSourceMunicipality(seed: 5, employees: 40)
        try world.write(town.hr, "hr.xml")
        try world.write(town.ad, "ad.csv")
        #expect(try world.importing("hr=hr.xml", "ad=ad.csv").status == 0)
        let employed = Dictionary(town.hr.employments.map { ($0.id, $0.cpr) }, uniquingKeysWith: { first, _ in first })
        let account = try #require(
            town.ad.accounts.first { account in
                !account.email.isEmpty && employed[account.employeeID] != nil
                    && town.hr.employments.count { $0.cpr == employed[account.employeeID] } == 1
                    && town.ad.accounts.count { $0.employeeID == account.employeeID } == 1
            })
        let cpr = try #require(employed[account.employeeID])
        town.hr.employments.removeAll { $0.cpr == cpr }
        try world.write(town.hr, "without.xml")
        #expect(try world.importing("hr=without.xml", today: World.secondDay).status == 0)
        #expect(try world.importing("hr=hr.xml", today: World.secondDay).status == 0)
        #expect(try world.importing("hr=without.xml", today: World.secondDay).status == 0)
        let refused = try world.run("erase", "-", "--reason", "anmodning", today: "2026-03-05", input: cpr)
        #expect(refused.status == 4 && refused.errors.contains("ad still sends the person"), "\(refused.errors)")
        let hyphened = "\(cpr.prefix(6))-\(cpr.suffix(4))"
        let erased = try world.run(
            "erase", "-", "--suppress", "--reason", "anmodning", today: "2026-03-05", input: hyphened)
        #expect(erased.status == 0, "\(erased.errors)")
        for name in try FileManager.default.contentsOfDirectory(atPath: world.state.path) {
            let data = try Data(contentsOf: world.state.appendingPathComponent(name))
            for trace in [cpr, account.email, account.samAccountName] {
                #expect(data.range(of: Data(trace.utf8)) == nil, "\(trace) is in \(name)")
            }
        }
        try world.expectVerified()
    }

    @Test func `a candidate that waits with the person must be decided first`() throws {
        let world = try World(["hr": "manual"])
        try world.importing(Self.export(), name: "a.xml")
        let first = try world.run("publish", "candidate:1", "--approve", "--reason", "ja")
        #expect(first.status == 0)
        #expect(try world.importing(Self.without(Self.export()), today: World.secondDay, name: "b.xml").status == 5)
        let refused = try erase(world, "--reason", "anmodning", "--suppress")
        #expect(refused.status == 4 && refused.errors.contains("candidate:2"))
        #expect(try world.run("reject", "candidate:2", "--reason", "nej").status == 0)
        #expect(try erase(world, "--reason", "anmodning", "--suppress").status == 0)
        #expect(try places(in: world) == [])
        try world.expectVerified()
    }

    @Test func `a rollback does not bring an erased person back`() throws {
        let world = try published()
        #expect(try erase(world, "--reason", "anmodning 19", "--suppress").status == 0)
        var other = Self.without(Self.export())
        other.alter(unit: "403") { $0.name = "Børnehuset Pilen" }
        try world.importing(other, today: "2026-03-06", name: "c.xml")
        let back = try world.run("rollback", "1", "--reason", "forkert navn", "--json", today: "2026-03-06")
        #expect(back.status == 0 && back.json["exceptions"].number == 4)
        #expect(try world.run("show", "unit", "403").output.contains("Æblehaven"))
        #expect(try world.run("show", "engagement", "70003").status == 1)
        #expect(try places(in: world) == [])
        try world.expectVerified()
    }

    @Test func `a person may know all that is held, from every version, and the reading is noted`() throws {
        let world = try published()
        let unexplained = try world.run("person-report", "-", input: Self.cpr)
        #expect(unexplained.status == 1 && unexplained.errors.contains("approval.reason-missing"))
        // The one command that shows numbers unasked: that is what it is for.
        let report = try Spawn.run(
            World.program,
            ["person-report", "-", "--reason", "indsigt 4", "--json", "--config", world.path("fordeler.yaml")],
            input: Self.cpr, folder: world.folder)
        #expect(report.status == 0, "\(report.errors)")
        let states = report.lines.filter { !$0["kind"].isNull }
        #expect(states.compactMap { $0["kind"].text } == ["person", "person", "engagement", "user", "function"])
        let surnames = states.prefix(2).map { $0["periods"].list.first?["attributes"]["surname"].text }
        #expect(surnames == ["Toft", "Toftegaard"])
        #expect(states.first?["key"].text == Self.cpr)
        #expect(report.lines.compactMap { $0["held-from"].text }.count == 1)
        #expect(report.lines.compactMap { $0["seen-by"].text } == ["omsorg"])
    }

    @Test(arguments: ["6101800011 har klaget", "klage fra 610180-0011"])
    func `a number does not get into what is kept for ever`(reason: String) throws {
        let world = try published()
        let refused = try world.run("hold", "hr", "--reason", reason)
        #expect(refused.status == 1 && refused.errors.contains("reason.number"))
        #expect(try world.run("holds").output.isEmpty)
        #expect(try world.run("hold", "hr", "--reason", "sag 2026-17").status == 0)
    }

    @Test func `what would be erased is listed without erasing, and nobody unknown or unexplained is erased`() throws {
        let world = try published()
        let listed = try world.run("erase", "-", "--dry-run", "--json", today: "2026-03-05", input: Self.cpr)
        #expect(listed.status == 0)
        #expect(
            listed.json["objects"].list.compactMap { $0["kind"].text } == ["person", "engagement", "user", "function"])
        #expect(listed.json["stillSent"].texts.count == 1)
        #expect(try world.version() == 2 && !places(in: world).isEmpty)
        #expect(try erase(world).errors.contains("approval.reason-missing"))
        let unknown = try world.run("erase", "-", "--reason", "x", input: "6109990099")
        #expect(unknown.status == 1 && unknown.errors.contains("object.unknown"))
        #expect(!unknown.errors.contains("6109990099"))
    }

    @Test func `an erasure that a crash cut short is carried out when the daemon starts`() throws {
        let world = try World.forDaemon()
        let first = try RunningDaemon(world)
        try world.drop(Self.export(), "ZLPE20260302.xml")
        #expect(try first.settle()["version"].number == 1)
        let person = try #require(try first.run("show", "person", "-", "--json", input: Self.cpr).json["id"].text)
        #expect(first.end() == 0)
        let row = """
            {"actor":"anna","isSuppressed":true,"person":"\(person)","time":"2026-03-02T08:00:00Z"}

            """
        try Data(row.utf8).write(to: world.state.appendingPathComponent("erasures.jsonl"))
        let daemon = try RunningDaemon(world)
        let standing = try daemon.settle()
        #expect(standing["version"].number == 2 && standing["problems"].list.isEmpty)
        #expect(try places(in: world) == [])
        #expect(try daemon.run("verify").status == 0)
    }

    @Test func `an erasure that a crash cut short is carried out at the next one, and verify says so until then`()
        throws
    {
        let world = try left()
        let person = try #require(
            try world.run("show", "person", "-", "--version", "2", "--json", input: Self.cpr).lines.first?["id"].text)
        try world.expectVerified()
        let row = """
            {"actor":"anna","isSuppressed":false,"person":"\(person)","time":"2026-03-05T08:00:00Z"}

            """
        try Data(row.utf8).write(to: world.state.appendingPathComponent("erasures.jsonl"))
        let verified = try world.run("verify")
        #expect(verified.status == 1 && verified.output.contains("was to be erased and is not"))
        let again = try erase(world, "--reason", "igen")
        #expect(again.status == 1 && again.errors.contains("was erased with version 4"))
        #expect(try places(in: world) == [])
        try world.expectVerified()
    }

    @Test(arguments: 1...(ProcessInfo.processInfo.environment["FORDELER_SOAK"] == nil ? 3 : 200))
    func `random people of payroll and directory go without a trace, and every counted event stays`(seed: Int) throws {
        let world = try World.withTwoSources(brakes: World.withoutBrakes)
        try world.run("subscription", "add", "omsorg", "--kinds", Self.kinds, "--attributes", Self.attributes)
        var town = TwoSourceMunicipality(seed: UInt64(seed), employees: 40)
        for day in 2...5 {
            try world.write(town.hr, "hr\(day).xml")
            try world.write(town.ad, "ad\(day).csv")
            #expect(try world.importing("hr=hr\(day).xml", "ad=ad\(day).csv", today: "2026-03-0\(day)").status == 0)
            town.advance()
        }
        let told = try world.events("omsorg", today: "2026-03-05").map {
            [$0["id"].text, $0["type"].text, $0["subject"].text]
        }
        let people = Set(town.hr.employments.filter { $0.action == nil }.map(\.cpr)).sorted()
        var traces: [String] = []
        for number in 0..<3 {
            let cpr = people[(seed &* 7919 + number * 13) % people.count]
            guard try world.run("show", "person", "-", today: "2026-03-05", input: cpr).status == 0 else { continue }
            let report = try Spawn.run(
                World.program,
                ["person-report", "-", "--reason", "x", "--json", "--config", world.path("fordeler.yaml")],
                input: cpr, folder: world.folder)
            traces.append(cpr)
            for line in report.lines where line["kind"].text == "user" {
                for period in line["periods"].list {
                    traces += ["accountName", "email"].compactMap { period["attributes"][$0].text }
                }
            }
            let erased = try world.run(
                "erase", "-", "--suppress", "--reason", "anmodning", today: "2026-03-05", input: cpr)
            #expect(erased.status == 0, "\(erased.errors)")
        }
        #expect(!traces.isEmpty)
        func places() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: world.state.path).flatMap { name in
                let data = try Data(contentsOf: world.state.appendingPathComponent(name))
                return traces.filter { data.range(of: Data($0.utf8)) != nil }.map { "\(name): \($0)" }
            }
        }
        #expect(try places() == [])
        try world.expectVerified()
        let events = try world.events("omsorg", today: "2026-03-05")
        #expect(
            events.prefix(told.count).map { [$0["id"].text, $0["type"].text, $0["subject"].text] } == told)
        #expect(events.map { $0["sequence"].number } == Array(1...events.count))
        try world.write(town.hr, "hr6.xml")
        try world.write(town.ad, "ad6.csv")
        #expect(try world.importing("hr=hr6.xml", "ad=ad6.csv", today: "2026-03-06").status == 0)
        #expect(try places() == [])
        try world.expectVerified()
    }
}

import Foundation
import Testing

/// What retention keeps no more goes, what it keeps is as before, and whoever asks for the rest is told.
struct PruningTests {
    private static func configuration(_ retention: String) -> String {
        """
        state: state
        timeZone: Europe/Copenhagen
        authority: {name: Søløkke Kommune, cvr: "99000001"}
        \(World.withoutBrakes)
        retention: \(retention)
        sources:
          hr: {mapping: kmd-opus, publish: automatic}
        """
    }

    private static func export(_ number: Int) -> Export {
        var export = Export.small
        export.alter(unit: "403") { $0.name = "Børnehuset nummer \(number)" }
        export.alter(employee: "70003") { $0.lastName = "Toftegård\(number)" }
        return export
    }

    private static func day(_ number: Int) -> String {
        String(format: "2026-03-%02d", number * 3)
    }

    /// Six versions, three days apart, and a subscriber who has settled all but the last one.
    private func lived(_ retention: String = "{versions: 2, days: 1}") throws -> World {
        let world = try World()
        try world.configure(Self.configuration(retention))
        try world.run("subscription", "add", "ky", "--kinds", "unit,engagement")
        for number in 1...6 {
            #expect(
                try world.importing(Self.export(number), today: Self.day(number), name: "\(number).xml").status == 0)
            if number < 6 { try settle(world, Self.day(number)) }
        }
        return world
    }

    private func settle(_ world: World, _ day: String) throws {
        let last = try #require(try world.events("ky", today: day).last?["sequence"].number)
        #expect(try world.run("ack", "ky", "--through", String(last)).status == 0)
    }

    private func prune(_ world: World, _ words: String...) throws -> Outcome {
        try world.run(["prune", "--actor", "anna"] + words, today: Self.day(6))
    }

    /// The numbers of the versions whose name of the unit, or of the person, is in a file of the state.
    private func traces(_ name: String, _ world: World) throws -> [Int] {
        let files = try FileManager.default.contentsOfDirectory(atPath: world.state.path)
        let bytes = try files.reduce(into: Data()) { bytes, file in
            bytes += try Data(contentsOf: world.state.appendingPathComponent(file))
        }
        return (1...6).filter { bytes.range(of: Data("\(name)\($0)".utf8)) != nil }
    }

    @Test func `pruned versions are refused by name, and kept ones and the mailbox are as before`() throws {
        let world = try lived()
        func kept() throws -> [String] {
            try [
                ["diff", "5", "6", "--json"], ["diff", "0", "5", "--json"], ["show", "unit", "403", "--version", "5"],
                ["show", "engagement", "70003", "--version", "6", "--json"], ["findings", "5"],
                ["events", "ky", "--json"], ["pins", "--json"],
            ].map { words in
                let outcome = try world.run(words, today: Self.day(6))
                #expect(outcome.status == 0, "\(words) \(outcome.errors)")
                return outcome.output
            }
        }
        let before = try kept()
        #expect(try traces("Toftegård", world) == [1, 2, 3, 4, 5, 6])
        let tried = try prune(world, "--dry-run", "--json").json
        #expect(tried["oldest"].number == 5 && tried["versions"].number == 4 && tried["heldBy"].list.isEmpty)
        #expect(try world.run("diff", "1", "2").status == 0, "nothing was done yet")

        let pruned = try prune(world)
        #expect(pruned.output == "gone: versions 1 to 4\nthe oldest version that is kept: 5\n")
        #expect(try kept() == before)
        #expect(
            try world.run("versions", "--json").lines.map { $0.keys.contains("pruned") } == [
                true, true, true, true, false, false,
            ])
        try world.expectVerified()
        #expect(try traces("Toftegård", world) == [5, 6])
        for words in [
            ["diff", "1", "6"], ["diff", "5", "4"], ["show", "unit", "403", "--version", "4"], ["findings", "3"],
            ["rollback", "4", "--reason", "x"], ["rollback", "2", "--unit", "403", "--preview"],
            ["findings", "candidate:2"], ["diff", "5", "candidate:2"],
        ] {
            let outcome = try world.run(words, today: Self.day(6))
            #expect(outcome.status == 1 && outcome.output.isEmpty, "\(words)")
            #expect(outcome.errors.contains("version.pruned: version "), "\(words): \(outcome.errors)")
            #expect(outcome.errors.contains("the oldest one that is kept is 5"), "\(words): \(outcome.errors)")
        }
        let entry = try #require(try world.run("audit", "--action", "state.pruned", "--json").lines.first)
        #expect(entry["actor"].text == "anna" && entry["subject"].text == "version:5")
        #expect(try prune(world).output == "gone: nothing\nthe oldest version that is kept: 5\n")
        #expect(try world.run("rollback", "5", "--reason", "x", today: Self.day(6)).status == 0)
        #expect(try world.contentHash(7) == world.contentHash(5))
        try world.expectVerified()
    }

    @Test func `the history of an object says where it was pruned`() throws {
        let world = try lived()
        _ = try prune(world)
        let history = try world.run("history", "unit", "403", "--json").lines
        #expect(history.map { $0["version"].number } == [5, 6])
        #expect(history[0].keys.contains("pruned") && history[0]["change"].list.isEmpty)
        #expect(!history[1].keys.contains("pruned") && history[1]["change"].texts == ["updated"])
        #expect(try world.run("history", "unit", "403").output.contains("is not kept any more (pruned)"))
    }

    @Test func `a mailbox that has not settled keeps what it needs, and is named`() throws {
        let world = try lived()
        try world.run("subscription", "add", "sen", "--kinds", "unit", today: Self.day(6))
        try world.importing(Self.export(7), today: "2026-03-20", name: "7.xml")
        try world.importing(Self.export(8), today: "2026-03-25", name: "8.xml")
        try settle(world, "2026-03-25")
        let events = try world.events("sen", today: "2026-03-25")
        let held = try world.run("prune", "--json", today: "2026-03-25").json
        #expect(held["oldest"].number == 6)
        #expect(held["heldBy"].list.map { $0["who"].text } == ["subscription:sen"])
        #expect(try world.events("sen", today: "2026-03-25") == events && events.count == 6)
        let last = try #require(events.last?["sequence"].number)
        try world.run("ack", "sen", "--through", String(last))
        #expect(try world.run("prune", "--json", today: "2026-03-25").json["oldest"].number == 7)
        try world.expectVerified()
    }

    @Test func `with retention off everything stays`() throws {
        let world = try lived("off")
        #expect(try prune(world).output == "retention is off: everything stays\n")
        #expect(try world.run("diff", "1", "2").status == 0)
    }

    @Test func `an erasure and a restore work after a pruning`() throws {
        let world = try lived()
        #expect(try world.run("backup", world.path("backup")).status == 0)
        _ = try prune(world)
        let erased = try world.run(
            ["erase", "-", "--suppress", "--reason", "request 3"], today: Self.day(6), input: "6303820033")
        #expect(erased.status == 0, "\(erased.errors)")
        #expect(try traces("Toftegård", world) == [])
        try world.expectVerified()
        // The backup holds the pruned versions, and the person.
        let restored = try world.run("restore", world.path("backup"), "--discard")
        #expect(restored.status == 0 && restored.output.contains("erased again"), "\(restored.errors)")
        #expect(try world.run("diff", "1", "2").status == 0)
        #expect(try traces("Toftegård", world) == [])
        try world.expectVerified()
        #expect(try prune(world).status == 0)
        try world.expectVerified()
    }

    @Test func `the daemon prunes each night, once, and tells what holds it back`() throws {
        let world = try World.forDaemon(more: "retention: {versions: 1, days: 1}")
        let daemon = try RunningDaemon(world)
        for number in 1...4 {
            try world.setClock("2026-03-0\(number + 1)T09:00:00Z")
            try world.drop(Self.export(number), "ZLPE2026030\(number + 1).xml")
            try daemon.settle()
        }
        func pruned() throws -> [JSON] {
            try daemon.run("audit", "--action", "state.pruned", "--json").lines.reversed()
        }
        // Each night what was not current on the day before went.
        #expect(try pruned().map { $0["subject"].text } == ["version:2"])
        try world.setClock("2026-03-05T23:59:59Z")
        try daemon.settle()
        #expect(try pruned().count == 1, "it is not one o'clock")
        try world.setClock("2026-03-06T00:00:01Z")
        try daemon.settle()
        try daemon.settle()
        let entries = try pruned()
        #expect(entries.map { $0["subject"].text } == ["version:2", "version:3"])
        #expect(entries.allSatisfy { $0["actor"].text == "daemon" })
        #expect(try daemon.run("diff", "2", "3").errors.contains("version.pruned"))
        #expect(try daemon.run("diff", "3", "4").status == 0)
        try daemon.run("subscription", "add", "ky", "--kinds", "unit")
        try world.setClock("2026-03-06T09:00:00Z")
        try world.drop(Self.export(5), "ZLPE20260306.xml")
        try daemon.settle()
        try world.setClock("2026-03-16T09:00:00Z")
        try daemon.settle()
        let log = daemon.logLines.filter { $0["message"].text == "retention.held-back" }
        #expect(log.map { $0["who"].text } == ["subscription:ky"] && log.first?["version"].text == "4")
        #expect(daemon.logLines.contains { $0["message"].text == "the database was written anew" })
        #expect(try daemon.run("verify").status == 0)
    }

    @Test func `a snapshot that is read on after its version went begins again`() throws {
        let world = try World.forDaemon(more: "retention: {versions: 1, days: 1}")
        let daemon = try RunningDaemon(world)
        try world.drop(Self.export(1), "ZLPE20260302.xml")
        try daemon.settle()
        try daemon.run("subscription", "add", "ky", "--kinds", "unit,engagement")
        let token = try daemon.run("subscription", "token", "ky").output.trimmingCharacters(in: .newlines)
        let first = try daemon.get("/api/v1/subscriptions/ky/snapshot?max=1", token: token)
        let cursor = try #require(first.json["next"].text)
        let next = "/api/v1/subscriptions/ky/snapshot?max=1&cursor=\(cursor)"
        try world.setClock("2026-03-04T09:00:00Z")
        try world.drop(Self.export(2), "ZLPE20260304.xml")
        try daemon.settle()
        try world.setClock("2026-03-07T09:00:00Z")
        try daemon.settle()
        // The mailbox has not settled version 2, which is told with what was before.
        #expect(try daemon.run("prune").output.contains("older ones are kept for subscription:ky, from version 1 on"))
        let second = try daemon.get(next, token: token)
        #expect(second.status == 200 && second.json["version"].number == 1)
        let last = try #require(try daemon.run("events", "ky", "--json").lines.last?["sequence"].number)
        try daemon.run("ack", "ky", "--through", String(last))
        try world.setClock("2026-03-09T09:00:00Z")
        try daemon.settle()
        #expect(try daemon.run("prune", "--dry-run", "--json").json["oldest"].number == 2)
        let gone = try daemon.get(next, token: token)
        #expect(gone.status == 410 && gone.json["code"].text == "version.pruned")
        #expect(try daemon.get("/api/v1/subscriptions/ky/snapshot?max=1", token: token).status == 200)
    }
}

import Foundation
import GRDB
import Testing

/// The states in `Tests/OlderStates`, left by older programs, are brought up to date and go on.
struct OlderStateTests {
    private static let folder = World.package.appendingPathComponent("Tests/OlderStates")

    private static let numbers: [Int] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".sql") }.compactMap { Int($0.dropLast(4)) }.sorted()

    private static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    /// A folder with the state, as the older program left it.
    private func world(_ number: Int) throws -> World {
        let world = try World()
        try FileManager.default.createDirectory(
            at: world.state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try world.write(Self.bytes(hex: Self.text("secret.hex")), "state/secret")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: world.path("state/secret"))
        if let ledger = try? Self.text("\(number).erasures.jsonl") { try world.write(ledger, "state/erasures.jsonl") }
        try execute(Self.text("\(number).sql"), world)
        return world
    }

    private func execute(_ sql: String, _ world: World) throws {
        let queue = try DatabaseQueue(path: world.database.path)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }

    private static func bytes(hex: String) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// What the older program answered: each command, and the lines it printed.
    private func answers(_ number: Int) throws -> [(words: [String], lines: [JSON])] {
        try Self.text("\(number).jsonl").split(separator: "\n").compactMap { JSON($0) }.map { answer in
            let lines = (answer["output"].text ?? "").split(separator: "\n").compactMap { JSON($0) }
            return (answer["words"].texts, lines)
        }
    }

    private static let today = "2026-03-12"

    /// The first step of the tables with which protected people are masked.
    private static let masking = 6

    @Test func `there are states of the steps before the present one`() {
        #expect(Set(Self.numbers).isSuperset(of: [1, 2, 3, 4, 6]))
    }

    @Test(arguments: OlderStateTests.numbers)
    func `an older state is refused for reading, brought up to date by writing, and says what it said`(number: Int)
        throws
    {
        let world = try world(number)
        let refused = try world.run("versions")
        #expect(refused.status == 1 && refused.errors.contains("written by an older fordeler"))
        let answers = try answers(number)
        try #require(answers.count > 10)
        for (words, lines) in answers.sorted(by: { $0.words[0] == "events" && $1.words[0] != "events" }) {
            // What older programs showed unasked.
            let isMasked = number < Self.masking && ["show", "history", "diff"].contains(words[0])
            let outcome = try world.run(words + (isMasked ? ["--protected"] : []), today: Self.today)
            #expect(outcome.status == 0, "\(words): \(outcome.errors)")
            if words[0] == "events" {
                try expectSameEvents(outcome.lines, lines, wereMasked: number >= Self.masking)
            } else {
                #expect(outcome.lines.count == lines.count, "\(words)")
                for (line, expected) in zip(outcome.lines, lines) {
                    for key in expected.keys {
                        // In the place of a key that went, older programs showed stars.
                        let wasErased = key == "key" && line[key] == line["id"]
                        #expect(line[key] == expected[key] || wasErased, "\(words): \(key)")
                    }
                }
            }
        }
        try world.expectVerified()
        #expect(try world.run("audit", "verify").status == 0)
    }

    /// The same events with the same numbers; only where protected people can be found is told no more. One more entry takes
    /// it from whoever was told.
    private func expectSameEvents(_ events: [JSON], _ before: [JSON], wereMasked: Bool) throws {
        if wereMasked { return #expect(events == before) }
        try #require(events.count > before.count)
        for (event, expected) in zip(events, before) {
            for key in expected.keys where key != "data" { #expect(event[key] == expected[key]) }
            guard event["data"]["withheld"].isNull else {
                #expect(event["data"]["after"]["unit"].isNull && event["data"]["before"]["phone"].isNull)
                continue
            }
            #expect(event["data"] == expected["data"])
        }
        #expect(events.contains { !$0["data"]["withheld"].isNull })
        let added = Array(events.dropFirst(before.count))
        #expect(
            added.map { $0["type"].text } == [
                "dk.fordeler.version.begins.v1", "dk.fordeler.engagement.updated.v1",
                "dk.fordeler.version.completed.v1",
            ])
        #expect(added.allSatisfy { $0["cause"].text == "view" })
        #expect(added.dropFirst().first?["data"]["after"].keys == ["title"])
    }

    @Test(arguments: OlderStateTests.numbers)
    func `an older state publishes on, rolls back and erases`(number: Int) throws {
        let world = try world(number)
        try world.write(Self.text("next.xml"), "next.xml")
        let before = try world.events("box", today: Self.today)
        let released = try world.run("release", "hr", today: Self.today)
        // Where an approval for later was given, that goes on waiting.
        #expect(released.status == (number < 3 ? 0 : 5), "\(released.errors)")
        let imported = try world.importing("hr=next.xml", today: Self.today)
        #expect(imported.status == 0 && imported.json["changes"]["engagement"]["updated"].number == 1)
        let version = try world.version()
        #expect(try world.run("rollback", "2", "--reason", "prøve", today: Self.today).status == 0)
        #expect(try world.version() == version + 1)
        let erased = try world.run(
            ["erase", "-", "--suppress", "--reason", "anmodning", "--json"], today: Self.today, input: "6202810022")
        #expect(erased.status == 0, "\(erased.errors)")
        let events = try world.events("box", today: Self.today)
        #expect(events.map { $0["sequence"].number } == (6...5 + events.count).map { $0 })
        #expect(events.prefix(before.count).map { $0["id"].text } == before.map { $0["id"].text })
        try world.expectVerified()
    }

    @Test(arguments: [["versions"], ["events", "box"], ["import", "hr=next.xml"]])
    func `a newer state is refused with its code`(words: [String]) throws {
        let world = try world(4)
        try world.write(Self.text("next.xml"), "next.xml")
        #expect(try world.run("events", "box", today: Self.today).status == 0)
        try execute("INSERT INTO grdb_migrations VALUES ('99')", world)
        let refused = try world.run(words, today: Self.today)
        #expect(refused.status == 1 && refused.errors.contains("state.too-new"))
    }
}

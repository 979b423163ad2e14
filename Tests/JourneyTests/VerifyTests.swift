import Foundation
import Testing

/// Damage to the state is noticed, wherever it lies.
struct VerifyTests {
    /// A state with two versions, findings, a mailbox and an acknowledgement.
    private func filled() throws -> World {
        let world = try World()
        try world.importing(Export.small, name: "day1.xml")
        try world.run("subscription", "add", "ky", "--kinds", "unit,engagement")
        var export = Export.small
        export.alter(unit: "403") { $0.name = "Børnehuset Regnbuen" }
        export.alter(employee: "70003") { $0.entry = "" }
        try world.importing(export, today: World.secondDay, name: "day2.xml")
        #expect(try world.events("ky", today: World.secondDay).count == 3)
        #expect(try world.run("ack", "ky", "--through", "2").status == 0)
        try world.importing("hr=day1.xml", today: World.secondDay)
        try world.expectVerified()
        return world
    }

    /// All places of a text in the database file.
    private func places(of text: String, in data: Data) -> [Data.Index] {
        var found: [Data.Index] = []
        var rest = data.startIndex..<data.endIndex
        while let range = data.range(of: Data(text.utf8), in: rest) {
            found.append(range.lowerBound)
            rest = range.upperBound..<data.endIndex
        }
        return found
    }

    /// Texts that stand in rows of different tables.
    private static let texts = [
        "Søløkke Kommune", "Center for Dagtilbud", "Afdelingsleder", "6303820033", "Toft", "day1.xml",
        "record.beginning-missing", "version.published", "kinds=unit,engagement",
    ]

    @Test(arguments: texts) func `a flipped bit in a row is found`(text: String) throws {
        let world = try filled()
        let good = try Data(contentsOf: world.database)
        let places = places(of: text, in: good)
        #expect(!places.isEmpty)
        for place in places {
            var bad = good
            bad[place + 1] ^= 0x04
            try bad.write(to: world.database)
            let outcome = try world.run("verify")
            #expect(outcome.status == 1 && outcome.errors.contains("state."), "\(text) at \(place)")
        }
        try good.write(to: world.database)
        try world.expectVerified()
    }

    @Test func `a database that lost its end is found`() throws {
        let world = try filled()
        let good = try Data(contentsOf: world.database)
        try good.prefix(good.count / 2 / 4096 * 4096).write(to: world.database)
        #expect(try world.run("verify").status == 1)
        try Data("this is no database, though it is long enough to be one".utf8).write(to: world.database)
        #expect(try world.run("verify").status == 1)
        try good.write(to: world.database)
        try world.expectVerified()
    }

    /// Whether the sqlite3 program is installed; what it does can be done by anybody who reaches the file.
    private static let hasTool =
        (try? Spawn.run(
            "sqlite3", ["-version"], folder: FileManager.default.temporaryDirectory
        ).status) == 0

    @Test(
        .enabled(if: hasTool),
        arguments: [
            "UPDATE subscription SET settledThrough = 3", "UPDATE viewEntry SET count = count + 1",
            "UPDATE object SET since = 1", "DELETE FROM bucket WHERE number = (SELECT min(number) FROM bucket)",
            "DELETE FROM object WHERE id = (SELECT max(id) FROM object WHERE kind = 4)",
            "UPDATE finding SET message = 'alt er godt'", "UPDATE candidate SET verdict = 'held'",
            "UPDATE claim SET line = line + 1", "UPDATE setting SET value = value - 1 WHERE name = 'day'",
            "DROP TRIGGER IF EXISTS audit_DELETE; DELETE FROM logEntry WHERE number = 2",
            "UPDATE audit SET actor = 'ingen'",
        ])
    func `a row that somebody altered is found, or could not be altered`(statement: String) throws {
        let world = try filled()
        let altered = try Spawn.run("sqlite3", [world.database.path, statement], folder: world.folder)
        let outcome = try world.run("verify")
        #expect(outcome.status == (altered.status == 0 ? 1 : 0), "\(altered.errors) \(outcome.output)")
    }
}

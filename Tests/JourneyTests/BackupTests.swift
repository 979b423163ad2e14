import Foundation
import Testing

/// A copy of the state is whole, and what is put back is the register that it was, with mailboxes that begin anew.
struct BackupTests {
    private static func export(_ name: String) -> Export {
        var export = Export.small
        export.alter(unit: "403") { $0.name = name }
        return export
    }

    /// Two versions, and a backup of the first.
    private func backedUp() throws -> World {
        let world = try World()
        try world.run("subscription", "add", "ky", "--kinds", "unit,engagement")
        try world.importing(Export.small, name: "a.xml")
        #expect(try world.run("ack", "ky", "--through", "3").status == 4, "nothing was counted yet")
        #expect(try world.events("ky").count == 8)
        #expect(try world.run("ack", "ky", "--through", "3").status == 0)
        let backup = try world.run("backup", world.path("backup"), "--json")
        #expect(backup.status == 0 && backup.json["version"].number == 1)
        try world.importing(Self.export("Børnehuset Pilen"), today: World.secondDay, name: "b.xml")
        return world
    }

    @Test func `a backup that is restored is the register as it was, and what was replaced is kept`() throws {
        let world = try backedUp()
        let refused = try world.run("restore", world.path("backup"))
        #expect(refused.status == 1 && refused.errors.contains("--keep"))
        let tried = try world.run("restore", world.path("backup"), "--dry-run")
        #expect(tried.status == 0 && tried.output.contains("nothing was changed"))
        #expect(!FileManager.default.fileExists(atPath: world.path("state/restore.part")))
        #expect(try world.version() == 2)

        let restored = try world.run("restore", world.path("backup"), "--keep", world.path("replaced"))
        #expect(restored.status == 0, "\(restored.errors)")
        #expect(restored.output.contains("ky takes a snapshot; its events go on after 1000000000"))
        #expect(try world.version() == 1)
        #expect(try world.run("show", "unit", "403").output.contains("Æblehaven"))
        try world.expectVerified()
        let again = try world.importing("hr=b.xml", today: World.secondDay)
        #expect(again.json["verdict"].text == "published" && again.json["version"].number == 2)

        let back = try world.run("restore", world.path("replaced"), "--discard")
        #expect(back.status == 0, "\(back.errors)")
        #expect(try world.version() == 2)
        #expect(try world.run("show", "unit", "403").output.contains("Pilen"))
        try world.expectVerified()
    }

    @Test(arguments: ["bk", "bk/", "./bk", "deep/bk"])
    func `a backup may be named as people name folders`(name: String) throws {
        let world = try World()
        try world.importing(Export.small)
        try FileManager.default.createDirectory(atPath: world.path("deep"), withIntermediateDirectories: true)
        let within = ["env", "-C", world.folder.path]
        let outcome = try world.run(["backup", name], under: within)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: world.path("bk.part")))
        #expect(try world.run(["restore", name, "--discard", "--dry-run"], under: within).status == 0)
    }

    @Test func `a mailbox begins anew after a restore, and its old numbers are refused`() throws {
        let world = try backedUp()
        let old = try world.events("ky", today: World.secondDay)
        #expect(try world.run("restore", world.path("backup"), "--discard").status == 0)
        for command in [["events", "ky"], ["events", "ky", "--after", "5"], ["ack", "ky", "--through", "5"]] {
            let refused = try world.run(command, today: World.secondDay)
            #expect(refused.status == 4 && refused.errors.contains("mailbox.renewed"))
        }
        let snapshot = try world.run("snapshot", "ky", today: World.secondDay).lines
        let after = try #require(snapshot.first?["after"].number)
        #expect(after == 1_000_000_000)
        try world.importing(Self.export("Børnehuset Lind"), today: World.secondDay, name: "c.xml")
        let events = try world.events("ky", after: after, today: World.secondDay)
        #expect(events.map { $0["sequence"].number } == [after + 1, after + 2, after + 3])
        #expect(events.first?["startsafter"].number == after)
        let epochs = Set((old + events).compactMap { $0["id"].text?.prefix(8) })
        #expect(epochs.count == 2)
        #expect(try world.run("ack", "ky", "--through", String(after + 3), today: World.secondDay).status == 0)
        #expect(try world.events("ky", today: World.secondDay).isEmpty, "from now on no number is needed")
        try world.expectVerified()
    }

    @Test func `whoever was erased since the backup is erased in what is restored`() throws {
        let world = try backedUp()
        var without = Self.export("Børnehuset Pilen")
        without.employees.removeLast()
        try world.importing(without, today: "2026-03-04", name: "c.xml")
        #expect(try world.run("erase", "-", "--reason", "anmodning", input: "6303820033").status == 0)
        let restored = try world.run("restore", world.path("backup"), "--discard")
        #expect(restored.status == 0 && restored.output.contains("erased again, as they were since: 1"))
        for name in try FileManager.default.contentsOfDirectory(atPath: world.state.path) {
            let data = try Data(contentsOf: world.state.appendingPathComponent(name))
            for trace in ["6303820033", "Cecilie"] {
                #expect(data.range(of: Data(trace.utf8)) == nil, "\(trace) is in \(name)")
            }
        }
        #expect(try world.run("show", "engagement", "70003").status == 1)
        try world.expectVerified()
        let later = try world.run("backup", world.path("later"))
        #expect(later.status == 0)
        let database = try Data(contentsOf: world.folder.appendingPathComponent("later/fordeler.sqlite"))
        #expect(database.range(of: Data("6303820033".utf8)) == nil)
    }

    @Test func `a damaged or missing backup is refused and the state stays`() throws {
        let world = try backedUp()
        let missing = try world.run("restore", world.path("nowhere"), "--discard")
        #expect(missing.status == 1 && missing.errors.contains("backup.missing"))
        let file = world.folder.appendingPathComponent("backup/fordeler.sqlite")
        var bytes = try Data(contentsOf: file)
        let place = try #require(bytes.range(of: Data("Center for Dagtilbud".utf8)))
        bytes[place.lowerBound] ^= 0x04
        try bytes.write(to: file)
        let damaged = try world.run("restore", world.path("backup"), "--discard")
        #expect(damaged.status == 1 && damaged.errors.contains("backup.damaged"))
        #expect(try world.version() == 2)
        try world.expectVerified()
        let exists = try world.run("backup", world.path("backup"))
        #expect(exists.status == 1 && exists.errors.contains("backup.exists"))
    }

    @Test func `a restore that was cut short leaves no half state`() throws {
        let world = try backedUp()
        try Data().write(to: world.state.appendingPathComponent("restoring"))
        let refused = try world.run("versions")
        #expect(refused.status == 1 && refused.errors.contains("Run fordeler restore again"))
        #expect(try world.run("restore", world.path("backup"), "--discard").status == 0)
        #expect(try world.version() == 1)
        try world.expectVerified()
    }

    @Test func `what was scheduled when the backup was made is not published after the restore`() throws {
        let world = try World(["hr": "manual"])
        #expect(try world.importing(Export.small, name: "a.xml").status == 5)
        let given = try world.run(
            "publish", "candidate:1", "--approve", "--reason", "ja", "--at", "2099-03-02T06:00")
        #expect(given.status == 0, "\(given.errors)")
        #expect(try world.run("backup", world.path("backup")).status == 0)
        let restored = try world.run("restore", world.path("backup"), "--discard")
        #expect(restored.status == 0 && restored.output.contains("candidate:1 is not scheduled any more"))
        #expect(try !world.run("candidates").output.contains("2099"))
        try world.expectVerified()
    }

    @Test func `a daemon keeps its state, and makes backups while it works`() throws {
        let world = try World.forDaemon()
        let daemon = try RunningDaemon(world)
        try world.drop(Export.small, "ZLPE20260302.xml")
        try daemon.settle()
        #expect(try daemon.run("backup", world.path("backup")).status == 0)
        let refused = try world.run("restore", world.path("backup"), "--discard")
        #expect(refused.status == 4 && refused.errors.contains("state.in-use"))
        #expect(daemon.end() == 0)
        #expect(try world.run("restore", world.path("backup"), "--discard").status == 0)
        let next = try RunningDaemon(world)
        let standing = try next.settle()
        #expect(standing["version"].number == 1)
        #expect(standing["crashes"].number == 0, "the daemon that made the backup did not crash")
    }

    @Test func `a backup inside of the state is refused, by whatever name`() throws {
        let world = try backedUp()
        try FileManager.default.createSymbolicLink(
            atPath: world.path("link"), withDestinationPath: world.state.path)
        for name in ["state/b", "state/b/", "link/b"] {
            let refused = try world.run("backup", world.path(name))
            #expect(refused.status == 1 && refused.errors.contains("backup.inside-state"), "\(name)")
        }
        #expect(try world.run("backup", world.path("state-2")).status == 0)
        let kept = try world.run("restore", world.path("backup"), "--keep", world.path("state/old"))
        #expect(kept.status == 1 && kept.errors.contains("backup.inside-state"))
        try world.expectVerified()
    }

    @Test func `a backup with another secret is refused, and so is a state`() throws {
        let world = try backedUp()
        let foreign = Data(repeating: 7, count: 32)
        for folder in ["backup", "state"] {
            let secret = URL(fileURLWithPath: world.path(folder + "/secret"))
            let own = try Data(contentsOf: secret)
            try foreign.write(to: secret)
            let refused =
                folder == "backup"
                ? try world.run("restore", world.path("backup"), "--discard") : try world.run("verify")
            #expect(refused.status == 1 && refused.errors.contains("state.secret-foreign"), "\(refused.errors)")
            try own.write(to: secret)
        }
        #expect(try world.version() == 2)
        try world.expectVerified()
    }
}

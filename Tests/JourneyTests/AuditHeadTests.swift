import Foundation
import Testing

/// Where the audit ends is told to those outside, day by day, so that nobody can cut it off unseen.
struct AuditHeadTests {
    /// A world whose daemon appends to the file `heads`.
    private func watched() throws -> World {
        try World.forDaemon(more: "auditHead: heads")
    }

    private func file(_ world: World) -> URL { world.folder.appendingPathComponent("heads") }

    private func lines(_ world: World) throws -> [JSON] {
        try String(contentsOf: file(world), encoding: .utf8).split(separator: "\n").compactMap { JSON($0) }
    }

    private func logged(_ daemon: RunningDaemon) -> [JSON] {
        daemon.logLines.filter { $0["message"].text == "audit head" }
    }

    /// The entries of an audit that grew on two days.
    private func twoDays(_ world: World) throws -> RunningDaemon {
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        try world.drop(Export.small, "ZLPE20260302.xml")
        try daemon.settle()
        try world.setClock("2026-03-03T00:00:01Z")
        try daemon.settle()
        try daemon.run("hold", "hr", "--reason", "wait")
        try world.setClock("2026-03-03T23:00:01Z")
        try daemon.settle()
        return daemon
    }

    @Test func `the end is told at the start and after each midnight, when it has moved`() throws {
        let world = try watched()
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        #expect(try lines(world).isEmpty, "nothing was done yet")
        try world.drop(Export.small, "ZLPE20260302.xml")
        try daemon.settle()
        #expect(try lines(world).isEmpty, "the day is not over")
        try world.setClock("2026-03-02T23:00:00Z")
        try daemon.settle()
        #expect(try lines(world).count == 1)
        try world.setClock("2026-03-03T23:00:00Z")
        try daemon.settle()
        #expect(try lines(world).count == 1, "it has not moved")
        try daemon.run("hold", "hr", "--reason", "wait")
        daemon.end()
        let next = try RunningDaemon(world)
        try next.settle()
        let told = try lines(world)
        let head = try next.run("audit", "head", "--json").json
        #expect(told.count == 2 && told[1] == head)
        #expect(told[1].keys == ["number", "chain", "time"] && told[1]["chain"].text?.utf8.count == 64)
        #expect(logged(daemon).map { $0["number"].text } == [told[0]["number"].number.map(String.init)])
        let log = try #require(logged(next).first)
        #expect(log["level"].text == "notice" && logged(next).count == 1)
        #expect(log["chain"].text?.replacing(" ", with: "") == told[1]["chain"].text)
        next.end()
        let third = try RunningDaemon(world)
        try third.settle()
        #expect(try lines(world) == told && logged(third).isEmpty)
        let attributes = try FileManager.default.attributesOfItem(atPath: file(world).path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let verified = try third.run("audit", "verify", "--head", file(world).path)
        #expect(verified.status == 0 && verified.output.contains(", 2 lines: all in order"))
    }

    @Test func `without a file the end is in the log only`() throws {
        let world = try World.forDaemon()
        let daemon = try twoDays(world)
        #expect(logged(daemon).count == 2 && !FileManager.default.fileExists(atPath: file(world).path))
    }

    @Test func `a file that a new configuration names gets the end at once`() throws {
        let world = try World.forDaemon()
        let daemon = try twoDays(world)
        try world.configureDaemon(more: "auditHead: heads")
        daemon.reload()
        try daemon.settle()
        #expect(try lines(world).count == 1)
        try world.configureDaemon(more: "auditHead: drop")
        daemon.reload()
        #expect(try daemon.run("status", "--wait").output.contains("audit.head-failed"))
        try world.configureDaemon()
        daemon.reload()
        #expect(try daemon.settle()["problems"].list.isEmpty)
    }

    @Test func `a file that cannot be written is a problem that stops nothing, and heals`() throws {
        let world = try watched()
        try FileManager.default.createDirectory(at: file(world), withIntermediateDirectories: true)
        let daemon = try twoDays(world)
        let status = try daemon.run("status", "--wait", "--json")
        #expect(status.status == 5 && status.json["problems"].texts.first?.hasPrefix("audit.head-failed: ") == true)
        #expect(try daemon.get("/readyz").status == 200)
        #expect(status.json["version"].number == 1)
        try FileManager.default.removeItem(at: file(world))
        #expect(try daemon.settle()["problems"].list.isEmpty)
        #expect(try lines(world).count == 1)
    }

    @Test func `a line that was not written wholly goes, and the next one is whole`() throws {
        let world = try watched()
        var daemon = try twoDays(world)
        daemon.end()
        let good = try lines(world)
        let text = try String(contentsOf: file(world), encoding: .utf8)
        try Data((text + "{\"number\":7,\"cha").utf8).write(to: file(world))
        let told = try world.run("audit", "verify", "--head", file(world).path)
        #expect(told.status == 0, "\(told.output)")
        try world.run("release", "hr", today: "2026-03-04")
        daemon = try RunningDaemon(world)
        try daemon.settle()
        #expect(try lines(world).dropLast() == good[...])
        #expect(try daemon.run("audit", "verify", "--head", file(world).path).status == 0)
    }

    @Test func `an audit that was cut off is told by the daemon, and by whoever asks`() throws {
        let world = try watched()
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        daemon.end()
        // The state as it was on the first day takes the place of what came after.
        try FileManager.default.copyItem(at: world.state, to: world.folder.appendingPathComponent("old"))
        let later = try twoDays(world)
        later.end()
        let before = try lines(world)
        #expect(before.count == 2)
        try FileManager.default.removeItem(at: world.state)
        try FileManager.default.moveItem(at: world.folder.appendingPathComponent("old"), to: world.state)
        let verified = try world.run("audit", "verify", "--head", file(world).path)
        #expect(verified.status == 1 && verified.errors.contains("audit.damaged"))
        #expect(verified.output.split(separator: "\n").count == 2 && verified.output.contains("of which heads:2 tells"))
        #expect(try world.run("audit", "verify").status == 0, "by itself it is in order")
        let fooled = try RunningDaemon(world)
        let status = try fooled.run("status", "--wait", "--json")
        #expect(status.status == 5 && status.json["problems"].texts.first?.hasPrefix("audit.damaged: ") == true)
        #expect(try lines(world) == before, "what it cannot tell of is not covered up")
    }

    @Test(arguments: [
        ("nonsense", "heads:3 tells no end of an audit"),
        ("{\"number\":0,\"chain\":\"00\",\"time\":\"\"}", "heads:3 tells no"),
        (
            "{\"number\":1,\"chain\":\"\(String(repeating: "0", count: 64))\",\"time\":\"\"}",
            "is not the one that heads:3 tells"
        ),
        (
            "{\"number\":99,\"chain\":\"\(String(repeating: "0", count: 64))\",\"time\":\"\"}",
            "of which heads:3 tells, is missing"
        ),
    ])
    func `each line that does not fit is told`(line: String, problem: String) throws {
        let world = try watched()
        try twoDays(world).end()
        let text = try String(contentsOf: file(world), encoding: .utf8)
        try Data((text + line + "\n").utf8).write(to: file(world))
        let verified = try world.run("audit", "verify", "--head", file(world).path)
        #expect(verified.status == 1 && verified.errors.contains("audit.damaged"))
        #expect(verified.output.split(separator: "\n").count == 1 && verified.output.contains(problem))
    }

    @Test func `what holds no heads is refused in words`() throws {
        let world = try watched()
        try world.importing(Export.small)
        #expect(mkfifo(file(world).path, 0o600) == 0)
        for name in ["heads", "nowhere", "state"] {
            let verified = try world.run("audit", "verify", "--head", world.folder.appendingPathComponent(name).path)
            #expect(verified.status == 1 && verified.errors.contains("audit.head-unreadable"), "\(verified.errors)")
        }
    }

    @Test func `the head is one line; an audit without entries has none`() throws {
        let world = try World.forDaemon()
        do {
            let empty = try RunningDaemon(world).run("audit", "head")
            #expect(empty.status == 1 && empty.errors.contains("audit.empty"))
        }
        try world.importing(Export.small)
        let head = try world.run("audit", "head", "--json").json
        let text = try world.run("audit", "head").output
        #expect(text == "\(head["number"].number ?? 0) \(head["chain"].text ?? "") \(head["time"].text ?? "")\n")
    }
}

import Foundation
import Testing

/// The program is killed before each call in turn that changes a file or brings one to the disk. Whatever was cut off, the state is the
/// old or the new one as a whole, and the same command again leads where it would have led.
struct CrashSweepTests {
    /// What is swept: a command, and what must be seen before it and after it.
    private struct Sweep {
        /// How the number of its kills is told.
        let name: String
        let world: World
        /// The command to kill.
        let command: [String]
        let today: String
        /// What a look at the state must give when the command did nothing, and when it did everything.
        let old: String
        let new: String
        /// Looks at all that the command may change.
        let look: (World) throws -> String
    }

    /// Bounds a sweep that would never end; a command on a small export makes some hundred writes.
    private static let pointsMax = 2000

    /// Every call with which the program changes files; a question mark for those that some machines do not have.
    private static let calls = [
        "pwrite64", "fdatasync", "fsync", "ftruncate", "write", "?unlink", "?unlinkat", "?rename",
    ]

    private static func injection(_ call: String, _ number: Int) -> [String] {
        [
            "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
            "inject=\(call):signal=KILL:when=\(number)",
        ]
    }

    /// Expects that strace is there and may trace.
    private func requireTracer(_ world: World) throws {
        let outcome = try? Spawn.run(
            "strace", ["-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64", "true"], folder: world.folder)
        try #require(
            outcome?.status == 0,
            """
            strace is missing or may not trace, so crashes cannot be tested. Install it (make test does) and allow ptrace. \
            \(outcome?.errors ?? "")
            """)
    }

    /// A soak kills at each call; every test run at each third write of a page and each of the others, as most of these writes
    /// are alike and a sweep takes minutes.
    private static func step(_ call: String) -> Int {
        ProcessInfo.processInfo.environment["FORDELER_SOAK"] == "1" || call != "pwrite64" ? 1 : 3
    }

    /// Kills the command at calls of one sort, until it survives.
    /// - Returns: the number of calls before the one that it survived.
    private func kill(_ sweep: Sweep, at call: String, prepared: URL) throws -> Int {
        for number in stride(from: 1, through: Self.pointsMax, by: Self.step(call)) {
            try restore(sweep.world, from: prepared)
            let outcome = try sweep.world.run(
                sweep.command, today: sweep.today, under: Self.injection(call, number))
            let place = "\(call) \(number) of \(sweep.command[0])"
            guard outcome.status == 137 else {
                #expect(outcome.status == 0, "\(place): \(outcome.errors)")
                #expect(try sweep.look(sweep.world) == sweep.new, "\(place), which was survived")
                return number - 1
            }
            try expectWhole(sweep, wasAnswered: !outcome.output.isEmpty, place)
        }
        Issue.record("the command makes more than \(Self.pointsMax) calls of \(call)")
        return Self.pointsMax
    }

    /// Expects the old or the new state, the new one when the command had answered, and that the same command leads to
    /// the new one.
    private func expectWhole(_ sweep: Sweep, wasAnswered: Bool, _ place: String) throws {
        let seen = try sweep.look(sweep.world)
        #expect(seen == sweep.new || !wasAnswered, "\(place) had answered and left \(seen)")
        #expect(seen == sweep.old || seen == sweep.new, "\(place) left \(seen)")
        let again = try sweep.world.run(sweep.command, today: sweep.today)
        // What was cut off after its commit has been done, and is refused as such.
        let isOnce = ["publish", "rollback", "release"].contains(sweep.command[0])
        let isDone = again.status == 4 && isOnce && seen == sweep.new
        #expect(again.status == 0 || isDone, "\(place), then again: \(again.output)\(again.errors)")
        let after = try sweep.look(sweep.world)
        #expect(after == sweep.new, "\(place), then again, left \(after)")
    }

    /// Puts the state back to what was prepared; no state at all when there is nothing prepared.
    private func restore(_ world: World, from prepared: URL) throws {
        let files = FileManager.default
        try? files.removeItem(at: world.state)
        if files.fileExists(atPath: prepared.path) { try files.copyItem(at: prepared, to: world.state) }
    }

    /// Sweeps both calls, at the prepared state of the world.
    private func run(_ sweep: Sweep) throws {
        let prepared = sweep.world.folder.appendingPathComponent("prepared")
        if FileManager.default.fileExists(atPath: sweep.world.state.path) {
            try FileManager.default.copyItem(at: sweep.world.state, to: prepared)
        }
        #expect(try sweep.look(sweep.world) == sweep.old)
        var points: [String: Int] = [:]
        for call in Self.calls { points[call] = try kill(sweep, at: call, prepared: prepared) }
        #expect(points["pwrite64"] ?? 0 >= 8 && points["fdatasync"] ?? 0 >= 2)
        let told = Self.calls.filter { points[$0] != 0 }.map { "\(points[$0] ?? 0) at \($0.drop { $0 == "?" })" }
        print("crash sweep of \(sweep.name): killed within \(told.joined(separator: ", "))")
    }

    // MARK: Looking

    /// The versions with what they changed, and everything that verify checks: one text that says which state this is.
    private static func lookAtVersions(_ world: World) throws -> String {
        let verified = try world.run("verify")
        if verified.status == 1, verified.errors.contains("there is no state") { return "" }
        guard verified.status == 0 else { return "not in order: \(verified.output)\(verified.errors)" }
        return try world.run("versions", "--json").lines.map { version in
            "version \(version["version"].number ?? 0)"
                + ["unit", "person", "engagement", "user", "function"].flatMap { kind in
                    ["created", "updated", "moved", "removed"].map { change in
                        " \(version["changes"][kind][change].number ?? 0)"
                    }
                }.joined()
        }.joined(separator: "; ")
    }

    /// The versions, and the events of a subscriber with their types and subjects.
    private static func lookAtEvents(_ world: World) throws -> String {
        let versions = try lookAtVersions(world)
        let events = try world.events("ky").map { "\($0["sequence"].number ?? 0) \($0["type"].text ?? "")" }
        return ([versions] + events).joined(separator: "\n")
    }

    /// The events that are not settled, and how far they are.
    private static func lookAtMailbox(_ world: World) throws -> String {
        let list = try world.run("subscription", "list", "--json").json
        return try lookAtEvents(world) + "\nsettled through \(list["settledthrough"].number ?? -1)"
    }

    /// The versions and events, what is pinned and on hold, and what waits for what.
    private static func lookAtHolds(_ world: World) throws -> String {
        let pins = try world.run("pins", "--json").lines.map {
            "\($0["key"].text ?? "") since \($0["since"].number ?? 0)"
        }.sorted()
        let holds = try world.run("holds", "--json").lines.map { $0["source"].text ?? "" }
        let waiting = try world.run("candidates", "--json").lines.map {
            "\($0["candidate"].text ?? "") \($0["verdict"].text ?? "") \($0["waitsFor"].texts)"
        }
        return try lookAtEvents(world) + "\npinned \(pins)\non hold \(holds)\n\(waiting)"
    }

    // MARK: Worlds

    private static var next: Export {
        var export = Export.small
        export.alter(unit: "403") { ($0.name, $0.parent) = ("Børnehuset Ørnereden", "401") }
        export.employees.remove(at: 2)
        return export
    }

    private static func importing(_ world: World, _ file: String) -> [String] {
        ["import", "hr=" + world.folder.appendingPathComponent(file).path]
    }

    /// What a command leads to, seen in a world of its own that was prepared in the same way.
    private func goal(_ prepare: () throws -> World, _ command: (World) -> [String], _ look: (World) throws -> String)
        throws -> String
    {
        let world = try prepare()
        #expect(try world.run(command(world)).status == 0)
        return try look(world)
    }

    private func sweep(
        _ name: String, _ prepare: () throws -> World, _ command: (World) -> [String],
        _ look: @escaping (World) throws -> String
    ) throws {
        let world = try prepare()
        try requireTracer(world)
        let (old, new) = (try look(world), try goal(prepare, command, look))
        #expect(old != new)
        try run(
            Sweep(
                name: name, world: world, command: command(world), today: World.firstDay, old: old, new: new, look: look
            ))
    }

    /// Version 1 and a subscriber who begins after it; the second export lies ready.
    private func prepared(publish: String = "automatic") throws -> World {
        let world = try World(["hr": publish])
        try world.write(Self.next, "next.xml")
        try world.importing(Export.small, name: "first.xml")
        if publish == "manual" { try world.run("publish", "candidate:1", "--approve", "--reason", "start") }
        try world.run("subscription", "add", "ky", "--kinds", "unit,engagement")
        return world
    }

    /// Version 2 removed an employment, version 3 is a rollback to version 1, and an export of a day later waits.
    private func rolledBack() throws -> World {
        let world = try prepared()
        try world.importing("hr=next.xml")
        #expect(try world.run("rollback", "1", "--reason", "too few").status == 0)
        var third = Self.next
        third.alter(unit: "402") { $0.name = "Center for Børn" }
        #expect(try world.importing(third, name: "third.xml").status == 5)
        return world
    }

    // MARK: Tests

    @Test func `a first import that is killed anywhere is done as a whole or not at all`() throws {
        try sweep(
            "first import",
            {
                let world = try World()
                try world.write(Export.small, "first.xml")
                return world
            }, { Self.importing($0, "first.xml") }, Self.lookAtVersions)
    }

    @Test func `a second import that is killed anywhere is done as a whole or not at all, and so are its events`()
        throws
    {
        try sweep(
            "second import", { try prepared() }, { Self.importing($0, "next.xml") }, Self.lookAtEvents)
    }

    @Test func `an approval that is killed anywhere is done as a whole or not at all, and so are its events`() throws {
        try sweep(
            "approval",
            {
                let world = try prepared(publish: "manual")
                #expect(try world.importing("hr=next.xml").status == 5)
                return world
            }, { _ in ["publish", "candidate:2", "--approve", "--reason", "ja"] }, Self.lookAtEvents)
    }

    @Test func `a rollback that is killed anywhere is done as a whole with its holds and pins, or not at all`() throws {
        try sweep(
            "rollback",
            {
                let world = try prepared()
                try world.importing("hr=next.xml")
                return world
            }, { _ in ["rollback", "1", "--reason", "too few"] }, Self.lookAtHolds)
    }

    @Test func `a release that is killed anywhere is done as a whole with what it publishes, or not at all`() throws {
        try sweep(
            "release", { try rolledBack() }, { _ in ["release", "hr", "--except", "pinned"] }, Self.lookAtHolds)
    }

    @Test func `an acknowledgement that is killed anywhere is there or not, and one that was answered is there`() throws
    {
        try sweep(
            "acknowledgement",
            {
                let world = try prepared()
                try world.importing("hr=next.xml")
                #expect(try !world.events("ky").isEmpty)
                return world
            }, { _ in ["ack", "ky", "--through", "2"] }, Self.lookAtMailbox)
    }
}

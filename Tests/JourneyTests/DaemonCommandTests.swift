import Foundation
import Testing

/// Commands answer through the daemon as they answer without one.
struct DaemonCommandTests {
    private static let next: Export = {
        var export = Export.named("Nordby Kommune")
        export.employees.remove(at: 2)
        return export
    }()

    /// Two worlds with one state, subscribers and exports; the first has a daemon.
    private func twins() throws -> (served: RunningDaemon, alone: World) {
        let (one, other) = (try World.forDaemon(), try World.forDaemon())
        #expect(try one.run("subscription", "add", "gammel", "--kinds", "unit").status == 0)
        try FileManager.default.copyItem(at: one.state, to: other.state)
        for world in [one, other] {
            try world.write(Export.small, "first.xml")
            try world.write(Self.next, "next.xml")
            try world.write(Export.named("Sydby Kommune"), "third.xml")
            try world.write(Export.cut, "cut.xml")
        }
        return (try RunningDaemon(one), other)
    }

    /// An answer without what differs by nature: folders, times, chance.
    private func masked(_ outcome: Outcome, _ world: World) -> [String] {
        [outcome.output, outcome.errors].map { text in
            text.replacing(world.folder.path, with: "FOLDER")
                .replacing(/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z/, with: "TIME")
                .replacing(/fdl_[0-9a-f]{64}/, with: "TOKEN").replacing(/[0-9a-f]{64}/, with: "HASH")
                .replacing(/\b[0-9a-f]{8}\b/, with: "EPOCH").replacing(/[0-9]+ rows/, with: "ROWS")
        } + [String(outcome.status)]
    }

    @Test func `every command answers alike through the daemon and without it`() throws {
        let (daemon, alone) = try twins()
        var statuses: Set<Int32> = []
        func both(_ words: String..., input: String = "") throws {
            let (served, own) = (daemon.world, alone)
            func here(_ world: World) -> [String] { words.map { $0.replacing("@", with: world.folder.path + "/") } }
            let left = try daemon.run(here(served), input: input)
            let right = try own.run(here(own), input: input)
            #expect(masked(left, served) == masked(right, own), "\(words)")
            statuses.insert(left.status)
        }
        try both("subscription", "add", "ky", "--kinds", "unit,engagement,person", "--attributes", "name,unit,surname")
        try both("subscription", "add", "ky", "--kinds", "unit")
        try both("subscription", "add", "ny", "--kinds", "nonsense")
        try both("subscription", "list")
        try both("subscription", "list", "--json")
        try both("subscription", "token", "ky")
        try both("subscription", "token", "nobody")
        try both("import", "hr=@cut.xml")
        try both("import", "hr=@nowhere.xml", "--json")
        try both("import", "elsewhere=@first.xml")
        try both("import", "hr=@first.xml")
        try both("import", "hr=@first.xml", "--json")
        try both("events", "ky")
        try both("events", "ky", "--json", "--max", "3")
        try both("ack", "ky", "--through", "2")
        try both("ack", "ky", "--through", "2000")
        try both("events", "ky", "--after", "4", "--json")
        try both("import", "hr=@next.xml")
        for words in [
            ["diff", "0", "2"], ["diff", "1", "2", "--json"], ["diff", "1", "2", "--reveal"], ["diff", "1", "9"],
        ] {
            try both(words[0], words[1], words[2], words.count > 3 ? words[3] : "--json")
        }
        try both("show", "unit", "401")
        try both("show", "unit", "401", "--version", "1", "--on", "2026-03-01", "--json")
        try both("show", "person", "-", input: "6101800011\nmore\n")
        try both("show", "person", "-", "--json", "--reveal", input: "6202810022\n")
        try both("show", "unit", "nothing")
        try both("explain", "unit", "401", "nothing", "--json")
        try both("explain", "person", "-", input: "6101800011\n6202810022\n")
        try both("findings", "1")
        try both("findings", "candidate:1", "--json")
        try both("rollback", "1", "--preview")
        try both("rollback", "1", "--reason", "too few", "--json")
        try both("rollback", "7", "--reason", "none")
        for word in ["pins", "holds", "versions", "candidates", "runs"] {
            try both(word)
            try both(word, "--json")
        }
        try both("import", "hr=@third.xml")
        try both("release", "hr", "--except", "pinned", "--json")
        try both("release", "hr", "--except", "pinned", "--json")
        try both("unpin", "engagement", "70003", "--reason", "she did leave")
        try both("unpin", "engagement", "70003", "--reason", "again")
        try both("publish", "candidate:5", "--approve", "--reason", "ja")
        try both("publish", "candidate:5", "--approve", "--reason", "ja")
        try both("hold", "hr", "--reason", "Ferie")
        try both("hold", "hr", "--reason", "Ferie")
        try both("import", "hr=@first.xml")
        try both("import")
        try both("snapshot", "ky")
        try both("snapshot", "nobody")
        try both("run", "show", "1")
        try both("retry", "1", "--json")
        try both("verify")
        try both("verify", "--since", "1")
        try both("verify", "--since", "99")
        try both("audit")
        try both("audit", "--action", "version.published", "--json")
        try both("audit", "head", "--json")
        try both("audit", "verify")
        try both("audit", "verify", "--head", "@nowhere")
        try both("candidates", "--json")
        #expect(statuses.isSuperset(of: [0, 1, 3, 4, 5]))
        #expect(daemon.end() == 0)
    }

    @Test func `relative paths are those of the caller, and the first line of its input is the key`() throws {
        let world = try World.forDaemon()
        try world.write(Export.small, "first.xml")
        let daemon = try RunningDaemon(world)
        let script = "cd '\(world.folder.path)' && '\(World.program)' import hr=first.xml --json"
        let outcome = try Spawn.run("/bin/sh", ["-c", script], folder: world.folder)
        #expect(outcome.status == 0 && outcome.json["version"].number == 1, "\(outcome.errors)")
        #expect(try daemon.run("versions", "--json").json["actor"].text?.hasPrefix("cli:") == true)
    }

    @Test func `what only a caller alone may say is refused by the daemon`() throws {
        let world = try World.forDaemon()
        let daemon = try RunningDaemon(world)
        let other = try world.run("versions", today: "2026-03-05")
        #expect(other.status == 1 && other.errors.contains("its clock decides"))
        let unknown = try daemon.run("conquer")
        #expect(unknown.status == 1 && !unknown.errors.isEmpty && unknown.output.isEmpty)
        let named = try daemon.run("hold", "hr", "--reason", "x", "--actor", "mayor")
        #expect(try named.status == 0 && daemon.run("holds", "--json").json["actor"].text == "mayor")
        #expect(try daemon.run("status", "--json").json["daemon"].value as? Bool == true)
        daemon.end()
        let gone = try world.run(["status", "--wait"], today: nil)
        #expect(gone.status == 1 && gone.errors.contains("daemon.missing"))
    }

    @Test func `a second daemon is told that the state is in use, and harms nothing`() throws {
        let world = try World.forDaemon()
        let first = try RunningDaemon(world)
        do {
            _ = try RunningDaemon(world)
            Issue.record("a second daemon runs on the same state")
        } catch let failure as RunningDaemon.NotReady {
            #expect(failure.status == 4 && failure.log.contains("state.in-use"))
        }
        try world.drop(Export.small, "ZLPE20260302.xml")
        #expect(try first.settle()["version"].number == 1)
        #expect(first.end() == 0)
        let third = try RunningDaemon(world)
        #expect(try third.settle()["crashes"].number == 0)
    }

    @Test func `a command that finds no socket does not write beside the daemon, and may read`() throws {
        let world = try World.forDaemon()
        let daemon = try RunningDaemon(world)
        try world.drop(Export.small, "ZLPE20260302.xml")
        try daemon.settle()
        #expect(unlink(world.state.appendingPathComponent("socket").path) == 0)
        let writing = try world.run("hold", "hr", "--reason", "x")
        #expect(writing.status == 4 && writing.errors.contains("state.in-use"))
        #expect(try world.version() == 1)
        #expect(try world.run("verify").status == 0)
        #expect(daemon.end() == 0)
        #expect(try world.run("hold", "hr", "--reason", "x").status == 0)
    }

    @Test func `help needs neither state nor daemon`() throws {
        let world = try World.forDaemon()
        for words in [["--help"], ["serve", "--help"], ["import", "--help"], ["help", "status"], ["--version"]] {
            let outcome = try Spawn.run(World.program, words, folder: world.folder)
            #expect(outcome.status == 0 && !outcome.output.isEmpty && outcome.errors.isEmpty, "\(words)")
        }
        #expect(!FileManager.default.fileExists(atPath: world.state.path))
    }

    @Test func `a start that fails for want of a port is no crash`() throws {
        let world = try World.forDaemon()
        let other = try World.forDaemon()
        let occupier = try RunningDaemon(other)
        let file = world.folder.appendingPathComponent("fordeler.yaml")
        let free = try String(contentsOf: file, encoding: .utf8)
        try world.configure(free.replacing("port: 0", with: "port: \(occupier.port)"))
        #expect(throws: RunningDaemon.NotReady.self) { try RunningDaemon(world) }
        try world.configure(free)
        let daemon = try RunningDaemon(world)
        #expect(try daemon.settle()["crashes"].number == 0)
    }
}

import Foundation
import Testing

/// What was downloaded holds people, so an erasure reaches it.
struct DownloadErasureTests {
    private static let cpr = "6303820033"
    private static let traces = [cpr, "Cecilie"]

    private static var without: Export {
        var export = Export.small
        export.employees.removeAll { $0.id == "70003" }
        return export
    }

    /// The files of the state, at any depth, that hold a trace of the person.
    private func places(in world: World) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: world.state.path).sorted().flatMap { name in
            guard let data = try? Data(contentsOf: world.state.appendingPathComponent(name)) else { return [String]() }
            return Self.traces.filter { data.range(of: Data($0.utf8)) != nil }.map { "\(name): \($0)" }
        }
    }

    private func left() throws -> (ExportServer, World, RunningDaemon) {
        let server = try ExportServer()
        try server.answer()
        let world = try World.forDownloads(port: server.port)
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        try server.answer(Self.without.text)
        try world.nextQuarter()
        #expect(try daemon.settle()["version"].number == 2)
        return (server, world, daemon)
    }

    private func erase(_ daemon: RunningDaemon, _ words: String...) throws -> Outcome {
        try daemon.run(["erase", "-", "--json", "--reason", "anmodning 17"] + words, input: Self.cpr)
    }

    @Test func `an erasure deletes what was downloaded, and the next export comes all the same`() throws {
        let (server, world, daemon) = try left()
        // What an attempt of before the erasure left, and a source that is not configured any more.
        try world.write(Export.small.text, "state/downloads/hr/.part")
        let planned = try erase(daemon, "--dry-run")
        #expect(planned.json["downloads"].texts.count == 2 && planned.json["files"].list.isEmpty, "\(planned.output)")
        #expect(try world.downloads().count == 2)
        let erased = try erase(daemon)
        #expect(erased.status == 0, "\(erased.errors)")
        #expect(try places(in: world) == [] && world.downloads().isEmpty)
        try world.nextQuarter()
        #expect(try daemon.settle()["version"].number == 3)
        #expect(server.statuses == [200, 200, 200])
        #expect(try daemon.settle()["problems"].list.isEmpty)
        #expect(try daemon.verdicts().last == "unchanged" && places(in: world) == [])
        #expect(daemon.end() == 0)
        try world.expectVerified()
    }

    @Test func `a download that is under way when somebody is erased comes to nothing`() throws {
        let (server, world, daemon) = try left()
        try server.answer(Export.named("Søløkke Ny").text, ["hang": true, "cut": Export.small.text.utf8.count - 100])
        try world.nextQuarter()
        // Whatever writes has the daemon look at what is due.
        #expect(try erase(daemon, "--dry-run").status == 0)
        #expect(server.statuses(3) == [200, 200, 200])
        let part = world.path("state/downloads/hr/.part")
        for _ in 0..<3000 {
            if let data = try? Data(contentsOf: URL(filePath: part)), data.range(of: Data(Self.cpr.utf8)) != nil {
                break
            }
            poll(nil, 0, 20)
        }
        #expect(try places(in: world).contains("downloads/hr/.part: \(Self.cpr)"))
        #expect(try erase(daemon).status == 0)
        #expect(try places(in: world) == [])
        #expect(daemon.end() == 0)
        #expect(try places(in: world) == [] && world.downloads().isEmpty)
    }

    @Test func `an erasure that a crash cut short reaches what was downloaded`() throws {
        let (server, world, first) = try left()
        let person = try #require(
            try first.run("show", "person", "-", "--version", "1", "--json", input: Self.cpr).lines.first?["id"].text)
        #expect(first.end() == 0)
        let row = """
            {"actor":"anna","isSuppressed":false,"person":"\(person)","time":"2026-03-02T09:20:00Z"}

            """
        try Data(row.utf8).write(to: world.state.appendingPathComponent("erasures.jsonl"))
        let daemon = try RunningDaemon(world)
        #expect(try daemon.settle()["problems"].list.isEmpty)
        #expect(try places(in: world) == [])
        #expect(server.statuses == [200, 200])
    }

    @Test func `somebody whom the source still sends is left out of the next export, which is fetched again`() throws {
        let server = try ExportServer()
        try server.answer()
        let world = try World.forDownloads(port: server.port)
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        #expect(try erase(daemon).errors.contains("erasure.still-sent"))
        #expect(try world.downloads().count == 1)
        #expect(try erase(daemon, "--suppress").status == 0)
        #expect(try places(in: world) == [])
        try server.answer(Export.named("Søløkke Ny").text)
        try world.nextQuarter()
        #expect(try daemon.settle()["version"].number == 3)
        #expect(try daemon.run("show", "engagement", "70003").status == 1)
        #expect(Set(try places(in: world).map { $0.prefix { $0 != "/" } }) == ["downloads"])
    }

    @Test func `a restored backup that erases again leaves nothing that was downloaded`() throws {
        let (server, world, daemon) = try left()
        let copy = world.path("copy")
        #expect(try daemon.run("backup", copy).status == 0)
        #expect(try erase(daemon).status == 0)
        try world.nextQuarter()
        try daemon.settle()
        #expect(try daemon.end() == 0 && world.downloads().count == 1)
        #expect(try world.run("restore", copy, "--discard", "--dry-run").status == 0)
        #expect(try world.downloads().count == 1)
        #expect(try world.run("restore", copy, "--discard").output.contains("erased again, as they were since: 1"))
        #expect(try places(in: world) == [] && world.downloads().isEmpty)
        let next = try RunningDaemon(world)
        #expect(try next.settle()["problems"].list.isEmpty)
        #expect(try world.downloads().count == 1 && places(in: world) == [])
        #expect(server.statuses == [200, 200, 200, 200])
    }

    @Test func `files of a source that downloads no more are deleted`() throws {
        let (_, world, daemon) = try left()
        try world.makeDropFolder()
        try world.configureDaemon()
        daemon.reload()
        #expect(try daemon.settle()["problems"].list.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: world.path("state/downloads/hr")))
    }
}

import Foundation
import Testing

/// A server that does not deliver, or not all, costs nothing but its own export, and people are told.
struct DownloadTroubleTests {
    private func begin(hr: String = "publish: automatic", more: String = "") throws -> (ExportServer, World) {
        let server = try ExportServer()
        try server.answer()
        return (server, try World.forDownloads(port: server.port, hr: hr, more: more))
    }

    /// Expects that the token is nowhere but in its file.
    private func expectUntold(_ world: World, _ daemon: RunningDaemon) throws {
        for path in try FileManager.default.subpathsOfDirectory(atPath: world.folder.path) where path != "opus-token" {
            let file = world.folder.appendingPathComponent(path)
            guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
            #expect(try Data(contentsOf: file).range(of: Data(World.token.utf8)) == nil, "the token is in \(path)")
        }
        #expect(!daemon.log.contains("/export"), "the path of an address may be a secret")
        let words = try Data(contentsOf: URL(filePath: "/proc/\(daemon.process)/cmdline"))
        #expect(words.range(of: Data(World.token.utf8)) == nil)
        world.expectNoSecret(in: daemon.log, of: "the log")
    }

    @Test(
        arguments: [
            (["status": 500], "download.failed"), (["status": 404], "download.refused"),
            (["token": "another"], "download.refused"),
            (["cut": 900], "download.failed"), (["cut": 900, "chunked": true], "download.failed"),
            (["length": 100_000], "download.failed"), (["length": 9 << 30], "download.refused"),
            (["redirect": "http://127.0.0.1:1/export"], "download.refused"),
        ] as [([String: any Sendable], String)])
    func `what does not come whole changes nothing, is told, and comes at the next due`(
        answer: [String: any Sendable], code: String
    ) throws {
        let (server, world) = try begin()
        let daemon = try RunningDaemon(world)
        #expect(try daemon.settle()["version"].number == 1)
        let better = Export.named("Søløkke Ny").text
        try server.answer(better, answer)
        try world.nextQuarter()
        let standing = try daemon.settle()
        #expect(standing["version"].number == 1)
        let problem = try #require(standing["problems"].texts.first)
        #expect(standing["problems"].list.count == 1 && problem.hasPrefix("\(code): hr: "), "\(problem)")
        #expect(try daemon.verdicts() == ["published"])
        #expect(try world.downloads() == ["hr-20260302T090000Z.xml"])
        #expect(try daemon.run("show", "engagement", "70003").status == 0)
        #expect(try daemon.run("status").output.contains(code))
        let asked = try daemon.run("import", "hr")
        #expect(asked.status == 3 && asked.errors.contains(code))
        try expectUntold(world, daemon)
        try server.answer(better)
        try world.nextQuarter()
        #expect(try daemon.settle()["problems"].list.isEmpty)
        #expect(try daemon.verdicts() == ["published", "published"])
        #expect(daemon.logLines.count { $0["message"].text?.hasPrefix(code) == true } == 1)
    }

    @Test
    func `a server in trouble is asked again soon, one that refuses at the next due or after a new configuration`()
        throws
    {
        let (server, world) = try begin(hr: "publish: automatic")
        try world.configure(
            try String(contentsOf: world.folder.appendingPathComponent("fordeler.yaml"), encoding: .utf8)
                .replacing("every 15m", with: "\"02:30\""))
        try server.answer(Export.small.text, ["status": 503])
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        #expect(server.statuses == [503])
        for (seconds, count) in [(30.0, 1), (31, 2), (120, 2), (181, 3)] {
            try world.setClock(world.clock + seconds)
            try daemon.settle()
            #expect(server.statuses.count == count)
        }
        try server.answer(Export.small.text, ["status": 403])
        try world.setClock(world.clock + 901)
        try daemon.settle()
        try world.setClock(world.clock + 7200)
        try daemon.settle()
        #expect(server.statuses == [503, 503, 503, 403])
        try server.answer()
        daemon.reload()
        #expect(try daemon.settle()["version"].number == 1)
        #expect(server.statuses == [503, 503, 503, 403, 200])
    }

    @Test func `people are told once that nothing comes, and that a file is missed`() throws {
        let scratch = try World()
        let mails = try MailServer(folder: scratch.folder)
        let (server, world) = try begin(
            hr: "publish: automatic, expected: \"11:00\"", more: MailServer.configuration(port: mails.port))
        try server.answer(Export.small.text, ["token": "another"])
        let daemon = try RunningDaemon(world)
        for _ in 0..<6 {
            try daemon.settle()
            try world.nextQuarter()
        }
        try daemon.settle()
        let told = mails.mails(2)
        #expect(told.count == 2)
        let failed = try #require(told.first { $0.id.contains("source.failed") })
        #expect(failed.text.contains("download.refused: hr: ") && failed.text.contains("status 401. Check the token"))
        #expect(told.contains { $0.id.contains("source.file-missed") })
        #expect(!told.contains { $0.description.contains(World.token) || $0.description.contains("/export") })
        #expect(mails.mails.count == 2)
    }

    @Test func `a server that hangs holds up neither others nor the end`() throws {
        let (server, world) = try begin()
        try world.makeDropFolder()
        let file = world.folder.appendingPathComponent("fordeler.yaml")
        try world.configure(
            try String(contentsOf: file, encoding: .utf8)
                + "\n  other: {mapping: kmd-opus, files: \"drop/*.xml\", publish: automatic}\n")
        try server.answer(Export.small.text, ["hang": true, "cut": 900])
        let daemon = try RunningDaemon(world)
        #expect(server.statuses(1) == [200])
        try world.drop(Export.small, "ZLPE20260302.xml")
        for _ in 0..<600 {
            if try daemon.verdicts() == ["published"] { break }
            poll(nil, 0, 100)
        }
        #expect(try daemon.verdicts() == ["published"])
        let start = ContinuousClock.now
        #expect(daemon.end() == 0)
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(try world.downloads() == [])
        try server.answer()
        let next = try RunningDaemon(world)
        try next.settle()
        #expect(try world.downloads().count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: world.path("state/downloads/hr")).count == 2)
    }

    @Test func `a rejected export is not fetched again until another lies there`() throws {
        let (server, world) = try begin()
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        try server.answer(Export.cut)
        for _ in 0..<2 {
            try world.nextQuarter()
            #expect(try daemon.settle()["version"].number == 1)
        }
        #expect(server.statuses == [200, 200, 304])
        #expect(try daemon.verdicts() == ["published", "rejected"])
        #expect(try daemon.run("retry", "2").status == 3)
        try server.answer(Export.named("Søløkke Ny").text)
        try world.nextQuarter()
        #expect(try daemon.settle()["version"].number == 2)
    }

    @Test func `the path of an address does not get into the log when it changes`() throws {
        let (_, world) = try begin()
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        let file = world.folder.appendingPathComponent("fordeler.yaml")
        try world.configure(try String(contentsOf: file, encoding: .utf8).replacing("/export", with: "/secret-path"))
        daemon.reload()
        #expect(daemon.log.contains("sources.hr.download.url: http://localhost:"))
        #expect(!daemon.log.contains("secret-path") && !daemon.log.contains("/export"))
    }
}

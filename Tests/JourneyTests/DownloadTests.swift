import Foundation
import Testing

/// An export is fetched from a web address when the schedule says so, and is from there on a file like any other.
struct DownloadTests {
    /// A server that wants the token, and a world that downloads from it.
    private func begin(_ export: Export = .small, hr: String = "publish: automatic") throws -> (ExportServer, World) {
        let server = try ExportServer()
        try server.answer(export.text)
        return (server, try World.forDownloads(port: server.port, hr: hr))
    }

    @Test func `the first fetch is published, what is unchanged is not fetched again, what changed is`() throws {
        let (server, world) = try begin()
        let daemon = try RunningDaemon(world)
        #expect(try daemon.settle()["version"].number == 1)
        #expect(try daemon.verdicts() == ["published"])
        #expect(try world.downloads() == ["hr-20260302T090000Z.xml"])
        try world.nextQuarter()
        var standing = try daemon.settle()
        #expect(server.statuses == [200, 304] && standing["version"].number == 1)
        #expect(standing["sources"]["hr"]["asked"].text == "2026-03-02T09:15:00Z")
        #expect(try daemon.verdicts() == ["published"])
        try server.answer(Export.named("Søløkke Ny").text)
        try daemon.settle()
        #expect(server.statuses == [200, 304], "it is not due")
        try world.nextQuarter()
        standing = try daemon.settle()
        #expect(standing["version"].number == 2 && standing["problems"].list.isEmpty)
        #expect(try daemon.verdicts() == ["published", "published"])
        #expect(try daemon.runs().map { $0["file"].text } == ["hr-20260302T090000Z.xml", "hr-20260302T093000Z.xml"])
        #expect(try daemon.run("show", "unit", "401").output.contains("Søløkke Ny"))
        #expect(daemon.end() == 0)
        try world.expectVerified()
    }

    @Test func `a daemon that starts again neither fetches nor reads again`() throws {
        let (server, world) = try begin()
        var daemon = try RunningDaemon(world)
        #expect(try daemon.settle()["version"].number == 1)
        for signal in [SIGTERM, SIGKILL] {
            daemon.end(signal)
            daemon = try RunningDaemon(world)
            #expect(try daemon.settle()["version"].number == 1)
        }
        #expect(server.statuses == [200])
        try world.nextQuarter()
        try daemon.settle()
        #expect(server.statuses == [200, 304])
        #expect(try daemon.verdicts() == ["published"])
    }

    @Test func `a server without etag delivers the same bytes once`() throws {
        let (server, world) = try begin(hr: "publish: automatic, expected: every 26h")
        try server.answer(Export.small.text, ["etag": ""])
        let daemon = try RunningDaemon(world)
        for _ in 0..<3 {
            try daemon.settle()
            try world.nextQuarter()
        }
        try daemon.settle()
        #expect(server.statuses == [200, 200, 200, 200])
        #expect(try daemon.verdicts() == ["published"])
        #expect(try world.downloads().count == 1)
    }

    @Test func `a server that delivers the same anew is not missed`() throws {
        let (server, world) = try begin(hr: "publish: automatic, expected: every 26h")
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        try world.setClock("2026-03-03T09:00:00Z")
        try server.answer(Export.small.text, ["etag": "\"anew\""])
        try daemon.settle()
        try world.setClock("2026-03-03T12:00:00Z")
        try daemon.settle()
        #expect(!daemon.log.contains("source.file-missed"))
        #expect(try daemon.verdicts() == ["published"])
        try world.setClock("2026-03-04T12:00:00Z")
        try daemon.settle()
        #expect(daemon.log.contains("source.file-missed"))
    }

    @Test func `only the newest files are kept, and a backup holds none`() throws {
        let (server, world) = try begin()
        let daemon = try RunningDaemon(world)
        for number in 1...5 {
            try daemon.settle()
            try server.answer(Export.named("Søløkke \(number)").text)
            try world.nextQuarter()
        }
        #expect(try daemon.settle()["version"].number == 6)
        #expect(try world.downloads().count == 3)
        #expect(try daemon.run("retry", "6", "--json").json["verdict"].text == "unchanged")
        #expect(try daemon.run("retry", "1").errors.contains("run.file-gone"))
        let copy = world.path("copy")
        #expect(try daemon.run("backup", copy).status == 0)
        let names = try FileManager.default.subpathsOfDirectory(atPath: copy)
        #expect(!names.contains { $0.contains("hr-") || $0.contains("downloads") }, "\(names)")
    }

    @Test func `nothing is fetched in closed hours`() throws {
        let (server, world) = try begin(hr: "publish: automatic, closed: \"09:30-10:30\"")
        let daemon = try RunningDaemon(world)
        #expect(try daemon.settle()["version"].number == 0 && server.statuses.isEmpty)
        try world.nextQuarter()
        try world.nextQuarter()
        #expect(try daemon.settle()["version"].number == 1)
    }

    @Test func `import fetches at once, with and without a daemon, and the daemon does not read it again`() throws {
        let (server, world) = try begin()
        let first = try world.run(["import", "hr", "--json"], today: nil)
        #expect(first.status == 0 && first.json["version"].number == 1, "\(first.errors)")
        #expect(try world.run(["import", "--json"], today: nil).json["verdict"].text == "unchanged")
        #expect(server.statuses == [200, 304])
        try world.setClock(Date() + 60)
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        #expect(try daemon.verdicts() == ["published"] && server.statuses == [200, 304, 304])
        try server.answer(Export.named("Søløkke Ny").text)
        let third = try daemon.run("import", "hr", "--json")
        #expect(third.status == 0 && third.json["version"].number == 2, "\(third.errors)")
        try daemon.settle()
        #expect(try daemon.verdicts() == ["published", "published"])
        #expect(server.statuses == [200, 304, 304, 200])
        server.end()
        let none = try daemon.run("import", "hr")
        #expect(none.status == 3 && none.errors.contains("download.failed: hr: http://localhost:"), "\(none.errors)")
    }

    @Test func `a certificate that nobody vouches for is taken when the configuration names it`() throws {
        let server = try ExportServer(isSecure: true)
        try server.answer()
        let world = try World.forDownloads(port: server.port, scheme: "https")
        let daemon = try RunningDaemon(world)
        let standing = try daemon.settle()
        #expect(standing["version"].number == 0)
        #expect(
            standing["problems"].texts.contains { $0.hasPrefix("download.failed: hr: ") && $0.contains("certificate") })
        try FileManager.default.copyItem(at: server.certificate, to: world.folder.appendingPathComponent("ca.pem"))
        try world.configureDownloads(
            port: server.port, scheme: "https", download: "tokenFile: opus-token, certificateAuthority: ca.pem")
        daemon.reload()
        #expect(try daemon.settle()["version"].number == 1)
        #expect(try daemon.settle()["problems"].list.isEmpty)
    }
}

import Foundation
import Testing

/// People are told by mail what waits for them: once, in words that help, and without personal data.
struct DaemonNoticeTests {
    /// A payroll of forty, of which a fifth may be missing.
    private static func town(missing: Int = 0) -> Export {
        var export = Export.small
        export.employees += (0..<(40 - missing)).map {
            EmployeeRecord(String(80_000 + $0), cpr: String(7_301_700_000 + $0), in: "403")
        }
        return export
    }

    private func world(port: Int, hr: String = "publish: automatic, expected: \"06:00\"") throws -> World {
        let world = try World.forDaemon(hr: hr, more: MailServer.configuration(port: port))
        let file = world.folder.appendingPathComponent("fordeler.yaml")
        try world.configure(
            try String(contentsOf: file, encoding: .utf8).replacing(World.withoutBrakes, with: ""))
        return world
    }

    /// Expects that a mail helps, and holds nothing of a person.
    private func expectFit(_ mail: MailServer.Mail, _ world: World) {
        #expect(mail.text.contains("fordeler "), "\(mail) names no command")
        #expect(mail.subject.hasPrefix("Fordeler, Søløkke Kommune: "))
        for word in ["Åse", "Brøndum", "Bjørn", "Æbelø", "Cecilie", "Toft", "AABB01", "70001"] {
            #expect(!mail.description.contains(word), "\(mail) holds \(word)")
        }
        #expect(!mail.description.contains(/[0-9]{10}/), "\(mail)")
        world.expectNoSecret(in: mail.description, of: "a mail")
    }

    @Test func `each thing that waits for people is told once, also across restarts`() throws {
        let scratch = try World()
        let server = try MailServer(folder: scratch.folder)
        let world = try world(port: server.port)
        var daemon = try RunningDaemon(world)
        try world.drop(Self.town(), "ZLPE20260302.xml")
        try daemon.settle()
        try world.drop(Self.town(missing: 8), "ZLPE20260302T0930.xml")
        #expect(try daemon.settle()["held"].list.count == 1)
        world.guardSecrets(["6101800011"])
        try world.drop(Export.cut, "6101800011_20260302T0940.xml")
        try daemon.settle()
        try FileManager.default.createSymbolicLink(
            atPath: world.dropped("ZLPE20260302T0950.xml"), withDestinationPath: "/etc/hostname")
        try daemon.settle()
        daemon.end(SIGTERM)
        daemon = try RunningDaemon(world)
        #expect(try daemon.run("hold", "hr", "--reason", "Ferie").status == 0)
        for day in 3...4 {
            try world.setClock("2026-03-0\(day)T07:00:00Z")
            try daemon.settle()
            try daemon.settle()
            daemon.end(day == 3 ? SIGKILL : SIGTERM)
            daemon = try RunningDaemon(world)
            try daemon.settle()
        }
        let wanted = [
            "candidate.held", "candidate.rejected", "daemon.restarted", "file.refused", "hold.still-on",
            "hold.still-on",
            "source.file-missed",
        ]
        let mails = server.mails(wanted.count)
        let told = mails.map { mail in wanted.first { mail.id.contains($0) } ?? mail.id }
        #expect(told.sorted() == wanted)
        #expect(Set(mails.map(\.id)).count == mails.count)
        for mail in mails { expectFit(mail, world) }
        #expect(mails.first { $0.id.contains("held") }?.text.contains("publish candidate:2 --approve") == true)
        // Sending is noted after the receiver has taken it.
        #expect(daemon.end() == 0)
        daemon = try RunningDaemon(world)
        let notices = try daemon.settle()["notices"]
        #expect(notices["sent"].number == wanted.count && notices["waiting"].isNull && notices["refused"].isNull)
        #expect(server.mails.count == wanted.count)
    }

    @Test func `nothing is sent when all is well`() throws {
        let scratch = try World()
        let server = try MailServer(folder: scratch.folder)
        let world = try world(port: server.port)
        var daemon = try RunningDaemon(world)
        for day in 2...5 {
            try world.setClock("2026-03-0\(day)T04:30:00Z")
            var town = Self.town()
            town.alter(unit: "403") { $0.name = "Børnehuset \(day)" }
            try world.drop(town, "ZLPE2026030\(day).xml")
            try daemon.settle()
            try world.setClock("2026-03-0\(day)T07:00:00Z")
            #expect(try daemon.settle()["notices"].keys.isEmpty)
            #expect(daemon.end() == 0)
            daemon = try RunningDaemon(world)
        }
        #expect(try daemon.settle()["version"].number == 4)
        #expect(server.mails.isEmpty)
    }

    @Test func `a notice for which no server was there arrives when one is`() throws {
        let scratch = try World()
        let first = try MailServer(folder: scratch.folder)
        first.end()
        let world = try world(port: first.port)
        let daemon = try RunningDaemon(world)
        try world.drop(Export.cut, "ZLPE20260302.xml")
        #expect(try daemon.settle()["notices"]["waiting"].number == 1)
        #expect(daemon.end() == 0)
        let second = try MailServer(folder: scratch.folder, port: first.port)
        let next = try RunningDaemon(world)
        let mails = second.mails(1)
        #expect(mails.count == 1 && mails.first?.id.contains("candidate.rejected") == true)
        #expect(next.end() == 0)
        let last = try RunningDaemon(world)
        #expect(try last.settle()["notices"]["sent"].number == 1)
        #expect(second.mails.count == 1)
    }
}

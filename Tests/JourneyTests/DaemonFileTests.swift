import Foundation
import Testing

/// What lies in a drop folder was put there by somebody else, and at any time.
struct DaemonFileTests {
    @Test func `what is no regular file is refused, and names harm neither log nor terminal`() throws {
        let world = try World.forDaemon()
        world.guardSecrets(Export.small.cprs)
        try FileManager.default.createSymbolicLink(
            atPath: world.dropped("link.xml"), withDestinationPath: "/etc/hostname")
        #expect(mkfifo(world.dropped("pipe.xml"), 0o600) == 0)
        try FileManager.default.createDirectory(atPath: world.dropped("folder.xml"), withIntermediateDirectories: true)
        try world.drop(Export.small.text, "a\nb\u{1B}[2J\u{202E}_20260228.xml")
        try world.drop(Export.cut, "6101800011_\u{1B}]0;x\u{7}20260302.xml")
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        let runs = try daemon.runs()
        let verdicts = Dictionary(uniqueKeysWithValues: runs.map { ($0["file"].text ?? "", $0["verdict"].text ?? "") })
        #expect(
            verdicts == [
                "link.xml": "rejected", "pipe.xml": "rejected", "a?b?[2J?_20260228.xml": "published",
                "**********_?]0;x?20260302.xml": "rejected",
            ])
        #expect(runs.first { $0["file"].text == "link.xml" }?["message"].text == "it is a symbolic link")
        let refused = try #require(runs.first { $0["file"].text?.hasPrefix("*") == true }?["run"].number)
        for words in [
            ["runs"], ["runs", "--json"], ["status"], ["run", "show", String(refused)], ["findings", "candidate:1"],
            ["candidates"], ["findings", "candidate:2"], ["run", "show", String(refused), "--json"],
        ] {
            let outcome = try daemon.run(words)
            #expect(!outcome.output.steersTerminals, "\(words): \(outcome.output)")
        }
        #expect(try daemon.run("runs").output.split(separator: "\n").count == 4)
        #expect(!daemon.log.steersTerminals)
        #expect(daemon.logLines.count == daemon.log.split(separator: "\n").count)
        world.expectNoSecret(in: daemon.log, of: "the log")
        #expect(daemon.end() == 0)
    }

    /// A state in which a file waits for the night.
    private func waitingForTheNight(_ export: Export = .small) throws -> (World, RunningDaemon) {
        let world = try World.forDaemon(hr: "publish: automatic, schedule: \"02:30\"")
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        try world.drop(export, "ZLPE20260302.xml")
        #expect(try daemon.settle()["sources"]["hr"]["waiting"].number == 1)
        return (world, daemon)
    }

    @Test func `a file that cannot be read is tried again and taken as soon as it can be`() throws {
        let (world, daemon) = try waitingForTheNight()
        let (file, aside) = (world.dropped("ZLPE20260302.xml"), world.dropped("aside"))
        // Even root cannot read a folder as a file.
        #expect(rename(file, aside) == 0 && mkdir(file, 0o700) == 0)
        try world.setClock("2026-03-03T01:31:00Z")
        try daemon.settle()
        var run = try #require(try daemon.runs().first)
        #expect(run["verdict"].text == "waiting" && run["attempts"].number == 1)
        #expect(run["message"].text == "It is a folder. Name the file in it.")
        #expect(rmdir(file) == 0 && rename(aside, file) == 0)
        try daemon.settle()
        #expect(try daemon.verdicts() == ["waiting"], "a minute has not passed")
        try world.setClock("2026-03-03T01:32:01Z")
        try daemon.settle()
        run = try #require(try daemon.runs().first)
        #expect(run["verdict"].text == "published" && run["message"].text == "" && run["attempts"].number == 2)
    }

    @Test func `a file that can never be read is refused at the fifth attempt, across restarts`() throws {
        var (world, daemon) = try waitingForTheNight()
        #expect(remove(world.dropped("ZLPE20260302.xml")) == 0 && mkdir(world.dropped("ZLPE20260302.xml"), 0o700) == 0)
        let night = try Date("2026-03-03T01:31:00Z", strategy: .iso8601)
        for (attempt, seconds) in [0.0, 61, 400, 1400, 5100].enumerated() {
            try world.setClock(night + seconds)
            if attempt == 2 {
                daemon.end(SIGKILL)
                daemon = try RunningDaemon(world)
            }
            try daemon.settle()
            #expect(try daemon.runs().map { $0["attempts"].number } == [attempt + 1])
        }
        let run = try #require(try daemon.runs().first)
        #expect(run["verdict"].text == "rejected" && run["candidateVerdict"].text == "rejected")
        #expect(try daemon.run("run", "show", "1").output.contains("It is a folder. Name the file in it."))
    }

    @Test func `a file that went away is told as vanished, and read when it is there again`() throws {
        let (world, daemon) = try waitingForTheNight()
        let (file, aside) = (world.dropped("ZLPE20260302.xml"), world.folder.appendingPathComponent("aside").path)
        #expect(rename(file, aside) == 0)
        try world.setClock("2026-03-03T01:31:00Z")
        try daemon.settle()
        #expect(try daemon.verdicts() == ["vanished"])
        #expect(rename(aside, file) == 0)
        try world.setClock("2026-03-04T01:31:00Z")
        try daemon.settle()
        #expect(try daemon.verdicts() == ["published"])
    }

    @Test func `a drop folder that was away for a while costs no file`() throws {
        let (world, daemon) = try waitingForTheNight()
        let (folder, aside) = (world.dropped(""), world.folder.appendingPathComponent("aside").path)
        #expect(rename(folder, aside) == 0)
        try world.setClock("2026-03-03T01:31:00Z")
        #expect(try !daemon.settle()["problems"].list.isEmpty)
        #expect(rename(aside, folder) == 0)
        try world.setClock("2026-03-04T01:31:00Z")
        #expect(try daemon.settle()["problems"].list.isEmpty)
        #expect(try daemon.verdicts() == ["published"])
    }

    @Test func `a file that grows is not read until it has been left alone for ten seconds`() throws {
        let world = try World.forDaemon()
        let daemon = try RunningDaemon(world)
        let text = Export.small.text
        func write(_ share: Double) throws {
            try world.write(Array(text.utf8.prefix(Int(Double(text.utf8.count) * share))), "drop/ZLPE.xml")
            try world.setModified(world.dropped("ZLPE.xml"), world.clock)
        }
        for share in [0.2, 0.5, 0.9, 1] {
            try write(share)
            try daemon.settle()
            #expect(try daemon.runs().isEmpty)
            try world.setClock(world.clock + 9)
            try daemon.settle()
            #expect(try daemon.runs().isEmpty)
        }
        try world.setClock(world.clock + 1)
        try daemon.settle()
        #expect(try daemon.verdicts() == ["published"])
    }

    @Test func `a time in a name that lies far ahead is not believed`() throws {
        let world = try World.forDaemon()
        let daemon = try RunningDaemon(world)
        try world.drop(Export.small, "ZLPE20991231.xml")
        try daemon.settle()
        try world.setClock("2026-03-03T09:00:00Z")
        try world.drop(Export.named("Nordby"), "ZLPE20260303.xml")
        try daemon.settle()
        #expect(try daemon.verdicts() == ["published", "published"])
    }

    @Test func `a folder that is not there yet is told, however well other sources are, and read when it comes`() throws
    {
        let world = try World.forDaemon()
        try world.configure(
            """
            state: state
            timeZone: Europe/Copenhagen
            authority: {name: Søløkke Kommune, cvr: "99000001"}
            http: {port: 0}
            sources:
              ad: {mapping: ad-users-csv, files: "later/*.csv", publish: automatic}
              hr: {mapping: kmd-opus, files: "drop/*.xml", publish: automatic}
            """)
        let daemon = try RunningDaemon(world)
        try world.drop(Export.small, "ZLPE20260302.xml")
        let before = try daemon.settle()
        #expect(before["problems"].texts.contains { $0.contains("intake.folder-unreadable") && $0.contains("later") })
        #expect(try daemon.get("/readyz").status == 200, "the other source is read")
        #expect(try daemon.verdicts() == ["published"])
        try world.makeDropFolder("later")
        #expect(try daemon.settle()["problems"].list.isEmpty)
        try world.drop("\"no\",\"accounts\"\r\n", "accounts.csv", into: "later")
        try daemon.settle()
        #expect(try daemon.verdicts() == ["published", "rejected"])
    }

    @Test func `a clock that ran far ahead is told, and all is well when it is set right`() throws {
        let world = try World.forDaemon()
        let daemon = try RunningDaemon(world)
        try world.drop(Export.small, "ZLPE20260302.xml")
        try daemon.settle()
        try world.setClock("2026-03-22T09:00:00Z")
        let ahead = try daemon.settle()
        #expect(ahead["problems"].texts.contains { $0.contains("day.waits") } && ahead["day"].text == World.firstDay)
        try world.setClock("2026-03-02T09:10:00Z")
        #expect(try daemon.settle()["problems"].list.isEmpty)
    }

    @Test func `nothing is read in closed hours, and all when they are over`() throws {
        let world = try World.forDaemon(hr: "publish: automatic, closed: \"18:00-06:00\"")
        let daemon = try RunningDaemon(world)
        try world.setClock("2026-03-02T17:30:00Z")
        try world.drop(Export.small, "ZLPE20260302.xml")
        try daemon.settle()
        try world.setClock("2026-03-03T04:59:59Z")
        try daemon.settle()
        #expect(try daemon.verdicts() == ["waiting"])
        try world.setClock("2026-03-03T05:00:00Z")
        try daemon.settle()
        #expect(try daemon.verdicts() == ["published"])
    }

    @Test func `a file that came late is superseded, and retry reads it all the same`() throws {
        let world = try World.forDaemon()
        let daemon = try RunningDaemon(world)
        try world.drop(Export.named("Nordby"), "ZLPE20260302.xml")
        try daemon.settle()
        try world.drop(Export.named("Sydby"), "ZLPE20260301.xml")
        try daemon.settle()
        #expect(try daemon.verdicts() == ["published", "superseded"])
        let retried = try daemon.run("retry", "2", "--json")
        #expect(retried.status == 0 && retried.json["version"].number == 2)
        #expect(try daemon.verdicts() == ["published", "published"])
        #expect(try daemon.run("retry", "3").errors.contains("run.unknown"))
        #expect(remove(world.dropped("ZLPE20260301.xml")) == 0)
        let gone = try daemon.run("retry", "2")
        #expect(gone.status == 1 && gone.errors.contains("run.file-gone"))
        #expect(try daemon.run("verify").status == 0)
    }

    @Test func `a refused file that was repaired in its place is a new file`() throws {
        let world = try World.forDaemon()
        let daemon = try RunningDaemon(world)
        try world.drop(Export.cut, "ZLPE20260302.xml")
        try daemon.settle()
        #expect(try daemon.verdicts() == ["rejected"])
        #expect(try daemon.run("retry", "1").status == 3)
        let file = try FileHandle(forWritingTo: URL(filePath: world.dropped("ZLPE20260302.xml")))
        try file.write(contentsOf: Data(Export.small.text.utf8))
        try file.close()
        try world.setModified(world.dropped("ZLPE20260302.xml"), world.clock)
        try daemon.settle()
        #expect(try daemon.verdicts() == ["rejected"])
        try world.setClock(world.clock + 11)
        try daemon.settle()
        #expect(try daemon.verdicts() == ["rejected", "published"])
        #expect(try daemon.run("retry", "1", "--json").json["verdict"].text == "unchanged")
        #expect(try daemon.verdicts() == ["unchanged", "published"])
    }
}

import Foundation
import Testing

/// An approval that is given now and carried out later: exactly once, never before, and only what was approved.
struct ScheduledPublishTests {
    private static let noon = "2026-03-02T12:00"
    private static let noonUTC = "2026-03-02T11:00:00Z"

    private static func naming(_ name: String) -> Export {
        var export = Export.small
        export.alter(unit: "403") { $0.name = name }
        return export
    }

    /// A daemon of a manual source, at ten in the morning; the last of these exports waits, the others are approved.
    private func waiting(_ exports: Export..., more: String = "") throws -> (World, RunningDaemon) {
        let world = try World.forDaemon(hr: "publish: manual", more: more)
        let daemon = try RunningDaemon(world)
        for (number, export) in exports.enumerated() {
            if number > 0 {
                #expect(try daemon.run("publish", "candidate:\(number)", "--approve", "--reason", "x").status == 0)
            }
            try world.drop(export, "ZLPE20260302T080\(number).xml")
            #expect(try daemon.settle()["held"].texts == ["\(number + 1)"])
        }
        return (world, daemon)
    }

    @discardableResult
    private func schedule(_ daemon: RunningDaemon, _ candidate: Int, at text: String = noon) throws -> Outcome {
        let outcome = try daemon.run(
            "publish", "candidate:\(candidate)", "--approve", "--reason", "aftalt med løn", "--at", text, "--json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome
    }

    private func version(_ daemon: RunningDaemon) throws -> Int? {
        try daemon.settle()["version"].number
    }

    private func isScheduled(_ daemon: RunningDaemon, _ candidate: Int) throws -> Bool {
        try daemon.settle()["scheduled"].keys.contains(String(candidate))
    }

    private func expectNotDone(_ daemon: RunningDaemon, _ count: Int = 1) {
        #expect(daemon.logLines.filter { $0["message"].text == "publish.not-done" }.count == count, "\(daemon.log)")
    }

    @Test func `it is published at its time, once, by the one who approved it, and not a second before`() throws {
        let (world, daemon) = try waiting(.small)
        let scheduled = try schedule(daemon, 1)
        #expect(scheduled.json["verdict"].text == "held" && scheduled.json["scheduled"]["at"].text == Self.noonUTC)
        try world.setClock("2026-03-02T10:59:59Z")
        #expect(try version(daemon) == 0)
        try world.setClock(Self.noonUTC)
        #expect(try version(daemon) == 1)
        let published = try daemon.run("versions", "--json").json
        #expect(published["reason"].text == "aftalt med løn" && published["time"].text == Self.noonUTC)
        #expect(published["actor"].text?.hasPrefix("cli:") == true)
        #expect(try daemon.settle()["held"].list.isEmpty)
        for later in ["2026-03-02T10:00:00Z", Self.noonUTC, "2026-03-03T11:00:00Z"] {
            try world.setClock(later)
            #expect(try version(daemon) == 1)
        }
        expectNotDone(daemon, 0)
        #expect(try daemon.run("verify").status == 0)
    }

    @Test func `whoever looks at the candidate reads when it is published, and how to take that back`() throws {
        let (_, daemon) = try waiting(.small)
        try schedule(daemon, 1, at: "2026-03-02T12:00:00+01:00")
        for command in [["candidates"], ["status"], ["run", "show", "1"], ["findings", "candidate:1"]] {
            let told = try daemon.run(command).output
            #expect(told.contains("SCHEDULED for \(Self.noonUTC), approved by cli:"), "\(command): \(told)")
            #expect(told.contains("fordeler publish candidate:1 --cancel"))
        }
        let candidate = try daemon.run("candidates", "--json").json["scheduled"]
        #expect(candidate.keys == ["at", "actor", "reason", "given"])
        #expect(candidate["reason"].text == "aftalt med løn" && candidate["given"].text == "2026-03-02T09:00:00Z")
        #expect(try daemon.run("run", "show", "1", "--json").lines.first?["scheduled"].text == Self.noonUTC)
        #expect(try daemon.settle()["scheduled"]["1"].text == Self.noonUTC)
    }

    @Test(arguments: [SIGTERM, SIGKILL])
    func `a daemon that was down at the time publishes at its next start`(signal: Int32) throws {
        var (world, daemon) = try waiting(.small)
        try schedule(daemon, 1)
        daemon.end(signal)
        daemon = try RunningDaemon(world)
        #expect(try version(daemon) == 0)
        #expect(try isScheduled(daemon, 1))
        daemon.end(signal)
        try world.setClock("2026-03-02T15:00:00Z")
        daemon = try RunningDaemon(world)
        #expect(try version(daemon) == 1)
        daemon.end(signal)
        daemon = try RunningDaemon(world)
        #expect(try version(daemon) == 1)
        #expect(try daemon.run("verify").status == 0)
    }

    @Test func `a daemon that is killed while it publishes has done so once when it has started again`() throws {
        for number in [1, 2, 3, 5, 8, 13, 21] {
            var (world, daemon) = try waiting(.small)
            try schedule(daemon, 1)
            #expect(daemon.end() == 0)
            try world.setClock(Self.noonUTC)
            // Nobody may wait for the one that is killed.
            if let killed = try? RunningDaemon(
                world,
                under: [
                    "strace", "-D", "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=pwrite64", "-e",
                    "inject=pwrite64:signal=KILL:when=\(number)",
                ])
            {
                _ = try killed.run("status", "--wait", "--json")
                killed.end(SIGKILL)
            }
            daemon = try RunningDaemon(world)
            #expect(try version(daemon) == 1, "pwrite64 \(number)")
            #expect(try daemon.run("versions", "--json").lines.count == 1)
            #expect(try daemon.run("verify").status == 0)
        }
    }

    // MARK: Otherwise decided

    @Test func `a candidate that a later export supersedes takes its approval along, and people are told`() throws {
        let scratch = try World()
        let server = try MailServer(folder: scratch.folder)
        let (world, daemon) = try waiting(.small, more: MailServer.configuration(port: server.port))
        try schedule(daemon, 1)
        try world.drop(Self.naming("Børnehuset Solsikken"), "ZLPE20260302T0930.xml")
        #expect(try daemon.settle()["held"].texts == ["2"])
        #expect(try !isScheduled(daemon, 2))
        try world.setClock("2026-03-02T12:00:00Z")
        #expect(try version(daemon) == 0)
        expectNotDone(daemon)
        let mails = server.mails(3)
        let told = try #require(mails.first { $0.id.contains("publish.not-done") })
        #expect(told.text.contains("candidate:1 was to be published at 2026-03-02T12:00:00+01:00, approved by cli:"))
        #expect(told.text.contains("something later took the place") && told.text.contains("fordeler candidates"))
        #expect(!told.text.contains("It still waits"))
    }

    @Test func `the same export again takes the candidate's place, and its approval stands`() throws {
        let (world, daemon) = try waiting(.small)
        try schedule(daemon, 1)
        try world.drop(Export.small, "ZLPE20260302T0930.xml")
        #expect(try daemon.settle()["held"].texts == ["2"])
        #expect(try isScheduled(daemon, 2))
        try world.setClock(Self.noonUTC)
        #expect(try version(daemon) == 1)
        #expect(try daemon.run("versions", "--json").json["candidate"].text == "2")
        expectNotDone(daemon, 0)
    }

    @Test func `a candidate that was rejected, taken back or published before is not published then`() throws {
        for command in [["reject", "candidate:1"], ["publish", "candidate:1", "--cancel"]] {
            let (world, daemon) = try waiting(.small)
            try schedule(daemon, 1)
            #expect(try daemon.run(command + ["--reason", "nej"]).status == 0)
            #expect(try !isScheduled(daemon, 1))
            try world.setClock("2026-03-02T12:00:00Z")
            #expect(try version(daemon) == 0, "\(command)")
            expectNotDone(daemon, 0)
            #expect(try daemon.run("verify").status == 0)
        }
        let (world, daemon) = try waiting(.small)
        try schedule(daemon, 1)
        #expect(try daemon.run("publish", "candidate:1", "--approve", "--reason", "nu").status == 0)
        try world.setClock("2026-03-02T12:00:00Z")
        #expect(try version(daemon) == 1)
        expectNotDone(daemon, 0)
    }

    @Test func `the last approval of a candidate counts`() throws {
        let (world, daemon) = try waiting(.small)
        try schedule(daemon, 1)
        try schedule(daemon, 1, at: "2026-03-02T14:00")
        try world.setClock("2026-03-02T12:00:00Z")
        #expect(try version(daemon) == 0)
        try world.setClock("2026-03-02T13:00:00Z")
        #expect(try version(daemon) == 1)
    }

    // MARK: Holds, and a register that changed

    @Test func `a hold keeps it waiting, and when that ends it is published`() throws {
        let (world, daemon) = try waiting(.small)
        try schedule(daemon, 1)
        try daemon.run("hold", "hr", "--reason", "ferie")
        try world.setClock("2026-03-02T12:00:00Z")
        #expect(try version(daemon) == 0)
        #expect(try isScheduled(daemon, 1))
        let released = try daemon.run("release", "hr", "--except", "pinned", "--json")
        #expect(released.status == 5 && released.json["scheduled"]["at"].text == Self.noonUTC)
        #expect(try version(daemon) == 1)
        expectNotDone(daemon, 0)
    }

    @Test func `a release before its time publishes nothing early`() throws {
        let world = try World.forDaemon()
        let daemon = try RunningDaemon(world)
        try daemon.run("hold", "hr", "--reason", "ferie")
        try world.drop(Export.small, "ZLPE20260302.xml")
        #expect(try daemon.settle()["held"].texts == ["1"])
        try schedule(daemon, 1)
        #expect(try daemon.run("release", "hr", "--except", "pinned", "--json").json["waitsFor"].texts == ["manual"])
        #expect(try version(daemon) == 0)
        try world.setClock(Self.noonUTC)
        #expect(try version(daemon) == 1)
    }

    @Test func `when the register changed and it would do something else it is not published, and goes on waiting`()
        throws
    {
        let (world, daemon) = try waiting(.small, .named("Nordby"), Self.naming("Børnehuset Solsikken"))
        try schedule(daemon, 3)
        #expect(try daemon.run("rollback", "1", "--reason", "forkert navn").status == 0)
        try world.setClock("2026-03-02T12:00:00Z")
        #expect(try version(daemon) == 3)
        #expect(try isScheduled(daemon, 3))
        try daemon.run("release", "hr", "--except", "pinned")
        let status = try daemon.settle()
        #expect(status["version"].number == 3 && status["held"].texts.contains("3"))
        #expect(status["scheduled"].keys.isEmpty)
        expectNotDone(daemon)
        try daemon.settle()
        expectNotDone(daemon)
        #expect(try daemon.run("verify").status == 0)
    }

    @Test func `a clock that ran far ahead publishes nothing`() throws {
        let (world, daemon) = try waiting(.small, Self.naming("Børnehuset Solsikken"))
        try schedule(daemon, 2, at: "2026-03-10T06:00")
        try world.setClock("2026-03-22T09:00:00Z")
        #expect(try version(daemon) == 1)
        try world.setClock("2026-03-10T05:00:00Z")
        #expect(try version(daemon) == 2)
    }

    @Test func `a rollback of a part can be approved for a time`() throws {
        let (world, daemon) = try waiting(.small, Self.naming("Børnehuset Solsikken"), .named("Nordby"))
        #expect(try daemon.run("publish", "candidate:2", "--approve", "--reason", "x").status == 4)
        #expect(try daemon.run("rollback", "1", "--unit", "403", "--preview").status == 5)
        try schedule(daemon, 4)
        try world.setClock(Self.noonUTC)
        #expect(try version(daemon) == 3)
        let last = try #require(try daemon.run("versions", "--json").lines.last)
        #expect(last["cause"].text == "rollback" && last["scope"]["unit"].text == "403")
        #expect(try daemon.run("holds", "--json").json["source"].text == "hr")
    }

    // MARK: Mistakes

    @Test func `what cannot be meant is refused, and nothing is scheduled`() throws {
        let (_, daemon) = try waiting(.small)
        func words(_ text: String) -> [String] {
            ["publish", "candidate:1", "--approve", "--reason", "x", "--at", text]
        }
        let refusals: [(words: [String], status: Int32, code: String)] = [
            (words("2026-03-02T09:59"), 1, "schedule.past"), (words("2026-03-02T10:00"), 1, "schedule.past"),
            (words("2026-03-02T09:00:00Z"), 1, "schedule.past"), (words("i morgen"), 1, "usage"),
            (words("2026-03-02"), 1, "usage"), (words(""), 1, "usage"),
            (["publish", "candidate:1", "--reason", "x", "--at", Self.noon], 1, "usage"),
            (["publish", "candidate:1", "--approve", "--at", Self.noon], 1, "approval.reason-missing"),
            (["publish", "candidate:9", "--approve", "--reason", "x", "--at", Self.noon], 1, "candidate.unknown"),
            (["publish", "candidate:1", "--cancel"], 4, "candidate.conflict"),
            (["publish", "candidate:9", "--cancel"], 1, "candidate.unknown"),
            (["publish", "candidate:1", "--approve", "--cancel"], 1, "usage"),
            (["publish", "candidate:1", "--cancel", "--at", Self.noon], 1, "usage"),
        ]
        for (words, status, code) in refusals {
            let refused = try daemon.run(words)
            #expect(refused.status == status && refused.errors.contains(code), "\(words): \(refused.errors)")
        }
        #expect(try !isScheduled(daemon, 1))
        #expect(try version(daemon) == 0)
    }

    @Test func `without a daemon it is accepted, and told that only a daemon carries it out`() throws {
        let world = try World(["hr": "manual"])
        #expect(try world.importing(Export.small).status == 5)
        let words = ["publish", "candidate:1", "--approve", "--reason", "x", "--at", "2999-12-31T06:00"]
        let scheduled = try world.run(words)
        #expect(scheduled.status == 0 && scheduled.errors.contains("schedule.no-daemon"))
        #expect(try world.run("candidates").output.contains("SCHEDULED for 2999-12-31T05:00:00Z"))
        try world.expectVerified()
        #expect(try world.run("publish", "candidate:1", "--cancel").status == 0)
        #expect(try world.run("candidates", "--json").json["scheduled"].isNull)
    }
}

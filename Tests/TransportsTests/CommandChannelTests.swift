import Foundation
import OrganisationModel
import Testing
@testable import Transports

struct CommandChannelTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    /// A command that runs a line of shell, with the folder of the test as `$1`.
    private func shell(_ line: String, timeout: Duration = .seconds(30)) throws -> CommandChannel {
        try CommandChannel(name: "script", command: ["/bin/sh", "-c", line, "sh", scratch.path], timeout: timeout)
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOf: URL(filePath: scratch.path + "/" + name), encoding: .utf8)
    }

    @Test func notice_isTheStandardInput() throws {
        try shell("cat > $1/got").send(Sample.notice)
        #expect(try text("got") == String(decoding: Sample.notice.json, as: UTF8.self))
    }

    @Test func inputThatIsNotRead_stopsNothing() throws {
        let long = Sample.notice(text: String(repeating: "line\n", count: 100_000))
        try shell("exit 0").send(long)
        try shell("exec 0<&-; exit 0").send(long)
    }

    @Test(arguments: [(0, ""), (1, "notice.refused"), (75, "notice.unreachable"), (127, "notice.refused")])
    func exitStatus_isTheAnswer(_ status: Int, _ code: String) throws {
        #expect(failure { try shell("exit \(status)").send(Sample.notice) }.code == code)
    }

    @Test func commandEndedBySignal_isTriedLater() throws {
        #expect(failure { try shell("kill -9 $$").send(Sample.notice) }.code == "notice.unreachable")
    }

    @Test func commandThatTakesTooLong_isKilledWithAllItStarted() throws {
        // The lock is held for as long as one process of the group lives.
        let line = "exec 9>$1/lock; flock 9; (sleep 3600) & sleep 3600"
        let end = failure { try shell(line, timeout: .milliseconds(500)).send(Sample.notice) }
        #expect(end.code == "notice.unreachable")
        #expect(end.message.contains("0.5 seconds"))
        try shell("exec 9>>$1/lock; flock -w 20 9").send(Sample.notice)
    }

    @Test func muchOutput_isDropped() throws {
        try shell("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2").send(Sample.notice)
    }

    @Test func command_inheritsNothing() throws {
        let file = try FileHandle(forWritingTo: URL(filePath: "/dev/null"))
        defer { try? file.close() }
        // A descriptor that programs started from here would get.
        let leak = fcntl(file.fileDescriptor, F_DUPFD, 200)
        defer { close(leak) }
        try shell(
            "ls /proc/$$/fd > $1/open; env > $1/env; pwd > $1/folder; ps -o pgid= $$ > $1/group; echo $$ > $1/own"
        )
        .send(Sample.notice)
        // 10 is the shell's own copy while a line writes elsewhere.
        let open = Set(try text("open").split(separator: "\n").map(String.init))
        #expect(open.subtracting(["10"]) == ["0", "1", "2"])
        let names = try text("env").split(separator: "\n").map { String($0.prefix { $0 != "=" }) }
        #expect(Set(names).subtracting(["PWD", "SHLVL", "_", "OLDPWD"]) == ["PATH", "LANG"])
        #expect(try text("folder") == "/\n")
        #expect(try text("group").trimmingCharacters(in: .whitespaces) == text("own"))
    }

    @Test(arguments: ["/nowhere/program", "/etc/passwd", "/tmp"])
    func programThatCannotBeStarted_isTriedLater(_ program: String) throws {
        let channel = try CommandChannel(name: "script", command: [program])
        let end = failure { try channel.send(Sample.notice) }
        #expect(end.code == "notice.unreachable")
        #expect(end.message.contains(program))
    }

    @Test(arguments: [[], [""], ["program"], ["./program"], ["/bin/sh", "a\u{0}b"]])
    func commandThatIsNone_buildsNoChannel(_ command: [String]) {
        let end = failure { _ = try CommandChannel(name: "script", command: command) }
        #expect(end.code == "configuration.notice-channel")
    }

    @Test func manyAtOnce_allArrive() async throws {
        let channel = try shell("cat >> $1/all; echo >> $1/all")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask { try channel.send(Sample.notice(id: "r7.\(number)", text: "")) }
            }
            try await group.waitForAll()
        }
        for number in 0..<8 { #expect(try text("all").contains("\"r7.\(number)\"")) }
    }
}

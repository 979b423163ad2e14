import Foundation
import Logging
import Synchronization
import Testing

@testable import fordeler

/// The parts of the daemon that need no daemon.
struct DaemonPieceTests {
    // MARK: What differs between configurations

    @Test func `differences name each value by its path`() {
        let old = "state: a\nsources:\n  hr: {publish: automatic, schedule: [\"02:30\", \"03:30\"]}\n"
        let new = "sources:\n  hr: {publish: manual, schedule: [\"02:30\"], quiet: 5}\nstate: a\n"
        #expect(
            ConfigurationDifference.between(old, new) == [
                "sources.hr.publish: automatic -> manual", "sources.hr.quiet: nothing -> 5",
                "sources.hr.schedule: 02:30, 03:30 -> 02:30",
            ])
    }

    @Test func `texts that say the same do not differ, and one that is no YAML has no values`() {
        #expect(ConfigurationDifference.between("a: {b: c}", "# x\na:\n  b: c") == [])
        #expect(ConfigurationDifference.between("a: b", "a: [") == ["a: b -> nothing"])
        #expect(ConfigurationDifference.between("", "") == [])
    }

    // MARK: The log

    private func lines(_ form: LogWriter.Form, _ level: Logger.Level, _ message: String) -> String {
        let written = Lines()
        var log = Logger(label: "test") { label in
            LogWriter(label: label, form: form) { bytes in written.add(String(decoding: bytes, as: UTF8.self)) }
        }
        log[metadataKey: "source"] = "hr"
        log.log(level: level, "\(message)", metadata: ["file": "x\u{1B}[2J 6101800011", "source": "ad"])
        log.debug("not written")
        return written.text
    }

    private final class Lines: Sendable {
        private let lines = Mutex("")
        func add(_ line: String) { lines.withLock { $0 += line } }
        var text: String { lines.withLock { $0 } }
    }

    @Test func `the log is one JSON object a line, without control characters and CPR numbers`() throws {
        let text = lines(.json, .error, "a\nb \"c\" 610180-0011")
        let line = try #require(JSON(text))
        #expect(text.hasSuffix("}\n") && text.count { $0 == "\n" } == 1 && !text.steersTerminals)
        #expect(line["level"].text == "error" && line["logger"].text == "test" && line["source"].text == "ad")
        #expect(line["message"].text == "a\nb \"c\" ***********" && line["file"].text == "x\u{1B}[2J **********")
    }

    @Test(arguments: [
        (Logger.Level.info, "<6>"), (.notice, "<5>"), (.warning, "<4>"), (.error, "<3>"), (.critical, "<2>"),
    ])
    func `the journal finds the priority before the object`(level: Logger.Level, priority: String) {
        let text = lines(.journal, level, "x")
        #expect(text.hasPrefix(priority + "{"))
        #expect(JSON(text.dropFirst(3)) != nil)
    }

    @Test func `on a terminal the log is a line of text that steers nothing`() {
        let text = lines(.text, .warning, "a\nb\u{9B}2J")
        #expect(text.contains(" warning a?b?2J file=x?[2J ********** source=ad\n"))
        #expect(!text.steersTerminals && text.count { $0 == "\n" } == 1)
    }

    // MARK: Frames

    private func pair() -> (FrameStream, FrameStream) {
        var ends: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        return (FrameStream(descriptor: ends[0]), FrameStream(descriptor: ends[1]))
    }

    @Test func `frames arrive as they were sent, however long they are`() throws {
        let (one, other) = pair()
        let long = (0..<FrameStream.byteCountMax + 70_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let frames: [Frame] = [
            .request(CommandRequest(arguments: ["show", "æ\u{0}\u{1B}", ""], folder: "/tmp", input: nil)),
            .request(CommandRequest(arguments: [], folder: "", input: "x")), .results([]), .complaints([0, 255]),
            .ended(0), .ended(-1), .ended(.max),
        ]
        let sender = Thread {
            for frame in frames + [.results(long)] { try? one.send(frame) }
            close(one.descriptor)
        }
        sender.start()
        for frame in frames { #expect(try other.receive() == frame) }
        var received: [UInt8] = []
        while case .results(let bytes)? = try other.receive() { received += bytes }
        #expect(received == long)
        #expect(try other.receive() == nil)
        close(other.descriptor)
    }

    @Test(arguments: [
        [9, 0, 0, 0, 0], [0, 0, 0, 0, 2, 123, 1], [1, 255, 255, 255, 255], [3, 0, 0, 0, 3, 0, 0, 0],
        [1, 0, 0, 0, 9, 1],
        [1, 0], [71, 69, 84, 32, 47, 32], [3, 0, 0, 0, 0], [0, 0, 0, 0, 0],
    ])
    func `garbage is no frame`(bytes: [UInt8]) {
        let (one, other) = pair()
        #expect(write(one.descriptor, bytes, bytes.count) == bytes.count)
        close(one.descriptor)
        #expect(throws: (any Error).self) { try other.receive() }
        close(other.descriptor)
    }

    @Test func `an end that is gone is told, and ends nobody`() {
        let (one, other) = pair()
        close(other.descriptor)
        #expect(throws: FrameStream.Failure.self) { try one.send(.results([1])) }
        close(one.descriptor)
    }

    @Test func `a caller that sends garbage is dropped, and the next one is served`() throws {
        let world = try World.forDaemon()
        let daemon = try RunningDaemon(world)
        for bytes: [UInt8] in [[], [71, 69, 84], Array(repeating: 255, count: 4096), [0, 0, 0, 0, 2, 123, 125]] {
            let socket = try #require(UnixSocket.connect(to: world.state.appendingPathComponent("socket").path))
            _ = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            close(socket)
        }
        #expect(try daemon.run("status").status == 0)
        #expect(daemon.end() == 0)
    }

    // MARK: The service manager

    @Test func `a manager is told what its socket's name says, and one that does not read holds up nobody for long`()
        throws
    {
        let world = try World()
        let socket = try NotifySocket(path: world.folder.appendingPathComponent("notify").path)
        let manager = ServiceManager(environment: [
            "NOTIFY_SOCKET": socket.path, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": String(getpid()),
        ])
        #expect(manager.watchdog == 30)
        #expect(ServiceManager(environment: ["WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"]).watchdog == nil)
        manager.reloading()
        manager.status("a\nb")
        manager.ready()
        #expect(socket.next(within: 0)?.wholeMatch(of: /RELOADING=1\nMONOTONIC_USEC=[0-9]+/) != nil)
        #expect(socket.next(within: 0) == "STATUS=a b" && socket.next(within: 0) == "READY=1")
        let room = try String(contentsOfFile: "/proc/sys/net/unix/max_dgram_qlen", encoding: .utf8)
        let begin = ContinuousClock.now
        for _ in 0..<(try #require(Int(room.trimmingCharacters(in: .newlines))) + 2) { manager.isAlive() }
        #expect(begin.duration(to: .now) < .seconds(60))
        ServiceManager(environment: [:]).ready()
        ServiceManager(environment: ["NOTIFY_SOCKET": String(repeating: "x", count: 200)]).ready()
    }
}

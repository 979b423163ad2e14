import Foundation
import Testing

/// A day in a daemon's life: it starts, two files come, and a subscriber reads and acknowledges in between. At one point of it the
/// daemon may be killed, and then it is started again.
final class CrashCycle {
    enum Phase: String, CaseIterable {
        /// The first start, and the one after a crash.
        case start, restart
        case firstFile, acknowledgement, secondFile
    }

    /// A call before which the daemon is killed.
    struct Point: CustomStringConvertible {
        let phase: Phase
        let call: String
        /// Counted from 1 for each thread, from the beginning of the phase.
        let number: Int
        var description: String { "\(phase.rawValue), \(call) \(number)" }
    }

    /// Every call with which the daemon changes files or tells anybody; a question mark for those that some machines do not have.
    static let calls = [
        "pwrite64", "fdatasync", "fsync", "ftruncate", "write", "sendto", "?unlink", "?unlinkat", "?rename",
    ]

    let world: World
    private(set) var follower: Follower
    private var daemon: RunningDaemon?
    /// How often the daemon was killed after it was ready.
    private(set) var kills = 0
    private let point: Point?
    /// Where calls are written down, for the phase that is counted.
    private let counted: Phase?
    var trace: URL { world.folder.appendingPathComponent("trace") }

    /// - Parameters:
    ///   - prepared: a state in which the subscription `ky` has the token.
    ///   - point: where the daemon is killed; nil when it is left alone.
    ///   - counted: the phase whose calls are written to ``trace``.
    init(prepared: World, token: String, killedAt point: Point? = nil, counting counted: Phase? = nil) throws {
        // A server that is never there: what people would be told stays countable.
        world = try World.forDaemon(more: MailServer.configuration(port: 1))
        try FileManager.default.copyItem(at: prepared.state, to: world.state)
        (self.point, self.counted) = (point, counted)
        follower = Follower(mailbox: "ky", token: token)
    }

    /// Lives through the day.
    /// - Returns: the daemon at the end of it, with nothing left to do.
    func live() throws -> RunningDaemon {
        start(.start)
        try step(.firstFile) { try $0.dropped(.small, "ZLPE20260302.xml") }
        try step(.acknowledgement) { try $0.read() }
        if phase == .restart {
            daemon?.end(SIGKILL)
            (daemon, kills) = (nil, kills + 1)
            start(.restart)
        }
        try step(.secondFile) { try $0.dropped(.named("Nordby"), "ZLPE20260302T0930.xml") }
        return try alive()
    }

    private var phase: Phase? { point?.phase ?? counted }

    // MARK: Steps

    private struct Gone: Error {}

    /// Does something, with the tracer beside it when it is its turn, and again when the daemon was killed meanwhile.
    private func step(_ phase: Phase, _ body: (CrashCycle) throws -> Void) throws {
        let tracer = self.phase == phase ? try Tracer(try alive(), options(attached: true), world.folder) : nil
        do {
            _ = try alive()
            try body(self)
            tracer?.end()
        } catch {
            tracer?.end()
            guard let status = daemon?.endSoon else { throw error }
            #expect(status == 137, "\(status): \(daemon?.log ?? "")")
            _ = try alive()
            try body(self)
        }
    }

    private func dropped(_ export: Export, _ name: String) throws {
        if !FileManager.default.fileExists(atPath: world.dropped(name)) { try world.drop(export, name) }
        let outcome = try world.run(["status", "--wait", "--json"], today: nil)
        guard outcome.status == 0 else { throw Gone() }
    }

    private func read() throws {
        guard let daemon else { throw Gone() }
        try follower.read(daemon)
        try follower.acknowledge(daemon)
    }

    /// The daemon, started again without a tracer when it was killed.
    private func alive() throws -> RunningDaemon {
        if let daemon, daemon.status == nil { return daemon }
        if daemon != nil { kills += 1 }
        let next = try RunningDaemon(world)
        daemon = next
        return next
    }

    private func start(_ phase: Phase) {
        let isTraced = self.phase == phase
        daemon = try? RunningDaemon(world, under: isTraced ? ["strace", "-D"] + options(attached: false) : [])
    }

    private func options(attached: Bool) -> [String] {
        guard let point else {
            return ["-f", "-o", trace.path, "-e", "trace=" + Self.calls.joined(separator: ",")]
        }
        return ["-f"] + (attached ? [] : ["--seccomp-bpf"]) + [
            "-o", "/dev/null", "-e", "trace=\(point.call)", "-e",
            "inject=\(point.call):signal=KILL:when=\(point.number)",
        ]
    }

    /// The greatest number of each call that one thread made in the phase that was counted.
    func counts() throws -> [String: Int] {
        var seen: [Substring: [String: Int]] = [:]
        for line in try String(contentsOf: trace, encoding: .utf8).split(separator: "\n") {
            // Numbers of processes are filled up with spaces.
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard words.count > 1, let end = words[1].firstIndex(of: "(") else { continue }
            seen[words[0], default: [:]][String(words[1][..<end]), default: 0] += 1
        }
        return seen.values.reduce(into: [:]) { all, one in all.merge(one) { max($0, $1) } }
    }
}

extension RunningDaemon {
    /// The exit status of a daemon that is about to end; nil when it goes on.
    fileprivate var endSoon: Int32? {
        for _ in 0..<500 where status == nil { poll(nil, 0, 20) }
        return status
    }
}

/// strace beside a daemon that runs already.
private final class Tracer {
    private let process: pid_t
    private var hasEnded = false

    /// Returns when every thread is traced.
    init(_ daemon: RunningDaemon, _ options: [String], _ folder: URL) throws {
        let told = folder.appendingPathComponent("tracer-\(UUID().uuidString)")
        process = try Spawn.start(
            "strace", options + ["-p", String(daemon.process)], ["/dev/null", "/dev/null", told.path])
        for _ in 0..<500 {
            let text = (try? String(contentsOf: told, encoding: .utf8)) ?? ""
            if text.contains("attached") { return }
            try #require(Spawn.endedStatus(of: process) == nil, "strace cannot trace the daemon: \(text)")
            poll(nil, 0, 10)
        }
        Issue.record("strace does not trace the daemon")
    }

    func end() {
        guard !hasEnded else { return }
        hasEnded = true
        // The system sets free what a tracer that is gone had traced.
        kill(process, SIGKILL)
        _ = try? Spawn.end(of: process)
    }

    deinit {
        end()
    }
}

import Foundation
import Testing

/// `fordeler serve` as a process of its own in the folder of a world. It is killed with this object.
final class RunningDaemon {
    let world: World
    let process: pid_t
    /// Where subscribers read; 0 when the configuration serves none.
    private(set) var port = 0
    private let manager: NotifySocket
    private let logFile: URL
    private var endedStatus: Int32?

    /// What a start that failed left behind.
    struct NotReady: Error, CustomStringConvertible {
        let status: Int32
        let log: String
        var description: String { "the daemon ended with status \(status) before it was ready: \(log)" }
    }

    /// A hanging daemon must not hang the tests; milliseconds.
    private static let patience: Int32 = 120_000

    /// Starts the daemon and waits until it says that it is ready.
    /// - Parameters:
    ///   - hasClock: whether the file `clock` of the world says what time it is.
    ///   - tracer: words before the command; the process must stay that of the daemon.
    /// - Throws: ``NotReady`` when it ends first.
    init(_ world: World, hasClock: Bool = true, under tracer: [String] = []) throws {
        self.world = world
        logFile = world.folder.appendingPathComponent("daemon-\(UUID().uuidString).log")
        manager = try NotifySocket(path: world.folder.appendingPathComponent("notify").path)
        let clock = hasClock ? ["--clock", world.folder.appendingPathComponent("clock").path] : []
        let configuration = world.folder.appendingPathComponent("fordeler.yaml").path
        let words = tracer + [World.program, "serve", "--config", configuration] + clock
        process = try Spawn.start(
            words[0], Array(words.dropFirst()), ["/dev/null", "/dev/null", logFile.path],
            environment: ["NOTIFY_SOCKET": manager.path])
        guard hears(["READY=1"]) else {
            end(SIGKILL)
            throw NotReady(status: endedStatus ?? 0, log: log)
        }
        port = logLines.last { $0["message"].text == "fordeler serves" }?["port"].text.flatMap { Int($0) } ?? 0
    }

    deinit {
        end(SIGKILL)
    }

    // MARK: Its life

    /// The exit status; nil while it runs.
    var status: Int32? {
        if endedStatus == nil { endedStatus = Spawn.endedStatus(of: process) }
        return endedStatus
    }

    /// Sends a signal and waits for the end.
    /// - Returns: the exit status.
    @discardableResult
    func end(_ signal: Int32 = SIGTERM) -> Int32 {
        if let status { return status }
        kill(process, signal)
        let status = (try? Spawn.end(of: process)) ?? -1
        endedStatus = status
        return status
    }

    /// Has the configuration read again, and waits until that is over.
    func reload() {
        hear()
        kill(process, SIGHUP)
        #expect(hears(["RELOADING=1", "READY=1"]), "\(log)")
    }

    /// All that the daemon has told its manager since somebody last listened.
    @discardableResult
    func hear() -> [String] {
        var messages: [String] = []
        while let message = manager.next(within: 0) { messages.append(message) }
        return messages
    }

    /// Waits for messages in their order, which may have others between them.
    /// - Returns: false when the daemon ended instead.
    private func hears(_ wanted: [String]) -> Bool {
        var rest = wanted[...]
        for _ in 0..<(Self.patience / 20) {
            while let message = manager.next(within: 20) {
                if let first = rest.first, message.hasPrefix(first) { rest.removeFirst() }
                if rest.isEmpty { return true }
            }
            if status != nil { return false }
        }
        return false
    }

    // MARK: Its answers

    /// Has the daemon run a command, and looks for secrets in whatever it prints.
    @discardableResult
    func run(_ arguments: String..., input: String = "") throws -> Outcome {
        try run(arguments, input: input)
    }

    @discardableResult
    func run(_ arguments: [String], input: String = "") throws -> Outcome {
        hear()
        return try world.run(arguments, today: nil, input: input)
    }

    /// Has the daemon do all that is due.
    /// - Returns: its status.
    @discardableResult
    func settle() throws -> JSON {
        let outcome = try run("status", "--wait", "--json")
        #expect([0, 5].contains(outcome.status), "\(outcome.errors)\(log)")
        return outcome.json
    }

    /// What became of the files, the oldest first.
    func runs() throws -> [JSON] {
        try run("runs", "--last", "100000", "--json").lines.reversed()
    }

    /// What became of the files in the order of their receipt, such as `["published", "rejected"]`.
    func verdicts() throws -> [String] {
        try runs().compactMap { $0["verdict"].text }
    }

    /// The log of this process.
    var log: String { (try? String(contentsOf: logFile, encoding: .utf8)) ?? "" }

    var logLines: [JSON] { log.split(separator: "\n").compactMap { JSON($0) } }

    // MARK: HTTP

    /// Asks over HTTP.
    /// - Throws: when nobody answers.
    func get(_ path: String, token: String = "") throws -> HTTPAnswer {
        try HTTPAnswer(port: port, "GET", path, token: token)
    }

    func post(_ path: String, _ body: String, token: String) throws -> HTTPAnswer {
        try HTTPAnswer(port: port, "POST", path, token: token, body: body)
    }
}

extension World {
    /// Moves the clock of the daemon.
    /// - Parameter instant: UTC, RFC 3339, such as `2026-03-02T08:00:00Z`.
    func setClock(_ instant: String) throws {
        try Data(instant.utf8).write(to: folder.appendingPathComponent("clock"), options: .atomic)
    }

    /// Moves the clock of the daemon.
    func setClock(_ instant: Date) throws {
        try setClock(instant.formatted(.iso8601))
    }

    /// What the clock of the daemon shows.
    var clock: Date {
        let text = (try? String(contentsOf: folder.appendingPathComponent("clock"), encoding: .utf8)) ?? ""
        return (try? Date(text, strategy: .iso8601)) ?? Date(timeIntervalSince1970: 0)
    }

    /// Writes a file beside the drop folder and renames it into it, as a sender does that knows what it is about. It was
    /// modified a minute ago by the daemon's clock.
    func drop(_ text: String, _ name: String, into folder: String = "drop") throws {
        let part = self.folder.appendingPathComponent("part-\(UUID().uuidString)")
        try Data(text.utf8).write(to: part)
        try setModified(part.path, clock - 60)
        let target = self.folder.appendingPathComponent(folder).appendingPathComponent(name)
        guard rename(part.path, target.path) == 0 else {
            throw Spawn.Failure(description: "\(name): \(String(cString: strerror(errno)))")
        }
    }

    /// Drops an export; from now on no command may print one of its CPR numbers.
    func drop(_ export: Export, _ name: String) throws {
        guardSecrets(export.cprs)
        try drop(export.text, name)
    }

    func setModified(_ path: String, _ time: Date) throws {
        try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path)
    }

    /// Makes the folder into which files are dropped.
    func makeDropFolder(_ name: String = "drop") throws {
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
    }
}

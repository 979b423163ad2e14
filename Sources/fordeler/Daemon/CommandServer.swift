import ArgumentParser
import Foundation
import Logging
import OrganisationModel
import Storage
import Synchronization
import Versioning

/// Takes commands over the socket in the state folder and runs them on the daemon's state.
///
/// Who may give commands is decided by what the kernel says of the caller: root, the daemon's own user, and the users that
/// the configuration names.
final class CommandServer: Sendable {
    private let daemon: Daemon
    private let listener: Int32
    private let path: String
    private let isStopped = Mutex(false)
    private let places = DispatchSemaphore(value: CommandServer.callersMax)
    private let running = DispatchGroup()

    /// More callers than this wait until one is done.
    private static let callersMax = 32
    /// A caller that takes no bytes for so long is given up; seconds.
    private static let patience = 600
    /// Commands run where the command line would run them, on a stack of 8 MiB.
    private static let stackSize = 8 << 20

    init(_ daemon: Daemon) throws {
        self.daemon = daemon
        path = daemon.configuration.socket.path
        listener = try UnixSocket.listen(at: path, isOpen: !daemon.configuration.socket.users.isEmpty)
    }

    func start() {
        let thread = Thread { [self] in accept() }
        thread.name = "commands"
        thread.start()
    }

    /// Takes no more commands. Those that run go on.
    func stop() {
        isStopped.withLock { $0 = true }
        shutdown(listener, Int32(SHUT_RDWR))
        unlink(path)
    }

    /// - Returns: whether all commands ended in time.
    func finish(within seconds: Double) -> Bool {
        running.wait(timeout: .now() + seconds) == .success
    }

    private func accept() {
        while !isStopped.withLock({ $0 }) {
            places.wait()
            let connection = Foundation.accept(listener, nil, nil)
            guard connection >= 0 else {
                places.signal()
                if errno == EINVAL || errno == EBADF { return }
                // Too many open files, for example: others end, and then there is room again.
                if errno != EINTR && errno != ECONNABORTED { usleep(100_000) }
                continue
            }
            running.enter()
            let thread = Thread { [self] in
                serve(connection)
                close(connection)
                places.signal()
                running.leave()
            }
            thread.stackSize = Self.stackSize
            thread.start()
        }
    }

    private func serve(_ connection: Int32) {
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        var patience = timeval(tv_sec: Self.patience, tv_usec: 0)
        for option in [SO_SNDTIMEO, SO_RCVTIMEO] {
            setsockopt(connection, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        let stream = FrameStream(descriptor: connection)
        let answer = Answer(stream)
        // Whoever goes away before the answer is whole has nobody to be told.
        guard case .request(let request)? = try? stream.receive() else { return }
        let ending = Ending(answer.output) { try run(request, from: connection, answer.output) }
        answer.end(ending.status)
    }

    private func run(_ request: CommandRequest, from connection: Int32, _ output: Output) throws {
        let user = try caller(connection)
        guard let command = try Fordeler.parseAsRoot(request.arguments) as? any Command else {
            throw FordelerError(.usage, "this is no command for the daemon")
        }
        guard command.common.today == nil else {
            throw FordelerError(
                .usage, "--today cannot be used while the daemon runs: its clock decides. Stop it first")
        }
        let isTrusted = user.id == 0 || user.id == geteuid()
        guard command.common.actor == nil || isTrusted else {
            throw FordelerError(.usage, "--actor is for root and the daemon's own user; you are \(user.name)")
        }
        var lines = request.input?.split(separator: "\n", omittingEmptySubsequences: false)[...] ?? []
        let session = Session(
            workplace: try daemon.workplace(actor: Actor(command.common.actor ?? "cli:" + user.name)), output: output,
            folder: request.folder, input: { lines.popFirst().map(String.init) }, shared: daemon.state, daemon: daemon)
        try daemon.watching {
            if type(of: command).access == .reading {
                try command.run(in: session)
            } else {
                defer { daemon.agenda?.look() }
                if type(of: command).beginsBesideOthers {
                    try command.run(in: session)
                } else {
                    try session.alone { try command.run(in: session) }
                }
            }
        }
    }

    private func caller(_ connection: Int32) throws -> PeerUser {
        guard let id = UnixSocket.peer(of: connection) else {
            throw FordelerError(.init("socket.forbidden"), "the caller is not known to the system")
        }
        let user = PeerUser(id: id)
        let named = daemon.configuration.socket.users.compactMap(PeerUser.named)
        guard id == 0 || id == geteuid() || named.contains(user) else {
            throw FordelerError(
                .init("socket.forbidden"),
                "\(user.name) may give no commands. An administrator can name this user under socket: users:")
        }
        return user
    }
}

/// Collects what a command prints into pieces worth sending.
private final class Answer: Sendable {
    private let stream: FrameStream
    private let pending = Mutex<(results: [UInt8], isBroken: Bool)>(([], false))

    private static let pieceSize = 32 * 1024

    init(_ stream: FrameStream) {
        self.stream = stream
    }

    var output: Output {
        Output(
            results: { [self] bytes in
                pending.withLock { pending in
                    pending.results += bytes
                    if pending.results.count >= Self.pieceSize { flush(&pending) }
                }
            },
            complaints: { [self] bytes in
                pending.withLock { pending in
                    flush(&pending)
                    send(.complaints(bytes), &pending)
                }
            })
    }

    func end(_ status: Int32) {
        pending.withLock { pending in
            flush(&pending)
            send(.ended(status), &pending)
        }
    }

    private func flush(_ pending: inout (results: [UInt8], isBroken: Bool)) {
        guard !pending.results.isEmpty else { return }
        send(.results(pending.results), &pending)
        pending.results = []
    }

    /// A caller that went away changes nothing about the command.
    private func send(_ frame: Frame, _ pending: inout (results: [UInt8], isBroken: Bool)) {
        guard !pending.isBroken else { return }
        do { try stream.send(frame) } catch { pending.isBroken = true }
    }
}

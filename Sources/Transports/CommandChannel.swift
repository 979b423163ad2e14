import CLinux
import Foundation
public import Distribution
import OrganisationModel

/// Hands notices to a program of the administrator: as JSON on its standard input.
public struct CommandChannel: NoticeChannel {
    public let name: String
    private let command: [String]
    private let timeout: Duration

    /// What `sysexits.h` calls EX_TEMPFAIL.
    private static let tryLater: Int32 = 75
    private static let environment = [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
    ]

    /// - Parameters:
    ///   - command: the program's absolute path and its arguments. No shell reads them.
    ///   - timeout: after it the program and what it started is killed.
    /// - Throws: ``FordelerError`` `configuration.notice-channel`.
    public init(name: String, command: [String], timeout: Duration = .seconds(30)) throws {
        guard command.first?.hasPrefix("/") == true else {
            throw FordelerError.channel("\(name): a command begins with the absolute path of a program")
        }
        guard !command.contains(where: { $0.utf8.contains(0) }) else {
            throw FordelerError.channel("\(name): a command cannot hold the character 0")
        }
        (self.name, self.command, self.timeout) = (name, command, timeout)
    }

    /// Whether the program can be run now.
    public var isThere: Bool {
        access(command[0], X_OK) == 0
    }

    public func send(_ notice: Notice) throws {
        let input = try memoryFile(notice.json)
        defer { close(input) }
        let program = try start(input)
        guard let status = try end(of: program) else {
            throw FordelerError.unreachable("\(name): \(command[0]) was killed: it ran longer than \(timeout)")
        }
        let signal = status & 0x7F
        let exit = (status >> 8) & 0xFF
        switch (signal, exit) {
        case (0, 0): return
        case (0, Self.tryLater): throw FordelerError.unreachable("\(name): \(command[0]) asks to be called again later")
        case (0, _):
            throw FordelerError.refused("\(name): \(command[0]) ended with status \(exit). Run it by hand to see why")
        default: throw FordelerError.unreachable("\(name): \(command[0]) was ended by signal \(signal)")
        }
    }

    /// Standard input from memory: nothing waits when the program does not read it.
    private func memoryFile(_ bytes: [UInt8]) throws -> Int32 {
        let closeOnExec: UInt32 = 1
        let file = memfd_create("notice", closeOnExec)
        guard file >= 0 else { throw problem("no memory for its input", errno) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            guard count > 0 else {
                let reason = errno
                close(file)
                throw problem("no memory for its input", reason)
            }
            written += count
        }
        lseek(file, 0, SEEK_SET)
        return file
    }

    private func problem(_ what: String, _ reason: Int32) -> FordelerError {
        .unreachable("\(name): \(command[0]): \(what): \(String(cString: strerror(reason)))")
    }

    /// Starts the program in a process group of its own, in `/`, with no descriptors but the three, no signal blocked or
    /// ignored, and no output.
    private func start(_ input: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        for descriptor: Int32 in [1, 2] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        posix_spawn_file_actions_addchdir_np(&actions, "/")

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var arguments = command.map { strdup($0) } + [nil]
        var environment = Self.environment.map { strdup($0) } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var program = pid_t()
        let failure = posix_spawn(&program, command[0], &actions, &attributes, &arguments, &environment)
        guard failure == 0 else { throw problem("cannot be started", failure) }
        return program
    }

    /// The status that the system tells of the program; nil when its time was over and its group was killed.
    private func end(of program: pid_t) throws -> Int32? {
        let deadline = ContinuousClock.now + timeout
        var status: Int32 = 0
        var isKilled = false
        while true {
            let ended = waitpid(program, &status, isKilled ? 0 : WNOHANG)
            if ended == program { return isKilled ? nil : status }
            if ended < 0, errno != EINTR { throw problem("its end cannot be seen", errno) }
            if ended == 0, ContinuousClock.now >= deadline {
                kill(-program, SIGKILL)
                isKilled = true
            } else if ended == 0 {
                usleep(5_000)
            }
        }
    }
}

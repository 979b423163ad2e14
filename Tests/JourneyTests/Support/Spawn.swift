import Foundation

/// What a program left behind when it ended.
struct Outcome {
    let arguments: [String]
    /// The exit status; 128 and the number of the signal when a signal ended it, as a shell tells it.
    let status: Int32
    let output: String
    let errors: String

    /// Every line of the output as JSON.
    var lines: [JSON] { output.split(whereSeparator: \.isNewline).compactMap { JSON($0) } }
    /// The first line of the output as JSON.
    var json: JSON { lines.first ?? JSON("null")! }
}

/// Runs programs. Outputs go to files, so that no pipe can fill up or be held open by a program beside it.
enum Spawn {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs a program to its end.
    /// - Parameters:
    ///   - program: a path, or a name that is looked for in PATH.
    ///   - folder: where inputs and outputs are kept meanwhile.
    static func run(_ program: String, _ arguments: [String], input: String = "", folder: URL) throws -> Outcome {
        let name = UUID().uuidString
        let files = ["in", "out", "err"].map { folder.appendingPathComponent("\(name).\($0)") }
        defer { for file in files { try? FileManager.default.removeItem(at: file) } }
        try Data(input.utf8).write(to: files[0])
        let status = try end(of: start(program, arguments, files.map(\.path)))
        func text(_ file: URL) throws -> String { String(decoding: try Data(contentsOf: file), as: UTF8.self) }
        return Outcome(
            arguments: arguments, status: status, output: try text(files[1]), errors: try text(files[2]))
    }

    /// Starts a program.
    /// - Parameters:
    ///   - files: standard input, output and error.
    ///   - environment: variables beside those of this process.
    static func start(
        _ program: String, _ arguments: [String], _ files: [String], environment: [String: String] = [:]
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, files[0], O_RDONLY, 0)
        for (descriptor, file) in zip([Int32(1), 2], files.dropFirst()) {
            posix_spawn_file_actions_addopen(&actions, descriptor, file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        }
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        var argv = ([program] + arguments).map { strdup($0) } + [nil]
        var words = variables.map { strdup($0) } + [nil]
        defer { for text in argv + words { free(text) } }
        var child = pid_t()
        // Threads of tests block signals, and their children would go on doing so.
        var attributes = posix_spawnattr_t()
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let failure = posix_spawnp(&child, program, &actions, &attributes, &argv, &words)
        guard failure == 0 else {
            throw Failure(description: "\(program) cannot be started: \(String(cString: strerror(failure)))")
        }
        return child
    }

    /// Waits for the end of a program.
    /// - Returns: the exit status as ``Outcome`` tells it.
    static func end(of child: pid_t) throws -> Int32 {
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { throw Failure(description: String(cString: strerror(errno))) }
        }
        return told(status)
    }

    /// The exit status of a program that has ended; nil while it runs.
    static func endedStatus(of child: pid_t) -> Int32? {
        var status: Int32 = 0
        return waitpid(child, &status, WNOHANG) == child ? told(status) : nil
    }

    private static func told(_ status: Int32) -> Int32 {
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}

import Foundation

/// What a program used until it ended.
struct Cost {
    let outcome: Outcome
    /// User and system time, in seconds.
    let cpu: Double
    /// The most memory that it held, in bytes.
    let memory: Int
}

extension Spawn {
    /// Runs a program to its end, as `run` does, and measures it.
    static func measure(_ program: String, _ arguments: [String], folder: URL) throws -> Cost {
        let name = UUID().uuidString
        let files = ["in", "out", "err"].map { folder.appendingPathComponent("\(name).\($0)") }
        defer { for file in files { try? FileManager.default.removeItem(at: file) } }
        try Data().write(to: files[0])
        let child = try start(program, arguments, files.map(\.path))
        var (status, usage) = (Int32(0), rusage())
        while wait4(child, &status, 0, &usage) < 0 {
            guard errno == EINTR else { throw Failure(description: String(cString: strerror(errno))) }
        }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000 }
        func text(_ file: URL) throws -> String { String(decoding: try Data(contentsOf: file), as: UTF8.self) }
        let outcome = Outcome(
            arguments: arguments, status: status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F,
            output: try text(files[1]), errors: try text(files[2]))
        return Cost(
            outcome: outcome, cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime), memory: usage.ru_maxrss << 10)
    }
}

extension World {
    /// Compresses a file of this folder, and answers with the bytes.
    func gzipped(_ name: String) throws -> [UInt8] {
        let outcome = try Spawn.run("gzip", ["-9", "-k", "-f", path(name)], folder: folder)
        guard outcome.status == 0 else { throw Spawn.Failure(description: outcome.errors) }
        return Array(try Data(contentsOf: folder.appendingPathComponent("\(name).gz")))
    }

    /// Bytes as one member of a gzip file.
    func gzipped(_ bytes: [UInt8]) throws -> [UInt8] {
        try write(bytes, "member")
        return try gzipped("member")
    }
}

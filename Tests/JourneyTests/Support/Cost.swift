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
    /// Starts the program from a small one and writes down what it used: a program that is started from here is told to have held at
    /// least as much memory as the tests do, which they share until it begins.
    private static let measuring = """
        import resource, subprocess, sys
        status = subprocess.call(sys.argv[2:])
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        with open(sys.argv[1], "w") as file:
            file.write(f"{used.ru_utime + used.ru_stime} {used.ru_maxrss}")
        sys.exit(status if status >= 0 else 128 - status)
        """

    /// Runs a program to its end, as `run` does, and measures it.
    static func measure(_ program: String, _ arguments: [String], folder: URL) throws -> Cost {
        let used = folder.appendingPathComponent("\(UUID().uuidString).used")
        defer { try? FileManager.default.removeItem(at: used) }
        let outcome = try run("python3", ["-c", measuring, used.path, program] + arguments, folder: folder)
        let figures = try String(contentsOf: used, encoding: .utf8).split(separator: " ")
        guard figures.count == 2, let cpu = Double(figures[0]), let memory = Int(figures[1]) else {
            throw Failure(description: "nothing was measured")
        }
        return Cost(outcome: outcome, cpu: cpu, memory: memory << 10)
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

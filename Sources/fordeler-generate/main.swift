import Glibc

#if canImport(FordelerTestKit)
    import FordelerTestKit
#endif

/// A reason to end with exit code 1, in words for the person at the keyboard.
struct Failure: Error {
    let text: String
}

/// The command line, read.
struct Options {
    static let usage = """
        usage: fordeler-generate opus --employees N [--seed S] [--advance DAYS [--fraction F]] [--broken] OUTPUT
          --employees N   number of employments, 0 to 1000000
          --seed S        decides everything left to chance; 1 unless given
          --advance DAYS  number of ordinary days that pass before the file is written
          --fraction F    part of the municipality that one such day alters, 0 to 1; 0.005 unless given
          --broken        plants a cycle, unknown and duplicate units and impossible dates
        """

    private(set) var employees: Int?
    private(set) var seed: UInt64 = 1
    private(set) var days: Int?
    private(set) var fraction: Double?
    private(set) var isBroken = false
    private(set) var output: String?

    init(arguments: [String]) throws {
        guard arguments.first == "opus" else {
            throw Failure(text: "the first argument must be opus\n" + Self.usage)
        }
        var rest = arguments.dropFirst()
        while let argument = rest.popFirst() {
            switch argument {
            case "--employees":
                employees = try Self.value(of: argument, from: &rest) { text in
                    Int(text).flatMap { (0...OpusMunicipality.maximumEmployees).contains($0) ? $0 : nil }
                }
            case "--seed": seed = try Self.value(of: argument, from: &rest) { UInt64($0) }
            case "--advance":
                days = try Self.value(of: argument, from: &rest) { text in
                    Int(text).flatMap { $0 >= 0 ? $0 : nil }
                }
            case "--fraction":
                fraction = try Self.value(of: argument, from: &rest) { text in
                    Double(text).flatMap { (0...1).contains($0) ? $0 : nil }
                }
            case "--broken": isBroken = true
            default:
                guard !argument.hasPrefix("-"), !argument.isEmpty, output == nil else {
                    throw Failure(text: "unexpected argument: \(argument)\n" + Self.usage)
                }
                output = argument
            }
        }
        guard fraction == nil || days != nil else {
            throw Failure(text: "--fraction is of use with --advance only\n" + Self.usage)
        }
    }

    private static func value<Value>(
        of option: String, from rest: inout ArraySlice<String>, as read: (String) -> Value?
    ) throws -> Value {
        guard let text = rest.popFirst() else {
            throw Failure(text: "\(option) needs a value\n" + usage)
        }
        guard let value = read(text) else {
            throw Failure(text: "\(option) cannot be \(text)\n" + usage)
        }
        return value
    }
}

/// A file being written from its beginning.
struct OutputFile: ~Copyable {
    private let path: String
    private let descriptor: Int32
    private(set) var byteCount = 0

    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
    }

    mutating func append(_ bytes: ArraySlice<UInt8>) throws {
        try bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let written = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written < 0 && errno == EINTR { continue }
                guard written > 0 else { throw Self.failure("write", path) }
                rest = rest.dropFirst(written)
            }
        }
        byteCount += bytes.count
    }

    /// Closes the file, which is when some file systems first report that it could not be written.
    consuming func finish() throws {
        guard close(descriptor) == 0 else { throw Self.failure("close", path) }
    }

    private static func failure(_ operation: String, _ path: String) -> Failure {
        Failure(text: "cannot \(operation) \(path): " + String(cString: strerror(errno)))
    }
}

/// Generates, writes, and says what was written.
func generate(_ options: Options) throws {
    guard let employees = options.employees, let output = options.output else {
        throw Failure(text: "--employees and OUTPUT must be given\n" + Options.usage)
    }
    var municipality = OpusMunicipality(seed: options.seed, employees: employees)
    for day in 0..<(options.days ?? 0) {
        municipality.advance(seed: options.seed &+ UInt64(day) &+ 1, fraction: options.fraction ?? 0.005)
    }
    if options.isBroken {
        municipality.breakHierarchy()
    }
    var file = try OutputFile(path: output)
    try municipality.write { try file.append($0) }
    let byteCount = file.byteCount
    try file.finish()
    print(
        "\(output): \(municipality.name) Kommune on \(municipality.day), \(municipality.units.count) units, "
            + "\(municipality.employments.count) employments, \(byteCount) bytes")
}

do {
    try generate(Options(arguments: Array(CommandLine.arguments.dropFirst())))
} catch let failure as Failure {
    let message = Array("fordeler-generate: \(failure.text)\n".utf8)
    _ = message.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(1)
}

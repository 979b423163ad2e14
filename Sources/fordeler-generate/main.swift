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
        usage: fordeler-generate opus --employees N [--seed S] [--advance DAYS [--fraction F] [--daily]]
                                      [--lose F] [--reorganise F] [--broken] OUTPUT
               fordeler-generate ad --employees N [--seed S] [--advance DAYS [--fraction F] [--daily]]
                                    [--lose F] [--touch] [--delimiter D] [--encoding E] OUTPUT
          opus            the units and employments of a municipality as the payroll system exports them
          ad              the accounts of the same municipality as Get-ADUser and Export-Csv write them
          --employees N   number of employments, 0 to 1000000
          --seed S        decides everything left to chance; 1 unless given
          --advance DAYS  number of ordinary days that pass before the file is written
          --fraction F    part of the municipality that one such day alters, 0 to 1; 0.005 unless given
          --daily         writes the file before the first day and after each; waits for a line on standard input in between
          --lose F        part of the employments or accounts that is missing at the end of the file, 0 to 1
          --reorganise F  part of the units that gets another parent, 0 to 1
          --broken        plants a cycle, unknown and duplicate units and impossible dates
          --touch         gives every account another whenChanged: other bytes that say the same
          --delimiter D   , or ; between the values; , unless given
          --encoding E    utf-8-bom, utf-8 or windows-1252; utf-8-bom unless given
        """

    /// Which system's export is written.
    enum Export: String {
        case opus, ad
    }

    let export: Export
    private(set) var employees: Int?
    private(set) var seed: UInt64 = 1
    private(set) var days: Int?
    private(set) var fraction: Double?
    private(set) var isDaily = false
    private(set) var lost = 0.0
    private(set) var reorganised = 0.0
    private(set) var isBroken = false
    private(set) var isTouched = false
    private(set) var format = ADMunicipality.Format()
    private(set) var output: String?

    init(arguments: [String]) throws {
        guard let export = arguments.first.flatMap(Export.init(rawValue:)) else {
            throw Failure(text: "the first argument must be opus or ad\n" + Self.usage)
        }
        self.export = export
        var rest = arguments.dropFirst()
        while let argument = rest.popFirst() {
            if try readCommon(argument, from: &rest) { continue }
            switch (argument, export) {
            case ("--broken", .opus): isBroken = true
            case ("--reorganise", .opus): reorganised = try Self.value(of: argument, from: &rest, as: Self.part)
            case ("--touch", .ad): isTouched = true
            case ("--delimiter", .ad):
                format.delimiter = try Self.value(of: argument, from: &rest) { text in
                    text == "," || text == ";" ? text.utf8.first : nil
                }
            case ("--encoding", .ad):
                format.encoding = try Self.value(of: argument, from: &rest) { .init(rawValue: $0) }
            default:
                guard !argument.hasPrefix("-"), !argument.isEmpty, output == nil else {
                    throw Failure(text: "unexpected argument: \(argument)\n" + Self.usage)
                }
                output = argument
            }
        }
        guard (fraction == nil && !isDaily) || days != nil else {
            throw Failure(text: "--fraction and --daily are of use with --advance only\n" + Self.usage)
        }
    }

    /// Reads an option that both exports have; false when it is none.
    private mutating func readCommon(_ argument: String, from rest: inout ArraySlice<String>) throws -> Bool {
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
        case "--fraction": fraction = try Self.value(of: argument, from: &rest, as: Self.part)
        case "--daily": isDaily = true
        case "--lose": lost = try Self.value(of: argument, from: &rest, as: Self.part)
        default: return false
        }
        return true
    }

    private static func part(_ text: String) -> Double? {
        Double(text).flatMap { (0...1).contains($0) ? $0 : nil }
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

/// Generates, writes, and says what was written; once, or day by day.
func generate(_ options: Options) throws {
    guard let employees = options.employees, let output = options.output else {
        throw Failure(text: "--employees and OUTPUT must be given\n" + Options.usage)
    }
    var municipality = OpusMunicipality(seed: options.seed, employees: employees)
    var directory = options.export == .ad ? ADMunicipality(seed: options.seed, hr: municipality) : nil
    for day in 0..<(options.days ?? 0) {
        if options.isDaily {
            try writeExport(municipality, directory, options, output)
            guard readLine() != nil else { return }
        }
        let seed = options.seed &+ UInt64(day) &+ 1
        let fraction = options.fraction ?? 0.005
        municipality.advance(seed: seed, fraction: fraction)
        directory?.advance(seed: seed, hr: municipality, fraction: fraction)
    }
    try writeExport(municipality, directory, options, output)
}

/// Writes one file, and says what it holds.
func writeExport(
    _ municipality: OpusMunicipality, _ directory: ADMunicipality?, _ options: Options, _ output: String
) throws {
    var municipality = municipality
    municipality.reorganise(seed: options.seed, fraction: options.reorganised)
    if options.isBroken {
        municipality.breakHierarchy()
    }
    var file = try OutputFile(path: output)
    let contents: String
    if var directory {
        directory.accounts.removeLast(Int(Double(directory.accounts.count) * options.lost))
        if options.isTouched {
            directory.touch()
        }
        try directory.write(options.format) { try file.append($0) }
        contents = "\(directory.accounts.count) accounts"
    } else {
        municipality.employments.removeLast(Int(Double(municipality.employments.count) * options.lost))
        try municipality.write { try file.append($0) }
        contents = "\(municipality.units.count) units, \(municipality.employments.count) employments"
    }
    let byteCount = file.byteCount
    try file.finish()
    print("\(output): \(municipality.name) Kommune on \(municipality.day), \(contents), \(byteCount) bytes")
    // Whoever reads this from a pipe waits for it.
    fflush(nil)
}

do {
    try generate(Options(arguments: Array(CommandLine.arguments.dropFirst())))
} catch let failure as Failure {
    let message = Array("fordeler-generate: \(failure.text)\n".utf8)
    _ = message.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(1)
}

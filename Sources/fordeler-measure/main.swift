import Glibc
import Mapping
import OrganisationModel

/// A reason to end with exit code 1, in words for the person at the keyboard.
struct Failure: Error {
    let text: String
}

/// Every record of an export as it was accepted before, in memory: what reading costs without a register.
struct KnownRecords: ClaimStore {
    /// Key and fingerprint, 16 bytes each, in the order of the export.
    let heads: [UInt8]

    func forEachClaimHead(of source: String, _ body: (ClaimHead) throws -> Void) throws {
        try heads.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count - 31, by: 32) {
                guard let key = Fingerprint(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<start + 16])),
                    let fingerprint = Fingerprint(
                        bytes: UnsafeRawBufferPointer(rebasing: bytes[start + 16..<start + 32]))
                else { return }
                try body(ClaimHead(row: Int64(start / 32), key: key, fingerprint: fingerprint))
            }
        }
    }

    func acceptedExport(of source: String) -> AcceptedExport? {
        AcceptedExport(files: [], seed: [], records: heads.count / 32)
    }

    // No record is absent, ends or is resolved here.
    func sourcesWithClaims() -> [String] { [] }
    func claimPlaces(of source: String) -> [ClaimPlace] { [] }
    func fileName(_ number: Int) -> String { "" }
    func forEachClaim(of source: String, _ body: (Int64, UnsafeRawBufferPointer) throws -> Void) {}
    func claim(row: Int64) -> [UInt8] { [] }
    func forEachClaim(rows: [Int64], _ body: (Int64, String, UnsafeRawBufferPointer) throws -> Void) {}
    func claimRows(boundTo keys: Set<ClaimKey>) -> Set<Int64> { [] }
    func claimRows(referringTo keys: Set<ClaimKey>) -> Set<Int64> { [] }
    func suppressedIDs() -> Set<ObjectID> { [] }
    func resolvedPrecedence() -> [UInt8]? { nil }
}

/// A file that is read from its beginning.
final class InputFile {
    private let path: String
    private let descriptor: Int32

    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(text: "cannot open \(path): \(String(cString: strerror(errno)))") }
    }

    deinit {
        close(descriptor)
    }

    /// Puts the next bytes into the buffer and answers how many; 0 at the end.
    func fill(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        guard count >= 0 else { throw Failure(text: "cannot read \(path): \(String(cString: strerror(errno)))") }
        return count
    }

    func bytes() throws -> [UInt8] {
        var status = stat()
        fstat(descriptor, &status)
        var count = 0
        var result = [UInt8](repeating: 0, count: Int(status.st_size))
        try result.withUnsafeMutableBytes { buffer in
            while count < buffer.count {
                let more = try fill(UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
                if more == 0 { break }
                count += more
            }
        }
        result.removeLast(result.count - count)
        return result
    }
}

/// Reads one export with one mapping; `heads` are those of the records that count as accepted.
func read(_ export: String, mapping: String, heads: [UInt8]) throws -> Overlay {
    let yaml = String(decoding: try InputFile(path: mapping).bytes(), as: UTF8.self)
    let secret = [UInt8](0..<32)
    let program = MappingProgram(
        try MappingDocument(yaml: yaml, file: mapping), source: "measured", secret: secret,
        authority: Authority(name: "Ellekærrød Kommune", cvr: "99444359"))
    let reading = try ExportReading(
        program: program, identity: Identity(secret: secret, authority: "99444359"), store: KnownRecords(heads: heads),
        buffer: ClaimBuffer(), today: Day(year: 2026, month: 3, day: 1) ?? .distantPast)
    let file = try InputFile(path: export)
    try reading.read(named: export, { try file.fill($0) }) { ExportFile(name: export, digest: [], byteCount: 0) }
    return try reading.finish()
}

/// Writes what the export's records are known by.
func learn(_ export: String, mapping: String, to heads: String) throws {
    let overlay = try read(export, mapping: mapping, heads: [])
    let bytes = overlay.altered.flatMap { $0.key.bytes + $0.fingerprint.bytes }
    guard let file = fopen(heads, "wb"), fwrite(bytes, 1, bytes.count, file) == bytes.count, fclose(file) == 0 else {
        throw Failure(text: "cannot write \(heads): \(String(cString: strerror(errno)))")
    }
}

/// Reads an export of which every record is known, and makes sure that it was.
func check(_ export: String, mapping: String, against heads: String) throws {
    let overlay = try read(export, mapping: mapping, heads: try InputFile(path: heads).bytes())
    guard overlay.isUnchanged else {
        throw Failure(
            text: "\(export): \(overlay.altered.count) records are not as they were, \(overlay.absent.count) are absent"
        )
    }
    print("\(export): \(overlay.records) records, all as they were")
}

let usage = """
    usage: fordeler-measure learn MAPPING EXPORT HEADS [MAPPING EXPORT HEADS ...]
           fordeler-measure read MAPPING EXPORT HEADS [MAPPING EXPORT HEADS ...]
      learn   reads exports for the first time and writes to HEADS what their records are known by
      read    reads exports of which every record is known and as it was: parsing, fingerprints, nothing else
    """

do {
    var rest = CommandLine.arguments.dropFirst()
    guard let command = rest.popFirst(), ["learn", "read"].contains(command), !rest.isEmpty, rest.count % 3 == 0 else {
        throw Failure(text: usage)
    }
    while let mapping = rest.popFirst(), let export = rest.popFirst(), let heads = rest.popFirst() {
        if command == "learn" {
            try learn(export, mapping: mapping, to: heads)
        } else {
            try check(export, mapping: mapping, against: heads)
        }
    }
} catch {
    let text = (error as? Failure)?.text ?? "\(error)"
    let message = Array("fordeler-measure: \(text)\n".utf8)
    _ = message.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(1)
}

import Foundation
public import OrganisationModel

/// The file beside the database that names who was erased, and which texts of the audit, one JSON object a line: it says so
/// also when an older database is put in place of this one. It holds no personal data.
public struct ErasureLedger: Sendable {
    /// An erasure that was decided.
    public struct Row: Hashable, Sendable, Codable {
        /// The person's UUID; nil when only a text was erased.
        public let person: String?
        /// The entry of the audit whose text was erased; nil for a person.
        public let entry: Entry?
        /// When it was decided; UTC, RFC 3339. Together with the person it names the erasure.
        public let time: String
        public let actor: String
        /// Whether the person's records are left out of exports from then on.
        public let isSuppressed: Bool

        public init(person: ObjectID, time: String, actor: String, isSuppressed: Bool) {
            (self.person, entry) = (person.description, nil)
            (self.time, self.actor, self.isSuppressed) = (time, actor, isSuppressed)
        }

        public init(entry: AuditHead, time: String, actor: String) {
            (person, self.entry) = (nil, Entry(entry))
            (self.time, self.actor, isSuppressed) = (time, actor, false)
        }
    }

    /// An entry of the audit. Its number alone does not name it: after a restore another one may have it.
    public struct Entry: Hashable, Sendable, Codable {
        let number: Int
        /// Its chain hash, base 64.
        let chain: String

        init(_ head: AuditHead) {
            (number, chain) = (head.number, Data(head.chain).base64EncodedString())
        }

        var chainBytes: [UInt8] { Data(base64Encoded: chain).map { [UInt8]($0) } ?? [] }
    }

    private let path: String

    static func path(folder: String) -> String { folder + "/erasures.jsonl" }

    public init(folder: String) {
        path = Self.path(folder: folder)
    }

    /// In the order in which they were written; empty when nobody was ever erased.
    /// - Throws: ``FordelerError`` `state.damaged` for a line that is none. One that was cut off by a power cut counts as not
    ///   written: the erasure had not begun.
    public func rows() throws -> [Row] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        guard let end = data.lastIndex(of: 0x0A) else { return [] }
        return try data[...end].split(separator: 0x0A).map { line in
            do {
                return try JSONDecoder().decode(Row.self, from: Data(line))
            } catch {
                throw FordelerError(
                    .stateDamaged, "\(path) has a line that cannot be read. Restore it from the newest backup")
            }
        }
    }

    /// Writes rows that are not there yet; they have reached the disk when the call returns.
    public func append(_ rows: [Row]) throws {
        let known = Set(try self.rows())
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var lines = try rows.filter { !known.contains($0) }.reduce(into: Data()) { lines, row in
            lines += try encoder.encode(row) + [0x0A]
        }
        guard !lines.isEmpty else { return }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        let kept = try endOfLastLine()
        guard ftruncate(descriptor, off_t(kept)) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else { throw failure() }
        while !lines.isEmpty {
            let count = lines.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw failure() }
            lines = lines.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw failure() }
        try StateFolder.sync((path as NSString).deletingLastPathComponent)
    }

    private func endOfLastLine() throws -> Int {
        let data = FileManager.default.contents(atPath: path) ?? Data()
        return data.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    }

    private func failure() -> FordelerError {
        FordelerError(
            .storageFailed, "\(path) cannot be written: \(String(cString: strerror(errno))). Nothing was erased")
    }
}

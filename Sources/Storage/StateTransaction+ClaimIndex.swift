import Foundation
import GRDB
import Mapping
public import OrganisationModel

/// The index from objects and values to claims: entries of 16 bytes (key, then row and sort of mention) in 4,096 rows by the
/// first bits of the key, so that an import that touches everything writes it in one pass, and a small one a few pages.
struct ClaimIndexChange {
    struct Entry: Hashable {
        let key: ClaimKey
        /// The row, and in the last bit whether the claim only refers to the key.
        private let place: UInt64

        init(key: ClaimKey, row: Int64, isReferred: Bool) {
            self.key = key
            place = UInt64(bitPattern: row) << 1 | (isReferred ? 1 : 0)
        }

        var bucket: Int {
            Int(key.bits >> 52)
        }

        func append(to bytes: inout [UInt8]) {
            Bytes.append(key.bits, to: &bytes)
            Bytes.append(place, to: &bytes)
        }
    }

    private(set) var added: [Entry] = []
    private(set) var removed: [Entry] = []
    /// False when the whole index is made anew afterwards.
    let isWatched: Bool
    private var reader: ClaimKeyReader

    init(lookedUp: Set<ForeignID>, schema: Schema, isWatched: Bool) {
        self.isWatched = isWatched
        reader = ClaimKeyReader(lookedUp: lookedUp, schema: schema)
    }

    mutating func replace(_ old: [UInt8]?, by new: UnsafeRawBufferPointer?, row: Int64) {
        guard let old else {
            if let new { appendEntries(of: new, row) }
            return
        }
        let before = old.withUnsafeBytes { entries(of: $0, row) }
        let after = new.map { entries(of: $0, row) } ?? []
        guard before != after else { return }
        removed += Set(before).subtracting(after)
        added += Set(after).subtracting(before)
    }

    mutating func appendEntries(of claim: UnsafeRawBufferPointer, _ row: Int64) {
        reader.read(claim)
        let first = added.count
        func append(_ entry: Entry) {
            if !added[first...].contains(entry) { added.append(entry) }
        }
        for key in reader.bound { append(Entry(key: key, row: row, isReferred: false)) }
        for key in reader.referred { append(Entry(key: key, row: row, isReferred: true)) }
    }

    private mutating func entries(of claim: UnsafeRawBufferPointer, _ row: Int64) -> [Entry] {
        reader.read(claim)
        return reader.bound.map { Entry(key: $0, row: row, isReferred: false) }
            + reader.referred.map { Entry(key: $0, row: row, isReferred: true) }
    }
}

extension StateTransaction {
    // MARK: Reading

    public func claimRows(boundTo keys: Set<ClaimKey>) throws -> Set<Int64> {
        try claimRows(keys, isReferred: false)
    }

    public func claimRows(referringTo keys: Set<ClaimKey>) throws -> Set<Int64> {
        try claimRows(keys, isReferred: true)
    }

    private func claimRows(_ keys: Set<ClaimKey>, isReferred: Bool) throws -> Set<Int64> {
        let statement = try BulkStatement(db, "SELECT entries FROM claimIndex WHERE number = ?")
        defer { statement.reset() }
        var rows: Set<Int64> = []
        for bucket in Set(keys.map { Int($0.bits >> 52) }).sorted() {
            statement.bind(1, bucket)
            if try statement.step() {
                forEachEntry(statement.bytes(0)) { key, row, referred in
                    if referred == isReferred, keys.contains(key) { rows.insert(row) }
                }
            }
            statement.reset()
        }
        return rows
    }

    private func forEachEntry(_ bytes: UnsafeRawBufferPointer, _ body: (ClaimKey, Int64, Bool) -> Void) {
        var offset = 0
        while offset + 16 <= bytes.count {
            let key = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let place = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
            body(ClaimKey(bits: key), Int64(bitPattern: place >> 1), place & 1 != 0)
            offset += 16
        }
    }

    public func resolvedPrecedence() throws -> [UInt8]? {
        try Data.fetchOne(db, sql: "SELECT value FROM setting WHERE name = 'precedence'").map { [UInt8]($0) }
    }

    /// The attributes of whose values the index has keys.
    func indexedForeignIDs() throws -> Set<ForeignID> {
        let packed = try Data.fetchOne(db, sql: "SELECT value FROM setting WHERE name = 'lookedUp'") ?? Data()
        return Set(
            stride(from: 0, to: packed.count - 2, by: 3).compactMap { offset in
                let bytes = [UInt8](packed)[offset..<offset + 3].map { $0 }
                return Kind(rawValue: bytes[0]).map { kind in
                    ForeignID(kind: kind, attribute: UInt16(bytes[1]) | UInt16(bytes[2]) << 8)
                }
            })
    }

    // MARK: Writing

    /// Every claim's entries, for an index that is made anew.
    func indexAll(_ index: inout ClaimIndexChange) throws {
        try db.execute(sql: "DELETE FROM claimIndex")
        let statement = try BulkStatement(db, "SELECT row, body FROM claim ORDER BY row")
        defer { statement.reset() }
        while try statement.step() { index.appendEntries(of: statement.bytes(1), Int64(statement.int(0))) }
    }

    func write(_ index: ClaimIndexChange) throws {
        guard !index.added.isEmpty || !index.removed.isEmpty else { return }
        let select = try BulkStatement(db, "SELECT entries FROM claimIndex WHERE number = ?")
        let update = try BulkStatement(
            db, "INSERT OR REPLACE INTO claimIndex (number, entries, checksum) VALUES (?1, ?2, rowChecksum(?1, ?2))")
        let added = grouped(index.added)
        let removed = Dictionary(grouping: index.removed, by: \.bucket)
        for bucket in 0..<4096 where !added.starts[bucket].isEmpty || removed[bucket] != nil {
            select.bind(1, bucket)
            var bytes: [UInt8] = []
            if try select.step() { bytes = Array(select.bytes(0)) }
            select.reset()
            if let gone = removed[bucket] { bytes = without(Set(gone), bytes) }
            for place in added.starts[bucket] { index.added[Int(added.order[place])].append(to: &bytes) }
            update.bind(1, bucket)
            try bytes.withUnsafeBytes { bytes in
                update.bind(2, bytes)
                try update.run()
            }
        }
    }

    private func without(_ gone: Set<ClaimIndexChange.Entry>, _ bytes: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        bytes.withUnsafeBytes { bytes in
            forEachEntry(bytes) { key, row, isReferred in
                let entry = ClaimIndexChange.Entry(key: key, row: row, isReferred: isReferred)
                if !gone.contains(entry) { entry.append(to: &kept) }
            }
        }
        return kept
    }

    /// The numbers of the entries bucket by bucket, and where each bucket's stand.
    private func grouped(_ entries: [ClaimIndexChange.Entry]) -> (order: [UInt32], starts: [Range<Int>]) {
        var counts = [Int](repeating: 0, count: 4096)
        for entry in entries { counts[entry.bucket] += 1 }
        var starts: [Range<Int>] = []
        var next = 0
        for count in counts {
            starts.append(next..<next + count)
            next += count
        }
        var places = starts.map(\.lowerBound)
        var order = [UInt32](repeating: 0, count: entries.count)
        for (number, entry) in entries.enumerated() {
            order[places[entry.bucket]] = UInt32(number)
            places[entry.bucket] += 1
        }
        return (order, starts)
    }

    func write(_ standing: Acceptance.Standing, isReindexed: Bool) throws {
        if isReindexed, let precedence = standing.precedence {
            try set("precedence", precedence.digest)
            let packed = precedence.lookedUp.flatMap {
                [$0.kind.rawValue, UInt8(truncatingIfNeeded: $0.attribute), UInt8($0.attribute >> 8)]
            }
            try set("lookedUp", packed)
        }
        try setIDs("findings", standing.idsWithFindings)
        try setPins(standing.pins)
    }

    // MARK: Lists of ids

    public func idsWithFindings() throws -> Set<ObjectID> {
        try ids(named: "findings")
    }

    func ids(named name: String) throws -> Set<ObjectID> {
        let packed = try Data.fetchOne(db, sql: "SELECT ids FROM idList WHERE name = ?", arguments: [name]) ?? Data()
        return Set(
            [UInt8](packed).withUnsafeBytes { bytes in
                stride(from: 0, to: bytes.count - 15, by: 16).compactMap {
                    ObjectID(bytes: UnsafeRawBufferPointer(rebasing: bytes[$0..<$0 + 16]))
                }
            })
    }

    func setIDs(_ name: String, _ ids: Set<ObjectID>) throws {
        let packed = Data(ids.sorted().flatMap(\.bytes))
        let held = try Data.fetchOne(db, sql: "SELECT ids FROM idList WHERE name = ?", arguments: [name]) ?? Data()
        if held == packed { return }
        try db.execute(sql: BulkStatement.insertion(into: "idList", orReplace: true), arguments: [name, packed])
    }
}

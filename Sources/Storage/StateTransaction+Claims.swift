import Foundation
import GRDB
public import Mapping
public import OrganisationModel
public import Versioning

// Claims of the last accepted exports, and of the candidates that wait.
extension StateTransaction: ClaimStore {
    public func sourcesWithClaims() throws -> [String] {
        try String.fetchAll(db, sql: "SELECT source FROM export ORDER BY source")
    }

    public func acceptedExport(of source: String) throws -> AcceptedExport? {
        let row = try Row.fetchOne(
            db, sql: "SELECT seed, records, unconfirmed, candidate FROM export WHERE source = ?", arguments: [source])
        guard let row else { return nil }
        let files = try Row.fetchAll(
            db, sql: "SELECT name, digest, bytes FROM exportFile WHERE candidate = ? AND source = ? ORDER BY number",
            arguments: [row["candidate"] as Int, source]
        ).map { ExportFile(name: $0["name"], digest: $0.bytes("digest"), byteCount: $0["bytes"]) }
        return AcceptedExport(
            files: files, seed: row.bytes("seed"), records: row["records"], unconfirmed: row["unconfirmed"])
    }

    public func claimPlaces(of source: String) throws -> [ClaimPlace] {
        let packed = try Data.fetchOne(
            db, sql: "SELECT places FROM claimPlaces WHERE source = ?", arguments: [source])
        return PackedPlaces.unpack([UInt8](packed ?? Data()))
    }

    public func fileName(_ number: Int) throws -> String {
        let name = try String.fetchOne(db, sql: "SELECT name FROM exportFile WHERE id = ?", arguments: [number])
        guard let name else { throw damaged("claimPlaces") }
        return name
    }

    public func forEachClaimHead(of source: String, _ body: (ClaimHead) throws -> Void) throws {
        let statement = try BulkStatement(
            db, "SELECT row, key, fingerprint FROM claim WHERE source = ? ORDER BY row")
        defer { statement.reset() }
        statement.bind(copying: source, 1)
        while try statement.step() {
            guard let key = Fingerprint(bytes: statement.bytes(1)),
                let fingerprint = Fingerprint(bytes: statement.bytes(2))
            else { throw damaged("claim") }
            try body(ClaimHead(row: Int64(statement.int(0)), key: key, fingerprint: fingerprint))
        }
    }

    public func forEachClaim(
        of source: String, _ body: (_ row: Int64, _ claim: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let statement = try BulkStatement(db, "SELECT row, body FROM claim WHERE source = ? ORDER BY row")
        defer { statement.reset() }
        statement.bind(copying: source, 1)
        while try statement.step() { try body(Int64(statement.int(0)), statement.bytes(1)) }
    }

    public func claim(row: Int64) throws -> [UInt8] {
        let statement = try BulkStatement(db, "SELECT body FROM claim WHERE row = ?")
        defer { statement.reset() }
        statement.bind(1, Int(row))
        guard try statement.step() else { throw damaged("claim") }
        return Array(statement.bytes(0))
    }

    public func forEachClaim(
        rows: [Int64], _ body: (_ row: Int64, _ source: String, _ claim: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        for row in rows {
            // Prepared for each, because the body may come back to here.
            let statement = try BulkStatement(db, "SELECT source, body FROM claim WHERE row = ?")
            statement.bind(1, Int(row))
            guard try statement.step() else { throw damaged("claim") }
            let source = statement.text(0)
            let claim = Array(statement.bytes(1))
            statement.reset()
            try claim.withUnsafeBytes { try body(row, source, $0) }
        }
    }

    // MARK: Accepting an export

    /// Makes the overlays' claims the accepted ones of their sources, and the index follow.
    func accept(_ acceptance: Acceptance, candidate: CandidateID) throws {
        let precedence = acceptance.standing?.precedence
        let isReindexed = try precedence.map { try resolvedPrecedence() != $0.digest } ?? false
        let hadClaims = try !sourcesWithClaims().isEmpty
        var index = ClaimIndexChange(
            lookedUp: try precedence?.lookedUp ?? indexedForeignIDs(), schema: schema,
            isWatched: !isReindexed || !hadClaims)
        for overlay in acceptance.overlays {
            try accept(overlay, acceptance.buffer, candidate: candidate, index: &index)
        }
        if isReindexed && hadClaims { try indexAll(&index) }
        try write(index)
        if let standing = acceptance.standing { try write(standing, isReindexed: isReindexed) }
    }

    private func accept(
        _ overlay: Overlay, _ buffer: ClaimBuffer, candidate: CandidateID, index: inout ClaimIndexChange
    ) throws {
        let firstFile = (try Int.fetchOne(db, sql: "SELECT max(id) FROM exportFile") ?? 0) + 1
        for (number, file) in overlay.files.enumerated() {
            try db.execute(
                sql: BulkStatement.insertion(into: "exportFile"),
                arguments: [
                    firstFile + number, candidate.number, overlay.source, number, file.name, Data(file.digest),
                    file.byteCount,
                ])
        }
        try db.execute(
            sql: BulkStatement.insertion(into: "export", orReplace: true),
            arguments: [
                overlay.source, Data(overlay.seed), overlay.records, overlay.unconfirmed, candidate.number,
            ])
        let removal = try BulkStatement(db, "DELETE FROM claim WHERE row = ?")
        for row in overlay.absent {
            if index.isWatched { index.replace(try claim(row: row), by: nil, row: row) }
            removal.bind(1, Int(row))
            try removal.run()
        }
        let places = (try write(overlay, buffer, &index) + overlay.unchanged).map { $0.accepted(firstFile: firstFile) }
        try noteFull(overlay)
        try db.execute(
            sql: BulkStatement.insertion(into: "claimPlaces", orReplace: true),
            arguments: [overlay.source, Data(PackedPlaces.pack(places.sorted { $0.row < $1.row }))])
    }

    /// Writes the altered claims and answers where their records stand.
    private func write(
        _ overlay: Overlay, _ buffer: ClaimBuffer, _ index: inout ClaimIndexChange
    ) throws -> [ClaimPlace] {
        var nextRow = Int64(try Int.fetchOne(db, sql: "SELECT max(row) FROM claim") ?? 0) + 1
        let insertion = try BulkStatement.insertWithChecksum(db, into: "claim")
        let update = try BulkStatement(
            db,
            "UPDATE claim SET source = ?2, key = ?3, fingerprint = ?4, body = ?5, checksum = ?6 WHERE row = ?1")
        let source = Array(overlay.source.utf8)
        return try source.withUnsafeBytes { source in
            try overlay.altered.map { claim in
                let row = claim.replaces ?? nextRow
                if claim.replaces == nil { nextRow += 1 }
                // Not OR REPLACE: SQLite would write every page it touches into a journal of the statement first.
                let statement = claim.replaces == nil ? insertion : update
                let body = buffer[claim.reference]
                if index.isWatched {
                    index.replace(try claim.replaces.map { try self.claim(row: $0) }, by: body, row: row)
                }
                try claim.key.withUnsafeBytes { key in
                    try claim.fingerprint.withUnsafeBytes { fingerprint in
                        var checksum = RowChecksum.Builder()
                        checksum.add(Int(row))
                        checksum.add(text: source)
                        checksum.add(key)
                        checksum.add(fingerprint)
                        checksum.add(body)
                        statement.bind(1, Int(row))
                        statement.bind(2, text: source)
                        statement.bind(3, key)
                        statement.bind(4, fingerprint)
                        statement.bind(5, body)
                        statement.bind(6, checksum.finish())
                        try statement.run()
                    }
                }
                return ClaimPlace(row: row, file: .own(claim.file), line: claim.line)
            }
        }
    }

    // MARK: The order of deltas

    static let fullMark = "full:"

    /// When the newest full export of a source was made that was taken, in seconds since 1970: what was delivered before says
    /// nothing any more. Nil for a source without exports.
    public func fullStamp(source: String) throws -> Int? {
        let waiting = try Int.fetchAll(
            db,
            sql: """
                SELECT json_extract(files, '$.fullStamp') AS stamp FROM waitingExport
                WHERE source = ? AND stamp IS NOT NULL
                """, arguments: [source])
        return try (waiting + [acceptedFullStamp(source: source)].compactMap { $0 }).max()
    }

    /// As ``fullStamp(source:)``, without what still waits in a candidate.
    public func acceptedFullStamp(source: String) throws -> Int? {
        // As long as no delta was read every export was full.
        try mark(Self.fullMark + source) ?? lastStamp(source: source)
    }

    private func noteFull(_ overlay: Overlay) throws {
        try noteFirstDelta(overlay)
        guard let stamp = overlay.fullStamp else { return }
        try setMark(Self.fullMark + overlay.source, max(stamp, mark(Self.fullMark + overlay.source) ?? stamp))
    }

    /// From now on the newest export is not a full one.
    private func noteFirstDelta(_ overlay: Overlay) throws {
        guard overlay.isDelta, try mark(Self.fullMark + overlay.source) == nil else { return }
        try setMark(Self.fullMark + overlay.source, lastStamp(source: overlay.source) ?? 0)
    }

    /// Whether a file of this name and with these bytes waits in a candidate, or was accepted with one that is kept.
    public func hasTaken(_ file: ExportFile, source: String) throws -> Bool {
        let isAccepted = try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM exportFile WHERE source = ? AND name = ? AND digest = ?)",
            arguments: [source, file.name, Data(file.digest)])
        if isAccepted == true { return true }
        return try String.fetchAll(db, sql: "SELECT files FROM waitingExport WHERE source = ?", arguments: [source])
            .contains { text in
                try JSONDecoder().decode(WaitingFiles.self, from: Data(text.utf8)).files
                    .contains { $0.name == file.name && [UInt8]($0.digest) == file.digest }
            }
    }

    // MARK: Overlays of candidates that wait

    private struct WaitingFiles: Codable {
        let files: [WaitingFile]
        let fullStamp: Int?
    }

    private struct WaitingFile: Codable {
        let name: String
        let digest: Data
        let bytes: Int
    }

    func keep(_ overlay: Overlay, _ buffer: ClaimBuffer, candidate: CandidateID) throws {
        try noteFirstDelta(overlay)
        let files = WaitingFiles(
            files: overlay.files.map { WaitingFile(name: $0.name, digest: Data($0.digest), bytes: $0.byteCount) },
            fullStamp: overlay.fullStamp)
        var absent: [UInt8] = []
        for row in overlay.absent { Bytes.append(UInt64(bitPattern: row), to: &absent) }
        try db.execute(
            sql: BulkStatement.insertion(into: "waitingExport"),
            arguments: [
                candidate.number, overlay.source, Data(overlay.seed), overlay.records,
                Data(PackedPlaces.pack(overlay.unchanged)),
                String(decoding: try JSONEncoder().encode(files), as: UTF8.self), Data(absent),
            ])
        let statement = try BulkStatement.insert(db, into: "waitingClaim")
        for (number, claim) in overlay.altered.enumerated() {
            statement.bind(1, candidate.number)
            statement.bind(copying: overlay.source, 2)
            statement.bind(3, number)
            statement.bind(4, claim.replaces.map { Int($0) })
            statement.bind(copying: claim.key.bytes, 5)
            statement.bind(copying: claim.fingerprint.bytes, 6)
            statement.bind(7, claim.file)
            statement.bind(8, claim.line)
            statement.bind(9, buffer[claim.reference])
            try statement.run()
        }
    }

    /// The overlays of a candidate that waits; their claims go into `buffer`.
    public func overlays(of candidate: CandidateID, into buffer: ClaimBuffer) throws -> [Overlay] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM waitingExport WHERE candidate = ? ORDER BY source", arguments: [candidate.number]
        ).map { row in
            let source: String = row["source"]
            let files = try JSONDecoder().decode(WaitingFiles.self, from: Data((row["files"] as String).utf8))
            let absent = row.bytes("absent")
            return Overlay(
                source: source,
                files: files.files.map { ExportFile(name: $0.name, digest: [UInt8]($0.digest), byteCount: $0.bytes) },
                seed: row.bytes("seed"), records: row["records"],
                unchanged: PackedPlaces.unpack(row.bytes("unchanged")),
                altered: try waitingClaims(candidate, source, buffer),
                absent: absent.withUnsafeBytes { bytes in
                    var reader = ByteReader(bytes)
                    return (0..<bytes.count / 8).map { _ in Int64(bitPattern: reader.uint64()) }
                }, fullStamp: files.fullStamp)
        }
    }

    private func waitingClaims(
        _ candidate: CandidateID, _ source: String, _ buffer: ClaimBuffer
    ) throws -> [Overlay.AlteredClaim] {
        let statement = try BulkStatement(
            db,
            """
            SELECT replaces, key, fingerprint, file, line, body FROM waitingClaim
            WHERE candidate = ? AND source = ? ORDER BY number
            """)
        defer { statement.reset() }
        statement.bind(1, candidate.number)
        statement.bind(copying: source, 2)
        var claims: [Overlay.AlteredClaim] = []
        while try statement.step() {
            guard let key = Fingerprint(bytes: statement.bytes(1)),
                let fingerprint = Fingerprint(bytes: statement.bytes(2))
            else { throw damaged("waitingClaim") }
            claims.append(
                Overlay.AlteredClaim(
                    replaces: statement.isNull(0) ? nil : Int64(statement.int(0)), key: key, fingerprint: fingerprint,
                    file: statement.int(3), line: statement.int(4), reference: buffer.append(statement.bytes(5))))
        }
        return claims
    }
}

extension ClaimPlace {
    /// The place when the overlay's files are accepted.
    /// - Parameter firstFile: the number that the first of them gets.
    func accepted(firstFile: Int) -> ClaimPlace {
        guard case .own(let index) = file else { return self }
        return ClaimPlace(row: row, file: .accepted(firstFile + index), line: line, absences: absences)
    }
}

/// Places of claims as bytes: row (8), line (4), file (3) and absences (1) of each, in the order of rows. The highest bit of
/// the file tells accepted ones from those of an overlay.
enum PackedPlaces {
    static let acceptedBit = UInt32(0x80_0000)

    static func pack(_ places: [ClaimPlace]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(places.count * 16)
        for place in places {
            Bytes.append(UInt64(bitPattern: place.row), to: &bytes)
            Bytes.append(UInt32(place.line), to: &bytes)
            let file =
                switch place.file {
                case .own(let index): UInt32(index)
                case .accepted(let number): UInt32(number) | acceptedBit
                }
            Bytes.append(file | UInt32(place.absences) << 24, to: &bytes)
        }
        return bytes
    }

    static func unpack(_ bytes: [UInt8]) -> [ClaimPlace] {
        bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            return (0..<bytes.count / 16).map { _ in
                let row = Int64(bitPattern: reader.uint64())
                let line = Int(reader.uint32())
                let last = reader.uint32()
                let number = Int(last & 0x7F_FFFF)
                return ClaimPlace(
                    row: row, file: last & acceptedBit == 0 ? .own(number) : .accepted(number), line: line,
                    absences: Int(last >> 24))
            }
        }
    }
}

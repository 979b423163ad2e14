public import OrganisationModel
public import SourceExports

/// Reads one full export of a source, file by file, and tells what differs from the last accepted one.
///
/// A record whose fingerprint is the accepted one is not mapped again. Not thread-safe.
public final class ExportReading {
    private let program: MappingProgram
    private let store: any ClaimStore
    private let buffer: ClaimBuffer
    private let today: Day
    private let confirmRemovals: Int
    private let countsAbsences: Bool
    private var mapper: RecordMapper
    private let hasher: FingerprintHasher

    private struct Head {
        let key: Fingerprint
        let fingerprint: Fingerprint
        let row: Int64
        var isSeen = false
        /// Where the record stands, when it is as it was; line 0 else.
        var file: Int32 = 0
        var line = 0
    }

    private var heads: [Head] = []
    /// Exports keep their order from day to day, so the record after the last one seen is tried before the table.
    private var expected = 0
    private var headIndex: [Fingerprint: Int]?
    private var newKeys: Set<Fingerprint> = []
    private var files: [ExportFile] = []
    private var altered: [Overlay.AlteredClaim] = []
    /// How each of the files is written, in their order.
    public private(set) var forms: [ExportForm] = []
    private var records = 0
    private var keyless = 0
    /// Where keys repeat: the number that was given last.
    private var occurrences: [Fingerprint: UInt32] = [:]
    /// More records without a key are no mistakes of single records. As many as there are findings kept of a rule.
    private static let keylessMax = 10_000
    /// The documents that were read.
    private var present: Set<Int> = []
    private let suppressed: Set<ObjectID>

    /// - Parameters:
    ///   - buffer: receives the altered claims.
    ///   - today: the day on which records end that only say that they ended.
    ///   - confirmRemovals: how many exports in a row must lack a record before it is taken for gone; at least 1. An export
    ///     that was cut between two records looks complete.
    ///   - countsAbsences: false when the very same file is read once more, which confirms nothing.
    public init(
        program: MappingProgram, identity: Identity, store: any ClaimStore, buffer: ClaimBuffer,
        today: Day, confirmRemovals: Int = 1, countsAbsences: Bool = true
    ) throws {
        self.confirmRemovals = confirmRemovals
        self.countsAbsences = countsAbsences
        self.program = program
        self.store = store
        self.buffer = buffer
        self.today = today
        suppressed = try store.suppressedIDs()
        mapper = RecordMapper(program: program, identity: identity)
        hasher = FingerprintHasher(seed: program.fingerprintSeed)
        heads.reserveCapacity(try store.acceptedExport(of: program.source)?.records ?? 0)
        try store.forEachClaimHead(of: program.source) { head in
            heads.append(Head(key: head.key, fingerprint: head.fingerprint, row: head.row))
        }
    }

    /// Reads the next file of the export; one that is compressed with gzip is decompressed on the way.
    /// - Parameters:
    ///   - fileName: tells which document it is, where the mapping has several of csv.
    ///   - fill: puts the next bytes into the buffer and answers how many; 0 at the end.
    ///   - describe: called at the end of the file; its name, digest and size.
    /// - Throws: ``ExportProblem`` when the file cannot be read to its end.
    public func read(
        named fileName: String, _ fill: @escaping (UnsafeMutableRawBufferPointer) throws -> Int,
        describe: () throws -> ExportFile
    ) throws {
        let file = files.count
        let input = ExportInput(fill)
        var form: ExportForm?
        let documents = program.document.documents
        let shapes = program.shapes
        let firsts = program.firstRecords
        let number: Int
        if case .csv = documents[0].format {
            number = try csvDocument(named: fileName)
            guard case .csv(let format, _) = documents[number].format else { return }
            let reader = CSVExportReader(shape: shapes[firsts[number]], format: format)
            try reader.read(from: input.read) { record in
                try self.take(record.numbered(firsts[number]), file: file)
            }
            form = reader.form
        } else {
            let shapes = documents.enumerated().compactMap { index, document -> DocumentShape? in
                guard case .xml(let root) = document.format else { return nil }
                return DocumentShape(root: root, records: Array(shapes[firsts[index]..<firsts[index + 1]]))
            }
            number = try XMLExportReader(shapes).read(from: input.read) { record in try self.take(record, file: file) }
            form = input.xmlForm(root: shapes[number].root)
        }
        try input.finish()
        form?.isCompressed = input.isCompressed
        if let form { forms.append(form) }
        present.insert(number)
        files.append(try describe())
    }

    /// Which of the csv documents a file is.
    private func csvDocument(named name: String) throws -> Int {
        let documents = program.document.documents
        let found = documents.firstIndex { document in
            guard case .csv(_, let form) = document.format else { return false }
            return Array(name.utf8).withUnsafeBytes { hasForm($0, Array(form.utf8)) }
        }
        if let found { return found }
        let known = documents.map { document in
            if case .csv(_, let form) = document.format { "\(document.name) (\(form))" } else { document.name }
        }
        throw ExportProblem(
            rule: .unknownDocument, line: 0,
            message: "The file's name fits none of the mapping's documents: \(known.joined(separator: ", ")).")
    }

    /// - Throws: ``ExportProblem`` `export.incomplete` when a document is missing, `export.empty` when no file held a record.
    public func finish() throws -> Overlay {
        let documents = program.document.documents
        let missing = documents.indices.filter { documents[$0].isRequired && !present.contains($0) }
        guard missing.isEmpty else {
            let names = missing.map { documents[$0].name }.joined(separator: ", ")
            throw ExportProblem(
                rule: .incomplete, line: 0,
                message: "The export lacks \(names). Without all its documents it is not used. Deliver them together.")
        }
        guard records > 0 else {
            throw ExportProblem(
                rule: .empty, line: 0,
                message:
                    "The export holds no record. A full export without records would remove everything, so it is "
                    + "refused. Ask the source for a complete file.")
        }
        let unseen = heads.filter { !$0.isSeen }.map(\.row)
        // A record without a key may be any of those that seem to be gone, so none of them is taken for gone. One that ended
        // with a stub is not named again; it has ended, which is not the same as never having been.
        let staying = try unseen.filter { row in
            try keyless > 0 || store.claim(row: row).withUnsafeBytes(Claim.isEnded)
        }
        let gone = Set(unseen).subtracting(staying).sorted()
        let unconfirmed = try unconfirmed(gone)
        let kept = staying.map { ClaimPlace(row: $0, file: 0, line: 0) } + unconfirmed
        let absent = Set(gone).subtracting(unconfirmed.map(\.row)).sorted()
        var unchanged = kept
        unchanged.reserveCapacity(kept.count + heads.count)
        for head in heads where head.line > 0 {
            unchanged.append(ClaimPlace(row: head.row, file: Int(head.file), line: head.line))
        }
        unchanged.sort { $0.row < $1.row }
        return Overlay(
            source: program.source, files: files, seed: program.seed, records: records, unchanged: unchanged,
            altered: altered, absent: absent)
    }

    private func unconfirmed(_ missing: [Int64]) throws -> [ClaimPlace] {
        guard confirmRemovals > 1, !missing.isEmpty else { return [] }
        let absences = Dictionary(
            try store.claimPlaces(of: program.source).map { ($0.row, $0.absences) }, uniquingKeysWith: max)
        return missing.compactMap { row in
            let known = absences[row] ?? 0
            let count = countsAbsences || known == 0 ? known + 1 : known
            return count < confirmRemovals ? ClaimPlace(row: row, file: 0, line: 0, absences: count) : nil
        }
    }

    // MARK: Records

    private func take(_ record: SourceRecord, file: Int) throws {
        records += 1
        let recordProgram = program.records[record.shape]
        let fingerprint = fingerprint(of: record, recordProgram)
        let hasKey: Void? = try mapper.with(recordProgram.key, record) { mapper, key in
            try take(record, file: file, key: key, fingerprint: fingerprint, recordProgram, &mapper)
        }
        if hasKey == nil { try takeKeyless(record, file: file, fingerprint: fingerprint) }
    }

    private func fingerprint(of record: SourceRecord, _ recordProgram: MappingProgram.RecordProgram)
        -> Fingerprint
    {
        var hasher = hasher
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        for slot in recordProgram.fields.indices { hasher.combine(record[slot] ?? nothing) }
        for occurrence in 0..<record.occurrenceCount {
            let timeline = record.timeline(ofOccurrence: occurrence)
            withUnsafeBytes(of: Int32(timeline)) { hasher.combine($0) }
            for slot in recordProgram.timelines[timeline].slots {
                hasher.combine(record.field(slot, ofOccurrence: occurrence) ?? nothing)
            }
        }
        return hasher.finalize()
    }

    private func take(
        _ record: SourceRecord, file: Int, key: UnsafeRawBufferPointer, fingerprint: Fingerprint,
        _ recordProgram: MappingProgram.RecordProgram, _ mapper: inout RecordMapper
    ) throws {
        let (claimKey, head) = nextFree(record.shape, key)
        if let head {
            heads[head].isSeen = true
            expected = head + 1
            if heads[head].fingerprint == fingerprint {
                (heads[head].file, heads[head].line) = (Int32(file), record.line)
                return
            }
        }
        if let ended = recordProgram.ended, mapper.holds(ended, record) {
            // A stub of an employment that we never knew says nothing.
            guard let head else { return }
            let last = try store.claim(row: heads[head].row)
            let claim = last.withUnsafeBytes { Claim.ended($0, on: today, schema: program.schema) }
            claim.withUnsafeBytes { append($0, head, claimKey, fingerprint, file, record.line) }
            return
        }
        if head == nil { newKeys.insert(claimKey) }
        let last = recordProgram.keeps ? try head.map { try store.claim(row: heads[$0].row) } : nil
        mapper.map(record, key: key, last: last ?? [])
        mapper.writer.bytes.withUnsafeBytes {
            append($0, head, claimKey, fingerprint, file, record.line)
        }
    }

    private func takeKeyless(_ record: SourceRecord, file: Int, fingerprint: Fingerprint) throws {
        keyless += 1
        guard keyless <= ExportReading.keylessMax else {
            throw ExportProblem(
                rule: .keysMissing, line: record.line,
                message: "More than \(ExportReading.keylessMax) records have no key; this is one. Correct `key` in the "
                    + "mapping, or ask the source for a correct file.")
        }
        // Without a key the content itself tells the record from others.
        let (claimKey, head) = fingerprint.bytes.withUnsafeBytes { nextFree(-1, $0) }
        if let head {
            heads[head].isSeen = true
            (heads[head].file, heads[head].line) = (Int32(file), record.line)
            return
        }
        newKeys.insert(claimKey)
        mapper.mapKeyless(record)
        mapper.writer.bytes.withUnsafeBytes {
            append($0, nil, claimKey, fingerprint, file, record.line)
        }
    }

    private func append(
        _ claim: UnsafeRawBufferPointer, _ head: Int?, _ key: Fingerprint, _ fingerprint: Fingerprint,
        _ file: Int,
        _ line: Int
    ) {
        // As if the source did not send the record: what was accepted of it went with the erasure.
        if !suppressed.isEmpty, Claim.names(suppressed, in: claim) { return }
        altered.append(
            Overlay.AlteredClaim(
                replaces: head.map { heads[$0].row }, key: key, fingerprint: fingerprint, file: file,
                line: line,
                reference: buffer.append(claim)))
    }

    // MARK: Finding the accepted claim

    /// The first of those with this key that no record of this export has. Keys may repeat a million times.
    private func nextFree(_ shape: Int, _ key: UnsafeRawBufferPointer) -> (Fingerprint, Int?) {
        let first = locate(shape, key, occurrence: 0)
        guard isTaken(first.0, first.1) else { return first }
        var occurrence = occurrences[first.0] ?? 1
        while true {
            let found = locate(shape, key, occurrence: occurrence)
            occurrences[first.0] = occurrence
            if !isTaken(found.0, found.1) { return found }
            occurrence += 1
        }
    }

    private func isTaken(_ key: Fingerprint, _ head: Int?) -> Bool {
        head.map { heads[$0].isSeen } ?? newKeys.contains(key)
    }

    private func locate(_ shape: Int, _ key: UnsafeRawBufferPointer, occurrence: UInt32) -> (
        Fingerprint, Int?
    ) {
        let claimKey = ExportReading.claimKey(record: shape, key, occurrence: occurrence)
        if expected < heads.count, heads[expected].key == claimKey { return (claimKey, expected) }
        if heads.isEmpty { return (claimKey, nil) }
        if headIndex == nil {
            headIndex = Dictionary(
                heads.indices.map { (heads[$0].key, $0) }, uniquingKeysWith: { first, _ in first })
        }
        return (claimKey, headIndex?[claimKey])
    }

    /// Keys are told apart by this fixed seed, so that a changed mapping still finds yesterday's claims.
    static let keyHasher = FingerprintHasher(seed: Array("fordeler: key of a source record".utf8))
}

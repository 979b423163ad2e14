public import OrganisationModel
public import SourceExports

/// Reads one export of a source, file by file, and tells what differs from the last accepted one.
///
/// A record whose fingerprint is the accepted one is not mapped again. Not thread-safe.
public final class ExportReading {
    let program: MappingProgram
    let store: any ClaimStore
    private let buffer: ClaimBuffer
    private let today: Day
    let confirmRemovals: Int
    let countsAbsences: Bool
    /// When the export was made, as ``Overlay/fullStamp``.
    let stamp: Int?
    private var mapper: RecordMapper
    private let hasher: FingerprintHasher
    let isDelta: Bool
    /// What waits and a delta is added to.
    let waiting: Overlay?

    /// A claim that there is, accepted or waiting, and that a record may name again.
    struct Head {
        let key: Fingerprint
        /// Of the accepted claim, if there is one.
        let fingerprint: Fingerprint
        /// Of the accepted claim; 0 for one that only waits.
        let row: Int64
        /// Where in ``altered`` what takes the place of the accepted claim stands; -1 while that one counts.
        var altered: Int32
        // ``unchangedPlace`` in few bytes, because each record has a head: accepted files are negative.
        private var file: Int32 = 0
        private var line: Int32 = 0
        private var absences: UInt8 = 0
        private var hasPlace = false
        var isSeen: Bool
        /// What waits says that the claim is gone.
        var isAbsent = false

        init(key: Fingerprint, fingerprint: Fingerprint, row: Int64, isSeen: Bool = false, altered: Int32 = -1) {
            (self.key, self.fingerprint, self.row) = (key, fingerprint, row)
            (self.isSeen, self.altered) = (isSeen, altered)
        }

        /// Where the record stands, when it is as it was accepted.
        var unchangedPlace: ClaimPlace? {
            get {
                guard hasPlace else { return nil }
                return ClaimPlace(
                    row: row, file: file < 0 ? .accepted(Int(~file)) : .own(Int(file)), line: Int(line),
                    absences: Int(absences))
            }
            set {
                hasPlace = newValue != nil
                guard let newValue else { return }
                switch newValue.file {
                case .own(let index): file = Int32(index)
                case .accepted(let number): file = ~Int32(number)
                }
                (line, absences) = (Int32(clamping: newValue.line), UInt8(newValue.absences))
            }
        }
    }

    var heads: [Head] = []
    /// Exports keep their order from day to day, so the record after the last one seen is tried before the table.
    private var expected = 0
    private var headIndex: [Fingerprint: Int]?
    private var newKeys: Set<Fingerprint> = []
    private(set) var files: [ExportFile] = []
    /// Nil for claims that waited and are again as they were accepted, or gone.
    var altered: [Overlay.AlteredClaim?] = []
    /// The claims of a delta's keys beyond those that the delta names: it replaces all records of a key.
    private(set) var superfluous: Set<Int> = []
    /// How each of the files is written, in their order.
    public private(set) var forms: [ExportForm] = []
    /// The records that were read.
    public private(set) var records = 0
    /// Those that said what was known already.
    public private(set) var known = 0
    private(set) var keyless = 0
    /// Where keys repeat: the number that was given last.
    private var occurrences: [Fingerprint: UInt32] = [:]
    /// More records without a key are no mistakes of single records. As many as there are findings kept of a rule.
    private static let keylessMax = 10_000
    /// The documents that were read.
    private(set) var present: Set<Int> = []
    private let suppressed: Set<ObjectID>
    /// The file that is being read.
    private(set) var fileName = ""

    /// - Parameters:
    ///   - buffer: receives the altered claims.
    ///   - today: the day on which records end that only say that they ended.
    ///   - confirmRemovals: how many exports in a row must lack a record before it is taken for gone; at least 1. An export
    ///     that was cut between two records looks complete.
    ///   - countsAbsences: false when the very same file is read once more, which confirms nothing.
    ///   - extent: whether absent records are gone.
    ///   - stamp: when the export of a source that delivers deltas was made, in seconds since 1970; nil for other sources.
    public init(
        program: MappingProgram, identity: Identity, store: any ClaimStore, buffer: ClaimBuffer,
        today: Day, confirmRemovals: Int = 1, countsAbsences: Bool = true, extent: Extent = .full, stamp: Int? = nil
    ) throws {
        self.stamp = stamp
        (isDelta, waiting) =
            switch extent {
            case .full: (false, nil)
            case .delta(let waiting): (true, waiting)
            }
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
        if isDelta { try beginDelta() }
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
        let file = (waiting?.files.count ?? 0) + files.count
        self.fileName = fileName
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
            let forms = program.document.forms
            let shapes = forms.map { root, form in
                DocumentShape(
                    root: root, records: Array(shapes[firsts[form.document]..<firsts[form.document + 1]]))
            }
            // The reader counts shapes over all forms.
            let records = forms.flatMap { _, form in
                (firsts[form.document]..<firsts[form.document + 1]).map { (number: $0, isChange: form.isChanges) }
            }
            let found = try XMLExportReader(shapes).read(from: input.read) { record in
                let (number, isChange) = records[record.shape]
                try self.take(record.numbered(number), file: file, isChange: isChange)
            }
            form = input.xmlForm(root: shapes[found].root)
            number = forms[found].form.document
            if forms[found].form.isChanges { try requireDelta(shapes[found].root) }
        }
        try input.finish()
        form?.isCompressed = input.isCompressed
        if let form { forms.append(form) }
        present.insert(number)
        files.append(try describe())
    }

    private func requireDelta(_ root: String) throws {
        guard !isDelta else { return }
        throw ExportProblem(
            rule: .changesOnly, line: 0,
            message: "A <\(root)> holds only changes, and this is to be a full export. "
                + (stamp == nil
                    ? "Write `exports: delta` at the source in the configuration, or deliver it without this document."
                    : "Import it without --full, or leave this document out."))
    }

    func noBase(_ record: SourceRecord) -> ExportProblem {
        ExportProblem(
            rule: .baseMissing, line: record.line,
            message:
                "This says what changed of a record that was read when nothing was kept for that. Import a full export of "
                + "\(program.source) first.")
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

    // MARK: Records

    /// - Parameter isChange: whether it says only what changed.
    private func take(_ record: SourceRecord, file: Int, isChange: Bool = false) throws {
        records += 1
        let recordProgram = program.records[record.shape]
        let fingerprint = fingerprint(of: record, recordProgram)
        let hasKey: Void? = try mapper.with(recordProgram.key, record) { mapper, key in
            // Of what changed a record may tell in several pieces.
            let found = isChange ? locate(record.shape, key, occurrence: 0) : nextFree(record.shape, key)
            if let head = found.1 {
                if !isChange { heads[head].isSeen = true }
                expected = head + 1
            }
            if !isChange, isKnown(found.1, fingerprint, file, record.line) { return }
            guard recordProgram.keepsRecord else {
                return try take(record, file: file, key: key, found, fingerprint, recordProgram, &mapper)
            }
            let kept = KeptRecord(recordProgram)
            let merging = isChange ? try merging(record, key, found.1, kept, recordProgram, &mapper) : nil
            let texts = merging?.texts ?? kept.texts(record)
            try texts.withRecord(shape: record.shape, line: record.line) { record in
                let isOfUnknown = merging?.isOfUnknown == true && mapper.lacksBeginning(record)
                // Its occurrences may stand in another order now, or be others.
                let fingerprint = self.fingerprint(of: record, recordProgram, isOfUnknown: isOfUnknown)
                if isKnown(found.1, fingerprint, file, record.line, moves: !isChange) { return }
                try take(
                    record, file: file, key: key, found, fingerprint, recordProgram, &mapper, kept: kept.bytes(texts),
                    earlier: merging?.earlier ?? [], isOfUnknown: isOfUnknown)
            }
        }
        if hasKey == nil { try takeKeyless(record, file: file, fingerprint: fingerprint) }
    }

    /// Takes a record that says what is known.
    /// - Parameter moves: whether the claim stands in this file from now on. A document of changes may say nothing of what it says.
    /// - Returns: false for any other.
    private func isKnown(
        _ head: Int?, _ fingerprint: Fingerprint, _ file: Int, _ line: Int, moves: Bool = true
    ) -> Bool {
        guard let head, currentFingerprint(head) == fingerprint else { return false }
        known += 1
        if moves { stay(head, file, line) }
        return true
    }

    /// - Parameter isOfUnknown: only changes of the record were read. The record as a whole is another one, though it say the same.
    private func fingerprint(
        of record: SourceRecord, _ recordProgram: MappingProgram.RecordProgram, isOfUnknown: Bool = false
    ) -> Fingerprint {
        var hasher = hasher
        if isOfUnknown { hasher.combine(compactly: UnsafeRawBufferPointer(start: nil, count: 0)) }
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        for slot in recordProgram.fields.indices { hasher.combine(compactly: record[slot] ?? nothing) }
        for occurrence in 0..<record.occurrenceCount {
            let timeline = record.timeline(ofOccurrence: occurrence)
            withUnsafeBytes(of: Int32(timeline)) { hasher.combine($0) }
            for slot in recordProgram.timelines[timeline].slots {
                hasher.combine(compactly: record.field(slot, ofOccurrence: occurrence) ?? nothing)
            }
        }
        return hasher.finalize()
    }

    private func take(
        _ record: SourceRecord, file: Int, key: UnsafeRawBufferPointer, _ found: (Fingerprint, Int?),
        _ fingerprint: Fingerprint, _ recordProgram: MappingProgram.RecordProgram, _ mapper: inout RecordMapper,
        kept: [UInt8] = [], earlier: [Claim.StoredFinding] = [], isOfUnknown: Bool = false
    ) throws {
        let (claimKey, head) = found
        if let ended = recordProgram.ended, mapper.holds(ended, record) {
            // A stub of an employment that we never knew says nothing.
            guard let head, let last = try current(head) else { return }
            let claim = last.withUnsafeBytes { Claim.ended($0, on: today, schema: program.schema) }
            claim.withUnsafeBytes { append($0, head, claimKey, fingerprint, file, record.line) }
            return
        }
        // A kept value may be what waited said.
        if let head, heads[head].row > 0, heads[head].fingerprint == fingerprint, !recordProgram.keeps {
            // What waited is taken back.
            return restore(head, file, record.line)
        }
        let last = recordProgram.keeps ? try head.flatMap(current) : nil
        mapper.map(record, key: key, last: last ?? [], earlier: earlier, isOfUnknown: isOfUnknown)
        mapper.writer.keep(kept)
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
            if isKnown(head, fingerprint, file, record.line) { return }
            if heads[head].row > 0 { return restore(head, file, record.line) }
        }
        mapper.mapKeyless(record, isDelta: isDelta)
        mapper.writer.bytes.withUnsafeBytes {
            append($0, head, claimKey, fingerprint, file, record.line)
        }
    }

    // MARK: What becomes of a claim

    /// Of what counts now; nil when that is gone.
    private func currentFingerprint(_ head: Int) -> Fingerprint? {
        if heads[head].isAbsent { return nil }
        return heads[head].altered < 0 ? heads[head].fingerprint : altered[Int(heads[head].altered)]?.fingerprint
    }

    /// The claim that counts now; nil when it is gone.
    func current(_ head: Int) throws -> [UInt8]? {
        if heads[head].isAbsent { return nil }
        guard heads[head].altered >= 0 else { return try store.claim(row: heads[head].row) }
        return altered[Int(heads[head].altered)].map { Array(buffer[$0.reference]) }
    }

    /// The record says what is known, in another place.
    private func stay(_ head: Int, _ file: Int, _ line: Int) {
        guard heads[head].altered >= 0, let claim = altered[Int(heads[head].altered)] else {
            heads[head].unchangedPlace = ClaimPlace(row: heads[head].row, file: .own(file), line: line)
            return
        }
        altered[Int(heads[head].altered)] = Overlay.AlteredClaim(
            replaces: claim.replaces, key: claim.key, fingerprint: claim.fingerprint, file: file, line: line,
            reference: claim.reference)
    }

    /// The accepted claim counts again.
    private func restore(_ head: Int, _ file: Int, _ line: Int) {
        remove(head)
        heads[head].isAbsent = false
        stay(head, file, line)
    }

    /// Nothing takes the place of the accepted claim any more.
    private func remove(_ head: Int) {
        if heads[head].altered >= 0 { altered[Int(heads[head].altered)] = nil }
        heads[head].altered = -1
        heads[head].unchangedPlace = nil
    }

    /// The claim is gone.
    func drop(_ head: Int) {
        remove(head)
        heads[head].isAbsent = true
    }

    private func append(
        _ claim: UnsafeRawBufferPointer, _ head: Int?, _ key: Fingerprint, _ fingerprint: Fingerprint,
        _ file: Int,
        _ line: Int
    ) {
        if let head {
            remove(head)
            heads[head].isAbsent = false
        }
        // As if the source did not send the record: what was accepted of it went with the erasure.
        if !suppressed.isEmpty, Claim.names(suppressed, in: claim) {
            if let head, isDelta { drop(head) }
            if head == nil { newKeys.insert(key) }
            return
        }
        altered.append(
            Overlay.AlteredClaim(
                replaces: head.flatMap { heads[$0].row > 0 ? heads[$0].row : nil }, key: key, fingerprint: fingerprint,
                file: file, line: line, reference: buffer.append(claim)))
        if let head {
            heads[head].altered = Int32(altered.count - 1)
        } else if isDelta {
            // What comes later in the delta may say more of it.
            heads.append(
                Head(key: key, fingerprint: fingerprint, row: 0, isSeen: true, altered: Int32(altered.count - 1)))
            headIndex?[key] = heads.count - 1
        } else {
            newKeys.insert(key)
        }
    }

    // MARK: Finding the accepted claim

    /// The first of those with this key that no record of this export has. Keys may repeat a million times.
    private func nextFree(_ shape: Int, _ key: UnsafeRawBufferPointer) -> (Fingerprint, Int?) {
        let first = locate(shape, key, occurrence: 0)
        guard isTaken(first.0, first.1) else {
            if isDelta { noteOthers(shape, key) }
            return first
        }
        var occurrence = occurrences[first.0] ?? 1
        while true {
            let found = locate(shape, key, occurrence: occurrence)
            occurrences[first.0] = occurrence
            if !isTaken(found.0, found.1) { return found }
            occurrence += 1
        }
    }

    /// A delta replaces all records of a key: those that it does not name again are gone.
    private func noteOthers(_ shape: Int, _ key: UnsafeRawBufferPointer) {
        var occurrence: UInt32 = 1
        while let head = locate(shape, key, occurrence: occurrence).1 {
            superfluous.insert(head)
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

import Glibc

/// What one record of a source's export says about objects, in canonical bytes. A claim depends on its record only.
///
/// Layout: key of the record; findings; objects. Each object has its kind, flags, id, key, lookups and effective periods; a
/// relation holds the id of its target and then the key by which the record named it, so that a message can say it. Last, in
/// claims of some mappings only, the record itself.
public enum Claim {
    /// Several records may name the object (a person with two employments); otherwise a second one is a duplicate.
    public static let shared: UInt8 = 1
    /// The record is wrong: the object stays at its last good state.
    public static let withheld: UInt8 = 2
    /// The record said only that it ended; what it was is kept from before.
    public static let ended: UInt8 = 4
    /// The record adds values to an object of another source, which is found by a value: the id is the one of the value
    /// (``ForeignID/id(_:)``), the key its text. It never makes an object.
    public static let adds: UInt8 = 8
    /// Of a shared object: on every day it is what the claims say that hold on it, and in effect when one does. Without it, it is
    /// one period, with the values of the claim that lasts longest.
    public static let daily: UInt8 = 16
    /// The claim only fills in what the source's other claims of the object do not say; it never makes one.
    public static let fallback: UInt8 = 32
    /// A condition of the mapping leaves the object out. It is named so that it can be said why it is not there, and says nothing.
    public static let leftOut: UInt8 = 64
    /// Of an object that is left out: the whole record is. What is left out is never withheld.
    public static let excepted: UInt8 = leftOut | withheld
    /// What an editor says of an object (``Correction``); it never makes one. On the days of its period the fields come before
    /// those of all sources, and an empty one is none; in a period without fields the object is not there. With a lookup in the
    /// place of the period, what is said of the object counts for the one with the id of the lookup's value.
    public static let corrects: UInt8 = 128
    /// Never stored: the claim named another object, which counts for this one (``Aliases``). What is left out corrects nothing.
    static let aliased: UInt8 = leftOut | corrects

    public static func isLeftOut(_ flags: UInt8) -> Bool { flags & aliased == leftOut }
    public static func isWithheld(_ flags: UInt8) -> Bool { flags & withheld != 0 && !isLeftOut(flags) }
    public static func isCorrection(_ flags: UInt8) -> Bool { flags & aliased == corrects }

    /// A period with its fields, in canonical bytes, before the number of an object's periods is known.
    public struct Piece {
        public let from: Day
        public let to: Day
        let fields: [UInt8]
        let fieldCount: Int

        /// Both as one, when they say the same and touch.
        public func joined(with next: Piece) -> Piece? {
            guard to == next.from, fieldCount == next.fieldCount, fields == next.fields else { return nil }
            return Piece(from: from, to: next.to, fields: fields, fieldCount: fieldCount)
        }
    }

    /// A relation to an object that the record does not name itself: the target of the same relation of the object that
    /// has a value. Of several lookups of one relation the first that finds something counts.
    public struct Lookup {
        /// The number of the relation that is looked for, such as a user's `person`.
        public let relation: UInt16
        /// What kind of object has the value, such as an engagement.
        public let kind: Kind
        /// ``ForeignID/id(_:)`` of the value.
        public let value: ObjectID
        /// The value's text, for messages.
        public let text: UnsafeRawBufferPointer

        public init(relation: UInt16, kind: Kind, value: ObjectID, text: UnsafeRawBufferPointer) {
            self.relation = relation
            self.kind = kind
            self.value = value
            self.text = text
        }
    }

    /// The part of a finding that a claim keeps; file and line come from the claim itself, unless an earlier file brought
    /// the mistake.
    public struct StoredFinding {
        /// Where a document stands that said what changed of the record.
        public struct Place: Hashable, Sendable {
            public let file: String
            /// From 1.
            public let line: Int

            public init(file: String, line: Int) {
                (self.file, self.line) = (file, line)
            }
        }

        public let code: String
        public let severity: Severity
        public let fate: Fate
        public let kind: Kind?
        public let message: String
        /// Which file brought the mistake; nil for the one in which the claim's record stands.
        public let place: Place?

        public init(rule: Rule, kind: Kind?, message: String, place: Place? = nil) {
            self.init(
                code: rule.code, severity: rule.severity, fate: rule.fate, kind: kind, message: message, place: place)
        }

        init(code: String, severity: Severity, fate: Fate, kind: Kind?, message: String, place: Place?) {
            self.code = code
            self.severity = severity
            self.fate = fate
            self.kind = kind
            self.message = message
            self.place = place
        }

        /// The same, told of another place.
        public func placed(_ place: Place?) -> StoredFinding {
            StoredFinding(code: code, severity: severity, fate: fate, kind: kind, message: message, place: place)
        }

        /// In the byte of the severity: a place follows the message.
        fileprivate static let hasPlace: UInt8 = 0x80
    }

    /// Reads a claim from front to back.
    public struct Reader {
        private var reader: ByteReader

        public init(_ bytes: UnsafeRawBufferPointer) {
            reader = ByteReader(bytes)
        }

        public var isIntact: Bool { reader.isIntact }
        public var offset: Int { reader.offset }

        public mutating func recordKey() -> UnsafeRawBufferPointer {
            reader.field()
        }

        public mutating func findings() -> [StoredFinding] {
            let count = reader.count()
            var findings: [StoredFinding] = []
            for _ in 0..<count where reader.isIntact {
                let code = reader.text()
                let head = reader.byte()
                let severity: Severity = [.info, .warning, .error][min(2, Int(head & ~StoredFinding.hasPlace))]
                let fate = Fate(rawValue: reader.byte()) ?? .none
                let kind = Kind(rawValue: reader.byte())
                let message = reader.text()
                var place: StoredFinding.Place?
                if head & StoredFinding.hasPlace != 0 {
                    place = StoredFinding.Place(file: reader.text(), line: reader.length())
                }
                findings.append(
                    StoredFinding(
                        code: code, severity: severity, fate: fate, kind: kind, message: message, place: place))
            }
            return findings
        }

        /// Passes over record key and findings, and answers how many findings there are.
        @discardableResult
        mutating func skipHead() -> Int {
            _ = reader.field()
            let count = reader.count()
            for _ in 0..<count where reader.isIntact {
                _ = reader.field()
                let head = reader.byte()
                _ = reader.raw(2)
                _ = reader.field()
                guard head & StoredFinding.hasPlace != 0 else { continue }
                _ = reader.field()
                _ = reader.length()
            }
            return count
        }

        public mutating func objectCount() -> Int {
            reader.count()
        }

        mutating func rest() -> UnsafeRawBufferPointer {
            reader.rest()
        }

        public mutating func object() -> ObjectReader {
            let start = reader.offset
            let length = Int(reader.uint32())
            let body = reader.raw(length)
            return ObjectReader(body, offset: start)
        }
    }

    /// One object of a claim.
    public struct ObjectReader {
        public let kind: Kind
        public let flags: UInt8
        public let id: ObjectID
        public let key: UnsafeRawBufferPointer
        /// Where the object begins in its claim.
        public let offset: Int
        public let lookupCount: Int
        public let periodCount: Int
        private let lookupBytes: UnsafeRawBufferPointer
        private var reader: ByteReader

        init(_ bytes: UnsafeRawBufferPointer, offset: Int) {
            var reader = ByteReader(bytes)
            kind = Kind(rawValue: reader.byte()) ?? .task
            flags = reader.byte()
            id = ObjectID(
                high: UInt64(bigEndian: reader.uint64()), low: UInt64(bigEndian: reader.uint64()))
            key = reader.field()
            lookupCount = reader.count()
            lookupBytes = lookupCount == 0 ? UnsafeRawBufferPointer(start: nil, count: 0) : reader.field()
            periodCount = reader.count()
            self.reader = reader
            self.offset = offset
        }

        public func lookups() -> [Lookup] {
            var reader = ByteReader(lookupBytes)
            return (0..<lookupCount).compactMap { _ in
                let relation = UInt16(truncatingIfNeeded: reader.length())
                let kind = Kind(rawValue: reader.byte())
                let value = ObjectID(bytes: reader.raw(16))
                let text = reader.field()
                guard let kind, let value else { return nil }
                return Lookup(relation: relation, kind: kind, value: value, text: text)
            }
        }

        /// The next period and the number of its fields; nil when the two days hold no day between them.
        public mutating func period() -> (from: Day, to: Day, fieldCount: Int) {
            (Day(number: reader.int32()), Day(number: reader.int32()), reader.count())
        }

        /// The next field of the current period, in the order of attribute numbers.
        public mutating func field() -> (number: UInt16, value: UnsafeRawBufferPointer) {
            (UInt16(truncatingIfNeeded: reader.length()), reader.field())
        }
    }

    /// Writes a claim. Objects are appended in any order; their fields in the order of attribute numbers.
    public struct Writer {
        public private(set) var bytes: [UInt8] = []
        // Counts are known only at the end of what they count, so one byte is left for each and filled in then.
        private var objectMark = 0
        private var objectCount = 0
        private var lengthMark = 0
        private var fieldMark = 0
        private var fieldCount = 0
        private var pieceMark = 0
        private var pieceFrom = Day.distantPast
        private var pieceTo = Day.distantFuture

        public init() {
            bytes.reserveCapacity(1024)
        }

        /// Begins a new claim in the same memory.
        public mutating func begin(recordKey: UnsafeRawBufferPointer, findings: [StoredFinding]) {
            bytes.removeAll(keepingCapacity: true)
            Bytes.append(field: recordKey, to: &bytes)
            Bytes.append(length: findings.count, to: &bytes)
            for finding in findings {
                Bytes.append(text: finding.code, to: &bytes)
                let severity: UInt8 = finding.severity == .error ? 2 : finding.severity == .warning ? 1 : 0
                bytes.append(finding.place == nil ? severity : severity | StoredFinding.hasPlace)
                bytes.append(finding.fate.rawValue)
                bytes.append(finding.kind?.rawValue ?? 0)
                Bytes.append(text: finding.message, to: &bytes)
                guard let place = finding.place else { continue }
                Bytes.append(text: place.file, to: &bytes)
                Bytes.append(length: place.line, to: &bytes)
            }
            objectMark = bytes.count
            objectCount = 0
            bytes.append(0)
        }

        public mutating func end() {
            precondition(objectCount < 128, "a record makes at most 127 objects")
            bytes[objectMark] = UInt8(objectCount)
        }

        /// Appends what the record said, behind the end of the claim.
        public mutating func keep(_ record: [UInt8]) {
            bytes.append(contentsOf: record)
        }

        public mutating func beginObject(
            _ kind: Kind, flags: UInt8, id: ObjectID, key: UnsafeRawBufferPointer, lookups: [Lookup] = [],
            periodCount: Int
        ) {
            objectCount += 1
            lengthMark = bytes.count
            Bytes.append(UInt32(0), to: &bytes)
            bytes.append(kind.rawValue)
            bytes.append(flags)
            id.withUnsafeBytes { bytes.append(contentsOf: $0) }
            Bytes.append(field: key, to: &bytes)
            Bytes.append(length: lookups.count, to: &bytes)
            if !lookups.isEmpty { append(lookups) }
            Bytes.append(length: periodCount, to: &bytes)
        }

        private mutating func append(_ lookups: [Lookup]) {
            var packed: [UInt8] = []
            for lookup in lookups {
                Bytes.append(length: Int(lookup.relation), to: &packed)
                packed.append(lookup.kind.rawValue)
                lookup.value.withUnsafeBytes { packed.append(contentsOf: $0) }
                Bytes.append(field: lookup.text, to: &packed)
            }
            packed.withUnsafeBytes { Bytes.append(field: $0, to: &bytes) }
        }

        public mutating func beginPeriod(from: Day, to: Day) {
            Bytes.append(from.number, to: &bytes)
            Bytes.append(to.number, to: &bytes)
            fieldMark = bytes.count
            fieldCount = 0
            bytes.append(0)
        }

        public mutating func endPeriod() {
            precondition(fieldCount < 128, "a kind has at most 127 attributes")
            bytes[fieldMark] = UInt8(fieldCount)
        }

        /// Begins a period that does not stand in an object yet; only fields may be appended until it ends.
        public mutating func beginPiece(from: Day, to: Day) {
            pieceMark = bytes.count
            (pieceFrom, pieceTo) = (from, to)
            fieldCount = 0
        }

        /// Takes the fields since the piece began out of the claim again.
        public mutating func endPiece() -> Piece {
            let piece = Piece(
                from: pieceFrom, to: pieceTo, fields: Array(bytes[pieceMark...]), fieldCount: fieldCount)
            bytes.removeSubrange(pieceMark...)
            return piece
        }

        public mutating func append(_ piece: Piece) {
            beginPeriod(from: piece.from, to: piece.to)
            bytes.append(contentsOf: piece.fields)
            fieldCount = piece.fieldCount
            endPeriod()
        }

        public mutating func append(_ value: UnsafeRawBufferPointer, number: UInt16) {
            fieldCount += 1
            Bytes.append(length: Int(number), to: &bytes)
            Bytes.append(field: value, to: &bytes)
        }

        /// Appends a relation: the id of the target and the key by which the record named it.
        public mutating func append(target: ObjectID, key: UnsafeRawBufferPointer, number: UInt16) {
            fieldCount += 1
            Bytes.append(length: Int(number), to: &bytes)
            Bytes.append(length: 16 + key.count, to: &bytes)
            target.withUnsafeBytes { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: key)
        }

        public mutating func endObject() {
            let length = UInt32(bytes.count - lengthMark - 4)
            withUnsafeBytes(of: length.littleEndian) { source in
                for (index, byte) in source.enumerated() { bytes[lengthMark + index] = byte }
            }
        }
    }

    /// True for a claim that ``ended(_:on:schema:)`` made.
    public static func isEnded(_ claim: UnsafeRawBufferPointer) -> Bool {
        var reader = Reader(claim)
        reader.skipHead()
        return reader.objectCount() > 0 && reader.object().flags & ended != 0
    }

    /// What a claim keeps of its record; no bytes when it keeps nothing.
    public static func kept(in claim: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var reader = Reader(claim)
        reader.skipHead()
        for _ in 0..<reader.objectCount() where reader.isIntact { _ = reader.object() }
        return reader.rest()
    }

    /// Whether a claim makes, or adds to, one of the objects.
    public static func names(_ ids: Set<ObjectID>, in claim: UnsafeRawBufferPointer) -> Bool {
        var reader = Reader(claim)
        reader.skipHead()
        return (0..<reader.objectCount()).contains { _ in reader.isIntact && ids.contains(reader.object().id) }
    }

    /// What a claim says last about an attribute of an object; nil when it says nothing.
    public static func value(
        of attribute: UInt16, in claim: UnsafeRawBufferPointer, _ kind: Kind, _ id: ObjectID
    ) -> [UInt8]? {
        guard !claim.isEmpty else { return nil }
        var reader = Reader(claim)
        reader.skipHead()
        var found: [UInt8]?
        for _ in 0..<reader.objectCount() {
            var object = reader.object()
            guard object.kind == kind, object.id == id else { continue }
            for _ in 0..<object.periodCount {
                for _ in 0..<object.period().fieldCount {
                    let (number, value) = object.field()
                    if number == attribute { found = Array(value) }
                }
            }
        }
        return found
    }

    /// The claim as it was, ended on `day`: what a record that only says "left" stands for. Periods that would have begun
    /// on that day or later are gone, so an object whose periods all lie ahead never came to be.
    public static func ended(_ claim: UnsafeRawBufferPointer, on day: Day, schema: Schema) -> [UInt8] {
        var reader = Reader(claim)
        var writer = Writer()
        let key = reader.recordKey()
        // The record says no more what was wrong with it.
        let findings = reader.findings().filter { $0.fate == .none }
        let objectCount = reader.objectCount()
        writer.begin(recordKey: key, findings: findings)
        for _ in 0..<objectCount {
            var object = reader.object()
            var periods: [(Day, Day, [(UInt16, UnsafeRawBufferPointer)])] = []
            for _ in 0..<object.periodCount {
                let (from, to, fieldCount) = object.period()
                let fields = (0..<fieldCount).map { _ in object.field() }
                if from < day { periods.append((from, min(to, day), fields)) }
            }
            // What it was is not known from an unfit record, but that it ended is: its last good state ends then.
            if Claim.isWithheld(object.flags), periods.isEmpty { periods = [(.distantPast, day, [])] }
            writer.beginObject(
                object.kind, flags: object.flags | Claim.ended, id: object.id, key: object.key,
                lookups: object.lookups(), periodCount: periods.count
            )
            for (from, to, fields) in periods {
                writer.beginPeriod(from: from, to: to)
                for (number, value) in fields { writer.append(value, number: number) }
                writer.endPeriod()
            }
            writer.endObject()
        }
        writer.end()
        return writer.bytes
    }
}

/// Many claims in memory that never moves: large exports do not double their peak by growing an array.
public final class ClaimBuffer {
    /// Where a claim lies.
    public struct Reference: Hashable, Sendable {
        public let chunk: UInt32
        public let offset: UInt32
        public let length: UInt32
    }

    /// The size and alignment of a large page: claims are read in the order of ids, so in any order of memory, and most of
    /// the cost of that is finding the page.
    private static let chunkSize = 2 << 20
    private var chunks: [UnsafeMutableRawBufferPointer] = []
    private var used = 0

    public init() {}

    deinit {
        for chunk in chunks { chunk.deallocate() }
    }

    public func append(_ claim: UnsafeRawBufferPointer) -> Reference {
        if chunks.isEmpty || used + claim.count > chunks[chunks.count - 1].count {
            let size = max(ClaimBuffer.chunkSize, claim.count)
            let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: ClaimBuffer.chunkSize)
            madvise(chunk.baseAddress, chunk.count, MADV_HUGEPAGE)
            chunks.append(chunk)
            used = 0
        }
        let reference = Reference(
            chunk: UInt32(chunks.count - 1), offset: UInt32(used), length: UInt32(claim.count))
        UnsafeMutableRawBufferPointer(rebasing: chunks[chunks.count - 1][used..<used + claim.count])
            .copyMemory(from: claim)
        used += claim.count
        return reference
    }

    /// The claim's bytes, valid as long as the buffer lives.
    public subscript(reference: Reference) -> UnsafeRawBufferPointer {
        let start = Int(reference.offset)
        return UnsafeRawBufferPointer(
            rebasing: chunks[Int(reference.chunk)][start..<start + Int(reference.length)])
    }
}

public import OrganisationModel

/// Tells by which line of the mapping a claim's values were made.
///
/// The claim does not say which sort of record it is of; its key does, because that is made of both.
public struct Lineage {
    /// How a value came to be.
    public struct Origin: Hashable, Sendable {
        /// Where the record stands in the document, as the mapping writes it.
        public let element: String
        /// In the mapping, from 1.
        public let mappingLine: Int
        /// As the mapping writes it.
        public let expression: String
        /// What the expression reads, in the order in which it is written.
        public let fields: [String]
    }

    /// What one record says of one object.
    public struct Part {
        public let kind: Kind
        public let id: ObjectID
        /// Where the record stands in the document, as the mapping writes it.
        public let element: String
        /// Whose key the record's is.
        public let recordKind: Kind
        /// The object has its UUID from the source.
        public let hasOwnID: Bool
        /// Of each period, by attribute number: the value's bytes as a state holds them, and the key of a relation's target.
        public let values: [(number: UInt16, bytes: [UInt8], key: String)]
        fileprivate let record: Int
        fileprivate let objects: [Int]
    }

    private let program: MappingProgram
    private let lines: MappingLines

    public init(_ program: MappingProgram) {
        self.program = program
        lines = MappingLines(program.document.text)
    }

    /// What a claim says, object by object.
    public func parts(_ claim: Overlay.AlteredClaim, _ buffer: ClaimBuffer) -> [Part] {
        parts(buffer[claim.reference], key: claim.key)
    }

    /// What a claim says, object by object; nothing for a claim whose sort of record the mapping does not have any more.
    public func parts(_ claim: UnsafeRawBufferPointer, key claimKey: Fingerprint) -> [Part] {
        var reader = Claim.Reader(claim)
        let key = reader.recordKey()
        _ = reader.findings()
        guard let record = record(key, claimKey) else { return [] }
        let made = (0..<reader.objectCount()).map { _ in reader.object() }
        let objects = program.records[record].objects
        func alike(_ one: Claim.ObjectReader, _ kind: Kind, _ flags: UInt8) -> Bool {
            one.kind == kind && (one.flags ^ flags) & Self.writtenFlags == 0
        }
        return made.enumerated().map { place, object in
            let written = objects.indices.filter { alike(object, objects[$0].kind, objects[$0].flags) }
            let rank = made[..<place].count { alike($0, object.kind, object.flags) }
            // As many as the mapping describes: one for each. Of fewer, nobody knows which condition did not hold.
            let isClear = made.count { alike($0, object.kind, object.flags) } == written.count
            let possible = isClear ? [written[rank]] : written
            return Part(
                kind: object.kind, id: object.id, element: program.document.records[record].element,
                recordKind: program.document.records[record].kind,
                hasOwnID: possible.contains { objects[$0].uuid != nil },
                values: values(object), record: record, objects: possible)
        }
    }

    /// The flags that the mapping decides, not the record.
    private static let writtenFlags = Claim.shared | Claim.adds | Claim.daily | Claim.fallback

    /// How a part came by an attribute; nil when the mapping does not fill it there.
    public func origin(of attribute: Attribute, in part: Part) -> Origin? {
        origins(of: attribute, in: part).first
    }

    /// How a part may have come by an attribute: more than one only where the mapping describes several objects of the kind, of which
    /// the record makes fewer.
    public func origins(of attribute: Attribute, in part: Part) -> [Origin] {
        let mapping = program.document.records[part.record]
        var origins: [Origin] = []
        for object in part.objects {
            guard let fields = fields(of: attribute, mapping.objects[object]),
                let place = lines.place(record: part.record, object: object, attribute: attribute.name)
            else { continue }
            let origin = Origin(
                element: mapping.element, mappingLine: place.line, expression: place.text, fields: fields)
            if !origins.contains(origin) { origins.append(origin) }
        }
        return origins
    }

    /// What is read for an attribute; nil when it is not filled.
    private func fields(of attribute: Attribute, _ object: MappingDocument.ObjectMapping) -> [String]? {
        let values = object.values.filter { $0.attribute.number == attribute.number }.map(\.expression)
        let lookups = object.lookups.filter { $0.relation.number == attribute.number }.map(\.equals)
        guard !values.isEmpty || !lookups.isEmpty else { return nil }
        var fields: [String] = []
        for expression in values + lookups { expression.forEachField { if !fields.contains($0) { fields.append($0) } } }
        return fields
    }

    // MARK: What is left out

    /// A condition of the mapping.
    public struct Condition: Hashable, Sendable {
        /// `except`, or `when` of an object.
        public let word: String
        /// In the mapping, from 1.
        public let mappingLine: Int
        /// As the mapping writes it.
        public let expression: String
    }

    /// The conditions that leave out an object of a claim: one, or those that may have.
    /// - Parameter flags: of the object in the claim.
    public func conditions(leavingOut part: Part, flags: UInt8) -> [Condition] {
        flags & Claim.excepted == Claim.excepted
            ? [lines.exception(record: part.record)].compactMap { $0 } : conditions(part.record, part.objects)
    }

    private func conditions(_ record: Int, _ objects: [Int]) -> [Condition] {
        var conditions: [Condition] = []
        for condition in objects.compactMap({ lines.condition(record: record, object: $0) })
        where !conditions.contains(condition) {
            conditions.append(condition)
        }
        return conditions
    }

    /// A sort of record in which an object would be named, by a record of this key.
    public struct Place: Sendable {
        public let element: String
        public let recordKey: String
        public let recordKind: Kind
        /// Of the claims that such records have; several when a key is repeated.
        public let claimKeys: [Fingerprint]
        fileprivate let record: Int
        /// Of the mapping's objects; empty when the record is asked for itself.
        fileprivate let objects: [Int]
    }

    /// More records of one key are no export that anybody wants explained.
    private static let repeatedMax: UInt32 = 8

    /// Where records stand that would name an object of this key, or that have it as their own.
    public func places(of kind: Kind, key: String) -> [Place] {
        program.document.records.enumerated().flatMap { number, record -> [Place] in
            var keys: [String: [Int]] = record.kind == kind ? [key: []] : [:]
            for (place, object) in record.objects.enumerated() where object.kind == kind && object.addsBy == nil {
                let recordKey = KeyForm(of: object.key, recordKey: record.key)?.recordKey(of: key)
                if let recordKey { keys[recordKey, default: []].append(place) }
            }
            return keys.sorted { $0.key < $1.key }.map { recordKey, objects in
                let bytes = Array(recordKey.utf8)
                let claimKeys = bytes.withUnsafeBytes { bytes in
                    (0..<Self.repeatedMax).map { ExportReading.claimKey(record: number, bytes, occurrence: $0) }
                }
                return Place(
                    element: record.element, recordKey: recordKey, recordKind: record.kind, claimKeys: claimKeys,
                    record: number, objects: objects)
            }
        }
    }

    /// The conditions by which a claim at a place does not make the object: the claim is accepted, fit, and does not name it.
    public func conditions(leavingOut claim: UnsafeRawBufferPointer, at place: Place) -> [Condition] {
        var reader = Claim.Reader(claim)
        _ = reader.recordKey()
        _ = reader.findings()
        let flags = (0..<reader.objectCount()).map { _ in reader.object().flags }
        if flags.contains(where: { $0 & Claim.excepted == Claim.excepted }) {
            return [lines.exception(record: place.record)].compactMap { $0 }
        }
        return conditions(place.record, place.objects)
    }

    /// The conditions under which the mapping makes objects of a kind, record by record; empty when it makes them always.
    public func conditions(making kind: Kind) -> [(element: String, condition: Condition)] {
        program.document.records.enumerated().flatMap { number, record in
            record.objects.indices.filter { record.objects[$0].kind == kind && record.objects[$0].addsBy == nil }
                .compactMap { object in
                    lines.condition(record: number, object: object).map { (record.element, $0) }
                }
        }
    }

    /// Which sort of record has the claim's key.
    private func record(_ key: UnsafeRawBufferPointer, _ claimKey: Fingerprint) -> Int? {
        // Several records may have one key; more than these is no export that anybody wants explained.
        for occurrence in UInt32(0)..<1000 {
            let found = program.records.indices.first {
                ExportReading.claimKey(record: $0, key, occurrence: occurrence) == claimKey
            }
            if let found { return found }
        }
        return nil
    }

    private func values(_ object: Claim.ObjectReader) -> [(number: UInt16, bytes: [UInt8], key: String)] {
        var object = object
        var result: [(number: UInt16, bytes: [UInt8], key: String)] = []
        for _ in 0..<object.periodCount {
            for _ in 0..<object.period().fieldCount {
                let (number, value) = object.field()
                let isRelation = program.schema[object.kind].attribute(number: number)?.isReference == true
                guard isRelation, value.count >= 16 else {
                    result.append((number, Array(value), ""))
                    continue
                }
                result.append((number, Array(value[..<16]), String(decoding: value[16...], as: UTF8.self)))
            }
        }
        return result
    }
}

extension ExportReading {
    /// By what a claim is found again tomorrow.
    static func claimKey(record: Int, _ key: UnsafeRawBufferPointer, occurrence: UInt32) -> Fingerprint {
        var hasher = keyHasher
        withUnsafeBytes(of: Int32(record)) { hasher.combine($0) }
        hasher.combine(key)
        withUnsafeBytes(of: occurrence) { hasher.combine($0) }
        return hasher.finalize()
    }
}

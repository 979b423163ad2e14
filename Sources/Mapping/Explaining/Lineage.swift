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
        var reader = Claim.Reader(buffer[claim.reference])
        let key = reader.recordKey()
        _ = reader.findings()
        guard let record = record(key, claim.key) else { return [] }
        let made = (0..<reader.objectCount()).map { _ in reader.object() }
        let objects = program.records[record].objects
        return made.enumerated().map { place, object in
            let written = objects.indices.filter { objects[$0].kind == object.kind }
            let rank = made[..<place].count { $0.kind == object.kind }
            // As many as the mapping describes: one for each. Of fewer, nobody knows which condition did not hold.
            let isClear = made.count { $0.kind == object.kind } == written.count
            let possible = isClear ? [written[rank]] : written
            return Part(
                kind: object.kind, id: object.id, hasOwnID: possible.contains { objects[$0].uuid != nil },
                values: values(object), record: record, objects: possible)
        }
    }

    /// How a part came by an attribute; nil when the mapping does not fill it there.
    public func origin(of attribute: Attribute, in part: Part) -> Origin? {
        let mapping = program.document.records[part.record]
        for object in part.objects {
            let value = mapping.objects[object].values.first { $0.attribute.number == attribute.number }
            guard let value, let place = lines.place(record: part.record, object: object, attribute: attribute.name)
            else { continue }
            var fields: [String] = []
            value.expression.forEachField { if !fields.contains($0) { fields.append($0) } }
            return Origin(
                element: mapping.element, mappingLine: place.line, expression: place.text, fields: fields)
        }
        return nil
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

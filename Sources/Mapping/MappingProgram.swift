import Crypto
public import OrganisationModel
public import SourceExports

/// A mapping compiled for one source: field names are slots, texts are bytes, and what a slot's placeholders are is known.
public struct MappingProgram: Sendable {
    public let document: MappingDocument
    public let source: String
    let schema: Schema
    let rules: RuleSettings
    let records: [RecordProgram]
    /// The state in which every fingerprint begins: it depends on the mapping, the schema, the rules of records and the register
    /// secret, so a changed mapping makes every record an altered one.
    let fingerprintSeed: [UInt8]
    /// Identifies mapping, schema, rules of records, secret and authority: two exports with equal bytes and equal seeds say the same.
    public let seed: [UInt8]
    /// The bytes of ``seed``.
    static let seedSize = 32

    // Read for every record, so passed by reference: copying a struct of arrays counts references for each of them.
    final class RecordProgram: Sendable {
        let element: String
        let fields: [String]
        let placeholders: [[[UInt8]]]
        let hasPlaceholders: [Bool]
        let key: Expression<Int>
        let kind: Kind
        let ended: Condition<Int>?
        let exception: Condition<Int>?
        let timelines: [CompiledTimeline]
        let objects: [ObjectProgram]
        /// Whether a value may be that of the record's last claim.
        let keeps: Bool
        /// Whether claims hold the record itself, because other documents name only what changed of it.
        let keepsRecord: Bool

        init(_ record: MappingDocument.RecordMapping, placeholders named: [String: Set<String>], keepsRecord: Bool) {
            self.keepsRecord = keepsRecord
            var slots = SlotTable()
            element = record.element
            kind = record.kind
            key = slots.compile(record.key)
            ended = record.ended.map { slots.compile($0) }
            exception = record.exception.map { slots.compile($0) }
            let elements = record.timelines.map(\.element)
            let days = record.timelines.map { (slots.compile($0.from), slots.compile($0.to)) }
            objects = record.objects.enumerated().map { number, object in
                ObjectProgram(object, &slots, timelines: elements, recordKey: record.key, isFirst: number == 0)
            }
            keeps = objects.contains { $0.values.contains(where: \.expression.keeps) }
            fields = slots.fields
            let always = named["*"] ?? []
            placeholders = fields.map { always.union(named[$0] ?? []).sorted().map { Array($0.utf8) } }
            hasPlaceholders = placeholders.map { !$0.isEmpty }
            let shape = RecordShape(element: record.element, fields: slots.fields, timelines: elements)
            timelines = elements.indices.map { index in
                CompiledTimeline(
                    element: elements[index], from: days[index].0, to: days[index].1,
                    slots: shape.fields.indices.filter { shape.timeline(ofField: $0) == index })
            }
        }

        var shape: RecordShape {
            RecordShape(element: element, fields: fields, timelines: timelines.map(\.element))
        }
    }

    final class ObjectProgram: Sendable {
        let kind: Kind
        let key: Expression<Int>
        let uuid: Expression<Int>?
        /// When set, the record only adds to the object that has the key as a value of this attribute.
        let addsBy: ForeignID?
        let flags: UInt8
        let condition: Condition<Int>?
        let from: [Expression<Int>]
        let to: Expression<Int>?
        let endsBefore: Bool
        let needsBeginning: Bool
        let values: [CompiledValue]
        let lookups: [CompiledLookup]
        /// The timelines of the record that it reads.
        let timelines: [Int]
        /// Whether the key of the record tells that of the object, so that nobody need be told who was left out.
        private let hasKeyOfRecord: Bool
        private let isFirst: Bool

        /// Whether a claim names the object when a condition leaves it out: only so can it be found by its key. Of a record that is
        /// excepted the first one is always named.
        func isNamedWhenLeftOut(isExcepted: Bool) -> Bool {
            addsBy == nil && (!hasKeyOfRecord || isExcepted && isFirst)
        }

        init(
            _ object: MappingDocument.ObjectMapping, _ slots: inout SlotTable, timelines elements: [String],
            recordKey: Expression<String>, isFirst: Bool
        ) {
            self.isFirst = isFirst
            hasKeyOfRecord = KeyForm(of: object.key, recordKey: recordKey) != nil
            kind = object.kind
            key = slots.compile(object.key)
            uuid = object.uuid.map { slots.compile($0) }
            addsBy = object.addsBy.map { ForeignID(kind: object.kind, attribute: $0.number) }
            var flags: UInt8 = object.addsBy == nil ? 0 : Claim.adds
            if object.sharing != .none { flags |= Claim.shared }
            if object.sharing == .daily { flags |= Claim.daily }
            if object.isFallback { flags |= Claim.fallback }
            self.flags = flags
            condition = object.condition.map { slots.compile($0) }
            from = object.from.map { slots.compile($0) }
            to = object.to.map { slots.compile($0) }
            endsBefore = object.endsBefore
            needsBeginning = object.needsBeginning
            values = object.values.map {
                CompiledValue(
                    number: $0.attribute.number, type: $0.attribute.type, expression: slots.compile($0.expression),
                    isUUID: $0.isUUID, form: ValueForm($0.attribute))
            }
            lookups = object.lookups.map {
                CompiledLookup(relation: $0.relation.number, among: $0.among, equals: slots.compile($0.equals))
            }
            var read: Set<String> = []
            object.condition?.forEachField { read.insert($0) }
            for value in object.values { value.expression.forEachField { read.insert($0) } }
            timelines = elements.indices.filter { index in read.contains { $0.hasPrefix(elements[index] + "/") } }
        }
    }

    /// One attribute; its name is looked up when a message needs it.
    struct CompiledValue: Sendable {
        let number: UInt16
        let type: ValueType
        let expression: Expression<Int>
        /// The text is the target's own UUID, not its key.
        let isUUID: Bool
        let form: ValueForm?
    }

    struct CompiledLookup: Sendable {
        let relation: UInt16
        let among: ForeignID
        let equals: Expression<Int>
    }

    /// An element that may stand in a record many times, each time with days of its own.
    struct CompiledTimeline: Sendable {
        let element: String
        let from: Expression<Int>
        let to: Expression<Int>
        /// The fields that are read for each of its occurrences.
        let slots: [Int]
    }

    public init(
        _ document: MappingDocument, source: String, secret: [UInt8], authority: Authority,
        schema: Schema = .standard, rules: RuleSettings = RuleSettings()
    ) {
        self.document = document
        self.source = source
        self.schema = schema
        self.rules = rules
        records = document.documents.flatMap { part in
            part.records.map {
                RecordProgram($0, placeholders: document.placeholders, keepsRecord: !part.changes.isEmpty)
            }
        }
        var hash = SHA256()
        hash.update(data: secret)
        hash.update(data: Array(document.text.utf8))
        hash.update(data: schema.canonicalForm)
        hash.update(data: rules.canonicalForm(of: RuleEntry.recordCodes))
        fingerprintSeed = Array(hash.finalize())
        hash.update(data: Array("\(authority.cvr) \(authority.name)".utf8))
        seed = Array(hash.finalize())
    }

    /// What the reader must look for, document by document. The records of ``records`` in their order.
    public var shapes: [RecordShape] {
        records.map(\.shape)
    }

    /// The number of each document's first record.
    var firstRecords: [Int] {
        document.documents.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.records.count) }
    }
}

/// Gives each field that a record's mapping reads a slot, in the order in which they are first named.
struct SlotTable {
    private(set) var fields: [String] = []

    private mutating func slot(_ field: String) -> Int {
        if let known = fields.firstIndex(of: field) { return known }
        fields.append(field)
        return fields.count - 1
    }

    mutating func compile(_ expression: Expression<String>) -> Expression<Int> {
        expression.map { slot($0) }
    }

    mutating func compile(_ condition: Condition<String>) -> Condition<Int> {
        condition.map { slot($0) }
    }
}

extension Precedence {
    /// What the mappings of these sources say, in the order of the configuration.
    /// - Throws: ``FordelerError`` `mapping.invalid` when two sources own one attribute.
    public init(
        _ mappings: [(source: String, document: MappingDocument)], scopes: UnitScopes = UnitScopes(),
        rules: RuleSettings = RuleSettings(), schema: Schema = .standard
    ) throws {
        var owners: [ForeignID: String] = [:]
        for (source, document) in mappings {
            for owned in document.owns {
                if let other = owners[owned] {
                    let name = schema[owned.kind].attribute(number: owned.attribute)?.name ?? ""
                    throw FordelerError(
                        .init("mapping.invalid"),
                        "the sources \(other) and \(source) both own \(owned.kind.name).\(name). Let one mapping own it"
                    )
                }
                owners[owned] = source
            }
        }
        self.init(
            sources: mappings.map(\.source), owners: owners,
            lookedUp: mappings.reduce(into: []) { $0.formUnion($1.document.lookedUp) }, scopes: scopes, rules: rules)
    }
}

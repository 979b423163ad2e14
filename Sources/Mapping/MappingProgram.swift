import Crypto
public import OrganisationModel
public import SourceExports

/// A mapping compiled for one source: field names are slots, texts are bytes, and what a slot's placeholders are is known.
public struct MappingProgram: Sendable {
    public let document: MappingDocument
    public let source: String
    let schema: Schema
    let records: [RecordProgram]
    /// The state in which every fingerprint begins: it depends on the mapping, the schema and the register secret, so a
    /// changed mapping makes every record an altered one.
    let fingerprintSeed: [UInt8]
    /// Identifies mapping, schema, secret and authority: two exports with equal bytes and equal seeds say the same.
    public let seed: [UInt8]

    // Read for every record, so passed by reference: copying a struct of arrays counts references for each of them.
    final class RecordProgram: Sendable {
        let element: String
        let fields: [String]
        let placeholders: [[[UInt8]]]
        let hasPlaceholders: [Bool]
        let key: Expression
        let kind: Kind
        let ended: Condition?
        let objects: [ObjectProgram]

        init(
            element: String, fields: [String], placeholders: [[[UInt8]]], key: Expression, kind: Kind,
            ended: Condition?, objects: [ObjectProgram]
        ) {
            self.element = element
            self.fields = fields
            self.placeholders = placeholders
            hasPlaceholders = placeholders.map { !$0.isEmpty }
            self.key = key
            self.kind = kind
            self.ended = ended
            self.objects = objects
        }
    }

    final class ObjectProgram: Sendable {
        let kind: Kind
        let key: Expression
        let uuid: Expression?
        /// When set, the record only adds to the object that has the key as a value of this attribute.
        let addsBy: ForeignID?
        let isShared: Bool
        let condition: Condition?
        let from: [Int]
        let to: Int?
        let needsBeginning: Bool
        let values: [CompiledValue]
        let lookups: [CompiledLookup]

        init(
            kind: Kind, key: Expression, uuid: Expression?, addsBy: ForeignID?, isShared: Bool, condition: Condition?,
            from: [Int], to: Int?, needsBeginning: Bool, values: [CompiledValue], lookups: [CompiledLookup]
        ) {
            self.kind = kind
            self.key = key
            self.uuid = uuid
            self.addsBy = addsBy
            self.lookups = lookups
            self.isShared = isShared
            self.condition = condition
            self.from = from
            self.to = to
            self.needsBeginning = needsBeginning
            self.values = values
        }
    }

    /// One attribute; its name is looked up when a message needs it.
    struct CompiledValue: Sendable {
        let number: UInt16
        let type: ValueType
        let expression: Expression
    }

    struct CompiledLookup: Sendable {
        let relation: UInt16
        let among: ForeignID
        let equals: Expression
    }

    struct Condition: Sendable {
        let slot: Int
        let equals: [UInt8]
    }

    enum Expression: Sendable {
        case field(Int)
        case text([UInt8])
        indirect case join([Expression], with: [UInt8])
        case ratio(Int, Int)
        case not(Int)
    }

    public init(
        _ document: MappingDocument, source: String, secret: [UInt8], authority: Authority,
        schema: Schema = .standard
    ) {
        self.document = document
        self.source = source
        self.schema = schema
        records = document.records.map { record in
            var slots = SlotTable()
            let key = slots.compile(record.key)
            let ended = record.ended.map { slots.compile($0) }
            let objects = record.objects.map { slots.compile($0) }
            let placeholders = slots.fields.map { field in
                (document.placeholders[field] ?? []).sorted().map { Array($0.utf8) }
            }
            return RecordProgram(
                element: record.element, fields: slots.fields, placeholders: placeholders, key: key,
                kind: record.kind,
                ended: ended, objects: objects)
        }
        var hash = SHA256()
        hash.update(data: secret)
        hash.update(data: Array(document.text.utf8))
        hash.update(data: schema.canonicalForm)
        fingerprintSeed = Array(hash.finalize())
        hash.update(data: Array("\(authority.cvr) \(authority.name)".utf8))
        seed = Array(hash.finalize())
    }

    /// What the reader must look for.
    public var shapes: [RecordShape] {
        records.map { RecordShape(element: $0.element, fields: $0.fields) }
    }

}

/// Gives each field that a record's mapping reads a slot, in the order in which they are first named.
private struct SlotTable {
    var fields: [String] = []

    mutating func slot(_ field: String) -> Int {
        if let known = fields.firstIndex(of: field) { return known }
        fields.append(field)
        return fields.count - 1
    }

    mutating func compile(_ expression: MappingDocument.Expression) -> MappingProgram.Expression {
        switch expression {
        case .field(let name): .field(slot(name))
        case .text(let text): .text(Array(text.utf8))
        case .join(let parts, let separator):
            .join(parts.map { compile($0) }, with: Array(separator.utf8))
        case .ratio(let numerator, let denominator): .ratio(slot(numerator), slot(denominator))
        case .not(let flag): .not(slot(flag))
        }
    }

    mutating func compile(_ condition: MappingDocument.Condition) -> MappingProgram.Condition {
        MappingProgram.Condition(slot: slot(condition.field), equals: Array(condition.equals.utf8))
    }

    mutating func compile(_ object: MappingDocument.ObjectMapping) -> MappingProgram.ObjectProgram {
        let key = compile(object.key)
        let uuid = object.uuid.map { compile($0) }
        let condition = object.condition.map { compile($0) }
        let from = object.from.map { slot($0) }
        let to = object.to.map { slot($0) }
        let values = object.values.map {
            MappingProgram.CompiledValue(
                number: $0.attribute.number, type: $0.attribute.type, expression: compile($0.expression))
        }
        let lookups = object.lookups.map {
            MappingProgram.CompiledLookup(
                relation: $0.relation.number, among: $0.among, equals: compile($0.equals))
        }
        return MappingProgram.ObjectProgram(
            kind: object.kind, key: key, uuid: uuid,
            addsBy: object.addsBy.map { ForeignID(kind: object.kind, attribute: $0.number) },
            isShared: object.isShared, condition: condition, from: from, to: to,
            needsBeginning: object.needsBeginning, values: values, lookups: lookups)
    }
}

extension Precedence {
    /// What the mappings of these sources say, in the order of the configuration.
    /// - Throws: ``FordelerError`` `mapping.invalid` when two sources own one attribute.
    public init(_ mappings: [(source: String, document: MappingDocument)], schema: Schema = .standard) throws {
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
            lookedUp: mappings.reduce(into: []) { $0.formUnion($1.document.lookedUp) })
    }
}

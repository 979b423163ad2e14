public import OrganisationModel
public import SourceExports
import Yams

/// A mapping as it is written: a YAML document that says how the elements of an export become objects.
///
/// It is checked completely when it is read. Every mistake is an error with its line; unknown keys are mistakes too.
public struct MappingDocument: Sendable {
    public let name: String
    /// What the exports are written in.
    public let format: Format
    /// The attributes about which this source is heard before all others.
    public let owns: Set<ForeignID>
    /// Texts that stand for "absent", by field.
    let placeholders: [String: Set<String>]
    let records: [RecordMapping]
    /// The document's own bytes, part of every fingerprint's seed.
    public let text: String

    public enum Format: Sendable {
        /// The records are the children of the document's root element.
        case xml(root: String)
        case csv(CSVExportReader.Format)
    }

    struct RecordMapping: Sendable {
        let element: String
        let key: Expression
        let kind: Kind
        let ended: Condition?
        let objects: [ObjectMapping]
    }

    struct ObjectMapping: Sendable {
        let kind: Kind
        let key: Expression
        /// The object's own UUID, where the source has one.
        let uuid: Expression?
        /// When set, the record only adds to the object that has the key as a value of this attribute.
        let addsBy: Attribute?
        let isShared: Bool
        let condition: Condition?
        let from: [String]
        let to: String?
        /// A record without a beginning is withheld; otherwise it has been there always.
        let needsBeginning: Bool
        /// In the order of attribute numbers.
        let values: [(attribute: Attribute, expression: Expression)]
        /// In the order of preference within each attribute.
        let lookups: [Lookup]
    }

    /// A relation to what another source's object leads to.
    struct Lookup: Sendable {
        let relation: Attribute
        let among: ForeignID
        let equals: Expression
    }

    struct Condition: Sendable {
        let field: String
        let equals: String
    }

    indirect enum Expression: Sendable {
        case field(String)
        case text(String)
        /// The parts that are there, with the text between them; absent when none is.
        case join([Expression], with: String)
        /// Numerator divided by denominator, four decimals.
        case ratio(String, String)
        /// The opposite of a flag.
        case not(String)
    }

    /// The attributes by whose values objects of other sources are found.
    public var lookedUp: Set<ForeignID> {
        var result: Set<ForeignID> = []
        for object in records.flatMap(\.objects) {
            if let attribute = object.addsBy {
                result.insert(ForeignID(kind: object.kind, attribute: attribute.number))
            }
            result.formUnion(object.lookups.map(\.among))
        }
        return result
    }
}

// MARK: Reading

extension MappingDocument {
    /// Reads a mapping.
    /// - Parameter file: how errors name the document.
    /// - Throws: ``FordelerError`` `mapping.invalid`, with file, line and what to write instead.
    public init(yaml text: String, file: String, schema: Schema = .standard) throws {
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            let mistake = YAMLMistake(error)
            throw FordelerError(
                .init("mapping.invalid"), "\(file):\(mistake.line): no valid YAML: \(mistake.message)")
        }
        guard let node else {
            throw FordelerError(.init("mapping.invalid"), "\(file): the document is empty")
        }
        let top = try MappingParser(file: file, schema: schema, isCSV: false).mapping(
            node,
            allowed: [
                "mapping", "describes", "format", "root", "delimiter", "encoding", "header", "shortRows", "owns",
                "placeholders", "records",
            ])
        let isCSV = top["format"]?.string == "csv"
        let parser = MappingParser(file: file, schema: schema, isCSV: isCSV)
        name = try parser.text(top.required("mapping"))
        format = try parser.format(top)
        owns = try parser.owns(top["owns"])
        var placeholders: [String: Set<String>] = [:]
        if let node = top["placeholders"] {
            for (field, values) in try parser.pairs(node) {
                placeholders[field] = Set(try parser.texts(values))
            }
        }
        self.placeholders = placeholders
        records = try parser.pairs(top.required("records")).map { try parser.record($0, $1) }
        if isCSV, records.count != 1 {
            throw try parser.mistake(top.required("records"), "a csv export has one sort of record; describe one")
        }
        self.text = text
        if let node = top["header"] { try parser.checkColumns(of: self, node) }
    }
}

/// Turns YAML nodes into the parts of a mapping; holds what every error must name.
struct MappingParser {
    let file: String
    let schema: Schema
    /// The fields of a record are columns, whose names may hold anything.
    let isCSV: Bool
    /// A claim counts its objects in one byte; real mappings make four.
    static let objectsMax = 100

    struct Fields {
        let parser: MappingParser
        let node: Node
        let values: [String: Node]

        subscript(key: String) -> Node? {
            values[key]
        }

        func required(_ key: String) throws -> Node {
            guard let value = values[key] else { throw parser.mistake(node, "\(key) is missing") }
            return value
        }
    }

    func mistake(_ node: Node, _ message: String) -> FordelerError {
        FordelerError(.init("mapping.invalid"), "\(file):\(node.mark?.line ?? 0): \(message)")
    }

    func pairs(_ node: Node) throws -> [(String, Node)] {
        guard let mapping = node.mapping else { throw mistake(node, "expected keys and values") }
        return try mapping.map { key, value in (try text(key), value) }
    }

    func mapping(_ node: Node, allowed: [String]) throws -> Fields {
        let all = try pairs(node)
        if let node = node.mapping?.keys.first(where: { !allowed.contains($0.string ?? "") }) {
            let key = try text(node)
            throw mistake(node, "\(key) is not known here; allowed: \(allowed.joined(separator: ", "))")
        }
        return Fields(parser: self, node: node, values: Dictionary(uniqueKeysWithValues: all))
    }

    func text(_ node: Node) throws -> String {
        guard let scalar = node.scalar else { throw mistake(node, "expected a text") }
        return scalar.string
    }

    /// `@name`, `name` or `name/@other`; in csv the name of a column.
    func field(_ node: Node) throws -> String {
        let name = try text(node)
        if isCSV {
            guard !name.isEmpty else { throw mistake(node, "expected the name of a column") }
            return name
        }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isAttribute = parts.last?.hasPrefix("@") ?? false
        let names = parts.dropLast() + [isAttribute ? parts.last?.dropFirst() ?? "" : parts.last ?? ""]
        guard parts.count == 1 || (parts.count == 2 && isAttribute),
            names.allSatisfy({ !$0.isEmpty && !$0.contains("@") })
        else { throw mistake(node, "\(name) is no field; write name, @attribute or name/@attribute") }
        return name
    }

    func fields(_ node: Node) throws -> [String] {
        if let sequence = node.sequence { return try sequence.map(field) }
        return [try field(node)]
    }

    func texts(_ node: Node) throws -> [String] {
        if let sequence = node.sequence { return try sequence.map(text) }
        return [try text(node)]
    }

    func kind(_ node: Node) throws -> Kind {
        let name = try text(node)
        guard let kind = Kind(name: name) else {
            let known = Kind.allCases.map(\.name).joined(separator: ", ")
            throw mistake(node, "\(name) is no kind of object; known: \(known)")
        }
        return kind
    }

    func condition(_ node: Node) throws -> MappingDocument.Condition {
        let fields = try mapping(node, allowed: ["field", "equals"])
        return MappingDocument.Condition(
            field: try field(fields.required("field")), equals: try text(fields.required("equals")))
    }

    func record(_ element: String, _ node: Node) throws -> MappingDocument.RecordMapping {
        let fields = try mapping(node, allowed: ["key", "kind", "endedWhen", "objects"])
        let objectsNode = try fields.required("objects")
        guard let sequence = objectsNode.sequence, (1...MappingParser.objectsMax).contains(sequence.count) else {
            throw mistake(objectsNode, "objects is a list of 1 to \(MappingParser.objectsMax) objects")
        }
        return MappingDocument.RecordMapping(
            element: element, key: try expression(fields.required("key")),
            kind: try kind(fields.required("kind")),
            ended: try fields["endedWhen"].map(condition), objects: try sequence.map(object))
    }

    func object(_ node: Node) throws -> MappingDocument.ObjectMapping {
        let fields = try mapping(
            node, allowed: ["kind", "key", "uuid", "find", "shared", "when", "effective", "attributes"])
        let kind = try kind(fields.required("kind"))
        if let find = fields["find"] { return try addition(kind, find, fields) }
        let effective = try fields["effective"].map {
            try mapping($0, allowed: ["from", "to", "withoutFrom"])
        }
        var needsBeginning = false
        if let node = effective?["withoutFrom"] {
            switch try text(node) {
            case "withhold": needsBeginning = true
            case "open": needsBeginning = false
            default: throw mistake(node, "withoutFrom is withhold or open")
            }
        }
        var isShared = false
        if let node = fields["shared"] {
            guard let flag = node.bool else { throw mistake(node, "shared is true or false") }
            isShared = flag
        }
        let attributes = try pairs(fields.required("attributes")).map { name, node in
            (attribute: try attribute(named: name, of: kind, node), node: node)
        }
        let lookups = try attributes.filter { isLookup($0.node) }.flatMap { try lookup($0.attribute, $0.node) }
        let values = try attributes.filter { !isLookup($0.node) }.map {
            (attribute: $0.attribute, expression: try expression($0.node))
        }
        return MappingDocument.ObjectMapping(
            kind: kind, key: try expression(fields.required("key")), uuid: try fields["uuid"].map(expression),
            addsBy: nil, isShared: isShared,
            condition: try fields["when"].map(condition), from: try effective?["from"].map(self.fields) ?? [],
            to: try effective?["to"].map(field), needsBeginning: needsBeginning,
            values: values.sorted { $0.attribute.number < $1.attribute.number }, lookups: lookups)
    }

    func attribute(named name: String, of kind: Kind, _ node: Node) throws -> Attribute {
        guard let attribute = schema[kind].attribute(named: name) else {
            let known = schema[kind].attributes.map(\.name).joined(separator: ", ")
            throw mistake(node, "\(kind.name) has no attribute \(name); known: \(known)")
        }
        return attribute
    }

    // MARK: What ties sources together

    /// An object of another source to which the record only adds values.
    func addition(_ kind: Kind, _ find: Node, _ fields: Fields) throws -> MappingDocument.ObjectMapping {
        for key in ["key", "uuid", "shared", "effective"] {
            if let node = fields[key] {
                throw mistake(node, "\(key) belongs to objects that the record makes; one with find adds to another's")
            }
        }
        let found = try mapping(find, allowed: ["attribute", "equals"])
        let by = try foreignAttribute(kind, found.required("attribute"))
        let values = try pairs(fields.required("attributes")).map { name, node in
            let attribute = try attribute(named: name, of: kind, node)
            guard !attribute.isReference else {
                throw mistake(node, "a relation cannot be added to another source's object; \(name) is one")
            }
            return (attribute: attribute, expression: try expression(node))
        }
        return MappingDocument.ObjectMapping(
            kind: kind, key: try expression(found.required("equals")), uuid: nil, addsBy: by, isShared: true,
            condition: try fields["when"].map(condition), from: [], to: nil, needsBeginning: false,
            values: values.sorted { $0.attribute.number < $1.attribute.number }, lookups: [])
    }

    /// An attribute by whose text an object can be found.
    private func foreignAttribute(_ kind: Kind, _ node: Node) throws -> Attribute {
        let attribute = try attribute(named: text(node), of: kind, node)
        guard attribute.type == .text else {
            throw mistake(node, "objects are found by a text; \(attribute.name) is none")
        }
        return attribute
    }

    private func isLookup(_ node: Node) -> Bool {
        node.mapping?["find"] != nil
    }

    private func lookup(_ relation: Attribute, _ node: Node) throws -> [MappingDocument.Lookup] {
        guard case .reference(let target) = relation.type else {
            throw mistake(node, "find leads to an object; \(relation.name) is a value")
        }
        let list = try mapping(node, allowed: ["find"]).required("find")
        guard let sequence = list.sequence, !sequence.isEmpty else { throw mistake(list, "find is a list") }
        return try sequence.map { node in
            let fields = try mapping(node, allowed: ["kind", "attribute", "equals"])
            let kind = try kind(fields.required("kind"))
            guard kind == target || schema[kind].attributes.contains(where: { $0.type == .reference(target) }) else {
                throw mistake(node, "a \(kind.name) leads to no \(target.name)")
            }
            let attribute = try foreignAttribute(kind, fields.required("attribute"))
            return MappingDocument.Lookup(
                relation: relation, among: ForeignID(kind: kind, attribute: attribute.number),
                equals: try expression(fields.required("equals")))
        }
    }

    /// `kind.attribute`, one or a list.
    func owns(_ node: Node?) throws -> Set<ForeignID> {
        guard let node else { return [] }
        let nodes = node.sequence.map { Array($0) } ?? [node]
        return Set(
            try nodes.map { node in
                let parts = try text(node).split(separator: ".", omittingEmptySubsequences: false).map(String.init)
                guard parts.count == 2, let kind = Kind(name: parts[0]) else {
                    throw mistake(node, "write kind.attribute, such as engagement.email")
                }
                return ForeignID(kind: kind, attribute: try attribute(named: parts[1], of: kind, node).number)
            })
    }

    func format(_ top: Fields) throws -> MappingDocument.Format {
        let node = try top.required("format")
        let foreign: [String]
        let result: MappingDocument.Format
        switch try text(node) {
        case "xml":
            foreign = ["delimiter", "encoding", "header", "shortRows"]
            result = .xml(root: try text(top.required("root")))
        case "csv":
            foreign = ["root"]
            result = .csv(
                CSVExportReader.Format(
                    delimiter: try top["delimiter"].map(delimiter), encoding: try top["encoding"].map(encoding),
                    header: try top["header"].map(header) ?? .first,
                    acceptsShortRows: try top["shortRows"].map(shortRows) ?? false))
        default: throw mistake(node, "format is xml or csv")
        }
        for key in foreign {
            if let node = top[key] { throw mistake(node, "\(key) does not belong to this format") }
        }
        return result
    }

    private func delimiter(_ node: Node) throws -> UInt8 {
        switch try text(node) {
        case ",": 0x2C
        case ";": 0x3B
        case "tab": 0x09
        default: throw mistake(node, "delimiter is \",\", \";\" or tab")
        }
    }

    private func encoding(_ node: Node) throws -> CSVExportReader.Format.Encoding {
        guard let encoding = CSVExportReader.Format.Encoding(rawValue: try text(node)) else {
            let known = CSVExportReader.Format.Encoding.allCases.map(\.rawValue).joined(separator: ", ")
            throw mistake(node, "the encoding is not known; known: \(known)")
        }
        return encoding
    }

    func expression(_ node: Node) throws -> MappingDocument.Expression {
        if node.scalar != nil { return .field(try field(node)) }
        let fields = try mapping(node, allowed: ["text", "join", "with", "ratio", "not"])
        guard ["text", "join", "ratio", "not"].filter({ fields[$0] != nil }).count <= 1,
            fields["with"] == nil || fields["join"] != nil
        else { throw mistake(node, "write one of text, join, ratio and not; with belongs to join") }
        if let flag = fields["not"] { return .not(try field(flag)) }
        if let literal = fields["text"] { return .text(try text(literal)) }
        if let parts = fields["join"] {
            guard let sequence = parts.sequence, !sequence.isEmpty else {
                throw mistake(parts, "join is a list")
            }
            return .join(try sequence.map(expression), with: try fields["with"].map(text) ?? " ")
        }
        if let parts = fields["ratio"] {
            let names = try self.fields(parts)
            guard names.count == 2 else { throw mistake(parts, "ratio is [numerator, denominator]") }
            return .ratio(names[0], names[1])
        }
        throw mistake(node, "expected a field name, {text: ...}, {join: [...]}, {ratio: [...]} or {not: ...}")
    }
}

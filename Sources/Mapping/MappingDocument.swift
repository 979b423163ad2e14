public import OrganisationModel
import Yams

/// A mapping as it is written: a YAML document that says how the elements of an export become objects.
///
/// It is checked completely when it is read. Every mistake is an error with its line; unknown keys are mistakes too.
public struct MappingDocument: Sendable {
    public let name: String
    /// Name of the document's root element.
    public let root: String
    /// Texts that stand for "absent", by field.
    let placeholders: [String: Set<String>]
    let records: [RecordMapping]
    /// The document's own bytes, part of every fingerprint's seed.
    public let text: String

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
        let isShared: Bool
        let condition: Condition?
        let from: [String]
        let to: String?
        /// A record without a beginning is withheld; otherwise it has been there always.
        let needsBeginning: Bool
        /// In the order of attribute numbers.
        let values: [(attribute: Attribute, expression: Expression)]
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
        let parser = MappingParser(file: file, schema: schema)
        let top = try parser.mapping(
            node, allowed: ["mapping", "describes", "format", "root", "placeholders", "records"])
        name = try parser.text(top.required("mapping"))
        let format = try parser.text(top.required("format"))
        guard format == "xml" else {
            throw try parser.mistake(
                top.required("format"), "format \(format) is not known; this program reads xml")
        }
        root = try parser.text(top.required("root"))
        var placeholders: [String: Set<String>] = [:]
        if let node = top["placeholders"] {
            for (field, values) in try parser.pairs(node) {
                placeholders[field] = Set(try parser.texts(values))
            }
        }
        self.placeholders = placeholders
        records = try parser.pairs(top.required("records")).map { try parser.record($0, $1) }
        self.text = text
    }
}

/// Turns YAML nodes into the parts of a mapping; holds what every error must name.
private struct MappingParser {
    let file: String
    let schema: Schema
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

    /// `@name`, `name` or `name/@other`.
    func field(_ node: Node) throws -> String {
        let name = try text(node)
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
            node, allowed: ["kind", "key", "shared", "when", "effective", "attributes"])
        let kind = try kind(fields.required("kind"))
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
        let values = try pairs(fields.required("attributes")).map { name, node in
            guard let attribute = schema[kind].attribute(named: name) else {
                let known = schema[kind].attributes.map(\.name).joined(separator: ", ")
                throw mistake(node, "\(kind.name) has no attribute \(name); known: \(known)")
            }
            return (attribute: attribute, expression: try expression(node))
        }
        return MappingDocument.ObjectMapping(
            kind: kind, key: try expression(fields.required("key")), isShared: isShared,
            condition: try fields["when"].map(condition), from: try effective?["from"].map(self.fields) ?? [],
            to: try effective?["to"].map(field), needsBeginning: needsBeginning,
            values: values.sorted { $0.attribute.number < $1.attribute.number })
    }

    func expression(_ node: Node) throws -> MappingDocument.Expression {
        if node.scalar != nil { return .field(try field(node)) }
        let fields = try mapping(node, allowed: ["text", "join", "with", "ratio"])
        guard ["text", "join", "ratio"].filter({ fields[$0] != nil }).count <= 1,
            fields["with"] == nil || fields["join"] != nil
        else { throw mistake(node, "write one of text, join and ratio; with belongs to join") }
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
        throw mistake(node, "expected a field name, {text: ...}, {join: [...]} or {ratio: [...]}")
    }
}

import OrganisationModel
import SourceExports
import Yams

/// Turns YAML nodes into the parts of a mapping; holds what every error must name.
struct MappingParser {
    let file: String
    let schema: Schema
    /// The fields of a record are columns, whose names may hold anything.
    var isCSV = false
    var tables: [String: [[UInt8]: [UInt8]]] = [:]
    /// The attribute whose value is read.
    var filled: Attribute?
    /// A claim counts its objects in one byte; real mappings make four.
    private static let objectsMax = 100

    init(file: String, schema: Schema) {
        self.file = file
        self.schema = schema
    }

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

    // MARK: Nodes

    func mistake(_ node: Node, _ message: String) -> FordelerError {
        FordelerError(.init("mapping.invalid"), "\(file):\(node.mark?.line ?? 0): \(message)")
    }

    func pairs(_ node: Node) throws -> [(String, Node)] {
        guard let mapping = node.mapping else { throw mistake(node, "expected keys and values") }
        var seen: Set<String> = []
        return try mapping.map { key, value in
            let name = try text(key)
            // To YAML keys with other tags are others.
            guard seen.insert(name).inserted else { throw mistake(key, "\(name) stands here twice") }
            return (name, value)
        }
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

    func texts(_ node: Node) throws -> [String] {
        if let sequence = node.sequence { return try sequence.map(text) }
        return [try text(node)]
    }

    func flag(_ node: Node, _ name: String) throws -> Bool {
        guard let flag = node.bool else { throw mistake(node, "\(name) is true or false") }
        return flag
    }

    func number(_ node: Node, _ name: String, _ range: ClosedRange<Int>) throws -> Int {
        guard let number = node.int, range.contains(number) else {
            throw mistake(node, "\(name) is a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The way to a field; in csv the name of a column.
    func field(_ node: Node) throws -> String {
        let name = try text(node)
        if isCSV {
            guard !name.isEmpty else { throw mistake(node, "expected the name of a column") }
            return name
        }
        guard FieldPath(name) != nil else {
            throw mistake(
                node,
                "\(name) is no field; write name, @attribute, name/name, name/@attribute, name[2], ancestor::name/... or /*/name"
            )
        }
        return name
    }

    func kind(_ node: Node) throws -> Kind {
        let name = try text(node)
        guard let kind = Kind(name: name) else {
            let known = Kind.allCases.map(\.name).joined(separator: ", ")
            throw mistake(node, "\(name) is no kind of object; known: \(known)")
        }
        return kind
    }

    func tables(_ node: Node) throws -> [String: [[UInt8]: [UInt8]]] {
        var tables: [String: [[UInt8]: [UInt8]]] = [:]
        for (name, node) in try pairs(node) {
            var table: [[UInt8]: [UInt8]] = [:]
            for (from, to) in try pairs(node) { table[Array(from.utf8)] = Array(try text(to).utf8) }
            tables[name] = table
        }
        return tables
    }

    // MARK: Documents

    /// One document that the mapping itself describes, or those that it names.
    func documents(_ top: Fields) throws -> [MappingDocument.ExportDocument] {
        guard let node = top["documents"] else {
            return [try document("export", top, isOnly: true)]
        }
        for key in ["root", "delimiter", "encoding", "header", "shortRows", "mayLack", "records", "changes"] {
            if let node = top[key] { throw mistake(node, "\(key) belongs to each of the documents") }
        }
        let format = try top.required("format")
        let documents = try pairs(node).map { name, node in
            let fields = try mapping(
                node,
                allowed: [
                    "root", "delimiter", "encoding", "header", "shortRows", "mayLack", "file", "required", "records",
                    "changes",
                ])
            var values = fields.values
            values["format"] = format
            return try document(name, Fields(parser: self, node: node, values: values), isOnly: false)
        }
        guard !documents.isEmpty else { throw mistake(node, "documents is empty") }
        let roots = documents.flatMap { document -> [String] in
            guard case .xml(let root) = document.format else { return [] }
            return [root] + document.changes
        }
        guard Set(roots).count == roots.count else {
            throw mistake(node, "documents are told apart by their root elements; two have the same")
        }
        guard documents.contains(where: \.isRequired) else { throw mistake(node, "one document at least is required") }
        return documents
    }

    private func document(_ name: String, _ fields: Fields, isOnly: Bool) throws -> MappingDocument.ExportDocument {
        let format = try format(fields, isOnly: isOnly)
        let node = try fields.required("records")
        let records = try pairs(node).map { try record($0, $1) }
        if isCSV, records.count != 1 { throw mistake(node, "a csv export has one sort of record; describe one") }
        let changes = try fields["changes"].map { try changeRoots($0, format, records) } ?? []
        let document = MappingDocument.ExportDocument(
            name: name, format: format, changes: changes,
            isRequired: try fields["required"].map { try flag($0, "required") } ?? true, records: records)
        if let node = fields["header"] { try checkColumns(of: document, node) }
        if let node = fields["mayLack"] { try checkLacking(document, node) }
        return document
    }

    /// The root elements of documents that hold only what changed.
    private func changeRoots(
        _ node: Node, _ format: MappingDocument.Format, _ records: [MappingDocument.RecordMapping]
    ) throws -> [String] {
        guard case .xml(let root) = format else { throw mistake(node, "changes does not belong to this format") }
        let roots = try texts(node)
        guard !roots.contains(root), Set(roots).count == roots.count else {
            throw mistake(node, "documents are told apart by their root elements; two have the same")
        }
        for record in records {
            guard record.ended == nil else {
                throw mistake(node, "a record of which there are changes is kept as it was; it cannot have endedWhen")
            }
            let shape = MappingProgram.RecordProgram(record, placeholders: [:], keepsRecord: true).shape
            if let field = shape.fields.first(where: { $0.hasPrefix("ancestor::\(root)/") }) {
                throw mistake(
                    node, "\(field) is not there under another root; write /*\(field.dropFirst(10 + root.utf8.count))")
            }
        }
        return roots
    }

    private func format(_ fields: Fields, isOnly: Bool) throws -> MappingDocument.Format {
        let node = try fields.required("format")
        let foreign: [String]
        let result: MappingDocument.Format
        switch try text(node) {
        case "xml":
            foreign = ["delimiter", "encoding", "header", "shortRows", "mayLack", "file"]
            result = .xml(root: try text(fields.required("root")))
        case "csv":
            foreign = ["root", "changes"]
            result = .csv(
                CSVExportReader.Format(
                    delimiter: try fields["delimiter"].map(delimiter), encoding: try fields["encoding"].map(encoding),
                    header: try fields["header"].map(header) ?? .first,
                    acceptsShortRows: try fields["shortRows"].map(shortRows) ?? false,
                    optionalColumns: Set(try fields["mayLack"].map(texts) ?? [])),
                file: isOnly ? "*" : try text(fields.required("file")))
        default: throw mistake(node, "format is xml or csv")
        }
        for key in foreign {
            if let node = fields[key] { throw mistake(node, "\(key) does not belong to this format") }
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

    // MARK: Records and objects

    func record(_ element: String, _ node: Node) throws -> MappingDocument.RecordMapping {
        guard isCSV || FieldPath.isElementPath(element) else {
            throw mistake(node, "\(element) leads to no element; write name, name/name, name//name or . for the root")
        }
        let fields = try mapping(node, allowed: ["key", "kind", "endedWhen", "except", "timelines", "objects"])
        let objectsNode = try fields.required("objects")
        guard let sequence = objectsNode.sequence, (1...Self.objectsMax).contains(sequence.count) else {
            throw mistake(objectsNode, "objects is a list of 1 to \(Self.objectsMax) objects")
        }
        return MappingDocument.RecordMapping(
            element: element, key: try expression(fields.required("key")),
            kind: try kind(fields.required("kind")), ended: try fields["endedWhen"].map(condition),
            exception: try fields["except"].map(condition), timelines: try fields["timelines"].map(timelines) ?? [],
            objects: try sequence.map(object))
    }

    private func timelines(_ node: Node) throws -> [MappingDocument.Timeline] {
        if isCSV { throw mistake(node, "timelines belong to xml") }
        return try pairs(node).map { element, node in
            guard let path = FieldPath(element), path.attribute == nil, path.ancestor == nil, path.number == 1,
                !path.steps.isEmpty
            else { throw mistake(node, "\(element) is no element of the record") }
            let fields = try mapping(node, allowed: ["from", "to"])
            return MappingDocument.Timeline(
                element: element, from: .field("\(element)/\(try field(fields.required("from")))"),
                to: .field("\(element)/\(try field(fields.required("to")))"))
        }
    }

    func object(_ node: Node) throws -> MappingDocument.ObjectMapping {
        let fields = try mapping(
            node, allowed: ["kind", "key", "uuid", "find", "shared", "fallback", "when", "effective", "attributes"])
        let kind = try kind(fields.required("kind"))
        if let find = fields["find"] { return try addition(kind, find, fields) }
        let effective = try fields["effective"].map {
            try mapping($0, allowed: ["from", "to", "until", "withoutFrom"])
        }
        var needsBeginning = false
        if let node = effective?["withoutFrom"] {
            switch try text(node) {
            case "withhold": needsBeginning = true
            case "open": needsBeginning = false
            default: throw mistake(node, "withoutFrom is withhold or open")
            }
        }
        if let until = effective?["until"], effective?["to"] != nil {
            throw mistake(until, "write to (the last day) or until (the first day after), not both")
        }
        let attributes = try pairs(fields.required("attributes")).map { name, node in
            (attribute: try attribute(named: name, of: kind, node), node: node)
        }
        let lookups = try attributes.filter { isLookup($0.node) }.flatMap { try lookup($0.attribute, $0.node) }
        let values = try attributes.filter { !isLookup($0.node) }.map { try value($0.attribute, $0.node) }
        return MappingDocument.ObjectMapping(
            kind: kind, key: try expression(fields.required("key")), uuid: try fields["uuid"].map(expression),
            addsBy: nil, sharing: try fields["shared"].map(sharing) ?? .none,
            isFallback: try fields["fallback"].map { try flag($0, "fallback") } ?? false,
            condition: try fields["when"].map(condition), from: try effective?["from"].map(expressions) ?? [],
            to: try (effective?["to"] ?? effective?["until"]).map(expression), endsBefore: effective?["until"] != nil,
            needsBeginning: needsBeginning, values: values.sorted { $0.attribute.number < $1.attribute.number },
            lookups: lookups)
    }

    private func sharing(_ node: Node) throws -> MappingDocument.Sharing {
        if node.string == "daily" { return .daily }
        guard let flag = node.bool else { throw mistake(node, "shared is true, false or daily") }
        return flag ? .whole : .none
    }

    /// A value, or the target of a relation by key or by its own UUID.
    private func value(_ attribute: Attribute, _ node: Node) throws -> MappingDocument.AttributeValue {
        guard attribute.isReference, let uuid = node.mapping?["uuid"] else {
            return .init(attribute: attribute, expression: try filling(attribute).expression(node), isUUID: false)
        }
        _ = try mapping(node, allowed: ["uuid"])
        return .init(attribute: attribute, expression: try filling(attribute).expression(uuid), isUUID: true)
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
    private func addition(_ kind: Kind, _ find: Node, _ fields: Fields) throws -> MappingDocument.ObjectMapping {
        for key in ["key", "uuid", "shared", "fallback", "effective"] {
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
            return try value(attribute, node)
        }
        return MappingDocument.ObjectMapping(
            kind: kind, key: try expression(found.required("equals")), uuid: nil, addsBy: by, sharing: .whole,
            isFallback: false, condition: try fields["when"].map(condition), from: [], to: nil, endsBefore: false,
            needsBeginning: false, values: values.sorted { $0.attribute.number < $1.attribute.number }, lookups: [])
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
}

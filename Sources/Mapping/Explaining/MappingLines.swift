import Yams

/// On which line of a mapping each attribute is filled, and how that is written.
struct MappingLines {
    struct Place {
        /// From 1.
        let line: Int
        /// The expression on one line, as YAML.
        let text: String
    }

    /// By the number of the record over all documents, and of the object in it.
    private var places: [[[String: Place]]] = []
    private var exceptions: [Lineage.Condition?] = []
    private var conditions: [[Lineage.Condition?]] = []

    /// - Parameter text: a mapping that was found to be in order.
    init(_ text: String) {
        guard let node = (try? Yams.compose(yaml: text)) ?? nil, let top = node.mapping else { return }
        let documents = top["documents"]?.mapping.map { $0.map(\.value) } ?? [node]
        for record in documents.flatMap({ $0.mapping?["records"]?.mapping.map { $0.map(\.value) } ?? [] }) {
            let objects = record.mapping?["objects"]?.sequence.map { Array($0) } ?? []
            places.append(objects.map(Self.attributes))
            exceptions.append(Self.condition("except", of: record))
            conditions.append(objects.map { Self.condition("when", of: $0) })
        }
    }

    /// The condition that leaves out a whole record.
    func exception(record: Int) -> Lineage.Condition? {
        exceptions.indices.contains(record) ? exceptions[record] : nil
    }

    /// The condition without which a record does not make an object.
    func condition(record: Int, object: Int) -> Lineage.Condition? {
        guard conditions.indices.contains(record), conditions[record].indices.contains(object) else { return nil }
        return conditions[record][object]
    }

    private static func condition(_ word: String, of node: Node) -> Lineage.Condition? {
        node.mapping?.first { $0.key.scalar?.string == word }.map { key, value in
            Lineage.Condition(word: word, mappingLine: key.mark?.line ?? 0, expression: written(value))
        }
    }

    func place(record: Int, object: Int, attribute: String) -> Place? {
        guard places.indices.contains(record), places[record].indices.contains(object) else { return nil }
        return places[record][object][attribute]
    }

    private static func attributes(_ object: Node) -> [String: Place] {
        var result: [String: Place] = [:]
        for (key, value) in object.mapping?["attributes"]?.mapping.map({ Array($0) }) ?? [] {
            guard let name = key.scalar?.string else { continue }
            result[name] = Place(line: key.mark?.line ?? 0, text: written(value))
        }
        return result
    }

    /// In flow style: `{join: [a, b], with: " "}`.
    private static func written(_ node: Node) -> String {
        if let mapping = node.mapping {
            return "{" + mapping.map { "\(written($0.key)): \(written($0.value))" }.joined(separator: ", ") + "}"
        }
        if let sequence = node.sequence { return "[" + sequence.map(written).joined(separator: ", ") + "]" }
        return YAMLText.scalar(node.scalar?.string ?? "")
    }
}

/// Texts as they are written in YAML.
enum YAMLText {
    /// A text that reads back as the same text: plain where that is safe, else in double quotation marks.
    static func scalar(_ text: String) -> String {
        isPlain(text) ? text : quoted(text)
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.properties.generalCategory == .control || (0x2028...0x2029).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.first, first.isLetter || first == "_" else { return false }
        guard text.allSatisfy({ $0.isLetter || $0.isNumber || "_-./".contains($0) }), text.last != "." else {
            return false
        }
        // These are no texts to readers of YAML 1.1.
        return !["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(text.lowercased())
    }
}

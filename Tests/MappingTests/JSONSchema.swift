import Foundation
import Yams

/// The part of JSON Schema 2020-12 that mapping.schema.json uses. What it does not know is an error, not passed over.
struct JSONSchema {
    struct Unknown: Error, CustomStringConvertible {
        let description: String
    }

    private let top: [String: Any]
    private static let known: Set<String> = [
        "$schema", "$id", "$defs", "$ref", "title", "description", "type", "properties", "additionalProperties",
        "required",
        "enum", "const", "anyOf", "oneOf", "not", "items", "minItems", "maxItems", "minProperties", "maxProperties",
        "minimum", "maximum", "minLength", "maxLength", "pattern",
    ]

    init(_ data: Data) throws {
        guard let top = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw Unknown(description: "the schema is no object")
        }
        self.top = top
        try Self.check(top)
    }

    private static func check(_ schema: [String: Any]) throws {
        for (key, value) in schema {
            guard known.contains(key) else { throw Unknown(description: "\(key) is not known to this reader") }
            if ["properties", "$defs"].contains(key) {
                for (_, part) in value as? [String: Any] ?? [:] { try check(part as? [String: Any] ?? [:]) }
            } else if let part = value as? [String: Any], !["const"].contains(key) {
                try check(part)
            } else if ["anyOf", "oneOf"].contains(key) {
                for part in value as? [[String: Any]] ?? [] { try check(part) }
            }
        }
    }

    // MARK: Looking

    private func part(_ path: String) -> [String: Any] {
        path.split(separator: "/").reduce(top) { $0[String($1)] as? [String: Any] ?? [:] }
    }

    func keys(at path: String) -> Set<String> {
        Set((part(path)["properties"] as? [String: Any] ?? [:]).keys)
    }

    func choices(at path: String) -> [String] {
        part(path)["enum"] as? [String] ?? []
    }

    /// The forms of an expression, each with all its keys; a form is named by the first key that it requires.
    var forms: [String: Set<String>] {
        var result: [String: Set<String>] = [:]
        for form in part("$defs/expression")["anyOf"] as? [[String: Any]] ?? [] {
            guard let name = (form["required"] as? [String])?.first else { continue }
            result[name] = Set((form["properties"] as? [String: Any] ?? [:]).keys)
        }
        return result
    }

    // MARK: Judging

    /// What is wrong, with the line; empty when the document is valid.
    func mistakes(in node: Node) -> [String] {
        mistakes(node, top)
    }

    private func mistakes(_ node: Node, _ schema: [String: Any]) -> [String] {
        var found: [String] = []
        func note(_ text: String) { found.append("\(node.mark?.line ?? 0): \(text)") }
        if let reference = schema["$ref"] as? String { found += mistakes(node, part(String(reference.dropFirst(2)))) }
        let types = (schema["type"] as? String).map { [$0] } ?? schema["type"] as? [String] ?? []
        if !types.isEmpty, !types.contains(where: { Self.isOf($0, node) }) { note("is not \(types)") }
        if let choices = schema["enum"] as? [Any], !choices.contains(where: { Self.equal($0, node) }) {
            note("is none of \(choices)")
        }
        if let only = schema["const"], !Self.equal(only, node) { note("is not \(only)") }
        found += sizes(node, schema).map { "\(node.mark?.line ?? 0): \($0)" }
        if let mapping = node.mapping {
            let keys = mapping.keys.compactMap { $0.scalar?.string }
            for key in schema["required"] as? [String] ?? [] where !keys.contains(key) { note("\(key) is missing") }
            let properties = schema["properties"] as? [String: Any] ?? [:]
            for (key, value) in mapping {
                let name = key.scalar?.string ?? ""
                if let part = properties[name] as? [String: Any] {
                    found += mistakes(value, part)
                } else if let other = schema["additionalProperties"] as? [String: Any] {
                    found += mistakes(value, other)
                } else if schema["additionalProperties"] as? Bool == false {
                    note("\(name) is not known")
                }
            }
        } else if schema["required"] != nil, types.isEmpty {
            note("holds no keys")
        }
        if let items = schema["items"] as? [String: Any] {
            for item in node.sequence ?? [] { found += mistakes(item, items) }
        }
        if let parts = schema["anyOf"] as? [[String: Any]], !parts.contains(where: { mistakes(node, $0).isEmpty }) {
            note("fits none of several")
        }
        if let parts = schema["oneOf"] as? [[String: Any]] {
            let count = parts.count { mistakes(node, $0).isEmpty }
            if count != 1 { note("fits \(count) of several, not one") }
        }
        if let part = schema["not"] as? [String: Any], mistakes(node, part).isEmpty { note("fits what it must not") }
        return found
    }

    private func sizes(_ node: Node, _ schema: [String: Any]) -> [String] {
        let sizes: [(String, String, Int?)] = [
            ("minItems", "maxItems", node.sequence?.count), ("minProperties", "maxProperties", node.mapping?.count),
            ("minimum", "maximum", node.int), ("minLength", "maxLength", node.scalar?.string.unicodeScalars.count),
        ]
        var found: [String] = []
        for (low, high, size) in sizes {
            guard let size else { continue }
            if let least = schema[low] as? Int, size < least { found.append("\(low) is \(least)") }
            if let most = schema[high] as? Int, size > most { found.append("\(high) is \(most)") }
        }
        if let pattern = schema["pattern"] as? String, let text = node.scalar?.string,
            text.range(of: pattern, options: .regularExpression) == nil
        {
            found.append("has not the form \(pattern)")
        }
        return found
    }

    /// YAML gives a scalar its type by its look.
    private static func isOf(_ type: String, _ node: Node) -> Bool {
        switch type {
        case "object": node.mapping != nil
        case "array": node.sequence != nil
        case "string": node.scalar != nil && node.mapping == nil
        case "integer": node.int != nil
        case "number": node.float != nil
        case "boolean": node.bool != nil
        default: false
        }
    }

    private static func equal(_ value: Any, _ node: Node) -> Bool {
        // A number is no flag, although the bridge of Foundation takes 0 and 1 for both.
        if let text = value as? String { return node.scalar?.string == text }
        if let flag = value as? Bool, node.int == nil { return node.bool == flag }
        return (value as? Int).map { $0 == node.int } ?? false
    }
}

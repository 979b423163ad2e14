import OrganisationModel
import Yams

/// How values and conditions are written. Each form of an expression is named by the one key that only it has.
extension MappingParser {
    /// The keys that name a form, each with the other keys that belong to it.
    private static let forms: [(key: String, others: [String])] = [
        ("text", []), ("join", ["with"]), ("firstOf", []), ("ratio", []), ("if", ["then", "else"]), ("not", []),
        ("lower", []), ("upper", []), ("digits", []), ("phone", []), ("percent", []), ("date", ["forms"]), ("guid", []),
        ("bit", ["mask"]), ("lookup", ["in", "else"]), ("part", ["separator", "number"]),
        ("name", ["attribute", "number"]),
        ("slice", ["from", "to"]), ("pad", ["to"]), ("kept", []),
    ]

    func expressions(_ node: Node) throws -> [Expression<String>] {
        if let sequence = node.sequence { return try sequence.map(expression) }
        return [try expression(node)]
    }

    func expression(_ node: Node) throws -> Expression<String> {
        if node.scalar != nil { return .field(try field(node)) }
        guard let keys = node.mapping?.keys.compactMap(\.string),
            let form = Self.forms.first(where: { keys.contains($0.key) })
        else {
            let known = Self.forms.map(\.key).joined(separator: ", ")
            throw mistake(node, "expected a field, or one of: \(known)")
        }
        let fields = try mapping(node, allowed: [form.key] + form.others)
        let argument = try fields.required(form.key)
        switch form.key {
        case "text": return .text(Array(try text(argument).utf8))
        case "join":
            return .join(try list(argument, "join"), with: Array(try fields["with"].map(text)?.utf8 ?? " ".utf8))
        case "firstOf": return .firstOf(try list(argument, "firstOf"))
        case "ratio":
            let parts = try list(argument, "ratio")
            guard parts.count == 2 else { throw mistake(argument, "ratio is [numerator, denominator]") }
            return .ratio(parts[0], parts[1])
        case "kept":
            guard let name = filled?.name, argument.string == name, filled?.type == .text else {
                throw mistake(
                    argument, "kept stands in the value of an attribute that is a text, and names this attribute")
            }
            return .kept
        case "if":
            return .choice(
                try condition(argument), try expression(fields.required("then")), try fields["else"].map(expression))
        default: return .applied(try function(form.key, fields), try expression(argument))
        }
    }

    /// The parser of values of this attribute.
    func filling(_ attribute: Attribute?) -> MappingParser {
        var parser = self
        parser.filled = attribute
        return parser
    }

    private func list(_ node: Node, _ name: String) throws -> [Expression<String>] {
        guard let sequence = node.sequence, !sequence.isEmpty else { throw mistake(node, "\(name) is a list") }
        return try sequence.map(expression)
    }

    private func function(_ key: String, _ fields: Fields) throws -> ValueFunction {
        switch key {
        case "not": return .not
        case "lower": return .lower
        case "upper": return .upper
        case "digits": return .digits
        case "phone": return .phone
        case "percent": return .percent
        case "guid": return .guid
        case "date": return .date(try fields["forms"].map(dateForms) ?? DateForm.allCases.filter { $0 != .fileTime })
        case "bit":
            let mask = try number(fields.required("mask"), "mask", 1...Int(UInt32.max))
            return .bit(UInt64(mask))
        case "lookup": return try lookup(fields)
        case "part":
            let node = try fields.required("separator")
            let separator = Array(try text(node).utf8)
            guard separator.count == 1, separator[0] < 0x80 else {
                throw mistake(node, "separator is one character of ASCII")
            }
            return .part(separator: separator[0], number: try place(fields))
        case "name":
            return .name(attribute: Array(try text(fields.required("attribute")).utf8), number: try place(fields))
        case "slice":
            let from = try number(fields.required("from"), "from", 1...10_000)
            let to = try fields["to"].map { try number($0, "to", from...10_000) } ?? 10_000
            return .slice(from: from, to: to)
        default: return .pad(try number(fields.required("to"), "to", 1...100))
        }
    }

    /// Which of several, from 1, or from the end when negative.
    private func place(_ fields: Fields) throws -> Int {
        guard let node = fields["number"] else { return 1 }
        guard let number = node.int, number != 0, (-1000...1000).contains(number) else {
            throw mistake(node, "number counts from 1, or from the end with -1")
        }
        return number
    }

    private func dateForms(_ node: Node) throws -> [DateForm] {
        let nodes = node.sequence.map { Array($0) } ?? [node]
        return try nodes.map { node in
            guard let form = DateForm(rawValue: try text(node)) else {
                let known = DateForm.allCases.map(\.rawValue).joined(separator: ", ")
                throw mistake(node, "that is no form of a day; known: \(known)")
            }
            return form
        }
    }

    private func lookup(_ fields: Fields) throws -> ValueFunction {
        let node = try fields.required("in")
        guard let table = tables[try text(node)] else {
            let known = tables.keys.sorted().joined(separator: ", ")
            throw mistake(node, "there is no such table; tables: \(known.isEmpty ? "none" : known)")
        }
        guard let otherwise = fields["else"] else { return .lookup(table, otherwise: .absent) }
        if otherwise.string == "keep" { return .lookup(table, otherwise: .keep) }
        let text = try text(mapping(otherwise, allowed: ["text"]).required("text"))
        return .lookup(table, otherwise: .text(Array(text.utf8)))
    }

    // MARK: Conditions

    func condition(_ node: Node) throws -> Condition<String> {
        guard filled == nil else { return try filling(nil).condition(node) }
        let fields = try mapping(
            node, allowed: ["field", "value", "equals", "matches", "sameAs", "is", "all", "any", "not"])
        for (key, make) in [("all", Condition<String>.all), ("any", Condition<String>.any)] {
            guard let list = fields[key] else { continue }
            guard fields.values.count == 1, let sequence = list.sequence, !sequence.isEmpty else {
                throw mistake(node, "\(key) is a list of conditions, and stands alone")
            }
            return make(try sequence.map(condition))
        }
        if let part = fields["not"] {
            guard fields.values.count == 1 else { throw mistake(node, "not stands alone") }
            return .not(try condition(part))
        }
        let value: Expression<String> =
            if let node = fields["value"], fields["field"] == nil {
                try expression(node)
            } else { .field(try field(fields.required("field"))) }
        guard fields.values.count == 2 else {
            throw mistake(node, "write field (or value) and one of equals, matches, sameAs and is")
        }
        if let texts = fields["equals"] { return .equals(value, try self.texts(texts).map { Array($0.utf8) }) }
        if let form = fields["matches"] { return .matches(value, Array(try text(form).utf8)) }
        if let other = fields["sameAs"] { return .same(value, try expression(other)) }
        let state = try fields.required("is")
        switch try text(state) {
        case "present": return .isPresent(value)
        case "absent": return .not(.isPresent(value))
        default: throw mistake(state, "is is present or absent")
        }
    }
}

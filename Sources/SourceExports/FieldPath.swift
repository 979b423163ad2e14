/// Where a field of a record stands in an XML document, seen from the record's element: a small part of XPath 1.0.
///
/// `name`, `name/name` the text of an element beneath it; `name[2]` the second of that name; `@name`, `name/@name` an
/// attribute; `.` the record's own text; `ancestor::name/...` seen from the nearest element of that name around the record;
/// `/*/...` seen from the document's root, whatever its name is.
public struct FieldPath: Hashable, Sendable {
    /// The element around the record from which the steps go; nil when they go from the record.
    public let ancestor: String?
    /// Whether the steps go from the document's root.
    public let isFromRoot: Bool
    /// Names of elements, from the outermost; none when the field is the element itself, or an attribute of it.
    public let steps: [String]
    public let attribute: String?
    /// Which of the elements with these steps is meant, from 1, in the order of the document.
    public let number: Int

    init(
        ancestor: String? = nil, isFromRoot: Bool = false, steps: [String], attribute: String? = nil, number: Int = 1
    ) {
        self.ancestor = ancestor
        self.isFromRoot = isFromRoot
        self.steps = steps
        self.attribute = attribute
        self.number = number
    }

    /// - Returns: nil for what is no path.
    public init?(_ text: String) {
        let root = "/*/"
        let isFromRoot = text.hasPrefix(root)
        var parts = (isFromRoot ? text.dropFirst(root.count) : text[...])
            .split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let axis = "ancestor::"
        var ancestor: String?
        if let first = parts.first, first.hasPrefix(axis), !isFromRoot {
            ancestor = String(first.dropFirst(axis.count))
            parts.removeFirst()
        }
        var attribute: String?
        if let last = parts.last, last.hasPrefix("@") {
            attribute = String(last.dropFirst())
            parts.removeLast()
        } else if parts.last == ".", parts.count == 1 {
            parts.removeLast()
        } else if parts.isEmpty {
            return nil
        }
        var number = 1
        if let last = parts.last, last.hasSuffix("]"), let bracket = last.lastIndex(of: "[") {
            guard let read = Int32(last[last.index(after: bracket)...].dropLast()), read > 0 else { return nil }
            number = Int(read)
            parts[parts.count - 1] = String(last[..<bracket])
        }
        guard (parts + [ancestor, attribute].compactMap { $0 }).allSatisfy(Self.isName) else { return nil }
        self.init(ancestor: ancestor, isFromRoot: isFromRoot, steps: parts, attribute: attribute, number: number)
    }

    /// The names of elements from the document's root to a record: `a/b` for b in a, `a//b` for b anywhere in a, `//b`
    /// for b anywhere, `.` for the root itself. Each with whether other elements may stand before it.
    static func elementSteps(_ text: String) -> [(name: String, anywhere: Bool)]? {
        if text == "." { return [] }
        var steps: [(name: String, anywhere: Bool)] = []
        var anywhere = text.hasPrefix("//")
        let rest = anywhere ? text.dropFirst(2) : text[...]
        guard rest.first != "/" else { return nil }
        for part in rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init) {
            if part.isEmpty, !anywhere {
                anywhere = true
                continue
            }
            guard isName(part) else { return nil }
            steps.append((part, anywhere))
            anywhere = false
        }
        return anywhere || steps.isEmpty ? nil : steps
    }

    /// Whether a text leads to records, as ``RecordShape/element`` does.
    public static func isElementPath(_ text: String) -> Bool {
        elementSteps(text) != nil
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text != "." && !text.contains { "@[]: \t\n\"'<>&".contains($0) } && text != ".."
    }
}

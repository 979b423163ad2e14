import SourceExports

/// The elements of an unknown document that look like records.
struct RecordSorts {
    private let outline: XMLOutline
    /// In the order of the document.
    let records: [Int]
    private static let fieldsMax = 200
    private static let depthMax = 4

    init(_ outline: XMLOutline) {
        self.outline = outline
        let elements = outline.elements
        func fieldCount(_ index: Int) -> Int {
            Self.ownFields(index, outline).count
        }
        var records = elements.indices.dropFirst().filter { index in
            (elements[index].mostInParent > 1 || elements[index].isNested) && fieldCount(index) > 1
        }
        // A sample may hold a single one of what stands around records.
        for record in records {
            var around = elements[record].parent
            while let index = around, index != 0 {
                if !records.contains(index), !Self.directFields(index, outline).isEmpty { records.append(index) }
                around = elements[index].parent
            }
        }
        if records.isEmpty {
            let richest = elements.indices.dropFirst().filter { fieldCount($0) > 1 }.max {
                fieldCount($0) < fieldCount($1)
            }
            records = richest.map { [$0] } ?? (fieldCount(0) > 1 ? [0] : [])
        }
        self.records = records.sorted()
    }

    /// What a record and the elements around it hold, as a mapping names it.
    func fields(of record: Int) -> [String] {
        let elements = outline.elements
        // What is a record of its own is read as such.
        let within = records.compactMap { $0 == record ? nil : steps(to: $0, from: record) }
        var fields = Self.ownFields(record, outline).filter { field in
            !within.contains { field.hasPrefix($0 + "/") }
        }
        var around = elements[record].isNested ? record : elements[record].parent
        var seen: Set<String> = []
        while let index = around, index != 0 {
            let name = elements[index].name
            if seen.insert(name).inserted {
                fields += Self.directFields(index, outline).filter { !isLate($0, in: index) }.map {
                    "ancestor::\(name)/\($0)"
                }
            }
            around = elements[index].parent
        }
        return Array(fields.prefix(Self.fieldsMax))
    }

    /// The way to an element beneath a record; nil when it stands elsewhere.
    private func steps(to element: Int, from record: Int) -> String? {
        var names: [String] = []
        var place = element
        while place != record {
            names.append(outline.elements[place].name)
            guard let parent = outline.elements[place].parent else { return nil }
            place = parent
        }
        return names.reversed().joined(separator: "/")
    }

    /// Whether a field may come behind what the element holds: records cannot read it then.
    private func isLate(_ field: String, in element: Int) -> Bool {
        if field.hasPrefix("@") { return false }
        let elements = outline.elements
        let name = field.split(separator: "/").first.map(String.init) ?? field
        guard let child = elements[element].children.first(where: { elements[$0].name == name }) else { return true }
        return elements[child].follows.contains { $0 == element || elements[$0].hasElements }
    }

    /// Attributes, and elements right beneath that hold text.
    private static func directFields(_ index: Int, _ outline: XMLOutline) -> [String] {
        let elements = outline.elements
        var fields = elements[index].attributes.map { "@" + $0 }
        for child in elements[index].children where !elements[child].hasElements {
            if elements[child].hasText { fields.append(elements[child].name) }
            fields += elements[child].attributes.map { "\(elements[child].name)/@\($0)" }
        }
        return fields
    }

    /// These, the element's own text, and those of elements that stand in it once.
    private static func ownFields(_ index: Int, _ outline: XMLOutline, depth: Int = 0) -> [String] {
        let elements = outline.elements
        var fields = directFields(index, outline)
        if depth == 0, elements[index].hasText, !elements[index].hasElements { fields.append(".") }
        guard depth < depthMax else { return fields }
        for child in elements[index].children
        where elements[child].hasElements && elements[child].mostInParent == 1 && !elements[child].isNested {
            fields += ownFields(child, outline, depth: depth + 1).map { "\(elements[child].name)/\($0)" }
        }
        return fields
    }
}

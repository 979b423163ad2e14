import SourceExports

/// The records of one sort in a sample, field by field.
final class SampledTable {
    /// Index of its file.
    let file: Int
    /// Where its records stand, as a mapping writes it; for csv a free name.
    let element: String
    /// The word for a record: the name of its element, or that of the file.
    let word: String
    let columns: [SampledColumn]
    fileprivate(set) var rows = 0
    /// More cells than these are not held; the sample ends there.
    private static let cellsMax = 4_000_000

    /// - Parameter isXML: the fields are paths, not names of columns.
    init(file: Int, element: String, word: String, fields: [String], isXML: Bool) {
        self.file = file
        self.element = element
        self.word = word
        columns = fields.map { SampledColumn(field: $0, isPath: isXML) }
    }

    func add(_ record: SourceRecord) {
        guard (rows + 1) * columns.count <= Self.cellsMax else { return }
        rows += 1
        for (slot, column) in columns.enumerated() {
            column.values.append(record[slot].map { String(decoding: $0, as: UTF8.self) } ?? "")
        }
    }
}

/// One field of a sort of record, with its value in every record; absent is the empty text.
final class SampledColumn {
    /// As a mapping names it.
    let field: String
    /// Its words in lower case, without anything but letters a to z and digits.
    let label: String
    /// The element around the record to which it belongs; nil for the record's own.
    let ancestor: String?
    /// How many elements stand between it and the record.
    let depth: Int
    /// The element in which it stands, seen from the record; empty for the record itself, and in csv.
    let group: String
    fileprivate(set) var values: [String] = []

    private(set) lazy var present: [String] = values.filter { !$0.isEmpty }
    private(set) lazy var distinct: Set<String> = Set(present)

    fileprivate init(field: String, isPath: Bool) {
        self.field = field
        let path = isPath ? FieldPath(field) : nil
        ancestor = path?.ancestor
        group = path == nil ? "" : field.split(separator: "/").dropLast().joined(separator: "/")
        let words =
            path.map { ([$0.ancestor].compactMap { $0 } + $0.steps + [$0.attribute].compactMap { $0 }) } ?? [field]
        depth = path.map { $0.steps.count - ($0.attribute == nil ? 1 : 0) } ?? 0
        let last = ColumnWords.plain(words.last ?? "")
        // `id` says little; `unit/@id` is the id of a unit.
        label =
            words.count > 1 && ColumnWords.general.contains(last)
            ? ColumnWords.plain(words[words.count - 2]) + last : last
    }

    /// Every record has a value, and no two the same.
    var isUnique: Bool {
        !values.isEmpty && distinct.count == values.count
    }

    /// The share of values that fit, from 0 to 1; 0 when there is none.
    func share(_ fits: (String) -> Bool) -> Double {
        present.isEmpty ? 0 : Double(present.count(where: fits)) / Double(present.count)
    }

    /// The share of values that stand among others.
    func share(in known: Set<String>) -> Double {
        share { known.contains($0) }
    }
}

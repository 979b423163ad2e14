import OrganisationModel

/// What names the columns of a CSV file.
public enum CSVHeader: Hashable, Sendable {
    /// The first row.
    case first
    /// The mapping: the file has no such row. At least one name, none twice.
    case given([String])
    /// The first row when it holds these names, in any case of ASCII letters; else the mapping.
    case optional([String])

    /// The names that the mapping gives; nil when the file does.
    public var names: [String]? {
        switch self {
        case .first: nil
        case .given(let names), .optional(let names): names
        }
    }

    /// Whether the first row is a record, and not the names of the columns.
    /// - Throws: ``ExportProblem`` `csv.header-unexpected` when it looks like names and should not be, or is others: it would
    ///   be read as a record.
    func isRecord(_ row: [[UInt8]], line: Int) throws -> Bool {
        guard let names else { return false }
        let wanted = names.map { CSVHeader.folded(Array($0.utf8)) }
        let found = row.map(CSVHeader.folded)
        if case .optional = self, found == wanted { return false }
        let texts = found.filter { !$0.isEmpty }
        guard texts.count(where: Set(wanted).contains) * 2 <= texts.count else {
            throw ExportProblem(
                rule: .headerUnexpected, line: line,
                message:
                    "The first row names columns, but not those that `header` says, or there should be none. Correct "
                    + "`header` in the mapping, or let the source write its columns as they were.")
        }
        return true
    }

    private static func folded(_ name: [UInt8]) -> [UInt8] {
        name.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }
}

import OrganisationModel
import SourceExports
import Yams

// What a mapping says about the columns of a csv file.
extension MappingParser {
    /// `first`, a list of names, or `{optional: [...]}`.
    func header(_ node: Node) throws -> CSVHeader {
        if node.scalar?.string == "first" { return .first }
        if node.sequence != nil { return .given(try columns(node)) }
        guard node.mapping != nil else { throw mistake(node, "header is first, a list of names, or {optional: [...]}") }
        return .optional(try columns(mapping(node, allowed: ["optional"]).required("optional")))
    }

    private func columns(_ node: Node) throws -> [String] {
        guard let sequence = node.sequence, !sequence.isEmpty, sequence.count <= CSVExportReader.columnsMax else {
            throw mistake(node, "expected a list of 1 to \(CSVExportReader.columnsMax) names of columns")
        }
        let names = try sequence.map(text)
        var seen: Set<String> = []
        for name in names where !name.isEmpty && !seen.insert(name).inserted {
            throw mistake(node, "\(name) stands here twice")
        }
        guard !seen.isEmpty else { throw mistake(node, "no column has a name") }
        return names
    }

    func shortRows(_ node: Node) throws -> Bool {
        switch try text(node) {
        case "accept": true
        case "refuse": false
        default: throw mistake(node, "shortRows is accept or refuse")
        }
    }

    /// Keys tell records apart from day to day, and a column that nobody reads need not be named.
    func checkLacking(_ document: MappingDocument.ExportDocument, _ node: Node) throws {
        guard case .csv(let format, _) = document.format else { return }
        for name in format.optionalColumns.sorted() {
            let read = document.records.flatMap {
                MappingProgram.RecordProgram($0, placeholders: [:], keepsRecord: false).fields
            }
            guard read.contains(name) else {
                throw mistake(node, "mayLack names \(name), which the mapping does not read")
            }
            var keys: Set<String> = []
            for record in document.records {
                for key in [record.key] + record.objects.map(\.key) { key.forEachField { keys.insert($0) } }
            }
            guard !keys.contains(name) else { throw mistake(node, "mayLack names \(name), which is a key") }
        }
    }

    /// Where the mapping names the columns itself, it can be told at once what it reads beside them.
    func checkColumns(of document: MappingDocument.ExportDocument, _ node: Node) throws {
        guard case .csv(let format, _) = document.format, let names = format.header.names else { return }
        let read = document.records.flatMap {
            MappingProgram.RecordProgram($0, placeholders: [:], keepsRecord: false).fields
        }
        if let field = read.first(where: { !names.contains($0) }) {
            throw mistake(node, "header does not name the column \(field), which the mapping reads")
        }
    }
}

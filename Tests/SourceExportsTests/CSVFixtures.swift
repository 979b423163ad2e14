import OrganisationModel
import SourceExports

/// All that a reading gives: the records before it ended, and why it was refused.
struct CSVOutcome: Hashable {
    var seen: [Seen] = []
    var rule: Rule?
    var line = 0
    var message = ""
}

/// Reads a file in chunks of at most `chunk` bytes.
func readCSV(
    _ bytes: [UInt8], chunk: Int = .max, fields: [String] = ["id", "name"],
    format: CSVExportReader.Format = CSVExportReader.Format()
) throws -> CSVOutcome {
    var offset = 0
    var outcome = CSVOutcome()
    let reader = CSVExportReader(shape: RecordShape(element: "row", fields: fields), format: format)
    let fill = { (buffer: UnsafeMutableRawBufferPointer) -> Int in
        let count = min(chunk, buffer.count, bytes.count - offset)
        buffer.copyBytes(from: bytes[offset..<offset + count])
        offset += count
        return count
    }
    do {
        try reader.read(from: fill) { record in
            let texts = fields.indices.map { slot in record[slot].map { String(decoding: $0, as: UTF8.self) } }
            outcome.seen.append(Seen(shape: record.shape, line: record.line, fields: texts))
        }
    } catch let problem as ExportProblem {
        (outcome.rule, outcome.line, outcome.message) = (problem.rule, problem.line, problem.message)
    }
    return outcome
}

func readCSV(
    _ text: String, chunk: Int = .max, fields: [String] = ["id", "name"],
    format: CSVExportReader.Format = CSVExportReader.Format()
) throws -> CSVOutcome {
    try readCSV(Array(text.utf8), chunk: chunk, fields: fields, format: format)
}

/// The fields of each row of a file that is read to its end.
func rows(
    _ text: String, fields: [String] = ["id", "name"], format: CSVExportReader.Format = CSVExportReader.Format()
) throws -> [[String?]] {
    try rows(Array(text.utf8), fields: fields, format: format)
}

func rows(
    _ bytes: [UInt8], fields: [String] = ["id", "name"], format: CSVExportReader.Format = CSVExportReader.Format()
) throws -> [[String?]] {
    let outcome = try readCSV(bytes, fields: fields, format: format)
    if let rule = outcome.rule { throw ExportProblem(rule: rule, line: outcome.line, message: outcome.message) }
    return outcome.seen.map(\.fields)
}

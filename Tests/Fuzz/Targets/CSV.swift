import OrganisationModel
import SourceExports

private let fields = ["id", "name", "id"]
private let delimiters: [UInt8?] = [nil, 0x3B, 0x09, 0x2C]
private let encodings: [CSVExportReader.Format.Encoding?] = [nil] + CSVExportReader.Format.Encoding.allCases
private let headers: [CSVHeader] = [
    .first, .given(["id", "x", "name"]), .optional(["id", "name", "x"]),
]

/// The first four bytes choose what the mapping says of the file, the rest is the file.
func testCSV(_ input: [UInt8]) {
    var rest = input[...]
    let format = CSVExportReader.Format(
        delimiter: delimiters[takeChoice(&rest, below: delimiters.count)],
        encoding: encodings[takeChoice(&rest, below: encodings.count)],
        header: headers[takeChoice(&rest, below: headers.count)], acceptsShortRows: takeChoice(&rest, below: 2) == 1)
    let bytes = Array(rest)

    let (whole, form) = readCSV(bytes, format, chunk: .max)
    for chunk in [1, 2 + choice(input, below: 60)] {
        demandSame(whole, readCSV(bytes, format, chunk: chunk).0, "in pieces of \(chunk)")
    }
    guard whole.refusal == nil, let form else { return }

    // A file that was cut is refused, or it was cut between two rows.
    let length = choice(input, below: bytes.count)
    let (cut, _) = readCSV(Array(bytes.prefix(length)), format, chunk: .max)
    if cut.refusal == nil {
        demand(whole.records.starts(with: cut.records), "a cut file says something else: \(cut)")
        demand(bytes[..<length].suffix(2).contains(0x0A), "a file that was cut in a row is read")
    }

    guard let text = decoded(bytes, form.encoding) else { return }
    let rows = plainRows(text, delimiter: Unicode.Scalar(form.delimiter ?? 0x2C))
    demand(whole.records.map(\.fields) == plainRecords(rows, format, form), "read otherwise than \(rows)")
}

private func readCSV(_ bytes: [UInt8], _ format: CSVExportReader.Format, chunk: Int) -> (Outcome, ExportForm?) {
    let reader = CSVExportReader(shape: RecordShape(element: "row", fields: fields), format: format)
    let outcome = outcome(bytes, chunk: chunk, lines: lineCount(bytes)) { fill, result in
        var seen: [Seen] = []
        defer { result.records = seen }
        try reader.read(from: fill) { seen.append(Seen($0, fieldCount: fields.count)) }
        result.form = reader.form?.description
    }
    return (outcome, reader.form)
}

// MARK: The same, as simple as can be, for files that are read

private func decoded(_ bytes: [UInt8], _ encoding: String) -> [Unicode.Scalar]? {
    var text: String?
    switch encoding.split(separator: " ").first {
    case "ASCII", "UTF-8": text = String(validating: bytes, as: UTF8.self)
    case "UTF-16":
        let isBigEndian = bytes.first == 0xFE
        let units = stride(from: 0, to: bytes.count - 1, by: 2).map { place -> UInt16 in
            let (first, second) = (UInt16(bytes[place]), UInt16(bytes[place + 1]))
            return isBigEndian ? first << 8 | second : second << 8 | first
        }
        text = bytes.count % 2 == 0 ? String(validating: units, as: UTF16.self) : nil
    case "ISO-8859-1": return bytes.map { Unicode.Scalar($0) }
    default: return nil
    }
    demand(text != nil, "text that is none in \(encoding) is read")
    return text.map { Array($0.unicodeScalars.drop { $0 == "\u{FEFF}" }) }
}

/// The rows with their fields; blank lines are none.
private func plainRows(_ text: [Unicode.Scalar], delimiter: Unicode.Scalar) -> [[[Unicode.Scalar]]] {
    var rows: [[[Unicode.Scalar]]] = []
    var row: [[Unicode.Scalar]] = []
    var field: [Unicode.Scalar] = []
    var isQuoted = false
    var wasQuoted = false
    var place = 0
    while place < text.count {
        let one = text[place]
        place += 1
        if isQuoted {
            if one != "\"" {
                field.append(one)
            } else if place < text.count, text[place] == "\"" {
                field.append(one)
                place += 1
            } else {
                isQuoted = false
            }
        } else if one == "\"" {
            isQuoted = true
            wasQuoted = true
        } else if one == delimiter {
            row.append(field)
            field = []
        } else if one == "\n" {
            if field.last == "\r" { field.removeLast() }
            if !(row.isEmpty && field.isEmpty && !wasQuoted) { rows.append(row + [field]) }
            (row, field, wasQuoted) = ([], [], false)
        } else {
            field.append(one)
        }
    }
    demand(row.isEmpty && field.isEmpty && !isQuoted, "a file that ends in a row is read")
    return rows
}

private func plainRecords(
    _ rows: [[[Unicode.Scalar]]], _ format: CSVExportReader.Format, _ form: ExportForm
) -> [[String?]] {
    var rows = rows.map { $0.map(plainText) }
    var names = format.header.names ?? []
    if form.headerLine != nil {
        if rows.first?.first??.hasPrefix("#TYPE ") == true { rows.removeFirst() }
        let first = rows.removeFirst().map { $0 ?? "" }
        if format.header.names == nil { names = first }
    }
    return rows.map { row in
        fields.map { field in
            names.firstIndex(of: field).flatMap { $0 < row.count ? row[$0] : nil }
        }
    }
}

/// A field as records hold it: trimmed, and absent when it is empty.
private func plainText(_ field: [Unicode.Scalar]) -> String? {
    let bytes = trimmed(field.flatMap { Array(String($0).utf8) })
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
}

import Foundation
import OrganisationModel
import SourceExports

@testable import Mapping

private let secret = [UInt8](0..<32)

/// The input is a mapping document. One that is accepted reads an export that is made for it.
func testMapping(_ input: [UInt8]) {
    let text = String(decoding: input, as: UTF8.self)
    do {
        let document = try MappingDocument(yaml: text, file: "m.yaml")
        for (number, one) in document.documents.enumerated() { read(one, number, of: document) }
    } catch let error as FordelerError {
        demand(error.code.name == "mapping.invalid", "the code is \(error.code.name)")
        demand(hasPlace(error.message, in: text), "no line is named: \(error.message)")
    } catch {
        demand(false, "an error of another type: \(error)")
    }
}

/// `m.yaml:LINE: what is wrong`, with a line of the document.
private func hasPlace(_ message: String, in text: String) -> Bool {
    let parts = message.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "m.yaml" else { return message == "m.yaml: the document is empty" }
    // In YAML, a line may end in other ways too, and what is missing at the end is missing on the next line.
    let lines = text.unicodeScalars.count { "\n\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0) } + 1
    return Int(parts[1]).map { (1...lines + 1).contains($0) } ?? false
}

/// Reads an export twice, in other pieces: both must give the same.
private func read(_ one: MappingDocument.ExportDocument, _ number: Int, of document: MappingDocument) {
    let program = MappingProgram(
        document, source: "hr", secret: secret, authority: Authority(name: "Kommune", cvr: "29189846"))
    let first = program.firstRecords[number]
    let shapes = Array(program.shapes[first..<program.firstRecords[number + 1]])
    let name: String
    let export: [UInt8]
    switch one.format {
    case .xml(let root): (name, export) = ("export.xml", xml(root, shapes))
    case .csv(let format, let form):
        (name, export) = (form.replacing("*", with: "1"), csv(shapes[0].fields, format))
    }
    var overlays: [[[UInt8]]] = []
    var refusals: [String?] = []
    for chunk in [Int.max, 7] {
        let buffer = ClaimBuffer()
        let found = outcome(export, chunk: chunk) { fill, _ in
            let reading = try ExportReading(
                program: program, identity: Identity(secret: secret, authority: "29189846"), store: NoClaims(),
                buffer: buffer, today: Day(year: 2026, month: 6, day: 1) ?? .distantPast)
            try reading.read(named: name, fill) { ExportFile(name: name, digest: [], byteCount: export.count) }
            overlays.append(try reading.finish().altered.map { Array(buffer[$0.reference]) + $0.fingerprint.bytes })
        }
        refusals.append(found.refusal?.code)
    }
    demand(refusals[0] == refusals[1], "refused otherwise in other pieces: \(refusals)")
    if overlays.count == 2 { demand(overlays[0] == overlays[1], "the claims differ") }
}

private let values = ["1", "2026-03-01", "Ålborg", "9999-12-31", "0", "True", "A;B", "x@y.dk", "12,5", ""]

/// Each record with all its fields, as far as simple ways lead to them.
private func xml(_ root: String, _ shapes: [RecordShape]) -> [UInt8] {
    var text = "<\(root)>"
    for shape in shapes {
        for round in 0..<3 {
            let steps = shape.element.split(separator: "/").filter { $0 != "." }
            for step in steps.dropLast() { text += "<\(step)>" }
            let attributes = shape.fields.enumerated().filter { $1.hasPrefix("@") }
                .map { " \($1.dropFirst())=\"\(values[($0 + round) % values.count])\"" }
            if let last = steps.last { text += "<\(last)\(attributes.joined())>" }
            for (place, field) in shape.fields.enumerated() where !field.hasPrefix("@") {
                let parts = field.split(separator: "/").filter {
                    !$0.hasPrefix("@") && !$0.hasPrefix("ancestor::") && $0 != "." && $0 != "*"
                }
                text += parts.map { "<\($0)>" }.joined() + values[(place + round) % values.count]
                text += parts.reversed().map { "</\($0)>" }.joined()
            }
            for step in steps.reversed() { text += "</\(step)>" }
        }
    }
    return Array((text + "</\(root)>").utf8)
}

private func csv(_ fields: [String], _ format: CSVExportReader.Format) -> [UInt8] {
    let columns = format.header.names ?? fields
    let delimiter = String(Unicode.Scalar(format.delimiter ?? 0x3B))
    var rows = format.header.names == nil ? [columns] : []
    for round in 0..<3 { rows.append(columns.indices.map { values[($0 + round) % values.count] }) }
    let text = rows.map { row in row.map(quoted).joined(separator: delimiter) + "\r\n" }
    return Array((text.joined()).utf8)
}

import OrganisationModel
import SourceExports
import Testing

/// A record as a test sees it.
struct Seen: Hashable {
    var shape = 0
    let line: Int
    let fields: [String?]
}

let persons = RecordShape(
    element: "person", fields: ["@id", "name", "post/@code", "post", "@kind", "name/@lang"])

/// Reads a document in chunks of at most `chunk` bytes.
func read(_ bytes: [UInt8], chunk: Int = .max, root: String = "kmd", shapes: [RecordShape] = [persons]) throws -> [Seen]
{
    var offset = 0
    var seen: [Seen] = []
    let reader = XMLExportReader(root: root, shapes: shapes)
    let fill = { (buffer: UnsafeMutableRawBufferPointer) -> Int in
        let count = min(chunk, buffer.count, bytes.count - offset)
        buffer.copyBytes(from: bytes[offset..<offset + count])
        offset += count
        return count
    }
    try reader.read(from: fill) { record in
        let fields = shapes[record.shape].fields.indices.map { slot in
            record[slot].map { String(decoding: $0, as: UTF8.self) }
        }
        seen.append(Seen(shape: record.shape, line: record.line, fields: fields))
    }
    return seen
}

func read(_ text: String, chunk: Int = .max) throws -> [Seen] {
    try read(Array(text.utf8), chunk: chunk)
}

/// The first record's fields by name.
func fields(_ inside: String, attributes: String = "", head: String = "") throws -> [String: String] {
    let seen = try read("\(head)<kmd><person \(attributes)>\(inside)</person></kmd>")
    let pairs = zip(persons.fields, try #require(seen.first).fields)
    return Dictionary(uniqueKeysWithValues: pairs.compactMap { name, value in value.map { (name, $0) } })
}

/// Why the document is refused.
func problem(_ bytes: [UInt8], chunk: Int = .max) -> ExportProblem? {
    do {
        _ = try read(bytes, chunk: chunk)
        return nil
    } catch {
        return error as? ExportProblem
    }
}

func problem(_ text: String, chunk: Int = .max) -> ExportProblem? {
    problem(Array(text.utf8), chunk: chunk)
}

func utf16(_ text: String, bigEndian: Bool = false, mark: Bool = true) -> [UInt8] {
    ((mark ? "\u{FEFF}" : "") + text).utf16.flatMap { unit in
        let pair = [UInt8(truncatingIfNeeded: unit), UInt8(truncatingIfNeeded: unit >> 8)]
        return bigEndian ? pair.reversed() : pair
    }
}

func latin1(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
}

import CZlib
import Foundation
import OrganisationModel

@testable import SourceExports

/// How a text is written in a round trip.
private struct Writing {
    let encoding: String.Encoding
    let mark: [UInt8]
    let told: CSVExportReader.Format.Encoding?
}

private let writings = [
    Writing(encoding: .utf8, mark: [], told: .utf8),
    Writing(encoding: .utf8, mark: [0xEF, 0xBB, 0xBF], told: nil),
    Writing(encoding: .utf16LittleEndian, mark: [0xFF, 0xFE], told: nil),
    Writing(encoding: .utf16BigEndian, mark: [0xFE, 0xFF], told: .utf16),
    Writing(encoding: .isoLatin1, mark: [], told: .latin1),
    Writing(encoding: .windowsCP1252, mark: [], told: .windows1252),
]

/// The first byte chooses the encoding; the rest is read as it is in every encoding, as a compressed file, and as the text
/// of a field that is written and read back.
func testEncodings(_ input: [UInt8]) {
    var rest = input[...]
    let writing = writings[takeChoice(&rest, below: writings.count)]
    let bytes = Array(rest)
    let chunk = 1 + choice(input, below: 60)
    for encoding in [nil] + CSVExportReader.Format.Encoding.allCases { decode(bytes, encoding, chunk: chunk) }
    decompress(bytes, chunk: chunk)
    readBack(bytes, writing, chunk: chunk)
}

// MARK: Bytes of unknown origin

private struct Decoded: Equatable {
    var text: [UInt8] = []
    var problem: String?
    var isCut = false
    var encoding = ""
}

private func decode(_ bytes: [UInt8], _ encoding: CSVExportReader.Format.Encoding?, chunk: Int) {
    let whole = decoded(bytes, encoding, chunk: bytes.count)
    demand(String(validating: whole.text, as: UTF8.self) != nil, "decoded text is no UTF-8")
    demand(decoded(bytes, encoding, chunk: chunk) == whole, "in pieces of \(chunk) it is decoded otherwise")
    demand(decoded(bytes, encoding, chunk: 1) == whole, "byte by byte it is decoded otherwise")
    let isWhole = whole.problem == nil && !whole.isCut
    switch (encoding, whole.encoding) {
    case (.utf8, "UTF-8"):
        demand(isWhole == (String(validating: bytes, as: UTF8.self) != nil), "not judged as UTF-8")
        if isWhole { demand(whole.text == bytes, "UTF-8 was altered") }
    case (.windows1252, "Windows-1252") where isWhole:
        let known = String(bytes: bytes, encoding: .windowsCP1252)
        if let known { demand(whole.text == Array(known.utf8), "not Windows-1252") }
    case (.latin1, "ISO-8859-1") where isWhole:
        demand(whole.text == bytes.flatMap { Array(String(Unicode.Scalar($0)).utf8) }, "not ISO-8859-1")
    default: break
    }
}

private func decoded(_ bytes: [UInt8], _ encoding: CSVExportReader.Format.Encoding?, chunk: Int) -> Decoded {
    let decoder = TextDecoder(encoding, sizeMax: max(1, chunk) + TextDecoder.restMax)
    var result = Decoded()
    var waiting: [UInt8] = []
    var offset = 0
    while offset < bytes.count, result.problem == nil {
        let next = bytes[offset..<min(bytes.count, offset + max(1, chunk))]
        offset += next.count
        waiting += next
        waiting.withUnsafeBytes { buffer in
            let piece = decoder.decode(buffer)
            result.text += piece.text
            result.problem = piece.problem
            waiting = Array(buffer[piece.used...])
        }
        demand(waiting.count <= TextDecoder.restMax || result.problem != nil, "\(waiting.count) bytes were left over")
    }
    result.isCut = !waiting.isEmpty && result.problem == nil
    result.encoding = decoder.encodingName
    return result
}

private func decompress(_ bytes: [UInt8], chunk: Int) {
    for file in [bytes, GzipStream.mark + bytes] {
        let whole = unpacked(file, chunk: .max, room: 4096)
        demand(unpacked(file, chunk: chunk, room: 4096) == whole, "in pieces of \(chunk) it is decompressed otherwise")
        demand(unpacked(file, chunk: 1, room: 2 + chunk) == whole, "byte by byte it is decompressed otherwise")
    }
    // A damaged file gives what the good one held, or is refused.
    var damaged = gzip(bytes)
    demand(unpacked(damaged, chunk: chunk, room: 4096) == Unpacked(bytes: bytes), "gzip is not read back")
    let place = choice(bytes + [1], below: damaged.count)
    damaged[place] ^= 1 << UInt8(choice(bytes + [2], below: 8))
    let found = unpacked(damaged, chunk: chunk, room: 4096)
    demand(found.code != nil || found.bytes == bytes || place < 2, "damage at \(place) goes unnoticed")
    let cut = unpacked(Array(gzip(bytes).prefix(max(2, place))), chunk: chunk, room: 4096)
    demand(cut.code == "gzip.truncated", "a cut file gives \(cut.code ?? "no refusal")")
}

private struct Unpacked: Equatable {
    var bytes: [UInt8] = []
    var code: String?

    static func == (left: Unpacked, right: Unpacked) -> Bool {
        left.code == right.code && (left.code != nil || left.bytes == right.bytes)
    }
}

private func unpacked(_ file: [UInt8], chunk: Int, room: Int) -> Unpacked {
    var bytes: [UInt8] = []
    let outcome = outcome(file, chunk: chunk) { fill, _ in
        let input = ExportInput(fill)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 8)
        defer { buffer.deallocate() }
        while case let count = try input.read(buffer), count > 0 { bytes += buffer[..<count] }
        try input.finish()
    }
    return Unpacked(bytes: bytes, code: outcome.refusal?.code)
}

/// One gzip member.
private func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    let status = deflateInit2_(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
    demand(status == Z_OK, "zlib does not begin")
    defer { deflateEnd(&stream) }
    var result = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
    var input = bytes
    input.withUnsafeMutableBufferPointer { input in
        result.withUnsafeMutableBufferPointer { output in
            (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
            (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
            demand(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib does not end")
        }
    }
    return Array(result.prefix(Int(stream.total_out)))
}

// MARK: Text that is written and read back

private func readBack(_ bytes: [UInt8], _ writing: Writing, chunk: Int) {
    let text = String(
        String.UnicodeScalarView(String(decoding: bytes, as: UTF8.self).unicodeScalars.filter { $0 != "\0" }))
    let row = "id;\"name\"\r\n1;\(quoted(text))\r\n"
    guard let data = row.data(using: writing.encoding) else { return }
    let format = CSVExportReader.Format(encoding: writing.told)
    let file = writing.mark + data
    for file in [file, gzip(file)] {
        let found = outcome(file, chunk: chunk) { fill, result in
            let input = ExportInput(fill)
            var seen: [Seen] = []
            defer { result.records = seen }
            try CSVExportReader(shape: RecordShape(element: "row", fields: ["id", "name"]), format: format)
                .read(from: input.read) { seen.append(Seen($0, fieldCount: 2)) }
            try input.finish()
        }
        let wanted = trimmed(text.utf8)
        let name = found.records.first?.fields[1]
        demand(
            found.refusal == nil && Array((name ?? "").utf8) == wanted, "\(writing.encoding) is not read back: \(found)"
        )
    }
}

/// The first row of a CSV file of unknown form.
public struct CSVColumnNames: Sendable {
    /// The delimiter that a mapping without one would take.
    public let delimiter: UInt8
    /// In order, as they are written; some may be empty or stand twice.
    public let names: [String]

    /// Reads as far as the first row goes.
    /// - Parameter fill: puts the next bytes into the buffer and answers how many; 0 at the end.
    /// - Throws: ``ExportProblem`` when there is no first row, or it is no text; or what `fill` threw.
    public init(from fill: (UnsafeMutableRawBufferPointer) throws -> Int) throws {
        let size = CSVExportReader.chunkSize + TextDecoder.restMax
        let decoder = TextDecoder(nil, sizeMax: size)
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
        defer { chunk.deallocate() }
        var header = CSVHeaderRow()
        var rest = 0
        while header.state == .open || header.state == .typeLine {
            let free = UnsafeMutableRawBufferPointer(rebasing: chunk[rest..<rest + CSVExportReader.chunkSize])
            let count = try fill(free)
            if count == 0 { break }
            let bytes = UnsafeRawBufferPointer(rebasing: chunk[..<(rest + count)])
            let piece = decoder.decode(bytes)
            _ = header.take(piece.text)
            if let problem = piece.problem, header.state != .complete {
                throw ExportProblem(rule: .csvEncoding, line: header.lastLine, message: problem)
            }
            rest = bytes.count - piece.used
            if rest > 0 { chunk.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[piece.used...])) }
        }
        guard header.state != .tooLarge else { throw CSVScanner.headerTooLarge(line: header.line) }
        guard !header.bytes.isEmpty else {
            throw ExportProblem(
                rule: .headerMissing, line: 1,
                message: "The file holds no row. Ask the source for a file with its columns.")
        }
        delimiter = header.likelyDelimiter(columns: nil)
        names = Self.split(header.bytes, delimiter)
    }

    private static func split(_ bytes: [UInt8], _ delimiter: UInt8) -> [String] {
        var names: [[UInt8]] = [[]]
        var isQuoted = false
        var last: UInt8 = 0
        for byte in bytes {
            if byte == 0x22 {
                // A doubled quotation mark is one of the name.
                if !isQuoted, last == 0x22 { names[names.count - 1].append(byte) }
                isQuoted.toggle()
            } else if !isQuoted, byte == delimiter {
                names.append([])
            } else if isQuoted || (byte != 0x0A && byte != 0x0D) {
                names[names.count - 1].append(byte)
            }
            last = byte
        }
        return names.map { String(decoding: $0, as: UTF8.self) }
    }
}

import OrganisationModel

/// One reading of one CSV file: bytes through the decoder to the header, then to the scanner.
final class CSVReading {
    private let shape: RecordShape
    private let format: CSVExportReader.Format
    private let body: (SourceRecord) throws -> Void
    private let decoder: TextDecoder
    private var header = CSVHeaderRow()
    /// Nil until the header is complete.
    private var scanner: CSVScanner?

    init(shape: RecordShape, format: CSVExportReader.Format, body: @escaping (SourceRecord) throws -> Void) {
        self.shape = shape
        self.format = format
        self.body = body
        decoder = TextDecoder(format.encoding, sizeMax: CSVExportReader.chunkSize + TextDecoder.restMax)
    }

    func read(from fill: (UnsafeMutableRawBufferPointer) throws -> Int) throws {
        let chunk = UnsafeMutableRawBufferPointer.allocate(
            byteCount: CSVExportReader.chunkSize + TextDecoder.restMax, alignment: 8)
        defer { chunk.deallocate() }
        /// Bytes of a character whose end has not come yet; they stand at the start of the chunk.
        var rest = 0
        while true {
            let free = UnsafeMutableRawBufferPointer(rebasing: chunk[rest..<rest + CSVExportReader.chunkSize])
            let count = try fill(free)
            if count == 0 { break }
            let bytes = UnsafeRawBufferPointer(rebasing: chunk[..<(rest + count)])
            let piece = decoder.decode(bytes)
            try take(piece.text)
            if let problem = piece.problem {
                throw ExportProblem(rule: .csvEncoding, line: line, message: problem)
            }
            rest = bytes.count - piece.used
            if rest > 0 { chunk.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[piece.used...])) }
        }
        try finish(isCutInACharacter: rest > 0)
    }

    private var line: Int {
        scanner?.line ?? header.lastLine
    }

    private func take(_ text: UnsafeRawBufferPointer) throws {
        if let scanner { return try scanner.scan(text) }
        let used = header.take(text)
        guard header.state == .complete || header.state == .tooLarge else { return }
        let scanner = try startScanner()
        if header.state == .tooLarge { throw CSVScanner.headerTooLarge(line: header.line) }
        try scanner.scan(UnsafeRawBufferPointer(rebasing: text[used...]))
    }

    private func startScanner() throws -> CSVScanner {
        let delimiter = format.delimiter ?? header.likelyDelimiter(columns: format.header.names?.count)
        let scanner = CSVScanner(shape: shape, format: format, delimiter: delimiter, line: header.line, body: body)
        self.scanner = scanner
        try header.bytes.withUnsafeBytes { try scanner.scan($0) }
        return scanner
    }

    /// As far as it is known by now.
    var form: ExportForm {
        ExportForm(
            encoding: decoder.encodingName, delimiter: scanner?.delimiter, columns: scanner?.columns,
            headerLine: scanner?.headerLine, lacking: scanner?.lacking ?? [])
    }

    private func finish(isCutInACharacter: Bool) throws {
        // A header that never ended may be wrong rather than cut: the scanner knows.
        let scanner = try scanner ?? startScanner()
        guard !isCutInACharacter, header.state != .typeLine else {
            throw CSVScanner.truncated(line: line, "The file ends in the middle of a line.")
        }
        try scanner.finish()
    }
}

import OrganisationModel

/// Splits UTF-8 into rows and fields, and copies the wanted fields of one row at a time. The first row may be the header.
///
/// It goes from one byte with a meaning to the next, so that what it finds does not depend on where a piece ends.
final class CSVScanner {
    private enum Place {
        case rowStart
        /// Behind a carriage return that began a line.
        case blankReturn
        case fieldStart, unquoted, quoted
        /// Behind a quotation mark inside a quoted field: its end, or the first half of a doubled one.
        case quoteSeen
        /// Behind a carriage return that ended a row.
        case returnSeen
    }

    private static let quote: UInt8 = 0x22
    private static let lineFeed: UInt8 = 0x0A
    private static let carriageReturn: UInt8 = 0x0D
    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    /// The slot of a field beyond the last column, which must be empty.
    private static let surplus = -2

    /// The line that was reached, from 1; line feeds inside of fields count.
    private(set) var line: Int
    private let shape: RecordShape
    private let format: CSVExportReader.Format
    let delimiter: UInt8
    private let unquotedEnd: ByteSearch
    private let quotedEnd: ByteSearch
    private let body: (SourceRecord) throws -> Void

    private var place = Place.rowStart
    private var rowLine: Int
    private var quoteLine = 0
    private var column = 0
    /// Where the field goes; -1 when it is not wanted.
    private var slot = 0
    /// Bytes of the row in earlier pieces.
    private var rowBytes = 0
    /// The last row, when it had too few fields: the file may break off there, or be wrong.
    private var shortRow: (line: Int, fields: Int)?

    /// True in the first row, which decides what the columns are.
    private var isHeader = true
    /// The line of the row that names the columns; nil when none does.
    private(set) var headerLine: Int?
    /// The wanted columns that the file lacks, as it may.
    private(set) var lacking: [String] = []
    private var columnCount = CSVExportReader.columnsMax
    private var copies: [(slot: Int, original: Int)] = []
    /// For every column its slot; in the header each column has its own.
    private let slots: UnsafeMutablePointer<Int>
    private let spans: UnsafeMutableBufferPointer<FieldSpan>
    private let text: UnsafeMutableRawBufferPointer
    private var textCount = 0

    init(
        shape: RecordShape, format: CSVExportReader.Format, delimiter: UInt8, line: Int,
        body: @escaping (SourceRecord) throws -> Void
    ) {
        self.shape = shape
        self.format = format
        self.delimiter = delimiter
        self.line = line
        self.body = body
        rowLine = line
        unquotedEnd = ByteSearch(CSVScanner.quote, delimiter)
        quotedEnd = ByteSearch(CSVScanner.quote, CSVScanner.quote)
        slots = .allocate(capacity: CSVExportReader.columnsMax)
        for column in 0..<CSVExportReader.columnsMax { slots[column] = column }
        spans = .allocate(capacity: max(CSVExportReader.columnsMax, shape.fields.count))
        spans.initialize(repeating: FieldSpan())
        // Pages that are not written to cost nothing.
        text = .allocate(byteCount: CSVExportReader.recordBytesMax, alignment: 8)
    }

    deinit {
        slots.deallocate()
        spans.deallocate()
        text.deallocate()
    }

    /// How many there are; nil before that is known.
    var columns: Int? { isHeader ? nil : columnCount }

    // MARK: Scanning

    /// Takes the next piece of the file, from the header on. It is well-formed UTF-8, and never ends inside a character.
    func scan(_ bytes: UnsafeRawBufferPointer) throws {
        guard let base = bytes.baseAddress else { return }
        let end = bytes.count
        var offset = 0
        var rowStart = 0
        while offset < end {
            let byte = base.load(fromByteOffset: offset, as: UInt8.self)
            switch place {
            case .rowStart:
                if byte == CSVScanner.lineFeed {
                    line += 1
                    offset += 1
                } else if byte == CSVScanner.carriageReturn {
                    place = .blankReturn
                    offset += 1
                } else {
                    if byte == CSVScanner.mark[0], bytes[offset...].starts(with: CSVScanner.mark) {
                        throw CSVScanner.markInside(line: line)
                    }
                    rowStart = offset
                    try startRow()
                }
            case .blankReturn:
                guard byte == CSVScanner.lineFeed else { throw CSVScanner.loneReturn(line: line) }
                line += 1
                offset += 1
                place = .rowStart
            case .fieldStart:
                if byte == CSVScanner.quote {
                    place = .quoted
                    quoteLine = line
                    offset += 1
                } else {
                    place = .unquoted
                }
            case .unquoted:
                let stop = unquotedEnd.first(in: base, from: offset, to: end)
                try append(base + offset, stop - offset)
                offset = stop
                guard stop < end else { break }
                let found = base.load(fromByteOffset: stop, as: UInt8.self)
                offset += 1
                if found == delimiter {
                    try endField()
                } else if found == CSVScanner.lineFeed {
                    try endRow(rowBytes + offset - rowStart)
                } else if found == CSVScanner.carriageReturn {
                    place = .returnSeen
                } else if found == CSVScanner.quote {
                    throw problem(
                        .misplacedQuote, line, CSVScanner.quoteInside, rowBytes + offset - rowStart)
                } else {
                    try appendControl(base + stop, rowBytes + offset - rowStart)
                }
            case .quoted:
                let stop = quotedEnd.first(in: base, from: offset, to: end)
                try append(base + offset, stop - offset)
                offset = stop
                guard stop < end else { break }
                offset += 1
                let found = base.load(fromByteOffset: stop, as: UInt8.self)
                if found == CSVScanner.quote {
                    place = .quoteSeen
                } else {
                    try appendControl(base + stop, rowBytes + offset - rowStart)
                    if found == CSVScanner.lineFeed { line += 1 }
                }
            case .quoteSeen:
                offset += 1
                if byte == delimiter {
                    try endField()
                } else if byte == CSVScanner.quote {
                    place = .quoted
                    try append(base + offset - 1, 1)
                } else if byte == CSVScanner.carriageReturn {
                    place = .returnSeen
                } else if byte == CSVScanner.lineFeed {
                    try endRow(rowBytes + offset - rowStart)
                } else {
                    throw problem(
                        .misplacedQuote, line, CSVScanner.textBehindQuote, rowBytes + offset - rowStart)
                }
            case .returnSeen:
                offset += 1
                let size = rowBytes + offset - rowStart
                guard byte == CSVScanner.lineFeed else {
                    throw CSVScanner.isTooLong(size)
                        ? CSVScanner.rowTooLarge(line: rowLine) : CSVScanner.loneReturn(line: line)
                }
                try endRow(size)
            }
        }
        guard place != .rowStart, place != .blankReturn else { return }
        rowBytes += end - rowStart
        if CSVScanner.isTooLong(rowBytes) { throw CSVScanner.rowTooLarge(line: rowLine) }
    }

    /// Call at the end of the file.
    func finish() throws {
        switch place {
        case .rowStart: break
        case .blankReturn: throw CSVScanner.truncated(line: line, "The file ends in the middle of a line end.")
        case .quoted:
            throw CSVScanner.truncated(
                line: quoteLine, "The file ends inside a field whose quotation mark stands on this line.")
        case .fieldStart, .unquoted, .quoteSeen, .returnSeen:
            throw CSVScanner.truncated(line: rowLine, "The last row does not end with a line break.")
        }
        if let shortRow {
            throw CSVScanner.truncated(
                line: shortRow.line, "The last row has \(shortRow.fields) of \(columnCount) fields.")
        }
        if isHeader {
            throw ExportProblem(
                rule: .headerMissing, line: 0,
                message: "The file is empty: it does not even name its columns. Ask the source for a complete file.")
        }
    }

    // MARK: Rows and fields

    private func startRow() throws {
        if let shortRow {
            throw CSVScanner.shortRow(line: shortRow.line, fields: shortRow.fields, columns: columnCount)
        }
        place = .fieldStart
        rowLine = line
        rowBytes = 0
        textCount = 0
        column = 0
        startField()
    }

    @inline(__always)
    private func startField() {
        slot = slots[column]
        if slot >= 0 { spans[slot].start = textCount }
    }

    @inline(__always)
    private func closeField() {
        if slot >= 0 { spans[slot].length = textCount - spans[slot].start }
    }

    @inline(__always)
    private func endField() throws {
        closeField()
        column += 1
        place = .fieldStart
        guard column < columnCount else { return try startSurplusField() }
        startField()
    }

    private func startSurplusField() throws {
        if isHeader { throw CSVScanner.tooManyColumns(line: rowLine) }
        guard format.acceptsShortRows else { throw CSVScanner.longRow(line: rowLine, columns: columnCount) }
        slot = CSVScanner.surplus
    }

    private func endRow(_ size: Int) throws {
        closeField()
        if CSVScanner.isTooLong(size) { throw CSVScanner.rowTooLarge(line: rowLine) }
        line += 1
        place = .rowStart
        let bytes = UnsafeRawBufferPointer(rebasing: text[..<textCount])
        try isHeader ? takeFirstRow(bytes) : takeRow(bytes)
    }

    private func takeRow(_ bytes: UnsafeRawBufferPointer) throws {
        if column + 1 < columnCount {
            guard format.acceptsShortRows else {
                shortRow = (rowLine, column + 1)
                return
            }
            for missing in (column + 1)..<columnCount where slots[missing] >= 0 {
                spans[slots[missing]] = FieldSpan()
            }
        }
        for copy in copies { spans[copy.slot] = spans[copy.original] }
        for slot in 0..<shape.fields.count { spans[slot].trim(bytes) }
        let record = UnsafeBufferPointer(rebasing: spans[..<shape.fields.count])
        try body(SourceRecord(shape: 0, line: rowLine, bytes: bytes, spans: record))
    }

    private func takeFirstRow(_ bytes: UnsafeRawBufferPointer) throws {
        let found = Array(spans[...column])
        let texts = found.map { span in
            var span = span
            span.trim(bytes)
            return Array(bytes[span.start..<span.start + span.length])
        }
        let names = format.header.names.map { $0.map { Array($0.utf8) } } ?? texts
        guard try format.header.isRecord(texts, line: rowLine) else { return try takeNames(names, headerLine: rowLine) }
        try takeNames(names, headerLine: nil)
        // Its fields stand in the order of columns so far.
        for (column, span) in found.enumerated() {
            if column >= columnCount, span.length > 0 || !format.acceptsShortRows {
                throw CSVScanner.longRow(line: rowLine, columns: columnCount)
            }
            if column < columnCount, slots[column] >= 0 { spans[slots[column]] = span }
        }
        try takeRow(bytes)
    }

    private func takeNames(_ names: [[UInt8]], headerLine: Int?) throws {
        let columns = try CSVColumns(
            names: names, wanted: shape.fields, optional: format.optionalColumns, delimiter: delimiter,
            line: headerLine ?? 0)
        lacking = columns.lacking
        for (column, slot) in columns.slots.enumerated() { slots[column] = slot }
        copies = columns.copies
        for slot in spans.indices { spans[slot] = FieldSpan() }
        columnCount = names.count
        isHeader = false
        self.headerLine = headerLine
    }

    /// What is wrong on `line`, or that the row has outgrown the limit by then: so it does not matter where pieces end.
    private func problem(_ rule: Rule, _ line: Int, _ message: String, _ size: Int) -> ExportProblem {
        CSVScanner.isTooLong(size)
            ? CSVScanner.rowTooLarge(line: rowLine) : ExportProblem(rule: rule, line: line, message: message)
    }

    // MARK: Text

    @inline(__always)
    private func append(_ bytes: UnsafeRawPointer, _ count: Int) throws {
        guard slot >= 0, count > 0 else {
            if slot == CSVScanner.surplus, count > 0 { throw CSVScanner.longRow(line: rowLine, columns: columnCount) }
            return
        }
        guard textCount + count <= CSVExportReader.recordBytesMax else {
            throw isHeader ? CSVScanner.headerTooLarge(line: rowLine) : CSVScanner.recordTooLarge(line: rowLine)
        }
        UnsafeMutableRawBufferPointer(rebasing: text[textCount...]).baseAddress?
            .copyMemory(from: bytes, byteCount: count)
        textCount += count
    }

    /// A line end, a tab or another control character inside a field; what they mean is for Mapping to say.
    private func appendControl(_ byte: UnsafeRawPointer, _ size: Int) throws {
        if byte.load(as: UInt8.self) == 0 {
            throw problem(
                .csvEncoding, line,
                "A character is NUL: this is no text, or UTF-16 without a byte order mark. Let the source write UTF-8.",
                size)
        }
        try append(byte, 1)
    }
}

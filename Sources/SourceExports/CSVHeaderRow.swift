import OrganisationModel

/// Gathers the bytes of the first row, because the delimiter is found in it. Passes over what may stand before it: blank
/// lines, and the line `#TYPE ...` that Windows PowerShell writes first.
struct CSVHeaderRow {
    enum State {
        case open, typeLine, complete, tooLarge
    }

    private static let delimiters: [UInt8] = [0x3B, 0x09, 0x2C]
    private static let typeMark = Array("#TYPE ".utf8)

    private(set) var state = State.open
    private(set) var bytes: [UInt8] = []
    /// The line on which it begins, from 1.
    private(set) var line = 1
    private var isQuoted = false
    /// How often each delimiter stands outside of quotation marks.
    private var counts = [0, 0, 0]

    /// The line that was reached.
    var lastLine: Int { line + bytes.count { $0 == 0x0A } }

    /// - Parameter columns: how many columns there are, when that is known.
    func likelyDelimiter(columns: Int?) -> UInt8 {
        if let columns, let fitting = counts.firstIndex(of: columns - 1) { return CSVHeaderRow.delimiters[fitting] }
        var best = 0
        for index in counts.indices where counts[index] > counts[best] { best = index }
        return CSVHeaderRow.delimiters[best]
    }

    /// Takes the bytes up to the end of the header, and answers how many that were.
    mutating func take(_ text: UnsafeRawBufferPointer) -> Int {
        for (offset, byte) in text.enumerated() {
            take(byte)
            if state == .complete || state == .tooLarge { return offset + 1 }
        }
        return text.count
    }

    private mutating func take(_ byte: UInt8) {
        if state == .typeLine {
            guard byte == 0x0A else { return }
            state = .open
            line += 1
            return
        }
        bytes.append(byte)
        if byte == 0x22 {
            isQuoted.toggle()
        } else if !isQuoted {
            if byte == 0x0A { return endLine() }
            if let index = CSVHeaderRow.delimiters.firstIndex(of: byte) { counts[index] += 1 }
        }
        if line == 1, bytes == CSVHeaderRow.typeMark {
            state = .typeLine
            bytes = []
        } else if bytes.count > CSVExportReader.recordBytesMax {
            state = .tooLarge
        }
    }

    private mutating func endLine() {
        guard bytes == [0x0A] || bytes == [0x0D, 0x0A] else {
            state = .complete
            return
        }
        bytes = []
        line += 1
    }
}

/// Where the wanted columns stand.
struct CSVColumns {
    /// For every column the slot of its field; -1 when it is not wanted.
    let slots: [Int]
    /// Fields that name a column which an earlier field names too.
    let copies: [(slot: Int, original: Int)]
    /// The wanted columns that the file lacks, as it may.
    let lacking: [String]

    /// - Parameters:
    ///   - optional: those of the wanted columns that may be missing.
    ///   - line: that of the header; 0 when the mapping names the columns.
    /// - Throws: ``ExportProblem`` when a wanted column is missing or stands twice.
    init(names: [[UInt8]], wanted: [String], optional: Set<String>, delimiter: UInt8, line: Int) throws {
        var places: [[UInt8]: [Int]] = [:]
        for (column, name) in names.enumerated() { places[name, default: []].append(column) }
        var slots = Array(repeating: -1, count: names.count)
        var copies: [(slot: Int, original: Int)] = []
        var missing: [String] = []
        for (slot, name) in wanted.enumerated() {
            guard let found = places[Array(name.utf8)] else {
                missing.append(name)
                continue
            }
            guard found.count == 1 else {
                throw ExportProblem(
                    rule: .columnRepeated, line: line,
                    message: "The header names the column \(CSVColumns.shown(name)) \(found.count) times, so it is "
                        + "unclear which is meant. Let the source write it once.")
            }
            if slots[found[0]] >= 0 {
                copies.append((slot, slots[found[0]]))
            } else {
                slots[found[0]] = slot
            }
        }
        lacking = missing.filter(optional.contains)
        missing.removeAll(where: optional.contains)
        guard missing.isEmpty else {
            let shown = missing.prefix(5).map(CSVColumns.shown).joined(separator: ", ")
            let more = missing.count > 5 ? " and \(missing.count - 5) more" : ""
            throw ExportProblem(
                rule: .columnMissing, line: line,
                message:
                    "The header lacks what the mapping reads: \(shown)\(more). It was read as \(names.count) columns "
                    + "with \(CSVColumns.name(of: delimiter)) between them. The first row must name the columns: let the "
                    + "source write them, or correct the mapping.")
        }
        self.slots = slots
        self.copies = copies
    }

    /// A column's name as it may stand in a message.
    private static func shown(_ name: String) -> String {
        let printable = name.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) }
        let text = Masking.redacted(String(printable))
        return "\"" + (text.count > 60 ? text.prefix(60) + "..." : text) + "\""
    }

    private static func name(of delimiter: UInt8) -> String {
        switch delimiter {
        case 0x3B: "a semicolon"
        case 0x09: "a tab"
        case 0x2C: "a comma"
        default: "the delimiter of the mapping"
        }
    }
}

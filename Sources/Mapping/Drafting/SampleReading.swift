import SourceExports
public import OrganisationModel

/// A file that is to be looked at. It is read several times.
public struct SampleFile {
    /// Its name without the folder.
    public let name: String
    /// Opens it anew; the answer puts the next bytes into the buffer and answers how many, 0 at the end.
    public let open: () throws -> (UnsafeMutableRawBufferPointer) throws -> Int

    public init(name: String, open: @escaping () throws -> (UnsafeMutableRawBufferPointer) throws -> Int) {
        self.name = name
        self.open = open
    }

    /// What it holds, decompressed where it is gzip.
    fileprivate func input() throws -> ExportInput {
        ExportInput(try open())
    }

    /// The name without its ending, such as `units` of `units.csv`.
    var stem: String {
        name.lastIndex(of: ".").map { String(name[..<$0]) }.flatMap { $0.isEmpty ? nil : $0 } ?? name
    }
}

extension FordelerError.Code {
    /// A mapping cannot be drafted from this file.
    public static let draftImpossible = FordelerError.Code("draft.impossible")
}

/// One file as it was found: its form and its sorts of records.
struct SampledFile {
    let name: String
    let stem: String
    let form: Form
    let tables: [SampledTable]

    enum Form {
        case xml(root: String)
        /// Columns that cannot be named: empty names, and those that stand twice.
        case csv(delimiter: UInt8, unnamed: Int)
    }

    /// - Throws: ``ExportProblem`` when it cannot be read to its end, ``FordelerError`` `draft.impossible` when it is neither XML
    ///   nor CSV with names of columns.
    init(_ file: SampleFile, number: Int) throws {
        (name, stem) = (file.name, file.stem)
        switch try Self.look(file) {
        case .xml: (form, tables) = try Self.xml(file, number)
        case .csv: (form, tables) = try Self.csv(file, number)
        }
    }

    private enum Look {
        case xml, csv
    }

    // MARK: What it is

    private static func look(_ file: SampleFile) throws -> Look {
        let size = 64 * 1024
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
        defer { chunk.deallocate() }
        let count = try file.input().read(chunk)
        guard count > 0 else {
            throw ExportProblem(
                rule: .empty, line: 0, message: "The file is empty. Ask the source for a file with records.")
        }
        var bytes = Array(chunk[..<count])
        let isWide = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
        if bytes.starts(with: "PK".utf8), bytes.count > 3, bytes[2] < 0x20 {
            throw FordelerError(
                .draftImpossible,
                "\(shown(file.name)) is a workbook or an archive. Save the sheet as CSV, or take the file out of it")
        }
        if isWide { bytes = bytes.dropFirst(2).filter { $0 != 0 } }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        if bytes.contains(where: { $0 < 0x20 && ![0x09, 0x0A, 0x0C, 0x0D].contains($0) }) {
            throw FordelerError(
                .draftImpossible,
                "\(shown(file.name)) is neither XML nor text with columns. Ask the source for one of these")
        }
        return bytes.first { $0 > 0x20 } == UInt8(ascii: "<") ? .xml : .csv
    }

    static func shown(_ text: String) -> String {
        Masking.redacted(
            String(
                String.UnicodeScalarView(
                    text.unicodeScalars.map { scalar in
                        switch scalar.properties.generalCategory {
                        case .control, .format, .lineSeparator, .paragraphSeparator: "?"
                        default: scalar
                        }
                    })))
    }

    // MARK: CSV

    private static func csv(_ file: SampleFile, _ number: Int) throws -> (Form, [SampledTable]) {
        let header = try CSVColumnNames(from: file.input().read)
        let names = header.names
        let data = names.filter { name in
            ValueShapes.isPersonNumber(name) || ValueShapes.isUUID(name) || ValueShapes.isEmail(name)
                || DateForm.allCases.contains { $0 != .fileTime && $0.parse(Array(name.utf8)) != nil }
        }
        guard data.isEmpty, names.count(where: ValueShapes.isWhole) < 2 else {
            throw FordelerError(
                .draftImpossible,
                "the first row of \(shown(file.name)) holds values, not names of columns. Let the source write a header, or "
                    + "put one before the first row for the draft and name the columns in the mapping with header:")
        }
        guard names.count > 1 else {
            throw FordelerError(
                .draftImpossible,
                "\(shown(file.name)) has one column only. A semicolon, a tab or a comma must stand between columns")
        }
        let counts = Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
        let usable = names.filter { counts[$0] == 1 && !$0.isEmpty }
        let table = SampledTable(
            file: number, element: YAMLText.word(file.stem), word: file.stem, fields: usable, isXML: false)
        let shape = RecordShape(element: "", fields: usable)
        let input = try file.input()
        try CSVExportReader(shape: shape).read(from: input.read) { table.add($0) }
        try input.finish()
        guard table.rows > 0 else {
            throw ExportProblem(
                rule: .empty, line: 0, message: "The file has a header, but no row. Ask the source for records.")
        }
        return (.csv(delimiter: header.delimiter, unnamed: names.count - usable.count), [table])
    }

    // MARK: XML

    private static func xml(_ file: SampleFile, _ number: Int) throws -> (Form, [SampledTable]) {
        let outline = try XMLOutline(from: file.input().read)
        let sorts = RecordSorts(outline)
        let tables = sorts.records.map { record in
            SampledTable(
                file: number, element: outline.path(to: record), word: outline.elements[record].name,
                fields: sorts.fields(of: record), isXML: true)
        }
        guard !tables.isEmpty else {
            throw FordelerError(
                .draftImpossible, "\(shown(file.name)) holds no element with fields. There is nothing to map")
        }
        let root = outline.elements[0].name
        let shapes = tables.map { RecordShape(element: $0.element, fields: $0.columns.map(\.field)) }
        let input = try file.input()
        try XMLExportReader(root: root, shapes: shapes).read(from: input.read) { tables[$0.shape].add($0) }
        try input.finish()
        return (.xml(root: root), tables)
    }
}

extension YAMLText {
    /// A word that can name a record or a mapping: letters, digits and hyphens.
    static func word(_ text: String) -> String {
        let parts = text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        let word = parts.joined(separator: "-")
        return word.first?.isLetter == true ? word : "record" + (word.isEmpty ? "" : "-" + word)
    }
}

import OrganisationModel

/// Reads the rows of a CSV file (RFC 4180) as a stream, in constant memory.
///
/// The first row names the columns, or the mapping does. Quotation marks are taken at their word, and every row has as many
/// fields as there are columns: where a file disagrees with itself it is refused, because the next field would be read as
/// another.
public final class CSVExportReader {
    /// How much of a file is read at a time, in bytes.
    static let chunkSize = 256 * 1024
    /// The text of one record, and of the header, in bytes of UTF-8.
    static let recordBytesMax = 4 * 1024 * 1024
    /// One row with all its columns, in bytes of UTF-8.
    static let rowBytesMax = 16 * 1024 * 1024
    public static let columnsMax = 10_000

    /// What the source writes, as far as it is known beforehand.
    public struct Format: Hashable, Sendable {
        /// The encodings that exporting systems write.
        public enum Encoding: String, Sendable, CaseIterable {
            case utf8 = "utf-8"
            case utf16 = "utf-16"
            case latin1 = "iso-8859-1"
            case windows1252 = "windows-1252"
        }

        /// The byte between two fields; nil: the one of semicolon, tab and comma that stands most often in the header,
        /// outside of quotation marks, and of equals the first in this order.
        public var delimiter: UInt8?
        /// The encoding of a file that does not begin with a byte order mark; nil: UTF-8 when the first character outside
        /// of ASCII is well-formed UTF-8, else Windows-1252. UTF-16 is read only behind a byte order mark.
        public var encoding: Encoding?

        /// What names the columns.
        public var header: CSVHeader
        /// Whether a row may end before its last columns, as some tools leave out cells that are empty: its fields are
        /// absent then. More fields than columns it may have only if those are empty.
        public var acceptsShortRows: Bool
        /// Wanted columns that a file may lack: their fields are absent then.
        public var optionalColumns: Set<String>

        public init(
            delimiter: UInt8? = nil, encoding: Encoding? = nil, header: CSVHeader = .first,
            acceptsShortRows: Bool = false, optionalColumns: Set<String> = []
        ) {
            self.delimiter = delimiter
            self.encoding = encoding
            self.header = header
            self.acceptsShortRows = acceptsShortRows
            self.optionalColumns = optionalColumns
        }

        /// True for a byte that may stand between two fields: any of ASCII but NUL, line ends and the quotation mark.
        public static func canDelimit(_ byte: UInt8) -> Bool {
            byte < 0x80 && byte != 0 && byte != 0x0A && byte != 0x0D && byte != 0x22
        }
    }

    private let shape: RecordShape
    private let format: Format
    /// How the file that was read last is written, as far as it was read; nil before.
    public private(set) var form: ExportForm?

    /// - Parameters:
    ///   - shape: its fields are names of columns, compared byte by byte; the header must name each exactly once,
    ///     but for those that it may lack. Its element means nothing here.
    ///   - format: its delimiter must be one that ``Format/canDelimit(_:)`` accepts.
    public init(shape: RecordShape, format: Format = Format()) {
        precondition(format.delimiter.map(Format.canDelimit) ?? true, "This byte cannot stand between two fields.")
        self.shape = shape
        self.format = format
    }

    /// Reads the whole file.
    /// - Parameters:
    ///   - fill: puts the next bytes into the buffer and answers how many; 0 at the end.
    ///   - body: receives each record, of shape 0, in the order of the file; what it throws ends the reading.
    /// - Throws: ``ExportProblem`` when the file cannot be read to its end, or what `fill` or `body` threw.
    public func read(
        from fill: @escaping (UnsafeMutableRawBufferPointer) throws -> Int,
        _ body: @escaping (SourceRecord) throws -> Void
    ) throws {
        let reading = CSVReading(shape: shape, format: format, body: body)
        defer { form = reading.form }
        try reading.read(from: fill)
    }
}

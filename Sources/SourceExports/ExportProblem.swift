public import OrganisationModel

/// Why an export cannot be read to its end; nothing of such an export is used.
public struct ExportProblem: Error, Sendable {
    public let rule: Rule
    /// From 1; 0 when no line can be named.
    public let line: Int
    public let message: String

    public init(rule: Rule, line: Int, message: String) {
        self.rule = rule
        self.line = line
        self.message = message
    }
}

extension Rule {
    /// The document breaks off or is no XML (XML 1.0, section 2.1).
    public static let notWellFormed = Rule("xml.not-well-formed", .error, .block)
    /// The document ends before its root element does.
    public static let truncated = Rule("xml.truncated", .error, .block)
    /// A document type declaration; no HR export needs one, and entities are an attack.
    public static let doctype = Rule("xml.doctype", .error, .block)
    /// An encoding outside UTF-8, UTF-16, ISO-8859-1 and Windows-1252.
    public static let encoding = Rule("xml.encoding", .error, .block)
    /// A limit of the reader was passed.
    public static let tooLarge = Rule("xml.too-large", .error, .block)
    /// The root element is another than the mapping expects.
    public static let wrongRoot = Rule("xml.wrong-root", .error, .block)
    /// A field of an element around records that comes behind a record which reads it.
    public static let lateField = Rule("xml.late-field", .error, .block)
    /// A CSV file without a row that names its columns.
    public static let headerMissing = Rule("csv.header-missing", .error, .block)
    /// The first row names columns, but not those that the mapping says, or none were expected.
    public static let headerUnexpected = Rule("csv.header-unexpected", .error, .block)
    /// The header lacks a column that the mapping reads.
    public static let columnMissing = Rule("csv.column-missing", .error, .block)
    /// The header names a column twice that the mapping reads.
    public static let columnRepeated = Rule("csv.column-repeated", .error, .block)
    /// A row has fewer or more fields than there are columns.
    public static let rowLength = Rule("csv.row-length", .error, .block)
    /// A quotation mark inside an unquoted field, or text behind a closing one (RFC 4180, section 2).
    public static let misplacedQuote = Rule("csv.quote", .error, .block)
    /// A carriage return alone, outside of quotation marks.
    public static let lineEnd = Rule("csv.line-end", .error, .block)
    /// The file ends inside a field or a row.
    public static let csvTruncated = Rule("csv.truncated", .error, .block)
    /// Bytes that are no text in the encoding of the file, NUL, or a byte order mark at the beginning of a row.
    public static let csvEncoding = Rule("csv.encoding", .error, .block)
    /// A limit of the CSV reader was passed.
    public static let csvTooLarge = Rule("csv.too-large", .error, .block)
    /// The file could not be opened or read.
    public static let unreadable = Rule("export.unreadable", .error, .block)
    /// A document that the mapping requires is not among the files of the export.
    public static let incomplete = Rule("export.incomplete", .error, .block)
    /// The file's name is that of none of the mapping's documents.
    public static let unknownDocument = Rule("export.unknown-document", .error, .block)
    /// A document that holds only changes, where a full export is expected.
    public static let changesOnly = Rule("export.changes-only", .error, .block)
    /// A change of a record that is known, but not what it said.
    public static let baseMissing = Rule("export.base-missing", .error, .block)
    /// So many records lack a key that the mapping does not fit the export.
    public static let keysMissing = Rule("export.keys-missing", .error, .block)
    /// A full export without a single record would remove everything.
    public static let empty = Rule("export.empty", .error, .block)
}

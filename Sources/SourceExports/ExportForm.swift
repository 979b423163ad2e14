/// How a file turned out to be written: what an administrator looks at first when a file reads otherwise than expected.
///
/// Holds nothing of what the file says.
public struct ExportForm: Hashable, Sendable, CustomStringConvertible {
    /// As people call it, such as `UTF-8 with byte order mark`.
    public let encoding: String
    /// The byte between two fields; nil for XML.
    public let delimiter: UInt8?
    /// How many columns there are; nil for XML, and when that was not found out.
    public let columns: Int?
    /// The line of the row that names the columns, from 1; nil when there is none.
    public let headerLine: Int?
    /// The root element of XML.
    public let root: String?
    /// The columns that the mapping reads and a file may lack, as this one does.
    public let lacking: [String]
    public var isCompressed = false

    init(encoding: String, delimiter: UInt8?, columns: Int?, headerLine: Int?, lacking: [String]) {
        self.lacking = lacking
        self.encoding = encoding
        self.delimiter = delimiter
        self.columns = columns
        self.headerLine = headerLine
        root = nil
    }

    /// Of an XML document.
    /// - Parameter start: its first bytes, with all of its declaration.
    init(root: String, start: [UInt8]) {
        encoding = ExportForm.encoding(start)
        self.root = root
        delimiter = nil
        columns = nil
        headerLine = nil
        lacking = []
    }

    public var description: String {
        var parts = isCompressed ? ["gzip", encoding] : [encoding]
        if let root { parts.append("<\(root)>") }
        if let columns {
            if columns > 1, let delimiter {
                parts.append(delimiter == 0x09 ? "tab" : "\"\(UnicodeScalar(delimiter))\"")
            }
            parts.append(columns == 1 ? "1 column" : "\(columns) columns")
            if headerLine != 1 { parts.append(headerLine.map { "header on line \($0)" } ?? "no header") }
        }
        if !lacking.isEmpty { parts.append("without \(lacking.joined(separator: " and "))") }
        return parts.joined(separator: ", ")
    }

    private static func encoding(_ start: [UInt8]) -> String {
        if start.starts(with: [0xEF, 0xBB, 0xBF]) { return "UTF-8 with byte order mark" }
        if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF]) {
            return "UTF-16 with byte order mark"
        }
        let text = String(decoding: start, as: UTF8.self)
        let declaration = text.prefix { $0 != ">" }
        guard text.hasPrefix("<?xml"),
            let declared = declaration.firstMatch(of: /\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']/)
        else { return "UTF-8" }
        return String(declared.1)
    }
}

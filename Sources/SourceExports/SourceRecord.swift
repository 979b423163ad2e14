/// What a record element looks like and which of its fields the mapping reads.
public struct RecordShape: Sendable, Hashable {
    /// The element name; records are the children of the document's root. Without meaning for CSV.
    public let element: String
    /// `@name` is an attribute of the record, `name` the text of a child, `name/@other` an attribute of a child. For CSV the
    /// names of columns.
    public let fields: [String]

    public init(element: String, fields: [String]) {
        self.element = element
        self.fields = fields
    }
}

/// One record of an export, before any meaning is given to it. Its fields are valid only while it is being handed over.
public struct SourceRecord {
    /// Index of its shape.
    public let shape: Int
    /// The line on which its start tag ends, or its row begins, from 1.
    public let line: Int
    let bytes: UnsafeRawBufferPointer
    let spans: UnsafeBufferPointer<FieldSpan>

    /// The decoded text of a field, trimmed of white space; nil when the record does not have it or it is empty.
    public subscript(field: Int) -> UnsafeRawBufferPointer? {
        let span = spans[field]
        guard span.length > 0 else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[span.start..<span.start + span.length])
    }
}

struct FieldSpan {
    var start = 0
    var length = 0
    var isSet = false

    /// Narrows the span to what lies between white space.
    mutating func trim(_ bytes: UnsafeRawBufferPointer) {
        while length > 0, FieldSpan.isSpace(bytes[start]) {
            start += 1
            length -= 1
        }
        while length > 0, FieldSpan.isSpace(bytes[start + length - 1]) { length -= 1 }
    }

    @inline(__always)
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}

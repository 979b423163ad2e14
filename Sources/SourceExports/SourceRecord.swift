/// One record of an export, before any meaning is given to it. Its fields are valid only while it is being handed over.
public struct SourceRecord {
    /// Index of its shape, counted over all documents.
    public let shape: Int
    /// The line on which its start tag ends, or its row begins, from 1.
    public let line: Int
    let bytes: UnsafeRawBufferPointer
    let spans: UnsafeBufferPointer<FieldSpan>
    /// The occurrences of timelines, in the order of the document; their spans stand one after another.
    let occurrences: UnsafeBufferPointer<Int>
    let occurrenceSpans: UnsafeBufferPointer<FieldSpan>

    init(
        shape: Int, line: Int, bytes: UnsafeRawBufferPointer, spans: UnsafeBufferPointer<FieldSpan>,
        occurrences: UnsafeBufferPointer<Int> = .init(start: nil, count: 0),
        occurrenceSpans: UnsafeBufferPointer<FieldSpan> = .init(start: nil, count: 0)
    ) {
        self.shape = shape
        self.line = line
        self.bytes = bytes
        self.spans = spans
        self.occurrences = occurrences
        self.occurrenceSpans = occurrenceSpans
    }

    /// This record with another number of its shape.
    public func numbered(_ shape: Int) -> SourceRecord {
        SourceRecord(
            shape: shape, line: line, bytes: bytes, spans: spans, occurrences: occurrences,
            occurrenceSpans: occurrenceSpans)
    }

    /// The decoded text of a field, trimmed of white space; nil when the record does not have it or it is empty. The fields
    /// of timelines are absent but in what ``with(_:_:)`` hands over.
    public subscript(field: Int) -> UnsafeRawBufferPointer? {
        text(spans[field])
    }

    /// Whether the record has the field at all, and be it empty.
    public func names(_ field: Int) -> Bool {
        spans[field].isSet
    }

    /// How many occurrences its timelines have, all together.
    public var occurrenceCount: Int {
        occurrences.count
    }

    /// To which timeline an occurrence belongs.
    public func timeline(ofOccurrence occurrence: Int) -> Int {
        occurrences[occurrence]
    }

    /// A field of one occurrence.
    public func field(_ field: Int, ofOccurrence occurrence: Int) -> UnsafeRawBufferPointer? {
        text(occurrenceSpans[occurrence * spans.count + field])
    }

    /// Calls `body` with this record as it is while the named occurrences hold, of each timeline one at most.
    public func with<Result>(_ occurrences: [Int], _ body: (SourceRecord) throws -> Result) rethrows -> Result {
        var chosen = Array(spans)
        for occurrence in occurrences {
            for field in chosen.indices {
                let span = occurrenceSpans[occurrence * spans.count + field]
                if span.length > 0 { chosen[field] = span }
            }
        }
        return try chosen.withUnsafeBufferPointer {
            try body(SourceRecord(shape: shape, line: line, bytes: bytes, spans: $0))
        }
    }

    private func text(_ span: FieldSpan) -> UnsafeRawBufferPointer? {
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

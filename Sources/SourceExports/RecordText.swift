/// The texts of a record, kept beyond the moment in which it is handed over.
public struct RecordText: Hashable {
    /// By field; nil for what the record does not have.
    public var fields: [[UInt8]?]
    /// The occurrences of its timelines.
    public var occurrences: [Occurrence]

    public struct Occurrence: Hashable {
        public let timeline: Int
        /// By field; nil for those of others, and what it does not have.
        public var fields: [[UInt8]?]

        public init(timeline: Int, fields: [[UInt8]?]) {
            (self.timeline, self.fields) = (timeline, fields)
        }
    }

    public init(fields: [[UInt8]?], occurrences: [Occurrence]) {
        (self.fields, self.occurrences) = (fields, occurrences)
    }

    public init(_ record: SourceRecord) {
        let indices = record.spans.indices
        fields = indices.map { record[$0].map(Array.init) }
        occurrences = (0..<record.occurrenceCount).map { occurrence in
            Occurrence(
                timeline: record.timeline(ofOccurrence: occurrence),
                fields: indices.map { record.field($0, ofOccurrence: occurrence).map(Array.init) })
        }
    }

    /// Calls `body` with these texts as a record.
    /// - Parameters:
    ///   - shape: the number of its shape.
    ///   - line: where it stands.
    public func withRecord<Result>(
        shape: Int, line: Int, _ body: (SourceRecord) throws -> Result
    ) rethrows -> Result {
        var bytes: [UInt8] = []
        func span(_ text: [UInt8]?) -> FieldSpan {
            guard let text else { return FieldSpan() }
            defer { bytes += text }
            return FieldSpan(start: bytes.count, length: text.count, isSet: true)
        }
        let spans = fields.map(span)
        let occurrenceSpans = occurrences.flatMap { $0.fields.map(span) }
        let timelines = occurrences.map(\.timeline)
        return try bytes.withUnsafeBytes { bytes in
            try spans.withUnsafeBufferPointer { spans in
                try timelines.withUnsafeBufferPointer { timelines in
                    try occurrenceSpans.withUnsafeBufferPointer { occurrenceSpans in
                        try body(
                            SourceRecord(
                                shape: shape, line: line, bytes: bytes, spans: spans, occurrences: timelines,
                                occurrenceSpans: occurrenceSpans))
                    }
                }
            }
        }
    }
}

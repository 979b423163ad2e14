/// What a record element looks like and which of its fields the mapping reads.
public struct RecordShape: Sendable, Hashable {
    /// For XML the names of the elements from below the root to the record: `a`, `a/b`, `a//b` for b at any depth in a, `.`
    /// for the root itself. Without meaning for CSV.
    public let element: String
    /// For XML as ``FieldPath`` reads them, for CSV the names of columns.
    public let fields: [String]
    /// Elements beneath the record that may stand in it many times, each time with days of its own. The fields that begin
    /// with one of these and `/` are read anew for each. XML only.
    public let timelines: [String]

    public init(element: String, fields: [String], timelines: [String] = []) {
        self.element = element
        self.fields = fields
        self.timelines = timelines
    }

    /// The timeline to which a field belongs; nil for the others.
    public func timeline(ofField field: Int) -> Int? {
        timelines.firstIndex { fields[field].hasPrefix($0 + "/") }
    }
}

/// What the documents of one root element hold.
public struct DocumentShape: Sendable, Hashable {
    public let root: String
    public let records: [RecordShape]

    public init(root: String, records: [RecordShape]) {
        self.root = root
        self.records = records
    }
}

/// A scope whose element is open: the text of its fields as far as it was read.
///
/// Memory is taken once for each depth of nesting and used again; pages that are not written to cost nothing.
struct OpenScope {
    let text: UnsafeMutableRawBufferPointer
    let spans: UnsafeMutablePointer<FieldSpan>
    /// How often each node occurred.
    let seen: UnsafeMutablePointer<Int32>
    /// The slots that a record within asked for when they were not there yet.
    let missed: UnsafeMutablePointer<Bool>
    var scope = 0
    /// How deep its element stands.
    var depth = 0
    var line = 0
    var count = 0
    /// The timelines of the occurrences so far, and the spans of each, one after another.
    var occurrences: [Int] = []
    var occurrenceSpans: [FieldSpan] = []

    init(slots: Int, nodes: Int) {
        text = .allocate(byteCount: XMLExportReader.recordBytesMax, alignment: 8)
        spans = .allocate(capacity: slots)
        seen = .allocate(capacity: nodes)
        missed = .allocate(capacity: slots)
    }

    func deallocate() {
        text.deallocate()
        spans.deallocate()
        seen.deallocate()
        missed.deallocate()
    }

    mutating func open(_ scope: Int, depth: Int, line: Int, slots: Int, nodes: Int) {
        self.scope = scope
        self.depth = depth
        self.line = line
        count = 0
        spans.initialize(repeating: FieldSpan(), count: slots)
        seen.initialize(repeating: 0, count: nodes)
        missed.initialize(repeating: false, count: slots)
        if !occurrences.isEmpty {
            occurrences.removeAll(keepingCapacity: true)
            occurrenceSpans.removeAll(keepingCapacity: true)
        }
    }

    /// False when there is no room.
    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard count + bytes.count <= text.count else { return false }
        UnsafeMutableRawBufferPointer(rebasing: text[count..<count + bytes.count]).copyMemory(from: bytes)
        count += bytes.count
        return true
    }

    func bytes(_ span: FieldSpan) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: text[span.start..<span.start + span.length])
    }
}

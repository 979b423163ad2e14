import CLibXML2
import OrganisationModel

/// Reads the records of an XML document as a stream, in constant memory, with libxml2's SAX2 interface.
///
/// Nothing is resolved or fetched: any document type declaration is refused, and so are encodings that HR systems do not
/// write. Limits hold before libxml2 sees the bytes where its own are too generous.
public struct XMLExportReader {
    /// The bytes of one start tag; libxml2's work on attributes grows with their square.
    static let startTagBytesMax = 64 * 1024
    /// The text of one record; the largest real records hold a few kilobytes.
    static let recordBytesMax = 4 * 1024 * 1024
    /// How much of a file is read at a time.
    static let chunkSize = 64 * 1024
    /// Elements inside elements; real exports nest at most ten deep.
    static let depthMax = 256

    private let plans: [DocumentPlan]

    /// - Parameter documents: what may come, told apart by their root elements. Shapes are numbered over all of them.
    public init(_ documents: [DocumentShape]) {
        var shapes = 0
        plans = documents.map { document in
            defer { shapes += document.records.count }
            return DocumentPlan(document, firstShape: shapes)
        }
    }

    public init(root: String, shapes: [RecordShape]) {
        self.init([DocumentShape(root: root, records: shapes)])
    }

    /// Reads no further than to the root element.
    /// - Returns: which of the documents it is; nil when that cannot be told.
    public func document(from fill: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) -> Int? {
        let run = XMLReading(plans: plans, isPeek: true, fill: fill) { _ in }
        _ = try? run.parse()
        return run.document
    }

    /// Reads the whole document.
    /// - Parameters:
    ///   - fill: puts the next bytes into the buffer and answers how many; 0 at the end.
    ///   - body: receives each record at its end, so one within another comes first; what it throws ends the reading.
    /// - Returns: which of the documents it was.
    /// - Throws: ``ExportProblem`` when the document cannot be read to its end, or what `fill` or `body` threw.
    @discardableResult
    public func read(
        from fill: @escaping (UnsafeMutableRawBufferPointer) throws -> Int,
        _ body: @escaping (SourceRecord) throws -> Void
    ) throws -> Int {
        try withoutActuallyEscaping(fill) { fill in
            try withoutActuallyEscaping(body) { body in
                let run = XMLReading(plans: plans, fill: fill, body: body)
                return try run.parse()
            }
        }
    }
}

/// One reading of one document: the state behind libxml2's callbacks.
private final class XMLReading: XMLParsing {
    private struct Frame {
        let state: Unmanaged<ElementState>?
        /// Where its text begins in the run; -1 when it is no field.
        var start: Int
    }

    private let plans: [DocumentPlan]
    private let isPeek: Bool
    private let body: (SourceRecord) throws -> Void

    /// Which of the documents this is; known with the root element.
    private(set) var document: Int?
    private var plan: DocumentPlan?
    private var states: ElementStates?
    private var rootState: ElementState?
    private var depth = 0
    private let frames: UnsafeMutablePointer<Frame>
    private let open: UnsafeMutablePointer<OpenScope>
    private var openCount = 0
    private var allocatedCount = 0
    /// The text in all open scopes.
    private var openBytes = 0
    /// The text of a field, and of the fields within it, gathers once, in the scope that was innermost when it began.
    private var runScope = 0
    private var runDepth = 0

    init(
        plans: [DocumentPlan], isPeek: Bool = false, fill: @escaping (UnsafeMutableRawBufferPointer) throws -> Int,
        body: @escaping (SourceRecord) throws -> Void
    ) {
        self.plans = plans
        self.isPeek = isPeek
        self.body = body
        frames = .allocate(capacity: XMLExportReader.depthMax + 1)
        // An element opens a scope for each record path that ends there, and one as an ancestor.
        let scopesMax = plans.map(\.scopes.count).max() ?? 0
        open = .allocate(capacity: XMLExportReader.depthMax * max(1, scopesMax))
        super.init(fill)
    }

    deinit {
        for index in 0..<allocatedCount { open[index].deallocate() }
        open.deinitialize(count: allocatedCount)
        open.deallocate()
        frames.deallocate()
    }

    // MARK: Parsing

    /// - Returns: which of the documents it was.
    func parse() throws -> Int {
        try parse(XMLReading.handler())
        guard let document else {
            throw ExportProblem(rule: .truncated, line: 0, message: "The document ends before it is complete.")
        }
        return document
    }

    /// The parser holds no reference; whoever parses does.
    @inline(__always)
    private static func with(_ context: UnsafeMutableRawPointer?, _ body: (XMLReading) -> Void) {
        guard let context else { return }
        Unmanaged<XMLReading>.fromOpaque(context)._withUnsafeGuaranteedRef(body)
    }

    private static func handler() -> xmlSAXHandler {
        var handler = xmlSAXHandler()
        handler.startElementNs = { context, name, _, _, _, _, attributeCount, _, attributes in
            guard let name else { return }
            XMLReading.with(context) { $0.startElement(name, Int(attributeCount), attributes) }
        }
        handler.endElementNs = { context, _, _, _ in XMLReading.with(context) { $0.endElement() } }
        handler.characters = { context, bytes, count in
            guard let bytes else { return }
            XMLReading.with(context) { $0.characters(bytes, Int(count)) }
        }
        handler.ignorableWhitespace = handler.characters
        handler.cdataBlock = handler.characters
        return handler
    }

    // MARK: Elements

    private func startElement(_ name: Name, _ attributeCount: Int, _ attributes: Attributes) {
        guard failure == nil else { return }
        depth += 1
        guard depth <= XMLExportReader.depthMax else {
            return fail(.tooLarge, "Elements are nested more than \(XMLExportReader.depthMax) deep.")
        }
        let state = depth == 1 ? begin(name) : frames[depth - 1].state.flatMap { child(name, of: $0) }
        frames[depth] = Frame(state: state, start: -1)
        state?._withUnsafeGuaranteedRef { enter($0, attributeCount, attributes) }
    }

    @inline(__always)
    private func child(_ name: Name, of state: Unmanaged<ElementState>) -> Unmanaged<ElementState>? {
        guard let states else { return nil }
        return state._withUnsafeGuaranteedRef { $0.child(name, states) }
    }

    private func begin(_ name: Name) -> Unmanaged<ElementState>? {
        guard let found = plans.firstIndex(where: { ElementState.equal(name, $0.root) }) else {
            let known = plans.map { "<\($0.root)>" }.joined(separator: ", ")
            fail(.wrongRoot, "The root element is not \(known): this is no export of the mapping's format.")
            return nil
        }
        let states = ElementStates(plans[found])
        let root = states.root()
        (document, plan, self.states, rootState) = (found, plans[found], states, root)
        if isPeek { fail(CancellationError()) }
        return Unmanaged.passUnretained(root)
    }

    @inline(__always)
    private func enter(_ state: ElementState, _ attributeCount: Int, _ attributes: Attributes) {
        if !state.opens.isEmpty { openScopes(state.opens) }
        for field in state.counted { open[openCount - 1 - field.up].seen[field.node] += 1 }
        if attributeCount > 0, state.hasAttributes { take(state.attributes, attributeCount, attributes) }
        for field in state.texts where open[openCount - 1 - field.up].seen[field.node] == field.number {
            if runDepth == 0 { runScope = openCount - 1 }
            runDepth += 1
            frames[depth].start = open[runScope].count
            break
        }
    }

    private func openScopes(_ scopes: [Int]) {
        guard let plan else { return }
        for scope in scopes {
            if openCount == allocatedCount {
                (open + openCount).initialize(
                    to: OpenScope(slots: plan.slotCountMax, nodes: plan.nodeCountMax))
                allocatedCount += 1
            }
            open[openCount].open(
                scope, depth: depth, line: line, slots: plan.scopes[scope].slotCount,
                nodes: plan.scopes[scope].nodes.count)
            openCount += 1
        }
    }

    private func take(_ wanted: [ElementState.AttributeField], _ count: Int, _ attributes: Attributes) {
        guard let attributes else { return }
        for attribute in wanted {
            let target = openCount - 1 - attribute.field.up
            guard open[target].seen[attribute.field.node] == attribute.field.number else { continue }
            for index in 0..<count {
                guard let found = attributes[index * 5], ElementState.equal(found, attribute.name),
                    let begin = attributes[index * 5 + 3], let end = attributes[index * 5 + 4]
                else { continue }
                let start = open[target].count
                append(attributeValue: UnsafeBufferPointer(start: begin, count: end - begin), to: target)
                set(attribute.field.slot, start: start, in: target)
                break
            }
        }
    }

    /// Without entity substitution libxml2 hands over every ampersand of an attribute value as `&#38;`.
    private func append(attributeValue value: UnsafeBufferPointer<xmlChar>, to scope: Int) {
        var rest = value[...]
        while let ampersand = rest.firstIndex(of: 0x26) {
            append(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: rest[...ampersand])), to: scope)
            rest = rest[(ampersand + 1)...]
            if rest.starts(with: "#38;".utf8) { rest = rest.dropFirst(4) }
        }
        append(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: rest)), to: scope)
    }

    @inline(__always)
    private func append(_ bytes: UnsafeRawBufferPointer, to scope: Int) {
        openBytes += bytes.count
        guard openBytes <= XMLExportReader.recordBytesMax, open[scope].append(bytes) else {
            return fail(.tooLarge, "A record holds more than \(XMLExportReader.recordBytesMax) bytes of text.")
        }
    }

    private func characters(_ bytes: Name, _ count: Int) {
        // Text of deeper elements inside a field belongs to it (mixed content).
        guard runDepth > 0, failure == nil else { return }
        append(UnsafeRawBufferPointer(start: bytes, count: count), to: runScope)
    }

    /// The field of an open scope that was just read is what stands there from `start` on.
    private func set(_ slot: Int, start: Int, in scope: Int) {
        var span = FieldSpan(start: start, length: open[scope].count - start, isSet: true)
        span.trim(UnsafeRawBufferPointer(open[scope].text))
        open[scope].spans[slot] = span
        if open[scope].missed[slot] {
            fail(
                .lateField,
                "A field that the mapping reads for records comes behind them, in the element that holds them. Ask the source "
                    + "to write it before them.")
        }
    }

    private func endElement() {
        guard failure == nil else { return }
        let frame = frames[depth]
        frame.state?._withUnsafeGuaranteedRef { state in
            if frame.start >= 0 { leave(state, start: frame.start) }
            if !state.opens.isEmpty { closeScopes(state.opens.count) }
        }
        depth -= 1
        if depth == 0 { sawRootEnd = true }
    }

    @inline(__always)
    private func leave(_ state: ElementState, start: Int) {
        for field in state.texts {
            let target = openCount - 1 - field.up
            guard open[target].seen[field.node] == field.number else { continue }
            var from = start
            if target != runScope {
                from = open[target].count
                let text = open[runScope].text
                append(UnsafeRawBufferPointer(rebasing: text[start..<open[runScope].count]), to: target)
            }
            set(field.slot, start: from, in: target)
        }
        runDepth -= 1
    }

    // MARK: Scopes

    private func closeScopes(_ count: Int) {
        for _ in 0..<count {
            guard failure == nil, let plan else { return }
            let scope = plan.scopes[open[openCount - 1].scope]
            switch scope.role {
            case .record(let shape):
                for field in scope.inherited { inherit(field) }
                handOver(shape, scope.slotCount)
            case .occurrence(let timeline, let record): addOccurrence(timeline, record, scope.slotCount)
            case .ancestor: break
            }
            openCount -= 1
            openBytes -= open[openCount].count
        }
    }

    /// Copies a field of an element around the record.
    private func inherit(_ field: (slot: Int, scope: Int, slotThere: Int, isFromRoot: Bool)) {
        let record = openCount - 1
        // The root is the outermost of its name.
        let order =
            field.isFromRoot
            ? stride(from: 0, through: record - 1, by: 1) : stride(from: record - 1, through: 0, by: -1)
        for outer in order
        where open[outer].scope == field.scope && open[outer].depth < open[record].depth {
            let span = open[outer].spans[field.slotThere]
            if !span.isSet { open[outer].missed[field.slotThere] = true }
            return copy(span, from: outer, to: record) { open[record].spans[field.slot] = $0 }
        }
    }

    private func copy(_ span: FieldSpan, from: Int, to: Int, _ store: (FieldSpan) -> Void) {
        let start = open[to].count
        append(open[from].bytes(span), to: to)
        store(FieldSpan(start: start, length: span.length, isSet: span.isSet))
    }

    private func addOccurrence(_ timeline: Int, _ recordScope: Int, _ slotCount: Int) {
        let occurrence = openCount - 1
        guard
            let record = stride(from: occurrence - 1, through: 0, by: -1).first(where: { open[$0].scope == recordScope }
            )
        else { return }
        open[record].occurrences.append(timeline)
        for slot in 0..<slotCount {
            copy(open[occurrence].spans[slot], from: occurrence, to: record) { open[record].occurrenceSpans.append($0) }
        }
    }

    private func handOver(_ shape: Int, _ slotCount: Int) {
        let record = open[openCount - 1]
        let bytes = UnsafeRawBufferPointer(rebasing: record.text[..<record.count])
        let spans = UnsafeBufferPointer(start: record.spans, count: slotCount)
        do {
            guard !record.occurrences.isEmpty else {
                return try body(SourceRecord(shape: shape, line: record.line, bytes: bytes, spans: spans))
            }
            try record.occurrences.withUnsafeBufferPointer { occurrences in
                try record.occurrenceSpans.withUnsafeBufferPointer { occurrenceSpans in
                    try body(
                        SourceRecord(
                            shape: shape, line: record.line, bytes: bytes, spans: spans, occurrences: occurrences,
                            occurrenceSpans: occurrenceSpans))
                }
            }
        } catch {
            fail(error)
        }
    }
}

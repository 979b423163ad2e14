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
    static let chunkSize = 256 * 1024
    /// Elements inside elements; real exports nest at most ten deep.
    static let depthMax = 256

    private let root: String
    private let shapes: [RecordShape]

    public init(root: String, shapes: [RecordShape]) {
        self.root = root
        self.shapes = shapes
    }

    /// Reads the whole document.
    /// - Parameters:
    ///   - fill: puts the next bytes into the buffer and answers how many; 0 at the end.
    ///   - body: receives each record in the order of the document; what it throws ends the reading.
    /// - Throws: ``ExportProblem`` when the document cannot be read to its end, or what `fill` or `body` threw.
    public func read(
        from fill: @escaping (UnsafeMutableRawBufferPointer) throws -> Int,
        _ body: @escaping (SourceRecord) throws -> Void
    ) throws {
        try withoutActuallyEscaping(fill) { fill in
            try withoutActuallyEscaping(body) { body in
                let run = XMLReading(root: root, shapes: shapes, fill: fill, body: body)
                try run.parse()
            }
        }
    }
}

/// One reading of one document: the state behind libxml2's callbacks.
private final class XMLReading {
    private typealias Name = UnsafePointer<xmlChar>
    private typealias Attributes = UnsafeMutablePointer<UnsafePointer<xmlChar>?>?

    private let root: String
    private let plans: [ElementPlan]
    private let fill: (UnsafeMutableRawBufferPointer) throws -> Int
    private let body: (SourceRecord) throws -> Void
    private var context: xmlParserCtxtPtr?
    private var failure: (any Error)?

    private var depth = 0
    /// The record being read; nil outside of records that the mapping wants.
    private var plan: ElementPlan?
    private var shape = 0
    private var recordLine = 0
    private var nextChild = 0
    private var openSlot = -1
    private let text: UnsafeMutableRawBufferPointer
    private var textCount = 0
    private let spans: UnsafeMutableBufferPointer<FieldSpan>
    private var sawRootEnd = false

    /// libxml2 asks for 4,000 bytes at a time; the file is read in larger pieces.
    private let chunk: UnsafeMutableRawBufferPointer
    private var chunkStart = 0
    private var chunkEnd = 0
    private var guardian = StartTagGuard()
    private var isFirst = true

    init(
        root: String, shapes: [RecordShape], fill: @escaping (UnsafeMutableRawBufferPointer) throws -> Int,
        body: @escaping (SourceRecord) throws -> Void
    ) {
        self.root = root
        plans = shapes.map(ElementPlan.init)
        self.fill = fill
        self.body = body
        // Pages that are not written to cost nothing.
        text = .allocate(byteCount: XMLExportReader.recordBytesMax, alignment: 8)
        spans = .allocate(capacity: max(1, plans.map(\.slotCount).max() ?? 0))
        chunk = .allocate(byteCount: XMLExportReader.chunkSize, alignment: 8)
    }

    deinit {
        text.deallocate()
        spans.deallocate()
        chunk.deallocate()
    }

    // MARK: Parsing

    func parse() throws {
        var handler = XMLReading.handler()
        let me = Unmanaged.passUnretained(self).toOpaque()
        let context = xmlCreateIOParserCtxt(
            &handler, me,
            { me, buffer, count in
                guard let me, let buffer else { return -1 }
                let target = UnsafeMutableRawBufferPointer(start: buffer, count: Int(count))
                return Unmanaged<XMLReading>.fromOpaque(me)._withUnsafeGuaranteedRef { $0.read(target) }
            }, nil, me, XML_CHAR_ENCODING_NONE)
        guard let context else {
            throw failure
                ?? ExportProblem(rule: .unreadable, line: 0, message: "The file could not be read.")
        }
        self.context = context
        defer { xmlFreeParserCtxt(context) }
        xmlCtxtUseOptions(context, Int32(XML_PARSE_NONET.rawValue))
        let status = xmlParseDocument(context)
        if let failure { throw failure }
        guard status == 0, sawRootEnd else {
            throw ExportProblem(
                rule: .truncated, line: line, message: "The document ends before it is complete.")
        }
        if guardian.hasNUL {
            throw ExportProblem(
                rule: .notWellFormed, line: line, message: "A NUL character stands behind the end of the document.")
        }
    }

    private var line: Int {
        guard let input = context?.pointee.input else { return 0 }
        return Int(input.pointee.line)
    }

    private func fail(_ rule: Rule, _ message: String) {
        fail(ExportProblem(rule: rule, line: line, message: message))
    }

    private func fail(_ error: any Error) {
        if failure == nil { failure = error }
        if let context { xmlStopParser(context) }
    }

    /// libxml2 does not wait for the rest of a token that a short read cuts, so only the end may be short.
    private func read(_ target: UnsafeMutableRawBufferPointer) -> Int32 {
        guard failure == nil else { return -1 }
        var count = 0
        while count < target.count {
            if chunkStart == chunkEnd {
                guard refill() else { return -1 }
                if chunkEnd == 0 { break }
            }
            let piece = min(target.count - count, chunkEnd - chunkStart)
            UnsafeMutableRawBufferPointer(rebasing: target[count...])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: chunk[chunkStart..<chunkStart + piece]))
            chunkStart += piece
            count += piece
        }
        return Int32(count)
    }

    /// Reads the next chunk; false when that failed.
    private func refill() -> Bool {
        do {
            chunkStart = 0
            chunkEnd = try fill(chunk)
        } catch {
            chunkEnd = 0
            failure = error
            return false
        }
        let bytes = UnsafeRawBufferPointer(rebasing: chunk[..<chunkEnd])
        if isFirst { failure = XMLReading.checkEncoding(bytes) }
        isFirst = false
        if failure == nil { failure = guardian.check(bytes) }
        return failure == nil
    }

    /// Forms of Unicode that libxml2 would guess: UTF-16 without a byte order mark, and UTF-32.
    private static func checkEncoding(_ bytes: UnsafeRawBufferPointer) -> ExportProblem? {
        let first = Array(bytes.prefix(4))
        guard first.count == 4 else { return nil }
        let hasMark = first.starts(with: [0xFF, 0xFE]) || first.starts(with: [0xFE, 0xFF])
        let isRefused = hasMark ? first[2] == 0 && first[3] == 0 : first[0] == 0 || first[1] == 0
        return isRefused ? ExportProblem(rule: .encoding, line: 1, message: encodingMessage) : nil
    }

    private static let encodingMessage =
        "The encoding is not accepted. Use UTF-8, UTF-16 with a byte order mark, ISO-8859-1 or Windows-1252."

    // MARK: Callbacks

    /// The parser holds no reference; whoever parses does.
    @inline(__always)
    private static func with(_ context: UnsafeMutableRawPointer?, _ body: (XMLReading) -> Void) {
        guard let context else { return }
        Unmanaged<XMLReading>.fromOpaque(context)._withUnsafeGuaranteedRef(body)
    }

    private static func handler() -> xmlSAXHandler {
        var handler = xmlSAXHandler()
        handler.initialized = XML_SAX2_MAGIC
        handler.startDocument = { context in XMLReading.with(context) { $0.startDocument() } }
        handler.internalSubset = { context, _, _, _ in
            XMLReading.with(context) {
                $0.fail(
                    .doctype, "A document type declaration is refused. Ask the source for an export without DOCTYPE.")
            }
        }
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
        handler.serror = { context, error in
            guard let error else { return }
            XMLReading.with(context) { $0.report(error.pointee) }
        }
        return handler
    }

    private func report(_ error: xmlError) {
        guard error.level.rawValue >= XML_ERR_ERROR.rawValue, failure == nil else { return }
        let said = error.message.map { String(cString: $0) } ?? "unknown error"
        let message = Masking.redacted(said.split(whereSeparator: \.isNewline).first.map(String.init) ?? said)
        let cut = [
            XML_ERR_DOCUMENT_END, XML_ERR_DOCUMENT_EMPTY, XML_ERR_TAG_NOT_FINISHED, XML_ERR_GT_REQUIRED,
            XML_ERR_CDATA_NOT_FINISHED, XML_ERR_COMMENT_NOT_FINISHED, XML_ERR_SPACE_REQUIRED,
            XML_ERR_ATTRIBUTE_NOT_FINISHED,
        ]
        let atEnd = context.map { context in
            guard let input = context.pointee.input else { return true }
            return input.pointee.cur >= input.pointee.end
        }
        let isCut = atEnd == true && cut.contains { Int32(bitPattern: $0.rawValue) == error.code }
        // A document cut in the middle is told apart, because the remedy is to fetch it again.
        fail(
            isCut
                ? ExportProblem(
                    rule: .truncated, line: Int(error.line),
                    message: "The document breaks off here (\(message)). Fetch or send the file again.")
                : ExportProblem(
                    rule: error.code == Int32(XML_ERR_UNSUPPORTED_ENCODING.rawValue)
                        ? .encoding : .notWellFormed,
                    line: Int(error.line), message: "The document is not well-formed XML: \(message)."))
    }

    /// Judges the decoder that libxml2 really uses: it finds one by itself for a document that names none, and keeps the
    /// name of any encoding but UTF-8 at the input, not at the context.
    private func startDocument() {
        guard let decoder = context?.pointee.input?.pointee.buf?.pointee.encoder else { return }
        let name = decoder.pointee.name.map { String(cString: $0).uppercased() } ?? ""
        let allowed = [
            "UTF-8", "UTF8", "UTF-16", "UTF-16LE", "UTF-16BE", "ISO-8859-1", "WINDOWS-1252", "ASCII", "US-ASCII",
        ]
        if !allowed.contains(name) {
            fail(ExportProblem(rule: .encoding, line: 1, message: XMLReading.encodingMessage))
        }
    }

    private func startElement(_ name: Name, _ attributeCount: Int, _ attributes: Attributes) {
        guard failure == nil else { return }
        depth += 1
        switch depth {
        case 1:
            if !ElementPlan.equal(name, root) {
                fail(.wrongRoot, "The root element is not <\(root)>: this is no export of the mapping's format.")
            }
        case 2: startRecord(name, attributeCount, attributes)
        case 3: startChild(name, attributeCount, attributes)
        case (XMLExportReader.depthMax + 1)...:
            fail(.tooLarge, "Elements are nested more than \(XMLExportReader.depthMax) deep.")
        default: break
        }
    }

    private func startRecord(_ name: Name, _ attributeCount: Int, _ attributes: Attributes) {
        guard let found = plans.firstIndex(where: { $0.isRecord(name) }) else { return }
        let plan = plans[found]
        self.plan = plan
        shape = found
        recordLine = line
        nextChild = 0
        textCount = 0
        for slot in 0..<plan.slotCount { spans[slot] = FieldSpan() }
        take(plan.ownAttributes, attributeCount, attributes)
    }

    private func startChild(_ name: Name, _ attributeCount: Int, _ attributes: Attributes) {
        openSlot = -1
        guard let plan, let child = plan.child(name, expected: nextChild) else { return }
        nextChild = child + 1
        if attributeCount > 0 { take(plan.childAttributes[child], attributeCount, attributes) }
        let slot = plan.textSlots[child]
        // A child that is repeated counts once, the first time.
        if slot >= 0, !spans[slot].isSet {
            openSlot = slot
            spans[slot] = FieldSpan(start: textCount, length: 0, isSet: true)
        }
    }

    private func take(_ wanted: [ElementPlan.WantedAttribute], _ count: Int, _ attributes: Attributes) {
        guard let attributes else { return }
        // The first counts, also where a child stands in the record again: else its text and its attributes would disagree,
        // and their sum would have no bound.
        for (name, slot) in wanted where !spans[slot].isSet {
            for index in 0..<count {
                // libxml2 gives five pointers an attribute: name, prefix, namespace, begin and end of the value.
                guard let found = attributes[index * 5], ElementPlan.equal(found, name),
                    let begin = attributes[index * 5 + 3], let end = attributes[index * 5 + 4]
                else { continue }
                let start = textCount
                append(attributeValue: UnsafeBufferPointer(start: begin, count: end - begin))
                spans[slot] = FieldSpan(start: start, length: textCount - start, isSet: true)
                break
            }
        }
    }

    /// Without entity substitution libxml2 hands over every ampersand of an attribute value as `&#38;`.
    private func append(attributeValue value: UnsafeBufferPointer<xmlChar>) {
        var rest = value[...]
        while let ampersand = rest.firstIndex(of: 0x26) {
            append(UnsafeBufferPointer(rebasing: rest[...ampersand]))
            rest = rest[(ampersand + 1)...]
            if rest.starts(with: "#38;".utf8) { rest = rest.dropFirst(4) }
        }
        append(UnsafeBufferPointer(rebasing: rest))
    }

    @inline(__always)
    private func append(_ bytes: UnsafeBufferPointer<xmlChar>) {
        guard textCount + bytes.count <= text.count else {
            return fail(.tooLarge, "A record holds more than \(XMLExportReader.recordBytesMax) bytes of text.")
        }
        UnsafeMutableRawBufferPointer(rebasing: text[textCount..<textCount + bytes.count])
            .copyMemory(from: UnsafeRawBufferPointer(bytes))
        textCount += bytes.count
    }

    private func characters(_ bytes: Name, _ count: Int) {
        // Text of deeper elements inside a field belongs to it (mixed content).
        guard openSlot >= 0, failure == nil else { return }
        spans[openSlot].length += count
        append(UnsafeBufferPointer(start: bytes, count: count))
    }

    private func endElement() {
        guard failure == nil else { return }
        depth -= 1
        if depth <= 2 { openSlot = -1 }
        switch depth {
        case 0: sawRootEnd = true
        case 1:
            if let plan { handOver(plan) }
            plan = nil
        default: break
        }
    }

    private func handOver(_ plan: ElementPlan) {
        let bytes = UnsafeRawBufferPointer(rebasing: text[..<textCount])
        for slot in 0..<plan.slotCount { spans[slot].trim(bytes) }
        do {
            let record = UnsafeBufferPointer(rebasing: spans[..<plan.slotCount])
            try body(SourceRecord(shape: shape, line: recordLine, bytes: bytes, spans: record))
        } catch {
            fail(error)
        }
    }
}

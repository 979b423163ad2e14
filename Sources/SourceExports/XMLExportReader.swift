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

    /// A field that is the text of a child element, or one of a child's attributes. Names are interned by libxml2, so after
    /// the first sight of an element its name is compared as a pointer.
    private struct Child {
        let name: String
        let slot: Int?
        let attributes: [(name: String, slot: Int)]
        var interned: Name?
    }

    private struct Shape {
        let element: String
        let ownAttributes: [(name: String, slot: Int)]
        var children: [Child]
        let slotCount: Int
        var interned: Name?
    }

    private let root: String
    private var shapes: [Shape]
    private let fill: (UnsafeMutableRawBufferPointer) throws -> Int
    private let body: (SourceRecord) throws -> Void
    private var context: xmlParserCtxtPtr?
    private var failure: (any Error)?

    private var depth = 0
    private var current = -1
    private var recordLine = 0
    private var nextChild = 0
    private var openSlot = -1
    private var text: [UInt8] = []
    private var spans: [FieldSpan] = []
    private var sawRootEnd = false
    private var guardian = StartTagGuard()
    private var isFirst = true
    private var isAtEnd = false

    init(
        root: String, shapes: [RecordShape],
        fill: @escaping (UnsafeMutableRawBufferPointer) throws -> Int,
        body: @escaping (SourceRecord) throws -> Void
    ) {
        self.root = root
        self.shapes = shapes.map(XMLReading.plan)
        self.fill = fill
        self.body = body
        text.reserveCapacity(64 * 1024)
    }

    private static func plan(_ shape: RecordShape) -> Shape {
        var own: [(String, Int)] = []
        var children: [Child] = []
        for (slot, field) in shape.fields.enumerated() {
            if field.hasPrefix("@") {
                own.append((String(field.dropFirst()), slot))
                continue
            }
            let parts = field.split(separator: "/", maxSplits: 1).map(String.init)
            let known = children.firstIndex { $0.name == parts[0] }
            let isText = parts.count == 1
            let attribute = isText ? [] : [(name: String(parts[1].dropFirst()), slot: slot)]
            if let known {
                let old = children[known]
                children[known] = Child(
                    name: old.name, slot: isText ? slot : old.slot, attributes: old.attributes + attribute)
            } else {
                children.append(Child(name: parts[0], slot: isText ? slot : nil, attributes: attribute))
            }
        }
        return Shape(
            element: shape.element, ownAttributes: own, children: children, slotCount: shape.fields.count)
    }

    // MARK: Parsing

    func parse() throws {
        var handler = XMLReading.handler()
        let me = Unmanaged.passUnretained(self).toOpaque()
        let context = xmlCreateIOParserCtxt(
            &handler, me,
            { me, buffer, count in
                guard let me, let buffer else { return -1 }
                return Unmanaged<XMLReading>.fromOpaque(me).takeUnretainedValue().read(buffer, Int(count))
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

    private func read(_ buffer: UnsafeMutablePointer<CChar>, _ count: Int) -> Int32 {
        guard failure == nil else { return -1 }
        do {
            let target = UnsafeMutableRawBufferPointer(start: buffer, count: count)
            // libxml2 misjudges UTF-16 that comes in pieces smaller than it asks for.
            var got = 0
            while got < count, !isAtEnd {
                let more = try fill(UnsafeMutableRawBufferPointer(rebasing: target[got...]))
                isAtEnd = more == 0
                got += more
            }
            if isFirst, let problem = XMLReading.checkEncoding(target[..<got]) {
                failure = problem
                return -1
            }
            isFirst = false
            if let problem = guardian.check(UnsafeRawBufferPointer(rebasing: target[..<got])) {
                failure = problem
                return -1
            }
            return Int32(got)
        } catch {
            failure = error
            return -1
        }
    }

    /// Forms of Unicode that libxml2 would guess: UTF-16 without a byte order mark, and UTF-32.
    private static func checkEncoding(_ bytes: Slice<UnsafeMutableRawBufferPointer>) -> ExportProblem? {
        let first = Array(bytes.prefix(4))
        guard first.count == 4 else { return nil }
        let hasMark = first.starts(with: [0xFF, 0xFE]) || first.starts(with: [0xFE, 0xFF])
        let isRefused = hasMark ? first[2] == 0 && first[3] == 0 : first[0] == 0 || first[1] == 0
        return isRefused ? ExportProblem(rule: .encoding, line: 1, message: encodingMessage) : nil
    }

    private static let encodingMessage =
        "The encoding is not accepted. Use UTF-8, UTF-16 with a byte order mark, ISO-8859-1 or Windows-1252."

    // MARK: Callbacks

    private static func reading(_ context: UnsafeMutableRawPointer?) -> XMLReading? {
        context.map { Unmanaged<XMLReading>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func handler() -> xmlSAXHandler {
        var handler = xmlSAXHandler()
        handler.initialized = XML_SAX2_MAGIC
        handler.startDocument = { XMLReading.reading($0)?.startDocument() }
        handler.internalSubset = { context, _, _, _ in
            XMLReading.reading(context)?.fail(
                .doctype,
                "A document type declaration is refused. Ask the source for an export without DOCTYPE.")
        }
        handler.startElementNs = { context, name, _, _, _, _, attributeCount, _, attributes in
            guard let name else { return }
            XMLReading.reading(context)?.startElement(name, Int(attributeCount), attributes)
        }
        handler.endElementNs = { context, _, _, _ in XMLReading.reading(context)?.endElement() }
        handler.characters = { context, bytes, count in
            guard let bytes else { return }
            XMLReading.reading(context)?.characters(bytes, Int(count))
        }
        handler.ignorableWhitespace = handler.characters
        handler.cdataBlock = handler.characters
        handler.serror = { context, error in
            guard let error else { return }
            XMLReading.reading(context)?.report(error.pointee)
        }
        return handler
    }

    private func report(_ error: xmlError) {
        guard error.level.rawValue >= XML_ERR_ERROR.rawValue, failure == nil else { return }
        let said = error.message.map { String(cString: $0) } ?? "unknown error"
        let message = said.split(whereSeparator: \.isNewline).first.map(String.init) ?? said
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

    private func startDocument() {
        // Of UTF-8 and UTF-16 the context itself knows the name, of all others only the input.
        guard let context, let declared = context.pointee.encoding ?? context.pointee.input?.pointee.encoding
        else { return }
        let name = String(cString: declared).uppercased()
        let allowed = [
            "UTF-8", "UTF8", "UTF-16", "UTF-16LE", "UTF-16BE", "ISO-8859-1", "WINDOWS-1252", "US-ASCII",
        ]
        if !allowed.contains(name) {
            fail(ExportProblem(rule: .encoding, line: 1, message: XMLReading.encodingMessage))
        }
    }

    private func startElement(
        _ name: Name, _ attributeCount: Int,
        _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) {
        guard failure == nil else { return }
        depth += 1
        switch depth {
        case 1:
            if String(cString: name) != root {
                fail(
                    .wrongRoot,
                    "The root element is not <\(root)>: this is no export of the mapping's format.")
            }
        case 2: startRecord(name, attributeCount, attributes)
        case 3 where current >= 0: startChild(name, attributeCount, attributes)
        case XMLExportReader.depthMax...:
            fail(.tooLarge, "Elements are nested more than \(XMLExportReader.depthMax) deep.")
        default: break
        }
    }

    private func startRecord(
        _ name: Name, _ attributeCount: Int,
        _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) {
        current = -1
        for index in shapes.indices {
            if shapes[index].interned == nil, equal(name, shapes[index].element) {
                shapes[index].interned = name
            }
            if shapes[index].interned == name { current = index }
        }
        guard current >= 0 else { return }
        recordLine = line
        nextChild = 0
        text.removeAll(keepingCapacity: true)
        spans.removeAll(keepingCapacity: true)
        for _ in 0..<shapes[current].slotCount { spans.append(FieldSpan()) }
        take(shapes[current].ownAttributes, attributeCount, attributes)
    }

    private func startChild(
        _ name: Name, _ attributeCount: Int,
        _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) {
        let count = shapes[current].children.count
        openSlot = -1
        // Children mostly come in the order in which the mapping names them, so the next one is tried first.
        for step in 0..<count {
            let index = nextChild + step < count ? nextChild + step : nextChild + step - count
            if shapes[current].children[index].interned == nil,
                equal(name, shapes[current].children[index].name)
            {
                shapes[current].children[index].interned = name
            }
            guard shapes[current].children[index].interned == name else { continue }
            nextChild = index + 1 == count ? 0 : index + 1
            if attributeCount > 0 {
                take(shapes[current].children[index].attributes, attributeCount, attributes)
            }
            // The text begins where the attributes' values end.
            if let slot = shapes[current].children[index].slot, !spans[slot].isSet {
                openSlot = slot
                spans[slot] = FieldSpan(start: text.count, length: 0, isSet: true)
            }
            return
        }
    }

    private func take(
        _ wanted: [(name: String, slot: Int)], _ count: Int,
        _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) {
        guard let attributes else { return }
        // The first counts, also where a child stands in the record again: else its text and its attributes would disagree,
        // and their sum would have no bound.
        for (name, slot) in wanted where !spans[slot].isSet {
            for index in 0..<count {
                // libxml2 gives five pointers an attribute: name, prefix, namespace, begin and end of the value.
                guard let found = attributes[index * 5], equal(found, name),
                    let begin = attributes[index * 5 + 3],
                    let end = attributes[index * 5 + 4]
                else { continue }
                let value = UnsafeBufferPointer(start: begin, count: end - begin)
                let start = text.count
                append(attributeValue: value)
                spans[slot] = FieldSpan(start: start, length: text.count - start, isSet: true)
                break
            }
        }
    }

    /// Without entity substitution libxml2 hands over every ampersand of an attribute value as `&#38;`.
    private func append(attributeValue value: UnsafeBufferPointer<xmlChar>) {
        var rest = value[...]
        while let ampersand = rest.firstIndex(of: 0x26) {
            text.append(contentsOf: rest[...ampersand])
            let after = rest[(ampersand + 1)...]
            rest = after.starts(with: "#38;".utf8) ? after.dropFirst(4) : after
        }
        text.append(contentsOf: rest)
    }

    private func characters(_ bytes: Name, _ count: Int) {
        // Text of deeper elements inside a field belongs to it (mixed content).
        guard openSlot >= 0 else { return }
        text.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
        spans[openSlot].length += count
        if text.count > XMLExportReader.recordBytesMax {
            fail(.tooLarge, "A record holds more than \(XMLExportReader.recordBytesMax) bytes of text.")
        }
    }

    private func endElement() {
        guard failure == nil else { return }
        depth -= 1
        if depth <= 2 { openSlot = -1 }
        switch depth {
        case 0: sawRootEnd = true
        case 1 where current >= 0:
            handOver()
            current = -1
        default: break
        }
    }

    private func handOver() {
        do {
            try text.withUnsafeBytes { bytes in
                for slot in spans.indices { spans[slot].trim(bytes) }
                try spans.withUnsafeBufferPointer { spans in
                    try body(SourceRecord(shape: current, line: recordLine, bytes: bytes, spans: spans))
                }
            }
        } catch {
            fail(error)
        }
    }

    @inline(__always)
    private func equal(_ name: Name, _ text: String) -> Bool {
        var text = text
        return text.withUTF8 { wanted in
            for (index, byte) in wanted.enumerated() where name[index] != byte { return false }
            return name[wanted.count] == 0
        }
    }
}

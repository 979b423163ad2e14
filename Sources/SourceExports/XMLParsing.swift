import CLibXML2
import OrganisationModel

/// One parsing of one XML document of unknown origin, with all that stands between libxml2 and its bytes: nothing is resolved or
/// fetched, any document type declaration and all but a few encodings are refused, and limits hold before libxml2 sees the
/// bytes where its own are too generous.
///
/// Who inherits sets the callbacks of elements and text, for which a call by way of a table would be dear.
class XMLParsing {
    typealias Name = UnsafePointer<xmlChar>
    /// Five pointers an attribute: name, prefix, namespace, begin and end of the value.
    typealias Attributes = UnsafeMutablePointer<UnsafePointer<xmlChar>?>?

    private let fill: (UnsafeMutableRawBufferPointer) throws -> Int
    private var context: xmlParserCtxtPtr?
    /// Why the parsing ended before the document did.
    private(set) final var failure: (any Error)?
    /// Set when the root element ended.
    final var sawRootEnd = false

    /// libxml2 asks for 4,000 bytes at a time; the file is read in larger pieces.
    private let chunk: UnsafeMutableRawBufferPointer
    private var chunkStart = 0
    private var chunkEnd = 0
    private var guardian = StartTagGuard()
    private var isFirst = true
    private static let encodingBytes = 4

    init(_ fill: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) {
        self.fill = fill
        chunk = .allocate(byteCount: XMLExportReader.chunkSize, alignment: 8)
    }

    deinit {
        chunk.deallocate()
    }

    /// Parses to the end of the document.
    /// - Parameter handler: with the callbacks of elements and text; the others are set here.
    /// - Throws: ``ExportProblem`` when that is not possible, or what `fill` or a callback gave to ``fail(_:)``.
    final func parse(_ handler: xmlSAXHandler) throws {
        var handler = XMLParsing.guarded(handler)
        let me = Unmanaged.passUnretained(self).toOpaque()
        let context = xmlCreateIOParserCtxt(
            &handler, me,
            { me, buffer, count in
                guard let me, let buffer else { return -1 }
                let target = UnsafeMutableRawBufferPointer(start: buffer, count: Int(count))
                return Unmanaged<XMLParsing>.fromOpaque(me)._withUnsafeGuaranteedRef { $0.read(target) }
            }, nil, me, XML_CHAR_ENCODING_NONE)
        guard let context else {
            throw failure
                ?? ExportProblem(rule: .unreadable, line: 0, message: "The file could not be read.")
        }
        self.context = context
        defer {
            xmlFreeParserCtxt(context)
            self.context = nil
        }
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

    final var line: Int {
        guard let input = context?.pointee.input else { return 0 }
        return Int(input.pointee.line)
    }

    final func fail(_ rule: Rule, _ message: String) {
        fail(ExportProblem(rule: rule, line: line, message: message))
    }

    final func fail(_ error: any Error) {
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
            (chunkStart, chunkEnd) = (0, 0)
            // What the document begins with tells its encoding, however few bytes come at a time.
            let least = isFirst ? XMLParsing.encodingBytes : 1
            while chunkEnd < least {
                let count = try fill(UnsafeMutableRawBufferPointer(rebasing: chunk[chunkEnd...]))
                if count == 0 { break }
                chunkEnd += count
            }
        } catch {
            chunkEnd = 0
            failure = error
            return false
        }
        let bytes = UnsafeRawBufferPointer(rebasing: chunk[..<chunkEnd])
        if isFirst { failure = XMLParsing.checkEncoding(bytes) }
        isFirst = false
        if failure == nil { failure = guardian.check(bytes) }
        return failure == nil
    }

    /// Forms of Unicode that libxml2 would guess: UTF-16 without a byte order mark, and UTF-32.
    private static func checkEncoding(_ bytes: UnsafeRawBufferPointer) -> ExportProblem? {
        let first = Array(bytes.prefix(encodingBytes))
        guard first.count == encodingBytes else { return nil }
        let hasMark = first.starts(with: [0xFF, 0xFE]) || first.starts(with: [0xFE, 0xFF])
        let isRefused = hasMark ? first[2] == 0 && first[3] == 0 : first[0] == 0 || first[1] == 0
        return isRefused ? ExportProblem(rule: .encoding, line: 1, message: encodingMessage) : nil
    }

    private static let encodingMessage =
        "The encoding is not accepted. Use UTF-8, UTF-16 with a byte order mark, ISO-8859-1 or Windows-1252."

    // MARK: Callbacks

    private static func with(_ context: UnsafeMutableRawPointer?, _ body: (XMLParsing) -> Void) {
        guard let context else { return }
        Unmanaged<XMLParsing>.fromOpaque(context)._withUnsafeGuaranteedRef(body)
    }

    private static func guarded(_ handler: xmlSAXHandler) -> xmlSAXHandler {
        var handler = handler
        handler.initialized = XML_SAX2_MAGIC
        handler.startDocument = { context in XMLParsing.with(context) { $0.startDocument() } }
        handler.internalSubset = { context, _, _, _ in
            XMLParsing.with(context) {
                $0.fail(
                    .doctype, "A document type declaration is refused. Ask the source for an export without DOCTYPE.")
            }
        }
        handler.serror = { context, error in
            guard let error else { return }
            XMLParsing.with(context) { $0.report(error.pointee) }
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
            fail(ExportProblem(rule: .encoding, line: 1, message: XMLParsing.encodingMessage))
        }
    }
}

import CLibXML2
import OrganisationModel

/// Which elements stand where in an XML document of unknown form, and how often: names and counts, no text.
public struct XMLOutline: Sendable {
    /// All elements with one way from the root. An element within another of its own name is one with it.
    public struct Element: Sendable {
        public let name: String
        /// Nil for the root.
        public let parent: Int?
        public internal(set) var children: [Int] = []
        /// Without those that have a prefix.
        public internal(set) var attributes: [String] = []
        public internal(set) var count = 0
        /// The most that stand in one element around them.
        public internal(set) var mostInParent = 0
        public internal(set) var hasText = false
        public internal(set) var hasElements = false
        /// It also stands within itself.
        public internal(set) var isNested = false
        /// The elements beside it that stand before it somewhere.
        public internal(set) var follows: Set<Int> = []
    }

    /// The root first.
    public internal(set) var elements: [Element] = []

    /// More ways than these are no export.
    static let elementsMax = 5000

    /// Reads the whole document.
    /// - Parameter fill: puts the next bytes into the buffer and answers how many; 0 at the end.
    /// - Throws: ``ExportProblem`` when it is no XML, or what `fill` threw.
    public init(from fill: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) throws {
        elements = try OutlineReading(fill).parse()
    }

    /// The names from below the root to an element, as ``RecordShape/element`` reads them; `.` for the root.
    public func path(to element: Int) -> String {
        var text = ""
        var place: Int? = element
        while let current = place, let parent = elements[current].parent {
            let step = elements[current].name
            // What also stands within itself stands at any depth.
            text = (elements[current].isNested ? "//" : "/") + step + text
            place = parent
        }
        if text.isEmpty { return "." }
        return text.hasPrefix("//") ? text : String(text.dropFirst())
    }
}

/// The state behind libxml2's callbacks.
private final class OutlineReading {
    private struct Frame {
        let element: Int
        /// How often each child came.
        var counts: [Int: Int] = [:]
    }

    private let fill: (UnsafeMutableRawBufferPointer) throws -> Int
    private var elements: [XMLOutline.Element] = []
    private var frames: [Frame] = []
    private var failure: (any Error)?
    private var context: xmlParserCtxtPtr?
    private var guardian = StartTagGuard()

    init(_ fill: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) {
        self.fill = fill
    }

    func parse() throws -> [XMLOutline.Element] {
        var handler = Self.handler()
        let me = Unmanaged.passUnretained(self).toOpaque()
        let context = xmlCreateIOParserCtxt(
            &handler, me,
            { me, buffer, count in
                guard let me, let buffer else { return -1 }
                let target = UnsafeMutableRawBufferPointer(start: buffer, count: Int(count))
                return Unmanaged<OutlineReading>.fromOpaque(me)._withUnsafeGuaranteedRef { $0.read(target) }
            }, nil, me, XML_CHAR_ENCODING_NONE)
        guard let context else {
            throw failure ?? ExportProblem(rule: .unreadable, line: 0, message: "The file could not be read.")
        }
        self.context = context
        defer { xmlFreeParserCtxt(context) }
        xmlCtxtUseOptions(context, Int32(XML_PARSE_NONET.rawValue))
        let status = xmlParseDocument(context)
        if let failure { throw failure }
        guard status == 0, !elements.isEmpty else {
            throw ExportProblem(rule: .truncated, line: line, message: "The document ends before it is complete.")
        }
        return elements
    }

    private var line: Int {
        context?.pointee.input.map { Int($0.pointee.line) } ?? 0
    }

    private func fail(_ error: any Error) {
        if failure == nil { failure = error }
        if let context { xmlStopParser(context) }
    }

    /// libxml2 does not wait for the rest of a token that a short read cuts, so only the end may be short.
    private func read(_ target: UnsafeMutableRawBufferPointer) -> Int32 {
        guard failure == nil else { return -1 }
        var count = 0
        do {
            while count < target.count {
                let got = try fill(UnsafeMutableRawBufferPointer(rebasing: target[count...]))
                if got == 0 { break }
                count += got
            }
        } catch {
            failure = error
            return -1
        }
        failure = guardian.check(UnsafeRawBufferPointer(rebasing: target[..<count]))
        return failure == nil ? Int32(count) : -1
    }

    // MARK: Callbacks

    private static func with(_ context: UnsafeMutableRawPointer?, _ body: (OutlineReading) -> Void) {
        guard let context else { return }
        Unmanaged<OutlineReading>.fromOpaque(context)._withUnsafeGuaranteedRef(body)
    }

    private static func handler() -> xmlSAXHandler {
        var handler = xmlSAXHandler()
        handler.initialized = XML_SAX2_MAGIC
        handler.internalSubset = { context, _, _, _ in
            OutlineReading.with(context) { run in
                run.fail(
                    ExportProblem(
                        rule: .doctype, line: run.line,
                        message: "A document type declaration is refused. Ask the source for an export without DOCTYPE."
                    ))
            }
        }
        handler.startElementNs = { context, name, _, _, _, _, count, _, attributes in
            guard let name else { return }
            var names: [String] = []
            if let attributes {
                // Five pointers an attribute: name, prefix, namespace, begin and end of the value.
                for index in 0..<Int(count) where attributes[index * 5 + 1] == nil {
                    if let found = attributes[index * 5] { names.append(String(cString: found)) }
                }
            }
            OutlineReading.with(context) { $0.start(String(cString: name), names) }
        }
        handler.endElementNs = { context, _, _, _ in OutlineReading.with(context) { $0.end() } }
        handler.characters = { context, bytes, count in
            guard let bytes else { return }
            let text = UnsafeBufferPointer(start: bytes, count: Int(count))
            if text.contains(where: { $0 > 0x20 }) { OutlineReading.with(context) { $0.text() } }
        }
        handler.cdataBlock = handler.characters
        handler.serror = { context, error in
            guard let error, error.pointee.level.rawValue >= XML_ERR_ERROR.rawValue else { return }
            let said = error.pointee.message.map { String(cString: $0) } ?? "unknown error"
            let first = said.split(whereSeparator: \.isNewline).first.map(String.init) ?? said
            let line = Int(error.pointee.line)
            OutlineReading.with(context) { run in
                run.fail(
                    ExportProblem(
                        rule: .notWellFormed, line: line,
                        message: "The document is not well-formed XML: \(Masking.redacted(first))."))
            }
        }
        return handler
    }

    private func start(_ name: String, _ attributes: [String]) {
        guard failure == nil else { return }
        guard frames.count < XMLExportReader.depthMax, elements.count < XMLOutline.elementsMax else {
            return fail(
                ExportProblem(
                    rule: .tooLarge, line: line, message: "The document has too many sorts of elements to be an export."
                ))
        }
        let element = element(name)
        elements[element].count += 1
        for attribute in attributes where !elements[element].attributes.contains(attribute) {
            elements[element].attributes.append(attribute)
        }
        if let last = frames.indices.last {
            elements[frames[last].element].hasElements = true
            elements[element].follows.formUnion(frames[last].counts.keys.filter { $0 != element })
            let count = frames[last].counts[element, default: 0] + 1
            frames[last].counts[element] = count
            elements[element].mostInParent = max(elements[element].mostInParent, count)
        }
        frames.append(Frame(element: element))
    }

    private func element(_ name: String) -> Int {
        guard let parent = frames.last?.element else {
            elements.append(XMLOutline.Element(name: name, parent: nil))
            return 0
        }
        // One of its own name around it, but for the root, which is no record among others.
        if let around = frames.dropFirst().last(where: { elements[$0.element].name == name })?.element {
            elements[around].isNested = true
            return around
        }
        if let known = elements[parent].children.first(where: { elements[$0].name == name }) { return known }
        elements.append(XMLOutline.Element(name: name, parent: parent))
        elements[parent].children.append(elements.count - 1)
        return elements.count - 1
    }

    private func text() {
        if let element = frames.last?.element { elements[element].hasText = true }
    }

    private func end() {
        if !frames.isEmpty { frames.removeLast() }
    }
}

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
private final class OutlineReading: XMLParsing {
    private struct Frame {
        let element: Int
        /// How often each child came.
        var counts: [Int: Int] = [:]
    }

    private var elements: [XMLOutline.Element] = []
    private var frames: [Frame] = []

    func parse() throws -> [XMLOutline.Element] {
        try parse(OutlineReading.handler())
        return elements
    }

    // MARK: Callbacks

    private static func with(_ context: UnsafeMutableRawPointer?, _ body: (OutlineReading) -> Void) {
        guard let context else { return }
        Unmanaged<OutlineReading>.fromOpaque(context)._withUnsafeGuaranteedRef(body)
    }

    private static func handler() -> xmlSAXHandler {
        var handler = xmlSAXHandler()
        handler.startElementNs = { context, name, _, _, _, _, count, _, attributes in
            guard let name else { return }
            var names: [String] = []
            if let attributes {
                // Without those that have a prefix.
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
        return handler
    }

    private func start(_ name: String, _ attributes: [String]) {
        guard failure == nil else { return }
        guard frames.count < XMLExportReader.depthMax, elements.count < XMLOutline.elementsMax else {
            return fail(.tooLarge, "The document has too many sorts of elements to be an export.")
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
        if frames.isEmpty { sawRootEnd = true }
    }
}

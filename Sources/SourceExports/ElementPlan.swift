import CLibXML2

/// What to do at each element of one record shape, laid out for the parser's callbacks: flat memory, and names that are
/// compared as pointers once libxml2 has interned them.
final class ElementPlan {
    typealias Name = UnsafePointer<xmlChar>
    typealias WantedAttribute = (name: String, slot: Int)

    let element: String
    let slotCount: Int
    let ownAttributes: [WantedAttribute]
    /// Attributes of each child.
    let childAttributes: [[WantedAttribute]]
    let childCount: Int
    /// The slot of each child's text; -1 when only its attributes are read.
    let textSlots: UnsafeMutablePointer<Int>
    /// The interned name of the record, and of each child, once seen.
    var interned: Name?
    let internedChildren: UnsafeMutablePointer<Name?>
    private let childNames: [String]

    init(_ shape: RecordShape) {
        var own: [WantedAttribute] = []
        var names: [String] = []
        var slots: [Int] = []
        var attributes: [[WantedAttribute]] = []
        for (slot, field) in shape.fields.enumerated() {
            if field.hasPrefix("@") {
                own.append((String(field.dropFirst()), slot))
                continue
            }
            let parts = field.split(separator: "/", maxSplits: 1).map(String.init)
            let child = names.firstIndex(of: parts[0]) ?? names.count
            if child == names.count {
                names.append(parts[0])
                slots.append(-1)
                attributes.append([])
            }
            if parts.count == 1 {
                slots[child] = slot
            } else {
                attributes[child].append((String(parts[1].dropFirst()), slot))
            }
        }
        element = shape.element
        slotCount = shape.fields.count
        ownAttributes = own
        childAttributes = attributes
        childCount = names.count
        childNames = names
        textSlots = .allocate(capacity: max(1, names.count))
        textSlots.initialize(from: slots, count: slots.count)
        internedChildren = .allocate(capacity: max(1, names.count))
        internedChildren.initialize(repeating: nil, count: max(1, names.count))
    }

    deinit {
        textSlots.deallocate()
        internedChildren.deallocate()
    }

    func isRecord(_ name: Name) -> Bool {
        if interned == nil, ElementPlan.equal(name, element) { interned = name }
        return interned == name
    }

    /// The child with this name, tried from `expected` on: children mostly come in the order in which the mapping names
    /// them. Nil when the mapping does not read it.
    func child(_ name: Name, expected: Int) -> Int? {
        var index = expected
        for _ in 0..<childCount {
            if index >= childCount { index = 0 }
            if internedChildren[index] == name { return index }
            index += 1
        }
        // Seen for the first time, or not wanted: a name is interned once, so its text is compared once for each child.
        for index in 0..<childCount
        where internedChildren[index] == nil && ElementPlan.equal(name, childNames[index]) {
            internedChildren[index] = name
            return index
        }
        return nil
    }

    static func equal(_ name: Name, _ text: String) -> Bool {
        var text = text
        return text.withUTF8 { wanted in
            for (index, byte) in wanted.enumerated() where name[index] != byte { return false }
            return name[wanted.count] == 0
        }
    }
}

import CLibXML2

/// What is to be done at an element, for every way to it that means the same: a state of an automaton that is built as
/// documents show which names occur. Names are compared as pointers, because libxml2 interns them. ``ElementStates`` holds
/// them all.
final class ElementState {
    typealias Name = UnsafePointer<xmlChar>

    /// What an open element may still lead to.
    enum Item: Hashable {
        /// A record's scope, when the steps from this one on follow.
        case way(record: Int, step: Int)
        /// A node of a scope that is open, counted from the innermost.
        case node(up: Int, scope: Int, node: Int)
    }

    struct Field {
        let up: Int
        let node: Int
        let slot: Int
        let number: Int32
    }

    struct AttributeField {
        let name: String
        let field: Field
    }

    let items: [Item]
    /// The scopes that the element opens, from the outermost. All else counts with them open.
    let opens: [Int]
    /// The nodes that the element is, whose occurrences are counted.
    let counted: UnsafeMutableBufferPointer<Field>
    let texts: UnsafeMutableBufferPointer<Field>
    let attributes: [AttributeField]
    let hasAttributes: Bool

    // The states of its children by name, tried from the one after the last: children mostly come in the same order.
    private let names: UnsafeMutablePointer<Name>
    private let next: UnsafeMutablePointer<Unmanaged<ElementState>?>
    private var count = 0
    private var last = 0

    /// Beyond this many names the others are looked up each time: a document could make up ever new ones.
    private static let namesMax = 256

    init(items: [Item], opens: [Int], counted: [Field], texts: [Field], attributes: [AttributeField]) {
        self.items = items
        self.opens = opens
        self.counted = .allocate(capacity: counted.count)
        _ = self.counted.initialize(from: counted)
        self.texts = .allocate(capacity: texts.count)
        _ = self.texts.initialize(from: texts)
        self.attributes = attributes
        hasAttributes = !attributes.isEmpty
        names = .allocate(capacity: Self.namesMax)
        next = .allocate(capacity: Self.namesMax)
    }

    deinit {
        counted.deallocate()
        texts.deallocate()
        names.deallocate()
        next.deallocate()
    }

    /// The state of a child; nil when nothing in it matters.
    @inline(__always)
    func child(_ name: Name, _ states: ElementStates) -> Unmanaged<ElementState>? {
        var index = last
        for _ in 0..<count {
            index &+= 1
            if index >= count { index = 0 }
            if names[index] == name {
                last = index
                return next[index]
            }
        }
        return learn(name, states)
    }

    private func learn(_ name: Name, _ states: ElementStates) -> Unmanaged<ElementState>? {
        let state = states.state(under: self, name: String(cString: name)).map { Unmanaged.passUnretained($0) }
        if count < Self.namesMax {
            names[count] = name
            next[count] = state
            last = count
            count += 1
        }
        return state
    }

    static func equal(_ name: Name, _ text: String) -> Bool {
        var text = text
        return text.withUTF8 { wanted in
            for (index, byte) in wanted.enumerated() where name[index] != byte { return false }
            return name[wanted.count] == 0
        }
    }
}

/// The states that a document's elements were found to be in. Equal ones are one, so nesting makes no new ones.
final class ElementStates {
    private let plan: DocumentPlan
    private var known: [[ElementState.Item]: [String: ElementState]] = [:]

    init(_ plan: DocumentPlan) {
        self.plan = plan
    }

    func root() -> ElementState {
        state(
            name: plan.root, ways: plan.records.indices.map { .way(record: $0, step: 0) }, nodes: [], occurrences: [])
            ?? ElementState(items: [], opens: [], counted: [], texts: [], attributes: [])
    }

    func state(under parent: ElementState, name: String) -> ElementState? {
        var ways: [ElementState.Item] = []
        var nodes: [ElementState.Item] = []
        var occurrences: [Int] = []
        for item in parent.items {
            switch item {
            case .way(let record, let step):
                let steps = plan.records[record].steps
                guard step < steps.count else { continue }
                if steps[step].anywhere { ways.append(item) }
                if steps[step].name == name { ways.append(.way(record: record, step: step + 1)) }
            case .node(let up, let scope, let node):
                for child in plan.scopes[scope].nodes[node].children where plan.scopes[scope].nodes[child].name == name
                {
                    nodes.append(.node(up: up, scope: scope, node: child))
                    if let occurrence = plan.scopes[scope].nodes[child].occurrence { occurrences.append(occurrence) }
                }
            }
        }
        return state(name: name, ways: ways, nodes: nodes, occurrences: occurrences)
    }

    private func state(
        name: String, ways: [ElementState.Item], nodes: [ElementState.Item], occurrences: [Int]
    ) -> ElementState? {
        var opens = plan.ancestors.filter { $0.name == name }.map(\.scope)
        for case .way(let record, let step) in ways where step == plan.records[record].steps.count {
            opens.append(plan.records[record].scope)
        }
        opens += occurrences
        guard !(ways.isEmpty && nodes.isEmpty && opens.isEmpty) else { return nil }
        let own = nodes.map { item -> ElementState.Item in
            guard case .node(let up, let scope, let node) = item else { return item }
            return .node(up: up + opens.count, scope: scope, node: node)
        }
        let opened = opens.enumerated().map { index, scope in
            ElementState.Item.node(up: opens.count - 1 - index, scope: scope, node: 0)
        }
        let items = ways + own + opened
        if let state = known[items]?[name] { return state }
        let state = make(items, opens)
        known[items, default: [:]][name] = state
        return state
    }

    private func make(_ items: [ElementState.Item], _ opens: [Int]) -> ElementState {
        var counted: [ElementState.Field] = []
        var texts: [ElementState.Field] = []
        var attributes: [ElementState.AttributeField] = []
        for case .node(let up, let scope, let index) in items {
            let node = plan.scopes[scope].nodes[index]
            guard !node.texts.isEmpty || !node.attributes.isEmpty else { continue }
            counted.append(.init(up: up, node: index, slot: 0, number: 0))
            texts += node.texts.map { .init(up: up, node: index, slot: $0.slot, number: Int32($0.number)) }
            attributes += node.attributes.map {
                .init(name: $0.name, field: .init(up: up, node: index, slot: $0.slot, number: Int32($0.number)))
            }
        }
        return ElementState(items: items, opens: opens, counted: counted, texts: texts, attributes: attributes)
    }
}

/// What is gathered between the start and the end of an element: the fields of a record, of an element around records, or
/// of one occurrence of a timeline.
final class Scope {
    enum Role {
        /// Handed over at its end.
        case record(shape: Int)
        /// Read by records within it.
        case ancestor
        /// Added to the record at its end.
        case occurrence(timeline: Int, record: Int)
    }

    /// An element beneath the scope's own, which is the first node.
    struct Node {
        let name: String
        var children: [Int] = []
        /// The fields that are its text, and which of its occurrences they take.
        var texts: [(slot: Int, number: Int)] = []
        var attributes: [(name: String, slot: Int, number: Int)] = []
        /// The scope that each of its occurrences opens.
        var occurrence: Int?
    }

    let role: Role
    let slotCount: Int
    var nodes = [Node(name: "")]
    /// The fields of a record that lie in an element around it: their slot here, that element's scope and the slot there.
    var inherited: [(slot: Int, scope: Int, slotThere: Int, isFromRoot: Bool)] = []

    init(role: Role, slotCount: Int) {
        self.role = role
        self.slotCount = slotCount
    }

    /// The node at the end of the steps; made when it is missing.
    func node(_ steps: some Sequence<String>) -> Int {
        var node = 0
        for step in steps {
            if let known = nodes[node].children.first(where: { nodes[$0].name == step }) {
                node = known
                continue
            }
            nodes.append(Node(name: step))
            nodes[node].children.append(nodes.count - 1)
            node = nodes.count - 1
        }
        return node
    }

    func add(_ path: FieldPath, slot: Int) {
        let node = node(path.steps)
        if let attribute = path.attribute {
            nodes[node].attributes.append((attribute, slot, path.number))
        } else {
            nodes[node].texts.append((slot, path.number))
        }
    }
}

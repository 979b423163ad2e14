/// The scopes of one document, and where they open.
///
/// Looked at for every record, so passed by reference: copying a struct of arrays counts references for each of them.
final class DocumentPlan {
    let root: String
    private(set) var scopes: [Scope] = []
    /// The way from below the root to each record, with the record's scope.
    private(set) var records: [(steps: [(name: String, anywhere: Bool)], scope: Int)] = []
    /// By the name of the element that opens them, wherever it stands.
    private(set) var ancestors: [(name: String, scope: Int)] = []
    private(set) var slotCountMax = 1
    private(set) var nodeCountMax = 1

    /// - Parameter firstShape: the number of the document's first shape among those of all documents.
    init(_ document: DocumentShape, firstShape: Int) {
        root = document.root
        var ancestorFields: [String: [FieldPath]] = [:]
        for (index, shape) in document.records.enumerated() {
            add(shape, number: firstShape + index, &ancestorFields)
        }
        for (place, ancestor) in ancestors.enumerated() {
            let fields = ancestorFields[ancestor.name] ?? []
            let scope = Scope(role: .ancestor, slotCount: fields.count)
            for (slot, path) in fields.enumerated() { scope.add(path, slot: slot) }
            scopes.append(scope)
            ancestors[place].scope = scopes.count - 1
        }
        for index in scopes.indices {
            scopes[index].inherited = scopes[index].inherited.map {
                ($0.slot, ancestors[$0.scope].scope, $0.slotThere, $0.isFromRoot)
            }
        }
        slotCountMax = max(1, scopes.map(\.slotCount).max() ?? 0)
        nodeCountMax = max(1, scopes.map(\.nodes.count).max() ?? 0)
    }

    private func add(_ shape: RecordShape, number: Int, _ ancestorFields: inout [String: [FieldPath]]) {
        guard let steps = FieldPath.elementSteps(shape.element) else { return }
        let record = Scope(role: .record(shape: number), slotCount: shape.fields.count)
        let recordScope = scopes.count + shape.timelines.count
        let occurrences = shape.timelines.indices.map {
            Scope(role: .occurrence(timeline: $0, record: recordScope), slotCount: shape.fields.count)
        }
        for (slot, field) in shape.fields.enumerated() {
            guard let path = FieldPath(field) else { continue }
            let seen = FieldPath(steps: path.steps, attribute: path.attribute, number: path.number)
            if path.isFromRoot, steps.isEmpty {
                record.add(seen, slot: slot)
            } else if let ancestor = path.isFromRoot ? root : path.ancestor {
                let place = ancestors.firstIndex { $0.name == ancestor } ?? ancestors.count
                if place == ancestors.count { ancestors.append((ancestor, 0)) }
                let slotThere = ancestorFields[ancestor]?.firstIndex(of: seen) ?? ancestorFields[ancestor]?.count ?? 0
                if slotThere == ancestorFields[ancestor]?.count ?? 0 {
                    ancestorFields[ancestor, default: []].append(seen)
                }
                record.inherited.append((slot, place, slotThere, path.isFromRoot))
            } else if let timeline = shape.timeline(ofField: slot) {
                let depth = shape.timelines[timeline].split(separator: "/").count
                let within = FieldPath(
                    steps: Array(path.steps.dropFirst(depth)), attribute: path.attribute, number: path.number)
                occurrences[timeline].add(within, slot: slot)
            } else {
                record.add(path, slot: slot)
            }
        }
        for (timeline, scope) in occurrences.enumerated() {
            let node = record.node(shape.timelines[timeline].split(separator: "/").map(String.init))
            record.nodes[node].occurrence = scopes.count
            scopes.append(scope)
        }
        records.append((steps, scopes.count))
        scopes.append(record)
    }
}

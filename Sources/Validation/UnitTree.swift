import OrganisationModel

/// The line hierarchy as it will be from a day on: every unit with its parent, day by day where it changes.
struct UnitTree {
    struct Node {
        let id: ObjectID
        /// Nil for a unit that is kept although no record names it any more.
        let entry: Organisation.Entry?
        let key: String
        let name: String
        let location: SourceLocation
        let periods: [StatePeriod]
        let isReplaced: Bool

        /// The key and name of the unit, as messages show it.
        var title: String {
            name.isEmpty ? key : "\(key) \(name)"
        }
    }

    let organisation: Organisation
    let parent: Attribute?
    /// In the order of the export, so that findings come in the order of lines.
    let nodes: [Node]
    let index: [ObjectID: Int]
    /// The days on which the hierarchy is judged, ascending.
    let days: [Day]
    private let remedy: String?

    /// - Parameter remedy: what to do about a mistake in the place of correcting a source, when no source made it.
    init(organisation: Organisation, today: Day, remedy: String? = nil) {
        self.organisation = organisation
        self.remedy = remedy
        let schema = organisation.schema[.unit]
        parent = schema.hierarchy
        var nodes: [Node] = []
        for entry in organisation.entries(of: .unit) {
            guard let state = organisation.state(of: entry) else { continue }
            let periods = state.periods(schema).filter { $0.period.to > today }
            guard let last = periods.last else { continue }
            nodes.append(
                Node(
                    id: entry.id, entry: entry, key: organisation.key(of: entry), name: last["name"]?.description ?? "",
                    location: organisation.location(of: entry), periods: periods,
                    isReplaced: organisation.isReplaced(entry.id)))
        }
        for object in organisation.keptWithoutClaims(.unit) {
            let periods = object.state.periods(schema).filter { $0.period.to > today }
            guard let last = periods.last else { continue }
            nodes.append(
                Node(
                    id: object.id, entry: nil, key: object.key, name: last["name"]?.description ?? "",
                    location: SourceLocation(source: object.source, file: "", line: 0), periods: periods,
                    isReplaced: true))
        }
        nodes.sort { left, right in
            (left.location.source, left.location.file, left.location.line, left.key)
                < (right.location.source, right.location.file, right.location.line, right.key)
        }
        self.nodes = nodes
        index = Dictionary(uniqueKeysWithValues: nodes.indices.map { (nodes[$0].id, $0) })
        let begins = nodes.flatMap { $0.periods.map(\.period.from) }.filter { $0 > today }
        days = [today] + Set(begins).sorted()
    }

    /// The parent of each unit in effect on `day`: an index, or nil for a root. Units not in effect are absent.
    func parents(on day: Day) -> [Int: Int?] {
        var result: [Int: Int?] = [:]
        for (number, node) in nodes.enumerated() {
            guard let period = node.periods.first(where: { $0.period.contains(day) }) else { continue }
            guard let parent, case .reference(let id) = period[parent] else {
                result[number] = .some(nil)
                continue
            }
            // An unknown parent is a finding of its own, not another root.
            if let target = index[id] { result[number] = target }
        }
        return result
    }

    /// - Parameter correction: what to do about it in the source.
    func finding(_ rule: Rule, _ node: Node, _ message: String, _ correction: String) -> Finding {
        Finding(
            rule: rule, kind: .unit, key: node.key, location: node.location,
            message: "\(message)\(rule.fate == .block ? " Nothing is published." : "") \(remedy ?? correction)")
    }
}

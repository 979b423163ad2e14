import OrganisationModel
import Yams

// Which units are left out, and which belong to one source alone.
extension ConfigurationReader {
    /// What `scope` and `exclude` of all sources say.
    func scopes(_ sources: [(name: String, node: Node)]) throws -> UnitScopes {
        var excluded: Set<UnitName> = []
        var owners: [UnitName: String] = [:]
        let known = sources.map(\.name)
        for (source, node) in sources {
            let fields = Dictionary(try pairs(node), uniquingKeysWith: { first, _ in first })
            for unit in try fields["exclude"].map({ try units($0, source, known) }) ?? [] { excluded.insert(unit.name) }
            for unit in try fields["scope"].map({ try units($0, source, known) }) ?? [] {
                if let other = owners[unit.name] {
                    throw mistake(
                        unit.node, "unit \(unit.name) is in the scope of \(other) already; a unit belongs to one source"
                    )
                }
                owners[unit.name] = source
            }
        }
        return UnitScopes(excluded: excluded, owners: owners)
    }

    /// Units by the key of the source itself, or as `{SOURCE: KEY}`.
    private func units(_ node: Node, _ source: String, _ known: [String]) throws -> [(name: UnitName, node: Node)] {
        let form = "expected a list of units, such as [\"1300\", {hr: \"2000\"}]"
        guard let list = node.sequence, !list.isEmpty else { throw mistake(node, form) }
        return try list.map { unit in
            if let key = unit.scalar?.string, !key.isEmpty { return (UnitName(source: source, key: key), unit) }
            guard unit.mapping?.count == 1, let (other, key) = try pairs(unit).first,
                !(key.scalar?.string ?? "").isEmpty
            else { throw mistake(unit, form) }
            guard known.contains(other) else {
                throw mistake(unit, "there is no source \(other); known: \(known.joined(separator: ", "))")
            }
            return (UnitName(source: other, key: try text(key)), unit)
        }
    }
}

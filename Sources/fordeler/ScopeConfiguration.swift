import OrganisationModel
import Yams

// Which units are left out, which belong to one source alone, and where a source's own tree stands.
extension ConfigurationReader {
    /// What `scope`, `exclude` and `beneath` of all sources say.
    func scopes(_ sources: [(name: String, node: Node)]) throws -> UnitScopes {
        var excluded: Set<UnitName> = []
        var owners: [UnitName: String] = [:]
        var parents: [String: UnitName] = [:]
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
            if let node = fields["beneath"] {
                guard let parent = try named(node, known), parent.source != source else {
                    throw mistake(node, "expected a unit of another source, such as {hr: \"2000\"}")
                }
                parents[source] = parent
            }
        }
        return UnitScopes(excluded: excluded, owners: owners, parents: parents)
    }

    /// Units by the key of the source itself, or as `{SOURCE: KEY}`.
    private func units(_ node: Node, _ source: String, _ known: [String]) throws -> [(name: UnitName, node: Node)] {
        let form = "expected a list of units, such as [\"1300\", {hr: \"2000\"}]"
        guard let list = node.sequence, !list.isEmpty else { throw mistake(node, form) }
        return try list.map { unit in
            if let key = unit.scalar?.string, !key.isEmpty { return (UnitName(source: source, key: key), unit) }
            guard let name = try named(unit, known) else { throw mistake(unit, form) }
            return (name, unit)
        }
    }

    private func named(_ node: Node, _ known: [String]) throws -> UnitName? {
        guard node.mapping?.count == 1, let (source, key) = try pairs(node).first, let key = key.scalar?.string,
            !key.isEmpty
        else { return nil }
        guard known.contains(source) else {
            throw mistake(node, "there is no source \(source); known: \(known.joined(separator: ", "))")
        }
        return UnitName(source: source, key: key)
    }
}

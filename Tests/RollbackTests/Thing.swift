import OrganisationModel

/// One object as the reference knows it: it has one period, and relations name their target as `kind/key`.
struct Thing: Hashable, CustomStringConvertible {
    var source: String
    var from: Day
    var to: Day
    var fields: [String: String]

    /// The relations of objects, and whether they form the hierarchy.
    private static let relations = ["unit", "person", "engagement"]

    var isDisabled: Bool { fields["disabled"] == "true" }

    /// All that it names but the unit above it.
    var targets: [String] {
        Self.relations.compactMap { fields[$0] }
    }

    func isInEffect(_ day: Day) -> Bool {
        from <= day && day < to
    }

    var description: String {
        let values = fields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        return "\(source) \(from.isFinite ? from.description : "-")..\(to.isFinite ? to.description : "-") \(values)"
    }
}

/// All objects by `kind/key`.
typealias Things = [String: Thing]

/// What differs, object by object, in a form that tells it.
struct ThingChange: Hashable, CustomStringConvertible {
    let before: Thing?
    let after: Thing?

    var description: String {
        "\(before?.description ?? "nothing") -> \(after?.description ?? "nothing")"
    }

    static func between(_ old: Things, _ new: Things) -> [String: ThingChange] {
        var changes: [String: ThingChange] = [:]
        for name in Set(old.keys).union(new.keys) where old[name] != new[name] {
            changes[name] = ThingChange(before: old[name], after: new[name])
        }
        return changes
    }

    /// Whether somebody loses something from a day on: the object, days of it, or the use of an account.
    func losesSomething(from today: Day) -> Bool {
        guard let before else { return false }
        guard let after else { return true }
        let (old, new) = (
            max(before.from, today)..<max(before.to, today), max(after.from, today)..<max(after.to, today)
        )
        if !old.isEmpty, new.isEmpty || old.lowerBound < new.lowerBound || new.upperBound < old.upperBound {
            return true
        }
        return after.isDisabled && !before.isDisabled && old.overlaps(new)
    }
}

extension Things {
    /// What a subscriber of some kinds and attributes sees on a day.
    func seen(on day: Day, kinds: Set<String>, attributes: Set<String>) -> [String: [String: String]] {
        var seen: [String: [String: String]] = [:]
        for (name, thing) in self where kinds.contains(kind(of: name)) && thing.isInEffect(day) {
            seen[name] = thing.fields.filter { attributes.contains($0.key) }
        }
        return seen
    }
}

/// The kind in `kind/key`.
func kind(of name: String) -> String {
    String(name.prefix { $0 != "/" })
}

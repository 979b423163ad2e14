import OrganisationModel

/// The part of a version that a rollback brings back, as somebody asks for it.
struct Part: Hashable {
    /// The number of the unit at the head of a subtree.
    var unit: String?
    var kinds: Set<String>?
    var sources: Set<String>?

    /// The part of `old`, and the rest of `present`.
    func restored(from old: Things, beside present: Things) -> Things {
        let subtree = unit.map { Self.subtree("unit/\($0)", old, present) }
        var result = present
        for name in Set(old.keys).union(present.keys) where subtree?.contains(name) != false {
            guard kinds?.contains(kind(of: name)) != false,
                sources?.contains((old[name] ?? present[name])?.source ?? "") != false
            else { continue }
            result[name] = old[name]
        }
        return result
    }

    private static func subtree(_ unit: String, _ old: Things, _ present: Things) -> Set<String> {
        var members: Set<String> = [unit]
        func grow(_ kinds: Set<String>, _ relation: String) {
            for (name, thing) in Array(old) + Array(present) where kinds.contains(kind(of: name)) {
                if let target = thing.fields[relation], members.contains(target) { members.insert(name) }
            }
        }
        for _ in 0...9 { grow(["unit"], "parent") }
        grow(["engagement", "function"], "unit")
        for (name, thing) in Array(old) + Array(present) where kind(of: name) == "engagement" {
            guard let unit = thing.fields["unit"], members.contains(unit), let person = thing.fields["person"] else {
                continue
            }
            members.insert(person)
        }
        grow(["user"], "person")
        return members
    }
}

extension Things {
    /// Whether all that is named is there, and the units are one tree.
    var fit: Bool {
        for (name, thing) in self {
            if thing.targets.contains(where: { self[$0] == nil }) { return false }
            var (above, seen) = (thing.fields["parent"], Set([name]))
            while let parent = above {
                guard let unit = self[parent], seen.insert(parent).inserted else { return false }
                above = unit.fields["parent"]
            }
        }
        return count { kind(of: $0.key) == "unit" && $0.value.fields["parent"] == nil } <= 1
    }
}

import Distribution
import OrganisationModel
import Storage
import Versioning

/// Where units stand before and after a change, and how many employments they have before it.
struct UnitPaths {
    private struct Unit {
        let name: String
        let parent: ObjectID?
    }

    private var before: [ObjectID: Unit] = [:]
    private var after: [ObjectID: Unit] = [:]
    private var children: [ObjectID: [ObjectID]] = [:]
    private var employments: [ObjectID: Int] = [:]

    /// - Parameter base: the version that the changes are compared with.
    init(_ changes: any ChangeSet, base: Int, day: Day, _ transaction: StateTransaction) throws {
        let (units, engagements) = (transaction.schema[.unit], transaction.schema[.engagement])
        func unit(_ state: ObjectState) -> Unit? {
            state.periods(units).last.map { period in
                var parent: ObjectID?
                if let hierarchy = units.hierarchy, case .reference(let id) = period[hierarchy] { parent = id }
                return Unit(name: period["name"]?.description ?? "", parent: parent)
            }
        }
        if base > 0 {
            try transaction.forEachObject(version: base, kinds: [.unit, .engagement], after: nil) { place, state in
                if place.kind == .unit {
                    before[place.id] = unit(state)
                } else if case .reference(let id) = state.period(on: day, engagements)?["unit"] {
                    employments[id, default: 0] += 1
                }
                return true
            }
        }
        for (id, unit) in before {
            if let parent = unit.parent { children[parent, default: []].append(id) }
        }
        after = before
        try changes.forEach { change in
            if change.kind == .unit { after[change.id] = change.after.flatMap(unit) }
        }
    }

    /// The names from the top to a unit.
    func path(_ id: ObjectID, isAfter: Bool) -> String {
        let units = isAfter ? after : before
        var names: [String] = []
        var seen: Set<ObjectID> = []
        var next: ObjectID? = id
        while let id = next, seen.insert(id).inserted, let unit = units[id] {
            names.append(unit.name)
            next = unit.parent
        }
        return names.reversed().joined(separator: " / ")
    }

    /// The path of the unit above one; empty for a root.
    func pathAbove(_ id: ObjectID, isAfter: Bool) -> String {
        (isAfter ? after : before)[id]?.parent.map { path($0, isAfter: isAfter) } ?? ""
    }

    func name(_ id: ObjectID) -> String {
        (after[id] ?? before[id])?.name ?? ""
    }

    /// These units with all that stood beneath them before, each once.
    func subtree(_ ids: some Sequence<ObjectID>) -> Set<ObjectID> {
        var found: Set<ObjectID> = []
        var rest = Array(ids)
        while let id = rest.popLast() {
            if found.insert(id).inserted { rest += children[id] ?? [] }
        }
        return found
    }

    /// The employments in effect in these units before the change.
    func employments(in ids: some Sequence<ObjectID>) -> Int {
        ids.reduce(0) { $0 + (employments[$1] ?? 0) }
    }
}

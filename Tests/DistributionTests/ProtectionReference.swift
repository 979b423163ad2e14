import ChangeEvents
import OrganisationModel
import RegisterFixtures

/// What a view sees, told without any of the program's own rules.
extension ReferenceRegister {
    private static let relations: [Kind: String] = [.engagement: "person", .user: "person", .function: "engagement"]
    private static let whereabouts: [Kind: Set<String>] = [
        .engagement: ["unit", "phone", "email", "pNumber"], .user: ["email", "phone", "mobile"], .function: ["unit"],
    ]

    /// Everything a view holds at a position, when the log ends at `now`.
    func seen(_ view: View, _ position: Position, now: Position) -> [String: [String: WireValue]] {
        var seen: [String: [String: WireValue]] = [:]
        for (id, object) in versions[position.version] where view.kinds.contains(object.kind) {
            guard let fields = object.fields(on: position.day) else { continue }
            let people = people(fields, id, object.kind, position)
            let isHidden =
                !view.seesProtected
                && people.contains { isProtected($0, position) || isProtected($0, now) }
            let hidden = isHidden ? Self.whereabouts[object.kind] ?? [] : []
            seen["\(object.kind.name)/\(id)"] = WireValue.fields(
                fields.filter { view.attributes.contains($0.attribute.name) && !hidden.contains($0.attribute.name) })
        }
        return seen
    }

    /// Without the whereabouts of whoever was protected in any version on any day: what became of these while they were read
    /// depends on when that was.
    func certain(_ objects: [String: [String: WireValue]]) -> [String: [String: WireValue]] {
        let states = versions.flatMap(\.values)
        let flagged = states.contains {
            $0.kind == .person && $0.periods.contains { $0["addressProtected"] == .flag(true) }
        }
        guard flagged else { return objects }
        return objects.reduce(into: [:]) { result, object in
            let hidden = object.key.split(separator: "/").first.flatMap { Kind(name: String($0)) }.flatMap {
                Self.whereabouts[$0]
            }
            result[object.key] = object.value.filter { hidden?.contains($0.key) != true }
        }
    }

    private func last(_ id: ObjectID, _ version: Int) -> Object? {
        versions[0...version].last { $0[id] != nil }?[id]
    }

    private func relevant(_ object: Object, _ day: Day) -> [[StatePeriod.Field]] {
        object.fields(on: day).map { [$0] } ?? object.periods.map(\.fields)
    }

    private func isProtected(_ person: ObjectID, _ position: Position) -> Bool {
        last(person, position.version).map { person in
            relevant(person, position.day).contains { fields in
                fields.contains { $0.attribute.name == "addressProtected" && $0.value == .flag(true) }
            }
        } ?? false
    }

    private func targets(_ fields: [StatePeriod.Field], _ name: String) -> [ObjectID] {
        fields.compactMap { field in
            guard field.attribute.name == name, case .reference(let id) = field.value else { return nil }
            return id
        }
    }

    /// Of what leads to nobody: whom it led to on other days, or in the last version in which it did.
    private func former(_ id: ObjectID, _ name: String, _ version: Int) -> [ObjectID] {
        for objects in versions[0...version].reversed() {
            let found = objects[id]?.periods.flatMap { targets($0.fields, name) } ?? []
            if !found.isEmpty { return found }
        }
        return []
    }

    private func people(_ fields: [StatePeriod.Field], _ id: ObjectID, _ kind: Kind, _ position: Position) -> [ObjectID]
    {
        guard let name = Self.relations[kind] else { return [] }
        var found = targets(fields, name)
        if found.isEmpty { found = former(id, name, position.version) }
        guard kind == .function else { return found }
        return found.flatMap { id in
            last(id, position.version).map { engagement in
                let relevant = relevant(engagement, position.day)
                let tied = relevant.flatMap { targets($0, "person") }
                return tied.isEmpty ? former(id, "person", position.version) : tied
            } ?? []
        }
    }
}

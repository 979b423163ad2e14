public import OrganisationModel

/// Which objects get their older state back in a rollback. What is nil narrows nothing; what is given must all hold.
public struct RollbackScope: Hashable, Sendable {
    /// The unit at the head of a subtree, with the key that its source knows it by.
    public struct Unit: Hashable, Sendable {
        public let id: ObjectID
        public let key: String

        public init(id: ObjectID, key: String) {
            self.id = id
            self.key = key
        }
    }

    public let unit: Unit?
    public let kinds: Set<Kind>?
    public let sources: Set<String>?

    /// - Returns: nil when nothing is narrowed: the whole version comes back.
    public init?(unit: Unit?, kinds: Set<Kind>?, sources: Set<String>?) {
        guard unit != nil || kinds != nil || sources != nil else { return nil }
        (self.unit, self.kinds, self.sources) = (unit, kinds, sources)
    }

    /// Whether the kind and the source of an object are named.
    public func names(_ change: ObjectChange) -> Bool {
        kinds?.contains(change.kind) != false && sources?.contains(change.source) != false
    }
}

extension RollbackScope: CustomStringConvertible {
    /// Such as `unit 402, kinds engagement and user, source hr`.
    public var description: String {
        func listed(_ word: String, _ names: [String]?) -> String? {
            names.map { "\(word)\($0.count == 1 ? "" : "s") \($0.joined(separator: " and "))" }
        }
        return [
            unit.map { "unit \($0.key)" }, listed("kind", kinds?.sorted().map(\.name)),
            listed("source", sources?.sorted()),
        ].compactMap { $0 }.joined(separator: ", ")
    }
}

/// The objects that belong to a unit's subtree in one of two versions.
///
/// In this order: the unit itself; units whose parent belongs to it; engagements and functions whose unit belongs to it; people
/// of whom an engagement belongs to it; accounts whose person belongs to it. A relation counts when it holds in one of the
/// two versions, on a day that has not gone by; of an object that has ended, on its last day. So afterwards the subtree is,
/// object for object, as it was.
public struct Subtree {
    private let units: Set<ObjectID>
    private let people: Set<ObjectID>
    private let schema: Schema
    private let today: Day

    /// - Parameters:
    ///   - states: calls its body with every state of a kind in both versions, in any order.
    public init(
        of unit: ObjectID, today: Day, schema: Schema,
        states: (_ kind: Kind, _ body: (ObjectID, ObjectState) throws -> Void) throws -> Void
    ) rethrows {
        (self.schema, self.today) = (schema, today)
        var children: [ObjectID: Set<ObjectID>] = [:]
        try states(.unit) { id, state in
            for parent in Self.targets("parent", .unit, state, schema, today) {
                children[parent, default: []].insert(id)
            }
        }
        var units: Set<ObjectID> = [unit]
        var rest = [unit]
        while let next = rest.popLast() {
            for child in children[next] ?? [] where units.insert(child).inserted { rest.append(child) }
        }
        var people: Set<ObjectID> = []
        try states(.engagement) { _, state in
            guard !Self.targets("unit", .engagement, state, schema, today).isDisjoint(with: units) else { return }
            people.formUnion(Self.targets("person", .engagement, state, schema, today))
        }
        (self.units, self.people) = (units, people)
    }

    /// Whether an object belongs to it before or after a change from one of the versions to the other.
    public func contains(_ change: ObjectChange) -> Bool {
        switch change.kind {
        case .unit: units.contains(change.id)
        case .engagement, .function: names("unit", of: units, change)
        case .person: people.contains(change.id)
        case .user: names("person", of: people, change)
        case .organisation, .task: false
        }
    }

    private func names(_ relation: String, of targets: Set<ObjectID>, _ change: ObjectChange) -> Bool {
        [change.before, change.after].compactMap { $0 }.contains { state in
            !Self.targets(relation, change.kind, state, schema, today).isDisjoint(with: targets)
        }
    }

    private static func targets(
        _ relation: String, _ kind: Kind, _ state: ObjectState, _ schema: Schema, _ today: Day
    ) -> Set<ObjectID> {
        let periods = state.periods(schema[kind])
        let standing = periods.filter { $0.period.to > today }
        return Set(
            (standing.isEmpty ? periods.suffix(1) : standing[...]).compactMap { period in
                guard case .reference(let id) = period[relation] else { return nil }
                return id
            })
    }
}

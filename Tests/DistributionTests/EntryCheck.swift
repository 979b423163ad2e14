import ChangeEvents
import Distribution
import OrganisationModel
import RegisterFixtures
import Storage

/// The order and the types of the events of one entry, against the reference.
struct EntryCheck {
    let entry: WireEntry
    let view: View
    let reference: ReferenceRegister

    func run() throws {
        let position = try entry.completed.position()
        let isDayTurn = entry.completed.cause == "dayturn"
        let before = Position(
            version: isDayTurn ? position.version : position.version - 1,
            day: isDayTurn ? position.day.advanced(by: -1) : position.day)
        try checkPhases()
        try checkTypes(after: position)
        try checkHierarchy(\.isChange, at: position, parentsFirst: true)
        try checkHierarchy(\.isEnd, at: before, parentsFirst: false)
    }

    /// Disabled accounts, then what is created or changed, then what is removed; kinds in the order of reference.
    private func checkPhases() throws {
        var last = (phase: 0, kind: 0)
        for event in entry.changes {
            let phase = event.phase
            let rank = Kind(name: event.kind).map { kind in Kind.allCases.count { $0 < kind } } ?? 0
            let kind = phase == 2 ? -rank : rank
            try demand(
                phase > last.phase || (phase == last.phase && kind >= last.kind) || last == (0, 0),
                "\(event.id) \(event.type) comes too late")
            last = (phase, kind)
        }
    }

    private func checkTypes(after: Position) throws {
        for event in entry.changes {
            let object = reference.versions[after.version][try event.objectID()]
            switch event.verb {
            case "closed": try demand(object != nil, "\(event.id): closed, but it is removed")
            case "removed": try demand(object == nil, "\(event.id): removed, but it is there")
            default:
                let hierarchy = Kind(name: event.kind).flatMap { Schema.standard[$0].hierarchy }
                let isMoved = hierarchy.map { event.data.before?[$0.name] != event.data.after?[$0.name] } ?? false
                let expected = event.data.before == nil ? "created" : isMoved ? "moved" : "updated"
                try demand(event.verb, equals: expected, "\(event.id): type")
            }
        }
    }

    private func checkHierarchy(
        _ isMember: (WireEvent) -> Bool, at position: Position, parentsFirst: Bool
    ) throws {
        let members = try entry.changes.filter(isMember).map { (id: try $0.objectID(), event: $0) }
        let places = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.id, $0) })
        for (id, event) in members {
            guard let kind = Kind(name: event.kind), let hierarchy = Schema.standard[kind].hierarchy,
                let own = places[id],
                let ancestors = ReferenceRegister.ancestors(
                    of: id, in: reference.versions[position.version], hierarchy, on: position.day)
            else { continue }
            for ancestor in ancestors {
                guard let place = places[ancestor] else { continue }
                try demand(
                    parentsFirst ? place < own : place > own,
                    "\(event.id) \(event.type): its ancestor \(ancestor) stands on the wrong side of it")
            }
        }
    }
}

extension WireEvent {
    var isEnd: Bool { verb == "closed" || verb == "removed" }
    var isChange: Bool { !isEnd }

    /// 0 for accounts that end or are disabled, 1 for what is created or changed, 2 for what is removed.
    var phase: Int {
        let isDisabled = data.after?["disabled"] == .flag(true) && data.before?["disabled"] != .flag(true)
        if kind == "user" && (isEnd || isDisabled) { return 0 }
        return isEnd ? 2 : 1
    }
}

/// Every object at every version, and every difference of two versions, against the reference.
struct HistoryCheck {
    let state: State
    let reference: ReferenceRegister

    func run() throws {
        let ids = Set(reference.versions.flatMap(\.keys)).sorted()
        let last = reference.versions.count - 1
        try state.read { transaction in
            for version in 0...last {
                let objects = reference.versions[version]
                for id in ids {
                    let seen = try transaction.state(of: id, version: version)
                    try demand(seen, equals: objects[id]?.state, "state of \(id) at version \(version)")
                    if let object = objects[id] {
                        try demand(
                            seen?.periods(Schema.standard[object.kind]) ?? [], equals: object.periods,
                            "periods of \(id) at version \(version)")
                    }
                    try demand(
                        try transaction.object(id, version: version)?.state, equals: objects[id]?.state,
                        "object \(id) at version \(version)")
                }
                try checkObjects(transaction, version)
                for from in 0...last {
                    let changes = try Self.list(transaction.changes(from: from, to: version))
                    try demand(
                        changes, equals: reference.changes(from: from, to: version),
                        "changes from \(from) to \(version)")
                }
            }
            var current: [ObjectID] = []
            try transaction.forEachObject { object in
                try demand(object.state, equals: reference.current[object.id]?.state, "the current \(object.id)")
                current.append(object.id)
            }
            try demand(current, equals: reference.current.keys.sorted(), "the current objects")
        }
    }

    private static func list(_ changes: any ChangeSet) throws -> [ObjectChange] {
        var list: [ObjectChange] = []
        func append(_ change: ObjectChange) { list.append(change) }
        try changes.forEach(append)
        return list
    }

    private func checkObjects(_ transaction: StateTransaction, _ version: Int) throws {
        var seen: [String] = []
        try transaction.forEachObject(version: version, kinds: Kind.allCases, after: nil) { place, state in
            seen.append("\(place.kind.rawValue) \(place.id)")
            try demand(state, equals: reference.versions[version][place.id]?.state, "\(place) among version \(version)")
            return true
        }
        let expected = reference.versions[version].map { "\($1.kind.rawValue) \($0)" }.sorted()
        try demand(seen, equals: expected, "the objects of version \(version)")
    }
}

import OrganisationModel
import Storage

/// Where protected people can be found is masked, unless it is asked for. Who is protected now counts, whatever version is
/// looked at; beside a candidate's changes, also who would be.
struct Whereabouts {
    private let transaction: StateTransaction
    private let isShown: Bool
    private let everProtected: Set<ObjectID>
    private let position: Position?
    /// People who would be protected, and what changes and is about them.
    private var pending: Set<ObjectID> = []

    /// - Parameter changes: those of a candidate that is looked at.
    init(_ transaction: StateTransaction, isShown: Bool, changes: (any ChangeSet)? = nil) throws {
        (self.transaction, self.isShown) = (transaction, isShown)
        everProtected = isShown ? [] : try transaction.everProtected()
        position = try transaction.newestPosition()
        if !isShown, let changes { pending = try Self.pending(changes, transaction.schema) }
    }

    private static func pending(_ changes: any ChangeSet, _ schema: Schema) throws -> Set<ObjectID> {
        var pending: Set<ObjectID> = []
        try changes.forEach { change in
            if change.after?.isEverProtected(schema[change.kind]) == true { pending.insert(change.id) }
        }
        // In the order of reference.
        for kind in schema.kinds.map(\.kind) where !pending.isEmpty {
            let relations = schema.personRelations(kind)
            guard !relations.isEmpty else { continue }
            try changes.forEach { change in
                guard change.kind == kind, let targets = change.after?.everyTarget(of: relations) else { return }
                if !targets.isDisjoint(with: pending) { pending.insert(change.id) }
            }
        }
        return pending
    }

    /// Whether an object with these states is about somebody who is protected.
    func areMasked(_ kind: Kind, _ id: ObjectID, _ states: [ObjectState?]) throws -> Bool {
        let relations = transaction.schema.personRelations(kind)
        guard !isShown, !relations.isEmpty, !everProtected.isEmpty || !pending.isEmpty else { return false }
        for state in states.compactMap({ $0 }) {
            let isTied = !state.everyTarget(of: relations).isEmpty
            guard let tied = isTied ? state : try lastTied(id, relations) else { continue }
            for relation in relations {
                guard case .reference(let next) = relation.type else { continue }
                for target in tied.everyTarget(of: [relation]) where try isProtected(target, next) { return true }
            }
        }
        return false
    }

    /// What leads to nobody is about whom it led to last.
    private func lastTied(_ id: ObjectID, _ relations: [Attribute]) throws -> ObjectState? {
        try position.flatMap { try transaction.lastTiedState(of: id, version: $0.version, by: relations) }
    }

    private func isProtected(_ id: ObjectID, _ kind: Kind) throws -> Bool {
        if pending.contains(id) { return true }
        guard let position, let known = try transaction.lastState(of: id, version: position.version) else {
            return false
        }
        if everProtected.contains(id), known.isProtected(on: position.day, transaction.schema[kind]) { return true }
        return try areMasked(kind, id, [known])
    }
}

extension Attribute {
    /// The value as it is told when whereabouts are masked. One that an erasure took away tells nothing.
    func masked(_ value: Value?) -> Value? {
        if case .erased = value { return value }
        return value != nil && protection == .whereabouts ? .text(Masking.protected) : value
    }
}

import OrganisationModel
import Storage
import Versioning

/// The register as it would be after some changes.
struct RestoredRegister: Register {
    private let present: StateTransaction
    private let changes: [ObjectID: ObjectChange]

    init(_ present: StateTransaction, _ changes: [ObjectChange]) {
        self.present = present
        self.changes = Dictionary(uniqueKeysWithValues: changes.map { ($0.id, $0) })
    }

    /// The objects that differ, also those that would be gone.
    var altered: Set<ObjectID> { Set(changes.keys) }

    func object(_ id: ObjectID) throws -> RegisteredObject? {
        try changes[id].map(Self.object) ?? present.object(id)
    }

    private static func object(_ change: ObjectChange) -> RegisteredObject? {
        change.after.map {
            RegisteredObject(id: change.id, kind: change.kind, source: change.source, key: change.key, state: $0)
        }
    }

    func forEachObject(_ body: (RegisteredObject) throws -> Void) throws {
        var returning = changes.values.filter { $0.before == nil }.sorted { $0.id > $1.id }
        func bring(before id: ObjectID?) throws {
            while let next = returning.last, id.map({ next.id < $0 }) ?? true {
                returning.removeLast()
                if let object = Self.object(next) { try body(object) }
            }
        }
        try present.forEachObject { object in
            try bring(before: object.id)
            if let object = changes[object.id].map(Self.object) ?? object { try body(object) }
        }
        try bring(before: nil)
    }
}

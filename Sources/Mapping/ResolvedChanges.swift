public import OrganisationModel

/// What must change in the register for it to be the organisation as it should be.
///
/// Objects that are new are made from their claims each time they are read, so a first import of a million objects does not
/// stand in memory twice.
public final class ResolvedChanges: ChangeSet {
    private let organisation: Organisation
    /// Objects of the register that differ or are gone, in the order of ids.
    private var before: [RegisteredObject] = []
    /// Objects of the register that are as they were; only when all claims were read.
    private var unchanged: Set<ObjectID> = []
    /// Units and tasks that end on another day than before: what belongs to them may last longer now.
    private var endingOtherwise: Set<ObjectID> = []
    private var created: [ObjectID] = []
    private var gone: [ObjectID] = []

    /// Compares every object, or only those that may have changed when the organisation holds no others.
    public init(organisation: Organisation, register: any Register) throws {
        self.organisation = organisation
        if organisation.isWhole {
            try compareAll(register)
        } else {
            try compareAltered(register)
        }
    }

    /// The objects that come into the register or leave it, and the units and tasks that end on another day.
    public var comingAndGoing: Set<ObjectID> {
        endingOtherwise.union(created).union(gone)
    }

    private func compareAll(_ register: any Register) throws {
        try register.forEachObject { object in try compare(object.id, object) }
    }

    private func compareAltered(_ register: any Register) throws {
        for id in organisation.alteredIDs() {
            if let object = try register.object(id) {
                try compare(id, object)
            } else if try organisation.contains(id) {
                created.append(id)
            }
        }
    }

    private func compare(_ id: ObjectID, _ object: RegisteredObject) throws {
        guard let state = try organisation.state(of: id) else {
            gone.append(id)
            before.append(object)
            return
        }
        if state != object.state {
            before.append(object)
            let schema = organisation.schema[object.kind]
            if schema.hierarchy != nil,
                state.periods(schema).last?.period.to != object.state.periods(schema).last?.period.to
            {
                endingOtherwise.insert(id)
            }
        } else if organisation.isWhole {
            unchanged.insert(id)
        }
    }

    /// Counted without making the states of new objects.
    public func counts(_ schema: Schema) throws -> ChangeCounts {
        var counts = ChangeCounts()
        try forEachCreated { counts.add(.created, $0.kind) }
        for object in before {
            let after = try organisation.state(of: object.id)
            guard let after else {
                counts.add(.removed, object.kind)
                continue
            }
            for label in ChangeLabel.between(object.state, after, schema[object.kind]) {
                counts.add(label, object.kind)
            }
        }
        return counts
    }

    private func forEachCreated(_ body: (Organisation.Entry) throws -> Void) throws {
        guard organisation.isWhole else {
            for id in created {
                if let entry = organisation.entry(id) { try body(entry) }
            }
            return
        }
        let known = Set(before.map(\.id))
        var cursor = organisation.cursor()
        while let entry = cursor.next() {
            if organisation.isPresent(entry), !unchanged.contains(entry.id), !known.contains(entry.id) {
                try body(entry)
            }
        }
    }

    /// Objects added, altered and removed, in the order of ids.
    public func forEach(_ body: (ObjectChange) throws -> Void) throws {
        var next = before.startIndex
        func pass(before id: ObjectID?) throws {
            while next < before.endIndex, id.map({ before[next].id < $0 }) ?? true {
                try body(change(of: before[next]))
                next += 1
            }
        }
        try forEachCreated { entry in
            try pass(before: entry.id)
            guard let state = organisation.state(of: entry) else { return }
            try body(
                ObjectChange(
                    id: entry.id, kind: entry.kind, source: organisation.source(of: entry),
                    key: organisation.key(of: entry), before: nil, after: state))
        }
        try pass(before: nil)
    }

    /// No state of a new object is made.
    public func forEachOfRegister(_ body: (ObjectChange) throws -> Void) throws {
        for object in before { try body(change(of: object)) }
    }

    /// Of the kind that the organisation makes of the id: where that is another one than the register's, the change is
    /// refused when it is written, and not read as if it were of the old kind.
    private func change(of object: RegisteredObject) throws -> ObjectChange {
        let after = try organisation.state(of: object.id)
        let kind = after.flatMap { _ in organisation.entry(object.id)?.kind } ?? object.kind
        return ObjectChange(
            id: object.id, kind: kind, source: object.source, key: key(of: object), before: object.state,
            after: after)
    }

    /// The key by which the source knows the object now: an account may be given another name.
    private func key(of object: RegisteredObject) -> String {
        organisation.entry(object.id).map(organisation.key) ?? object.key
    }
}

public import OrganisationModel

/// What must change in the register for it to be the organisation as it should be.
///
/// Objects that are new are made from their claims each time they are read, so a first import of a million objects does not
/// stand in memory twice.
public final class ResolvedChanges: ChangeSet {
    private let organisation: Organisation
    private var altered: [ObjectID: RegisteredObject] = [:]
    private var unchanged: Set<ObjectID> = []
    private var removed: [RegisteredObject] = []
    private var isFirst = true

    public init(organisation: Organisation, register: any Register) throws {
        self.organisation = organisation
        var cursor = organisation.cursor()
        var entry = cursor.next()
        try register.forEachObject { object in
            isFirst = false
            while let new = entry, new.id < object.id { entry = cursor.next() }
            if let same = entry, same.id == object.id {
                if let state = organisation.state(of: same) {
                    if state == object.state {
                        unchanged.insert(object.id)
                    } else {
                        altered[object.id] = object
                    }
                } else {
                    removed.append(object)
                    unchanged.insert(object.id)
                }
                entry = cursor.next()
            } else {
                removed.append(object)
            }
        }
    }

    /// Counted without making the states of new objects.
    public func counts(_ schema: Schema) throws -> ChangeCounts {
        var counts = ChangeCounts()
        var cursor = organisation.cursor()
        while let entry = cursor.next() {
            if !isFirst && unchanged.contains(entry.id) { continue }
            if let before = altered[entry.id]?.state, let after = organisation.state(of: entry) {
                for label in ChangeLabel.between(before, after, schema[entry.kind]) { counts.add(label, entry.kind) }
            } else if organisation.isPresent(entry) {
                counts.add(.created, entry.kind)
            }
        }
        for object in removed { counts.add(.removed, object.kind) }
        return counts
    }

    /// Objects added, altered and removed, in the order of ids.
    public func forEach(_ body: (ObjectChange) throws -> Void) throws {
        var cursor = organisation.cursor()
        var nextRemoved = removed.startIndex
        func passRemoved(before id: ObjectID?) throws {
            while nextRemoved < removed.endIndex, id.map({ removed[nextRemoved].id < $0 }) ?? true {
                let object = removed[nextRemoved]
                nextRemoved += 1
                try body(
                    ObjectChange(
                        id: object.id, kind: object.kind, source: object.source, key: object.key,
                        before: object.state,
                        after: nil))
            }
        }
        while let entry = cursor.next() {
            try passRemoved(before: entry.id)
            if !isFirst && unchanged.contains(entry.id) { continue }
            guard let state = organisation.state(of: entry) else { continue }
            let before = isFirst ? nil : altered[entry.id]
            try body(
                ObjectChange(
                    id: entry.id, kind: entry.kind, source: before?.source ?? organisation.source(of: entry),
                    key: before?.key ?? organisation.key(of: entry), before: before?.state, after: state))
        }
        try passRemoved(before: nil)
    }
}

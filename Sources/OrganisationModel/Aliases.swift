/// Which objects count for others, because editors said so: HR gave one a new key, or two are one.
public struct Aliases: Hashable, Sendable {
    private var targets: [ObjectID: ObjectID] = [:]

    public init() {}

    /// Of two that speak of one object the later one counts. One that would lead back to where it begins does not.
    public init(_ corrections: some Sequence<Correction>) {
        for correction in corrections.sorted(by: { $0.number < $1.number }) {
            guard case .alias(let target, _) = correction.statement else { continue }
            let earlier = targets.removeValue(forKey: correction.id)
            if self.target(of: target) == correction.id {
                targets[correction.id] = earlier
            } else {
                targets[correction.id] = target
            }
        }
    }

    public var isEmpty: Bool { targets.isEmpty }

    /// The object that an id counts for; the id's own when it counts for itself.
    public func target(of id: ObjectID) -> ObjectID {
        var id = id
        while let next = targets[id] { id = next }
        return id
    }

    /// The ids that count for another, and those that they count for.
    public var ids: Set<ObjectID> {
        Set(targets.keys).union(targets.values)
    }

    /// The ids about which another set says something else.
    public func ids(differingFrom other: Aliases) -> Set<ObjectID> {
        ids.union(other.ids).filter { target(of: $0) != other.target(of: $0) }
    }

    /// What a claim says with every id that counts for another in its place; nil when it names none. A relation of an object to
    /// itself, which only comes of that, is left out.
    public func rewritten(_ claim: UnsafeRawBufferPointer, schema: Schema) -> [UInt8]? {
        guard names(claim, schema) else { return nil }
        var reader = Claim.Reader(claim)
        var writer = Claim.Writer()
        writer.begin(recordKey: reader.recordKey(), findings: reader.findings())
        for _ in 0..<reader.objectCount() where reader.isIntact { write(reader.object(), schema, to: &writer) }
        writer.end()
        writer.keep(Array(Claim.kept(in: claim)))
        return writer.bytes
    }

    private func write(_ object: Claim.ObjectReader, _ schema: Schema, to writer: inout Claim.Writer) {
        var object = object
        let kind = schema[object.kind]
        // What editors say of an object that goes goes with it.
        let isCorrection = Claim.isCorrection(object.flags) && object.lookupCount == 0
        let id = object.flags & Claim.adds != 0 || isCorrection ? object.id : target(of: object.id)
        let saysNothing = Claim.isLeftOut(object.flags) || Claim.isCorrection(object.flags)
        let flags = id == object.id || saysNothing ? object.flags : object.flags | Claim.aliased
        writer.beginObject(
            object.kind, flags: flags, id: id, key: object.key, lookups: object.lookups(),
            periodCount: object.periodCount)
        for _ in 0..<object.periodCount {
            let (from, to, fieldCount) = object.period()
            writer.beginPeriod(from: from, to: to)
            for _ in 0..<fieldCount {
                let (number, value) = object.field()
                guard kind.isReference(number), let named = Self.target(value) else {
                    writer.append(value, number: number)
                    continue
                }
                let target = target(of: named)
                if target == id, named != object.id { continue }
                writer.append(target: target, key: UnsafeRawBufferPointer(rebasing: value[16...]), number: number)
            }
            writer.endPeriod()
        }
        writer.endObject()
    }

    private static func target(_ value: UnsafeRawBufferPointer) -> ObjectID? {
        value.count < 16 ? nil : ObjectID(bytes: UnsafeRawBufferPointer(rebasing: value[..<16]))
    }

    private func names(_ claim: UnsafeRawBufferPointer, _ schema: Schema) -> Bool {
        var reader = Claim.Reader(claim)
        reader.skipHead()
        for _ in 0..<reader.objectCount() where reader.isIntact {
            var object = reader.object()
            if object.flags & Claim.adds == 0, targets[object.id] != nil { return true }
            let kind = schema[object.kind]
            for _ in 0..<object.periodCount {
                for _ in 0..<object.period().fieldCount {
                    let (number, value) = object.field()
                    if kind.isReference(number), let id = Self.target(value), targets[id] != nil { return true }
                }
            }
        }
        return false
    }
}

/// Ids that have to do with each other, because one counts for another.
public struct AliasGroups: Sendable {
    private var members: [ObjectID: Set<ObjectID>] = [:]

    public init(_ all: [Aliases]) {
        for aliases in all {
            for id in aliases.ids {
                let group = [id, aliases.target(of: id)].reduce(into: Set<ObjectID>()) { group, id in
                    group.formUnion(members[id] ?? [id])
                }
                for id in group { members[id] = group }
            }
        }
    }

    public var isEmpty: Bool { members.isEmpty }

    /// An id with all that have to do with it.
    public func group(of id: ObjectID) -> Set<ObjectID> {
        members[id] ?? [id]
    }

    /// The ids with all that have to do with them.
    public func expanded(_ ids: Set<ObjectID>) -> Set<ObjectID> {
        isEmpty ? ids : ids.reduce(into: ids) { $0.formUnion(group(of: $1)) }
    }
}

import Crypto

/// One object before and after; nil before means created, nil after means removed.
public struct ObjectChange: Hashable, Sendable {
    public let id: ObjectID
    public let kind: Kind
    public let source: String
    /// The source's key: a CPR number for a person.
    public let key: String
    public let before: ObjectState?
    public let after: ObjectState?

    public init(
        id: ObjectID, kind: Kind, source: String, key: String, before: ObjectState?, after: ObjectState?
    ) {
        self.id = id
        self.kind = kind
        self.source = source
        self.key = key
        self.before = before
        self.after = after
    }

    /// The change that takes this one back.
    public var reversed: ObjectChange {
        ObjectChange(id: id, kind: kind, source: source, key: key, before: after, after: before)
    }

    /// What happened to the object. Moved and updated can come together; created and removed stand alone.
    public func labels(_ schema: Schema) -> [ChangeLabel] {
        guard let before else { return after == nil ? [] : [.created] }
        guard let after else { return [.removed] }
        return ChangeLabel.between(before, after, schema[kind])
    }

    /// The canonical bytes: id, kind, source, key, and both states.
    public func append(to bytes: inout [UInt8]) {
        id.withUnsafeBytes { bytes.append(contentsOf: $0) }
        bytes.append(kind.rawValue)
        Bytes.append(text: source, to: &bytes)
        Bytes.append(text: key, to: &bytes)
        bytes.append((before == nil ? 0 : 1) | (after == nil ? 0 : 2))
        for state in [before, after] {
            guard let state else { continue }
            state.ordinary.withUnsafeBytes { Bytes.append(field: $0, to: &bytes) }
            state.personal.withUnsafeBytes { Bytes.append(field: $0, to: &bytes) }
        }
    }

    /// Reads the next change; nil when the bytes are none.
    public init?(from reader: inout ByteReader) {
        let id = ObjectID(bytes: reader.raw(16))
        let kind = Kind(rawValue: reader.byte())
        let source = reader.text()
        let key = reader.text()
        let flags = reader.byte()
        func state(_ bit: UInt8, _ reader: inout ByteReader) -> ObjectState? {
            guard flags & bit != 0 else { return nil }
            let ordinary = Array(reader.field())
            return ObjectState(ordinary: ordinary, personal: Array(reader.field()))
        }
        let before = state(1, &reader)
        let after = state(2, &reader)
        guard reader.isIntact, let id, let kind else { return nil }
        self.init(id: id, kind: kind, source: source, key: key, before: before, after: after)
    }
}

/// The sort of change an object went through.
public enum ChangeLabel: String, CaseIterable, Sendable {
    case created, updated, moved, removed

    /// Moved when the relation that forms the hierarchy differs on some day that both states cover, updated when anything
    /// else does.
    public static func between(_ before: ObjectState, _ after: ObjectState, _ schema: KindSchema)
        -> [ChangeLabel]
    {
        guard before != after else { return [] }
        var labels: [ChangeLabel] = []
        if let numbers = after.attributesDiffering(from: before) {
            if numbers.contains(where: { $0 != schema.hierarchy?.number }) { labels.append(.updated) }
            if numbers.contains(where: { $0 == schema.hierarchy?.number }) { labels.append(.moved) }
            return labels
        }
        let changes = AttributeChange.between(before, after, schema)
        if changes.contains(where: { $0.attribute == nil || $0.attribute != schema.hierarchy }) {
            labels.append(.updated)
        }
        if hasMoved(before, after, schema) { labels.append(.moved) }
        return labels
    }

    private static func hasMoved(_ before: ObjectState, _ after: ObjectState, _ schema: KindSchema) -> Bool {
        guard let hierarchy = schema.hierarchy else { return false }
        let old = before.periods(schema)
        return after.periods(schema).contains { new in
            old.contains { $0.period.overlaps(new.period) && $0[hierarchy] != new[hierarchy] }
        }
    }
}

/// One attribute that differs over some days.
public struct AttributeChange: Hashable, Sendable {
    /// Nil when the object itself is in effect on one side only.
    public let attribute: Attribute?
    public let from: Value?
    public let to: Value?
    public let period: EffectivePeriod
    /// For a change of effect (no attribute): true when the object is in effect afterwards.
    public let isInEffectAfterwards: Bool

    /// All differences in order of attribute and time; neighbouring days with the same difference are one change.
    public static func between(
        _ before: ObjectState?, _ after: ObjectState?, _ schema: KindSchema
    ) -> [AttributeChange] {
        let old = before?.periods(schema) ?? []
        let new = after?.periods(schema) ?? []
        let days = Set((old + new).flatMap { [$0.period.from, $0.period.to] }).sorted()
        var changes: [AttributeChange] = []
        for (from, to) in zip(days, days.dropFirst()) {
            guard let slice = EffectivePeriod(from: from, to: to) else { continue }
            let left = old.first { $0.period.contains(from) }
            let right = new.first { $0.period.contains(from) }
            if (left == nil) != (right == nil) {
                append(AttributeChange(nil, nil, nil, slice, inEffect: right != nil), to: &changes)
            }
            for attribute in schema.attributes where left?[attribute] != right?[attribute] {
                append(AttributeChange(attribute, left?[attribute], right?[attribute], slice), to: &changes)
            }
        }
        return changes.sorted { left, right in
            (left.attribute?.number ?? 0, left.period.from) < (
                right.attribute?.number ?? 0, right.period.from
            )
        }
    }

    private init(
        _ attribute: Attribute?, _ from: Value?, _ to: Value?, _ period: EffectivePeriod,
        inEffect: Bool = false
    ) {
        self.attribute = attribute
        self.from = from
        self.to = to
        self.period = period
        isInEffectAfterwards = inEffect
    }

    /// The same with other values in the place of those that are not to be told.
    public func telling(from: Value?, to: Value?) -> AttributeChange {
        AttributeChange(attribute, from, to, period, inEffect: isInEffectAfterwards)
    }

    private static func append(_ change: AttributeChange, to changes: inout [AttributeChange]) {
        let neighbour = changes.lastIndex { last in
            last.attribute == change.attribute && last.from == change.from && last.to == change.to
                && last.isInEffectAfterwards == change.isInEffectAfterwards
                && last.period.to == change.period.from
        }
        if let neighbour,
            let joined = EffectivePeriod(from: changes[neighbour].period.from, to: change.period.to)
        {
            changes[neighbour] = AttributeChange(
                change.attribute, change.from, change.to, joined, inEffect: change.isInEffectAfterwards)
        } else {
            changes.append(change)
        }
    }
}

/// Objects added, altered and removed against a base version, in the order of their ids: the one thing that flows through
/// the pipeline. Read it as often as needed; each reading gives the same changes.
public protocol ChangeSet {
    func forEach(_ body: (ObjectChange) throws -> Void) throws
    /// The same without the objects that are new.
    func forEachOfRegister(_ body: (ObjectChange) throws -> Void) throws
    /// Objects per kind and label. An object that moved and was updated counts under both.
    func counts(_ schema: Schema) throws -> ChangeCounts
}

extension ChangeSet {
    public func forEachOfRegister(_ body: (ObjectChange) throws -> Void) throws {
        try forEach { if $0.before != nil { try body($0) } }
    }

    /// SHA-256 over the canonical bytes of all changes and the names of the brakes that they fire: what an approval is bound
    /// to.
    public func planHash(brakes: [String] = []) throws -> [UInt8] {
        var hash = SHA256()
        var bytes: [UInt8] = []
        try forEach { change in
            bytes.removeAll(keepingCapacity: true)
            change.append(to: &bytes)
            hash.update(data: bytes)
        }
        bytes.removeAll()
        for brake in brakes.sorted() { Bytes.append(text: brake, to: &bytes) }
        hash.update(data: bytes)
        return Array(hash.finalize())
    }

    public func counts(_ schema: Schema) throws -> ChangeCounts {
        var counts = ChangeCounts()
        try forEach { change in
            for label in change.labels(schema) { counts.add(label, change.kind) }
        }
        return counts
    }
}

/// Objects per kind and sort of change.
public struct ChangeCounts: Hashable, Sendable {
    public private(set) var byKind: [Kind: [ChangeLabel: Int]] = [:]

    public init() {}

    public mutating func add(_ label: ChangeLabel, _ kind: Kind, _ count: Int = 1) {
        byKind[kind, default: [:]][label, default: 0] += count
    }

    public subscript(kind: Kind, label: ChangeLabel) -> Int {
        byKind[kind]?[label] ?? 0
    }

    public var isEmpty: Bool {
        byKind.isEmpty
    }
}

/// A change set in memory.
public struct ListedChanges: ChangeSet {
    /// In the order of ids.
    public let changes: [ObjectChange]

    public init(_ changes: [ObjectChange]) {
        self.changes = changes.sorted { $0.id < $1.id }
    }

    public func forEach(_ body: (ObjectChange) throws -> Void) throws {
        for change in changes { try body(change) }
    }
}

/// A change set kept as canonical bytes, as a waiting candidate holds it.
public struct StoredChangeSet: ChangeSet {
    private let chunks: [[UInt8]]

    /// Each chunk holds whole changes.
    public init(chunks: [[UInt8]]) {
        self.chunks = chunks
    }

    public func forEach(_ body: (ObjectChange) throws -> Void) throws {
        for chunk in chunks {
            try chunk.withUnsafeBytes { bytes in
                var reader = ByteReader(bytes)
                while !reader.isAtEnd {
                    guard let change = ObjectChange(from: &reader) else {
                        throw FordelerError(
                            .init("state.damaged"), "A stored change set cannot be read. Run: fordeler verify")
                    }
                    try body(change)
                }
            }
        }
    }
}

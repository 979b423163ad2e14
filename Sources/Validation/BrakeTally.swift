public import OrganisationModel

/// What the limit of a brake is set on.
public enum BrakeCounter: String, Hashable, CaseIterable, Sendable {
    /// Objects that somebody loses, because they are removed, end or are disabled.
    case removed
    /// Objects that get another place: units and tasks another parent, engagements and functions another unit.
    case moved
    /// People who are protected no more: where they can be found would be told to everybody.
    case unprotected
    /// Objects that get a text which lost letters on its way to us.
    case damaged
    /// Objects that belong to another person, or to nobody any more: whose rights they carry.
    case reassigned
    /// Objects that stay, and say something else in other ways.
    case changed

    /// What is added up for it.
    public var parts: [BrakePart] {
        switch self {
        case .removed: [.removed, .ended, .disabled]
        case .moved: [.moved]
        case .unprotected: [.unprotected]
        case .damaged: [.damaged]
        case .reassigned: [.reassigned]
        case .changed: [.changed]
        }
    }
}

/// What can happen to an object that a brake counts. The raw value may be stored and never changes.
///
/// The first three exclude each other, so that an object counts once among them. An object may be moved, lose its protection, get
/// damaged texts, or belong to somebody else, besides.
public enum BrakePart: String, Hashable, CaseIterable, Sendable {
    /// It is in the register no more.
    case removed
    /// From today on it is not in effect on some day on which it was: it ends, ends earlier, begins later or pauses.
    case ended
    /// From today on it is disabled on some day on which it was not, and in effect on both sides.
    case disabled
    /// Its place differs on some day, past or future, on which it is in effect on both sides.
    case moved
    /// From today on it is not protected on some day on which it was, and in effect on both sides; also when it was away between.
    case unprotected
    /// A text of it shows damage (``TextDamage``) that none of it showed before, or it is new with such a text.
    case damaged
    /// From today on it belongs, on some day on which it belonged to a person and is in effect on both sides, to another one or to
    /// none.
    case reassigned
    /// It differs, and counts for none of the above but ``damaged``.
    case changed
}

/// The objects of one kind that one source gave: what a percentage is taken of, so that a small source is protected too.
public struct BrakeScope: Hashable, Comparable, Sendable {
    public let source: String
    public let kind: Kind

    public init(source: String, kind: Kind) {
        self.source = source
        self.kind = kind
    }

    public static func < (left: BrakeScope, right: BrakeScope) -> Bool {
        (left.source, left.kind) < (right.source, right.kind)
    }
}

/// How many objects of each source and kind a change set takes away, moves, damages or reassigns. Created objects count only as
/// damaged.
public struct BrakeTally: Hashable, Sendable {
    /// One count, as it can be stored.
    public struct Row: Hashable, Sendable {
        public let scope: BrakeScope
        public let part: BrakePart
        /// At least 1 in ``BrakeTally/rows``.
        public let count: Int

        public init(scope: BrakeScope, part: BrakePart, count: Int) {
            self.scope = scope
            self.part = part
            self.count = count
        }
    }

    /// Never holds a zero, so that equal tallies are equal.
    private var counts: [BrakeScope: [BrakePart: Int]] = [:]

    /// A tally of nothing.
    public init() {}

    /// A tally that was stored; rows of one scope and part are added up.
    public init(rows: some Sequence<Row>) {
        for row in rows { add(row.count, row.part, row.scope) }
    }

    /// Reads all changes once.
    /// - Parameters:
    ///   - today: the day of the register once the days that are due have turned.
    ///   - last: the last state of somebody who comes back, if it said that they are protected; nil when nobody ever was.
    public init(
        _ changes: any ChangeSet, schema: Schema, today: Day, last: ((ObjectID) throws -> ObjectState?)? = nil
    ) throws {
        var tally = BrakeTally()
        try changes.forEachOfRegister { tally.count($0, schema, today: today) }
        if let last { try tally.countComingBack(changes, schema, today: today, last) }
        self = tally
    }

    private mutating func countComingBack(
        _ changes: any ChangeSet, _ schema: Schema, today: Day, _ last: (ObjectID) throws -> ObjectState?
    ) throws {
        try changes.forEach { change in
            guard change.before == nil, schema[change.kind].protectionFlag != nil, let was = try last(change.id) else {
                return
            }
            let back = ObjectChange(
                id: change.id, kind: change.kind, source: change.source, key: change.key, before: was,
                after: change.after)
            if losesProtection(back, schema, today: today) {
                add(1, .unprotected, BrakeScope(source: change.source, kind: change.kind))
            }
        }
    }

    /// All counts, in the order of source, kind and part.
    public var rows: [Row] {
        scopes.flatMap { scope in
            BrakePart.allCases.compactMap { part in
                counts[scope]?[part].map { Row(scope: scope, part: part, count: $0) }
            }
        }
    }

    /// The sources and kinds with a count, in order.
    public var scopes: [BrakeScope] {
        counts.keys.sorted()
    }

    public var isEmpty: Bool {
        counts.isEmpty
    }

    /// Objects to which this happens.
    public subscript(scope: BrakeScope, part part: BrakePart) -> Int {
        counts[scope]?[part] ?? 0
    }

    /// Objects that count for the limit.
    public subscript(scope: BrakeScope, counter: BrakeCounter) -> Int {
        counter.parts.reduce(0) { $0 + self[scope, part: $1] }
    }

    /// Adds what happens to one object.
    /// - Parameter today: the day of the register once the days that are due have turned. What changes only before it takes
    ///   nothing from anybody any more; a move counts nevertheless, as it is shown.
    public mutating func count(_ change: ObjectChange, _ schema: Schema, today: Day) {
        let scope = BrakeScope(source: change.source, kind: change.kind)
        if DamagedTexts.come(with: change, schema[change.kind]) { add(1, .damaged, scope) }
        guard let before = change.before else { return }
        let places = schema.places(of: change.kind)
        let people = schema.people(of: change.kind)
        // On the same days only what is looked at can count; most changes are of other values.
        let flags = [schema[change.kind].attribute(named: "disabled"), schema[change.kind].protectionFlag]
        if let after = change.after, let numbers = after.attributesDiffering(from: before), after.hasPeriods,
            !numbers.contains(where: { number in (flags + people).contains { $0?.number == number } })
        {
            return add(1, places.contains { numbers.contains($0.number) } ? .moved : .changed, scope)
        }
        let old = before.periods(schema[change.kind])
        guard let new = change.after?.periods(schema[change.kind]), !new.isEmpty else {
            return add(1, .removed, scope)
        }
        var parts: [BrakePart] = []
        if BrakeTally.losesDays(old, new, today) {
            parts.append(.ended)
        } else if let flag = flags[0], BrakeTally.alters(flag, old, new, today, to: true) {
            parts.append(.disabled)
        }
        if losesProtection(change, schema, today: today) { parts.append(.unprotected) }
        if BrakeTally.isMoved(old, new, places) { parts.append(.moved) }
        if BrakeTally.isReassigned(old, new, people, today) { parts.append(.reassigned) }
        for part in parts.isEmpty ? [.changed] : parts { add(1, part, scope) }
    }

    private func losesProtection(_ change: ObjectChange, _ schema: Schema, today: Day) -> Bool {
        guard let flag = schema[change.kind].protectionFlag, let before = change.before, let after = change.after,
            before.isEverProtected(schema[change.kind])
        else { return false }
        let (old, new) = (before.periods(schema[change.kind]), after.periods(schema[change.kind]))
        return BrakeTally.alters(flag, old, new, today, to: false)
    }

    private mutating func add(_ count: Int, _ part: BrakePart, _ scope: BrakeScope) {
        if count > 0 { counts[scope, default: [:]][part, default: 0] += count }
    }

    public static func += (left: inout BrakeTally, right: BrakeTally) {
        for row in right.rows { left.add(row.count, row.part, row.scope) }
    }

    public static func + (left: BrakeTally, right: BrakeTally) -> BrakeTally {
        var sum = left
        sum += right
        return sum
    }
}

extension BrakeTally {
    private static func losesDays(_ old: [StatePeriod], _ new: [StatePeriod], _ today: Day) -> Bool {
        old.contains { period in
            // The first day that is not known to be covered; periods stand in order.
            var day = max(period.period.from, today)
            for other in new where other.period.contains(day) { day = other.period.to }
            return day < period.period.to
        }
    }

    /// Whether a flag, which is false where nothing is said, becomes `value` on some day from today on.
    private static func alters(
        _ flag: Attribute, _ old: [StatePeriod], _ new: [StatePeriod], _ today: Day, to value: Bool
    ) -> Bool {
        func isSet(_ period: StatePeriod) -> Bool { period[flag] == .flag(true) }
        return new.contains { period in
            guard isSet(period) == value, period.period.to > today else { return false }
            return old.contains { other in
                isSet(other) != value && other.period.to > today && other.period.overlaps(period.period)
            }
        }
    }

    private static func isMoved(_ old: [StatePeriod], _ new: [StatePeriod], _ places: [Attribute]) -> Bool {
        places.contains { place in
            new.contains { period in
                old.contains { $0.period.overlaps(period.period) && $0[place] != period[place] }
            }
        }
    }
}

extension BrakeTally {
    private static func isReassigned(
        _ old: [StatePeriod], _ new: [StatePeriod], _ people: [Attribute], _ today: Day
    ) -> Bool {
        people.contains { person in
            old.contains { period in
                guard period[person] != nil, period.period.to > today else { return false }
                return new.contains {
                    $0.period.to > today && $0.period.overlaps(period.period) && $0[person] != period[person]
                }
            }
        }
    }
}

extension Schema {
    /// The relations that say to whom an object belongs.
    fileprivate func people(of kind: Kind) -> [Attribute] {
        self[kind].attributes.filter { $0.type == .reference(.person) }
    }

    /// The relations that say where an object stands: its own hierarchy; for a kind without one, its relations to kinds
    /// that have one.
    fileprivate func places(of kind: Kind) -> [Attribute] {
        if let hierarchy = self[kind].hierarchy { return [hierarchy] }
        return self[kind].attributes.filter { attribute in
            guard case .reference(let target) = attribute.type else { return false }
            return self[target].hierarchy != nil
        }
    }
}

public import OrganisationModel
public import Versioning

/// One object on the two sides of a log entry.
public struct ObjectTransition: Sendable {
    public let id: ObjectID
    public let kind: Kind
    public let before: ObjectState?
    public let after: ObjectState?

    public init(id: ObjectID, kind: Kind, before: ObjectState?, after: ObjectState?) {
        self.id = id
        self.kind = kind
        self.before = before
        self.after = after
    }
}

/// The log, as the rendering of events needs it. The same answers for the same arguments, forever.
public protocol TransitionLog {
    /// Every object of `kinds` whose state may differ on the two sides of an entry, in any order.
    func forEachTransition(
        of entry: LogEntry, kinds: [Kind], _ body: (ObjectTransition) throws -> Void) throws
    func transition(of entry: LogEntry, _ id: ObjectID) throws -> ObjectTransition?
    /// An object's state as of a version.
    func state(of id: ObjectID, version: Int) throws -> ObjectState?
    /// As ``state(of:version:)``; of an object that is gone by then, the state before it went.
    func lastState(of id: ObjectID, version: Int) throws -> ObjectState?
    /// The last state of an object, as of a version, in which one of the relations led anywhere on any day.
    func lastTiedState(of id: ObjectID, version: Int, by relations: [Attribute]) throws -> ObjectState?
    /// Where the log ends; nil when nothing was ever published.
    func newestPosition() throws -> Position?
    /// The people of whom any state ever said that they are protected.
    func everProtected() throws -> Set<ObjectID>
    /// The objects of which any state ever led to this one by a relation to a person (``Schema/personRelations(_:)``).
    func referrers(of id: ObjectID) throws -> [ObjectID]
}

/// What happened to an object in a subscriber's view.
public enum EventType: String, Sendable {
    case created, updated, moved, closed, removed
    /// The data of a person were erased; whoever has copies deletes them, earlier ones too.
    case erased

    /// The full name, such as `dk.fordeler.unit.moved.v1`.
    public func name(_ kind: Kind) -> String {
        "dk.fordeler.\(kind.name).\(rawValue).v1"
    }
}

/// The events that one log entry means in one view, in the order of delivery.
///
/// Accounts that end or are disabled come first, then what is created or changed, parents before children, then what is
/// removed, children before parents. Within that by id, so that rendering again gives the same order.
public struct EntryProjection {
    public struct Item: Sendable {
        public let id: ObjectID
        public let kind: Kind
        public let type: EventType
        fileprivate let phase: Int
        fileprivate let depth: Int
    }

    public let entry: LogEntry
    public let view: View
    public let items: [Item]

    public init(entry: LogEntry, view: View, log: any TransitionLog, schema: Schema = .standard) throws {
        self.entry = entry
        self.view = view
        var items: [Item] = []
        var depths = HierarchyDepths(entry: entry, log: log, schema: schema)
        let disclosure = try Disclosure(view: view, log: log, schema: schema)
        let (before, after) = Self.sides(of: entry)
        var reached = try disclosure.reached(by: entry, before, after)
        func add(_ transition: ObjectTransition) throws {
            let (kind, id) = (transition.kind, transition.id)
            let old = try disclosure.fields(of: transition.before, kind, id, at: before)
            let new = try disclosure.fields(of: transition.after, kind, id, at: after)
            let hierarchy = schema[transition.kind].hierarchy
            guard
                let type = entry.cause == .erasure
                    ? EventType.erased : Self.type(old, new, remains: transition.after != nil, hierarchy: hierarchy)
            else { return }
            let isEnd = type == .closed || type == .removed || type == .erased
            let isDisabled = transition.kind == .user && (isEnd || Self.isDisabled(new) && !Self.isDisabled(old))
            let depth = try depths.depth(of: transition, isEnd: isEnd)
            items.append(
                Item(
                    id: transition.id, kind: transition.kind, type: type,
                    phase: isDisabled ? 0 : isEnd ? 2 : 1, depth: depth))
        }
        try log.forEachTransition(of: entry, kinds: view.kinds) { transition in
            reached.remove(transition.id)
            try add(transition)
        }
        for id in reached {
            if let transition = try log.transition(of: entry, id), view.sees(transition.kind) { try add(transition) }
        }
        self.items = items.sorted(by: Self.precedes)
    }

    /// The days on which the two sides are looked at: one day apart for a day turn.
    static func days(of entry: LogEntry) -> (before: Day, after: Day) {
        let day = entry.position.day
        return (entry.cause == .dayTurn ? day.advanced(by: -1) : day, day)
    }

    /// What is compared: the version before with this one, the day before with this one, or, when only what is left out
    /// changed, one position with itself.
    static func sides(of entry: LogEntry) -> (before: Disclosure.Side, after: Disclosure.Side) {
        let position = entry.position
        let isSameVersion = entry.cause == .dayTurn || entry.cause == .view
        let before = Position(
            version: isSameVersion ? position.version : position.version - 1, day: days(of: entry).before)
        return (
            Disclosure.Side(before, isProtecting: entry.isProtecting && entry.cause != .view),
            Disclosure.Side(position, isProtecting: entry.isProtecting)
        )
    }

    private static func type(
        _ old: [StatePeriod.Field]?, _ new: [StatePeriod.Field]?, remains: Bool, hierarchy: Attribute?
    ) -> EventType? {
        guard let old else { return new == nil ? nil : .created }
        guard let new else { return remains ? .closed : .removed }
        guard old != new else { return nil }
        func parent(_ fields: [StatePeriod.Field]) -> Value? {
            fields.first { $0.attribute == hierarchy }?.value
        }
        return parent(old) != parent(new) ? .moved : .updated
    }

    private static func isDisabled(_ fields: [StatePeriod.Field]?) -> Bool {
        fields?.first { $0.attribute.name == "disabled" }?.value == .flag(true)
    }

    private static func precedes(_ left: Item, _ right: Item) -> Bool {
        if left.phase != right.phase { return left.phase < right.phase }
        let isRemoval = left.phase == 2
        if left.kind != right.kind { return isRemoval ? left.kind > right.kind : left.kind < right.kind }
        if left.depth != right.depth { return isRemoval ? left.depth > right.depth : left.depth < right.depth }
        return left.id < right.id
    }

    /// The number of events, the two markers included; 0 when the view has none, and then there are no markers.
    public var eventCount: Int {
        items.isEmpty ? 0 : items.count + 2
    }
}

/// How deep objects stand in the hierarchy of their kind, found by walking upwards and remembered.
private struct HierarchyDepths {
    let entry: LogEntry
    let log: any TransitionLog
    let schema: Schema
    private var after: [ObjectID: Int] = [:]
    private var before: [ObjectID: Int] = [:]
    /// A published hierarchy of units has no cycles; this bounds the walk if the state is damaged.
    private static let depthMax = 1000

    init(entry: LogEntry, log: any TransitionLog, schema: Schema) {
        self.entry = entry
        self.log = log
        self.schema = schema
    }

    /// In the hierarchy after the entry, or before it for an object that ends.
    mutating func depth(of transition: ObjectTransition, isEnd: Bool) throws -> Int {
        guard schema[transition.kind].hierarchy != nil else { return 0 }
        let days = EntryProjection.days(of: entry)
        let sides = EntryProjection.sides(of: entry)
        let version = isEnd ? sides.before.version : sides.after.version
        return try depth(
            transition.id, transition.kind, state: isEnd ? transition.before : transition.after, version: version,
            day: isEnd ? days.before : days.after, known: isEnd ? \.before : \.after)
    }

    private mutating func depth(
        _ id: ObjectID, _ kind: Kind, state: ObjectState?, version: Int, day: Day,
        known: WritableKeyPath<HierarchyDepths, [ObjectID: Int]>
    ) throws -> Int {
        var path: [ObjectID] = []
        var current: ObjectID? = id
        var currentState = state
        var depth = 0
        while let object = current, path.count < HierarchyDepths.depthMax {
            if let found = self[keyPath: known][object] {
                depth = found + 1
                break
            }
            if !path.isEmpty { currentState = try log.state(of: object, version: version) }
            path.append(object)
            current = nil
            if let hierarchy = schema[kind].hierarchy,
                case .reference(let parent) = currentState?.period(on: day, schema[kind])?[hierarchy]
            {
                current = parent
            }
        }
        for object in path.reversed() {
            self[keyPath: known][object] = depth
            depth += 1
        }
        return depth - 1
    }
}

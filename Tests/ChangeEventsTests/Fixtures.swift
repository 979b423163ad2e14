import OrganisationModel
import Versioning

@testable import ChangeEvents

func day(_ text: String) -> Day {
    Day(parsing: text) ?? .distantPast
}

func id(_ number: UInt64) -> ObjectID {
    ObjectID(high: number << 56, low: number)
}

func state(_ kind: Kind, from: String = "", to: String = "", _ values: [String: Value]) -> ObjectState {
    let fields = Schema.standard[kind].attributes.compactMap { attribute in
        values[attribute.name].map { StatePeriod.Field(attribute: attribute, value: $0) }
    }
    let period = EffectivePeriod(from: day(from), to: to.isEmpty ? .distantFuture : day(to)) ?? .always
    return ObjectState([StatePeriod(period: period, fields: fields)])
}

func unit(_ name: String, under parent: UInt64? = nil, from: String = "", to: String = "") -> ObjectState {
    var values: [String: Value] = ["name": .text(name)]
    if let parent { values["parent"] = .reference(id(parent)) }
    return state(.unit, from: from, to: to, values)
}

/// A register of two versions, in memory.
struct MemoryLog: TransitionLog {
    var before: [ObjectID: (Kind, ObjectState)] = [:]
    var after: [ObjectID: (Kind, ObjectState)] = [:]
    var cause = Cause.import
    var day = "2026-06-01"
    var isReversed = false
    /// Where the log ends; at this entry when nil.
    var now: Position?
    var isProtecting = true

    var entry: LogEntry {
        LogEntry(
            number: 2, position: Position(version: 2, day: Day(parsing: day) ?? .distantPast), cause: cause,
            time: "2026-06-01T05:00:00Z", isProtecting: isProtecting)
    }

    func forEachTransition(of entry: LogEntry, kinds: [Kind], _ body: (ObjectTransition) throws -> Void) throws {
        let ids = entry.cause == .view ? [] : Set(before.keys).union(after.keys).sorted()
        for id in isReversed ? ids.reversed() : ids {
            if let found = transition(of: entry, id), kinds.contains(found.kind) { try body(found) }
        }
    }

    func transition(of entry: LogEntry, _ id: ObjectID) -> ObjectTransition? {
        let old = entry.cause == .dayTurn || entry.cause == .view ? after[id] : before[id]
        guard let kind = (old ?? after[id])?.0 else { return nil }
        return ObjectTransition(id: id, kind: kind, before: old?.1, after: after[id]?.1)
    }

    func state(of id: ObjectID, version: Int) -> ObjectState? {
        version < 2 ? before[id]?.1 : after[id]?.1
    }

    func lastState(of id: ObjectID, version: Int) -> ObjectState? {
        state(of: id, version: version) ?? before[id]?.1
    }

    func lastTiedState(of id: ObjectID, version: Int, by relations: [Attribute]) -> ObjectState? {
        [state(of: id, version: version), before[id]?.1].compactMap { $0 }
            .first { !$0.everyTarget(of: relations).isEmpty }
    }

    func newestPosition() -> Position? { now ?? entry.position }

    func everProtected() -> Set<ObjectID> {
        let people = [before, after].flatMap { $0.filter { $0.value.1.isEverProtected(Schema.standard[$0.value.0]) } }
        return Set(people.map(\.key))
    }

    func referrers(of id: ObjectID) -> [ObjectID] {
        [before, after].flatMap { objects in
            objects.filter { object in
                let relations = Schema.standard.personRelations(object.value.0)
                return object.value.1.everyTarget(of: relations).contains(id)
            }.map(\.key)
        }
    }

    func projection(_ view: View) throws -> EntryProjection {
        try EntryProjection(entry: entry, view: view, log: self)
    }

    /// Kind, type and number of each item, in the order of delivery.
    func told(_ view: View) throws -> [String] {
        try projection(view).items.map { "\($0.kind.name) \($0.type.rawValue) \($0.id.low)" }
    }
}

extension View {
    func fields(of state: ObjectState?, _ kind: Kind, on day: Day) -> [StatePeriod.Field]? {
        state?.period(on: day, Schema.standard[kind]).map(fields(of:))
    }
}

public import OrganisationModel
import Versioning

/// What a view shows of objects: its attributes, without where protected people can be found.
///
/// An object is about the people to whom its relations lead: an account about its person, a function about the person of its
/// engagement. Who is gone, or left the register, counts as they were last; an object that leads to nobody any more is about whom it
/// led to last, so that an account does not begin to tell where somebody is when payroll forgets the person. Remembers what it looked up; good for one
/// transaction.
public struct Disclosure {
    /// Where objects and people are looked at.
    public struct Side: Hashable, Sendable {
        let version: Int
        let day: Day
        /// False for what older programs counted, which left nothing out.
        let isProtecting: Bool

        public init(_ position: Position, isProtecting: Bool = true) {
            (version, day, self.isProtecting) = (position.version, position.day, isProtecting)
        }
    }

    public typealias Fields = [StatePeriod.Field]

    private let view: View
    private let log: any TransitionLog
    private let schema: Schema
    /// Nobody else need be looked up.
    private let everProtected: Set<ObjectID>
    private var now: [ObjectID: Bool] = [:]

    public init(view: View, log: any TransitionLog, schema: Schema = .standard) throws {
        (self.view, self.log, self.schema) = (view, log, schema)
        let isConcerned = !view.seesProtected && view.kinds.contains { Self.hides(view, schema[$0]) }
        everProtected = isConcerned ? try log.everProtected() : []
    }

    private static func hides(_ view: View, _ kind: KindSchema) -> Bool {
        kind.attributes.contains { $0.protection == .whereabouts && view.attributes.contains($0.name) }
    }

    // MARK: Fields

    /// What the view shows of an object on a side; nil when the object is not in effect.
    func fields(of state: ObjectState?, _ kind: Kind, _ id: ObjectID, at side: Side) throws -> Fields? {
        guard let period = state?.period(on: side.day, schema[kind]) else { return nil }
        let fields = view.fields(of: period)
        guard side.isProtecting,
            try people(period, kind, id, fields, side).contains(where: { try isProtected($0, side) })
        else { return fields }
        return fields.filter { $0.attribute.protection != .whereabouts }
    }

    /// As ``fields(of:_:_:at:)``, and without what may not be told any more because somebody became protected since.
    public mutating func toldFields(of state: ObjectState?, _ kind: Kind, _ id: ObjectID, at side: Side) throws
        -> Fields?
    {
        try fields(of: state, kind, id, at: side).map { fields in
            let withheld = try withheld(state, kind, id, fields, side)
            return withheld ? fields.filter { $0.attribute.protection != .whereabouts } : fields
        }
    }

    /// Both sides of an event. Of what may not be told any more the attribute stays, and whether its value changed.
    mutating func told(
        _ transition: ObjectTransition?, _ kind: Kind, _ id: ObjectID, _ before: Side, _ after: Side
    ) throws -> (before: Fields?, after: Fields?, withheld: [Attribute]) {
        var sides: [Fields?] = []
        var values: [StatePeriod.Field] = []
        for (state, side) in [(transition?.before, before), (transition?.after, after)] {
            let fields = try fields(of: state, kind, id, at: side)
            guard let fields, try withheld(state, kind, id, fields, side) else {
                sides.append(fields)
                continue
            }
            sides.append(
                fields.map { field in
                    guard field.attribute.protection == .whereabouts else { return field }
                    values.append(field)
                    let number = values.firstIndex(of: field) ?? 0
                    return StatePeriod.Field(attribute: field.attribute, value: .erased(number))
                })
        }
        let names = Set(values.map(\.attribute))
        return (sides[0], sides[1], schema[kind].attributes.filter(names.contains))
    }

    private mutating func withheld(
        _ state: ObjectState?, _ kind: Kind, _ id: ObjectID, _ fields: Fields, _ side: Side
    ) throws -> Bool {
        guard let period = state?.period(on: side.day, schema[kind]) else { return false }
        for person in try people(period, kind, id, fields, side) {
            let isProtected = try now[person] ?? isProtectedNow(person)
            now[person] = isProtected
            if isProtected { return true }
        }
        return false
    }

    // MARK: People

    /// The people an object is about of whom it could matter; nobody when the fields tell nobody's whereabouts.
    private func people(
        _ period: StatePeriod, _ kind: Kind, _ id: ObjectID, _ fields: Fields, _ side: Side
    ) throws -> Set<ObjectID> {
        guard !everProtected.isEmpty, fields.contains(where: { $0.attribute.protection == .whereabouts }) else {
            return []
        }
        if schema[kind].protectionFlag != nil { return everProtected.intersection([id]) }
        let relations = schema.personRelations(kind)
        let targets = period.targets(of: relations)
        return try people(targets.isEmpty ? formerTargets(of: id, relations, side) : targets, side)
    }

    /// Where an object that leads to nobody on a day led on other days, or else in the last version in which it did.
    private func formerTargets(of id: ObjectID, _ relations: [Attribute], _ side: Side) throws -> [(
        Attribute, ObjectID
    )] {
        guard !relations.isEmpty,
            let state = try log.lastTiedState(of: id, version: side.version, by: relations)
        else { return [] }
        return relations.flatMap { relation in state.everyTarget(of: [relation]).map { (relation, $0) } }
    }

    private func people(_ targets: [(Attribute, ObjectID)], _ side: Side) throws -> Set<ObjectID> {
        try targets.reduce(into: []) { people, target in
            guard case .reference(let kind) = target.0.type else { return }
            people.formUnion(try self.people(kind, target.1, side))
        }
    }

    private func people(_ kind: Kind, _ id: ObjectID, _ side: Side) throws -> Set<ObjectID> {
        if schema[kind].protectionFlag != nil { return everProtected.intersection([id]) }
        guard let state = try log.lastState(of: id, version: side.version) else { return [] }
        let relations = schema.personRelations(kind)
        let targets = state.targets(of: relations, on: side.day, schema[kind])
        return try people(targets.isEmpty ? formerTargets(of: id, relations, side) : targets, side)
    }

    private func isProtected(_ person: ObjectID, _ side: Side) throws -> Bool {
        guard let kind = schema.kinds.first(where: { $0.protectionFlag != nil }) else { return false }
        return try log.lastState(of: person, version: side.version)?.isProtected(on: side.day, kind) ?? false
    }

    private func isProtectedNow(_ person: ObjectID) throws -> Bool {
        try log.newestPosition().map { try isProtected(person, Side($0)) } ?? false
    }

    // MARK: What an entry reaches

    /// The objects that did not change themselves, but may be about somebody who became protected with the entry, or no
    /// longer is. In no order; more than need be.
    func reached(by entry: LogEntry, _ before: Side, _ after: Side) throws -> Set<ObjectID> {
        guard !everProtected.isEmpty, entry.isProtecting else { return [] }
        var reached: Set<ObjectID> = []
        switch entry.cause {
        case .view: reached = everProtected
        // An erasure tells of everything that was about the person; before the first version there was nothing.
        case .erasure: return []
        case .import, .rollback, .snapshot, .dayTurn:
            guard after.version > 1 || entry.cause == .dayTurn else { return [] }
            try log.forEachTransition(of: entry, kinds: leadingKinds) { transition in
                let (kind, id) = (transition.kind, transition.id)
                let was = try people(kind, id, before).contains { try isProtected($0, before) }
                let isNow = try people(kind, id, after).contains { try isProtected($0, after) }
                if was != isNow { reached.insert(id) }
            }
        }
        var frontier = reached
        while !frontier.isEmpty {
            let next = try Set(frontier.flatMap { try log.referrers(of: $0) }).subtracting(reached)
            reached.formUnion(next)
            frontier = next
        }
        return reached
    }

    /// The kinds by way of which others lead to people.
    private var leadingKinds: [Kind] {
        let relations = schema.kinds.flatMap { schema.personRelations($0.kind) }
        return schema.kinds.map(\.kind).filter { kind in relations.contains { $0.type == .reference(kind) } }
    }
}

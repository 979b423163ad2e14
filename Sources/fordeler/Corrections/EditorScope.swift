import OrganisationModel

/// The part of the organisation that an editor may correct: what stands beneath one unit, and what belongs to it. Of the unit
/// itself the values, but not where it stands and how long it is there.
///
/// A pure function of the organisation before and after. On every day of a correction on which its object is there, it must
/// belong to the part, before as well as after: a unit by its parents; an engagement by its unit; a function by its unit, or
/// else its engagement; a person by all engagements; an account by its person.
struct EditorScope {
    /// An organisation, as far as it is asked.
    struct View {
        /// Nil for what is not there.
        let object: (ObjectID) throws -> (kind: Kind, state: ObjectState)?
        /// The engagements that name a person.
        let engagements: (_ person: ObjectID) throws -> [ObjectID]
    }

    let unit: ObjectID
    let schema: Schema

    /// - Parameter today: what is one object is judged from this day on.
    func allows(_ correction: Correction, today: Day, before: View, after: View) throws -> Bool {
        guard let ahead = EffectivePeriod(from: today, to: .distantFuture) else { return false }
        let period = correction.period ?? ahead
        if correction.id == unit {
            guard case .change(_, let fields) = correction.statement else { return false }
            return !fields.contains { $0.attribute == schema[.unit].hierarchy?.number }
        }
        var objects = [correction.id]
        if case .alias(let target, _) = correction.statement {
            if target == unit { return false }
            objects.append(target)
        }
        var isAnyThere = false
        for id in objects {
            for view in [before, after] {
                switch try contains(id, on: period, view) {
                case .outside: return false
                case .inside: isAnyThere = true
                case .absent: continue
                }
            }
        }
        return isAnyThere
    }

    private enum Place {
        case inside, outside
        /// Not there on any of the days.
        case absent
    }

    private func contains(_ id: ObjectID, on days: EffectivePeriod, _ view: View) throws -> Place {
        guard let object = try view.object(id) else { return .absent }
        let periods = object.state.periods(schema[object.kind]).compactMap { period in
            EffectivePeriod(from: max(period.period.from, days.from), to: min(period.period.to, days.to)).map {
                (days: $0, period: period)
            }
        }
        if periods.isEmpty { return .absent }
        let belongs = try periods.allSatisfy { try isInside(object.kind, id, $0.period, on: $0.days, view) }
        return belongs ? .inside : .outside
    }

    private func isInside(
        _ kind: Kind, _ id: ObjectID, _ period: StatePeriod, on days: EffectivePeriod, _ view: View
    ) throws -> Bool {
        func target(_ name: String) -> ObjectID? {
            if case .reference(let id) = period[name] { id } else { nil }
        }
        func belongs(_ name: String) throws -> Bool {
            try target(name).map { try contains($0, on: days, view) == .inside } ?? false
        }
        switch kind {
        case .unit:
            return try id == unit || target("parent").map { try stands($0, on: days, view, beneath: [id]) } ?? false
        case .engagement: return try target("unit").map { try stands($0, on: days, view) } ?? false
        case .function:
            let ofUnit = try target("unit").map { try stands($0, on: days, view) }
            return try ofUnit ?? belongs("engagement")
        case .person:
            let places = try view.engagements(id).map { try contains($0, on: days, view) }
            return places.contains(.inside) && !places.contains(.outside)
        case .user: return try belongs("person")
        case .organisation, .task: return false
        }
    }

    /// Whether a unit is the editor's or stands beneath it, on all days on which it is there, and on one at least.
    private func stands(
        _ id: ObjectID, on days: EffectivePeriod, _ view: View, beneath others: Set<ObjectID> = []
    ) throws -> Bool {
        if id == unit { return true }
        guard !others.contains(id), let object = try view.object(id), object.kind == .unit else { return false }
        let periods = object.state.periods(schema[.unit]).filter { $0.period.overlaps(days) }
        return try !periods.isEmpty
            && periods.allSatisfy { period in
                guard case .reference(let parent) = period["parent"],
                    let common = EffectivePeriod(
                        from: max(period.period.from, days.from), to: min(period.period.to, days.to))
                else { return false }
                return try stands(parent, on: common, view, beneath: others.union([id]))
            }
    }
}

import OrganisationModel

/// A relation to an object that is not there: `engagement.unit-unknown`, `user.person-unknown` and so on.
///
/// The object stays at its last good state when that one's targets are all there; else it is left out, and with it what
/// only its own record says (the person and the account of an employment in an unknown unit), unless the register knows it.
/// The parent of a unit has a rule of its own.
struct UnknownTarget {
    let organisation: Organisation
    let register: any Register

    static func rule(_ kind: Kind, _ attribute: Attribute) -> Rule {
        Rule("\(kind.name).\(attribute.name)-unknown", .error, .withhold)
    }

    /// Kinds are judged in the order of reference; what is left out makes others unknown, until nothing changes.
    func findings() throws -> [Finding] {
        var findings: [Finding] = []
        var judged: Set<ObjectID> = []
        while true {
            try keepTargets()
            let suspects = try organisation.objectsWithUnknownTargets().union(brokenReplacements()).subtracting(judged)
            let entries = suspects.compactMap { organisation.entry($0) }.sorted { ($0.kind, $0.id) < ($1.kind, $1.id) }
            if entries.isEmpty { return findings }
            for entry in entries {
                judged.insert(entry.id)
                let hierarchy = organisation.schema[entry.kind].hierarchy
                guard let (attribute, named, place) = try firstUnknown(entry, except: hierarchy) else { continue }
                let outcome = try withhold(entry, hierarchy)
                findings.append(
                    organisation.finding(
                        Self.rule(entry.kind, attribute), entry,
                        "The \(attribute.name) \(named) of this \(entry.kind.name) is unknown or left out, so the "
                            + "\(entry.kind.name) \(outcome.rawValue). Correct it in the source.",
                        at: place))
            }
        }
    }

    /// What an object names that is kept as the register has it cannot go: it is kept, too, and so is a parent.
    func keepTargets() throws {
        var rest = organisation.keptObjects()
        while let object = rest.popLast() {
            let kindSchema = organisation.schema[object.kind]
            for field in object.state.periods(kindSchema).flatMap(\.fields) {
                guard case .reference(let target) = field.value, try !organisation.contains(target),
                    let known = try register.object(target)
                else { continue }
                organisation.keep(target, as: known)
                rest.append(known)
            }
        }
    }

    private enum Outcome: String {
        case kept = "is kept as it was"
        case leftOut = "is left out"
        case removed = "is removed: what it was before does not stand any more either"
    }

    /// Objects that stand at their last good state although that names something that is gone.
    private func brokenReplacements() throws -> [ObjectID] {
        try organisation.replacedEntries().filter { entry in
            guard let state = organisation.state(of: entry) else { return false }
            return try unknown(in: state, entry.kind, except: organisation.schema[entry.kind].hierarchy) != nil
        }.map(\.id)
    }

    /// - Returns: the relation, what it names, and where the record stands that says so.
    private func firstUnknown(
        _ entry: Organisation.Entry, except hierarchy: Attribute?
    ) throws -> (Attribute, String, SourceLocation?)? {
        if organisation.isReplaced(entry.id) {
            guard let state = organisation.state(of: entry) else { return nil }
            return try unknown(in: state, entry.kind, except: hierarchy).map { ($0, "of its last good state", nil) }
        }
        var unknown: (Attribute, String, SourceLocation?)?
        try organisation.forEachReference(of: entry) { attribute, target, key in
            guard unknown == nil, attribute != hierarchy, try !organisation.contains(target) else { return }
            guard case .reference(let kind) = attribute.type else { return }
            let place = organisation.location(of: entry, referringTo: target)
            if try attribute.protection == .whereabouts && isAboutProtected(entry) {
                unknown = (attribute, Masking.protected, place)
                return
            }
            let shown = Masking.shown(String(decoding: key, as: UTF8.self), kind: kind)
            unknown = (attribute, Masking.redacted(shown), place)
        }
        return unknown
    }

    /// Whether the object is about somebody who is protected, on whatever day.
    private func isAboutProtected(_ entry: Organisation.Entry) throws -> Bool {
        var targets: [(Kind, ObjectID)] = []
        organisation.forEachReference(of: entry) { attribute, target, _ in
            guard organisation.schema.personRelations(entry.kind).contains(attribute) else { return }
            if case .reference(let kind) = attribute.type { targets.append((kind, target)) }
        }
        while let (kind, id) = targets.popLast() {
            guard let state = try organisation.state(of: id) else { continue }
            if state.isEverProtected(organisation.schema[kind]) { return true }
            for relation in organisation.schema.personRelations(kind) {
                guard case .reference(let next) = relation.type else { continue }
                targets += state.everyTarget(of: [relation]).map { (next, $0) }
            }
        }
        return false
    }

    func unknown(in state: ObjectState, _ kind: Kind, except hierarchy: Attribute?) throws -> Attribute? {
        for period in state.periods(organisation.schema[kind]) {
            for field in period.fields where field.attribute != hierarchy {
                if case .reference(let target) = field.value, try !organisation.contains(target) {
                    return field.attribute
                }
            }
        }
        return nil
    }

    private func withhold(_ entry: Organisation.Entry, _ hierarchy: Attribute?) throws -> Outcome {
        let known = try register.object(entry.id)
        let last = known?.state
        let isReplaced = organisation.isReplaced(entry.id)
        if !isReplaced, let last,
            try unknown(in: last, entry.kind, except: hierarchy) == nil
        {
            organisation.replace(entry.id, with: last)
            return .kept
        }
        // Beside kept objects nothing is lost because of them: it waits, and what it names waits with it.
        if organisation.keepsObjects, let known {
            organisation.keep(entry.id, as: known)
            return .kept
        }
        organisation.replace(entry.id, with: nil)
        // Where another rule had put the object back, its record does not name what is unknown; what else it says counts, now as
        // in the next export.
        guard !isReplaced else { return last == nil ? .leftOut : .removed }
        for id in organisation.companions(of: entry) where !organisation.isReplaced(id) {
            guard let companion = organisation.entry(id), organisation.claimCount(of: companion) == 1,
                try register.object(id) == nil
            else { continue }
            organisation.replace(id, with: nil)
        }
        return last == nil ? .leftOut : .removed
    }
}

extension UnknownTarget {
    static let entries = RuleEntry.forRelations { kind, attribute, target in
        func pair(_ language: Language) -> (String, String) { (kind.word(language), target.word(language)) }
        let (da, sv, nb, en) = (pair(.danish), pair(.swedish), pair(.norwegian), pair(.english))
        return RuleEntry(
            rule(kind, attribute),
            da: RuleText("En \(da.0) peger på en \(da.1), der er ukendt eller udeladt.", "Ret det i kilden."),
            sv: RuleText("En \(sv.0) pekar på en \(sv.1) som är okänd eller utelämnad.", "Rätta det i källan."),
            nb: RuleText("En \(nb.0) peker på en \(nb.1) som er ukjent eller utelatt.", "Rett det i kilden."),
            en: RuleText("The \(en.1) of the \(en.0) is unknown or left out.", "Correct it in the source."))
    }
}

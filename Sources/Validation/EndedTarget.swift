import OrganisationModel

/// An object lasts longer than the unit or the task that it belongs to: a closed unit with people in it, a class that KLE has
/// retired.
///
/// That it began earlier is no finding: many sources tell of a unit only since it was last altered.
struct EndedTarget {
    let organisation: Organisation
    let today: Day

    static let parent = Rule("unit.parent-ended", .warning, .none)

    static func rule(_ kind: Kind, _ attribute: Attribute) -> Rule {
        Rule("\(kind.name).\(attribute.name)-ended", .warning, .none)
    }

    /// The relations that are judged here; the parents of units are judged in their tree.
    private static func relations(_ kind: KindSchema) -> [Attribute] {
        kind.attributes.filter { attribute in
            guard attribute != kind.hierarchy, case .reference(let target) = attribute.type else { return false }
            return target == .unit || target == .task
        }
    }

    // MARK: Units

    static func findings(_ tree: UnitTree, _ rules: RuleSettings) throws -> [Finding] {
        guard let rule = rules.settled(parent), let parent = tree.parent else { return [] }
        return try tree.nodes.compactMap { node in
            for period in node.periods {
                guard case .reference(let id) = period[parent], id != node.id,
                    let end = try tree.organisation.state(of: id)?.lastDay(tree.organisation.schema[.unit]),
                    period.period.to > max(end, tree.days[0])
                else { continue }
                return tree.finding(
                    rule, node, "Unit \(node.title) goes on, and its parent ends: the first day without it is \(end).",
                    "Give it another parent in the source, or close it on the same day.")
            }
            return nil
        }
    }

    // MARK: Others

    func findings() throws -> [Finding] {
        var ends: [ObjectID: Day?] = [:]
        var findings: [Finding] = []
        let judged = Kind.allCases.map { kind in
            Self.relations(organisation.schema[kind]).filter { organisation.settled(Self.rule(kind, $0)) != nil }
        }
        func end(of id: ObjectID, _ kind: Kind) throws -> Day? {
            if let known = ends[id] { return known }
            let end = try organisation.state(of: id)?.lastDay(organisation.schema[kind])
            ends[id] = .some(end)
            return end
        }
        var cursor = organisation.cursor()
        while let entry = cursor.next() {
            let relations = judged[Int(entry.kind.rawValue) - 1]
            guard !relations.isEmpty else { continue }
            // States are made only of what may be too long: nearly all targets have no end.
            var isSuspect = false
            try organisation.forEachReference(of: entry) { attribute, target, _ in
                guard !isSuspect, relations.contains(attribute), case .reference(let kind) = attribute.type else {
                    return
                }
                isSuspect = try end(of: target, kind).map { $0 < .distantFuture } ?? false
            }
            guard isSuspect, let state = organisation.state(of: entry) else { continue }
            let periods = state.periods(organisation.schema[entry.kind])
            for attribute in relations {
                guard case .reference(let kind) = attribute.type,
                    let rule = organisation.settled(Self.rule(entry.kind, attribute))
                else { continue }
                let broken = try periods.compactMap { period -> (id: ObjectID, end: Day)? in
                    guard case .reference(let id) = period[attribute], let end = try end(of: id, kind),
                        period.period.to > max(end, today)
                    else { return nil }
                    return (id, end)
                }
                guard let (id, end) = broken.first else { continue }
                findings.append(
                    organisation.finding(
                        rule, entry,
                        "This \(entry.kind.name) goes on, and its \(attribute.name) ends: the first day without it is \(end). "
                            + (try remedy(id, kind))))
            }
        }
        return findings
    }

    private func remedy(_ id: ObjectID, _ kind: Kind) throws -> String {
        guard kind == .task else { return "Move it in the source, or end it." }
        let schema = organisation.schema[kind]
        let last = try organisation.state(of: id)?.periods(schema).last
        let successors = schema.attribute(named: "successors").flatMap { last?[$0] }?.description ?? ""
        return successors.isEmpty ? "Give it another class in the source." : "Its successors are \(successors)."
    }
}

extension ObjectState {
    /// The first day on which the object is not in effect any more.
    fileprivate func lastDay(_ schema: KindSchema) -> Day? {
        periods(schema).last?.period.to
    }
}

extension EndedTarget {
    private static let relationEntries = Kind.allCases.flatMap { kind in
        relations(Schema.standard[kind]).compactMap { attribute -> RuleEntry? in
            guard case .reference(let target) = attribute.type else { return nil }
            func pair(_ language: Language) -> (String, String) { (kind.word(language), target.word(language)) }
            let (da, sv, nb, en) = (pair(.danish), pair(.swedish), pair(.norwegian), pair(.english))
            return RuleEntry(
                rule(kind, attribute), .quieter,
                da: RuleText("En \(da.0) varer længere end sin \(da.1).", "Flyt den i kilden, eller afslut den."),
                sv: RuleText("En \(sv.0) gäller längre än sin \(sv.1).", "Flytta den i källan, eller avsluta den."),
                nb: RuleText("En \(nb.0) varer lenger enn sin \(nb.1).", "Flytt den i kilden, eller avslutt den."),
                en: RuleText(
                    "The \(en.0) lasts longer than the \(en.1) that it belongs to.", "Move it in the source, or end it."
                )
            )
        }
    }
}

extension EndedTarget {
    static let entries: [RuleEntry] =
        [
            RuleEntry(
                parent, .any(asError: .block),
                da: RuleText(
                    "En enhed gælder længere end sin overordnede.",
                    "Giv enheden en anden overordnet, eller luk den samme dag."),
                sv: RuleText(
                    "En enhet gäller längre än sin överordnade.",
                    "Ge enheten en annan överordnad, eller avsluta den samma dag."),
                nb: RuleText(
                    "En enhet gjelder lenger enn sin overordnede.",
                    "Gi enheten en annen overordnet, eller lukk den samme dag."),
                en: RuleText(
                    "A unit lasts longer than its parent.",
                    "Give the unit another parent, or close it on the same day."))
        ] + relationEntries
}

import OrganisationModel

/// Several records name one person or account and do not say the same about it.
///
/// Plain values follow the record that lasts longest, not the newest one: a full export has no newer word, and it must give
/// what deltas give. A relation that differs (one account, two people) is never guessed:
/// the object stays at its last good state.
enum ConflictingClaims {
    static let values = Rule("object.values-conflict", .warning, .none)
    static let relations = Rule("object.relations-conflict", .error, .withhold)

    static func finding(_ entry: Organisation.Entry, _ organisation: Organisation) -> Finding? {
        guard let entry = organisation.repeatedPart(of: entry), organisation.isShared(entry) else { return nil }
        let schema = organisation.schema[entry.kind]
        let states = organisation.claimedStates(of: entry).compactMap { $0 }
        let differing =
            organisation.isDaily(entry)
            ? onOneDay(Array(Set(states.flatMap { $0.periods(schema) })), schema)
            : attributes(in: states.compactMap { $0.periods(schema).last }, schema)
        guard !differing.isEmpty else { return nil }
        let names = differing.map(\.name).joined(separator: ", ")
        let lines = organisation.locations(of: entry).shown
        if differing.contains(where: \.isReference) {
            return organisation.finding(
                relations, entry,
                "Records of one \(entry.kind.name) (\(lines)) differ in \(names), so it is left out (or kept as it was). "
                    + "Ask the source which is right.")
        }
        guard let rule = organisation.settled(values) else { return nil }
        return organisation.finding(
            rule, entry,
            "Records of one \(entry.kind.name) (\(lines)) differ in \(names)\(rule.fate == .withhold ? rule.consequence : ""). "
                + (rule.fate == .withhold ? "" : "\(counting(entry, differing, organisation)) ")
                + "Let the source deliver all of them when it corrects one, or import a full export.")
    }

    /// Which of the records counts, and why.
    private static func counting(
        _ entry: Organisation.Entry, _ attributes: [Attribute], _ organisation: Organisation
    ) -> String {
        guard !organisation.isDaily(entry), let first = organisation.counting(entry, about: attributes) else {
            return "On each day the one that began last counts."
        }
        let place = "\(first.place.file):\(first.place.line)"
        return switch first.why {
        case .lastsLongest: "What \(place) says counts, since it lasts longest."
        case .beginsLast: "What \(place) says counts, since of those that last longest it begins last."
        case .keyComesFirst:
            "What \(place) says counts, since they last equally long and its record has the first key; which is newer does not "
                + "count."
        }
    }

    private static func attributes(in periods: [StatePeriod], _ schema: KindSchema) -> [Attribute] {
        schema.attributes.filter { attribute in Set(periods.compactMap { $0[attribute] }).count > 1 }
    }

    /// The attributes in which periods differ that share a day.
    private static func onOneDay(_ periods: [StatePeriod], _ schema: KindSchema) -> [Attribute] {
        guard periods.count > 1 else { return [] }
        let days = Set(periods.flatMap { [$0.period.from, $0.period.to] })
        let differing = Set(
            days.flatMap { day in
                attributes(in: periods.filter { $0.period.from <= day && day < $0.period.to }, schema).map(\.number)
            })
        return schema.attributes.filter { differing.contains($0.number) }
    }
}

extension ConflictingClaims {
    static let entries: [RuleEntry] = [
        RuleEntry(
            values, .any(asError: .withhold),
            da: RuleText(
                "Poster om samme person eller bruger siger noget forskelligt; den, der varer længst, gælder.",
                "Ret det i kilden."),
            sv: RuleText(
                "Poster om samma person eller användare säger olika; den som varar längst gäller.",
                "Rätta det i källan."),
            nb: RuleText(
                "Poster om samme person eller bruker sier noe forskjellig; den som varer lengst, gjelder.",
                "Rett det i kilden."),
            en: RuleText(
                "Records of one person or user differ; the one that lasts longest counts.",
                "Correct it in the source.")),
        RuleEntry(
            relations,
            da: RuleText(
                "Poster om samme bruger peger på forskellige objekter.",
                "Spørg kilden, hvilken der er den rette."),
            sv: RuleText("Poster om samma användare pekar på olika objekt.", "Fråga källan vilken som är den rätta."),
            nb: RuleText(
                "Poster om samme bruker peker på forskjellige objekter.",
                "Spør kilden hvilken som er den rette."),
            en: RuleText("Records of one user lead to different objects.", "Ask the source which one is right.")),
    ]
}

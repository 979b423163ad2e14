import OrganisationModel

/// Sources give one UUID to objects of different kinds.
enum SeveralKinds {
    static let rule = Rule("object.several-kinds", .error, .withhold)

    static func finding(_ entry: Organisation.Entry, _ organisation: Organisation) -> Finding? {
        guard organisation.hasSeveralKinds(entry) else { return nil }
        let lines = organisation.locations(of: entry).map { "\($0.source) \($0.file):\($0.line)" }.joined(
            separator: ", ")
        return organisation.finding(
            rule, entry,
            "Records make objects of different kinds of the UUID \(entry.id) (\(lines)), so it is left out (or kept as it "
                + "was). A UUID belongs to one object. Correct it in the source.")
    }
}

extension SeveralKinds {
    static let entries: [RuleEntry] = [
        RuleEntry(
            rule,
            da: RuleText(
                "Ét UUID er givet til objekter af forskellig slags.",
                "Giv i kilden hvert objekt sit eget UUID."),
            sv: RuleText("Ett UUID har getts till objekt av olika slag.", "Ge varje objekt sitt eget UUID i källan."),
            nb: RuleText(
                "Én UUID er gitt til objekter av forskjellig slag.",
                "Gi hvert objekt sin egen UUID i kilden."),
            en: RuleText(
                "One UUID is given to objects of different kinds.",
                "Give each object a UUID of its own in the source."))
    ]
}

import OrganisationModel

/// An object without a name.
///
/// A unit must have one (KOMBIT Anvisninger 1.2.3, chapter 4: EnhedNavn is mandatory), so it stays at its last good state.
/// A nameless person is worth a warning only: rights hang on the employment, not on the name.
enum EmptyName {
    static let unit = Rule("unit.name-empty", .error, .withhold)
    static let person = Rule("person.name-empty", .warning, .none)

    static func finding(_ entry: Organisation.Entry, _ organisation: Organisation) -> Finding? {
        guard entry.kind == .unit || entry.kind == .person else { return nil }
        guard let rule = organisation.settled(entry.kind == .unit ? unit : person), organisation.isPresent(entry),
            !organisation.hasValue(entry, ofAny: organisation.schema[entry.kind].nameAttributes)
        else { return nil }
        return organisation.finding(
            rule, entry,
            "The \(entry.kind.name) has no name\(rule.consequence). "
                + (entry.kind == .unit ? "Name it in the source." : "Correct it in the source."))
    }
}

extension EmptyName {
    static let entries: [RuleEntry] = [
        RuleEntry(
            unit, .any(asError: .withhold),
            da: RuleText("En enhed har intet navn.", "Giv enheden et navn i kilden."),
            sv: RuleText("En enhet saknar namn.", "Ge enheten ett namn i källan."),
            nb: RuleText("En enhet har ikke noe navn.", "Gi enheten et navn i kilden."),
            en: RuleText("A unit has no name.", "Name the unit in the source.")),
        RuleEntry(
            person, .any(asError: .withhold),
            da: RuleText("En person har intet navn.", "Ret det i kilden."),
            sv: RuleText("En person saknar namn.", "Rätta det i källan."),
            nb: RuleText("En person har ikke noe navn.", "Rett det i kilden."),
            en: RuleText("A person has no name.", "Correct it in the source.")),
    ]
}

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
        guard organisation.isPresent(entry),
            !organisation.hasValue(entry, ofAny: organisation.schema[entry.kind].nameAttributes)
        else { return nil }
        return entry.kind == .unit
            ? organisation.finding(
                unit, entry, "The unit has no name, so it is left out (or kept as it was). Name it in the source.")
            : organisation.finding(person, entry, "The person has no name. Correct it in the source.")
    }
}

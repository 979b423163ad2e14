import OrganisationModel

/// Two records of one export give the same object.
///
/// When they say the same, one of them is taken. When they differ nobody can know which is right, so the object stays at
/// its last good state.
enum DuplicateKey {
    static let different = Rule("object.duplicate-key", .error, .withhold)
    static let equal = Rule("object.repeated", .warning, .none)

    static func finding(_ entry: Organisation.Entry, _ organisation: Organisation) -> Finding? {
        guard let entry = organisation.repeatedPart(of: entry), !organisation.isShared(entry) else { return nil }
        let lines = organisation.locations(of: entry).shown
        if Set(organisation.claimedStates(of: entry)).count == 1 {
            guard let rule = organisation.settled(equal) else { return nil }
            let outcome = rule.fate == .withhold ? rule.consequence : "; one is taken"
            return organisation.finding(
                rule, entry,
                "The same \(entry.kind.name) stands in the export more than once (\(lines))\(outcome).")
        }
        return organisation.finding(
            different, entry,
            "The export holds several different records for one \(entry.kind.name) (\(lines)), so it is left out (or kept "
                + "as it was). Ask the source which is right.")
    }
}

extension DuplicateKey {
    static let entries: [RuleEntry] = [
        RuleEntry(
            different,
            da: RuleText(
                "Udtrækket har flere forskellige poster for det samme objekt.",
                "Spørg kilden, hvilken der er den rette."),
            sv: RuleText("Exporten har flera olika poster för samma objekt.", "Fråga källan vilken som är den rätta."),
            nb: RuleText(
                "Eksporten har flere forskjellige poster for det samme objektet.",
                "Spør kilden hvilken som er den rette."),
            en: RuleText(
                "The export holds several different records for one object.",
                "Ask the source which one is right.")),
        RuleEntry(
            equal, .any(asError: .withhold),
            da: RuleText("Udtrækket har den samme post flere gange; én bruges.", "Ret det i kilden."),
            sv: RuleText("Exporten har samma post flera gånger; en används.", "Rätta det i källan."),
            nb: RuleText("Eksporten har den samme posten flere ganger; én brukes.", "Rett det i kilden."),
            en: RuleText("The export holds the same record more than once; one is taken.", "Correct it in the source.")),
    ]
}

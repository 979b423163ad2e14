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
            return organisation.finding(
                equal, entry,
                "The same \(entry.kind.name) stands in the export more than once (\(lines)); one is taken.")
        }
        return organisation.finding(
            different, entry,
            "The export holds several different records for one \(entry.kind.name) (\(lines)), so it is left out (or kept "
                + "as it was). Ask the source which is right.")
    }
}

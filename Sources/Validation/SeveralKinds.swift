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

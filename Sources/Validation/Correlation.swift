import OrganisationModel

/// Objects of one source find those of another by a value: an account the person by an employee number.
///
/// What nothing answers to is published without the relation. Where several people answer nobody can know which is meant,
/// so the object stays at its last good state: a wrong person behind an account is worse than an old one.
struct Correlation {
    let organisation: Organisation
    let register: any Register

    static let additionAmbiguous = Rule("record.addition-ambiguous", .warning, .none)
    static let additionsConflict = Rule("object.additions-conflict", .warning, .none)

    static func uncorrelated(_ kind: Kind, _ attribute: Attribute) -> Rule {
        Rule("\(kind.name).\(attribute.name)-uncorrelated", .warning, .none)
    }

    static func ambiguous(_ kind: Kind, _ attribute: Attribute) -> Rule {
        Rule("\(kind.name).\(attribute.name)-ambiguous", .error, .withhold)
    }

    func findings() throws -> [Finding] {
        try organisation.correlate().compactMap { failure in
            switch failure.reason {
            case .nothing: return nothing(failure)
            case .ambiguous: return try ambiguous(failure)
            case .disputed: return disputed(failure)
            }
        }
    }

    private func shown(_ texts: [String]) -> String {
        texts.map(Masking.redacted).joined(separator: ", ")
    }

    /// An account that only its own name could tie to a person is taken for one of a machine, and nothing is said.
    private func nothing(_ failure: FailedLookup) -> Finding? {
        guard let attribute = failure.attributes.first, let id = failure.object, let entry = organisation.entry(id),
            failure.texts.contains(where: { $0 != organisation.key(of: entry) })
        else { return nil }
        return organisation.finding(
            Self.uncorrelated(failure.kind, attribute), entry,
            "No \(attribute.name) answers to \(shown(failure.texts)), so the \(failure.kind.name) is published without one. "
                + "It is tied as soon as the other source names it.")
    }

    private func ambiguous(_ failure: FailedLookup) throws -> Finding? {
        guard let attribute = failure.attributes.first, let id = failure.object, let entry = organisation.entry(id)
        else {
            return Finding(
                rule: Self.additionAmbiguous, kind: failure.kind, key: shown(failure.texts),
                location: failure.locations[0],
                message:
                    "Several objects answer to \(shown(failure.texts)), so the record adds nothing to any of them. "
                    + "Correct the value in one of the sources.")
        }
        let unknownTarget = UnknownTarget(organisation: organisation, register: register)
        let hierarchy = organisation.schema[entry.kind].hierarchy
        let last = try register.object(id)?.state
        let isUsable = try last.map { try unknownTarget.unknown(in: $0, entry.kind, except: hierarchy) == nil } ?? false
        organisation.replace(id, with: isUsable ? last : nil)
        return organisation.finding(
            Self.ambiguous(failure.kind, attribute), entry,
            "Several objects answer to \(shown(failure.texts)) and lead to different ones as \(attribute.name), so the "
                + "\(failure.kind.name) is \(isUsable ? "kept as it was" : "left out"). Correct the value in one of the "
                + "sources.")
    }

    private func disputed(_ failure: FailedLookup) -> Finding? {
        guard let id = failure.object, let entry = organisation.entry(id) else { return nil }
        let names = failure.attributes.map(\.name).joined(separator: ", ")
        let lines = failure.locations.shown
        return organisation.finding(
            Self.additionsConflict, entry,
            "Records (\(lines)) add different values of \(names) to one \(failure.kind.name), so none of them counts. "
                + "Correct one of them in the source.")
    }
}

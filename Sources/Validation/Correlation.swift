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
            failure.texts.contains(where: { $0 != organisation.key(of: entry) }),
            let rule = organisation.settled(Self.uncorrelated(failure.kind, attribute))
        else { return nil }
        return organisation.finding(
            rule, entry,
            "No \(attribute.name) answers to \(shown(failure.texts)), so the \(failure.kind.name) is published without one. "
                + "It is tied as soon as the other source names it.")
    }

    private func ambiguous(_ failure: FailedLookup) throws -> Finding? {
        guard let attribute = failure.attributes.first, let id = failure.object, let entry = organisation.entry(id)
        else {
            guard let rule = organisation.settled(Self.additionAmbiguous) else { return nil }
            return Finding(
                rule: rule, kind: failure.kind, key: shown(failure.texts),
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
        guard let rule = organisation.settled(Self.additionsConflict) else {
            // Looked at again each time, as one of which it is told.
            organisation.noteFinding(about: id)
            return nil
        }
        let names = failure.attributes.map(\.name).joined(separator: ", ")
        let lines = failure.locations.shown
        return organisation.finding(
            rule, entry,
            "Records (\(lines)) add different values of \(names) to one \(failure.kind.name), so none of them counts. "
                + "Correct one of them in the source.")
    }
}

extension Correlation {
    static let entries: [RuleEntry] =
        [
            RuleEntry(
                additionAmbiguous, .quieter,
                da: RuleText(
                    "En post skal føje noget til ét objekt, men flere har værdien.",
                    "Ret værdien i en af kilderne."),
                sv: RuleText(
                    "En post ska tillföra något till ett objekt, men flera har värdet.",
                    "Rätta värdet i en av källorna."),
                nb: RuleText(
                    "En post skal føye noe til ett objekt, men flere har verdien.",
                    "Rett verdien i en av kildene."),
                en: RuleText(
                    "A record is to add something to one object, but several have the value.",
                    "Correct the value in one of the sources.")),
            RuleEntry(
                additionsConflict, .quieter,
                da: RuleText(
                    "Poster i én kilde føjer forskellige værdier til ét objekt; ingen af dem gælder.",
                    "Ret en af posterne i kilden."),
                sv: RuleText(
                    "Poster i en källa tillför olika värden till ett objekt; inget av dem gäller.",
                    "Rätta en av posterna i källan."),
                nb: RuleText(
                    "Poster i én kilde føyer forskjellige verdier til ett objekt; ingen av dem gjelder.",
                    "Rett en av postene i kilden."),
                en: RuleText(
                    "Records of one source add different values to one object; none of them counts.",
                    "Correct one of the records in the source.")),
        ] + uncorrelatedEntries + ambiguousEntries
}

extension Correlation {
    private static let uncorrelatedEntries = RuleEntry.forRelations(withHierarchy: true) { kind, attribute, target in
        func pair(_ language: Language) -> (String, String) { (kind.word(language), target.word(language)) }
        let (da, sv, nb, en) = (pair(.danish), pair(.swedish), pair(.norwegian), pair(.english))
        return RuleEntry(
            uncorrelated(kind, attribute), .quieter,
            da: RuleText(
                "Ingen \(da.1) svarer til det, som en \(da.0) leder efter.",
                "Vent, til den anden kilde nævner værdien, eller ret den."),
            sv: RuleText(
                "Ingen \(sv.1) svarar mot det som en \(sv.0) söker efter.",
                "Vänta tills den andra källan anger värdet, eller rätta det."),
            nb: RuleText(
                "Ingen \(nb.1) svarer til det som en \(nb.0) leter etter.",
                "Vent til den andre kilden nevner verdien, eller rett den."),
            en: RuleText(
                "No \(en.1) answers to what the \(en.0) looks for.",
                "Wait until the other source names the value, or correct it."))
    }

    private static let ambiguousEntries = RuleEntry.forRelations(withHierarchy: true) { kind, attribute, target in
        func pair(_ language: Language) -> (String, String) { (kind.word(language), target.word(language)) }
        let (da, sv, nb, en) = (pair(.danish), pair(.swedish), pair(.norwegian), pair(.english))
        return RuleEntry(
            ambiguous(kind, attribute),
            da: RuleText(
                "Mere end én \(da.1) svarer til det, som en \(da.0) leder efter.", "Ret værdien i en af kilderne."),
            sv: RuleText(
                "Mer än en \(sv.1) svarar mot det som en \(sv.0) söker efter.", "Rätta värdet i en av källorna."),
            nb: RuleText(
                "Mer enn én \(nb.1) svarer til det som en \(nb.0) leter etter.", "Rett verdien i en av kildene."),
            en: RuleText(
                "More than one \(en.1) answers to what the \(en.0) looks for.",
                "Correct the value in one of the sources."))
    }
}

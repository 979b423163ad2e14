import OrganisationModel

/// Several sources make one unit, and none of them is the authority for it. None wins silently: it stays as it was.
enum SeveralSources {
    static let rule = Rule("unit.several-sources", .error, .withhold)

    static func finding(_ entry: Organisation.Entry, _ organisation: Organisation) -> Finding? {
        guard entry.kind == .unit, organisation.claimCount(of: entry) > 1 else { return nil }
        let makers = organisation.makers(of: entry)
        guard makers.count > 1 else { return nil }
        let lines = makers.map { "\($0.source) \($0.file):\($0.line)" }.joined(separator: ", ")
        return organisation.finding(
            rule, entry,
            "Several sources make one unit (\(lines)), so it is left out (or kept as it was). Say in the configuration whose scope "
                + "it is in.")
    }
}

extension SeveralSources {
    static let entries: [RuleEntry] = [
        RuleEntry(
            rule,
            da: RuleText(
                "Flere kilder danner den samme enhed, og intet siger, hvis den er.",
                "Giv i konfigurationen den ene kilde enheden som scope."),
            sv: RuleText(
                "Flera källor skapar samma enhet, och inget säger vems den är.",
                "Ge den ena källan enheten som scope i konfigurationen."),
            nb: RuleText(
                "Flere kilder lager den samme enheten, og ingenting sier hvem sin den er.",
                "Gi den ene kilden enheten som scope i konfigurasjonen."),
            en: RuleText(
                "Several sources make one unit, and nothing says whose it is.",
                "Give one of the sources the unit as its scope in the configuration."))
    ]
}

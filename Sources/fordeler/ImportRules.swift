import OrganisationModel

extension Rule {
    /// Records are absent that `confirmRemovals` still keeps.
    static let removalsUnconfirmed = Rule("export.removals-unconfirmed", .warning, .none)
    /// What deltas have not named since the mapping changed is as the old one made it.
    static let mappingChanged = Rule("export.mapping-changed", .warning, .none)
    /// A full export is older than a delta that was taken.
    static let exportOlder = Rule("export.older", .warning, .none)
}

extension RuleEntry {
    /// What is told of exports that were read to their end.
    static let ofImports: [RuleEntry] = [
        RuleEntry(
            .removalsUnconfirmed, .quieter,
            da: RuleText(
                "Poster mangler i udtrækket, men fjernes først, når flere udtræk mangler dem.",
                "Se efter, om udtrækket er helt."),
            sv: RuleText(
                "Poster saknas i exporten men tas bort först när flera exporter saknar dem.",
                "Kontrollera att exporten är fullständig."),
            nb: RuleText(
                "Poster mangler i eksporten, men fjernes først når flere eksporter mangler dem.",
                "Se etter om eksporten er fullstendig."),
            en: RuleText(
                "Records are absent, and are removed only when more exports lack them.",
                "Look whether the export is complete.")),
        RuleEntry(
            .mappingChanged, .quieter,
            da: RuleText(
                "Det, ændringsudtræk ikke har nævnt, siden mappingen blev ændret, er læst med den gamle.",
                "Importér et fuldt udtræk fra kilden."),
            sv: RuleText(
                "Det som ändringsexporter inte nämnt sedan mappningen ändrades är läst med den gamla.",
                "Importera en fullständig export från källan."),
            nb: RuleText(
                "Det endringseksporter ikke har nevnt siden mappingen ble endret, er lest med den gamle.",
                "Importer en fullstendig eksport fra kilden."),
            en: RuleText(
                "What deltas have not named since the mapping changed is as the old one read it.",
                "Import a full export of the source.")),
        RuleEntry(
            .exportOlder,
            da: RuleText(
                "Et fuldt udtræk er ældre end et ændringsudtræk, der allerede er læst, så det venter på godkendelse.",
                "Publicér det kun, hvis det er meningen, at de nyere ændringer skal gå tabt."),
            sv: RuleText(
                "En fullständig export är äldre än en ändringsexport som redan är läst, så den väntar på godkännande.",
                "Publicera den bara om det är meningen att de nyare ändringarna ska gå förlorade."),
            nb: RuleText(
                "En fullstendig eksport er eldre enn en endringseksport som allerede er lest, så den venter på godkjenning.",
                "Publiser den bare hvis det er meningen at de nyere endringene skal gå tapt."),
            en: RuleText(
                "A full export is older than a delta that was taken already, so it waits for approval.",
                "Publish it only if the newer changes are meant to be lost.")),
    ]
}

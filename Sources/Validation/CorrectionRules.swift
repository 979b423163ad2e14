import OrganisationModel

/// What is to be told about corrections by editors: that they are not needed any more, that a source changed what they mask, or
/// that there is nothing to correct. They hold until somebody withdraws them.
enum CorrectionRules {
    static let targetGone = Rule("correction.target-gone", .warning, .none)
    static let objectGone = Rule("correction.object-gone", .warning, .none)
    static let sourceChanged = Rule("correction.source-changed", .warning, .none)
    static let caughtUp = Rule("correction.caught-up", .info, .none)

    /// Leaves those unheard that refer to an object that is not there: what the sources say counts in their place.
    static func leaveUnheard(_ organisation: Organisation) throws -> [Finding] {
        try organisation.allCorrections().compactMap { correction in
            guard case .change = correction.statement,
                try correction.targets.contains(where: { try !organisation.contains($0) })
            else { return nil }
            organisation.leaveUnheard(correction)
            return finding(
                targetGone, correction, organisation,
                "refers to an object that is not there any more, so what the sources say counts. Withdraw it")
        }
    }

    static func findings(_ organisation: Organisation) -> [Finding] {
        organisation.allCorrections().compactMap { finding($0, organisation) }
    }

    private static func finding(_ correction: Correction, _ organisation: Organisation) -> Finding? {
        if case .create = correction.statement { return nil }
        guard let entry = organisation.entry(correction.id), organisation.isClaimed(entry) else {
            return finding(
                objectGone, correction, organisation, "has no effect: no source names the object any more. Withdraw it")
        }
        guard !organisation.isReplaced(entry.id), correction.period != nil else { return nil }
        if organisation.isCaughtUp(correction) {
            return finding(
                caughtUp, correction, organisation, "is not needed any more: the sources say the same now. Withdraw it")
        }
        guard let masked = correction.masked, organisation.masked(by: correction) != masked else { return nil }
        let names = correction.fields.compactMap { field in
            organisation.schema[correction.kind].attribute(number: field.attribute)?.name
        }
        let what = names.isEmpty ? "the end" : names.joined(separator: ", ")
        return finding(
            sourceChanged, correction, organisation,
            "still counts, but since it was made a source changed \(what). Look which of them is right: fordeler corrections"
        )
    }

    private static func finding(
        _ rule: Rule, _ correction: Correction, _ organisation: Organisation, _ message: String
    ) -> Finding? {
        guard let rule = organisation.settled(rule) else { return nil }
        organisation.noteFinding(about: correction.id)
        return Finding(
            rule: rule, kind: correction.kind,
            key: Masking.subject(
                correction.key, kind: correction.kind, id: correction.id, schema: organisation.schema),
            location: organisation.location(of: correction),
            message: "Correction \(correction.number) \(message).")
    }
}

extension CorrectionRules {
    static let entries: [RuleEntry] = [
        RuleEntry(
            targetGone, .quieter,
            da: RuleText(
                "En rettelse henviser til noget, som ikke findes mere, så kildernes ord gælder.",
                "Træk rettelsen tilbage."),
            sv: RuleText(
                "En rättelse hänvisar till något som inte finns längre, så källornas ord gäller.",
                "Dra tillbaka rättelsen."),
            nb: RuleText(
                "En rettelse viser til noe som ikke finnes lenger, så kildenes ord gjelder.", "Trekk rettelsen tilbake."
            ),
            en: RuleText(
                "A correction refers to something that is not there any more, so what the sources say counts.",
                "Withdraw the correction.")),
        RuleEntry(
            objectGone, .quieter,
            da: RuleText(
                "En rettelse har ingen virkning, for ingen kilde nævner objektet mere.", "Træk rettelsen tilbage."),
            sv: RuleText(
                "En rättelse har ingen verkan, för ingen källa nämner objektet längre.", "Dra tillbaka rättelsen."),
            nb: RuleText(
                "En rettelse har ingen virkning, for ingen kilde nevner objektet lenger.", "Trekk rettelsen tilbake."),
            en: RuleText(
                "A correction has no effect, because no source names the object any more.", "Withdraw the correction.")),
        RuleEntry(
            sourceChanged, .quieter,
            da: RuleText(
                "En kilde har ændret det, som en rettelse dækker over; rettelsen gælder stadig.",
                "Se, hvem der har ret: fordeler corrections."),
            sv: RuleText(
                "En källa har ändrat det som en rättelse täcker över; rättelsen gäller fortfarande.",
                "Se vem som har rätt: fordeler corrections."),
            nb: RuleText(
                "En kilde har endret det som en rettelse dekker over; rettelsen gjelder fortsatt.",
                "Se hvem som har rett: fordeler corrections."),
            en: RuleText(
                "A source has changed what a correction masks; the correction still counts.",
                "Look which of them is right: fordeler corrections.")),
        RuleEntry(
            caughtUp, .quieter,
            da: RuleText("Kilderne siger nu det samme som en rettelse.", "Træk rettelsen tilbage."),
            sv: RuleText("Källorna säger nu samma sak som en rättelse.", "Dra tillbaka rättelsen."),
            nb: RuleText("Kildene sier nå det samme som en rettelse.", "Trekk rettelsen tilbake."),
            en: RuleText("The sources now say the same as a correction.", "Withdraw the correction.")),
    ]
}

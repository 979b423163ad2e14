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
    ) -> Finding {
        organisation.noteFinding(about: correction.id)
        return Finding(
            rule: rule, kind: correction.kind,
            key: Masking.shown(correction.key, kind: correction.kind, schema: organisation.schema),
            location: organisation.location(of: correction),
            message: "Correction \(correction.number) \(message).")
    }
}

public import OrganisationModel

extension RuleEntry {
    /// All rules of this stage.
    public static let ofMapping = ofRecords + ofValues + ofScopes

    /// Those on whose outcome claims depend.
    static let recordCodes = Set((ofRecords + ofValues).map(\.rule.code))

    /// What is told of units about which not every source is heard.
    static let ofScopes: [RuleEntry] = [
        RuleEntry(
            ScopeFindings.excluded, .quieter,
            da: RuleText(
                "En enhed og det, der hører til den, er udeladt, fordi konfigurationen siger det.",
                "Er det ikke meningen, så tag enheden ud af exclude."),
            sv: RuleText(
                "En enhet och det som hör till den är utelämnade för att konfigurationen säger det.",
                "Är det inte meningen, ta bort enheten ur exclude."),
            nb: RuleText(
                "En enhet og det som hører til den, er utelatt fordi konfigurasjonen sier det.",
                "Er det ikke meningen, så ta enheten ut av exclude."),
            en: RuleText(
                "A unit and what belongs to it are left out because the configuration says so.",
                "If that is not meant, take the unit out of exclude.")),
        RuleEntry(
            ScopeFindings.outOfScope, .quieter,
            da: RuleText(
                "En enhed hører ikke til det, som kilden høres om.",
                "Er det ikke meningen, så ret scope i konfigurationen."),
            sv: RuleText(
                "En enhet hör inte till det som källan får uttala sig om.",
                "Är det inte meningen, rätta scope i konfigurationen."),
            nb: RuleText(
                "En enhet hører ikke til det som kilden blir hørt om.",
                "Er det ikke meningen, så rett scope i konfigurasjonen."),
            en: RuleText(
                "A unit is not among those about which the source is heard.",
                "If that is not meant, correct scope in the configuration.")),
        RuleEntry(
            ScopeFindings.excludedUnknown, .any(asError: .block),
            da: RuleText(
                "Konfigurationen udelader en enhed, som ingen post har.",
                "Ret nøglen i konfigurationen, eller tag den ud."),
            sv: RuleText(
                "Konfigurationen utelämnar en enhet som ingen post har.",
                "Rätta nyckeln i konfigurationen, eller ta bort den."),
            nb: RuleText(
                "Konfigurasjonen utelater en enhet som ingen post har.",
                "Rett nøkkelen i konfigurasjonen, eller ta den ut."),
            en: RuleText(
                "The configuration leaves out a unit that no record has.",
                "Correct the key in the configuration, or take it out.")),
        RuleEntry(
            ScopeFindings.scopeUnknown,
            da: RuleText(
                "Konfigurationen nævner en enhed som kildens område, men ingen post har den.",
                "Ret nøglen i konfigurationen, eller lever enheden."),
            sv: RuleText(
                "Konfigurationen anger en enhet som källans område, men ingen post har den.",
                "Rätta nyckeln i konfigurationen, eller leverera enheten."),
            nb: RuleText(
                "Konfigurasjonen nevner en enhet som kildens område, men ingen post har den.",
                "Rett nøkkelen i konfigurasjonen, eller lever enheten."),
            en: RuleText(
                "The configuration names a unit as the scope of a source, and no record has it.",
                "Correct the key in the configuration, or deliver the unit.")),
    ]
}

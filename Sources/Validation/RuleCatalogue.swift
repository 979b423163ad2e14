public import OrganisationModel

extension RuleEntry {
    /// All rules of this stage.
    public static let ofValidation =
        SeveralKinds.entries + SeveralSources.entries + DuplicateKey.entries + ConflictingClaims.entries
        + EmptyName.entries + MissingParent.entries + SelfParent.entries + HierarchyCycle.entries
        + SeveralRoots.entries + DeepHierarchy.entries + UnknownTarget.entries + Correlation.entries
        + EndedTarget.entries + CorrectionRules.entries

    /// One entry for each relation of each kind, but for those that form a hierarchy unless these are wanted, too.
    static func forRelations(
        withHierarchy: Bool = false,
        _ entry: (_ kind: Kind, _ attribute: Attribute, _ target: Kind) -> RuleEntry
    ) -> [RuleEntry] {
        Schema.standard.kinds.flatMap { kind in
            kind.attributes.compactMap { attribute in
                guard case .reference(let target) = attribute.type, withHierarchy || attribute != kind.hierarchy else {
                    return nil
                }
                return entry(kind.kind, attribute, target)
            }
        }
    }
}

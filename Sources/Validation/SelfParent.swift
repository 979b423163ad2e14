import OrganisationModel

/// A unit is its own parent.
enum SelfParent {
    static let rule = Rule("unit.self-parent", .error, .block)

    static func findings(_ tree: UnitTree) -> [Finding] {
        tree.nodes.filter { node in
            node.periods.contains { period in
                tree.parent.flatMap { period[$0] } == .reference(node.id)
            }
        }.map { node in
            tree.finding(
                rule, node,
                "Unit \(node.title) is its own parent.", "Correct the parent in the source.")
        }
    }
}

extension SelfParent {
    static let entries: [RuleEntry] = [
        RuleEntry(
            rule,
            da: RuleText("En enhed er sin egen overordnede.", "Ret den overordnede i kilden."),
            sv: RuleText("En enhet är sin egen överordnade.", "Rätta den överordnade i källan."),
            nb: RuleText("En enhet er sin egen overordnede.", "Rett den overordnede i kilden."),
            en: RuleText("A unit is its own parent.", "Correct the parent in the source."))
    ]
}

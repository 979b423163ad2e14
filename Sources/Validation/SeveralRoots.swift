import OrganisationModel

/// More than one unit has no parent (KOMBIT Anvisninger 1.2.3, chapter 4: exactly one unit without Overordnet).
enum SeveralRoots {
    static let rule = Rule("unit.several-roots", .error, .block)
    private static let namedMax = 10

    static func findings(_ tree: UnitTree) -> [Finding] {
        var seen: Set<Int> = []
        var findings: [Finding] = []
        for day in tree.days {
            let roots = tree.parents(on: day).filter { $0.value == nil }.keys.sorted()
            guard roots.count > 1 else { continue }
            let named = roots.prefix(namedMax).map { tree.nodes[$0].title }.joined(separator: "; ")
            let rest = roots.count > namedMax ? " and \(roots.count - namedMax) more" : ""
            for root in roots where seen.insert(root).inserted {
                findings.append(
                    tree.finding(
                        rule, tree.nodes[root],
                        "\(roots.count) units have no parent: \(named)\(rest). There must be one root.",
                        "Give all but one of them a parent in the source."))
            }
        }
        return findings
    }
}

extension SeveralRoots {
    static let entries: [RuleEntry] = [
        RuleEntry(
            rule,
            da: RuleText("Mere end én enhed har ingen overordnet.", "Giv alle undtagen én en overordnet i kilden."),
            sv: RuleText("Mer än en enhet saknar överordnad.", "Ge alla utom en en överordnad i källan."),
            nb: RuleText("Mer enn én enhet har ingen overordnet.", "Gi alle unntatt én en overordnet i kilden."),
            en: RuleText("More than one unit has no parent.", "Give all but one of them a parent in the source."))
    ]
}

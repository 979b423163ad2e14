import OrganisationModel

/// A unit names a parent that is in no export and not in the register.
///
/// Blocks: a unit without its place would take everything beneath it out of every subtree that systems rely on.
enum MissingParent {
    static let rule = Rule("unit.parent-missing", .error, .block)

    /// - Parameter key: the key of an object that no claim names, as far as it is known.
    static func findings(_ tree: UnitTree, key: (ObjectID) throws -> String? = { _ in nil }) throws -> [Finding] {
        try tree.nodes.compactMap { node in
            let missing = try node.periods.compactMap { period -> ObjectID? in
                guard let parent = tree.parent, case .reference(let id) = period[parent] else { return nil }
                return try tree.organisation.contains(id) ? nil : id
            }
            guard let missing = missing.first else { return nil }
            var named = try key(missing) ?? missing.description
            if let entry = node.entry {
                tree.organisation.forEachReference(of: entry) { _, target, key in
                    if target == missing { named = String(decoding: key, as: UTF8.self) }
                }
            }
            return tree.finding(
                rule, node,
                "Unit \(node.title) has the parent \(named), which is unknown or left out.",
                "Correct the parent in the source.")
        }
    }
}

extension MissingParent {
    static let entries: [RuleEntry] = [
        RuleEntry(
            rule,
            da: RuleText("En enheds overordnede er ukendt eller udeladt.", "Ret den overordnede i kilden."),
            sv: RuleText("En enhets överordnade är okänd eller utelämnad.", "Rätta den överordnade i källan."),
            nb: RuleText("En enhets overordnede er ukjent eller utelatt.", "Rett den overordnede i kilden."),
            en: RuleText("The parent of a unit is unknown or left out.", "Correct the parent in the source."))
    ]
}

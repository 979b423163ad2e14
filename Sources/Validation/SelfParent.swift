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

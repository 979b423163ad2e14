import OrganisationModel

/// Units that are, over others, above themselves. Each cycle is one finding that names all its units in order.
enum HierarchyCycle {
    static let rule = Rule("unit.cycle", .error, .block)

    static func findings(_ tree: UnitTree) -> [Finding] {
        var seen: Set<Set<Int>> = []
        var findings: [Finding] = []
        for day in tree.days {
            for cycle in cycles(tree.parents(on: day)) where seen.insert(Set(cycle)).inserted {
                let path = (cycle + [cycle[0]]).map { tree.nodes[$0].title }.joined(separator: " -> ")
                let lines = cycle.map { tree.nodes[$0].location }.filter { $0.line > 0 }
                    .map { "\($0.file):\($0.line)" }.joined(separator: ", ")
                findings.append(
                    tree.finding(
                        rule, tree.nodes[cycle[0]],
                        "Units form a cycle, each beneath the next: \(path)\(lines.isEmpty ? "" : " (\(lines))").",
                        "Correct one of the parents in the source."))
            }
        }
        return findings
    }

    /// Follows each unit upwards; a walk that meets itself has found a cycle. Every unit is walked through once.
    private static func cycles(_ parents: [Int: Int?]) -> [[Int]] {
        var finished: Set<Int> = []
        var result: [[Int]] = []
        for start in parents.keys.sorted() where !finished.contains(start) {
            var path: [Int] = []
            var places: [Int: Int] = [:]
            var current: Int? = start
            while let unit = current, !finished.contains(unit) {
                if let place = places[unit] {
                    let cycle = Array(path[place...])
                    // A self-parent has its own rule.
                    if cycle.count > 1 { result.append(startingAtLeast(cycle)) }
                    break
                }
                places[unit] = path.count
                path.append(unit)
                current = parents[unit] ?? nil
            }
            finished.formUnion(path)
        }
        return result
    }

    private static func startingAtLeast(_ cycle: [Int]) -> [Int] {
        guard let least = cycle.min(), let place = cycle.firstIndex(of: least) else { return cycle }
        return Array(cycle[place...] + cycle[..<place])
    }
}

extension HierarchyCycle {
    static let entries: [RuleEntry] = [
        RuleEntry(
            rule,
            da: RuleText("Enheder står under hinanden i ring.", "Ret en af de overordnede i kilden."),
            sv: RuleText("Enheter står under varandra i ring.", "Rätta en av de överordnade i källan."),
            nb: RuleText("Enheter står under hverandre i ring.", "Rett en av de overordnede i kilden."),
            en: RuleText("Units stand beneath each other in a circle.", "Correct one of the parents in the source."))
    ]
}

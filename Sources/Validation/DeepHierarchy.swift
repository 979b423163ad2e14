import OrganisationModel

/// A unit stands deeper than the limit. Only the topmost one of a subtree is told, on the first day on which it is too deep.
enum DeepHierarchy {
    static let rule = Rule("unit.too-deep", .warning, .none)

    static func findings(_ tree: UnitTree, _ rules: RuleSettings) -> [Finding] {
        guard let rule = rules.settled(rule), let limit = entries.first.flatMap(rules.limit) else { return [] }
        var seen: Set<Int> = []
        var findings: [Finding] = []
        for day in tree.days {
            let parents = tree.parents(on: day)
            let levels = levels(parents)
            // From the deepest upwards, so that each unit hands on all that stands beneath it.
            var beneath: [Int: Int] = [:]
            let deeper = levels.filter { $0.value > limit + 1 }.sorted { $0.value > $1.value }
            for (unit, _) in deeper {
                if let above = parents[unit] ?? nil { beneath[above, default: 0] += 1 + beneath[unit, default: 0] }
            }
            for unit in parents.keys.sorted() where levels[unit] == limit + 1 && seen.insert(unit).inserted {
                let others = beneath[unit].map { ", and \($0) more stand beneath it" } ?? ""
                findings.append(
                    tree.finding(
                        rule, tree.nodes[unit],
                        "Unit \(tree.nodes[unit].title) stands on level \(limit + 1), and the limit is \(limit)\(others).",
                        "Move it up in the source, or raise the limit of unit.too-deep."))
            }
        }
        return findings
    }

    /// The root is on level 1. Units in a cycle, and those beneath one, have no level.
    private static func levels(_ parents: [Int: Int?]) -> [Int: Int] {
        var levels: [Int: Int] = [:]
        for start in parents.keys {
            var path: [Int] = []
            var onPath: Set<Int> = []
            var current: Int? = start
            while let unit = current, levels[unit] == nil, onPath.insert(unit).inserted {
                path.append(unit)
                current = parents[unit] ?? nil
            }
            // What ends in itself has no level, and neither has what hangs on a parent without one.
            if let unit = current, levels[unit] == nil { continue }
            var level = current.flatMap { levels[$0] } ?? 0
            for unit in path.reversed() {
                level += 1
                levels[unit] = level
            }
        }
        return levels
    }
}

extension DeepHierarchy {
    static let entries: [RuleEntry] = [
        RuleEntry(
            rule, .any(asError: .block), limit: 20,
            da: RuleText(
                "En enhed står dybere i hierarkiet, end grænsen tillader.",
                "Flyt enheden op i kilden, eller hæv grænsen."),
            sv: RuleText(
                "En enhet står djupare i hierarkin än gränsen tillåter.",
                "Flytta upp enheten i källan, eller höj gränsen."),
            nb: RuleText(
                "En enhet står dypere i hierarkiet enn grensen tillater.",
                "Flytt enheten opp i kilden, eller hev grensen."),
            en: RuleText(
                "A unit stands deeper in the hierarchy than the limit allows.",
                "Move the unit up in the source, or raise the limit."))
    ]
}

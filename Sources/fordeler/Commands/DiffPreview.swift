import ChangeEvents
import OrganisationModel
import Storage
import Versioning

/// The first levels of a difference: counts, what is dangerous first, then names with paths. Each count opens its objects.
struct DiffPreview {
    /// Up to so many objects are told whole.
    static let objectsTold = 20
    /// The lines of a screen, less those of the prompt.
    private static let linesMax = 22
    /// The first objects of a group.
    private static let samplesMax = 4

    let counts: [ChangeGroup: Int]
    private let paths: UnitPaths
    private var units: [ChangeGroup: [ObjectChange]] = [:]

    init(_ changes: any ChangeSet, base: Int, day: Day, _ transaction: StateTransaction) throws {
        var counts: [ChangeGroup: Int] = [:]
        var units: [ChangeGroup: [ObjectChange]] = [:]
        try changes.forEach { change in
            let group = ChangeGroup(change, transaction.schema)
            counts[group, default: 0] += 1
            if group.isRemovedUnit || group.isMovedUnit { units[group, default: []].append(change) }
        }
        (self.counts, self.units) = (counts, units)
        paths = try UnitPaths(changes, base: base, day: day, transaction)
    }

    var total: Int { counts.values.reduce(0, +) }

    /// The units that are removed or moved, those with the most employments first.
    private func sorted(_ group: ChangeGroup) -> [ObjectChange] {
        var weighed: [(change: ObjectChange, employments: Int)] = []
        for change in units[group] ?? [] {
            let ids: Set<ObjectID> = group.isMovedUnit ? paths.subtree([change.id]) : [change.id]
            weighed.append((change, paths.employments(in: ids)))
        }
        weighed.sort { left, right in
            if left.employments != right.employments { return left.employments > right.employments }
            return left.change.key < right.change.key
        }
        return weighed.map(\.change)
    }

    /// What the counts of a group mean to people; empty for most.
    func weight(_ group: ChangeGroup) -> String {
        let ids = (units[group] ?? []).map(\.id)
        if group.isRemovedUnit { return "with \(paths.employments(in: ids)) employments" }
        guard group.isMovedUnit else { return "" }
        let subtree = paths.subtree(ids)
        return "with everything beneath: \(subtree.count) units, \(paths.employments(in: subtree)) employments"
    }

    /// A removed or moved unit on one line; nil for all others.
    func line(_ change: ObjectChange, _ group: ChangeGroup) -> String? {
        if group.isRemovedUnit {
            let path = paths.path(change.id, isAfter: false)
            return "unit \(change.key) \(path), \(paths.employments(in: [change.id])) employments"
        }
        guard group.isMovedUnit else { return nil }
        let subtree = paths.subtree([change.id])
        let (from, to) = (paths.pathAbove(change.id, isAfter: false), paths.pathAbove(change.id, isAfter: true))
        return "unit \(change.key) \(paths.name(change.id)): \(from.isEmpty ? "the top" : from) -> "
            + "\(to.isEmpty ? "the top" : to), \(subtree.count) units, \(paths.employments(in: subtree)) employments"
    }

    /// The first level. Its lines fit a screen, and its counts add up to all objects.
    func lines(_ from: String, _ to: String) -> [String] {
        let groups = counts.keys.sorted()
        let dangerous = groups.filter { !$0.isHarmless }
        var harmless: [String] = []
        for word in ["created", "updated"] {
            let kinds = groups.filter { $0.isHarmless && $0.word == word }
            guard !kinds.isEmpty else { continue }
            let told = kinds.map { "\($0.kind.name) \(counts[$0] ?? 0)" }.joined(separator: ", ")
            harmless.append("  \(word): \(told)")
        }
        var room = Self.linesMax - dangerous.count - harmless.count - 3
        var lines = ["\(total) objects differ:"]
        for group in dangerous {
            let weight = weight(group)
            lines.append("  \(group.name): \(counts[group] ?? 0)\(weight.isEmpty ? "" : ", \(weight)")")
            let samples = sorted(group).prefix(min(Self.samplesMax, max(0, room)))
            lines += samples.compactMap { line($0, group) }.map { "    \($0)" }
            room -= samples.count
        }
        lines += harmless
        let example = (dangerous.first ?? groups.first)?.name ?? "removed:unit"
        return lines + [
            "to open a count: fordeler diff \(from) \(to) --only \(example)",
            "to see everything: fordeler diff \(from) \(to) --all",
        ]
    }

    func json() -> String {
        var line = JSONBytes()
        line.object { line in
            line.pair("objects", total)
            line.key("groups")
            line.array { line in
                for group in counts.keys.sorted() {
                    line.object { line in
                        line.pair("group", group.name)
                        line.pair("count", counts[group] ?? 0)
                        let ids = (units[group] ?? []).map(\.id)
                        guard group.isRemovedUnit || group.isMovedUnit else { return }
                        let all = group.isMovedUnit ? paths.subtree(ids) : Set(ids)
                        line.pair("units", all.count)
                        line.pair("employments", paths.employments(in: all))
                    }
                }
            }
        }
        return line.text
    }
}

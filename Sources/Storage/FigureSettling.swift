import OrganisationModel

/// Counts what depends on several objects: a person once in every unit, however many engagements lead there, and a function
/// by whether somebody holds it.
struct FigureSettling {
    var tree: FigureTree
    /// Whether an engagement was in effect before, and is after.
    let engagement: (ObjectID) throws -> (before: Bool, after: Bool)
    private var units: [Int] = []

    init(tree: FigureTree, engagement: @escaping (ObjectID) throws -> (before: Bool, after: Bool)) {
        (self.tree, self.engagement) = (tree, engagement)
    }

    mutating func settle(_ id: ObjectID, _ before: [FigureLink.Count], _ after: [FigureLink.Count]) throws {
        try countFunctions(id, before, after)
        try findUnits(before)
        countPerson(before, .before, -1)
        let old = units.count > 1 ? units : []
        try findUnits(after)
        countPerson(after, .after, 1)
        let new = units.count > 1 ? units : []
        guard old != new else { return }
        for place in old where !new.contains(place) { share(place, id, false) }
        for place in new where !old.contains(place) { share(place, id, true) }
    }

    private mutating func share(_ place: Int, _ id: ObjectID, _ isShared: Bool) {
        guard place != 0 else { return }
        if isShared { tree.nodes[place].shared.insert(id) } else { tree.nodes[place].shared.remove(id) }
        tree.nodes[place].isSharedAltered = true
    }

    // MARK: People

    /// The places of the units in which the person has an engagement.
    private mutating func findUnits(_ links: [FigureLink.Count]) throws {
        units.removeAll(keepingCapacity: true)
        for link in links {
            if case .engagement(let unit) = FigureLink(code: link.code) { units.append(try tree.place(number: unit)) }
        }
    }

    /// Adds the person in each of the units, and takes it away again where the way up from one meets that from another. So with
    /// everything beneath it summed up, each unit counts the person once.
    private mutating func countPerson(
        _ links: [FigureLink.Count], _ side: FigureTree.Side, _ sign: Int
    ) {
        guard let first = units.first else {
            // Accounts of somebody without an engagement count in the whole.
            return addPerson(links, 0, sign)
        }
        for place in units { addPerson(links, place, sign) }
        guard units.count > 1 else { return }
        var marked: Set<Int> = []
        tree.path(from: first, side) { place in
            marked.insert(place)
            return true
        }
        for start in units.dropFirst() {
            var meeting = 0
            tree.path(from: start, side) { place in
                meeting = place
                return marked.insert(place).inserted
            }
            addPerson(links, meeting, -sign)
        }
    }

    private mutating func addPerson(_ links: [FigureLink.Count], _ place: Int, _ sign: Int) {
        if !units.isEmpty { tree.nodes[place].own.add(.people, sign) }
        for link in links {
            if case .account(let system, let isDisabled) = FigureLink(code: link.code) {
                tree.nodes[place].own.add(.accounts(system: system, isDisabled: isDisabled), sign * link.count)
            }
        }
    }

    // MARK: Functions

    private mutating func countFunctions(
        _ id: ObjectID, _ before: [FigureLink.Count], _ after: [FigureLink.Count]
    ) throws {
        func isFunction(_ link: FigureLink.Count) -> Bool { FigureLink.isFunction(link.code) }
        guard before.contains(where: isFunction) || after.contains(where: isFunction) else { return }
        let holder = try engagement(id)
        for (links, isHeld, sign) in [(before, holder.before, -1), (after, holder.after, 1)] {
            for link in links {
                guard case .function(let unit, let isManager) = FigureLink(code: link.code) else { continue }
                let place = try tree.place(number: unit)
                if isHeld, isManager {
                    tree.nodes[place].managers.after += sign * link.count
                    tree.nodes[place].own.add(.managers, sign * link.count)
                } else if !isHeld {
                    tree.nodes[place].own.add(.vacancies, sign * link.count)
                }
            }
        }
    }
}

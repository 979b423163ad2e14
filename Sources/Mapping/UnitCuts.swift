import OrganisationModel

/// On which days a source is not heard about which units: because they are excluded, with everything beneath them, or because
/// another source is the authority for them.
///
/// Each source is judged by the hierarchy as it sees it, so what one says about a unit does not depend on who is heard about it.
/// Where a parent is unknown, or units stand beneath each other, nothing is cut: the rules of the hierarchy judge that.
struct UnitCuts {
    enum Reason: Hashable {
        case excluded(UnitName)
        /// Outside of what the source is the authority for.
        case outside
        case owned(by: String)
    }

    struct Cut: Hashable {
        let period: EffectivePeriod
        let reason: Reason
    }

    private let bySource: [String: [ObjectID: [Cut]]]
    /// For sources that neither make units nor have a scope.
    private let others: [ObjectID: [Cut]]

    /// - Parameter sources: those that have delivered something. The scope of another one is everybody's until it does.
    init(_ places: UnitPlaces, _ precedence: Precedence, sources: Set<String>) {
        let order = precedence.ordered(sources)
        let scopes = UnitScopes(
            excluded: precedence.scopes.excluded,
            owners: precedence.scopes.owners.filter { sources.contains($0.value) },
            parents: precedence.scopes.parents)
        var bySource: [String: [ObjectID: [Cut]]] = [:]
        for source in order where scopes.hasScope(source) || places.sources.contains(source) {
            bySource[source] = Self.cuts(places, scopes, source, order)
        }
        self.bySource = bySource
        others = Self.cuts(places, scopes, "", order)
    }

    /// The days, none twice and in order, on which a source is not heard about a unit.
    func cuts(of unit: ObjectID, for source: String) -> [Cut] {
        (bySource[source] ?? others)[unit] ?? []
    }

    /// Whether there are such days.
    func concern(_ unit: ObjectID, _ source: String) -> Bool {
        (bySource[source] ?? others)[unit] != nil
    }

    /// Whether a source is heard about everything on every day.
    func isEmpty(for source: String) -> Bool {
        (bySource[source] ?? others).isEmpty
    }

    /// The units about which some source is not heard on the same days as in `other`.
    func units(differingFrom other: UnitCuts) -> Set<ObjectID> {
        var units = Self.differing(others, other.others)
        for source in Set(bySource.keys).union(other.bySource.keys) {
            units.formUnion(
                Self.differing(bySource[source] ?? others, other.bySource[source] ?? other.others))
        }
        return units
    }

    private static func differing(_ left: [ObjectID: [Cut]], _ right: [ObjectID: [Cut]]) -> Set<ObjectID> {
        Set(left.keys).union(right.keys).filter { left[$0] != right[$0] }
    }

    // MARK: From the top of the hierarchy

    private static func cuts(
        _ places: UnitPlaces, _ scopes: UnitScopes, _ source: String, _ order: [String]
    ) -> [ObjectID: [Cut]] {
        let tree = places.tree(seenBy: source, order: order)
        var cuts: [ObjectID: [Cut]] = [:]
        var excluded: [ObjectID: UnitName] = [:]
        for name in scopes.excluded.sorted() {
            for unit in places.units(named: name) where excluded[unit] == nil { excluded[unit] = name }
        }
        spread(excluded.map { ($0.key, .always, $0.value) }, tree, heads: Set(excluded.keys)) { unit, period, name in
            cuts[unit, default: []].append(Cut(period: period, reason: .excluded(name)))
        }
        guard !scopes.owners.isEmpty else { return cuts.mapValues(inOrder) }
        var owners: [ObjectID: Set<String>] = [:]
        for (name, owner) in scopes.owners {
            for unit in places.units(named: name) { owners[unit, default: []].insert(owner) }
        }
        var starts: [(ObjectID, EffectivePeriod, String?)] = []
        // What two sources are the authority for is cut for neither.
        for (unit, owner) in owners where owner.count == 1 { starts.append((unit, .always, owner.first)) }
        for (unit, period) in tree.roots where owners[unit] == nil { starts.append((unit, period, nil)) }
        spread(starts, tree, heads: Set(owners.keys)) { unit, period, owner in
            guard let reason = reason(owner, unit, source, scopes, places) else { return }
            let free = period.without((cuts[unit] ?? []).map(\.period))
            if !free.isEmpty { cuts[unit, default: []] += free.map { Cut(period: $0, reason: reason) } }
        }
        return cuts.mapValues(inOrder)
    }

    private static func inOrder(_ cuts: [Cut]) -> [Cut] {
        cuts.sorted { $0.period.from < $1.period.from }
    }

    /// Why a source is not heard about a unit of an owner, or of none.
    private static func reason(
        _ owner: String?, _ unit: ObjectID, _ source: String, _ scopes: UnitScopes, _ places: UnitPlaces
    ) -> Reason? {
        if owner == source { return nil }
        if scopes.hasScope(source) { return .outside }
        // Everybody may refer to units that another source makes.
        guard let owner, places.names(unit, source) else { return nil }
        return .owned(by: owner)
    }

    /// Carries marks down the hierarchy to the next heads. A unit stands under one parent on a day, so it gets one mark.
    private static func spread<Mark>(
        _ starts: [(ObjectID, EffectivePeriod, Mark)], _ tree: UnitPlaces.Tree, heads: Set<ObjectID>,
        _ body: (ObjectID, EffectivePeriod, Mark) -> Void
    ) {
        var queue = starts
        var next = 0
        while next < queue.count {
            let (unit, period, mark) = queue[next]
            next += 1
            body(unit, period, mark)
            for (child, stay) in tree.children[unit] ?? [] where !heads.contains(child) {
                if let common = period.common(with: stay) { queue.append((child, common, mark)) }
            }
        }
    }
}

extension EffectivePeriod {
    /// The days that lie in both.
    func common(with other: EffectivePeriod) -> EffectivePeriod? {
        EffectivePeriod(from: max(from, other.from), to: min(to, other.to))
    }

    /// The days that lie in none of the others, in order.
    func without(_ others: [EffectivePeriod]) -> [EffectivePeriod] {
        others.reduce([self]) { rest, other in
            rest.flatMap { part -> [EffectivePeriod] in
                guard part.overlaps(other) else { return [part] }
                return [
                    EffectivePeriod(from: part.from, to: other.from), EffectivePeriod(from: other.to, to: part.to),
                ].compactMap { $0 }
            }
        }
    }
}

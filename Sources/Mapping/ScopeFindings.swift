import OrganisationModel

/// What is told of units that sources are not heard about. Only units have findings of their own, because what belongs to
/// them is not read each time.
enum ScopeFindings {
    static let excluded = Rule("unit.excluded", .info, .none)
    static let outOfScope = Rule("unit.out-of-scope", .info, .none)
    /// A name that no unit has any more leaves nothing out: a warning, because the unit may have been closed.
    static let excludedUnknown = Rule("exclude.unit-unknown", .warning, .none)
    /// Without the unit nothing of the source is in its scope, so everything of it would go.
    static let scopeUnknown = Rule("scope.unit-unknown", .error, .block)

    /// - Parameter location: of the record.
    static func findings(_ unit: ClaimCutting.CutUnit, _ location: SourceLocation) -> [Finding] {
        var seen: Set<UnitCuts.Reason> = []
        return unit.cuts.filter { seen.insert($0.reason).inserted }.map { cut in
            let title = unit.name.isEmpty ? unit.key : "\(unit.key) \(unit.name)"
            let days = days(of: unit.cuts.filter { $0.reason == cut.reason }.map(\.period), unit.periods)
            let (rule, message) =
                switch cut.reason {
                case .excluded(let name):
                    (
                        excluded,
                        "Unit \(title) is excluded\(name.key == unit.key ? "" : ": it stands beneath \(name)"), so it is left out\(days), "
                            + "and so is what belongs to it."
                    )
                case .outside:
                    (
                        outOfScope,
                        "Unit \(title) lies outside of the scope of \(location.source), so what \(location.source) says of it, and of what "
                            + "belongs to it, is not used\(days)."
                    )
                case .owned(let owner):
                    (
                        outOfScope,
                        "Unit \(title) is in the scope of \(owner), so what \(location.source) says of it, and of what belongs to it, is "
                            + "not used\(days)."
                    )
                }
            return Finding(rule: rule, kind: .unit, key: unit.key, location: location, message: message)
        }
    }

    /// The same of something that belongs to the unit.
    static func reason(_ reason: UnitCuts.Reason, source: String) -> String {
        switch reason {
        case .excluded(let name):
            "It belongs to unit \(name), which the configuration excludes with everything beneath it."
        case .outside: "It belongs to a unit outside of the scope that the configuration gives \(source)."
        case .owned(let owner): "It belongs to a unit that the configuration puts into the scope of \(owner)."
        }
    }

    /// Empty when it is all of them.
    private static func days(of cuts: [EffectivePeriod], _ periods: [EffectivePeriod]) -> String {
        let left = periods.flatMap { $0.without(cuts) }
        guard !left.isEmpty else { return "" }
        let days = periods.flatMap { period in cuts.compactMap { $0.common(with: period) } }
        return " "
            + Set(days).sorted { $0.from < $1.from }.map { "from \($0.from) to \($0.to)" }.joined(separator: " and ")
    }

    /// The units that the configuration names and no record does.
    /// - Parameter sources: those that have delivered something.
    static func unknownUnits(_ scopes: UnitScopes, _ places: UnitPlaces, sources: Set<String>) -> [Finding] {
        func unknown(_ name: UnitName, _ source: String, _ what: String) -> Finding? {
            guard sources.contains(source), places.units(named: name).isEmpty else { return nil }
            return Finding(
                rule: scopeUnknown, kind: .unit, key: name.key,
                location: SourceLocation(source: source, file: "", line: 0),
                message:
                    "\(what) unit \(name), which no record has, so nothing is published. Correct it in the configuration, or "
                    + "deliver the unit.")
        }
        let scope = scopes.owners.sorted { $0.key < $1.key }.compactMap { name, owner in
            unknown(name, owner, "The scope of \(owner) names")
        }
        let parents = scopes.parents.sorted { $0.key < $1.key }.compactMap { source, name in
            unknown(name, source, "The units of \(source) are to stand beneath")
        }
        let excluded = scopes.excluded.sorted().filter { name in
            places.sources.contains(name.source) && places.units(named: name).isEmpty
        }.map { name in
            Finding(
                rule: excludedUnknown, kind: .unit, key: name.key,
                location: SourceLocation(source: name.source, file: "", line: 0),
                message:
                    "Unit \(name) is excluded, but no record has it. Correct it in the configuration, or take it out.")
        }
        return scope + parents + excluded
    }
}

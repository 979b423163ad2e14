public import OrganisationModel

/// Counts figures from scratch: every object is added once, in any order. What is kept from position to position must equal
/// this.
public struct FigureRecount {
    private struct Unit {
        let parent: ObjectID?
        let type: String
        var isInRing = false
        var level = 0
        var managers = 0
        var figures = Figures()
    }

    private let rules: FigureRules
    private let day: Day
    private var units: [ObjectID: Unit] = [:]
    private var engagements: [(id: ObjectID, unit: ObjectID?, person: ObjectID?, fraction: Int64?)] = []
    private var accounts: [(person: ObjectID?, system: String, isDisabled: Bool)] = []
    private var functions: [(unit: ObjectID?, holder: ObjectID?, isManager: Bool)] = []
    private var whole = Figures()

    public init(on day: Day, schema: Schema = .standard) {
        self.day = day
        rules = FigureRules(schema: schema)
    }

    public mutating func add(_ id: ObjectID, _ kind: Kind, _ state: ObjectState) {
        switch rules.part(kind, state, on: day) {
        case .unit(let parent, let type): units[id] = Unit(parent: parent, type: type)
        case .engagement(let unit, let person, let fraction): engagements.append((id, unit, person, fraction))
        case .account(let person, let system, let isDisabled): accounts.append((person, system, isDisabled))
        case .function(let unit, let holder, let isManager): functions.append((unit, holder, isManager))
        case nil: break
        }
    }

    /// - Returns: the figures of the whole, and of each unit in effect.
    public consuming func finish() -> (whole: Figures, units: [ObjectID: CountedUnit]) {
        findRings()
        countFunctions()
        for engagement in engagements {
            count(path(engagement.unit)) { figures in
                figures.engagements += 1
                figures.fullTime += Int(engagement.fraction ?? 0)
                if engagement.fraction == nil { figures.engagementsWithoutFraction += 1 }
            }
        }
        countPeople()
        for (id, unit) in units {
            let path = path(id)
            let group = Figures.UnitGroup(type: unit.type, level: path.count - 1)
            units[id]?.level = group.level
            count(path) { figures in
                figures.units[group, default: 0] += 1
                if unit.managers == 0 { figures.unitsWithoutManager += 1 }
            }
        }
        let counted = units.mapValues { unit in
            CountedUnit(
                level: unit.level, above: unit.isInRing ? nil : unit.parent.flatMap { units[$0] == nil ? nil : $0 },
                figures: unit.figures)
        }
        return (whole, counted)
    }

    /// The unit and those above it, as far as they are in effect.
    private func path(_ unit: ObjectID?) -> [ObjectID] {
        var path: [ObjectID] = []
        var next = unit
        while let id = next, let unit = units[id] {
            path.append(id)
            next = unit.isInRing ? nil : unit.parent
        }
        return path
    }

    /// Notes the units that stand above themselves, which no published hierarchy has: they count as roots.
    private mutating func findRings() {
        for start in units.keys {
            var seen: Set<ObjectID> = []
            var next = units[start]?.parent
            while let id = next, let unit = units[id], seen.insert(id).inserted {
                if id == start { units[start]?.isInRing = true }
                next = unit.parent
            }
        }
    }

    /// Counts something in the whole and in these units.
    private mutating func count(_ path: [ObjectID], _ body: (inout Figures) -> Void) {
        body(&whole)
        for id in path { body(&units[id, default: Unit(parent: nil, type: "")].figures) }
    }

    private mutating func countFunctions() {
        let filled = Set(engagements.map(\.id))
        for function in functions {
            let isHeld = function.holder.map(filled.contains) ?? false
            if isHeld, !function.isManager { continue }
            if isHeld, let unit = function.unit { units[unit]?.managers += 1 }
            count(path(function.unit)) { figures in
                if isHeld { figures.managers += 1 } else { figures.vacancies += 1 }
            }
        }
    }

    /// Each person, and each of their accounts, once in every unit in which or beneath which they have an engagement.
    private mutating func countPeople() {
        var places: [ObjectID: [ObjectID?]] = [:]
        for engagement in engagements {
            if let person = engagement.person { places[person, default: []].append(engagement.unit) }
        }
        var accountsByPerson: [ObjectID: [(system: String, isDisabled: Bool)]] = [:]
        for account in accounts {
            if let person = account.person, places[person] != nil {
                accountsByPerson[person, default: []].append((account.system, account.isDisabled))
            } else {
                count([]) { $0.add(account.system, isDisabled: account.isDisabled) }
            }
        }
        for (person, units) in places {
            let accounts = accountsByPerson[person] ?? []
            let paths = units.map { path($0) }
            count(paths.count == 1 ? paths[0] : Array(Set(paths.joined()))) { figures in
                figures.people += 1
                for account in accounts { figures.add(account.system, isDisabled: account.isDisabled) }
            }
        }
    }
}

extension Figures {
    fileprivate mutating func add(_ system: String, isDisabled: Bool) {
        if isDisabled {
            disabledAccounts[system, default: 0] += 1
        } else {
            accounts[system, default: 0] += 1
        }
    }
}

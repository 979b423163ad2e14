import OrganisationModel

/// Where units stand, as claims say it: source by source, before anybody decides who is heard.
struct UnitPlaces {
    private enum Parent: Hashable {
        case none
        case unit(ObjectID)
        /// Records of one source name different ones.
        case unclear
    }

    /// A unit under one parent.
    private struct Stay {
        let period: EffectivePeriod
        let parent: Parent
    }

    /// The units under each unit, and those under none, with the days on which they are.
    struct Tree {
        var children: [ObjectID: [(unit: ObjectID, period: EffectivePeriod)]] = [:]
        var roots: [(unit: ObjectID, period: EffectivePeriod)] = []
    }

    private struct Said: Hashable {
        let period: EffectivePeriod
        let parent: ObjectID?
    }

    private let scopes: UnitScopes
    private let foreign: [ForeignID]
    private let parentNumber: UInt16?
    private let named: [String: [String: UnitName]]
    /// Each once: in some exports every employment names its unit.
    private var said: [String: [ObjectID: Set<Said>]] = [:]
    private var ids: [UnitName: Set<ObjectID>] = [:]
    /// The units that have a value, with the sources that say so.
    private var values: [ObjectID: [String: Set<ObjectID>]] = [:]

    init(_ precedence: Precedence, schema: Schema) {
        scopes = precedence.scopes
        foreign = precedence.lookedUp.filter { $0.kind == .unit }
        parentNumber = schema[.unit].hierarchy?.number
        named = Dictionary(grouping: scopes.names, by: \.source).mapValues { names in
            Dictionary(names.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }

    // MARK: Reading

    mutating func read(_ claim: UnsafeRawBufferPointer, of source: String) {
        var reader = Claim.Reader(claim)
        _ = reader.recordKey()
        _ = reader.findings()
        for _ in 0..<reader.objectCount() where reader.isIntact {
            let object = reader.object()
            guard object.kind == .unit, object.flags & Claim.adds == 0, !Claim.isCorrection(object.flags),
                !Claim.isLeftOut(object.flags)
            else {
                continue
            }
            // A claim that keeps its record names also what the record does not make.
            guard object.periodCount > 0 || object.flags & (Claim.withheld | Claim.ended) != 0 else { continue }
            if let names = named[source], let name = names[String(decoding: object.key, as: UTF8.self)] {
                ids[name, default: []].insert(object.id)
            }
            guard object.flags & (Claim.withheld | Claim.fallback) == 0 else { continue }
            read(object, of: source)
        }
    }

    private mutating func read(_ object: Claim.ObjectReader, of source: String) {
        var object = object
        for _ in 0..<object.periodCount {
            let (from, to, fieldCount) = object.period()
            var parent: ObjectID?
            for _ in 0..<fieldCount {
                let (number, value) = object.field()
                if number == parentNumber, value.count >= 16 {
                    parent = ObjectID(bytes: UnsafeRawBufferPointer(rebasing: value[..<16]))
                } else if let foreignID = foreign.first(where: { $0.attribute == number }) {
                    values[foreignID.id(value), default: [:]][source, default: []].insert(object.id)
                }
            }
            guard let period = EffectivePeriod(from: from, to: to) else { continue }
            said[source, default: [:]][object.id, default: []].insert(Said(period: period, parent: parent))
        }
    }

    // MARK: Asking

    /// The units that a source knows by a name of the configuration.
    func units(named name: UnitName) -> Set<ObjectID> {
        ids[name] ?? []
    }

    /// The unit under which those of a source stand that have no parent.
    var parents: [String: ObjectID] {
        scopes.parents.compactMapValues { units(named: $0).min() }
    }

    /// Its key.
    func keyOfParent(of source: String) -> String {
        scopes.parents[source]?.key ?? ""
    }

    /// The days on which a unit has no parent, as the records of its source say.
    func rootDays(of unit: ObjectID, _ source: String) -> [EffectivePeriod] {
        Self.stays(said[source]?[unit] ?? []).filter { $0.parent == .none }.map(\.period)
    }

    /// Whether a source makes a unit.
    func names(_ unit: ObjectID, _ source: String) -> Bool {
        said[source]?[unit] != nil
    }

    /// The sources that make units.
    var sources: Set<String> {
        Set(said.keys)
    }

    /// The units that a source finds by a value: those of others.
    func units(havingValue value: ObjectID, soughtBy source: String) -> Set<ObjectID> {
        (values[value] ?? [:]).filter { $0.key != source }.reduce(into: []) { $0.formUnion($1.value) }
    }

    /// The hierarchy as one source sees it: by its own records where it names a unit, else by those of the first that does.
    /// - Parameter order: all sources, in the order in which they are heard.
    func tree(seenBy source: String, order: [String]) -> Tree {
        var tree = Tree()
        let parents = parents
        var seen: Set<ObjectID> = []
        for teller in [source] + order.filter({ $0 != source }) {
            let top = parents[teller]
            for (unit, periods) in said[teller] ?? [:] where seen.insert(unit).inserted {
                for stay in Self.stays(periods) {
                    switch stay.parent {
                    case .none:
                        if let top {
                            tree.children[top, default: []].append((unit, stay.period))
                        } else {
                            tree.roots.append((unit, stay.period))
                        }
                    case .unit(let parent): tree.children[parent, default: []].append((unit, stay.period))
                    case .unclear: break
                    }
                }
            }
        }
        return tree
    }

    /// Where a unit stands on every day. Before its first period and after its last it stands where it does then: what names
    /// a unit that has ended is judged like what named it before.
    private static func stays(_ said: Set<Said>) -> [Stay] {
        if said.count == 1, let only = said.first {
            return [Stay(period: .always, parent: only.parent.map(Parent.unit) ?? .none)]
        }
        let days = Set(said.flatMap { [$0.period.from, $0.period.to] }).sorted()
        var parts: [(from: Day, parent: Parent)] = []
        for day in days.dropLast() {
            let held = said.filter { $0.period.contains(day) }
            if held.isEmpty { continue }
            // What one record of a unit does not say, another may.
            let named = Set(held.compactMap(\.parent))
            let told = named.count > 1 ? .unclear : named.first.map(Parent.unit) ?? .none
            if parts.last?.parent != told { parts.append((day, told)) }
        }
        return parts.indices.compactMap { index in
            EffectivePeriod(
                from: index == parts.startIndex ? .distantPast : parts[index].from,
                to: index + 1 < parts.endIndex ? parts[index + 1].from : .distantFuture
            ).map { Stay(period: $0, parent: parts[index].parent) }
        }
    }
}

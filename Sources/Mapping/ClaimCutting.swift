import OrganisationModel

/// Takes out of claims what their source is not heard about: units on the days on which they are cut, and on these days what
/// belongs to them. Gives units without parent the one that the configuration names for their source.
///
/// An object belongs to a unit that one of its relations names or looks up, and a function to the engagement that it names in
/// its own record. The other objects of such a record (the person and the account of an employment) are there when one of
/// these is.
struct ClaimCutting {
    /// What is left of a claim, without what the claim keeps of its record: only reading needs that.
    struct Remainder {
        /// Nil when the claim says nothing any more.
        let claim: [UInt8]?
        let units: [CutUnit]
    }

    /// A unit of a claim of which days are cut.
    struct CutUnit {
        let id: ObjectID
        let key: String
        let name: String
        /// What the claim says it lasts, before anything is cut.
        let periods: [EffectivePeriod]
        let cuts: [UnitCuts.Cut]
    }

    private typealias Field = (number: UInt16, value: UnsafeRawBufferPointer)

    private struct Part {
        let object: Claim.ObjectReader
        let periods: [(period: EffectivePeriod, fields: [Field])]
        var isBound = false
        /// The days on which the configuration gives a parent to a unit.
        var hung: [EffectivePeriod] = []
        /// The days that are taken out.
        var out: [EffectivePeriod] = []

        var rest: [EffectivePeriod] {
            periods.flatMap { $0.period.without(out) }
        }
    }

    let places: UnitPlaces
    let cuts: UnitCuts
    private let schema: Schema
    /// The relations of each kind that tie an object to a unit, and to an engagement.
    private let unitRelations: [Set<UInt16>]
    private let engagementRelations: [Set<UInt16>]
    private let parent: UInt16?
    /// The parent of those units of a source that have none.
    private let parents: [String: ObjectID]

    init(_ places: UnitPlaces, _ cuts: UnitCuts, schema: Schema) {
        self.places = places
        parents = places.parents
        parent = schema[.unit].hierarchy?.number
        self.cuts = cuts
        self.schema = schema
        func relations(to target: Kind) -> [Set<UInt16>] {
            Kind.allCases.map { kind in
                let found = schema[kind].attributes.filter {
                    $0.type == .reference(target) && $0 != schema[kind].hierarchy
                }
                return Set(found.map(\.number))
            }
        }
        unitRelations = relations(to: .unit)
        engagementRelations = relations(to: .engagement)
    }

    /// - Returns: nil when the whole claim counts.
    func remainder(of claim: UnsafeRawBufferPointer, source: String) -> Remainder? {
        guard !cuts.isEmpty(for: source) || parents[source] != nil, isConcerned(claim, source) else { return nil }
        var reader = Claim.Reader(claim)
        let key = reader.recordKey()
        let findings = reader.findings()
        var parts = (0..<reader.objectCount()).map { _ in self.part(reader.object(), source) }
        guard parts.contains(where: { !$0.out.isEmpty || !$0.hung.isEmpty }) else { return nil }
        tieFunctions(&parts)
        tieOthers(&parts)
        let units = parts.filter { $0.object.kind == .unit && !$0.out.isEmpty }.map { cutUnit($0, source) }
        let left = parts.filter { $0.out.isEmpty || !$0.rest.isEmpty }
        guard !left.isEmpty else { return Remainder(claim: nil, units: units) }
        var writer = Claim.Writer()
        writer.begin(recordKey: key, findings: findings)
        for part in left { write(part, source, to: &writer) }
        writer.end()
        return Remainder(claim: writer.bytes, units: units)
    }

    /// Whether a claim speaks of a unit of which days are cut. Nearly none does, so nothing is put into memory for it.
    private func isConcerned(_ claim: UnsafeRawBufferPointer, _ source: String) -> Bool {
        var reader = Claim.Reader(claim)
        _ = reader.recordKey()
        _ = reader.findings()
        for _ in 0..<reader.objectCount() where reader.isIntact {
            var object = reader.object()
            if object.kind == .unit, parents[source] != nil || cuts.concern(object.id, source) { return true }
            let relations = unitRelations[Int(object.kind.rawValue) - 1]
            if object.lookupCount > 0, object.lookups().contains(where: { relations.contains($0.relation) }) {
                return true
            }
            for _ in 0..<(relations.isEmpty ? 0 : object.periodCount) {
                let (_, _, fieldCount) = object.period()
                for _ in 0..<fieldCount {
                    let (number, value) = object.field()
                    guard relations.contains(number), value.count >= 16,
                        let unit = ObjectID(bytes: UnsafeRawBufferPointer(rebasing: value[..<16]))
                    else { continue }
                    if cuts.concern(unit, source) { return true }
                }
            }
        }
        return false
    }

    /// Why the units that a claim is, refers to or finds are cut for its source.
    func reasons(of claim: UnsafeRawBufferPointer, source: String) -> [UnitCuts.Reason] {
        guard !cuts.isEmpty(for: source) else { return [] }
        var units: Set<ObjectID> = []
        var reader = Claim.Reader(claim)
        _ = reader.recordKey()
        _ = reader.findings()
        for _ in 0..<reader.objectCount() where reader.isIntact {
            var object = reader.object()
            let relations = unitRelations[Int(object.kind.rawValue) - 1]
            if object.kind == .unit { units.insert(object.id) }
            for lookup in object.lookups() where relations.contains(lookup.relation) {
                units.formUnion(places.units(havingValue: lookup.value, soughtBy: source))
            }
            for _ in 0..<object.periodCount {
                for _ in 0..<object.period().fieldCount {
                    let (number, value) = object.field()
                    guard relations.contains(number), value.count >= 16,
                        let unit = ObjectID(bytes: UnsafeRawBufferPointer(rebasing: value[..<16]))
                    else { continue }
                    units.insert(unit)
                }
            }
        }
        var reasons: [UnitCuts.Reason] = []
        for cut in units.sorted().flatMap({ cuts.cuts(of: $0, for: source) }) where !reasons.contains(cut.reason) {
            reasons.append(cut.reason)
        }
        return reasons
    }

    // MARK: What is cut

    private func part(_ object: Claim.ObjectReader, _ source: String) -> Part {
        var object = object
        let first = object
        var periods: [(period: EffectivePeriod, fields: [Field])] = []
        for _ in 0..<object.periodCount {
            let (from, to, fieldCount) = object.period()
            let fields = (0..<fieldCount).map { _ in object.field() }
            if let period = EffectivePeriod(from: from, to: to) { periods.append((period, fields)) }
        }
        var part = Part(object: first, periods: periods)
        if first.flags & Claim.adds != 0 { return part }
        if first.kind == .unit, parents[source] != nil, first.flags & Claim.fallback == 0,
            periods.contains(where: { !$0.fields.contains { $0.number == parent } })
        {
            part.hung = places.rootDays(of: first.id, source)
        }
        let relations = unitRelations[Int(first.kind.rawValue) - 1]
        for (period, fields) in periods {
            if first.kind == .unit {
                cut(first.id, period, source, &part)
            }
            for field in fields where relations.contains(field.number) && field.value.count >= 16 {
                guard let unit = ObjectID(bytes: UnsafeRawBufferPointer(rebasing: field.value[..<16])) else { continue }
                part.isBound = true
                cut(unit, period, source, &part)
            }
        }
        if first.lookupCount > 0 { cutFound(first, relations, source, &part) }
        return part
    }

    private func cut(_ unit: ObjectID, _ period: EffectivePeriod, _ source: String, _ part: inout Part) {
        part.out += cuts.cuts(of: unit, for: source).compactMap { $0.period.common(with: period) }
    }

    /// An object that looks up its unit is cut on the days on which every unit that has the value is.
    private func cutFound(
        _ object: Claim.ObjectReader, _ relations: Set<UInt16>, _ source: String, _ part: inout Part
    ) {
        let lookups = object.lookups().filter { relations.contains($0.relation) }
        guard !lookups.isEmpty else { return }
        part.isBound = true
        let found = lookups.filter { $0.kind == .unit }.lazy
            .map { places.units(havingValue: $0.value, soughtBy: source) }.first { !$0.isEmpty }
        for (period, _) in part.periods {
            let free = (found ?? []).flatMap { unit in
                period.without(cuts.cuts(of: unit, for: source).map(\.period))
            }
            if found != nil { part.out += period.without(free) }
        }
    }

    private func tieFunctions(_ parts: inout [Part]) {
        for index in parts.indices {
            let relations = engagementRelations[Int(parts[index].object.kind.rawValue) - 1]
            guard !relations.isEmpty else { continue }
            let named = Set(
                parts[index].periods.flatMap(\.fields).filter { relations.contains($0.number) }.compactMap {
                    ObjectID(bytes: UnsafeRawBufferPointer(rebasing: $0.value.prefix(16)))
                })
            for other in parts
            where other.isBound && other.object.kind == .engagement && named.contains(other.object.id) {
                parts[index].isBound = true
                parts[index].out += other.rest.isEmpty ? parts[index].periods.map(\.period) : other.out
            }
        }
    }

    private func tieOthers(_ parts: inout [Part]) {
        let bound = parts.filter(\.isBound)
        let rest = bound.flatMap(\.rest)
        let out = bound.flatMap(\.out).flatMap { $0.without(rest) }
        guard !out.isEmpty else { return }
        for index in parts.indices where !parts[index].isBound && parts[index].object.kind != .unit {
            // Days on which nothing of the record belonged to any unit do not keep a person who is nowhere else.
            parts[index].out = rest.isEmpty ? [.always] : out
        }
    }

    private func cutUnit(_ part: Part, _ source: String) -> CutUnit {
        let attribute = schema[.unit].nameAttributes.first
        let name = part.periods.last?.fields.first { $0.number == attribute?.number }?.value
        let periods = part.periods.map(\.period)
        return CutUnit(
            id: part.object.id,
            key: String(decoding: part.object.key, as: UTF8.self),
            name: name.map { String(decoding: $0, as: UTF8.self) } ?? "",
            periods: periods,
            cuts: cuts.cuts(of: part.object.id, for: source).filter { cut in
                periods.contains { $0.overlaps(cut.period) }
            })
    }

    // MARK: What is left

    private func write(_ part: Part, _ source: String, to writer: inout Claim.Writer) {
        let object = part.object
        let left = part.periods.flatMap { period, fields in
            period.without(part.out).flatMap { rest -> [(period: EffectivePeriod, isHung: Bool, fields: [Field])] in
                guard !part.hung.isEmpty, !fields.contains(where: { $0.number == parent }) else {
                    return [(rest, false, fields)]
                }
                return part.hung.compactMap { rest.common(with: $0) }.map { ($0, true, fields) }
                    + rest.without(part.hung).map { ($0, false, fields) }
            }
        }
        writer.beginObject(
            object.kind, flags: object.flags, id: object.id, key: object.key, lookups: object.lookups(),
            periodCount: left.count)
        for (period, isHung, fields) in left.sorted(by: { $0.period.from < $1.period.from }) {
            writer.beginPeriod(from: period.from, to: period.to)
            for field in fields where !isHung || field.number < parent ?? 0 {
                writer.append(field.value, number: field.number)
            }
            if isHung, let parent, let top = parents[source] {
                Array(places.keyOfParent(of: source).utf8).withUnsafeBytes {
                    writer.append(target: top, key: $0, number: parent)
                }
                for field in fields where field.number > parent { writer.append(field.value, number: field.number) }
            }
            writer.endPeriod()
        }
        writer.endObject()
    }
}

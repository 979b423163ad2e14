import Mapping
import OrganisationModel
import Storage
import Versioning

/// What objects of one kind are explained by: what accepted claims say of them, as an import would resolve them, and by which mappings
/// they were made.
struct Explaining {
    /// How the records of a source were mapped.
    struct Mapped {
        let lineage: Lineage
        /// The mapping's name.
        let name: String
        /// Whether the accepted claims were made by the mapping as it is.
        let isCurrent: Bool
    }

    /// An accepted claim that names an object.
    struct Naming {
        let claim: PlacedClaim
        let flags: UInt8
        let periodCount: Int
        let recordKey: String
        /// Nil when the mapping has no such records any more, or there is no mapping.
        let part: Lineage.Part?
        /// The findings of the record that withhold.
        let withholding: [Claim.StoredFinding]
    }

    let workplace: Workplace
    let transaction: StateTransaction
    let kind: Kind
    let version: Int
    /// The current version.
    let current: Int
    let resolved: Resolved
    let mapped: [String: Mapped]
    /// Why objects are pinned: the version since when.
    let pins: [ObjectID: Pin]
    private let testimonies: [ObjectID: Testimony]
    private let namings: [ObjectID: [Naming]]

    var organisation: Organisation { resolved.whole.organisation }
    var schema: Schema { transaction.schema }

    /// - Parameters:
    ///   - ids: the objects that are asked for, known or not.
    ///   - version: of which they are told.
    init(
        _ kind: Kind, _ ids: Set<ObjectID>, version: Int, _ workplace: Workplace, _ state: State,
        _ transaction: StateTransaction
    ) throws {
        (self.workplace, self.transaction, self.kind, self.version) = (workplace, transaction, kind, version)
        current = try transaction.position().version
        pins = Dictionary(try transaction.pins().map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        resolved = try Proposing(workplace: workplace, state: state, transaction: transaction)
            .resolve(Proposing.Round(buffer: ClaimBuffer()), asked: ids)
        mapped = try Dictionary(
            uniqueKeysWithValues: workplace.configuration.sources.map { source in
                let program = MappingProgram(
                    source.mapping, source: source.name, secret: state.secret,
                    authority: workplace.configuration.authority,
                    rules: workplace.configuration.precedence.rules)
                let accepted = try transaction.acceptedExport(of: source.name)
                return (
                    source.name,
                    Mapped(
                        lineage: Lineage(program), name: source.mapping.name,
                        isCurrent: accepted.map { $0.seed.starts(with: program.seed) } ?? true)
                )
            })
        var testimonies: [ObjectID: Testimony] = [:]
        for id in ids {
            if let entry = resolved.whole.organisation.entry(id) {
                testimonies[id] = resolved.whole.organisation.testimony(of: entry)
            }
        }
        self.testimonies = testimonies
        let adding = testimonies.values.flatMap { $0.lines.flatMap(\.voices).map(\.claimedID) }
        namings = try Self.namings(ids.union(adding), mapped, transaction)
    }

    private static func namings(
        _ ids: Set<ObjectID>, _ mapped: [String: Mapped], _ transaction: StateTransaction
    ) throws -> [ObjectID: [Naming]] {
        var namings: [ObjectID: [Naming]] = [:]
        for claim in try transaction.placedClaims(transaction.claimRows(boundTo: Set(ids.map { ClaimKey($0) }))) {
            claim.body.withUnsafeBytes { body in
                guard Claim.names(ids, in: body) else { return }
                let parts = mapped[claim.source]?.lineage.parts(body, key: claim.key) ?? []
                var reader = Claim.Reader(body)
                let recordKey = String(decoding: reader.recordKey(), as: UTF8.self)
                let withholding = reader.findings().filter { $0.fate == .withhold }
                for place in 0..<reader.objectCount() where reader.isIntact {
                    let object = reader.object()
                    guard ids.contains(object.id) else { continue }
                    namings[object.id, default: []].append(
                        Naming(
                            claim: claim, flags: object.flags, periodCount: object.periodCount, recordKey: recordKey,
                            part: parts.indices.contains(place) ? parts[place] : nil, withholding: withholding))
                }
            }
        }
        return namings
    }

    /// What claims say of an object now; nil when none makes it.
    func testimony(of id: ObjectID) -> Testimony? {
        testimonies[id]
    }

    /// The accepted claims that name an object: those that make it, and those that do not.
    func namings(of id: ObjectID) -> [Naming] {
        (namings[id] ?? []).filter { $0.flags & Claim.adds == 0 }
    }

    /// The accepted claim in which a value was said.
    func naming(_ voice: Testimony.Voice) -> Naming? {
        namings[voice.claimedID]?.first {
            $0.claim.location == voice.location && Array($0.recordKey.utf8) == voice.recordKey
        }
    }

    /// By which lines of the mapping a value was made; more than one only where it cannot be told.
    func origins(of attribute: Attribute, _ voice: Testimony.Voice) -> [Lineage.Origin] {
        guard let naming = naming(voice), let part = naming.part, let mapped = mapped[naming.claim.source],
            mapped.isCurrent
        else { return [] }
        return mapped.lineage.origins(of: attribute, in: part)
    }

    // MARK: Objects

    /// An object as the version has it.
    func object(_ object: RegisteredObject) throws -> ExplainedObject {
        let id = object.id
        let kindSchema = schema[object.kind]
        let states = try transaction.versions(of: id).map { number in
            Stage(
                version: number,
                periods: try transaction.state(of: id, version: number)?.periods(kindSchema) ?? [])
        }
        let lines = testimonies[id]?.lines ?? []
        let oldest = try transaction.oldestVersion()
        var values: [ExplainedValue] = []
        for period in object.state.periods(kindSchema) {
            for attribute in kindSchema.attributes {
                let value = period[attribute]
                let line = lines.first { line in
                    line.attribute == attribute && line.value == value
                        && line.period.from <= period.period.from && period.period.to <= line.period.to
                }
                guard let value else {
                    // What records differ about.
                    if let line, version == current {
                        values.append(
                            ExplainedValue(
                                period: period.period, attribute: attribute, value: nil, since: nil, voice: nil,
                                lost: line.voices))
                    }
                    continue
                }
                let since = first(states, attribute, value, period.period)
                let isStill = isStill(states, attribute, value, period.period)
                let voice = isStill ? line?.voices.first.flatMap { $0.standing == .counts ? $0 : nil } : nil
                values.append(
                    ExplainedValue(
                        period: period.period, attribute: attribute, value: value,
                        since: ExplainedValue.Since(
                            version: try transaction.version(since), isPruned: oldest > 1 && since <= oldest),
                        voice: voice, lost: voice == nil ? [] : Array(line?.voices.dropFirst() ?? [])))
            }
        }
        return ExplainedObject(
            object: object, values: values, sought: version == current ? testimonies[id]?.sought ?? [] : [],
            namings: version == current ? namings(of: id) : [], notes: try notes(on: object))
    }

    /// The periods that began with a version.
    private struct Stage {
        let version: Int
        let periods: [StatePeriod]

        /// Whether it has the value on all days of a period.
        func says(_ attribute: Attribute, _ value: Value, _ period: EffectivePeriod) -> Bool {
            var next = period.from
            for own in periods where own.period.overlaps(period) {
                guard own.period.from <= next, own[attribute] == value else { return false }
                next = own.period.to
            }
            return next >= period.to
        }
    }

    /// The version since which an object has had a value on all days of a period, looking back from the one that is told.
    private func first(
        _ states: [Stage], _ attribute: Attribute, _ value: Value, _ period: EffectivePeriod
    ) -> Int {
        let past = states.filter { $0.version <= version }.reversed()
        return past.prefix { $0.says(attribute, value, period) }.last?.version ?? version
    }

    /// Whether it has it in all later versions.
    private func isStill(
        _ states: [Stage], _ attribute: Attribute, _ value: Value, _ period: EffectivePeriod
    ) -> Bool {
        states.filter { $0.version > version }.allSatisfy { $0.says(attribute, value, period) }
    }

    private func notes(on object: RegisteredObject) throws -> [Reason] {
        guard version == current else { return [] }
        let namings = namings(of: object.id)
        var notes = namings.filter { Claim.isWithheld($0.flags) }.flatMap { Reason.withheld($0, isThere: true) }
        if organisation.isReplaced(object.id) { notes += rules(object.id, namings, isThere: true) }
        notes += namings.filter { $0.flags & Claim.ended != 0 }.map(Reason.ended)
        notes += namings.filter { $0.claim.absences > 0 }.map(Reason.unconfirmed)
        if let pin = pins[object.id], !pin.isReleased { notes.append(.pinned(pin)) }
        let said = try organisation.state(of: object.id)
        if notes.isEmpty, said != object.state { notes.append(.outdated(isThere: true)) }
        return notes
    }

    /// The findings of rules that keep an object as it was, or out.
    func rules(_ id: ObjectID, _ namings: [Naming], isThere: Bool) -> [Reason] {
        let places = Set(namings.map(\.claim.location))
        return resolved.whole.findings.filter { finding in
            finding.rule.fate == .withhold && finding.kind == kind && places.contains(finding.location)
                && !namings.contains { $0.withholding.contains { $0.code == finding.rule.code } }
        }.map { Reason.rule($0, isThere: isThere) }
    }
}

/// An object of a version with everything that is known of how it came to be so.
struct ExplainedObject {
    let object: RegisteredObject
    /// In the order of periods and attributes.
    let values: [ExplainedValue]
    /// Relations that it does not have, because nothing answers to what records seek.
    let sought: [Testimony.Sought]
    /// Accepted claims; none for an older version.
    let namings: [Explaining.Naming]
    /// What keeps it from being as its sources say, and what ended it.
    let notes: [Reason]
}

struct ExplainedValue {
    /// Since when it has been so.
    struct Since {
        /// Nil when the version is not known.
        let version: Version?
        /// It may have been so before: that is not kept.
        let isPruned: Bool
    }

    let period: EffectivePeriod
    let attribute: Attribute
    /// Nil when records are heard and none is believed.
    let value: Value?
    /// Nil without a value.
    let since: Since?
    /// The record that says so; nil when no accepted one does.
    let voice: Testimony.Voice?
    /// What other records say of it.
    let lost: [Testimony.Voice]
}

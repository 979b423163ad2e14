/// A correction as an organisation has it.
struct PlacedCorrection: Identified {
    let correction: Correction
    let claim: UInt32

    var id: ObjectID { correction.id }
}

// What editors say is heard before all sources, on the days for which they say it.
extension Organisation {
    /// What corrections say about an object, the earliest first; those that are not heard are left out.
    private func heard(about id: ObjectID) -> [Correction] {
        guard !corrections.isEmpty else { return [] }
        return corrections.all(of: id).map(\.correction).filter { !unheard.contains($0.number) }
    }

    /// What editors say of an attribute on all days of a period, the latest first.
    func heardCorrections(
        about id: ObjectID, on period: EffectivePeriod, _ attribute: UInt16
    ) -> [(correction: PlacedCorrection, field: Correction.Field)] {
        guard !corrections.isEmpty else { return [] }
        return corrections.all(of: id).reversed().compactMap { placed in
            guard case .change(let days, let fields) = placed.correction.statement, days.overlaps(period),
                !unheard.contains(placed.correction.number),
                let field = fields.first(where: { $0.attribute == attribute })
            else { return nil }
            return (placed, field)
        }
    }

    func isCorrected(_ id: ObjectID) -> Bool {
        !corrections.isEmpty && !corrections.all(of: id).isEmpty
    }

    /// Every correction that is here, in the order of the objects.
    public func allCorrections() -> [Correction] {
        corrections.map(\.correction)
    }

    /// Where a correction stands.
    public func location(of correction: Correction) -> SourceLocation {
        corrections.first { $0.correction.number == correction.number }.map { location(ofClaim: $0.claim) }
            ?? SourceLocation(source: Correction.source, file: "", line: 0)
    }

    /// A correction that is not heard: what it refers to is not there.
    public func leaveUnheard(_ correction: Correction) {
        unheard.insert(correction.number)
    }

    /// Whether editors may have closed an object, so that it may be gone although a record names it.
    func mayBeClosed(_ id: ObjectID) -> Bool {
        !corrections.isEmpty
            && corrections.all(of: id).contains { if case .close = $0.correction.statement { true } else { false } }
    }

    /// Whether editors say what a relation of an object is, from some day on for ever, so that nothing needs to be found.
    func isSettled(_ id: ObjectID, _ relation: UInt16) -> Bool {
        heard(about: id).contains { correction in
            guard case .change(let period, let fields) = correction.statement else { return false }
            return period.to == .distantFuture && fields.contains { $0.attribute == relation }
        }
    }

    /// Whether editors say on every day what an attribute is, so that nothing is found by what the sources say.
    func isMasked(_ id: ObjectID, _ attribute: UInt16) -> Bool {
        heard(about: id).contains { correction in
            guard case .change(.always, let fields) = correction.statement else { return false }
            return fields.contains { $0.attribute == attribute }
        }
    }

    // MARK: States

    /// A state with what corrections say. Its periods are split where one begins or ends; a later correction is heard before
    /// an earlier one.
    func corrected(_ state: ObjectState?, _ entry: Entry) -> ObjectState? {
        let corrections = heard(about: entry.id).filter { $0.kind == entry.kind }
        guard !corrections.isEmpty, let state else { return state }
        return state.corrected(by: corrections, schema[entry.kind])
    }

    /// The relations of a corrected object, with the keys by which its records and editors named the targets.
    func forEachCorrectedReference(
        of entry: Entry,
        _ body: (_ attribute: Attribute, _ target: ObjectID, _ key: UnsafeRawBufferPointer) throws -> Void
    ) rethrows {
        guard let state = state(of: entry) else { return }
        var keys: [ObjectID: [UInt8]] = [:]
        forEachClaimedReference(of: entry) { _, target, key in keys[target] = Array(key) }
        for field in heard(about: entry.id).flatMap(\.fields) {
            if case .reference(let target) = field.value { keys[target] = Array(field.key.utf8) }
        }
        for field in state.periods(schema[entry.kind]).flatMap(\.fields) {
            guard case .reference(let target) = field.value else { continue }
            try (keys[target] ?? []).withUnsafeBytes { try body(field.attribute, target, $0) }
        }
    }

    // MARK: What corrections mask

    /// What the sources say where a correction masks them: for each attribute its values in the order of time, each once in a
    /// row; of a closed object the last day on which it would be there. Days on which a value holds do not count: an
    /// employment that ends earlier says nothing new about its title.
    public func masked(by correction: Correction) -> Fingerprint? {
        guard let period = correction.period, let entry = entry(correction.id), entry.kind == correction.kind,
            let state = claimedState(of: entry)
        else { return nil }
        if case .create = correction.statement { return nil }
        let periods = state.periods(schema[entry.kind]).filter { $0.period.overlaps(period) }
        var bytes: [UInt8] = []
        if case .close = correction.statement {
            Bytes.append((periods.last?.period.to ?? .distantPast).number, to: &bytes)
        }
        for field in correction.fields.sorted(by: { $0.attribute < $1.attribute }) {
            guard let attribute = schema[entry.kind].attribute(number: field.attribute) else { continue }
            Bytes.append(UInt32(field.attribute), to: &bytes)
            var last: Value?? = .none
            for value in periods.map({ $0[attribute] }) where last != .some(value) {
                last = .some(value)
                bytes.append(value == nil ? 0 : 1)
                (value?.bytes ?? []).withUnsafeBytes { Bytes.append(field: $0, to: &bytes) }
            }
        }
        var hasher = FingerprintHasher(seed: Self.maskSeed)
        bytes.withUnsafeBytes { hasher.combine($0) }
        return hasher.finalize()
    }

    private static let maskSeed = Array("fordeler: what a correction masks".utf8)

    /// Whether a record makes the object, also one that is not fit for use.
    public func isClaimed(_ entry: Entry) -> Bool {
        isClaimedWithheld(entry) || claimedState(of: entry) != nil
    }

    /// What the sources say last, within the days of a correction, of an attribute; nil when they say nothing.
    public func lastClaimed(_ attribute: Attribute, under correction: Correction) -> Value? {
        guard let period = correction.period, let entry = entry(correction.id) else { return nil }
        let periods = claimedState(of: entry)?.periods(schema[entry.kind]) ?? []
        return periods.last { $0.period.overlaps(period) }?[attribute]
    }

    /// Whether the sources say by now what a correction says: at the end of its days, each of its values; that the object
    /// ends, for one that closes it.
    public func isCaughtUp(_ correction: Correction) -> Bool {
        guard let period = correction.period, let entry = entry(correction.id), let state = claimedState(of: entry)
        else { return false }
        switch correction.statement {
        case .create, .alias: return false
        case .close: return !state.periods(schema[entry.kind]).contains { $0.period.overlaps(period) }
        case .change(_, let fields):
            guard let last = state.periods(schema[entry.kind]).last(where: { $0.period.overlaps(period) }) else {
                return false
            }
            return fields.allSatisfy { field in
                guard let attribute = schema[entry.kind].attribute(number: field.attribute) else { return false }
                return last[attribute] == field.value
            }
        }
    }
}

extension ObjectState {
    /// This state with what corrections of its object say, of which a later one counts before an earlier one; nil when they
    /// leave no day of it.
    func corrected(by corrections: [Correction], _ schema: KindSchema) -> ObjectState? {
        let ends = Set(corrections.compactMap(\.period).flatMap { [$0.from, $0.to] }).sorted()
        var result: [StatePeriod] = []
        for base in periods(schema) {
            let inner = ends.filter { base.period.from < $0 && $0 < base.period.to }
            let days = [base.period.from] + inner + [base.period.to]
            var isFirst = true
            for (from, to) in zip(days, days.dropFirst()) {
                guard let period = EffectivePeriod(from: from, to: to),
                    let fields = Self.corrected(base.fields, by: corrections, on: from, schema)
                else { continue }
                if !isFirst, let last = result.last, last.period.to == from, last.fields == fields,
                    let joined = EffectivePeriod(from: last.period.from, to: to)
                {
                    result[result.count - 1] = StatePeriod(period: joined, fields: fields)
                } else {
                    result.append(StatePeriod(period: period, fields: fields))
                }
                isFirst = false
            }
        }
        return result.isEmpty ? nil : ObjectState(result)
    }

    /// The fields on a day; nil when the object is closed then.
    private static func corrected(
        _ fields: [StatePeriod.Field], by corrections: [Correction], on day: Day, _ schema: KindSchema
    ) -> [StatePeriod.Field]? {
        var fields = fields
        for correction in corrections where correction.period?.contains(day) == true {
            switch correction.statement {
            case .close: return nil
            case .create, .alias: continue
            case .change(_, let changed):
                for field in changed {
                    guard let attribute = schema.attribute(number: field.attribute) else { continue }
                    fields.removeAll { $0.attribute.number == field.attribute }
                    if let value = field.value { fields.append(StatePeriod.Field(attribute: attribute, value: value)) }
                }
            }
        }
        return fields.sorted { $0.attribute.number < $1.attribute.number }
    }
}

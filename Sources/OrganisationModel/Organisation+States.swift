// How claims become the state of an object.
extension Organisation {
    /// A value that another claim gives to an object.
    private struct Extra {
        enum Content {
            case bytes(UnsafeRawBufferPointer)
            case target(ObjectID)
        }

        let number: UInt16
        let content: Content
        /// Whether it is heard before the claims that make the object.
        let overrides: Bool
    }

    /// The object as it should be; nil when it is left out or was never in effect.
    public func state(of entry: Entry) -> ObjectState? {
        if let replaced = replacement(of: entry.id) { return replaced }
        let claimed = claimedState(of: entry)
        return corrections.isEmpty ? claimed : corrected(claimed, entry)
    }

    /// What the sources say, whatever rules and corrections make of it.
    func claimedState(of entry: Entry) -> ObjectState? {
        // Nearly all objects: nothing else counts for them.
        guard mentions[entry.end - 1].flags & Claim.aliased != 0 else {
            let base = basePart(of: entry.first..<entry.end)
            return state(of: base, extras(of: entry, beside: base))
        }
        let parts = parts(of: entry)
        let extras = extras(of: entry, beside: parts[0], and: parts)
        if parts.count == 1 { return state(of: parts[0], extras) }
        let said = parts.compactMap { state(of: $0, []) }
        guard !said.isEmpty else { return nil }
        return adding(extras, to: ObjectState(inTurn: said, schema[entry.kind]), schema[entry.kind])
    }

    private func state(of part: Range<Int>, _ extras: [Extra]) -> ObjectState? {
        if part.count == 1 {
            return mentions[part.lowerBound].flags & (Claim.withheld | Claim.fallback) != 0
                ? nil : state(at: part.lowerBound, period: nil, extras)
        }
        return mergedState(part, extras)
    }

    /// The claims of the source that makes the object, the first one with a claim in effect: those that name the object itself,
    /// then those that name another one which counts for it.
    private func parts(of entry: Entry) -> [Range<Int>] {
        let end = (entry.first..<entry.end).first { mentions[$0].flags & Claim.aliased != 0 } ?? entry.end
        let isMade = (entry.first..<end).contains { mentions[$0].isInEffect }
        let base = basePart(of: isMade ? entry.first..<end : end..<entry.end)
        let rank = rank(ofClaim: mentions[base.lowerBound].claim)
        let others = (end..<entry.end).filter { !base.contains($0) && self.rank(ofClaim: mentions[$0].claim) == rank }
        var parts: [Range<Int>] = []
        for index in Array(base) + others {
            if let last = parts.last, last.upperBound == index, isSamePart(last.lowerBound, index) {
                parts[parts.count - 1] = last.lowerBound..<index + 1
            } else {
                parts.append(index..<index + 1)
            }
        }
        return parts
    }

    /// The claims whose word is the object's: of one that editors made the same as others those that name it itself.
    func basePart(of entry: Entry) -> Range<Int> {
        let isAlone = mentions[entry.end - 1].flags & Claim.aliased == 0
        return isAlone ? basePart(of: entry.first..<entry.end) : parts(of: entry)[0]
    }

    private func basePart(of part: Range<Int>) -> Range<Int> {
        guard part.count > 1 else { return part }
        let first = part.first { mentions[$0].isInEffect } ?? part.lowerBound
        let rank = rank(ofClaim: mentions[first].claim)
        let start = (part.lowerBound...first).first { self.rank(ofClaim: mentions[$0].claim) == rank } ?? first
        var end = first + 1
        while end < part.upperBound, self.rank(ofClaim: mentions[end].claim) == rank { end += 1 }
        return start..<end
    }

    // MARK: One claim

    /// The state that one claim gives; with `hull`, its last period's attributes over that period.
    private func state(at index: Int, period hull: EffectivePeriod?, _ extras: [Extra]) -> ObjectState? {
        var object = object(at: index)
        guard object.periodCount > 0 else { return nil }
        let kindSchema = schema[object.kind]
        var writer = StateWriter(periodCount: hull == nil ? object.periodCount : 1)
        for number in 0..<object.periodCount {
            let (from, to, fieldCount) = object.period()
            guard let own = EffectivePeriod(from: from, to: to) else { return nil }
            let isWritten = hull == nil || number == object.periodCount - 1
            if isWritten { writer.begin(hull ?? own) }
            var nextExtra = extras.startIndex
            for _ in 0..<fieldCount {
                let (attribute, value) = object.field()
                guard isWritten else { continue }
                while nextExtra < extras.endIndex, extras[nextExtra].number < attribute {
                    write(extras[nextExtra], kindSchema, &writer)
                    nextExtra += 1
                }
                if nextExtra < extras.endIndex, extras[nextExtra].number == attribute {
                    let extra = extras[nextExtra]
                    nextExtra += 1
                    if extra.overrides {
                        write(extra, kindSchema, &writer)
                        continue
                    }
                }
                let stored =
                    kindSchema.isReference(attribute) ? UnsafeRawBufferPointer(rebasing: value.prefix(16)) : value
                writer.append(stored, number: attribute, isPersonal: kindSchema.isPersonal(attribute))
            }
            guard isWritten else { continue }
            for extra in extras[nextExtra...] { write(extra, kindSchema, &writer) }
            writer.end()
        }
        return writer.finish()
    }

    private func write(_ extra: Extra, _ kindSchema: KindSchema, _ writer: inout StateWriter) {
        let isPersonal = kindSchema.isPersonal(extra.number)
        switch extra.content {
        case .bytes(let bytes): writer.append(bytes, number: extra.number, isPersonal: isPersonal)
        case .target(let id):
            id.withUnsafeBytes { writer.append($0, number: extra.number, isPersonal: isPersonal) }
        }
    }

    /// Every single claim's own state of the object, in order; a claim that is withheld, or only fills in, has none.
    public func claimedStates(of entry: Entry) -> [ObjectState?] {
        (entry.first..<entry.end).map { index in
            mentions[index].flags & (Claim.withheld | Claim.fallback) != 0 ? nil : state(at: index, period: nil, [])
        }
    }

    /// Whether the object is put together day by day, so that claims that hold on different days may differ.
    public func isDaily(_ entry: Entry) -> Bool {
        (entry.first..<entry.end).contains { mentions[$0].flags & Claim.daily != 0 }
    }

    // MARK: Several claims of one source

    /// Several claims of one object: it lives from the earliest beginning to the latest end, and its attributes are those of
    /// the claim that lasts longest (then: begins last, then: the least key of its record, then: the least bytes, so that
    /// the order in which records were accepted never counts). What that one does not say, the next in this order may.
    private func mergedState(_ part: Range<Int>, _ extras: [Extra]) -> ObjectState? {
        if part.contains(where: { mentions[$0].flags & Claim.daily != 0 }) { return dailyState(part, extras) }
        var candidates = mergeCandidates(part)
        guard let hull = sortForMerge(&candidates) else { return nil }
        let kindSchema = schema[mentions[part.lowerBound].kind]
        let states = candidates.compactMap { state(at: $0.index, period: hull, []) }
        let merged = states.dropFirst().reduce(states.first) { merged, next in
            merged.map { $0.filled(from: next, period: hull, schema: kindSchema) }
        }
        let isMarked = states.contains { $0.isEverProtected(kindSchema) }
        return merged.map { adding(extras, to: isMarked ? marked($0, kindSchema) : $0, kindSchema) }
    }

    /// A claim of an object that is merged as a whole.
    struct MergeCandidate {
        let index: Int
        let from: Day
        let to: Day
        let recordKey: [UInt8]
        let isFallback: Bool
    }

    func mergeCandidates(_ part: Range<Int>) -> [MergeCandidate] {
        var candidates: [MergeCandidate] = []
        for index in part where mentions[index].flags & Claim.withheld == 0 {
            var object = object(at: index)
            var reader = Claim.Reader(buffer[origins[Int(mentions[index].claim)].reference])
            let recordKey = Array(reader.recordKey())
            var (from, to) = (Day.distantFuture, Day.distantPast)
            for _ in 0..<object.periodCount {
                let (begin, end, fieldCount) = object.period()
                (from, to) = (min(from, begin), max(to, end))
                for _ in 0..<fieldCount { _ = object.field() }
            }
            if object.periodCount > 0 {
                let isFallback = mentions[index].flags & Claim.fallback != 0
                candidates.append(
                    MergeCandidate(index: index, from: from, to: to, recordKey: recordKey, isFallback: isFallback))
            }
        }
        return candidates
    }

    /// Puts first who is heard first.
    /// - Returns: from the earliest beginning to the latest end; nil when none of them makes the object.
    func sortForMerge(_ candidates: inout [MergeCandidate]) -> EffectivePeriod? {
        let makers = candidates.filter { !$0.isFallback }
        guard
            let hull = EffectivePeriod(
                from: makers.map(\.from).min() ?? .distantFuture, to: makers.map(\.to).max() ?? .distantPast)
        else { return nil }
        candidates.sort { left, right in
            if left.isFallback != right.isFallback { return right.isFallback }
            if left.to != right.to { return left.to > right.to }
            if left.from != right.from { return left.from > right.from }
            if left.recordKey != right.recordKey {
                return left.recordKey.lexicographicallyPrecedes(right.recordKey)
            }
            return precedes(state(at: left.index, period: hull, []), state(at: right.index, period: hull, []))
        }
        return hull
    }

    /// Why one of several claims of an object is heard before the others.
    public enum Preference: Sendable {
        case lastsLongest
        /// Others last as long.
        case beginsLast
        /// Others have the same days; the key of its record comes first.
        case keyComesFirst
    }

    /// Which of a source's claims of a shared object counts where they differ in `attributes`, and why; nil when one at most says
    /// anything about them.
    public func counting(_ entry: Entry, about attributes: [Attribute]) -> (place: SourceLocation, why: Preference)? {
        var candidates = mergeCandidates(entry.first..<entry.end)
        guard sortForMerge(&candidates) != nil else { return nil }
        let rivals = candidates.filter { candidate in
            !candidate.isFallback
                && lastFields(object(at: candidate.index)).contains { field in
                    attributes.contains { $0.number == field.number }
                }
        }
        guard let first = rivals.first, rivals.count > 1 else { return nil }
        let equals = rivals.dropFirst().filter { $0.to == first.to }
        let why: Preference =
            equals.isEmpty
            ? .lastsLongest : equals.contains { $0.from == first.from } ? .keyComesFirst : .beginsLast
        return (location(ofClaim: mentions[first.index].claim), why)
    }

    /// Protected on every day: a mark on one record of a person is not taken back by another record without it.
    private func marked(_ state: ObjectState, _ kindSchema: KindSchema) -> ObjectState {
        ObjectState(
            state.periods(kindSchema).map { StatePeriod(period: $0.period, fields: marked($0.fields, kindSchema)) })
    }

    private func marked(_ fields: [StatePeriod.Field], _ kindSchema: KindSchema) -> [StatePeriod.Field] {
        guard let flag = kindSchema.protectionFlag else { return fields }
        return fields.filter { $0.attribute != flag } + [StatePeriod.Field(attribute: flag, value: .flag(true))]
    }

    /// Several claims of one object that hold on days of their own; it is in effect when one does that is no fallback. The values
    /// are those of the one that began last (then: the least bytes); what that one does not say, the next may, and a fallback last.
    private func dailyState(_ part: Range<Int>, _ extras: [Extra]) -> ObjectState? {
        let kindSchema = schema[mentions[part.lowerBound].kind]
        let said = dailyPeriods(part)
        let days = Set(said.flatMap { [$0.period.period.from, $0.period.period.to] }).sorted()
        var periods: [StatePeriod] = []
        for (from, to) in zip(days, days.dropFirst()) {
            let holding = said.filter { $0.period.period.from <= from && to <= $0.period.period.to }
            guard let first = holding.first, !first.isFallback, let day = EffectivePeriod(from: from, to: to) else {
                continue
            }
            var fields = first.period.fields
            for other in holding.dropFirst() {
                fields += other.period.fields.filter { field in !fields.contains { $0.attribute == field.attribute } }
            }
            let isMarked = holding.contains { held in
                kindSchema.protectionFlag.map { held.period[$0] == .flag(true) } ?? false
            }
            if isMarked { fields = marked(fields, kindSchema) }
            fields.sort { $0.attribute.number < $1.attribute.number }
            if let last = periods.last, last.period.to == from, last.fields == fields,
                let joined = EffectivePeriod(from: last.period.from, to: to)
            {
                periods[periods.count - 1] = StatePeriod(period: joined, fields: fields)
            } else {
                periods.append(StatePeriod(period: day, fields: fields))
            }
        }
        return periods.isEmpty ? nil : adding(extras, to: ObjectState(periods), kindSchema)
    }

    /// What claims say on days of their own; first what is heard first. Several may say the same: the first of them in the order of
    /// claims stands for all.
    func dailyPeriods(_ part: Range<Int>, repeating: Bool = false) -> [(
        index: Int, isFallback: Bool, period: StatePeriod
    )] {
        let kindSchema = schema[mentions[part.lowerBound].kind]
        var said: [(index: Int, isFallback: Bool, period: StatePeriod)] = []
        for index in part where mentions[index].flags & Claim.withheld == 0 {
            guard let state = state(at: index, period: nil, []) else { continue }
            let isFallback = mentions[index].flags & Claim.fallback != 0
            for period in state.periods(kindSchema) {
                let isKnown = said.contains { $0.isFallback == isFallback && $0.period == period }
                if repeating || !isKnown { said.append((index, isFallback, period)) }
            }
        }
        said.sort { left, right in
            if left.isFallback != right.isFallback { return right.isFallback }
            if left.period.period.from != right.period.period.from {
                return left.period.period.from > right.period.period.from
            }
            if left.period == right.period { return left.index < right.index }
            return precedes(ObjectState([left.period]), ObjectState([right.period]))
        }
        return said
    }

    private func precedes(_ left: ObjectState?, _ right: ObjectState?) -> Bool {
        guard let left, let right else { return left == nil && right != nil }
        if left.ordinary != right.ordinary { return left.ordinary.lexicographicallyPrecedes(right.ordinary) }
        return left.personal.lexicographicallyPrecedes(right.personal)
    }

    private func adding(_ extras: [Extra], to state: ObjectState, _ kindSchema: KindSchema) -> ObjectState {
        guard !extras.isEmpty else { return state }
        let periods = state.periods(kindSchema).map { period in
            var fields = period.fields
            for extra in extras {
                guard let attribute = kindSchema.attribute(number: extra.number), let value = value(extra, attribute)
                else { continue }
                let place = fields.firstIndex { $0.attribute.number == extra.number }
                if place != nil, !extra.overrides { continue }
                if let place { fields.remove(at: place) }
                fields.append(StatePeriod.Field(attribute: attribute, value: value))
            }
            return StatePeriod(period: period.period, fields: fields)
        }
        return ObjectState(periods)
    }

    private func value(_ extra: Extra, _ attribute: Attribute) -> Value? {
        switch extra.content {
        case .bytes(let bytes): Value(bytes, type: attribute.type)
        case .target(let id): .reference(id)
        }
    }

    // MARK: Other sources

    /// What others say about an object, one value an attribute, in the order of their numbers: what lookups found, what
    /// claims of other sources add, and what other sources say that name the same object.
    private func extras(of entry: Entry, beside base: Range<Int>, and others: [Range<Int>] = []) -> [Extra] {
        let targets = foundTargets.isEmpty ? [] : foundTargets.all(of: entry.id)
        let additions = foundAdditions.isEmpty ? [] : foundAdditions.all(of: entry.id)
        if targets.isEmpty, additions.isEmpty, base.count == entry.end - entry.first { return [] }
        var chosen: [(extra: Extra, rank: Int)] = []
        forEachOffer(of: entry, beside: others.isEmpty ? [base] : others, additions.map(\.addition)) {
            take($0, &chosen)
        }
        for found in targets where !chosen.contains(where: { $0.extra.number == found.relation }) {
            chosen.append((Extra(number: found.relation, content: .target(found.target), overrides: false), 0))
        }
        let extras = chosen.map(\.extra).sorted { $0.number < $1.number }
        // What an editor made is owned by nobody else.
        guard source(ofClaim: mentions[base.lowerBound].claim) == Correction.source else { return extras }
        return extras.map { Extra(number: $0.number, content: $0.content, overrides: false) }
    }

    /// A value that a claim gives to an object that the claims of another source make.
    struct Offer {
        let number: UInt16
        /// As a state holds it.
        let value: UnsafeRawBufferPointer
        /// Its source is heard before the one that makes the object.
        let isOwner: Bool
        let rank: Int
        let claim: UInt32
        let addition: Seeker?
    }

    /// What claims of other sources say of an object, in the order of claims; first those that name it, then those that add.
    func forEachOffer(
        of entry: Entry, beside bases: [Range<Int>], _ additions: [Seeker], _ body: (Offer) -> Void
    ) {
        for index in entry.first..<entry.end where !bases.contains(where: { $0.contains(index) }) {
            guard mentions[index].isInEffect, mentions[index].kind == entry.kind else { continue }
            for (number, value) in lastFields(object(at: index)) {
                body(offer(number, value, entry.kind, mentions[index].claim))
            }
        }
        guard !additions.isEmpty else { return }
        forEachAgreed(additions) { number, value, addition in
            if schema[entry.kind].isReference(number) { return }
            body(offer(number, value, entry.kind, addition.claim, addition))
        }
    }

    func offer(
        _ number: UInt16, _ value: UnsafeRawBufferPointer, _ kind: Kind, _ claim: UInt32, _ addition: Seeker? = nil
    ) -> Offer {
        let owner = precedence.owners.isEmpty ? nil : precedence.owners[ForeignID(kind: kind, attribute: number)]
        let isReference = schema[kind].isReference(number)
        return Offer(
            number: number, value: isReference ? UnsafeRawBufferPointer(rebasing: value.prefix(16)) : value,
            isOwner: owner == source(ofClaim: claim), rank: rank(ofClaim: claim), claim: claim,
            addition: addition)
    }

    /// Takes a value unless one is taken that is heard first: that of the owner, then that of the earlier source.
    private func take(_ offer: Offer, _ chosen: inout [(extra: Extra, rank: Int)]) {
        let offered = (
            extra: Extra(number: offer.number, content: .bytes(offer.value), overrides: offer.isOwner),
            rank: offer.rank
        )
        guard let place = chosen.firstIndex(where: { $0.extra.number == offer.number }) else {
            return chosen.append(offered)
        }
        let held = chosen[place]
        if held.extra.overrides || (!offer.isOwner && held.rank <= offer.rank) { return }
        chosen[place] = offered
    }

    /// The values that additions of one source agree on; where they differ none of them counts.
    private func forEachAgreed(
        _ additions: [Seeker], _ body: (UInt16, UnsafeRawBufferPointer, Seeker) -> Void
    ) {
        guard additions.count > 1 else {
            for addition in additions {
                for (number, value) in lastFields(object(in: addition.claim, at: addition.offset)) {
                    body(number, value, addition)
                }
            }
            return
        }
        let disputed = disputedAttributes(additions)
        for addition in additions {
            for (number, value) in lastFields(object(in: addition.claim, at: addition.offset))
            where !disputed.contains(where: { $0.rank == rank(ofClaim: addition.claim) && $0.number == number }) {
                body(number, value, addition)
            }
        }
    }

    /// The attributes about which additions of one source differ.
    func disputedAttributes(_ additions: [Seeker]) -> [(rank: Int, number: UInt16)] {
        var disputed: [(rank: Int, number: UInt16)] = []
        var seen: [(rank: Int, number: UInt16, value: UnsafeRawBufferPointer)] = []
        for addition in additions {
            let rank = rank(ofClaim: addition.claim)
            for (number, value) in lastFields(object(in: addition.claim, at: addition.offset)) {
                if let other = seen.first(where: { $0.rank == rank && $0.number == number }) {
                    if !other.value.elementsEqual(value) { disputed.append((rank, number)) }
                } else {
                    seen.append((rank, number, value))
                }
            }
        }
        return disputed
    }

    func lastFields(_ object: Claim.ObjectReader) -> [(number: UInt16, value: UnsafeRawBufferPointer)] {
        var object = object
        var fields: [(number: UInt16, value: UnsafeRawBufferPointer)] = []
        for _ in 0..<object.periodCount {
            let (_, _, fieldCount) = object.period()
            fields = (0..<fieldCount).map { _ in object.field() }
        }
        return fields
    }
}

extension ObjectState {
    /// On each day what the first of these says that holds on it, and what that one lacks, the next may give; in effect when one
    /// is. A person is protected whom one says to be.
    fileprivate init(inTurn states: [ObjectState], _ schema: KindSchema) {
        let said = states.map { $0.periods(schema) }
        let days = Set(said.joined().flatMap { [$0.period.from, $0.period.to] }).sorted()
        var periods: [StatePeriod] = []
        for (from, to) in zip(days, days.dropFirst()) {
            let holding = said.compactMap { $0.first { $0.period.contains(from) } }
            guard let first = holding.first, let day = EffectivePeriod(from: from, to: to) else { continue }
            var fields = first.fields
            for other in holding.dropFirst() {
                fields += other.fields.filter { field in !fields.contains { $0.attribute == field.attribute } }
            }
            if let flag = schema.protectionFlag, holding.contains(where: { $0[flag] == .flag(true) }) {
                fields.removeAll { $0.attribute == flag }
                fields.append(StatePeriod.Field(attribute: flag, value: .flag(true)))
            }
            fields.sort { $0.attribute.number < $1.attribute.number }
            if let last = periods.last, last.period.to == from, last.fields == fields,
                let joined = EffectivePeriod(from: last.period.from, to: to)
            {
                periods[periods.count - 1] = StatePeriod(period: joined, fields: fields)
            } else {
                periods.append(StatePeriod(period: day, fields: fields))
            }
        }
        self.init(periods)
    }

    /// This state over one period, with the attributes it lacks taken from `other`.
    fileprivate func filled(from other: ObjectState, period: EffectivePeriod, schema: KindSchema)
        -> ObjectState
    {
        guard self != other, let mine = periods(schema).first, let theirs = other.periods(schema).first
        else { return self }
        let missing = theirs.fields.filter { mine[$0.attribute] == nil }
        guard !missing.isEmpty else { return self }
        return ObjectState([StatePeriod(period: period, fields: mine.fields + missing)])
    }
}

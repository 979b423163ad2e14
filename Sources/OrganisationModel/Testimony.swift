/// What all claims say about one object, value by value: whose word counts, and whose does not.
public struct Testimony {
    /// Why a value does not count, or that it does.
    public enum Standing: Hashable, Sendable {
        case counts
        /// It is the value that counts, said once more.
        case agrees
        /// This source is the authority for the attribute.
        case notOwner(String)
        /// The source that makes the object is heard before others.
        case notMaker
        /// Of several other sources an earlier one is heard.
        case laterSource
        /// Of records that are alike one is taken.
        case laterRecord
        /// Of several records of one object the one that lasts longest counts.
        case shorterLasting
        /// Of several records that last equally long, or hold on one day, the one that begins last counts.
        case earlierBeginning
        case fallback
        /// Records of one source add different values, so none of them counts.
        case disputed
        /// Another record says that the person is protected.
        case unprotected
        /// An editor says otherwise; a later correction is heard before an earlier one.
        case corrected
    }

    /// How a record came to say it.
    public enum Way: Hashable, Sendable {
        /// It names the object.
        case named
        /// It adds to the object that has this value.
        case added(by: String)
        /// It names the object, and the target was found by one of these values.
        case found(by: [String])
    }

    /// One value that one record gives to an attribute.
    public struct Voice: Hashable, Sendable {
        public let value: Value
        /// The key by which the record names the target of a relation; else empty.
        public let targetKey: String
        public let standing: Standing
        public let way: Way
        public let location: SourceLocation
        public let recordKey: [UInt8]
        /// The id under which the claim speaks of the object: its own, or that of the value by which the claim adds to it.
        public let claimedID: ObjectID
    }

    /// One attribute in one period.
    public struct Line: Hashable, Sendable {
        public let period: EffectivePeriod
        public let attribute: Attribute
        /// What the object has; nil when nobody is believed.
        public let value: Value?
        /// The first is the one that counts, when there is a value.
        public let voices: [Voice]
    }

    /// A relation that a record seeks by values and does not get.
    public struct Sought: Hashable, Sendable {
        public let attribute: Attribute
        public let texts: [String]
        public let location: SourceLocation
    }

    /// In the order of periods and attributes.
    public let lines: [Line]
    public let sought: [Sought]
}

extension Organisation {
    /// What claims say about an object; call after ``correlate()``. It goes by the same order of claims as ``state(of:)``, and the values
    /// are those of what claims and editors make of the object, whether or not a rule puts something else in its place.
    public func testimony(of entry: Entry) -> Testimony {
        let kindSchema = schema[entry.kind]
        let claimed = claimedState(of: entry)
        guard let state = corrections.isEmpty ? claimed : corrected(claimed, entry) else {
            return Testimony(lines: [], sought: sought(by: entry, []))
        }
        let hearing = Hearing(self, entry)
        var lines: [Testimony.Line] = []
        let periods = state.periods(kindSchema)
        for period in periods {
            for attribute in kindSchema.attributes {
                let voices = hearing.voices(of: attribute, in: period)
                guard !voices.isEmpty else { continue }
                lines.append(
                    Testimony.Line(
                        period: period.period, attribute: attribute, value: period[attribute], voices: voices))
            }
        }
        return Testimony(lines: lines, sought: sought(by: entry, periods))
    }

    private func sought(by entry: Entry, _ periods: [StatePeriod]) -> [Testimony.Sought] {
        (entry.first..<entry.end).flatMap { index -> [Testimony.Sought] in
            let object = object(at: index)
            guard object.lookupCount > 0, object.flags & Claim.withheld == 0 else { return [] }
            let lookups = object.lookups()
            let missing = schema[object.kind].attributes.filter { attribute in
                lookups.contains { $0.relation == attribute.number } && !periods.contains { $0[attribute] != nil }
            }
            return missing.map { attribute in
                Testimony.Sought(
                    attribute: attribute,
                    texts: lookups.filter { $0.relation == attribute.number }.map {
                        String(decoding: $0.text, as: UTF8.self)
                    }, location: location(ofClaim: mentions[index].claim))
            }
        }
    }

    func recordKey(ofClaim claim: UInt32) -> [UInt8] {
        var reader = Claim.Reader(buffer[origins[Int(claim)].reference])
        return Array(reader.recordKey())
    }
}

/// Who says what about one object, in the order in which they are heard.
private struct Hearing {
    fileprivate enum Rank {
        case editor
        case owner(String)
        case maker(isFallback: Bool, from: Day, to: Day)
        case other(rank: Int)
        case found
    }

    fileprivate struct Statement {
        let rank: Rank
        let bytes: [UInt8]
        let targetKey: String
        let claim: UInt32
        let claimedID: ObjectID
        let way: Testimony.Way
        var isDisputed = false
    }

    private let organisation: Organisation
    private let kindSchema: KindSchema
    private let makers: [(index: Int, isFallback: Bool, from: Day, to: Day)]
    private let daily: [(index: Int, isFallback: Bool, period: StatePeriod)]
    private let id: ObjectID
    /// Of each attribute, in the order in which they are heard.
    private var others: [UInt16: [Statement]] = [:]
    private let isWhole: Bool

    init(_ organisation: Organisation, _ entry: Organisation.Entry) {
        self.organisation = organisation
        id = entry.id
        kindSchema = organisation.schema[entry.kind]
        let base = organisation.basePart(of: entry)
        let isDaily = base.count > 1 && base.contains { organisation.mentions[$0].flags & Claim.daily != 0 }
        var candidates = base.count > 1 && !isDaily ? organisation.mergeCandidates(base) : []
        isWhole = !candidates.isEmpty
        _ = candidates.isEmpty ? nil : organisation.sortForMerge(&candidates)
        makers =
            isWhole
            ? candidates.map { ($0.index, $0.isFallback, $0.from, $0.to) }
            : isDaily ? [] : base.prefix(1).map { ($0, false, .distantPast, .distantFuture) }
        daily = isDaily ? organisation.dailyPeriods(base, repeating: true) : []
        hear(entry, beside: base)
    }

    private mutating func hear(_ entry: Organisation.Entry, beside base: Range<Int>) {
        let additions = organisation.foundAdditions.all(of: entry.id).map(\.addition)
        var offers: [UInt16: [(offer: Organisation.Offer, order: Int)]] = [:]
        var order = 0
        organisation.forEachOffer(of: entry, beside: [base], additions) { offer in
            offers[offer.number, default: []].append((offer, order))
            order += 1
        }
        for (number, offered) in offers {
            let sorted = offered.sorted { left, right in
                if left.offer.isOwner != right.offer.isOwner { return left.offer.isOwner }
                if left.offer.isOwner { return left.order < right.order }
                return (left.offer.rank, left.order) < (right.offer.rank, right.order)
            }
            others[number] = sorted.map { statement($0.offer) }
        }
        for (rank, number) in additions.count > 1 ? organisation.disputedAttributes(additions) : [] {
            for addition in additions where organisation.rank(ofClaim: addition.claim) == rank {
                let fields = organisation.lastFields(organisation.object(in: addition.claim, at: addition.offset))
                for (other, value) in fields where other == number {
                    var disputed = statement(organisation.offer(number, value, entry.kind, addition.claim, addition))
                    disputed.isDisputed = true
                    let isKnown = others[number]?.contains { $0.isDisputed && $0.claim == disputed.claim } ?? false
                    if !isKnown { others[number, default: []].append(disputed) }
                }
            }
        }
        for found in organisation.foundTargets.all(of: entry.id) {
            let texts = organisation.object(in: found.seeker.claim, at: found.seeker.offset).lookups()
                .filter { $0.relation == found.relation }.map { String(decoding: $0.text, as: UTF8.self) }
            others[found.relation, default: []].append(
                Statement(
                    rank: .found, bytes: found.target.bytes, targetKey: "", claim: found.seeker.claim,
                    claimedID: entry.id, way: .found(by: texts)))
        }
    }

    private func statement(_ offer: Organisation.Offer) -> Statement {
        let source = organisation.location(ofClaim: offer.claim).source
        let text = offer.addition.map {
            String(decoding: organisation.object(in: $0.claim, at: $0.offset).key, as: UTF8.self)
        }
        return Statement(
            rank: offer.isOwner ? .owner(source) : .other(rank: offer.rank), bytes: Array(offer.value), targetKey: "",
            claim: offer.claim, claimedID: offer.addition?.id ?? id, way: text.map { .added(by: $0) } ?? .named)
    }

    // MARK: One attribute in one period

    func voices(of attribute: Attribute, in period: StatePeriod) -> [Testimony.Voice] {
        var statements = others[attribute.number] ?? []
        let owners = statements.prefix { if case .owner = $0.rank { !$0.isDisputed } else { false } }
        let edited = editorsSay(attribute, in: period.period)
        statements = edited.said + owners + makersSay(attribute, in: period.period) + statements.dropFirst(owners.count)
        let value = period[attribute]
        var winner = statements.first { !$0.isDisputed }
        if let value, let first = winner, first.bytes != value.bytes {
            // A mark of protection counts, whichever record has it.
            winner = statements.first { !$0.isDisputed && $0.bytes == value.bytes }
        }
        guard let value, let winner, let place = statements.firstIndex(where: { $0.isSame(as: winner) }) else {
            return statements.compactMap {
                voice($0, attribute, edited.isEmptied ? .corrected : standing(of: $0, attribute, nil))
            }
        }
        statements.insert(statements.remove(at: place), at: 0)
        return statements.enumerated().compactMap { number, statement in
            if number == 0 { return voice(statement, attribute, .counts) }
            let isSame = statement.bytes == value.bytes && !statement.isDisputed
            return voice(statement, attribute, isSame ? .agrees : standing(of: statement, attribute, winner))
        }
    }

    /// What editors say, the latest first, and whether the latest says that there is to be no value.
    private func editorsSay(
        _ attribute: Attribute, in period: EffectivePeriod
    ) -> (said: [Statement], isEmptied: Bool) {
        let heard = organisation.heardCorrections(about: id, on: period, attribute.number)
        let said = heard.compactMap { correction, field -> Statement? in
            guard let value = field.value else { return nil }
            return Statement(
                rank: .editor, bytes: value.bytes, targetKey: field.key, claim: correction.claim, claimedID: id,
                way: .named)
        }
        return (said, heard.first.map { $0.field.value == nil } ?? false)
    }

    private func makersSay(_ attribute: Attribute, in period: EffectivePeriod) -> [Statement] {
        var statements: [Statement] = []
        for maker in makers {
            guard let field = field(attribute, of: maker.index, in: period) else { continue }
            statements.append(
                made(field, maker.index, .maker(isFallback: maker.isFallback, from: maker.from, to: maker.to)))
        }
        // Of periods that say the same one is made, so a claim may hold on some of its days only.
        for (index, isFallback, said) in daily
        where said.period.overlaps(period) && said[attribute] != nil {
            guard let field = field(attribute, of: index, in: said.period, isDaily: true) else { continue }
            statements.append(
                made(field, index, .maker(isFallback: isFallback, from: said.period.from, to: .distantFuture)))
        }
        return statements
    }

    private typealias Field = (bytes: [UInt8], targetKey: String)

    /// What a claim says: over the whole of a merged object what it says last, else what it says in the period.
    private func field(_ attribute: Attribute, of index: Int, in period: EffectivePeriod, isDaily: Bool = false)
        -> Field?
    {
        var object = organisation.object(at: index)
        var found: Field?
        for _ in 0..<object.periodCount {
            let (from, to, fieldCount) = object.period()
            let isMeant = isWhole || isDaily ? true : from <= period.from && period.to <= to
            if isWhole { found = nil }
            for _ in 0..<fieldCount {
                let (number, value) = object.field()
                guard number == attribute.number, isMeant else { continue }
                if isDaily, (from, to) != (period.from, period.to) { continue }
                guard attribute.isReference, value.count >= 16 else {
                    found = (Array(value), "")
                    continue
                }
                found = (Array(value[..<16]), String(decoding: value[16...], as: UTF8.self))
            }
        }
        return found
    }

    private func made(_ field: Field, _ index: Int, _ rank: Rank) -> Statement {
        Statement(
            rank: rank, bytes: field.bytes, targetKey: field.targetKey, claim: organisation.mentions[index].claim,
            claimedID: id, way: .named)
    }

    private func voice(
        _ statement: Statement, _ attribute: Attribute, _ standing: Testimony.Standing
    ) -> Testimony.Voice? {
        guard let value = statement.bytes.withUnsafeBytes({ Value($0, type: attribute.type) }) else { return nil }
        return Testimony.Voice(
            value: value, targetKey: statement.targetKey, standing: standing, way: statement.way,
            location: organisation.location(ofClaim: statement.claim),
            recordKey: organisation.recordKey(ofClaim: statement.claim), claimedID: statement.claimedID)
    }

    /// - Parameter winner: nil when nothing counts.
    private func standing(of statement: Statement, _ attribute: Attribute, _ winner: Statement?) -> Testimony.Standing {
        if statement.isDisputed { return .disputed }
        guard let winner else { return .laterRecord }
        switch (winner.rank, statement.rank) {
        case (.editor, _): return .corrected
        case (.owner, .owner): return .laterRecord
        case (.owner(let source), _): return .notOwner(source)
        case (.maker(_, let from, let to), .maker(let isFallback, let otherFrom, let otherTo)):
            if attribute.protection == .flag { return .unprotected }
            if isFallback { return .fallback }
            if otherTo < to { return .shorterLasting }
            return otherFrom < from ? .earlierBeginning : .laterRecord
        case (.maker, _): return .notMaker
        case (.other(let rank), .other(let otherRank)): return rank == otherRank ? .laterRecord : .laterSource
        case (.other, _), (.found, _): return .laterSource
        }
    }
}

extension Hearing.Statement {
    /// One record says one thing of an attribute once.
    fileprivate func isSame(as other: Self) -> Bool {
        claim == other.claim && claimedID == other.claimedID && bytes == other.bytes && isDisputed == other.isDisputed
            && way == other.way
    }
}

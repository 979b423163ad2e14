/// The organisation as it should be: what all claims together say, object by object, in the order of ids.
///
/// Objects are not spelled out in memory: each is made from its claims when asked for. Rules may withhold objects; then the
/// last good state, or nothing, stands in their place.
public final class Organisation {
    /// One object as one claim names it.
    private struct Mention {
        let id: ObjectID
        let claim: UInt32
        let offset: UInt32
        let kind: Kind
        let flags: UInt8
        /// Fit for use and in effect on some day.
        let isInEffect: Bool
    }

    private struct Origin {
        let reference: ClaimBuffer.Reference
        let file: UInt32
        let line: UInt32
    }

    /// An object: the mentions of it, which stand beside each other.
    public struct Entry: Hashable {
        fileprivate let first: Int
        fileprivate let end: Int
        public let id: ObjectID
        public let kind: Kind
    }

    public let schema: Schema
    public let buffer: ClaimBuffer
    private var mentions: [Mention] = []
    private var origins: [Origin] = []
    private var files: [(source: String, file: String)] = []
    private var isSorted = true
    private var replacements: [ObjectID: ObjectState?] = [:]

    public init(schema: Schema = .standard, buffer: ClaimBuffer) {
        self.schema = schema
        self.buffer = buffer
    }

    /// Number of a file, for ``add(_:file:line:)``.
    public func addFile(source: String, file: String) -> Int {
        files.append((source, file))
        return files.count - 1
    }

    public func reserve(claims: Int) {
        origins.reserveCapacity(claims)
        mentions.reserveCapacity(claims * 4)
    }

    public func add(_ reference: ClaimBuffer.Reference, file: Int, line: Int) {
        let claim = UInt32(origins.count)
        origins.append(Origin(reference: reference, file: UInt32(file), line: UInt32(line)))
        var reader = Claim.Reader(buffer[reference])
        _ = reader.recordKey()
        _ = reader.findings()
        for _ in 0..<reader.objectCount() where reader.isIntact {
            let object = reader.object()
            let isInEffect = object.flags & Claim.withheld == 0 && object.periodCount > 0
            mentions.append(
                Mention(
                    id: object.id, claim: claim, offset: UInt32(object.offset), kind: object.kind,
                    flags: object.flags, isInEffect: isInEffect))
        }
        isSorted = false
    }

    /// Call once after the last claim is added.
    public func seal() {
        // Within one object the claims keep the order in which they were added, so that results never depend on chance.
        mentions.sort { left, right in
            left.id != right.id ? left.id < right.id : left.claim < right.claim
        }
        isSorted = true
    }

    // MARK: Objects

    private func entry(at first: Int) -> Entry {
        let id = mentions[first].id
        var end = first + 1
        while end < mentions.count, mentions[end].id == id { end += 1 }
        return Entry(first: first, end: end, id: id, kind: mentions[first].kind)
    }

    /// A walk through the objects in the order of their ids.
    public struct Cursor {
        private let organisation: Organisation
        private var position = 0

        fileprivate init(_ organisation: Organisation) {
            self.organisation = organisation
        }

        public mutating func next() -> Entry? {
            guard position < organisation.mentions.count else { return nil }
            let entry = organisation.entry(at: position)
            position = entry.end
            return entry
        }
    }

    public func cursor() -> Cursor {
        precondition(isSorted, "seal() comes before reading")
        return Cursor(self)
    }

    public func entries(of kind: Kind) -> [Entry] {
        var result: [Entry] = []
        var cursor = cursor()
        while let entry = cursor.next() {
            if entry.kind == kind { result.append(entry) }
        }
        return result
    }

    /// The object with this id, also when it is withheld. Ids are evenly spread, so the place is guessed from the number.
    public func entry(_ id: ObjectID) -> Entry? {
        var low = 0
        var high = mentions.count
        guard high > 0 else { return nil }
        var guess = Int(id.high.multipliedFullWidth(by: UInt64(high)).high)
        var step = 8
        while low < high {
            let found = mentions[guess].id
            if found == id {
                while guess > 0, mentions[guess - 1].id == id { guess -= 1 }
                return entry(at: guess)
            }
            if found < id { low = guess + 1 } else { high = guess }
            guard low < high else { return nil }
            // Widening steps around the guess end in halving once they leave the range.
            let next = found < id ? guess + step : guess - step
            guess = next > low && next < high - 1 ? next : low + (high - low) / 2
            step = min(step * 4, mentions.count)
        }
        return nil
    }

    /// True when the object is there: claimed, and neither left out nor without any period.
    public func contains(_ id: ObjectID) -> Bool {
        if !replacements.isEmpty, let replaced = replacements[id] { return replaced != nil }
        guard let entry = entry(id) else { return false }
        return isClaimedInEffect(entry)
    }

    private func isClaimedInEffect(_ entry: Entry) -> Bool {
        (entry.first..<entry.end).contains { mentions[$0].isInEffect }
    }

    /// Whether the object will be in the register: what ``state(of:)`` answers, without making the state.
    public func isPresent(_ entry: Entry) -> Bool {
        if !replacements.isEmpty, let replaced = replacements[entry.id] { return replaced != nil }
        return isClaimedInEffect(entry)
    }

    // MARK: What claims say

    private func object(at index: Int) -> Claim.ObjectReader {
        let mention = mentions[index]
        let claim = buffer[origins[Int(mention.claim)].reference]
        var reader = Claim.Reader(UnsafeRawBufferPointer(rebasing: claim[Int(mention.offset)...]))
        return reader.object()
    }

    /// How many records name the object.
    public func claimCount(of entry: Entry) -> Int {
        entry.end - entry.first
    }

    public func isShared(_ entry: Entry) -> Bool {
        mentions[entry.first].flags & Claim.shared != 0
    }

    /// True when a claim of the object is not fit for use: then nobody knows what the object should be.
    public func isClaimedWithheld(_ entry: Entry) -> Bool {
        (entry.first..<entry.end).contains { mentions[$0].flags & Claim.withheld != 0 }
    }

    public func key(of entry: Entry) -> String {
        String(decoding: object(at: entry.first).key, as: UTF8.self)
    }

    public func source(of entry: Entry) -> String {
        files[Int(origins[Int(mentions[entry.first].claim)].file)].source
    }

    /// Where the object's claims stand, in order.
    public func locations(of entry: Entry) -> [SourceLocation] {
        (entry.first..<entry.end).map { index in
            let origin = origins[Int(mentions[index].claim)]
            let (source, file) = files[Int(origin.file)]
            return SourceLocation(source: source, file: file, line: Int(origin.line))
        }
    }

    /// The ids of the other objects that stand in the same record as the object's first claim.
    public func companions(of entry: Entry) -> [ObjectID] {
        var reader = Claim.Reader(buffer[origins[Int(mentions[entry.first].claim)].reference])
        _ = reader.recordKey()
        _ = reader.findings()
        return (0..<reader.objectCount()).map { _ in reader.object().id }.filter { $0 != entry.id }
    }

    /// The findings that the mapping made on single records.
    public func recordFindings() -> [Finding] {
        var result: [Finding] = []
        for origin in origins {
            var reader = Claim.Reader(buffer[origin.reference])
            let key = String(decoding: reader.recordKey(), as: UTF8.self)
            let (source, file) = files[Int(origin.file)]
            for finding in reader.findings() {
                result.append(
                    Finding(
                        rule: Rule(finding.code, finding.severity, finding.fate), kind: finding.kind,
                        key: Masking.shown(key, kind: finding.kind, schema: schema),
                        location: SourceLocation(source: source, file: file, line: Int(origin.line)),
                        message: finding.message))
            }
        }
        return result
    }

    /// Each relation of each period of an object, with the key by which the record named the target.
    public func forEachReference(
        of entry: Entry, _ body: (_ attribute: Attribute, _ target: ObjectID, _ key: UnsafeRawBufferPointer) -> Void
    ) {
        for index in entry.first..<entry.end {
            var object = object(at: index)
            forEachReference(of: &object, body)
        }
    }

    private func forEachReference(
        of object: inout Claim.ObjectReader,
        _ body: (_ attribute: Attribute, _ target: ObjectID, _ key: UnsafeRawBufferPointer) -> Void
    ) {
        guard object.flags & Claim.withheld == 0 else { return }
        let kindSchema = schema[object.kind]
        for _ in 0..<object.periodCount {
            let (_, _, fieldCount) = object.period()
            for _ in 0..<fieldCount {
                let (number, value) = object.field()
                guard kindSchema.isReference(number), let attribute = kindSchema.attribute(number: number),
                    value.count >= 16, let target = ObjectID(bytes: UnsafeRawBufferPointer(rebasing: value[..<16]))
                else { continue }
                body(attribute, target, UnsafeRawBufferPointer(rebasing: value[16...]))
            }
        }
    }

    /// The ids of all objects with a relation to something that is not there, found claim by claim in the order of memory.
    /// The hierarchy of a kind is not looked at.
    public func objectsWithUnknownTargets() -> Set<ObjectID> {
        var result: Set<ObjectID> = []
        // Records of one unit stand together, and the person and the account stand in the employment's own record.
        var lastKnown = ObjectID(high: 0, low: 0)
        for origin in origins {
            var reader = Claim.Reader(buffer[origin.reference])
            reader.skipHead()
            var own: [ObjectID] = []
            for _ in 0..<reader.objectCount() where reader.isIntact {
                var object = reader.object()
                let (kind, id) = (object.kind, object.id)
                let isUsable = object.flags & Claim.withheld == 0 && object.periodCount > 0
                forEachReference(of: &object) { attribute, target, _ in
                    if attribute == schema[kind].hierarchy || target == lastKnown { return }
                    if replacements.isEmpty && own.contains(target) { return }
                    if contains(target) { lastKnown = target } else { result.insert(id) }
                }
                if isUsable { own.append(id) }
            }
        }
        return result
    }

    /// True when a usable claim of the object has a value of one of these attributes in each of its periods.
    public func hasValue(_ entry: Entry, ofAny attributes: [Attribute]) -> Bool {
        (entry.first..<entry.end).contains { index in
            guard mentions[index].isInEffect else { return false }
            var object = object(at: index)
            return (0..<object.periodCount).allSatisfy { _ in
                let (_, _, fieldCount) = object.period()
                var isThere = false
                for _ in 0..<fieldCount {
                    let number = object.field().number
                    if attributes.contains(where: { $0.number == number }) { isThere = true }
                }
                return isThere
            }
        }
    }

    /// Every single claim's own state of the object, in order; a claim that is withheld has none.
    public func claimedStates(of entry: Entry) -> [ObjectState?] {
        (entry.first..<entry.end).map { index in
            mentions[index].flags & Claim.withheld != 0 ? nil : state(at: index, period: nil)
        }
    }

    // MARK: States

    /// Puts `state` in the place of what claims say about the object: its last good state, or nil to leave it out.
    public func replace(_ id: ObjectID, with state: ObjectState?) {
        replacements[id] = .some(state)
    }

    /// The objects that stand at their last good state or are left out.
    public func replacedEntries() -> [Entry] {
        replacements.keys.sorted().compactMap(entry)
    }

    public func isReplaced(_ id: ObjectID) -> Bool {
        replacements[id] != nil
    }

    /// The object as it should be; nil when it is left out or was never in effect.
    public func state(of entry: Entry) -> ObjectState? {
        if !replacements.isEmpty, let replaced = replacements[entry.id] { return replaced }
        if entry.end - entry.first == 1 {
            return mentions[entry.first].flags & Claim.withheld != 0
                ? nil : state(at: entry.first, period: nil)
        }
        return mergedState(of: entry)
    }

    /// Several claims of one object: it lives from the earliest beginning to the latest end, and its attributes are those of
    /// the claim that lasts longest (then: begins last, then: the least key of its record, then: the least bytes, so that
    /// the order in which records were accepted never counts). What that one does not say, the next in this order may.
    private func mergedState(of entry: Entry) -> ObjectState? {
        struct Candidate {
            let index: Int
            let from: Day
            let to: Day
            let recordKey: [UInt8]
        }
        var candidates: [Candidate] = []
        for index in entry.first..<entry.end where mentions[index].flags & Claim.withheld == 0 {
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
                candidates.append(Candidate(index: index, from: from, to: to, recordKey: recordKey))
            }
        }
        guard
            let hull = EffectivePeriod(
                from: candidates.map(\.from).min() ?? .distantFuture,
                to: candidates.map(\.to).max() ?? .distantPast)
        else { return nil }
        candidates.sort { left, right in
            if left.to != right.to { return left.to > right.to }
            if left.from != right.from { return left.from > right.from }
            if left.recordKey != right.recordKey {
                return left.recordKey.lexicographicallyPrecedes(right.recordKey)
            }
            return precedes(state(at: left.index, period: hull), state(at: right.index, period: hull))
        }
        let states = candidates.compactMap { state(at: $0.index, period: hull) }
        return states.dropFirst().reduce(states.first) { merged, next in
            merged.map { $0.filled(from: next, period: hull, schema: schema[entry.kind]) }
        }
    }

    private func precedes(_ left: ObjectState?, _ right: ObjectState?) -> Bool {
        guard let left, let right else { return left == nil && right != nil }
        if left.ordinary != right.ordinary { return left.ordinary.lexicographicallyPrecedes(right.ordinary) }
        return left.personal.lexicographicallyPrecedes(right.personal)
    }

    /// The state that one claim gives; with `hull`, its last period's attributes over that period.
    private func state(at index: Int, period hull: EffectivePeriod?) -> ObjectState? {
        var object = object(at: index)
        guard object.periodCount > 0 else { return nil }
        let kindSchema = schema[object.kind]
        var writer = StateWriter(periodCount: hull == nil ? object.periodCount : 1)
        for number in 0..<object.periodCount {
            let (from, to, fieldCount) = object.period()
            guard let own = EffectivePeriod(from: from, to: to) else { return nil }
            let isWritten = hull == nil || number == object.periodCount - 1
            if isWritten { writer.begin(hull ?? own) }
            for _ in 0..<fieldCount {
                let (attribute, value) = object.field()
                guard isWritten else { continue }
                let stored =
                    kindSchema.isReference(attribute) ? UnsafeRawBufferPointer(rebasing: value.prefix(16)) : value
                writer.append(stored, number: attribute, isPersonal: kindSchema.isPersonal(attribute))
            }
            if isWritten { writer.end() }
        }
        return writer.finish()
    }
}

extension ObjectState {
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

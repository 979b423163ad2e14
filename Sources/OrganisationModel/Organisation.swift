/// The organisation as it should be: what all claims together say, object by object, in the order of ids.
///
/// It holds all objects, or only those that may have changed; then the register answers for the others. Objects are not
/// spelled out in memory: each is made from its claims when asked for. Rules may withhold objects; then the last good state,
/// or nothing, stands in their place.
public final class Organisation {
    /// One object as one claim names it.
    struct Mention: Identified {
        let id: ObjectID
        let claim: UInt32
        let offset: UInt32
        let kind: Kind
        let flags: UInt8
        /// Fit for use, in effect on some day, and no fallback.
        let isInEffect: Bool
    }

    struct Origin {
        let reference: ClaimBuffer.Reference
        let file: UInt32
        let line: UInt32
    }

    /// An object in a claim that looks something up, or that adds to what it finds.
    struct Seeker {
        let id: ObjectID
        let claim: UInt32
        let offset: UInt32
    }

    struct FoundTarget: Identified {
        let seeker: Seeker
        let relation: UInt16
        let target: ObjectID

        var id: ObjectID { seeker.id }
    }

    struct FoundAddition: Identified {
        let id: ObjectID
        let addition: Seeker
    }

    /// A file of an export, with the place of its source among the sources.
    struct File {
        let source: String
        let rank: Int
        let name: String
    }

    /// An object: the mentions of it, which stand beside each other.
    public struct Entry: Hashable {
        let first: Int
        let end: Int
        public let id: ObjectID
        public let kind: Kind
    }

    public let schema: Schema
    public let buffer: ClaimBuffer
    public let precedence: Precedence
    /// Answers for the objects that no claim here speaks of; nil when all claims are here.
    private let outside: (any Register)?
    private(set) var mentions: [Mention] = []
    /// In the order of objects, then of their numbers.
    private(set) var corrections: [PlacedCorrection] = []
    /// The numbers of corrections that refer to what is not there.
    var unheard: Set<Int> = []
    private(set) var origins: [Origin] = []
    private(set) var files: [File] = []
    private var notes: [Finding] = []
    private var isSorted = true
    private(set) var replacements: [ObjectID: ObjectState?] = [:]
    private var altered: Set<ObjectID> = []
    private var kept: [ObjectID: RegisteredObject] = [:]
    /// True when some objects stand as the register has them, or stay out of it, whatever claims say.
    public private(set) var keepsObjects = false
    /// The ids of the objects about which a rule found something, and of values that several objects have when only one may.
    public private(set) var idsWithFindings: Set<ObjectID> = []
    var seekers: [Seeker] = []
    var additions: [Seeker] = []
    /// What correlation found, in the order of the ids of the objects that get it.
    var foundTargets: [FoundTarget] = []
    var foundAdditions: [FoundAddition] = []

    /// - Parameter outside: the register, when only some claims are added; nil when all are.
    public init(
        schema: Schema = .standard, buffer: ClaimBuffer, precedence: Precedence = Precedence(),
        outside: (any Register)? = nil
    ) {
        self.schema = schema
        self.buffer = buffer
        self.precedence = precedence
        self.outside = outside
    }

    /// The same claims before any rule has judged them; shares their memory.
    public func unjudged() -> Organisation {
        let other = Organisation(schema: schema, buffer: buffer, precedence: precedence, outside: outside)
        (other.mentions, other.origins, other.files) = (mentions, origins, files)
        other.corrections = corrections
        (other.seekers, other.additions, other.altered) = (seekers, additions, altered)
        other.notes = notes
        return other
    }

    /// True when all claims are here: then what no claim names does not exist.
    public var isWhole: Bool {
        outside == nil
    }

    /// Number of a file, for ``add(_:file:line:)``. Sources come one after the other, in the order of precedence.
    public func addFile(source: String, file: String) -> Int {
        let rank = files.last.map { $0.source == source ? $0.rank : $0.rank + 1 } ?? 0
        files.append(File(source: source, rank: rank, name: file))
        return files.count - 1
    }

    /// Names objects that may have changed although no claim here speaks of them: they are gone.
    public func include(_ ids: some Sequence<ObjectID>) {
        altered.formUnion(ids)
    }

    /// Every object that may have changed, in the order of ids; only when not all claims are here.
    public func alteredIDs() -> [ObjectID] {
        var ids = altered
        var cursor = cursor()
        while let entry = cursor.next() { ids.insert(entry.id) }
        return ids.sorted()
    }

    /// Takes a finding on claims that are not here, or not as their records say.
    /// Takes a finding that was made before any rule, as the configuration has its rule.
    public func note(_ finding: Finding) {
        guard let rule = precedence.rules.settled(finding.rule) else { return }
        notes.append(
            Finding(
                rule: rule, kind: finding.kind, key: finding.key, location: finding.location,
                message: finding.message))
    }

    public func noteFinding(about id: ObjectID) {
        idsWithFindings.insert(id)
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
            if Claim.isLeftOut(object.flags) { continue }
            let seeker = Seeker(id: object.id, claim: claim, offset: UInt32(object.offset))
            if Claim.isCorrection(object.flags) {
                if let correction = Correction(claim: buffer[reference], schema: schema) {
                    corrections.append(PlacedCorrection(correction: correction, claim: claim))
                }
                continue
            }
            if object.flags & Claim.adds != 0 {
                if object.flags & Claim.withheld == 0 { additions.append(seeker) }
                continue
            }
            if object.lookupCount > 0, object.flags & Claim.withheld == 0 { seekers.append(seeker) }
            let isInEffect = object.flags & (Claim.withheld | Claim.fallback) == 0 && object.periodCount > 0
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
        // What named another object comes behind what names it.
        mentions.sort { left, right in
            if left.id != right.id { return left.id < right.id }
            guard (left.flags | right.flags) & Claim.aliased != 0 else { return left.claim < right.claim }
            let (isAliased, isOtherAliased) = (left.flags & Claim.aliased != 0, right.flags & Claim.aliased != 0)
            if isAliased != isOtherAliased { return isOtherAliased }
            let (rank, other) = (self.rank(ofClaim: left.claim), self.rank(ofClaim: right.claim))
            if rank != other { return rank < other }
            let (key, otherKey) = (self.key(of: left), self.key(of: right))
            return key.elementsEqual(otherKey) ? left.claim < right.claim : key.lexicographicallyPrecedes(otherKey)
        }
        corrections.sort { ($0.id, $0.correction.number) < ($1.id, $1.correction.number) }
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

    /// The object with this id, also when it is withheld.
    public func entry(_ id: ObjectID) -> Entry? {
        mentions.firstPlace(of: id).map { entry(at: $0) }
    }

    /// True when the object is there: claimed, and neither left out nor without any period.
    public func contains(_ id: ObjectID) throws -> Bool {
        if !replacements.isEmpty, let replaced = replacements[id] { return replaced != nil }
        if let entry = entry(id) { return isClaimedInEffect(entry) }
        guard let outside, !altered.contains(id) else { return false }
        return try outside.object(id) != nil
    }

    /// The state of an object, also of one that only the register knows; nil when it is not there.
    public func state(of id: ObjectID) throws -> ObjectState? {
        if !replacements.isEmpty, let replaced = replacements[id] { return replaced }
        if let entry = entry(id) { return state(of: entry) }
        guard let outside, !altered.contains(id) else { return nil }
        return try outside.object(id)?.state
    }

    /// Whether claims that are here say what the object should be, or that it should not be. Of all others they ask for what
    /// the register holds.
    public func speaks(of id: ObjectID) -> Bool {
        isWhole || altered.contains(id) || replacements[id] != nil || entry(id) != nil
    }

    func isClaimedInEffect(_ entry: Entry) -> Bool {
        (entry.first..<entry.end).contains { mentions[$0].isInEffect }
            && (!mayBeClosed(entry.id) || corrected(claimedState(of: entry), entry) != nil)
    }

    /// Whether the object will be in the register: what ``state(of:)`` answers, without making the state.
    public func isPresent(_ entry: Entry) -> Bool {
        if !replacements.isEmpty, let replaced = replacements[entry.id] { return replaced != nil }
        return isClaimedInEffect(entry)
    }

    // MARK: What claims say

    func object(at index: Int) -> Claim.ObjectReader {
        object(in: mentions[index].claim, at: mentions[index].offset)
    }

    func object(in claim: UInt32, at offset: UInt32) -> Claim.ObjectReader {
        let claim = buffer[origins[Int(claim)].reference]
        var reader = Claim.Reader(UnsafeRawBufferPointer(rebasing: claim[Int(offset)...]))
        return reader.object()
    }

    func rank(ofClaim claim: UInt32) -> Int {
        files[Int(origins[Int(claim)].file)].rank
    }

    /// How many records name the object.
    public func claimCount(of entry: Entry) -> Int {
        entry.end - entry.first
    }

    /// The part of an object that the first source makes which names it more than once; nil when none does.
    public func repeatedPart(of entry: Entry) -> Entry? {
        guard claimCount(of: entry) > 1 else { return nil }
        var first = entry.first
        while first < entry.end {
            var end = first + 1
            while end < entry.end, isSamePart(first, end) { end += 1 }
            if end - first > 1 { return Entry(first: first, end: end, id: entry.id, kind: entry.kind) }
            first = end
        }
        return nil
    }

    private func key(of mention: Mention) -> UnsafeRawBufferPointer {
        object(in: mention.claim, at: mention.offset).key
    }

    /// Whether two mentions of an object are of one source, and named it by the same id.
    func isSamePart(_ index: Int, _ other: Int) -> Bool {
        let (left, right) = (mentions[index], mentions[other])
        guard rank(ofClaim: left.claim) == rank(ofClaim: right.claim) else { return false }
        guard (left.flags | right.flags) & Claim.aliased != 0 else { return true }
        return left.flags & right.flags & Claim.aliased != 0 && key(of: left).elementsEqual(key(of: right))
    }

    /// Where each source that makes the object first does so, in the order in which they are heard; without editors, and what
    /// counts for the object because they say so.
    public func makers(of entry: Entry) -> [SourceLocation] {
        var last: Int?
        let makers = (entry.first..<entry.end).filter { index in
            mentions[index].isInEffect && mentions[index].flags & Claim.aliased == 0
                && source(ofClaim: mentions[index].claim) != Correction.source
        }
        return makers.compactMap { index in
            let rank = rank(ofClaim: mentions[index].claim)
            defer { last = rank }
            return rank == last ? nil : location(ofClaim: mentions[index].claim)
        }
    }

    /// True when claims make different kinds of object of one UUID.
    public func hasSeveralKinds(_ entry: Entry) -> Bool {
        (entry.first..<entry.end).contains { mentions[$0].kind != entry.kind }
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
            return location(origin)
        }
    }

    /// Where the object's first claim stands that is no mere addition to others.
    public func location(of entry: Entry) -> SourceLocation {
        let first = (entry.first..<entry.end).first { mentions[$0].flags & Claim.fallback == 0 } ?? entry.first
        return location(ofClaim: mentions[first].claim)
    }

    /// Where the first claim stands by which the object refers to another; nil when none does.
    public func location(of entry: Entry, referringTo target: ObjectID) -> SourceLocation? {
        let first = (entry.first..<entry.end).first { index in
            var object = object(at: index)
            var refers = false
            forEachReference(of: &object) { _, other, _ in refers = refers || other == target }
            return refers
        }
        return first.map { location(ofClaim: mentions[$0].claim) }
    }

    public func location(file: Int, line: Int) -> SourceLocation {
        SourceLocation(source: files[file].source, file: files[file].name, line: line)
    }

    func location(_ origin: Origin) -> SourceLocation {
        let file = files[Int(origin.file)]
        return SourceLocation(source: file.source, file: file.name, line: Int(origin.line))
    }

    func location(ofClaim claim: UInt32) -> SourceLocation {
        location(origins[Int(claim)])
    }

    func source(ofClaim claim: UInt32) -> String {
        files[Int(origins[Int(claim)].file)].source
    }

    /// The ids of the other objects that stand in the same record as the object's first claim.
    public func companions(of entry: Entry) -> [ObjectID] {
        var reader = Claim.Reader(buffer[origins[Int(mentions[entry.first].claim)].reference])
        _ = reader.recordKey()
        _ = reader.findings()
        return (0..<reader.objectCount()).map { _ in reader.object().id }.filter { $0 != entry.id }
    }

    /// The findings that were made before any rule: by the mapping on single records, and those noted.
    public func recordFindings() -> [Finding] {
        var result = notes
        for origin in origins {
            var reader = Claim.Reader(buffer[origin.reference])
            let key = String(decoding: reader.recordKey(), as: UTF8.self)
            let findings = reader.findings()
            if findings.isEmpty { continue }
            var ids: [Kind: ObjectID] = [:]
            for _ in 0..<reader.objectCount() where reader.isIntact {
                let object = reader.object()
                if ids[object.kind] == nil { ids[object.kind] = object.id }
            }
            let own = location(origin)
            for finding in findings {
                let id = finding.kind.flatMap { schema[$0].hasPersonalKey ? ids[$0] : nil }
                let location = finding.place.map {
                    SourceLocation(source: own.source, file: $0.file, line: $0.line)
                }
                result.append(
                    Finding(
                        rule: Rule(finding.code, finding.severity, finding.fate), kind: finding.kind,
                        key: id?.description ?? Masking.shown(key, kind: finding.kind, schema: schema),
                        location: location ?? own,
                        message: finding.message))
            }
        }
        return result
    }

    /// True when a usable claim of the object, be it a fallback, has a value of one of these attributes in each of its periods.
    public func hasValue(_ entry: Entry, ofAny attributes: [Attribute]) -> Bool {
        if isCorrected(entry.id) {
            let periods = state(of: entry)?.periods(schema[entry.kind]) ?? []
            return periods.allSatisfy { period in attributes.contains { period[$0] != nil } }
        }
        return (entry.first..<entry.end).contains { index in
            guard mentions[index].flags & Claim.withheld == 0 else { return false }
            var object = object(at: index)
            guard object.periodCount > 0 else { return false }
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

    // MARK: States

    /// Puts `state` in the place of what claims say about the object: its last good state, or nil to leave it out. Where all that
    /// records still say of it is that it ended, the last good state ends then, too.
    public func replace(_ id: ObjectID, with state: ObjectState?) {
        replacements[id] = .some(state.flatMap { ended($0, id) })
    }

    private func ended(_ state: ObjectState, _ id: ObjectID) -> ObjectState? {
        guard let entry = entry(id),
            (entry.first..<entry.end).allSatisfy({ mentions[$0].flags & Claim.ended != 0 })
        else { return state }
        var end = Day.distantPast
        for index in entry.first..<entry.end {
            var object = object(at: index)
            for _ in 0..<object.periodCount {
                let (_, to, fieldCount) = object.period()
                end = max(end, to)
                for _ in 0..<fieldCount { _ = object.field() }
            }
        }
        let periods = state.periods(schema[entry.kind]).compactMap { period in
            EffectivePeriod(from: period.period.from, to: min(period.period.to, end)).map {
                StatePeriod(period: $0, fields: period.fields)
            }
        }
        return periods.isEmpty ? nil : ObjectState(periods)
    }

    /// Keeps an object as the register has it, or out of the organisation where the register has none, whatever claims say.
    public func keep(_ id: ObjectID, as object: RegisteredObject?) {
        replacements[id] = .some(object?.state)
        kept[id] = object
        keepsObjects = true
        altered.insert(id)
    }

    /// Each state that stands in the place of claims, with its object's kind and source.
    func forEachReplacement(_ body: (ObjectID, Kind, String, ObjectState) throws -> Void) rethrows {
        for id in replacements.keys.sorted() {
            guard case .some(.some(let state)) = replacements[id] else { continue }
            if let entry = entry(id) {
                try body(id, entry.kind, source(of: entry), state)
            } else if let object = kept[id] {
                try body(id, object.kind, object.source, state)
            }
        }
    }

    /// The objects that are kept as the register has them, in the order of ids.
    public func keptObjects() -> [RegisteredObject] {
        kept.values.sorted { $0.id < $1.id }
    }

    /// Of these, the ones of which no claim here speaks.
    public func keptWithoutClaims(_ kind: Kind) -> [RegisteredObject] {
        kept.values.filter { $0.kind == kind && entry($0.id) == nil }.sorted { $0.id < $1.id }
    }

    /// The objects that stand at their last good state or are left out.
    public func replacedEntries() -> [Entry] {
        replacements.keys.sorted().compactMap(entry)
    }

    public func isReplaced(_ id: ObjectID) -> Bool {
        replacements[id] != nil
    }

    /// What stands in the place of claims; nil when claims count.
    func replacement(of id: ObjectID) -> ObjectState?? {
        replacements.isEmpty ? nil : replacements[id]
    }
}

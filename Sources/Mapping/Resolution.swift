public import OrganisationModel

/// The organisation as it should be: what the accepted claims of all sources, with the overlays of the given ones, say.
///
/// A pure function of claims, precedence and register. Only the claims are read that the change can reach: those that speak
/// of an object or a value that an altered claim speaks of, before or now, and so on; those with findings; those of units.
/// The rest of the organisation is what the register holds. Claims keep the order source, then export, so that results never
/// depend on chance.
public final class Resolution {
    private let authority: Authority
    private let store: any ClaimStore
    private let register: any Register
    private let overlays: [Overlay]
    private let buffer: ClaimBuffer
    private let identity: Identity
    private let precedence: Precedence
    private let schema: Schema
    /// True when all claims are read.
    public let isWhole: Bool
    /// The accepted rows that are read, besides those that an overlay replaces or no longer has; when not whole.
    private var rows: Set<Int64> = []
    private var keysRead: Set<ClaimKey> = []
    private var referrersRead: Set<ClaimKey> = []
    private var altered: Set<ObjectID> = []
    /// Objects that may stand as the register has them, so that what they are there counts, too.
    private var lastStates: Set<ObjectID> = []
    private var read: [Int64: ClaimBuffer.Reference] = [:]
    private let setAside: Set<Int64>
    private var keyReader: ClaimKeyReader
    /// What editors say counts for other objects.
    private let aliases: Aliases
    /// The same, and what they said when the register was made.
    private let groups: AliasGroups
    private var rewritten: [ClaimBuffer.Reference: ClaimBuffer.Reference] = [:]
    /// Nil when every source is heard about all units.
    private var cutting: ClaimCutting?
    /// The units of each source of which it was told that they are cut: once, although each record may name them.
    private var told: [String: Set<ObjectID>] = [:]

    /// - Parameters:
    ///   - buffer: holds the altered claims of the overlays, and receives the accepted ones that are read.
    ///   - altered: objects that may differ although no claim of them does: pinned ones, and those with findings.
    ///   - isWhole: reads everything, whatever changed.
    public init(
        authority: Authority, store: any ClaimStore, register: any Register, overlays: [Overlay], buffer: ClaimBuffer,
        identity: Identity, precedence: Precedence, altered: Set<ObjectID> = [], isWhole: Bool = false,
        schema: Schema = .standard
    ) throws {
        self.authority = authority
        self.store = store
        self.register = register
        self.overlays = overlays
        self.buffer = buffer
        self.identity = identity
        self.precedence = precedence
        self.schema = schema
        keyReader = ClaimKeyReader(lookedUp: precedence.lookedUp, schema: schema)
        setAside = Set(overlays.flatMap { $0.absent + $0.altered.compactMap(\.replaces) })
        let (accepted, corrections) = try Resolution.corrections(store, overlays, setAside, buffer, schema)
        aliases = Aliases(corrections)
        groups = AliasGroups([accepted, aliases])
        let alteredCount = overlays.reduce(0) { $0 + $1.altered.count + $1.absent.count }
        // Claims resolved by another precedence say nothing about what this one makes of them.
        self.isWhole =
            try isWhole || store.resolvedPrecedence() != precedence.digest
            || (alteredCount > Resolution.wholeFrom && alteredCount * 3 > Resolution.accepted(store))
        let moved = precedence.scopes.isEmpty ? [] : try cut()
        let turned = aliases.ids(differingFrom: accepted)
        if !self.isWhole { try start(altered.union(turned), moved.union(turned)) }
    }

    /// The aliases that the register was made of, and the corrections that count now.
    private static func corrections(
        _ store: any ClaimStore, _ overlays: [Overlay], _ setAside: Set<Int64>, _ buffer: ClaimBuffer, _ schema: Schema
    ) throws -> (accepted: Aliases, now: [Correction]) {
        var before: [Correction] = []
        var now: [Correction] = []
        if try store.sourcesWithClaims().contains(Correction.source) {
            try store.forEachClaim(of: Correction.source) { row, claim in
                guard let correction = Correction(claim: claim, schema: schema) else { return }
                before.append(correction)
                if !setAside.contains(row) { now.append(correction) }
            }
        }
        for overlay in overlays where overlay.source == Correction.source {
            now += overlay.altered.compactMap { Correction(claim: buffer[$0.reference], schema: schema) }
        }
        return (Aliases(before), now)
    }

    /// From this many altered claims on, when they are a third of all, reading everything in order is cheaper than following
    /// each.
    private static let wholeFrom = 20_000

    private static func accepted(_ store: any ClaimStore) throws -> Int {
        try store.sourcesWithClaims().reduce(0) { try $0 + (store.acceptedExport(of: $1)?.records ?? 0) }
    }

    // MARK: Who is heard about units

    /// Finds the units about which not every source is heard.
    /// - Returns: those about which one is heard on other days than when the register was made.
    private func cut() throws -> Set<ObjectID> {
        var before = UnitPlaces(precedence, schema: schema)
        var now = before
        try store.forEachClaim(rows: store.claimRows(boundTo: [.standing]).sorted()) { row, source, claim in
            before.read(claim, of: source)
            if !setAside.contains(row) { now.read(claim, of: source) }
        }
        for overlay in overlays {
            for claim in overlay.altered { now.read(buffer[claim.reference], of: overlay.source) }
        }
        let cuts = UnitCuts(now, precedence, sources: try sources())
        cutting = ClaimCutting(now, cuts, schema: schema)
        let accepted = Set(try store.sourcesWithClaims())
        return isWhole ? [] : cuts.units(differingFrom: UnitCuts(before, precedence, sources: accepted))
    }

    private func sources() throws -> Set<String> {
        Set(try store.sourcesWithClaims() + overlays.map(\.source))
    }

    /// Why a source is not heard about parts of a claim: one sentence for each unit and reason, without the unit's name, which the
    /// configuration does not know. Empty when all of it counts.
    public func cutReasons(of claim: UnsafeRawBufferPointer, source: String) -> [String] {
        cutting?.reasons(of: claim, source: source).map { ScopeFindings.reason($0, source: source) } ?? []
    }

    // MARK: What the change can reach

    /// - Parameter moved: units that are cut on other days than before, so that all claims that refer to them are read.
    private func start(_ ids: Set<ObjectID>, _ moved: Set<ObjectID>) throws {
        var keys: Set<ClaimKey> = [.standing]
        try include(ids, &keys)
        let units = Set(groups.expanded(moved).map { ClaimKey($0) })
        let referring = try store.claimRows(referringTo: units).subtracting(setAside)
        rows.formUnion(referring)
        try store.forEachClaim(rows: referring.sorted()) { _, _, claim in try take(claim, &keys) }
        for overlay in overlays {
            for claim in overlay.altered { try take(buffer[claim.reference], &keys) }
        }
        try store.forEachClaim(rows: setAside.sorted()) { _, _, claim in try take(claim, &keys) }
        try close(keys)
    }

    /// Objects that may differ: with the claims that speak of them, and with those that seek them as the register has them.
    private func include(_ ids: Set<ObjectID>, _ keys: inout Set<ClaimKey>) throws {
        for id in groups.expanded(ids) where lastStates.insert(id).inserted {
            altered.insert(id)
            keys.insert(ClaimKey(id))
            guard !precedence.lookedUp.isEmpty, let object = try register.object(id) else { continue }
            keys.formUnion(object.state.claimKeys(object.kind, lookedUp: precedence.lookedUp, schema: schema))
        }
    }

    /// A claim that is read brings in all that it speaks of. An unfit one stands for what the register holds.
    private func take(_ claim: UnsafeRawBufferPointer, _ keys: inout Set<ClaimKey>) throws {
        keyReader.read(claim)
        keys.formUnion(keyReader.bound)
        var unfit: Set<ObjectID> = []
        var reader = Claim.Reader(claim)
        _ = reader.recordKey()
        _ = reader.findings()
        for _ in 0..<reader.objectCount() where reader.isIntact {
            let object = reader.object()
            if object.flags & Claim.adds != 0 { continue }
            if Claim.isWithheld(object.flags) { unfit.insert(object.id) } else { altered.insert(object.id) }
            guard !groups.isEmpty else { continue }
            altered.formUnion(groups.group(of: object.id))
            keys.formUnion(groups.group(of: object.id).map { ClaimKey($0) })
        }
        try include(unfit, &keys)
    }

    /// Follows keys to claims, and claims to keys, until nothing new comes.
    private func close(_ keys: Set<ClaimKey>) throws {
        var next = keys.subtracting(keysRead)
        while !next.isEmpty {
            keysRead.formUnion(next)
            let found = try store.claimRows(boundTo: next).subtracting(rows).subtracting(setAside)
            rows.formUnion(found)
            var further: Set<ClaimKey> = []
            try store.forEachClaim(rows: found.sorted()) { _, _, claim in try take(claim, &further) }
            next = further.subtracting(keysRead)
        }
    }

    /// Reads the claims that refer to objects that come or go.
    /// - Returns: false when that brings nothing new.
    public func include(referrersOf ids: Set<ObjectID>) throws -> Bool {
        guard !isWhole else { return false }
        let new = Set(groups.expanded(ids).map { ClaimKey($0) }).subtracting(referrersRead)
        referrersRead.formUnion(new)
        let found = try store.claimRows(referringTo: new).subtracting(rows).subtracting(setAside)
        guard !found.isEmpty else { return false }
        rows.formUnion(found)
        var keys: Set<ClaimKey> = []
        try store.forEachClaim(rows: found.sorted()) { _, _, claim in try take(claim, &keys) }
        try close(keys)
        return true
    }

    // MARK: The organisation

    /// The claims read so far, as an organisation that no rule has judged.
    public func organisation() throws -> Organisation {
        let organisation = Organisation(
            schema: schema, buffer: buffer, precedence: precedence, outside: isWhole ? nil : register)
        let own = authority.claim(identity: identity)
        let file = organisation.addFile(source: Authority.source, file: "configuration")
        organisation.add(own.withUnsafeBytes { buffer.append($0) }, file: file, line: 0)
        organisation.reserve(claims: overlays.reduce(rows.count) { $0 + $1.altered.count })
        let sources = try sources()
        told = [:]
        if let cutting {
            ScopeFindings.unknownUnits(precedence.scopes, cutting.places, sources: sources).forEach(organisation.note)
        }
        let accepted = isWhole ? [:] : try acceptedClaims()
        for source in precedence.ordered(sources) {
            let overlay = overlays.first { $0.source == source }
            // Its rank counts, also when nothing of it is read.
            _ = organisation.addFile(source: source, file: "")
            var files = FileNumbers(source: source, own: overlay?.files ?? [], store: store)
            let places = try overlay?.unchanged ?? store.claimPlaces(of: source)
            if isWhole {
                try addAccepted(of: source, places, &files, to: organisation)
            } else {
                try add(accepted[source] ?? [], of: source, places, &files, to: organisation)
            }
            for claim in overlay?.altered ?? [] {
                let file = try files.number(of: .own(claim.file), in: organisation)
                add(claim.reference, of: source, file, claim.line, to: organisation)
            }
        }
        organisation.include(altered)
        organisation.seal()
        return organisation
    }

    private func acceptedClaims() throws -> [String: [(row: Int64, reference: ClaimBuffer.Reference)]] {
        var claims: [String: [(row: Int64, reference: ClaimBuffer.Reference)]] = [:]
        try store.forEachClaim(rows: rows.sorted()) { row, source, claim in
            let reference = read[row] ?? buffer.append(claim)
            read[row] = reference
            claims[source, default: []].append((row, reference))
        }
        return claims
    }

    /// Both lists are in the order of rows.
    private func add(
        _ claims: [(row: Int64, reference: ClaimBuffer.Reference)], of source: String, _ places: [ClaimPlace],
        _ files: inout FileNumbers, to organisation: Organisation
    ) throws {
        var next = claims.startIndex
        for place in places {
            while next < claims.endIndex, claims[next].row < place.row { next += 1 }
            guard next < claims.endIndex else { return }
            if claims[next].row == place.row {
                let file = try files.number(of: place.file, in: organisation)
                add(claims[next].reference, of: source, file, place.line, to: organisation)
            }
        }
    }

    /// Adds the accepted claims that have a place; those that an overlay replaces or no longer has are without one.
    private func addAccepted(
        of source: String, _ places: [ClaimPlace], _ files: inout FileNumbers, to organisation: Organisation
    ) throws {
        guard !places.isEmpty else { return }
        var next = places.startIndex
        try store.forEachClaim(of: source) { row, claim in
            // An erasure takes claims away while an export waits that still has their places.
            while next < places.endIndex, places[next].row < row { next += 1 }
            guard next < places.endIndex, places[next].row == row else { return }
            let place = places[next]
            next += 1
            let file = try files.number(of: place.file, in: organisation)
            if addRemainder(of: claim, source, file, place.line, to: organisation) { return }
            organisation.add(counting(buffer.append(claim)), file: file, line: place.line)
        }
    }

    private func add(
        _ claim: ClaimBuffer.Reference, of source: String, _ file: Int, _ line: Int, to organisation: Organisation
    ) {
        if addRemainder(of: buffer[claim], source, file, line, to: organisation) { return }
        organisation.add(counting(claim), file: file, line: line)
    }

    /// The claim as it counts: with the objects for which those stand that it names.
    private func counting(_ claim: ClaimBuffer.Reference) -> ClaimBuffer.Reference {
        guard !aliases.isEmpty else { return claim }
        if let known = rewritten[claim] { return known }
        let counting = aliases.rewritten(buffer[claim], schema: schema).map { $0.withUnsafeBytes { buffer.append($0) } }
        rewritten[claim] = counting ?? claim
        return counting ?? claim
    }

    /// Adds what is left of a claim about parts of which its source is not heard.
    /// - Returns: false for one that counts as it is.
    private func addRemainder(
        of claim: UnsafeRawBufferPointer, _ source: String, _ file: Int, _ line: Int, to organisation: Organisation
    ) -> Bool {
        // Nobody but editors decides about what they say.
        guard source != Correction.source, let remainder = cutting?.remainder(of: claim, source: source) else {
            return false
        }
        let location = organisation.location(file: file, line: line)
        for unit in remainder.units where told[source, default: []].insert(unit.id).inserted {
            ScopeFindings.findings(unit, location).forEach(organisation.note)
        }
        if let rest = remainder.claim {
            organisation.add(counting(rest.withUnsafeBytes { buffer.append($0) }), file: file, line: line)
        }
        return true
    }
}

/// The numbers that an organisation gives the files of one source; each is named when the first claim of it comes.
private struct FileNumbers {
    let source: String
    let own: [ExportFile]
    let store: any ClaimStore
    private var known: [ClaimPlace.File: Int] = [:]
    /// Nearly always the next claim stands in the same file.
    private var last: (file: ClaimPlace.File, number: Int)?

    init(source: String, own: [ExportFile], store: any ClaimStore) {
        (self.source, self.own, self.store) = (source, own, store)
    }

    mutating func number(of file: ClaimPlace.File, in organisation: Organisation) throws -> Int {
        if let last, last.file == file { return last.number }
        let number = try known[file] ?? organisation.addFile(source: source, file: name(of: file))
        known[file] = number
        last = (file, number)
        return number
    }

    private func name(of file: ClaimPlace.File) throws -> String {
        switch file {
        case .own(let index): own[index].name
        case .accepted(let number): try store.fileName(number)
        }
    }
}

/// What a record looked for and did not find as it should.
public struct FailedLookup {
    public enum Reason: Sendable {
        /// Nothing has any of the values.
        case nothing
        /// Several objects have the value and lead to different targets: nobody can know which is meant.
        case ambiguous
        /// Several records of one source add different values to one object.
        case disputed
    }

    public let reason: Reason
    /// The object whose relation was sought, or to which values are added; nil when nobody knows to which.
    public let object: ObjectID?
    public let kind: Kind
    /// The relation, or the attributes in dispute.
    public let attributes: [Attribute]
    /// The values that were looked for.
    public let texts: [String]
    /// The record, or all records of a dispute.
    public let locations: [SourceLocation]
}

// Objects of one source find those of others by their values.
extension Organisation {
    /// An object that has a value, and the source that says so. Its id is the one of the value.
    private struct Provider: Identified {
        let id: ObjectID
        let object: ObjectID
        let kind: Kind
        let rank: Int32
    }

    /// Looks up what claims seek. Comes after rules have settled which objects stand; what is left out is not found, and an
    /// object at its last good state is found by what it was.
    /// - Returns: what was not found, or not clearly, in the order of claims.
    public func correlate() throws -> [FailedLookup] {
        foundTargets.removeAll()
        foundAdditions.removeAll()
        guard !seekers.isEmpty || !additions.isEmpty else { return [] }
        let providers = providers(of: soughtValues())
        var failed: [(UInt32, FailedLookup)] = []
        for seeker in seekers where !isReplaced(seeker.id) {
            for failure in try findTargets(seeker, providers) { failed.append((seeker.claim, failure)) }
        }
        for addition in additions {
            if let failure = try attach(addition, providers) { failed.append((addition.claim, failure)) }
        }
        for (claim, failure) in contradictions() { failed.append((claim, failure)) }
        foundAdditions.sort { ($0.id, $0.addition.claim) < ($1.id, $1.addition.claim) }
        for (claim, failure) in disputes() { failed.append((claim, failure)) }
        return failed.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// A record whose lookup failed is looked at again each time. It may make no object and only add to others; then the
    /// value by which it seeks them finds it again.
    private func noteFinding(aboutClaim claim: UInt32) {
        var reader = Claim.Reader(buffer[origins[Int(claim)].reference])
        reader.skipHead()
        for _ in 0..<reader.objectCount() {
            noteFinding(about: reader.object().id)
        }
    }

    private func soughtValues() -> Set<ObjectID> {
        var values: Set<ObjectID> = []
        values.reserveCapacity(additions.count + seekers.count)
        for addition in additions { values.insert(addition.id) }
        for seeker in seekers {
            for lookup in object(in: seeker.claim, at: seeker.offset).lookups() { values.insert(lookup.value) }
        }
        return values
    }

    private func providers(of values: Set<ObjectID>) -> [Provider] {
        var providers: [Provider] = []
        let foreign = Kind.allCases.map { kind in precedence.lookedUp.filter { $0.kind == kind } }
        for mention in mentions where mention.isInEffect && !foreign[Int(mention.kind.rawValue) - 1].isEmpty {
            if isReplaced(mention.id) { continue }
            let rank = Int32(rank(ofClaim: mention.claim))
            var object = object(in: mention.claim, at: mention.offset)
            for _ in 0..<object.periodCount {
                let (_, _, fieldCount) = object.period()
                for _ in 0..<fieldCount {
                    let (number, value) = object.field()
                    for foreignID in foreign[Int(mention.kind.rawValue) - 1] where foreignID.attribute == number {
                        let id = foreignID.id(value)
                        guard values.contains(id), !isMasked(mention.id, number) else { continue }
                        providers.append(Provider(id: id, object: mention.id, kind: mention.kind, rank: rank))
                    }
                }
            }
        }
        for placed in corrections where !isReplaced(placed.id) && entry(placed.id)?.kind == placed.correction.kind {
            let kind = placed.correction.kind
            for field in placed.correction.fields {
                guard let value = field.value,
                    let foreignID = foreign[Int(kind.rawValue) - 1].first(where: { $0.attribute == field.attribute })
                else { continue }
                let id = value.bytes.withUnsafeBytes { foreignID.id($0) }
                guard values.contains(id) else { continue }
                let rank = Int32(rank(ofClaim: placed.claim))
                providers.append(Provider(id: id, object: placed.id, kind: kind, rank: rank))
            }
        }
        // What stands at its last good state is found by what it was.
        forEachReplacement { id, kind, source, state in
            let rank = files.first { $0.source == source }.map { Int32($0.rank) } ?? Int32.max
            for value in state.foreignValues(kind, foreign, schema) where values.contains(value) {
                providers.append(Provider(id: value, object: id, kind: kind, rank: rank))
            }
        }
        providers.sort { ($0.id, $0.object) < ($1.id, $1.object) }
        return providers
    }

    private func findTargets(_ seeker: Seeker, _ providers: [Provider]) throws -> [FailedLookup] {
        let object = object(in: seeker.claim, at: seeker.offset)
        let rank = Int32(rank(ofClaim: seeker.claim))
        let lookups = object.lookups()
        var failures: [FailedLookup] = []
        var relations: [UInt16] = []
        for lookup in lookups where !relations.contains(lookup.relation) { relations.append(lookup.relation) }
        for relation in relations {
            guard let attribute = schema[object.kind].attribute(number: relation),
                case .reference(let wanted) = attribute.type
            else { continue }
            var targets: [ObjectID] = []
            for lookup in lookups where lookup.relation == relation && targets.isEmpty {
                for provider in providers.all(of: lookup.value)
                where provider.kind == lookup.kind && provider.rank != rank {
                    if let target = try target(of: provider, wanted), !targets.contains(target) {
                        targets.append(target)
                    }
                }
            }
            if targets.count == 1 {
                foundTargets.append(FoundTarget(seeker: seeker, relation: relation, target: targets[0]))
                continue
            }
            if isSettled(seeker.id, relation) { continue }
            failures.append(
                FailedLookup(
                    reason: targets.isEmpty ? .nothing : .ambiguous, object: seeker.id, kind: object.kind,
                    attributes: [attribute],
                    texts: lookups.filter { $0.relation == relation }.map { String(decoding: $0.text, as: UTF8.self) },
                    locations: [location(ofClaim: seeker.claim)]))
        }
        return failures
    }

    /// The object of kind `wanted` to which a provider leads: itself, or the target of its relation to that kind.
    private func target(of provider: Provider, _ wanted: Kind) throws -> ObjectID? {
        guard try contains(provider.object) else { return nil }
        if provider.kind == wanted { return provider.object }
        guard let relation = schema[provider.kind].attributes.first(where: { $0.type == .reference(wanted) }),
            let target = try lastTarget(of: provider, relation), try contains(target)
        else { return nil }
        return target
    }

    /// The target of a relation in the last period.
    private func lastTarget(of provider: Provider, _ relation: Attribute) throws -> ObjectID? {
        if !isReplaced(provider.object), !isCorrected(provider.object), let entry = entry(provider.object),
            claimCount(of: entry) == 1
        {
            // Nearly all objects: no state needs to be made for one relation.
            var object = object(at: entry.first)
            var target: ObjectID?
            for _ in 0..<object.periodCount {
                target = nil
                let (_, _, fieldCount) = object.period()
                for _ in 0..<fieldCount {
                    let (number, value) = object.field()
                    if number == relation.number {
                        target = ObjectID(bytes: UnsafeRawBufferPointer(rebasing: value.prefix(16)))
                    }
                }
            }
            return target
        }
        let last = try state(of: provider.object)?.periods(schema[provider.kind]).last
        guard case .reference(let target) = last?[relation] else { return nil }
        return target
    }

    private func attach(_ addition: Seeker, _ providers: [Provider]) throws -> FailedLookup? {
        let object = object(in: addition.claim, at: addition.offset)
        let rank = Int32(rank(ofClaim: addition.claim))
        var targets: [ObjectID] = []
        for provider in providers.all(of: addition.id)
        where provider.kind == object.kind && provider.rank != rank && !targets.contains(provider.object) {
            if try contains(provider.object) { targets.append(provider.object) }
        }
        guard let target = targets.first else { return nil }
        guard targets.count == 1 else {
            noteFinding(aboutClaim: addition.claim)
            return FailedLookup(
                reason: .ambiguous, object: nil, kind: object.kind, attributes: [],
                texts: [String(decoding: object.key, as: UTF8.self)], locations: [location(ofClaim: addition.claim)])
        }
        foundAdditions.append(FoundAddition(id: target, addition: addition))
        return nil
    }

    /// The objects of which several records of one source found different targets. They get none; of the others each relation
    /// keeps what the first source found, so that the order of records decides nothing.
    private func contradictions() -> [(UInt32, FailedLookup)] {
        foundTargets.sort { ($0.id, $0.relation, $0.seeker.claim) < ($1.id, $1.relation, $1.seeker.claim) }
        var settled: [FoundTarget] = []
        settled.reserveCapacity(foundTargets.count)
        var contradictions: [(UInt32, FailedLookup)] = []
        var first = foundTargets.startIndex
        while first < foundTargets.endIndex {
            let found = foundTargets[first]
            let group = foundTargets[first...].prefix { $0.id == found.id && $0.relation == found.relation }
            first = group.endIndex
            // Claims come source by source.
            let rank = rank(ofClaim: found.seeker.claim)
            let own = group.prefix { self.rank(ofClaim: $0.seeker.claim) == rank }
            if own.allSatisfy({ $0.target == found.target }) {
                settled.append(found)
            } else if !isSettled(found.id, found.relation) {
                contradictions.append((found.seeker.claim, contradiction(own.map(\.seeker), found.relation)))
            }
        }
        foundTargets = settled
        return contradictions
    }

    private func contradiction(_ seekers: [Seeker], _ relation: UInt16) -> FailedLookup {
        let kind = object(in: seekers[0].claim, at: seekers[0].offset).kind
        let lookups = seekers.flatMap { object(in: $0.claim, at: $0.offset).lookups() }
        let texts = lookups.filter { $0.relation == relation }.map { String(decoding: $0.text, as: UTF8.self) }
        return FailedLookup(
            reason: .ambiguous, object: seekers[0].id, kind: kind,
            attributes: schema[kind].attribute(number: relation).map { [$0] } ?? [],
            texts: Set(texts).sorted(), locations: seekers.map { location(ofClaim: $0.claim) })
    }

    /// The objects to which records of one source add different values.
    private func disputes() -> [(UInt32, FailedLookup)] {
        var disputes: [(UInt32, FailedLookup)] = []
        var first = foundAdditions.startIndex
        while first < foundAdditions.endIndex {
            let found = foundAdditions.all(of: foundAdditions[first].id)
            first = found.endIndex
            if found.count > 1, let failure = dispute(found[found.startIndex].id, found.map(\.addition)) {
                disputes.append((found[found.startIndex].addition.claim, failure))
            }
        }
        return disputes
    }

    private func dispute(_ id: ObjectID, _ additions: [Seeker]) -> FailedLookup? {
        let disputed = Set(disputedAttributes(additions).map(\.number)).sorted()
        guard !disputed.isEmpty, let kind = entry(id)?.kind else { return nil }
        for addition in additions { noteFinding(aboutClaim: addition.claim) }
        return FailedLookup(
            reason: .disputed, object: id, kind: kind,
            attributes: disputed.compactMap { schema[kind].attribute(number: $0) },
            texts: additions.prefix(1).map {
                String(decoding: object(in: $0.claim, at: $0.offset).key, as: UTF8.self)
            }, locations: additions.map { location(ofClaim: $0.claim) })
    }
}

extension ObjectState {
    /// The ids of the values by which an object in this state can be found.
    func foreignValues(_ kind: Kind, _ foreign: [Set<ForeignID>], _ schema: Schema) -> [ObjectID] {
        let wanted = foreign[Int(kind.rawValue) - 1]
        guard !wanted.isEmpty else { return [] }
        return periods(schema[kind]).flatMap { period in
            period.fields.compactMap { field in
                wanted.first { $0.attribute == field.attribute.number }.map { foreignID in
                    field.value.bytes.withUnsafeBytes { foreignID.id($0) }
                }
            }
        }
    }

    /// The keys under which claims that seek an object in this state are found.
    public func claimKeys(_ kind: Kind, lookedUp: Set<ForeignID>, schema: Schema) -> [ClaimKey] {
        foreignIDs(kind, lookedUp: lookedUp, schema: schema).map { ClaimKey($0) }
    }

    /// ``ForeignID/id(_:)`` of each value by which an object in this state is found.
    public func foreignIDs(_ kind: Kind, lookedUp: Set<ForeignID>, schema: Schema) -> [ObjectID] {
        foreignValues(kind, Kind.allCases.map { kind in lookedUp.filter { $0.kind == kind } }, schema)
    }
}

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
    /// An object that has a value, and the source that says so.
    private struct Provider: Hashable {
        let id: ObjectID
        let kind: Kind
        let rank: Int
    }

    /// Looks up what claims seek. Comes after rules have settled which objects stand; what is left out is not found, and an
    /// object at its last good state is found by what it was.
    /// - Returns: what was not found, or not clearly, in the order of claims.
    public func correlate() throws -> [FailedLookup] {
        foundTargets.removeAll()
        foundAdditions.removeAll()
        guard !seekers.isEmpty || !additions.isEmpty else { return [] }
        let providers = try providers(of: soughtValues())
        var failed: [(UInt32, FailedLookup)] = []
        for seeker in seekers where !isReplaced(seeker.id) {
            for failure in try findTargets(seeker, providers) { failed.append((seeker.claim, failure)) }
        }
        for addition in additions {
            if let failure = try attach(addition, providers) { failed.append((addition.claim, failure)) }
        }
        for (id, additions) in foundAdditions where additions.count > 1 {
            if let failure = dispute(id, additions) { failed.append((additions[0].claim, failure)) }
        }
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
        var values = Set(additions.map(\.id))
        values.reserveCapacity(values.count + seekers.count * 2)
        for seeker in seekers {
            for lookup in object(in: seeker.claim, at: seeker.offset).lookups() { values.insert(lookup.value) }
        }
        return values
    }

    private func providers(of values: Set<ObjectID>) throws -> [ObjectID: [Provider]] {
        var providers: [ObjectID: [Provider]] = [:]
        providers.reserveCapacity(values.count)
        let foreign = Kind.allCases.map { kind in precedence.lookedUp.filter { $0.kind == kind } }
        for mention in mentions where mention.isInEffect && !foreign[Int(mention.kind.rawValue) - 1].isEmpty {
            if isReplaced(mention.id) { continue }
            let rank = rank(ofClaim: mention.claim)
            var object = object(in: mention.claim, at: mention.offset)
            for _ in 0..<object.periodCount {
                let (_, _, fieldCount) = object.period()
                for _ in 0..<fieldCount {
                    let (number, value) = object.field()
                    for foreignID in foreign[Int(mention.kind.rawValue) - 1] where foreignID.attribute == number {
                        let id = foreignID.id(value)
                        if values.contains(id) {
                            providers[id, default: []].append(
                                Provider(id: mention.id, kind: mention.kind, rank: rank))
                        }
                    }
                }
            }
        }
        // What stands at its last good state is found by what it was.
        forEachReplacement { id, kind, source, state in
            let rank = files.first { $0.source == source }?.rank ?? Int.max
            for value in state.foreignValues(kind, foreign, schema) where values.contains(value) {
                providers[value, default: []].append(Provider(id: id, kind: kind, rank: rank))
            }
        }
        return providers
    }

    private func findTargets(_ seeker: Seeker, _ providers: [ObjectID: [Provider]]) throws -> [FailedLookup] {
        let object = object(in: seeker.claim, at: seeker.offset)
        let rank = rank(ofClaim: seeker.claim)
        let lookups = object.lookups()
        var failures: [FailedLookup] = []
        for relation in Set(lookups.map(\.relation)).sorted() {
            guard let attribute = schema[object.kind].attribute(number: relation),
                case .reference(let wanted) = attribute.type
            else { continue }
            let own = lookups.filter { $0.relation == relation }
            var reason = FailedLookup.Reason.nothing
            for lookup in own {
                let others = Set(providers[lookup.value] ?? []).filter { $0.kind == lookup.kind && $0.rank != rank }
                let targets = try Set(others.compactMap { try target(of: $0, wanted) })
                if targets.isEmpty { continue }
                reason = .ambiguous
                if targets.count == 1, let target = targets.first {
                    foundTargets[seeker.id, default: []].append((relation, target))
                    reason = .nothing
                }
                break
            }
            let isFound = foundTargets[seeker.id]?.contains { $0.relation == relation } ?? false
            if isFound { continue }
            failures.append(
                FailedLookup(
                    reason: reason, object: seeker.id, kind: object.kind, attributes: [attribute],
                    texts: own.map { String(decoding: $0.text, as: UTF8.self) },
                    locations: [location(ofClaim: seeker.claim)]))
        }
        return failures
    }

    /// The object of kind `wanted` to which a provider leads: itself, or the target of its relation to that kind.
    private func target(of provider: Provider, _ wanted: Kind) throws -> ObjectID? {
        guard try contains(provider.id) else { return nil }
        if provider.kind == wanted { return provider.id }
        guard let relation = schema[provider.kind].attributes.first(where: { $0.type == .reference(wanted) }),
            let target = try lastTarget(of: provider, relation), try contains(target)
        else { return nil }
        return target
    }

    /// The target of a relation in the last period.
    private func lastTarget(of provider: Provider, _ relation: Attribute) throws -> ObjectID? {
        if !isReplaced(provider.id), let entry = entry(provider.id), claimCount(of: entry) == 1 {
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
        let last = try state(of: provider.id)?.periods(schema[provider.kind]).last
        guard case .reference(let target) = last?[relation] else { return nil }
        return target
    }

    private func attach(_ addition: Seeker, _ providers: [ObjectID: [Provider]]) throws -> FailedLookup? {
        let object = object(in: addition.claim, at: addition.offset)
        let rank = rank(ofClaim: addition.claim)
        let found = Set(providers[addition.id] ?? []).filter { $0.kind == object.kind && $0.rank != rank }
        let targets = Set(try found.filter { try contains($0.id) }.map(\.id))
        guard let target = targets.first else { return nil }
        guard targets.count == 1 else {
            noteFinding(aboutClaim: addition.claim)
            return FailedLookup(
                reason: .ambiguous, object: nil, kind: object.kind, attributes: [],
                texts: [String(decoding: object.key, as: UTF8.self)], locations: [location(ofClaim: addition.claim)])
        }
        foundAdditions[target, default: []].append(addition)
        return nil
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
        let foreign = Kind.allCases.map { kind in lookedUp.filter { $0.kind == kind } }
        return foreignValues(kind, foreign, schema).map { ClaimKey($0) }
    }
}

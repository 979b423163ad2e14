public import OrganisationModel

/// The organisation as it should be: what the accepted claims of all sources, with the overlays of the given ones, say.
///
/// A pure function of its arguments. Claims keep the order source, then export, so that results never depend on chance.
public func resolve(
    authority: Authority, store: any ClaimStore, overlays: [Overlay], buffer: ClaimBuffer,
    identity: Identity,
    schema: Schema = .standard
) throws -> Organisation {
    let organisation = Organisation(schema: schema, buffer: buffer)
    let own = authority.claim(identity: identity)
    let file = organisation.addFile(source: Authority.source, file: "configuration")
    organisation.add(own.withUnsafeBytes { buffer.append($0) }, file: file, line: 0)
    let sources = Set(try store.sourcesWithClaims() + overlays.map(\.source)).sorted()
    organisation.reserve(claims: overlays.reduce(0) { $0 + $1.altered.count })
    for source in sources {
        let overlay = overlays.first { $0.source == source }
        let exported = try overlay?.files ?? store.acceptedExport(of: source)?.files ?? []
        let files = exported.map { organisation.addFile(source: source, file: $0.name) }
        let places = try overlay?.unchanged ?? store.claimPlaces(of: source)
        try addAccepted(of: source, store, places, files, to: organisation)
        for claim in overlay?.altered ?? [] {
            organisation.add(claim.reference, file: files[claim.file], line: claim.line)
        }
    }
    organisation.seal()
    return organisation
}

/// Adds the accepted claims that have a place; those that an overlay replaces or no longer has are without one.
private func addAccepted(
    of source: String, _ store: any ClaimStore, _ places: [ClaimPlace], _ files: [Int], to organisation: Organisation
) throws {
    guard !places.isEmpty else { return }
    var next = places.startIndex
    try store.forEachClaim(of: source) { row, claim in
        guard next < places.endIndex, places[next].row == row else { return }
        let place = places[next]
        next += 1
        organisation.add(organisation.buffer.append(claim), file: files[place.file], line: place.line)
    }
}

/// The authority that the organisation belongs to.
public struct Authority: Hashable, Sendable {
    /// The source name of what the configuration itself says.
    public static let source = "configuration"

    public let name: String
    /// The CVR number, eight digits.
    public let cvr: String

    public init(name: String, cvr: String) {
        self.name = name
        self.cvr = cvr
    }

    /// The authority as the one object of kind organisation.
    func claim(identity: Identity) -> [UInt8] {
        var writer = Claim.Writer()
        Array(cvr.utf8).withUnsafeBytes { key in
            writer.begin(recordKey: key, findings: [])
            let id = identity.id(kind: .organisation, source: Authority.source, key: key)
            writer.beginObject(.organisation, flags: 0, id: id, key: key, periodCount: 1)
            writer.beginPeriod(from: .distantPast, to: .distantFuture)
            Array(name.utf8).withUnsafeBytes { writer.append($0, number: 1) }
            writer.append(key, number: 2)
            writer.endPeriod()
            writer.endObject()
            writer.end()
        }
        return writer.bytes
    }
}

import Crypto

/// How the claims of several sources make one object: who is heard first about what, who is heard about which units at all,
/// and by which values objects are found.
///
/// An attribute comes from the source that owns it, when that says something; else from the source that makes the object;
/// else from the others in the order of ``sources``.
public struct Precedence: Hashable, Sendable {
    /// In the order of the configuration. Sources that it no longer names come after these, by name.
    public let sources: [String]
    public let owners: [ForeignID: String]
    /// The attributes by which a mapping looks objects up.
    public let lookedUp: Set<ForeignID>
    public let scopes: UnitScopes

    public init(
        sources: [String] = [], owners: [ForeignID: String] = [:], lookedUp: Set<ForeignID> = [],
        scopes: UnitScopes = UnitScopes()
    ) {
        self.sources = sources
        self.owners = owners
        self.lookedUp = lookedUp
        self.scopes = scopes
    }

    /// These sources in the order in which they are heard; editors come first.
    public func ordered(_ names: some Sequence<String>) -> [String] {
        let known = Set(names)
        let editors = known.contains(Correction.source) ? [Correction.source] : []
        return editors + sources.filter(known.contains) + known.subtracting(sources + editors).sorted()
    }

    /// Changes whenever the same claims could make other objects.
    public var digest: [UInt8] {
        var bytes: [UInt8] = []
        for source in sources { Bytes.append(text: source, to: &bytes) }
        func order(_ left: ForeignID, _ right: ForeignID) -> Bool {
            (left.kind, left.attribute) < (right.kind, right.attribute)
        }
        for key in owners.keys.sorted(by: order) {
            Bytes.append(text: "owner \(key.kind.rawValue) \(key.attribute) \(owners[key] ?? "")", to: &bytes)
        }
        for key in lookedUp.sorted(by: order) {
            Bytes.append(text: "lookup \(key.kind.rawValue) \(key.attribute)", to: &bytes)
        }
        scopes.append(to: &bytes)
        return Array(SHA256.hash(data: bytes))
    }
}

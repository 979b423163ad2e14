import Crypto

/// How the claims of several sources make one object: who is heard first about what, who is heard about which units at all,
/// by which values objects are found, and by which rules the outcome is judged.
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
    /// How strictly what comes of it is judged.
    public let rules: RuleSettings

    public init(
        sources: [String] = [], owners: [ForeignID: String] = [:], lookedUp: Set<ForeignID> = [],
        scopes: UnitScopes = UnitScopes(), rules: RuleSettings = RuleSettings()
    ) {
        self.sources = sources
        self.owners = owners
        self.lookedUp = lookedUp
        self.scopes = scopes
        self.rules = rules
    }

    /// These sources in the order in which they are heard; editors come first.
    public func ordered(_ names: some Sequence<String>) -> [String] {
        let known = Set(names)
        let editors = known.contains(Correction.source) ? [Correction.source] : []
        return editors + sources.filter(known.contains) + known.subtracting(sources + editors).sorted()
    }

    /// Changes whenever the same claims could make other objects, or be judged otherwise.
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
        bytes += rules.canonicalForm()
        return Array(SHA256.hash(data: bytes))
    }
}

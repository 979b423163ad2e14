/// A unit as the configuration names it: by the key that a source knows it by.
public struct UnitName: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let source: String
    public let key: String

    public init(source: String, key: String) {
        self.source = source
        self.key = key
    }

    public static func < (left: UnitName, right: UnitName) -> Bool {
        (left.source, left.key) < (right.source, right.key)
    }

    public var description: String {
        "\(key) of \(source)"
    }
}

/// Which parts of the line hierarchy are left out, which belong to one source alone, and where a source's own tree stands. A unit stands for itself and
/// everything beneath it.
public struct UnitScopes: Hashable, Sendable {
    /// The units that are left out.
    public let excluded: Set<UnitName>
    /// The source that is the authority for a unit. Beneath it another unit may belong to another source again.
    public let owners: [UnitName: String]
    /// The unit of another source under which the units of a source stand that have no parent.
    public let parents: [String: UnitName]

    public init(
        excluded: Set<UnitName> = [], owners: [UnitName: String] = [:], parents: [String: UnitName] = [:]
    ) {
        self.excluded = excluded
        self.owners = owners
        self.parents = parents
    }

    public var isEmpty: Bool {
        excluded.isEmpty && owners.isEmpty && parents.isEmpty
    }

    /// Whether a source is the authority for some units only.
    public func hasScope(_ source: String) -> Bool {
        owners.values.contains(source)
    }

    /// The units that it names.
    public var names: Set<UnitName> {
        excluded.union(owners.keys).union(parents.values)
    }

    func append(to bytes: inout [UInt8]) {
        func append(_ word: String, _ name: UnitName) {
            Bytes.append(text: word, to: &bytes)
            Bytes.append(text: name.source, to: &bytes)
            Bytes.append(text: name.key, to: &bytes)
        }
        for name in excluded.sorted() { append("excluded", name) }
        for name in owners.keys.sorted() { append("unit of \(owners[name] ?? "")", name) }
        for (source, name) in parents.sorted(by: { $0.key < $1.key }) { append("parent of \(source)", name) }
    }
}

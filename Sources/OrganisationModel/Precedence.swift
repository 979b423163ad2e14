import Crypto

/// A value by which objects of one kind can be found, such as the employee number of an engagement.
public struct ForeignID: Hashable, Sendable {
    public let kind: Kind
    /// The number of the attribute.
    public let attribute: UInt16

    public init(kind: Kind, attribute: UInt16) {
        self.kind = kind
        self.attribute = attribute
    }

    /// Stands for a value of this attribute; equal values have equal ids. Letters are compared without their case, as
    /// directories do with account names.
    public func id(_ value: UnsafeRawBufferPointer) -> ObjectID {
        var hasher = FingerprintHasher(seed: ForeignID.seed)
        withUnsafeBytes(of: (kind.rawValue, UInt8(0), attribute.littleEndian)) { hasher.combine($0) }
        if value.contains(where: { $0 >= 0x41 && $0 <= 0x5A || $0 >= 0x80 }) {
            Array(String(decoding: value, as: UTF8.self).lowercased().utf8).withUnsafeBytes { hasher.combine($0) }
        } else {
            hasher.combine(value)
        }
        let fingerprint = hasher.finalize()
        return ObjectID(high: fingerprint.high, low: fingerprint.low)
    }

    private static let seed = Array("fordeler: value that finds objects".utf8)
}

/// How the claims of several sources make one object: who is heard first about what, and by which values objects are found.
///
/// An attribute comes from the source that owns it, when that says something; else from the source that makes the object;
/// else from the others in the order of ``sources``.
public struct Precedence: Hashable, Sendable {
    /// In the order of the configuration. Sources that it no longer names come after these, by name.
    public let sources: [String]
    public let owners: [ForeignID: String]
    /// The attributes by which a mapping looks objects up.
    public let lookedUp: Set<ForeignID>

    public init(sources: [String] = [], owners: [ForeignID: String] = [:], lookedUp: Set<ForeignID> = []) {
        self.sources = sources
        self.owners = owners
        self.lookedUp = lookedUp
    }

    /// These sources in the order in which they are heard.
    public func ordered(_ names: some Sequence<String>) -> [String] {
        let known = Set(names)
        return sources.filter(known.contains) + known.subtracting(sources).sorted()
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
        return Array(SHA256.hash(data: bytes))
    }
}

/// A key of the index from objects and values to the claims that speak of them: 64 bits of an id. Two ids with the same bits
/// only make more claims be looked at.
public struct ClaimKey: Hashable, Comparable, Sendable {
    public let bits: UInt64

    public init(bits: UInt64) {
        self.bits = bits
    }

    public init(_ id: ObjectID) {
        let mixed = id.high ^ id.low &* 0x9E37_79B9_7F4A_7C15
        bits = mixed == 0 ? 1 : mixed
    }

    /// The claims that every resolve looks at: units, because a hierarchy is judged as a whole, and records with findings,
    /// because those are issued again.
    public static let standing = ClaimKey(bits: 0)

    public static func < (left: ClaimKey, right: ClaimKey) -> Bool {
        left.bits < right.bits
    }
}

/// Reads what claims speak of: keeps its memory from claim to claim, because an import reads them by the hundred thousand.
public struct ClaimKeyReader {
    /// The objects that the claim names, the values that it has and those that it looks up: what depends on one of these in
    /// one claim depends on it in all. May hold a key twice.
    public private(set) var bound: [ClaimKey] = []
    /// The objects that it refers to without naming them: they matter when they come or go. May hold a key twice.
    public private(set) var referred: [ClaimKey] = []
    private var named: [ObjectID] = []
    private var targets: [ObjectID] = []
    private let foreign: [[ForeignID]]
    private let schema: Schema

    /// - Parameter lookedUp: the attributes of whose values keys are made.
    public init(lookedUp: Set<ForeignID>, schema: Schema) {
        self.schema = schema
        foreign = Kind.allCases.map { kind in lookedUp.filter { $0.kind == kind } }
    }

    public mutating func read(_ claim: UnsafeRawBufferPointer) {
        bound.removeAll(keepingCapacity: true)
        referred.removeAll(keepingCapacity: true)
        named.removeAll(keepingCapacity: true)
        targets.removeAll(keepingCapacity: true)
        var reader = Claim.Reader(claim)
        if reader.skipHead() > 0 { bound.append(.standing) }
        for _ in 0..<reader.objectCount() where reader.isIntact {
            var object = reader.object()
            read(&object)
        }
        for target in targets where !named.contains(target) { referred.append(ClaimKey(target)) }
    }

    private mutating func read(_ object: inout Claim.ObjectReader) {
        let kind = schema[object.kind]
        if object.flags & Claim.adds == 0 { named.append(object.id) }
        bound.append(ClaimKey(object.id))
        if kind.hierarchy != nil { bound.append(.standing) }
        if object.lookupCount > 0 {
            for lookup in object.lookups() { bound.append(ClaimKey(lookup.value)) }
        }
        let foreign = foreign[Int(object.kind.rawValue) - 1]
        for _ in 0..<object.periodCount {
            let (_, _, fieldCount) = object.period()
            for _ in 0..<fieldCount {
                let (number, value) = object.field()
                if kind.isReference(number) {
                    guard number != kind.hierarchy?.number, value.count >= 16,
                        let target = ObjectID(bytes: UnsafeRawBufferPointer(rebasing: value[..<16])),
                        !targets.contains(target)
                    else { continue }
                    targets.append(target)
                } else if let foreignID = foreign.first(where: { $0.attribute == number }) {
                    bound.append(ClaimKey(foreignID.id(value)))
                }
            }
        }
    }
}

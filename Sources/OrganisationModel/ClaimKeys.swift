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

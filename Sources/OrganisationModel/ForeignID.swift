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

import Crypto

/// The UUID of an object in the register. Ordered as its 16 bytes, which is the order of storage and of bucket hashes.
public struct ObjectID: Hashable, Comparable, Sendable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads 16 bytes; nil for any other length.
    public init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 16 else { return nil }
        high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    public static func < (left: ObjectID, right: ObjectID) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }

    /// The 16 bytes, most significant first.
    public var bytes: [UInt8] {
        withUnsafeBytes { Array($0) }
    }

    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows
        -> Result
    {
        var pair = (high.bigEndian, low.bigEndian)
        return try Swift.withUnsafeBytes(of: &pair, body)
    }

    public func hash(into hasher: inout Hasher) {
        // An id is pseudo-random already; 64 of its bits are as good as all.
        hasher.combine(low ^ high)
    }
}

extension ObjectID: CustomStringConvertible {
    /// The lower-case UUID text of RFC 9562, section 4.
    public var description: String {
        var text = ""
        text.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { text += "-" }
            text += ObjectID.hexadecimal[Int(byte >> 4)]
            text += ObjectID.hexadecimal[Int(byte & 15)]
        }
        return text
    }

    private static let hexadecimal = "0123456789abcdef".map(String.init)

    /// Reads the UUID text; nil for any other form.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == 36 else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for (index, byte) in text.utf8.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
            high = high << 4 | low >> 60
            low = low << 4 | UInt64(digit)
        }
        self.init(high: high, low: low)
    }
}

/// Gives objects their UUIDs from the keys of their sources.
///
/// UUID = HMAC-SHA-256(register secret, authority | kind | source | key | generation) cut to 128 bits with the version and
/// variant bits of version 4 (RFC 9562, section 5.4). A plain hash of a CPR number could be guessed by every subscriber.
public struct Identity: Sendable {
    private let start: HMAC<SHA256>

    /// - Parameters:
    ///   - secret: the register secret, 32 random bytes.
    ///   - authority: the CVR number of the authority.
    public init(secret: [UInt8], authority: String) {
        var start = HMAC<SHA256>(key: SymmetricKey(data: secret))
        var length = UInt32(authority.utf8.count).littleEndian
        withUnsafeBytes(of: &length) { start.update(data: $0) }
        start.update(data: Array(authority.utf8))
        self.start = start
    }

    /// The UUID of the object that `source` knows by `key`. Each field is preceded by its length, so no two lists of fields
    /// give the same input.
    public func id(kind: Kind, source: String, key: UnsafeRawBufferPointer, generation: UInt32 = 0)
        -> ObjectID
    {
        var input: [UInt8] = []
        input.reserveCapacity(32 + key.count)
        input.append(kind.rawValue)
        Bytes.append(UInt32(source.utf8.count), to: &input)
        input.append(contentsOf: source.utf8)
        Bytes.append(UInt32(key.count), to: &input)
        input.append(contentsOf: key)
        Bytes.append(generation, to: &input)
        var mac = start
        mac.update(data: input)
        return mac.finalize().withUnsafeBytes { digest in
            let high = UInt64(bigEndian: digest.loadUnaligned(as: UInt64.self))
            let low = UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            return ObjectID(
                high: high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000,
                low: low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
        }
    }

    public func id(kind: Kind, source: String, key: String, generation: UInt32 = 0) -> ObjectID {
        Array(key.utf8).withUnsafeBytes {
            id(kind: kind, source: source, key: $0, generation: generation)
        }
    }
}

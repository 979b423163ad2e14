/// 128 bits over the decoded text of the fields that a mapping reads from one record.
///
/// A missed change is lost data, so 128 bits; a multiply hash, because it reads every byte of every export. It is keyed (see
/// ``FingerprintHasher``) and no guard against an attacker: version and audit hashes are SHA-256.
public struct Fingerprint: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(low)
    }

    /// 16 bytes, as stored.
    public var bytes: [UInt8] {
        withUnsafeBytes { Array($0) }
    }

    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let pair = (high.littleEndian, low.littleEndian)
        return try Swift.withUnsafeBytes(of: pair, body)
    }

    public init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 16 else { return nil }
        var reader = ByteReader(bytes)
        self.init(high: reader.uint64(), low: reader.uint64())
    }
}

/// Takes a list of fields, each with its length, so that moving text from one field to the next changes the result.
///
/// The bytes pass through two independent lanes of folded 64 x 64 bit multiplications. Fingerprints of records depend on
/// ``combine(compactly:)`` and on the seed; changing either makes every record look altered once, which is harmless. Checksums
/// of rows and keys of claims depend on ``combine(_:)``, which therefore never changes.
public struct FingerprintHasher: Sendable {
    private var first: UInt64
    private var second: UInt64
    private let firstKey: UInt64
    private let secondKey: UInt64

    /// - Parameter seed: at least 32 bytes that depend on everything that gives the fields their meaning.
    public init(seed: [UInt8]) {
        let words = seed.withUnsafeBytes { bytes in
            (0..<4).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self).littleEndian }
        }
        firstKey = words[0] | 1
        secondKey = words[1] | 1
        first = words[2]
        second = words[3]
    }

    @inline(__always)
    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    @inline(__always)
    private mutating func absorb(_ left: UInt64, _ right: UInt64) {
        let mixed = FingerprintHasher.fold(left ^ firstKey, right ^ first)
        second = FingerprintHasher.fold(left ^ second, right ^ secondKey) &+ mixed.byteSwapped
        first = mixed
    }

    public mutating func combine(_ field: UnsafeRawBufferPointer) {
        let count = field.count
        absorb(UInt64(truncatingIfNeeded: count), 0x9E37_79B9_7F4A_7C15)
        var offset = 0
        while offset + 16 <= count {
            absorb(
                field.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian,
                field.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self).littleEndian)
            offset += 16
        }
        guard offset < count else { return }
        let rest = count - offset
        if rest >= 8 {
            // The last eight bytes overlap the first eight of the rest; the length was taken in above.
            absorb(
                field.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian,
                field.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self).littleEndian)
            return
        }
        absorb(FingerprintHasher.word(field, from: offset, rest), UInt64(truncatingIfNeeded: rest))
    }

    /// The last one to seven bytes, the first of them the highest; where two reads overlap they say the same.
    @inline(__always)
    private static func word(_ field: UnsafeRawBufferPointer, from start: Int, _ count: Int) -> UInt64 {
        if count >= 4 {
            let first = UInt64(field.loadUnaligned(fromByteOffset: start, as: UInt32.self).bigEndian)
            let last = UInt64(field.loadUnaligned(fromByteOffset: start + count - 4, as: UInt32.self).bigEndian)
            return first << UInt64(8 * (count - 4)) | last
        }
        let middle = count / 2
        return UInt64(field[start]) << UInt64(8 * (count - 1)) | UInt64(field[start + middle])
            << UInt64(8 * (count - 1 - middle))
            | UInt64(field[start + count - 1])
    }

    /// As ``combine(_:)``, with half the work for fields of less than 16 bytes. The results of both differ.
    public mutating func combine(compactly field: UnsafeRawBufferPointer) {
        let count = field.count
        guard count < 16 else { return combine(field) }
        // All bytes and their number in 16: nothing that another field, or a longer one, begins with.
        let number = UInt64(truncatingIfNeeded: count) << 56
        if count >= 8 {
            absorb(
                field.loadUnaligned(fromByteOffset: 0, as: UInt64.self).littleEndian,
                (count == 8 ? 0 : FingerprintHasher.word(field, from: 8, count - 8)) | number)
        } else {
            absorb(count == 0 ? 0 : FingerprintHasher.word(field, from: 0, count), number)
        }
    }

    public func finalize() -> Fingerprint {
        var copy = self
        copy.absorb(0xD6E8_FEB8_6659_FD93, 0xA076_1D64_78BD_642F)
        copy.absorb(0x8EBC_6AF0_9C88_C6E3, 0x5899_65CC_7537_4CC3)
        return Fingerprint(high: copy.first, low: copy.second)
    }
}

/// The few primitives that all canonical byte forms are made of: little-endian integers and LEB128 lengths.
public enum Bytes {
    public static func append(_ value: UInt32, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    public static func append(_ value: Int32, to bytes: inout [UInt8]) {
        append(UInt32(bitPattern: value), to: &bytes)
    }

    public static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends a length in LEB128 form: seven bits a byte, least significant first.
    public static func append(length: Int, to bytes: inout [UInt8]) {
        var rest = UInt(length)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Appends a length and then the bytes.
    public static func append(field: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        append(length: field.count, to: &bytes)
        bytes.append(contentsOf: field)
    }

    public static func append(text: String, to bytes: inout [UInt8]) {
        append(length: text.utf8.count, to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }
}

/// Reads what ``Bytes`` wrote. A read past the end or a malformed length makes the reader fail once and for all: it then
/// answers zeros and empty fields, and ``isIntact`` is false.
public struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    public private(set) var offset: Int
    public private(set) var isIntact = true

    public init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    public var isAtEnd: Bool {
        !isIntact || offset >= bytes.count
    }

    private mutating func advance(_ count: Int) -> Int? {
        guard isIntact, count >= 0, count <= bytes.count - offset else {
            isIntact = false
            return nil
        }
        defer { offset += count }
        return offset
    }

    public mutating func byte() -> UInt8 {
        guard let start = advance(1) else { return 0 }
        return bytes[start]
    }

    public mutating func uint32() -> UInt32 {
        guard let start = advance(4) else { return 0 }
        return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self))
    }

    public mutating func int32() -> Int32 {
        Int32(bitPattern: uint32())
    }

    public mutating func uint64() -> UInt64 {
        guard let start = advance(8) else { return 0 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
    }

    public mutating func length() -> Int {
        var value: UInt = 0
        var shift: UInt = 0
        while shift < 63 {
            guard let start = advance(1) else { return 0 }
            let byte = bytes[start]
            value |= UInt(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return Int(value) }
            shift += 7
        }
        isIntact = false
        return 0
    }

    /// The number of the items that follow. Each takes at least a byte, so damage never makes a loop that does not end.
    public mutating func count() -> Int {
        let count = length()
        if count <= bytes.count - offset { return count }
        isIntact = false
        return 0
    }

    /// A field written with its length; it points into the bytes being read.
    public mutating func field() -> UnsafeRawBufferPointer {
        let count = length()
        guard let start = advance(count) else { return UnsafeRawBufferPointer(rebasing: bytes[0..<0]) }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
    }

    public mutating func raw(_ count: Int) -> UnsafeRawBufferPointer {
        guard let start = advance(count) else { return UnsafeRawBufferPointer(rebasing: bytes[0..<0]) }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
    }

    /// All that is left.
    public mutating func rest() -> UnsafeRawBufferPointer {
        raw(isIntact ? bytes.count - offset : 0)
    }

    public mutating func text() -> String {
        String(decoding: field(), as: UTF8.self)
    }
}

/// Finds the next control character, or one of two other bytes, eight bytes at a step.
struct ByteSearch {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080

    private let first: UInt8
    private let second: UInt8
    private let firstInAll: UInt64
    private let secondInAll: UInt64

    init(_ first: UInt8, _ second: UInt8) {
        self.first = first
        self.second = second
        firstInAll = UInt64(first) &* ByteSearch.ones
        secondInAll = UInt64(second) &* ByteSearch.ones
    }

    /// The offset of the first byte below U+0020, or equal to one of the two; `end` when there is none.
    @inline(__always)
    func first(in base: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
        var offset = start
        while offset &+ 8 <= end {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            // A borrow may mark bytes behind a hit, never before one: the lowest mark is right.
            let hits =
                (ByteSearch.below(0x20, word) | ByteSearch.below(1, word ^ firstInAll)
                    | ByteSearch.below(1, word ^ secondInAll)) & ByteSearch.tops
            if hits != 0 { return offset &+ hits.trailingZeroBitCount / 8 }
            offset &+= 8
        }
        while offset < end {
            let byte = base.load(fromByteOffset: offset, as: UInt8.self)
            if byte < 0x20 || byte == first || byte == second { return offset }
            offset &+= 1
        }
        return end
    }

    /// Marks the top bit of each byte below `limit`, which is at most 0x80.
    @inline(__always)
    private static func below(_ limit: UInt64, _ word: UInt64) -> UInt64 {
        (word &- ones &* limit) & ~word
    }

    /// The offset of the first byte outside of ASCII; `end` when there is none.
    @inline(__always)
    static func firstBeyondASCII(in base: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
        var offset = start
        while offset &+ 8 <= end {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) & tops
            if word != 0 { return offset &+ word.trailingZeroBitCount / 8 }
            offset &+= 8
        }
        while offset < end, base.load(fromByteOffset: offset, as: UInt8.self) < 0x80 { offset &+= 1 }
        return offset
    }
}

/// Turns the bytes of a text file into UTF-8, piece by piece. What is UTF-8 already is only checked, not copied.
///
/// A byte order mark decides the encoding and is passed over; one that stands elsewhere is a character as any other.
final class TextDecoder {
    /// The most bytes that can be left over for the next piece.
    static let restMax = 3

    struct Piece {
        /// Well-formed UTF-8 that never ends inside a character; valid until the next call.
        let text: UnsafeRawBufferPointer
        /// How many of the bytes were used; the others come again, in front of the next ones.
        let used: Int
        /// What is wrong with the bytes behind `text`.
        let problem: String?
    }

    private enum Form {
        case start
        /// Nothing but ASCII so far.
        case undecided
        case utf8
        case utf16(bigEndian: Bool)
        case latin1, windows1252
    }

    private let encoding: CSVExportReader.Format.Encoding?
    private var form = Form.start
    private var hasMark = false
    /// Room for text that is not UTF-8 yet: a byte becomes three at most. Pages that are not written to cost nothing.
    private let room: UnsafeMutableRawBufferPointer

    /// - Parameters:
    ///   - encoding: that of a file without a byte order mark; nil: found out.
    ///   - sizeMax: the most bytes that are decoded at a time.
    init(_ encoding: CSVExportReader.Format.Encoding?, sizeMax: Int) {
        self.encoding = encoding
        room = .allocate(byteCount: sizeMax * 3, alignment: 8)
    }

    deinit {
        room.deallocate()
    }

    /// What the file turned out to be, as people call it.
    var encodingName: String {
        let name =
            switch form {
            case .start, .undecided: "ASCII"
            case .utf8: "UTF-8"
            case .utf16: "UTF-16"
            case .latin1: "ISO-8859-1"
            case .windows1252: "Windows-1252"
            }
        return hasMark ? "\(name) with byte order mark" : name
    }

    func decode(_ bytes: UnsafeRawBufferPointer) -> Piece {
        switch form {
        case .start: decodeStart(bytes)
        case .undecided: decodeUndecided(bytes)
        case .utf8: checkUTF8(bytes)
        case .utf16(let bigEndian): decodeUTF16(bytes, bigEndian: bigEndian)
        case .latin1: decodeSingleBytes(bytes, table: nil)
        case .windows1252: decodeSingleBytes(bytes, table: TextDecoder.windows1252)
        }
    }

    private func piece(_ bytes: UnsafeRawBufferPointer, _ count: Int, problem: String? = nil) -> Piece {
        Piece(text: UnsafeRawBufferPointer(rebasing: bytes[..<count]), used: count, problem: problem)
    }

    // MARK: What it is

    private func decodeStart(_ bytes: UnsafeRawBufferPointer) -> Piece {
        let marks: [(bytes: [UInt8], form: Form)] = [
            ([0xEF, 0xBB, 0xBF], .utf8), ([0xFF, 0xFE], .utf16(bigEndian: false)),
            ([0xFE, 0xFF], .utf16(bigEndian: true)),
        ]
        for mark in marks where bytes.starts(with: mark.bytes) {
            form = mark.form
            hasMark = true
            let rest = decode(UnsafeRawBufferPointer(rebasing: bytes[mark.bytes.count...]))
            return Piece(text: rest.text, used: rest.used + mark.bytes.count, problem: rest.problem)
        }
        if marks.contains(where: { $0.bytes.starts(with: bytes) }) { return piece(bytes, 0) }
        switch encoding {
        case nil: form = .undecided
        case .utf8: form = .utf8
        case .latin1: form = .latin1
        case .windows1252: form = .windows1252
        case .utf16:
            return piece(
                bytes, 0,
                problem: "The file does not begin with a byte order mark, so it is not read as UTF-16. Let the "
                    + "source write one, or correct the encoding in the mapping.")
        }
        return decode(bytes)
    }

    private func decodeUndecided(_ bytes: UnsafeRawBufferPointer) -> Piece {
        guard let base = bytes.baseAddress else { return piece(bytes, 0) }
        let plain = ByteSearch.firstBeyondASCII(in: base, from: 0, to: bytes.count)
        guard plain < bytes.count else { return piece(bytes, plain) }
        switch UTF8Sequence(bytes, at: plain) {
        case .cut: return piece(bytes, plain)
        case .complete: form = .utf8
        case .illFormed: form = .windows1252
        }
        return decode(bytes)
    }

    // MARK: UTF-8 and UTF-16

    private func checkUTF8(_ bytes: UnsafeRawBufferPointer) -> Piece {
        guard let base = bytes.baseAddress else { return piece(bytes, 0) }
        var offset = 0
        while true {
            offset = ByteSearch.firstBeyondASCII(in: base, from: offset, to: bytes.count)
            guard offset < bytes.count else { return piece(bytes, offset) }
            switch UTF8Sequence(bytes, at: offset) {
            case .cut: return piece(bytes, offset)
            case .complete(let count): offset += count
            case .illFormed:
                return piece(
                    bytes, offset,
                    problem: "The file is UTF-8 up to here, but not further: two encodings are mixed, or "
                        + "it is damaged. Ask the source for a file in one encoding.")
            }
        }
    }

    private func decodeUTF16(_ bytes: UnsafeRawBufferPointer, bigEndian: Bool) -> Piece {
        func unit(at offset: Int) -> UInt32 {
            let (first, second) = (UInt32(bytes[offset]), UInt32(bytes[offset + 1]))
            return bigEndian ? first << 8 | second : second << 8 | first
        }
        var offset = 0
        var count = 0
        while offset + 1 < bytes.count {
            var scalar = unit(at: offset)
            var width = 2
            if scalar & 0xF800 == 0xD800 {
                let isHigh = scalar < 0xDC00
                if isHigh, offset + 3 >= bytes.count { break }
                let low = isHigh ? unit(at: offset + 2) : 0
                guard low & 0xFC00 == 0xDC00 else {
                    return decoded(
                        count, used: offset,
                        problem: "Half a character stands alone: the file is damaged. Ask the source for a new one.")
                }
                scalar = 0x10000 + (scalar & 0x3FF) << 10 + (low & 0x3FF)
                width = 4
            }
            put(scalar, &count)
            offset += width
        }
        return decoded(count, used: offset)
    }

    // MARK: One byte for each character

    private func decodeSingleBytes(_ bytes: UnsafeRawBufferPointer, table: [UInt16]?) -> Piece {
        guard let base = bytes.baseAddress else { return piece(bytes, 0) }
        var offset = 0
        var count = 0
        while true {
            let plain = ByteSearch.firstBeyondASCII(in: base, from: offset, to: bytes.count)
            writable(count).copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<plain]))
            count += plain - offset
            offset = plain
            guard offset < bytes.count else { return decoded(count, used: offset) }
            var scalar = UInt32(bytes[offset])
            if scalar < 0xA0 { scalar = table.map { UInt32($0[Int(scalar) - 0x80]) } ?? 0 }
            guard scalar != 0 else {
                return decoded(
                    count, used: offset,
                    problem: table == nil
                        ? "A byte is no character of ISO-8859-1. The file is rather Windows-1252: correct the encoding in "
                            + "the mapping."
                        : "A byte is no character of Windows-1252, and the file is not UTF-8 either: it is damaged, or in "
                            + "another encoding. Let the source write UTF-8.")
            }
            put(scalar, &count)
            offset += 1
        }
    }

    /// U+0080 to U+009F of Windows-1252; 0 where it has no character.
    private static let windows1252: [UInt16] = [
        0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
        0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E,
        0x0178,
    ]

    // MARK: Writing

    private func writable(_ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: room[count...])
    }

    private func decoded(_ count: Int, used: Int, problem: String? = nil) -> Piece {
        Piece(
            text: UnsafeRawBufferPointer(rebasing: room[..<count]), used: used, problem: problem)
    }

    @inline(__always)
    private func put(_ scalar: UInt32, _ count: inout Int) {
        let target = writable(count)
        func tail(_ shift: UInt32) -> UInt8 { 0x80 | UInt8(scalar >> shift & 0x3F) }
        switch scalar {
        case ..<0x80:
            target[0] = UInt8(scalar)
            count += 1
        case ..<0x800:
            target[0] = 0xC0 | UInt8(scalar >> 6)
            target[1] = tail(0)
            count += 2
        case ..<0x10000:
            target[0] = 0xE0 | UInt8(scalar >> 12)
            target[1] = tail(6)
            target[2] = tail(0)
            count += 3
        default:
            target[0] = 0xF0 | UInt8(scalar >> 18)
            target[1] = tail(12)
            target[2] = tail(6)
            target[3] = tail(0)
            count += 4
        }
    }
}

/// The bytes of one character outside of ASCII (The Unicode Standard, table 3-7).
enum UTF8Sequence {
    case complete(Int)
    /// Well-formed as far as it goes.
    case cut
    case illFormed

    init(_ bytes: UnsafeRawBufferPointer, at start: Int) {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch bytes[start] {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        case 0xF1...0xF3: length = 4
        default:
            self = .illFormed
            return
        }
        for index in 1..<length {
            guard start + index < bytes.count else {
                self = .cut
                return
            }
            guard (index == 1 ? second : 0x80...0xBF).contains(bytes[start + index]) else {
                self = .illFormed
                return
            }
        }
        self = .complete(length)
    }
}

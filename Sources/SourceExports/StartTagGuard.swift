import Glibc
import OrganisationModel

/// Watches the raw bytes for a tag that grows beyond all reason, before libxml2 sees it: its work on attributes grows with
/// their square.
///
/// A tag is counted from the last "<" on: libxml2 ends at one inside a tag, also inside of quotation marks.
///
/// It looks at bytes, not at characters: markup is ASCII in every encoding that is accepted. In UTF-16 the two bytes of a
/// character are looked at together, so that no other character passes for markup.
struct StartTagGuard {
    private enum Place {
        case text, opening, exclamation, tag, declaration, comment, section
    }

    /// Whether a character was NUL. libxml2 takes one behind the root element for the end, whatever follows.
    private(set) var hasNUL = false

    private var place = Place.text
    /// The quotation mark that an attribute value waits for; 0 outside of values.
    private var quote: UInt8 = 0
    private var length = 0
    /// The last two bytes of a comment or a CDATA section.
    private var tail: (UInt8, UInt8) = (0, 0)

    private enum Width {
        case unknown, bytes, littleEndian, bigEndian
    }

    private var width = Width.unknown
    /// The first byte of the document, or of a UTF-16 character, whose second has not come yet.
    private var waiting: UInt8?

    mutating func check(_ bytes: UnsafeRawBufferPointer) -> ExportProblem? {
        var rest = bytes
        if width == .unknown {
            guard bytes.count > 0 else { return nil }
            let first = waiting ?? bytes[0]
            let next = waiting == nil ? 1 : 0
            waiting = first
            guard bytes.count > next else { return nil }
            switch (first, bytes[next]) {
            case (0xFF, 0xFE), (0x3C, 0): width = .littleEndian
            case (0xFE, 0xFF), (0, 0x3C): width = .bigEndian
            default: width = .bytes
            }
            rest = UnsafeRawBufferPointer(rebasing: bytes[next...])
            if width == .bytes {
                waiting = nil
                if let problem = withUnsafeBytes(of: first, { checkBytes($0) }) { return problem }
            }
        }
        return width == .bytes ? checkBytes(rest) : checkPairs(rest)
    }

    /// Each UTF-16 character as one byte; what is not ASCII as a byte without meaning.
    private mutating func checkPairs(_ bytes: UnsafeRawBufferPointer) -> ExportProblem? {
        var narrow: [UInt8] = []
        narrow.reserveCapacity(bytes.count / 2 + 1)
        for byte in bytes {
            guard let first = waiting else {
                waiting = byte
                continue
            }
            waiting = nil
            let (high, low) = width == .littleEndian ? (byte, first) : (first, byte)
            narrow.append(high == 0 ? low : 1)
        }
        return narrow.withUnsafeBytes { checkBytes($0) }
    }

    private mutating func checkBytes(_ bytes: UnsafeRawBufferPointer) -> ExportProblem? {
        guard let start = bytes.baseAddress else { return nil }
        if memchr(start, 0, bytes.count) != nil { hasNUL = true }
        var isLong = false
        var offset = 0
        // Without comments and CDATA sections every "<" begins a tag, so of each stretch in which no tag can outgrow the
        // limit only the last one counts.
        let skips = (place == .text || place == .tag) && !StartTagGuard.holdsExclamation(bytes)
        while offset < bytes.count, !isLong {
            var end = bytes.count
            if skips {
                end = min(end, offset + max(1, XMLExportReader.startTagBytesMax - length))
                if let last = bytes[offset..<end].lastIndex(of: 0x3C) {
                    (place, quote, length) = (.opening, 0, 0)
                    offset = last + 1
                    continue
                }
            }
            isLong = !pass(UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
            offset = end
        }
        guard isLong else { return nil }
        return ExportProblem(
            rule: .tooLarge, line: 0, message: "A tag is longer than \(XMLExportReader.startTagBytesMax) bytes.")
    }

    /// Whether a comment, a section or a declaration may begin in the bytes.
    private static func holdsExclamation(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress else { return false }
        var offset = 0
        while let found = memchr(start + offset, 0x21, bytes.count - offset) {
            let place = start.distance(to: found)
            if place > 0, bytes[place - 1] == 0x3C { return true }
            offset = place + 1
        }
        return false
    }

    /// Goes through the bytes one after another; false when a tag has outgrown the limit.
    private mutating func pass(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress else { return true }
        var offset = 0
        while offset < bytes.count {
            switch place {
            case .text:
                guard let found = memchr(start + offset, 0x3C, bytes.count - offset) else { return true }
                offset = start.distance(to: found) + 1
                (place, quote, length) = (.opening, 0, 0)
            case .tag where quote == 0: offset = passTag(bytes, from: offset)
            default:
                let byte = bytes[offset]
                offset += 1
                length += 1
                step(byte)
            }
            if length > XMLExportReader.startTagBytesMax { return false }
        }
        return true
    }

    /// Most tags hold no attribute, so this loop, to the end of the tag or to a quotation mark, is the one that counts.
    private mutating func passTag(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var offset = start
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            if byte == 0x3E {
                place = .text
                break
            }
            if byte == 0x22 || byte == 0x27 {
                quote = byte
                break
            }
            if byte == 0x3C {
                place = .opening
                length = 0
                return offset
            }
        }
        length += offset - start
        return offset
    }

    @inline(__always)
    private mutating func step(_ byte: UInt8) {
        switch place {
        case .text: break
        case .opening:
            if byte == 0x3C {
                length = 0
            } else {
                place = byte == 0x3E ? .text : byte == 0x21 ? .exclamation : .tag
            }
        case .exclamation:
            tail = (0, 0)
            place =
                byte == 0x2D ? .comment : byte == 0x5B ? .section : byte == 0x3E ? .text : .declaration
        case .tag:
            if byte == quote {
                quote = 0
            } else if byte == 0x3C {
                (place, quote, length) = (.opening, 0, 0)
            }
        case .declaration:
            if byte == 0x3E { place = .text }
        case .comment, .section:
            length = 0
            let end: UInt8 = place == .comment ? 0x2D : 0x5D
            if byte == 0x3E, tail == (end, end) { place = .text }
            tail = (tail.1, byte)
        }
    }
}

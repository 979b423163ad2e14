import Foundation
import OrganisationModel

/// Watches the raw bytes for a tag that grows beyond all reason, before libxml2 sees it: its work on attributes grows with
/// their square.
///
/// It looks at bytes, not at characters: markup is ASCII in every encoding that is accepted, and in UTF-16 every second byte
/// is zero and passed over.
struct StartTagGuard {
    private enum Place {
        case text, opening, tag, declaration, comment, section
    }

    private var place = Place.text
    /// The quotation mark that an attribute value waits for; 0 outside of values.
    private var quote: UInt8 = 0
    private var length = 0
    /// The last two bytes of a comment or a CDATA section.
    private var tail: (UInt8, UInt8) = (0, 0)

    mutating func check(_ bytes: UnsafeRawBufferPointer) -> ExportProblem? {
        guard let start = bytes.baseAddress else { return nil }
        var offset = 0
        while offset < bytes.count {
            switch place {
            case .text:
                guard let found = memchr(start + offset, 0x3C, bytes.count - offset) else { return nil }
                offset = start.distance(to: found) + 1
                (place, quote, length) = (.opening, 0, 0)
            case .tag where quote == 0: offset = passTag(bytes, from: offset)
            default:
                let byte = bytes[offset]
                offset += 1
                length += 1
                if byte != 0 { step(byte) }
            }
            if length > XMLExportReader.startTagBytesMax, place == .tag || place == .declaration {
                return ExportProblem(
                    rule: .tooLarge, line: 0, message: "A tag is longer than \(XMLExportReader.startTagBytesMax) bytes."
                )
            }
        }
        return nil
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
        }
        length += offset - start
        return offset
    }

    @inline(__always)
    private mutating func step(_ byte: UInt8) {
        switch place {
        case .text: break
        case .opening: place = byte == 0x3E ? .text : byte == 0x21 ? .declaration : .tag
        case .tag:
            if byte == quote { quote = 0 }
        case .declaration:
            tail = (0, 0)
            if length == 1, byte == 0x2D || byte == 0x5B {
                place = byte == 0x2D ? .comment : .section
            } else if byte == 0x3E {
                place = .text
            }
        case .comment, .section:
            let end: UInt8 = place == .comment ? 0x2D : 0x5D
            if byte == 0x3E, tail == (end, end) { place = .text }
            tail = (tail.1, byte)
        }
    }
}

extension Rule {
    /// A text that lost letters before it reached us; it is published as it is.
    public static let textDamaged = Rule("record.text-damaged", .warning, .none)
}

/// How a text was damaged on its way to us, as far as the text itself shows it.
///
/// A sign is only what hardly any text holds that is as it should be: better a damaged value too few than a warning about
/// a good one.
public enum TextDamage {
    /// U+FFFD stands for what some program could not read.
    case unreadable
    /// UTF-8 was taken for Windows-1252 or ISO-8859-1, and encoded once more.
    case encodedTwice
    /// A question mark stands for a letter that the encoding of the export does not have.
    case lostLetter

    /// The first damage in a text of well-formed UTF-8; nil when it shows none.
    public init?(in text: UnsafeRawBufferPointer) {
        guard TextDamage.isSuspect(text) else { return nil }
        for index in text.indices {
            switch text[index] {
            case 0xEF where text.has(TextDamage.replacement, at: index),
                0xC3 where text.has(TextDamage.replacementEncodedTwice, at: index):
                self = .unreadable
                return
            case 0xC3 where TextDamage.isEncodedTwice(text, at: index):
                self = .encodedTwice
                return
            case 0x3F where TextDamage.isLostLetter(text, at: index):
                self = .lostLetter
                return
            default: break
            }
        }
        return nil
    }

    /// What an administrator is told; nothing of the value.
    public func message(_ attribute: String) -> String {
        let (what, toDo) =
            switch self {
            case .unreadable:
                (
                    "it holds U+FFFD, which stands for a letter that some program could not read",
                    "Look at it in the source: it may be stored so."
                )
            case .encodedTwice:
                (
                    "its letters are UTF-8 that was taken for another encoding and encoded once more",
                    "Correct the step that converts the file, or the value in the source."
                )
            case .lostLetter:
                (
                    "a question mark stands in place of a letter",
                    "Let the source write the export in UTF-8 (Export-Csv -Encoding UTF8), and not in ASCII."
                )
            }
        return "\(attribute) was damaged before it reached us: \(what). It is published as it is. \(toDo)"
    }

    /// Most values are ASCII without a question mark.
    private static func isSuspect(_ text: UnsafeRawBufferPointer) -> Bool {
        var isSuspect = false
        for byte in text { isSuspect = isSuspect || byte >= 0x80 || byte == 0x3F }
        return isSuspect
    }

    /// Whether one of these bytes, of which texts may be a part, can be the first of a damage: false for most.
    public static func mayBegin(in bytes: UnsafeRawBufferPointer) -> Bool {
        var previous: UInt8 = 0
        for byte in bytes {
            if byte == 0x3F { return true }
            switch (previous, byte) {
            case (0xEF, 0xBF), (0xC3, 0x82), (0xC3, 0x83), (0xC3, 0xA2), (0xC3, 0xAF): return true
            default: previous = byte
            }
        }
        return false
    }

    // MARK: Encodings

    private static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]
    /// U+FFFD itself as Windows-1252 shows its three bytes.
    private static let replacementEncodedTwice: [UInt8] = [0xC3, 0xAF, 0xC2, 0xBF, 0xC2, 0xBD]

    /// Whether the letter here, which begins with C3, and the next are the two bytes of one character: those of U+0080 to
    /// U+00FF begin with U+00C2 or U+00C3, those of dashes and curved quotation marks with U+00E2 and a euro sign.
    private static func isEncodedTwice(_ text: UnsafeRawBufferPointer, at index: Int) -> Bool {
        let next = index + 2
        guard next < text.count else { return false }
        switch text[index + 1] {
        case 0x83: return text[next] == 0xC2 || highWindows1252.contains { text.has($0, at: next) }
        case 0x82:
            // What French quotation marks enclose may end with that letter.
            return text[next] == 0xC2 && next + 1 < text.count && text[next + 1] >= 0xA0
                && ![0xAB, 0xBB].contains(text[next + 1])
        case 0xA2: return text.has([0xE2, 0x82, 0xAC], at: next) || text.has([0xC2, 0x80], at: next)
        default: return false
        }
    }

    /// The bytes 80 to 9F of Windows-1252, in UTF-8.
    private static let highWindows1252 = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ".unicodeScalars.map { Array(String($0).utf8) }

    // MARK: Question marks

    /// Whether a question mark, or several, stand between two letters of a word or at its beginning.
    private static func isLostLetter(_ text: UnsafeRawBufferPointer, at index: Int) -> Bool {
        guard index == 0 || text[index - 1] != 0x3F else { return false }
        var next = index + 1
        while next < text.count, text[next] == 0x3F { next += 1 }
        guard next < text.count, text.isLetter(beginningAt: next) else { return false }
        // The space behind a question is missing.
        if index > 0, text[index - 1].isLowercase, text[next].isUppercase { return false }
        let start = text[..<index].lastIndex { $0 <= 0x20 }.map { $0 + 1 } ?? 0
        let end = text[next...].firstIndex { $0 <= 0x20 } ?? text.count
        return !isCodeOrAddress(before: text[start..<index], behind: text[next..<end])
    }

    /// Codes hold digits; in addresses of pages and mails the question mark begins what is asked for.
    private static func isCodeOrAddress(
        before: Slice<UnsafeRawBufferPointer>, behind: Slice<UnsafeRawBufferPointer>
    ) -> Bool {
        func isMark(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || byte == 0x5F || byte == 0x2A }
        if before.contains(where: isMark) || behind.contains(where: isMark) { return true }
        if behind.contains(0x3D) || behind.contains(0x26) || before.contains(0x40) { return true }
        // A folder or a page of a host, as in `by.example/page?ask`.
        return before.contains(0x2F) && (before.contains(0x2E) || before.contains(0x3A))
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func has(_ bytes: [UInt8], at index: Int) -> Bool {
        self[index...].starts(with: bytes)
    }

    /// Latin, Greek or Cyrillic.
    fileprivate func isLetter(beginningAt index: Int) -> Bool {
        switch self[index] {
        case 0xC3: index + 1 < count && self[index + 1] != 0x97 && self[index + 1] != 0xB7
        case 0xC4...0xCA, 0xCE...0xD4: true
        default: self[index].isLowercase || self[index].isUppercase
        }
    }
}

extension UInt8 {
    fileprivate var isLowercase: Bool { (0x61...0x7A).contains(self) }
    fileprivate var isUppercase: Bool { (0x41...0x5A).contains(self) }
}

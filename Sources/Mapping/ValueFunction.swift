import OrganisationModel

/// A function from one text to another; it depends on nothing else.
enum ValueFunction: Sendable {
    /// The opposite of a flag. What is no flag stays as it is, so that the finding is about the value that was written.
    case not
    case lower
    case upper
    /// The digits alone.
    case digits
    /// Without spaces, hyphens, dots, slashes and brackets; `00` at the beginning is `+`.
    case phone
    /// A number of hundredths as a fraction of one.
    case percent
    /// A day written in one of these forms, as yyyy-MM-dd. What has none of them stays as it is.
    case date([DateForm])
    /// The UUID that a directory writes as `X'...'`, its first three parts with the least byte first (MS-DTYP, 2.3.4.2).
    case guid
    /// Whether a whole number has one of the bits.
    case bit(UInt64)
    /// What the table says; for a text that it does not know: `otherwise`.
    case lookup([[UInt8]: [UInt8]], otherwise: Otherwise)
    /// A part of a list, from 1, from the end when negative; `\` before the separator makes it a part of the text.
    case part(separator: UInt8, number: Int)
    /// The value of an attribute of a distinguished name (RFC 4514), from 1, from the end when negative.
    case name(attribute: [UInt8], number: Int)
    /// These characters, from 1, both included.
    case slice(from: Int, to: Int)
    /// Zeros before it, until it has so many characters.
    case pad(Int)

    enum Otherwise: Sendable {
        case absent
        case keep
        case text([UInt8])
    }

    /// Puts the function's value in the place of the text that stands from `start` on.
    /// - Returns: false when there is no value; what stands there then is of no meaning.
    func apply(_ bytes: inout [UInt8], from start: Int) -> Bool {
        switch self {
        case .not:
            guard let flag = Flags.parse(bytes[start...]) else { return true }
            bytes.replaceSubrange(start..., with: (flag ? "false" : "true").utf8)
        case .lower, .upper: changeCase(&bytes, from: start)
        case .digits: bytes.keep(from: start) { Self.isDigit($0) }
        case .phone: Self.phone(&bytes, from: start)
        case .percent:
            guard let value = bytes[start...].withUnsafeBytes(Decimals.parse),
                let part = Decimals.divide(value, by: 100 * Decimals.scale)
            else { return true }
            bytes.replaceSubrange(start..., with: Decimals.write(part).utf8)
        case .date(let forms):
            let text = Array(bytes[start...])
            guard let read = forms.lazy.compactMap({ $0.parse(text) }).first else { return true }
            guard let day = read.day else { return false }
            bytes.replaceSubrange(start..., with: day.description.utf8)
        case .guid: return Self.guid(&bytes, from: start)
        case .bit(let mask):
            guard let number = UInt64(String(decoding: bytes[start...], as: UTF8.self)) else { return true }
            bytes.replaceSubrange(start..., with: (number & mask != 0 ? "true" : "false").utf8)
        case .lookup(let table, let otherwise): return Self.lookup(&bytes, from: start, table, otherwise)
        case .part(let separator, let number):
            return pick(Lists.parts(bytes[start...], separator), number, &bytes, from: start)
        case .name(let attribute, let number):
            return pick(Lists.names(bytes[start...], attribute), number, &bytes, from: start)
        case .slice(let from, let to):
            let text = String(decoding: bytes[start...], as: UTF8.self)
            bytes.replaceSubrange(start..., with: text.dropFirst(from - 1).prefix(to - from + 1).utf8)
        case .pad(let count):
            let missing = count - (bytes.count - start)
            if missing > 0 { bytes.insert(contentsOf: repeatElement(UInt8(ascii: "0"), count: missing), at: start) }
        }
        return bytes.count > start
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte)
    }

    private func changeCase(_ bytes: inout [UInt8], from start: Int) {
        let text = String(decoding: bytes[start...], as: UTF8.self)
        let changed = if case .lower = self { text.lowercased() } else { text.uppercased() }
        bytes.replaceSubrange(start..., with: changed.utf8)
    }

    private static func phone(_ bytes: inout [UInt8], from start: Int) {
        let left = Set(" -./()".utf8)
        bytes.keep(from: start) { !left.contains($0) }
        if bytes[start...].starts(with: "00".utf8), bytes[start...].contains(where: { $0 != 0x30 }) {
            bytes.replaceSubrange(start..<start + 2, with: "+".utf8)
        }
    }

    private static func lookup(
        _ bytes: inout [UInt8], from start: Int, _ table: [[UInt8]: [UInt8]], _ otherwise: Otherwise
    ) -> Bool {
        if let value = table[Array(bytes[start...])] {
            bytes.replaceSubrange(start..., with: value)
            return !value.isEmpty
        }
        switch otherwise {
        case .absent: return false
        case .keep: return true
        case .text(let text):
            bytes.replaceSubrange(start..., with: text)
            return !text.isEmpty
        }
    }

    private static func guid(_ bytes: inout [UInt8], from start: Int) -> Bool {
        let text = bytes[start...]
        guard text.count == 35, text.starts(with: "X'".utf8), text.last == UInt8(ascii: "'"),
            let raw = Hexadecimal.bytes(String(decoding: text.dropFirst(2).dropLast(), as: UTF8.self).lowercased()),
            raw.count == 16
        else { return true }
        let order = [3, 2, 1, 0, 5, 4, 7, 6] + Array(8..<16)
        guard let id = order.map({ raw[$0] }).withUnsafeBytes(ObjectID.init(bytes:)) else { return true }
        bytes.replaceSubrange(start..., with: id.description.utf8)
        return true
    }

    private func pick(_ parts: [[UInt8]], _ number: Int, _ bytes: inout [UInt8], from start: Int) -> Bool {
        let index = number > 0 ? number - 1 : parts.count + number
        guard parts.indices.contains(index), !parts[index].isEmpty else { return false }
        bytes.replaceSubrange(start..., with: parts[index])
        return true
    }
}

/// A way to write a day.
enum DateForm: String, Sendable, CaseIterable {
    case iso = "yyyy-MM-dd"
    case dayFirst = "dd-MM-yyyy"
    case dayFirstDots = "dd.MM.yyyy"
    case dayFirstSlashes = "dd/MM/yyyy"
    case compact = "yyyyMMdd"
    /// `20140506150213.0Z` (RFC 4517, 3.3.13); the day as it is written, in UTC.
    case generalizedTime
    /// Ten-millionths of a second since 1601 in UTC; 0 and the greatest number mean never (MS-ADA1, accountExpires).
    case fileTime

    /// - Returns: nil when the text has not this form; a form that says "never" has no day. A time of day behind it is passed over.
    func parse(_ text: [UInt8]) -> (day: Day?, Void)? {
        switch self {
        case .iso: read(text, "yyyy-MM-dd")
        case .dayFirst: read(text, "dd-MM-yyyy")
        case .dayFirstDots: read(text, "dd.MM.yyyy")
        case .dayFirstSlashes: read(text, "dd/MM/yyyy")
        case .compact: text.count == 8 ? read(text, "yyyyMMdd") : nil
        case .generalizedTime:
            text.count >= 15 && text.last == UInt8(ascii: "Z") ? read(Array(text.prefix(8)), "yyyyMMdd") : nil
        case .fileTime: fileTime(text)
        }
    }

    private func read(_ text: [UInt8], _ form: String) -> (day: Day?, Void)? {
        let form = Array(form.utf8)
        guard text.count >= form.count else { return nil }
        if text.count > form.count, ![UInt8(ascii: " "), UInt8(ascii: "T")].contains(text[form.count]) { return nil }
        var (year, month, day) = (0, 0, 0)
        for (letter, byte) in zip(form, text) {
            let digit = Int(byte) - 0x30
            switch letter {
            case UInt8(ascii: "y"), UInt8(ascii: "M"), UInt8(ascii: "d"):
                guard (0...9).contains(digit) else { return nil }
                if letter == UInt8(ascii: "y") { year = year * 10 + digit }
                if letter == UInt8(ascii: "M") { month = month * 10 + digit }
                if letter == UInt8(ascii: "d") { day = day * 10 + digit }
            default: guard letter == byte else { return nil }
            }
        }
        return Day(year: year, month: month, day: day).map { ($0, ()) }
    }

    private func fileTime(_ text: [UInt8]) -> (day: Day?, Void)? {
        guard let ticks = Int64(String(decoding: text, as: UTF8.self)), ticks >= 0 else { return nil }
        if ticks == 0 || ticks == .max { return (nil, ()) }
        // 1601-01-01 lies 134,774 days before 1970-01-01.
        return (Day(number: Int32(ticks / 864_000_000_000) - 134_774), ())
    }
}

/// Flags as exports write them.
enum Flags {
    static func parse(_ text: some Sequence<UInt8>) -> Bool? {
        switch String(decoding: Array(text), as: UTF8.self).lowercased() {
        case "true", "1", "yes": true
        case "false", "0", "no": false
        default: nil
        }
    }
}

/// Lists within a text.
private enum Lists {
    static let escape = UInt8(ascii: "\\")

    /// The parts between separators; `\` before a character makes it a part of the text.
    static func parts(_ text: ArraySlice<UInt8>, _ separator: UInt8, unescape: Bool = true) -> [[UInt8]] {
        var parts: [[UInt8]] = [[]]
        var isEscaped = false
        for byte in text {
            if isEscaped {
                if !unescape || (byte != separator && byte != escape) { parts[parts.count - 1].append(escape) }
                parts[parts.count - 1].append(byte)
                isEscaped = false
            } else if byte == escape {
                isEscaped = true
            } else if byte == separator {
                parts.append([])
            } else {
                parts[parts.count - 1].append(byte)
            }
        }
        if isEscaped { parts[parts.count - 1].append(escape) }
        return parts
    }

    /// The values of an attribute in a distinguished name, from the leaf to the root.
    static func names(_ text: ArraySlice<UInt8>, _ attribute: [UInt8]) -> [[UInt8]] {
        parts(text, UInt8(ascii: ","), unescape: false).compactMap { part in
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")),
                String(decoding: part[..<equals], as: UTF8.self).trimmed.lowercased()
                    == String(decoding: attribute, as: UTF8.self).lowercased()
            else { return nil }
            return unescaped(part[(equals + 1)...])
        }
    }

    /// `\,` is a comma, `\2C` too (RFC 4514, section 2.4).
    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var value: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == escape, let next = rest.first else {
                value.append(byte)
                continue
            }
            if let pair = Hexadecimal.bytes(String(decoding: rest.prefix(2), as: UTF8.self).lowercased()),
                pair.count == 1
            {
                value.append(pair[0])
                rest = rest.dropFirst(2)
            } else {
                value.append(next)
                rest = rest.dropFirst()
            }
        }
        return value
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

extension [UInt8] {
    /// Removes what does not fit, from `start` on.
    fileprivate mutating func keep(from start: Int, _ fits: (UInt8) -> Bool) {
        let kept = self[start...].filter(fits)
        replaceSubrange(start..., with: kept)
    }
}

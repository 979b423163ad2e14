import OrganisationModel

/// What values look like.
enum ValueShapes {
    /// A Danish, Swedish or Norwegian personal identity number: a day and what tells people apart that were born on it. Ten
    /// digits, eleven in Norway, ten or twelve in Sweden; `-` or `+` may stand before the last four. Days up to 91 are those of
    /// replacement numbers.
    static func isPersonNumber(_ text: String) -> Bool {
        var digits = Array(text.utf8)
        if digits.count >= 11, [0x2D, 0x2B, 0x20].contains(digits[digits.count - 5]) {
            digits.remove(at: digits.count - 5)
        }
        guard (10...12).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        func pair(_ at: Int) -> Int { Int(digits[at] - 0x30) * 10 + Int(digits[at + 1] - 0x30) }
        func isDay(_ day: Int, _ month: Int) -> Bool {
            (1...91).contains(day) && (1...12).contains(month % 20) && month < 53
        }
        switch digits.count {
        case 12: return [19, 20].contains(pair(0)) && isDay(pair(6), pair(4)) && pair(4) <= 12
        case 11: return isDay(pair(0), pair(2))
        default: return (isDay(pair(0), pair(2)) && pair(2) <= 12) || (isDay(pair(4), pair(2)) && pair(2) <= 12)
        }
    }

    static func isUUID(_ text: String) -> Bool {
        let inner = text.hasPrefix("{") && text.hasSuffix("}") ? String(text.dropFirst().dropLast()) : text
        return inner.utf8.count == 36 && ObjectID(inner) != nil
    }

    /// A UUID as csvde writes it.
    static func isHexGUID(_ text: String) -> Bool {
        text.utf8.count == 35 && text.hasPrefix("X'") && text.hasSuffix("'")
    }

    static func isEmail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty && parts[1].contains(".") && !text.contains(" ")
    }

    static func isPhone(_ text: String) -> Bool {
        let digits = text.utf8.count { (0x30...0x39).contains($0) }
        return (4...15).contains(digits) && text.allSatisfy { $0.isNumber || " +-./()".contains($0) }
    }

    static func isDecimal(_ text: String) -> Bool {
        Array(text.utf8).withUnsafeBytes(Decimals.parse) != nil
    }

    static func isWhole(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Like a key: short, without spaces.
    static func isCode(_ text: String) -> Bool {
        text.utf8.count <= 40 && !text.contains { $0 == " " || $0 == "@" || $0 == "," }
    }

    /// A draft may show it: a code that names nobody.
    static func isShowable(_ text: String) -> Bool {
        isCode(text) && !isPersonNumber(text)
    }

    static func isDistinguishedName(_ text: String) -> Bool {
        text.contains("=") && text.contains(",") && ["cn=", "ou=", "dc="].contains { text.lowercased().contains($0) }
    }

    /// Words that stand where there is no value.
    static let nothing: Set<String> = [
        "null", "(null)", "<null>", "n/a", "none", "nil", "-", "--", "---", ".", "xx", "no timestamp", "empty",
        "empty@empty", "0000-00-00", "00000000-0000-0000-0000-000000000000",
    ]

    static func isNothing(_ text: String) -> Bool {
        nothing.contains(text.lowercased())
    }

    /// Numbers that stand where there is none.
    static func isZeros(_ text: String) -> Bool {
        !text.isEmpty && (text.allSatisfy { $0 == "0" } || (text.count >= 8 && text.allSatisfy { $0 == "9" }))
    }

    static let yes: Set<String> = ["ja", "j", "y", "sand", "sant", "aktiv", "active", "x", "true", "1", "yes"]
    static let no: Set<String> = [
        "nej", "nei", "n", "falsk", "falskt", "usant", "inaktiv", "inactive", "false", "0", "no",
    ]

    static func isFlag(_ text: String) -> Bool {
        yes.contains(text.lowercased()) || no.contains(text.lowercased())
    }
}

import OrganisationModel

/// What the text of an attribute must look like, where more is known of it than that it is a text.
enum ValueForm: Sendable {
    case cpr, ean, pNumber, cvr, email, phone
    /// The most characters (grapheme clusters) that FK Organisation takes (KOMBIT Anvisninger 1.2.3, chapters 4-6).
    case length(Int)

    /// Nil for attributes of which nothing is known.
    init?(_ attribute: Attribute) {
        guard attribute.type == .text else { return nil }
        switch attribute.name {
        case "cpr": self = .cpr
        case "ean": self = .ean
        case "pNumber": self = .pNumber
        case "cvr": self = .cvr
        case "email": self = .email
        case "phone", "mobile": self = .phone
        case "name", "address", "visitingAddress", "returnAddress": self = .length(200)
        case "givenName", "surname", "callName", "displayName": self = .length(100)
        default: return nil
        }
    }

    /// The rule that the text breaks; nil when it is in order. Texts are never empty.
    func broken(by text: UnsafeRawBufferPointer) -> Rule? {
        switch self {
        case .cpr: Self.cpr(text)
        case .ean:
            Self.digits(text, count: 13).map { Self.isGLN($0) ? nil : .eanCheck } ?? .eanCheck
        case .pNumber: Self.digits(text, count: 10) == nil ? .pNumberForm : nil
        case .cvr:
            Self.digits(text, count: 8).map { Self.sum($0, [2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0 ? nil : .cvrCheck }
                ?? .cvrCheck
        case .email: Self.isMail(text) ? nil : .emailForm
        case .phone: (3...15).contains(text.count { Self.isDigit($0) }) ? nil : .phoneForm
        case .length(let most):
            // A text has no more characters than bytes.
            text.count > most && String(decoding: text, as: UTF8.self).count > most ? .textLong : nil
        }
    }

    /// What an administrator is told; nothing of the value.
    func message(_ attribute: String, _ rule: Rule) -> String {
        let what =
            switch self {
            case .cpr where rule.code == Rule.cprCheck.code:
                "has a wrong check digit. Compare it with the CPR register"
            case .cpr: "is not ten digits that begin with a day of the calendar. Correct it in the source"
            case .ean: "is not 13 digits with the right check digit. Correct it in the source"
            case .pNumber: "is not ten digits. Correct it in the source"
            case .cvr: "is not eight digits with the right check digit. Correct it in the source"
            case .email: "does not have the form name@domain. Correct it in the source"
            case .phone: "has fewer than 3 digits or more than 15. Correct it in the source"
            case .length(let most):
                "has more than \(most) characters, which is more than FK Organisation can hold. Shorten it in the source"
            }
        return "\(attribute) \(what)."
    }

    // MARK: CPR numbers

    private static func cpr(_ text: UnsafeRawBufferPointer) -> Rule? {
        let hyphen = text.count == 11 && text[6] == 0x2D
        let written = hyphen ? Array(text[..<6]) + Array(text[7...]) : Array(text)
        guard let digits = written.withUnsafeBytes({ digits($0, count: 10) }) else { return .cprForm }
        let (day, month) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
        guard
            Day(
                parsing: padded(year(digits), 4) + "-" + padded(month, 2) + "-" + padded(day, 2)) != nil
        else { return .cprForm }
        // Of some first days of January there are more people than numbers that keep modulus 11.
        if day == 1, month == 1 { return nil }
        return sum(digits, [4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0 ? nil : .cprCheck
    }

    /// The seventh digit tells the century.
    private static func year(_ digits: [Int]) -> Int {
        let year = digits[4] * 10 + digits[5]
        let century =
            switch digits[6] {
            case 0...3: 1900
            case 4, 9: year <= 36 ? 2000 : 1900
            default: year <= 57 ? 2000 : 1800
            }
        return century + year
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    // MARK: Digits

    private static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte)
    }

    private static func digits(_ text: UnsafeRawBufferPointer, count: Int) -> [Int]? {
        guard text.count == count, text.allSatisfy(isDigit) else { return nil }
        return text.map { Int($0) - 0x30 }
    }

    private static func sum(_ digits: [Int], _ weights: [Int]) -> Int {
        zip(digits, weights).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// The check digit of GS1: the other digits count once and three times by turns.
    private static func isGLN(_ digits: [Int]) -> Bool {
        digits.enumerated().reduce(0) { $0 + $1.element * ($1.offset % 2 == 0 ? 1 : 3) } % 10 == 0
    }

    // MARK: Mail

    private static func isMail(_ text: UnsafeRawBufferPointer) -> Bool {
        let parts = text.split(separator: 0x40, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !text.contains(where: { $0 <= 0x20 || $0 == 0x2C || $0 == 0x3B })
        else { return false }
        let labels = parts[1].split(separator: 0x2E, omittingEmptySubsequences: false)
        return labels.count > 1 && labels.allSatisfy { !$0.isEmpty }
    }
}

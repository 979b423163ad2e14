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
        case .ean: Self.isDigits(text, count: 13) && Self.isGLN(text) ? nil : .eanCheck
        case .pNumber: Self.isDigits(text, count: 10) ? nil : .pNumberForm
        case .cvr:
            Self.isDigits(text, count: 8) && Self.sum(text, [2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0 ? nil : .cvrCheck
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

    // Read for every altered record, so nothing here allocates.
    private static func cpr(_ text: UnsafeRawBufferPointer) -> Rule? {
        // Norwegian numbers have eleven digits (in D numbers 40 is added to the day), Swedish ones twelve with their century; only
        // their days are looked at.
        if isDigits(text, count: 11) {
            let day = number(text, 0)
            return isDay(day > 40 ? day - 40 : day, month: number(text, 2)) ? nil : .cprForm
        }
        if isDigits(text, count: 12) { return isDay(number(text, 6), month: number(text, 4)) ? nil : .cprForm }
        guard text.count == 11, text[6] == 0x2D else { return cprDigits(text) }
        return withUnsafeTemporaryAllocation(byteCount: 10, alignment: 1) { digits in
            for place in 0..<10 { digits[place] = text[place < 6 ? place : place + 1] }
            return cprDigits(UnsafeRawBufferPointer(digits))
        }
    }

    private static func isDay(_ day: Int, month: Int) -> Bool {
        (1...31).contains(day) && (1...12).contains(month)
    }

    private static func cprDigits(_ text: UnsafeRawBufferPointer) -> Rule? {
        guard isDigits(text, count: 10) else { return .cprForm }
        let (day, month) = (number(text, 0), number(text, 2))
        guard (1...12).contains(month), (1...days(month, year(text))).contains(day) else { return .cprForm }
        // Of some first days of January there are more people than numbers that keep modulus 11.
        if day == 1, month == 1 { return nil }
        return sum(text, [4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0 ? nil : .cprCheck
    }

    /// The seventh digit tells the century.
    private static func year(_ text: UnsafeRawBufferPointer) -> Int {
        let year = number(text, 4)
        switch text[6] {
        case 0x30...0x33: return 1900 + year
        case 0x34, 0x39: return (year <= 36 ? 2000 : 1900) + year
        default: return (year <= 57 ? 2000 : 1800) + year
        }
    }

    private static func days(_ month: Int, _ year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    // MARK: Digits

    private static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte)
    }

    private static func isDigits(_ text: UnsafeRawBufferPointer, count: Int) -> Bool {
        text.count == count && text.allSatisfy(isDigit)
    }

    /// The number that two digits make.
    private static func number(_ text: UnsafeRawBufferPointer, _ place: Int) -> Int {
        Int(text[place] - 0x30) * 10 + Int(text[place + 1] - 0x30)
    }

    private static func sum(_ text: UnsafeRawBufferPointer, _ weights: [Int]) -> Int {
        var sum = 0
        for place in weights.indices { sum += Int(text[place] - 0x30) * weights[place] }
        return sum
    }

    /// The check digit of GS1: the other digits count once and three times by turns.
    private static func isGLN(_ text: UnsafeRawBufferPointer) -> Bool {
        var sum = 0
        for place in text.indices { sum += Int(text[place] - 0x30) * (place % 2 == 0 ? 1 : 3) }
        return sum % 10 == 0
    }

    // MARK: Mail

    /// Something before the only `@`, and behind it at least two parts between points.
    private static func isMail(_ text: UnsafeRawBufferPointer) -> Bool {
        var at: Int?
        var points = 0
        for (place, byte) in text.enumerated() {
            switch byte {
            case 0...0x20, 0x2C, 0x3B: return false
            case 0x40:
                guard at == nil, place > 0 else { return false }
                at = place
            case 0x2E:
                guard let at else { continue }
                guard place > at + 1, text[place - 1] != 0x2E else { return false }
                points += 1
            default: continue
            }
        }
        return at != nil && points > 0 && text[text.count - 1] != 0x2E
    }
}

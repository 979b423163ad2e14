/// What all employments of one person share.
struct Person {
    let birthYear: Int
    let cpr: String
    let firstName: String
    let lastName: String
    let isAddressProtected: Bool
    let address: String
    let postalCode: String
    let city: String
    let userId: String?
}

/// The parent of every unit, by LOS id.
struct Hierarchy {
    var parents: [String: String]

    init(_ units: [OpusMunicipality.Unit]) {
        parents = Dictionary(units.map { ($0.id, $0.parentOrgUnit) }, uniquingKeysWith: { _, last in last })
    }

    /// How many units lie above the given one; nil when the way up ends in the unknown, in a cycle, or leads through
    /// the unit to be avoided.
    func level(of id: String, avoiding avoided: String? = nil) -> Int? {
        var current = id
        for level in 0...parents.count {
            guard current != avoided, let parent = parents[current] else { return nil }
            if parent.isEmpty { return level }
            current = parent
        }
        return nil
    }
}

/// The SplitMix64 generator, so that a seed means the same with every version of the standard library.
struct SplitMix64 {
    var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, not including, `bound`, which is at least 1.
    mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// True in so many of a hundred cases.
    mutating func chance(_ percent: Int) -> Bool {
        below(100) < percent
    }

    mutating func pick<Element>(_ choice: [Element]) -> Element {
        choice[below(choice.count)]
    }

    mutating func shuffle<Element>(_ elements: inout [Element]) {
        guard elements.count > 1 else { return }
        for last in (1..<elements.count).reversed() {
            elements.swapAt(last, below(last + 1))
        }
    }

    /// A date from 1 January of one year to 31 December of another.
    mutating func date(from first: Int, to last: Int) -> CivilDay {
        let start = CivilDay(year: first, month: 1, day: 1).serial
        let end = CivilDay(year: last + 1, month: 1, day: 1).serial
        return CivilDay(serial: start + below(end - start))
    }

    mutating func street() -> String {
        pick(streetNames) + " " + String(1 + below(180))
    }

    /// An EAN location number with a correct check digit.
    mutating func ean() -> String {
        let number = 579_900_000_000 + below(100_000_000)
        var rest = number
        var sum = 0
        for place in 0..<12 {
            sum += rest % 10 * (place.isMultiple(of: 2) ? 3 : 1)
            rest /= 10
        }
        return String(number * 10 + (10 - sum % 10) % 10)
    }

    /// Eight digits, the same in pairs, an extension, or nothing.
    mutating func workPhone() -> String {
        let number = digits(99_000_000 + below(1_000_000), width: 8)
        switch below(10) {
        case 0: return stride(from: 0, to: 8, by: 2).map { number.dropFirst($0).prefix(2) }.joined(separator: " ")
        case 1: return String(number.suffix(5))
        case 2, 3, 4: return ""
        default: return number
        }
    }
}

/// A day of the Gregorian calendar, counted from 1970-01-01.
struct CivilDay {
    let serial: Int

    init(serial: Int) {
        self.serial = serial
    }

    init(year: Int, month: Int, day: Int) {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        serial = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    var parts: (year: Int, month: Int, day: Int) {
        let shifted = serial + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    var year: Int { parts.year }

    /// The day as yyyy-MM-dd.
    var text: String {
        let (year, month, day) = parts
        return digits(year, width: 4) + "-" + digits(month, width: 2) + "-" + digits(day, width: 2)
    }

    func advanced(by days: Int) -> CivilDay {
        CivilDay(serial: serial + days)
    }
}

/// All indices below `count`, beginning with `start` and going round.
func ring(from start: Int, of count: Int) -> LazyMapSequence<Range<Int>, Int> {
    (0..<count).lazy.map { (start + $0) % count }
}

/// A number that is not negative, with zeros in front of it; higher digits than fit are cut off.
func digits(_ number: Int, width: Int) -> String {
    String(unsafeUninitializedCapacity: width) { buffer in
        var rest = number
        for place in (0..<width).reversed() {
            buffer[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        return width
    }
}

/// The first letter of a name, as an account name may hold it.
func initial(of name: String) -> String {
    switch name.first {
    case "Æ": "A"
    case "Ø": "O"
    case "Å": "A"
    case .some(let letter): String(letter)
    case nil: "X"
    }
}

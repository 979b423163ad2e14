/// The accounts of a fictitious municipality as its Active Directory lists them, for tests and measurements.
///
/// Everything follows from the seed and the municipality's employments: the same two give the same accounts, and so
/// byte for byte the same file, on every machine. Nearly everybody who is employed on the municipality's day has one
/// account, which names one of that person's employments of the day by its number. A few people who have left still
/// have a disabled account, and about two accounts in a hundred are service accounts that belong to nobody.
public struct ADMunicipality: Sendable {
    /// One account, with an empty text where the directory has no value.
    public struct Account: Sendable {
        /// `ObjectGUID`: a random UUID of version 4 in small letters, the same for as long as the account exists.
        public var guid: String
        /// `SamAccountName`: the OPUS account of the person where there is one; unique.
        public var samAccountName: String
        /// `DistinguishedName`, with `\,` for a comma within a part; unique, and another one after a move or a new name.
        public var distinguishedName: String
        /// `GivenName`: some directories leave the second given name out.
        public var givenName: String
        /// `Surname`.
        public var surname: String
        /// `Name`: "Anne Lund", "Lund, Anne", or with the account name behind it when the unit has two of that name.
        public var displayName: String
        /// `EmailAddress`: the one of the HR system, one made of the person's name, or empty.
        public var email: String
        /// `Title`: that of the employment, at times with an addition.
        public var title: String
        /// `Department`: the name of the unit.
        public var department: String
        /// `Manager`: distinguished name of the account of who leads the unit, or empty.
        public var managerDN: String
        /// `EmployeeID`: number of an employment of the person; empty in a service account.
        public var employeeID: String
        /// `OfficePhone`: another number than the HR system's, in one of two forms, or empty.
        public var officePhone: String
        /// `StreetAddress`: that of the unit, at times with a second line, or empty.
        public var streetAddress: String
        /// `whenChanged`: day and time as a Danish server writes them, such as 22-05-2020 14:03:11.
        public var whenChanged: String
        /// `Enabled`.
        public var isEnabled: Bool
        /// Last part of the `SID`; unique.
        public var relativeID: Int

        /// CPR number of who has the account; nil in a service account.
        let person: String?
        /// Whether the account is disabled because the person has no employment.
        var hasLeft: Bool
        var habits: Habits
    }

    /// The accounts in file order: mixed as generated, later ones at the end.
    public var accounts: [Account]
    /// Name of the municipality without the word Kommune.
    public let name: String
    /// The date (yyyy-MM-dd) the accounts stand for.
    public internal(set) var day: String

    /// The first parts of every `SID`.
    let domainSID: String
    let seed: UInt64
    var usedNames: Set<String> = []
    var lastRelativeID = 1104

    /// The accounts of a municipality on its day.
    /// - Parameters:
    ///   - seed: decides everything that is left to chance.
    ///   - hr: the municipality; its name, day, units and employments are read.
    public init(seed: UInt64, hr: OpusMunicipality) {
        var random = SplitMix64(seed: seed ^ 0x4144_2D73_6964)
        name = hr.name
        day = hr.day
        self.seed = seed
        domainSID =
            "S-1-5-21-"
            + (0..<3).map { _ in String(1_000_000_000 + random.below(3_000_000_000)) }
            .joined(separator: "-")
        accounts = []
        let workforce = Workforce(hr)
        addAccounts(of: workforce, isFirstDay: true)
        addServices(count: accounts.count / 49, using: &random)
        random.shuffle(&accounts)
        settle(in: workforce)
    }

    /// Gives every account another `whenChanged` and leaves everything else as it is.
    public mutating func touch() {
        for index in accounts.indices {
            let second = accounts[index].whenChanged.hasSuffix("59") ? "58" : "59"
            accounts[index].whenChanged = Self.dayFirst(day) + " 23:59:" + second
        }
    }

    /// A date yyyy-MM-dd as dd-MM-yyyy.
    static func dayFirst(_ date: String) -> String {
        date.split(separator: "-").reversed().joined(separator: "-")
    }

    static func time(using random: inout SplitMix64) -> String {
        digits(6 + random.below(14), width: 2) + ":" + digits(random.below(60), width: 2) + ":"
            + digits(random.below(60), width: 2)
    }
}

/// What the directory does with one person's account, decided when it is made.
struct Habits: Sendable {
    enum Mail: CaseIterable {
        case none, account, name
    }

    let beginsWithSurname: Bool
    let keepsSecondName: Bool
    let takesLastEmployment: Bool
    let hasDepartment: Bool
    let hasManager: Bool
    let hasStreet: Bool
    let floor: String
    var hasTitle: Bool
    var titleAddition: String
    var mail: Mail
    var phone: String

    init(using random: inout SplitMix64) {
        beginsWithSurname = random.chance(12)
        keepsSecondName = random.chance(50)
        takesLastEmployment = random.chance(30)
        hasDepartment = random.chance(85)
        hasManager = random.chance(20)
        hasStreet = random.chance(40)
        floor = random.chance(6) ? random.pick(["\r\n1. sal", "\r\n2. sal tv.", "\nIndgang B"]) : ""
        hasTitle = random.chance(85)
        titleAddition = random.chance(2) ? random.pick(titleAdditions) : ""
        let mailbox = random.below(100)
        mail = mailbox < 12 ? .none : mailbox < 65 ? .account : .name
        phone = random.chance(55) ? random.officePhone() : ""
    }
}

extension SplitMix64 {
    /// A telephone number as the directory has it.
    mutating func officePhone() -> String {
        let number = digits(99_000_000 + below(1_000_000), width: 8)
        guard chance(30) else { return number }
        return "+45" + stride(from: 0, to: 8, by: 2).map { " " + number.dropFirst($0).prefix(2) }.joined()
    }

    /// A UUID of version 4 in small letters.
    mutating func uuid() -> String {
        let alphabet = Array("0123456789abcdef".utf8)
        var high = next()
        var low = next()
        high = high & ~0xF000 | 0x4000
        low = low & ~(3 << 62) | 1 << 63
        return String(unsafeUninitializedCapacity: 36) { text in
            for place in (0..<36).reversed() {
                if place == 8 || place == 13 || place == 18 || place == 23 {
                    text[place] = UInt8(ascii: "-")
                } else if place > 18 {
                    text[place] = alphabet[Int(low & 15)]
                    low >>= 4
                } else {
                    text[place] = alphabet[Int(high & 15)]
                    high >>= 4
                }
            }
            return 36
        }
    }
}

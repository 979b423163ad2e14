/// A fictitious Danish municipality as an OPUS payroll system exports it, for tests and measurements.
///
/// Everything in it is invented and follows from the seed alone: the same seed and the same number of employees give
/// the same records, and so byte for byte the same file, on every machine. CPR numbers carry sixty more than the day
/// of the month in their first two digits, so that no living person can have one; mail addresses end in `.example`.
public struct OpusMunicipality: Sendable {
    /// One `<orgUnit>` record. In every optional field nil leaves the element out and an empty text writes it empty.
    public struct Unit: Sendable {
        /// LOS id, five to eight digits, unique in a municipality that is not broken.
        public var id: String
        /// Date (yyyy-MM-dd) of the last change of the record.
        public var lastChanged: String
        /// First date (yyyy-MM-dd) of the unit; 1900-01-01 stands for open.
        public var startDate: String
        /// Last date (yyyy-MM-dd) of the unit, inclusive; 9999-12-31 stands for open.
        public var endDate: String
        /// LOS id of the unit above; empty in the root.
        public var parentOrgUnit: String
        /// Short name, at most twelve characters.
        public var shortName: String
        /// Full name.
        public var longName: String
        /// Street and house number.
        public var street: String?
        /// Postal code, four digits.
        public var zipCode: String?
        /// Postal town.
        public var city: String?
        /// Telephone number.
        public var phoneNumber: String?
        /// CVR number of the municipality, eight digits.
        public var cvrNr: String?
        /// EAN location number, thirteen digits; 9999999999999 stands for none.
        public var eanNr: String?
        /// SE number, eight digits.
        public var seNr: String?
        /// Production unit number, ten digits; 0000000000 stands for none.
        public var pNr: String?
        /// Cost centre, ten digits.
        public var costCenter: String?
        /// Unit type as five digits, 00000 for the root and one more for each level beneath.
        public var orgType: String
        /// Unit type in words.
        public var orgTypeTxt: String
    }

    /// One `<employee>` record: an employment, not a person. In every optional field nil leaves the element out and
    /// an empty text writes it empty.
    public struct Employment: Sendable {
        /// Employment number, the key of the record; rises through the file as generated.
        public var id: String
        /// Date (yyyy-MM-dd) of the last change of the record.
        public var lastChanged: String
        /// Nil in an ordinary record; "leave" writes a stub with attributes only, which says that it has ended.
        public var action: String?
        /// First date (yyyy-MM-dd) of the employment; empty when unknown.
        public var entryDate: String
        /// Last date (yyyy-MM-dd) of the employment; empty or 9999-12-31 when open.
        public var leaveDate: String
        /// Attribute `suppId` of the CPR number.
        public var suppId: String
        /// CPR number, ten digits, with sixty added to the day of birth.
        public var cpr: String
        /// Given names.
        public var firstName: String
        /// Middle names and surname.
        public var lastName: String
        /// Whether the address carries the attribute `protected="true"`.
        public var isAddressProtected: Bool
        /// Street and house number of the home.
        public var address: String
        /// Postal code of the home, four digits.
        public var postalCode: String
        /// Postal town of the home.
        public var city: String
        /// Country code of the home.
        public var country: String
        /// Telephone at work: eight digits with or without blanks, an extension of five, or empty.
        public var workPhone: String
        /// Code of the kind of contract, two digits.
        public var workContract: String
        /// Kind of contract in words.
        public var workContractText: String
        /// Key of the position.
        public var positionId: String
        /// Title of the position.
        public var position: String
        /// Abbreviated title of the position.
        public var positionShort: String
        /// Key of the profession.
        public var jobId: String?
        /// Profession.
        public var job: String?
        /// Abbreviated profession; nil as generated.
        public var jobShort: String?
        /// Whether the person uses computers, "true" or "false"; nil as generated.
        public var itUser: String?
        /// OPUS account of the person; nil for about one in ten.
        public var userId: String?
        /// Mail address at work.
        public var email: String?
        /// Recipient of invoices; nil as generated.
        public var invoiceRecipient: String?
        /// First level of invoice approval; nil as generated.
        public var invoiceLevel1: String?
        /// First level of invoice approval in words; nil as generated.
        public var invoiceLevel1Text: String?
        /// Second level of invoice approval; nil as generated.
        public var invoiceLevel2: String?
        /// Second level of invoice approval in words; nil as generated.
        public var invoiceLevel2Text: String?
        /// Production unit number of the place of work, ten digits.
        public var productionNumber: String?
        /// Whether the employment leads its unit.
        public var isManager: Bool
        /// Level of leadership, 1 at the top of the municipality; "0" for everybody who leads nothing.
        public var superiorLevel: String
        /// Level within the level of leadership, two digits; "00" for everybody who leads nothing.
        public var subordinateLevel: String
        /// LOS id of the unit the employment belongs to.
        public var orgUnit: String
        /// Pay grade in words.
        public var payGradeText: String
        /// Numerator of the part of full time, with a trailing blank as in real files.
        public var numerator: String
        /// Denominator of the part of full time, with a trailing blank as in real files.
        public var denominator: String
        /// Date (yyyy-MM-dd) of the first employment in the municipality, not after `entryDate`.
        public var initialEntry: String?
        /// Anniversary date (yyyy-MM-dd), not after `entryDate`.
        public var entryIntoGroup: String?
    }

    /// What `breakHierarchy()` planted, by the ids of the records, so that a test can ask for exactly these.
    public struct Breakage: Sendable {
        /// Ids of the three units that are each other's parents: each lies beneath the next, the last beneath the first.
        public var cycle: [String]
        /// Id of the unit whose parent is not in the file.
        public var orphan: String
        /// Id of the unit that stands twice in the file, under two parents.
        public var duplicate: String
        /// Id of the employment in a unit that is not in the file.
        public var inUnknownUnit: String
        /// Id of the employment with the entry date 2026-02-30.
        public var withImpossibleDate: String
        /// Id of the employment whose leave date lies before its entry date.
        public var withReversedDates: String
    }

    /// The largest number of employments a municipality can be generated with.
    public static let maximumEmployees = 1_000_000

    /// Name of the municipality without the word Kommune.
    public let name: String
    /// KMD client number, the attribute `client` of every record.
    public let client: String
    /// The units in file order. A child may stand before its parent, and the root need not come first.
    public var units: [Unit]
    /// The employments in file order, as generated by rising employment number.
    public var employments: [Employment]
    /// The date (yyyy-MM-dd) the export stands for: 2025-09-30 as generated, one later after each `advance`.
    public var day: String { today.text }

    let cvr: String
    var today = CivilDay(year: 2025, month: 9, day: 30)
    var usedUnitIds: Set<Int> = []
    var usedCprs: Set<Int> = []
    var lastEmploymentId: Int
    var people = 0

    /// A municipality with the given number of employments, and one unit for about every 25 of them but at least eight.
    ///
    /// As generated the units form one tree of at most six levels, every employment is in a known unit, and about
    /// three people in a hundred have two employments.
    /// - Parameters:
    ///   - seed: decides everything that is left to chance.
    ///   - employees: the number of `<employee>` records, 0 to `maximumEmployees`.
    public init(seed: UInt64, employees: Int) {
        precondition((0...Self.maximumEmployees).contains(employees), "so many employees cannot be generated")
        var random = SplitMix64(seed: seed)
        name = random.pick(placeBeginnings) + random.pick(placeEndings)
        client = String(900 + random.below(100))
        cvr = "99" + digits(random.below(1_000_000), width: 6)
        lastEmploymentId = 10_000 + random.below(10_000)
        units = []
        employments = []
        usedCprs.reserveCapacity(employees)
        employments.reserveCapacity(employees)
        foundUnits(count: max(8, employees / 25), using: &random)
        fillSeats(count: employees, using: &random)
    }
}

public import OrganisationModel

/// The key figures of a unit with everything beneath it, or of the whole register, at one position.
public struct Figures: Hashable, Sendable {
    /// Units of one type that stand equally deep.
    public struct UnitGroup: Hashable, Comparable, Sendable {
        public let type: String
        /// 0 for the root, 1 for a top unit, and so on.
        public let level: Int

        public init(type: String, level: Int) {
            (self.type, self.level) = (type, level)
        }

        public static func < (left: UnitGroup, right: UnitGroup) -> Bool {
            (left.type, left.level) < (right.type, right.level)
        }
    }

    /// Units in effect, the one at the head too. Groups without any are absent, here and below.
    public var units: [UnitGroup: Int] = [:]
    /// Different people whom engagements in effect name.
    public var people = 0
    public var engagements = 0
    /// Full-time equivalents in ten-thousandths: the sum of the fractions of engagements.
    public var fullTime = 0
    /// Engagements that say no fraction; in ``fullTime`` they are nothing.
    public var engagementsWithoutFraction = 0
    /// Manager functions with a holder: an engagement in effect.
    public var managers = 0
    /// Functions of any type without a holder.
    public var vacancies = 0
    /// Units of which no manager function has a holder.
    public var unitsWithoutManager = 0
    /// Accounts that are not disabled, by system, of people with an engagement; in the whole, of nobody too.
    public var accounts: [String: Int] = [:]
    public var disabledAccounts: [String: Int] = [:]

    public init() {}

    /// Units of all types and levels.
    public var unitCount: Int {
        units.values.reduce(0, &+)
    }

    public var accountCount: Int {
        accounts.values.reduce(0, &+)
    }

    public var disabledAccountCount: Int {
        disabledAccounts.values.reduce(0, &+)
    }

    /// Full-time equivalents as a decimal number with a point.
    public var fullTimeText: String {
        Decimals.write(Int64(fullTime))
    }
}

/// A unit in effect, and its figures.
public struct CountedUnit: Hashable, Sendable {
    /// 0 for a root: a unit above which none is in effect.
    public let level: Int
    /// The unit above it; nil for a root.
    public let above: ObjectID?
    public let figures: Figures

    public init(level: Int, above: ObjectID?, figures: Figures) {
        (self.level, self.above, self.figures) = (level, above, figures)
    }
}

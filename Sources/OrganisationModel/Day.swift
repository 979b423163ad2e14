/// A calendar day in the configured time zone; never an instant, never seconds.
///
/// Ordered by time. ``distantPast`` and ``distantFuture`` stand for open ends and sort before and after every real day.
public struct Day: Hashable, Comparable, Sendable {
    /// Days since 1970-01-01 in the proleptic Gregorian calendar; `Int32.min` and `Int32.max` are the open ends.
    public let number: Int32

    public init(number: Int32) {
        self.number = number
    }

    public static let distantPast = Day(number: .min)
    public static let distantFuture = Day(number: .max)

    public static func < (left: Day, right: Day) -> Bool {
        left.number < right.number
    }

    /// False for the two open ends.
    public var isFinite: Bool {
        number != .min && number != .max
    }

    /// The day after this one; an open end stays what it is.
    public var next: Day {
        advanced(by: 1)
    }

    /// This day moved by a number of days; an open end stays what it is.
    public func advanced(by days: Int32) -> Day {
        isFinite ? Day(number: number + days) : self
    }

    /// Years from 1 to 9999, months and days as in the calendar; nil for a day that does not exist, such as 2026-02-30.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= Day.length(ofMonth: month, year: year)
        else { return nil }
        // Days from civil date: years run from March so that the leap day is the last of its year.
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        number = Int32(era * 146_097 + dayOfEra - 719_468)
    }

    /// Reads exactly `yyyy-MM-dd`; nil for any other form and for days that do not exist.
    public init?(parsing text: some StringProtocol) {
        let day = Array(text.utf8).withUnsafeBytes { Day(parsing: $0) }
        guard let day else { return nil }
        self = day
    }

    /// Reads exactly `yyyy-MM-dd` from bytes, without allocation.
    public init?(parsing bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = Day.decimal(bytes, 0..<4), let month = Day.decimal(bytes, 5..<7),
            let day = Day.decimal(bytes, 8..<10)
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    private static func decimal(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
        var value = 0
        for index in range {
            let digit = Int(bytes[index]) - 48
            guard (0...9).contains(digit) else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    private static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Year, month and day of a finite day.
    public var components: (year: Int, month: Int, day: Int) {
        let shifted = Int(number) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
            dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        )
    }
}

extension Day: CustomStringConvertible {
    /// `yyyy-MM-dd`; the open ends are written `open`.
    public var description: String {
        guard isFinite else { return "open" }
        let (year, month, day) = components
        func padded(_ value: Int, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }
}

/// A half-open interval of calendar days, `from` inclusive and `to` exclusive, never empty.
///
/// OIO calls it Virkning (KOMBIT Anvisninger 1.2.3, chapter 4: Fra inclusive, Til exclusive).
public struct EffectivePeriod: Hashable, Sendable {
    public let from: Day
    public let to: Day

    /// Nil when no day lies between the two.
    public init?(from: Day, to: Day) {
        guard from < to else { return nil }
        self.from = from
        self.to = to
    }

    /// The period without beginning or end.
    public static let always = EffectivePeriod(unchecked: .distantPast, .distantFuture)

    private init(unchecked from: Day, _ to: Day) {
        self.from = from
        self.to = to
    }

    public func contains(_ day: Day) -> Bool {
        from <= day && day < to
    }

    /// True when some day lies in both.
    public func overlaps(_ other: EffectivePeriod) -> Bool {
        from < other.to && other.from < to
    }
}

/// What subscribers see is a function of both: the published version and the calendar day reached.
public struct Position: Hashable, Comparable, Sendable {
    public let version: Int
    public let day: Day

    public init(version: Int, day: Day) {
        self.version = version
        self.day = day
    }

    public static func < (left: Position, right: Position) -> Bool {
        (left.version, left.day) < (right.version, right.day)
    }
}

public import Foundation
public import OrganisationModel

/// Local days and times of day in the arithmetic of seconds; what daylight saving does to them is decided here alone.
extension TimeZone {
    private static let secondsPerDay = 86_400

    private func offset(at second: Int) -> Int {
        secondsFromGMT(for: Date(timeIntervalSince1970: Double(second)))
    }

    /// The local day at an instant.
    public func day(at instant: Date) -> Day {
        let second = Int(instant.timeIntervalSince1970.rounded(.down))
        let local = second + offset(at: second)
        let days = (Double(local) / Double(Self.secondsPerDay)).rounded(.down)
        return Day(number: Int32(days))
    }

    /// When a local time begins. One that exists twice begins the first time; one that does not exist begins at the first
    /// instant after the gap.
    /// - Parameter second: seconds since midnight on the clock; from 86,400 on they belong to the next day.
    public func instant(of day: Day, second: Int) -> Date {
        let local = Int(day.number) * Self.secondsPerDay + second
        // No offset is as large as a day, so these are the ones before and after any change that matters.
        let before = offset(at: local - Self.secondsPerDay)
        let after = offset(at: local + Self.secondsPerDay)
        let exact = [local - before, local - after].filter { $0 + offset(at: $0) == local }.min()
        if let exact { return Date(timeIntervalSince1970: Double(exact)) }
        // In the gap: `low` still has the old offset, `high` the new one.
        var low = local - after
        var high = local - before
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if offset(at: middle) == after { high = middle } else { low = middle }
        }
        return Date(timeIntervalSince1970: Double(high))
    }
}

/// A time of day as people write it.
enum TimeOfDay {
    /// Seconds since midnight of exactly `HH:mm`, 00:00 to 23:59; nil for any other text.
    static func second(parsing text: Substring) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":") else { return nil }
        let digits = [bytes[0], bytes[1], bytes[3], bytes[4]].map { Int($0) - 48 }
        guard digits.allSatisfy((0...9).contains) else { return nil }
        let hour = digits[0] * 10 + digits[1]
        let minute = digits[2] * 10 + digits[3]
        return hour < 24 && minute < 60 ? hour * 3600 + minute * 60 : nil
    }
}

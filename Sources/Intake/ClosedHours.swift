public import Foundation
public import OrganisationModel

/// Times in which nothing is read and published by itself.
public struct ClosedHours: Hashable, Sendable {
    private enum Days: Hashable {
        case all
        /// 0 is Monday.
        case weekdays(Set<Int>)
        case dates(ClosedRange<Day>)

        func contains(_ day: Day) -> Bool {
            switch self {
            case .all: true
            // Day 0 was a Thursday.
            case .weekdays(let weekdays): weekdays.contains(((Int(day.number) + 3) % 7 + 7) % 7)
            case .dates(let dates): dates.contains(day)
            }
        }
    }

    private struct Entry: Hashable {
        let days: Days
        /// Seconds since midnight of the day on which it begins; `to` is beyond 86,400 when it ends on the next.
        let from: Int
        let to: Int
    }

    private let entries: [Entry]
    private static let secondsPerDay = 86_400
    private static let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    private static let farthest: TimeInterval = 366 * 86_400

    /// Open at all times.
    public static let none = ClosedHours()

    private init() {
        entries = []
    }

    /// - Parameter texts: each is days, a local time or both, such as `Saturday-Sunday`, `22:00-05:00`,
    ///   `2026-12-24..2026-12-26` or `Friday 16:00-24:00`. A time over midnight belongs to the day on which it begins.
    public init(parsing texts: [String]) throws(ScheduleMistake) {
        var entries: [Entry] = []
        for text in texts { entries.append(try ClosedHours.entry(parsing: text)) }
        self.entries = entries
    }

    /// False in the first instant after closed hours, true in their first.
    public func isClosed(at instant: Date, in zone: TimeZone) -> Bool {
        end(ofHoursAround: instant, in: zone) != nil
    }

    /// The first open instant; `instant` itself when it is open, nil when there is none within 366 days.
    public func nextOpening(atOrAfter instant: Date, in zone: TimeZone) -> Date? {
        opening(from: instant, through: instant + ClosedHours.farthest, in: zone)
    }

    /// Whether some part of that local day is open.
    public func isOpenDay(_ day: Day, in zone: TimeZone) -> Bool {
        let end = zone.instant(of: day.next, second: 0)
        let opening = opening(from: zone.instant(of: day, second: 0), through: end, in: zone)
        return opening.map { $0 < end } ?? false
    }

    private func opening(from instant: Date, through last: Date, in zone: TimeZone) -> Date? {
        var instant = instant
        while instant <= last {
            guard let end = end(ofHoursAround: instant, in: zone) else { return instant }
            instant = end
        }
        return nil
    }

    /// When those of the closed hours around an instant end that end last; nil when it is open.
    private func end(ofHoursAround instant: Date, in zone: TimeZone) -> Date? {
        guard !entries.isEmpty else { return nil }
        let today = zone.day(at: instant)
        var last: Date?
        for day in (-1...0).map({ today.advanced(by: $0) }) {
            for entry in entries where entry.days.contains(day) {
                guard zone.instant(of: day, second: entry.from) <= instant else { continue }
                let end = zone.instant(of: day, second: entry.to)
                if instant < end { last = max(last ?? end, end) }
            }
        }
        return last
    }
}

extension ClosedHours {
    private static func entry(parsing text: String) throws(ScheduleMistake) -> Entry {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        switch words.count {
        case 1:
            if let hours = hours(parsing: words[0]) { return Entry(days: .all, from: hours.from, to: hours.to) }
            if let days = days(parsing: words[0]) { return Entry(days: days, from: 0, to: secondsPerDay) }
        case 2:
            if let days = days(parsing: words[0]), let hours = hours(parsing: words[1]) {
                return Entry(days: days, from: hours.from, to: hours.to)
            }
        default: break
        }
        throw ScheduleMistake(
            message: "\(ShownText.quoted(text)) are no hours. Write days, a time or both: \"Saturday-Sunday\", "
                + "\"2026-12-24..2026-12-26\", \"22:00-05:00\", \"Friday 16:00-24:00\"")
    }

    private static func hours(parsing text: Substring) -> (from: Int, to: Int)? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let from = TimeOfDay.second(parsing: parts[0]) else { return nil }
        if parts[1] == "24:00" { return (from, secondsPerDay) }
        guard let to = TimeOfDay.second(parsing: parts[1]), to != from else { return nil }
        return (from, to > from ? to : to + secondsPerDay)
    }

    private static func days(parsing text: Substring) -> Days? {
        if let day = Day(parsing: text) { return .dates(day...day) }
        if let dots = text.range(of: "..") {
            guard let first = Day(parsing: text[..<dots.lowerBound]), let last = Day(parsing: text[dots.upperBound...]),
                first <= last
            else { return nil }
            return .dates(first...last)
        }
        let parts = text.lowercased().split(separator: "-", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { weekdays.firstIndex(of: String($0)) }
        guard numbers.count == parts.count, let first = numbers.first, let last = numbers.last, numbers.count <= 2
        else {
            return nil
        }
        return .weekdays(Set((first...(last >= first ? last : last + 7)).map { $0 % 7 }))
    }
}

public import Foundation
import OrganisationModel

extension TimeZone {
    /// The instant that a text means: a local time such as `2026-03-02T06:00`, with or without seconds, or RFC 3339 such as
    /// `2026-03-02T05:00:00Z` and `2026-03-02T06:00:00+01:00`. A part of a second counts as a whole one. Nil for any other text.
    public func instant(parsing text: String) -> Date? {
        let parts = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let day = Day(parsing: String(parts[0])), parts[0].utf8.count == 10 else { return nil }
        let clock = parts[1].prefix { !"Z+-".contains($0) }
        guard let minute = TimeOfDay.second(parsing: clock.prefix(5)) else { return nil }
        var second = 0
        if clock.count > 5 {
            guard let read = Self.second(parsing: clock.dropFirst(5)) else { return nil }
            second = read
        }
        let offset = parts[1].dropFirst(clock.count)
        guard !offset.isEmpty else { return instant(of: day, second: minute + second) }
        guard clock.count > 5, let seconds = Self.offset(parsing: offset) else { return nil }
        return Date(timeIntervalSince1970: Double(Int(day.number) * 86_400 + minute + second - seconds))
    }

    /// Reads `:SS` and `:SS.fff`.
    private static func second(parsing text: Substring) -> Int? {
        let digits = text.dropFirst().split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard text.first == ":", let whole = digits.first, whole.utf8.count == 2,
            digits.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let second = Int(whole), second < 60
        else { return nil }
        let hasPart = digits.count > 1 && digits[1].contains { $0 != "0" }
        return hasPart ? second + 1 : second
    }

    /// Reads `Z`, `+HH:mm` and `-HH:mm`; seconds east of Greenwich.
    private static func offset(parsing text: Substring) -> Int? {
        if text == "Z" { return 0 }
        guard let sign = text.first, let seconds = TimeOfDay.second(parsing: text.dropFirst()) else { return nil }
        return sign == "-" ? -seconds : seconds
    }
}

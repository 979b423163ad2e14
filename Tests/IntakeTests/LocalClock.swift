import Foundation
import Intake
import OrganisationModel
import Testing

/// Instants as people in Copenhagen write them.
enum LocalClock {
    static let copenhagen = TimeZone(identifier: "Europe/Copenhagen") ?? .gmt

    /// - Parameter text: `2026-03-29T01:30:00Z` or with an offset such as `+02:00`.
    static func instant(_ text: String) throws -> Date {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime]
        return try #require(formatter.date(from: text), "\(text)")
    }

    static func text(_ instant: Date?) -> String? {
        instant.map { instant in
            let formatter = ISO8601DateFormatter()
            formatter.formatOptions = [.withInternetDateTime]
            formatter.timeZone = copenhagen
            return formatter.string(from: instant)
        }
    }

    static func day(_ text: String) throws -> Day {
        try #require(Day(parsing: text))
    }

    /// What is wrong with a text; nil when nothing is.
    static func mistake(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return (error as? ScheduleMistake)?.message ?? "another error: \(error)"
        }
    }
}

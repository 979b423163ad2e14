public import Foundation
import OrganisationModel

/// When the files of a source are read: as they arrive, at times of day, or at intervals.
///
/// Dues are a function of the clock and the zone alone. Whoever remembers the last due it acted upon misses none and does
/// none twice, whatever the clock does meanwhile.
public struct Schedule: Hashable, Sendable {
    private let recurrence: Recurrence?

    /// Each file when it is there.
    public static let onArrival = Schedule(recurrence: nil)

    private init(recurrence: Recurrence?) {
        self.recurrence = recurrence
    }

    /// - Parameter texts: one or several local times such as `02:30`, or exactly one interval such as `every 15m` or
    ///   `every 2h`, from a minute to 24 hours.
    public init(parsing texts: [String]) throws(ScheduleMistake) {
        recurrence = try Recurrence(parsing: texts, longest: 86_400)
    }

    /// The last time at which files were to be read, `now` included; nil on arrival.
    ///
    /// A time of day that a change to summer time leaves out is due at the first instant after it; one that comes twice
    /// is due the first time. Intervals are multiples since 1970 UTC.
    public func latestDue(atOrBefore now: Date, in zone: TimeZone) -> Date? {
        switch recurrence {
        case nil: nil
        case .interval(let length): Schedule.multiple(of: length, now, 0)
        case .times(let seconds): Schedule.dues(seconds, around: now, in: zone).filter { $0 <= now }.max()
        }
    }

    /// The first time after `now` at which files are to be read; nil on arrival.
    public func nextDue(after now: Date, in zone: TimeZone) -> Date? {
        switch recurrence {
        case nil: nil
        case .interval(let length): Schedule.multiple(of: length, now, 1)
        case .times(let seconds): Schedule.dues(seconds, around: now, in: zone).filter { $0 > now }.min()
        }
    }

    private static func multiple(of length: Int, _ now: Date, _ more: Double) -> Date {
        let whole = (now.timeIntervalSince1970 / Double(length)).rounded(.down)
        return Date(timeIntervalSince1970: (whole + more) * Double(length))
    }

    /// The dues of yesterday, today and tomorrow: those of yesterday are over and those of tomorrow are to come.
    private static func dues(_ seconds: [Int], around now: Date, in zone: TimeZone) -> [Date] {
        let today = zone.day(at: now)
        return (-1...1).flatMap { days in
            seconds.map { zone.instant(of: today.advanced(by: Int32(days)), second: $0) }
        }
    }
}

public import Foundation
import OrganisationModel

/// How often a source must deliver; whoever waits longer is to be told.
public struct Expectation: Hashable, Sendable {
    private let recurrence: Recurrence

    /// A file from so far in the future was received by a clock that was wrong; it does not silence the alarm.
    private static let clockTolerance: TimeInterval = 86_400
    /// Open days are looked for this far back.
    private static let daysLookedBack = 400

    /// - Parameter texts: one or several local times such as `06:00`: by then a file must have come on each open day; or
    ///   exactly one interval such as `every 26h` or `every 7d`, from a minute to 31 days: at most that long after the
    ///   last file.
    public init(parsing texts: [String]) throws(ScheduleMistake) {
        recurrence = try Recurrence(parsing: texts, longest: 31 * 86_400)
    }

    /// The instant by which a file should have come and has not; nil when all is well. As long as it is the same instant,
    /// it is the same alarm.
    ///
    /// A time of day asks for a file since the due before it; closed days have no dues. An interval counts from the last
    /// file, and on closed days too. Only the latest due is told: that of today also stands for those of days before.
    /// - Parameters:
    ///   - lastReceived: when the last file was received; nil when none ever was.
    ///   - since: when the source was first known. Nothing is expected at that instant or before.
    public func missed(
        at now: Date, lastReceived: Date?, since: Date, closed: ClosedHours, in zone: TimeZone
    ) -> Date? {
        let last = lastReceived.flatMap { $0 <= now + Expectation.clockTolerance ? $0 : nil }
        switch recurrence {
        case .interval(let length):
            let due = max(last ?? since, since) + Double(length)
            return due <= now ? due : nil
        case .times(let seconds):
            let dues = Expectation.lastTwo(seconds, now, closed, zone)
            guard let due = dues.first, due > since else { return nil }
            guard let last, dues.count < 2 || last > dues[1] else { return due }
            return nil
        }
    }

    /// The last two dues at or before `now`, the later first; fewer when there are no more.
    private static func lastTwo(_ seconds: [Int], _ now: Date, _ closed: ClosedHours, _ zone: TimeZone) -> [Date] {
        let today = zone.day(at: now)
        var dues: [Date] = []
        for days in -1...daysLookedBack {
            let day = today.advanced(by: Int32(-days))
            guard closed.isOpenDay(day, in: zone) else { continue }
            for second in seconds.reversed() {
                let due = zone.instant(of: day, second: second)
                if due <= now, due != dues.last { dues.append(due) }
                if dues.count == 2 { return dues }
            }
        }
        return dues
    }
}

import Foundation
import Intake
import OrganisationModel
import Storage

/// Up to which due of their schedules sources were seen to; kept in the state.
struct Dues {
    let daemon: Daemon
    /// What is due, as the state names it.
    let kind: String

    /// A clock may be set by this much without anybody being told; seconds.
    private static let drift = 5.0

    /// The last due of the source's schedule, if it was not seen to; nil also where there is no schedule. A clock that was
    /// set back makes the last due before it the one that was seen to.
    func open(_ source: Configuration.Source, _ now: Date) throws -> Date? {
        let zone = daemon.configuration.timeZone
        guard let due = source.rhythm.schedule.latestDue(atOrBefore: now, in: zone) else { return nil }
        guard let seen = try daemon.state.read({ try $0.mark(kind + source.name) }) else { return due }
        if Double(seen) > now.timeIntervalSince1970 + Self.drift {
            try saw(source.name, due)
            return nil
        }
        return Double(seen) < due.timeIntervalSince1970 ? due : nil
    }

    /// Remembers that a due, and all before it, was seen to.
    func saw(_ source: String, _ due: Date) throws {
        try daemon.mark(kind + source, due)
    }
}

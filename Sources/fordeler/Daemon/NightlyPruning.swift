import Foundation
import Intake
import Logging
import OrganisationModel
import Storage
import Versioning

/// Has pruned what retention keeps no more once a day, at one o'clock in the night or, when the daemon did not run then, as soon as
/// it does.
struct NightlyPruning {
    private let daemon: Daemon

    /// Local time: the day has turned, and most exports have not come. Seconds since midnight.
    private static let second = 3600
    private static let mark = "pruned"
    /// What went may stand in a corner of the file for so many days, until it is written anew.
    private static let daysStaleMax: Int32 = 7

    init(_ daemon: Daemon) {
        self.daemon = daemon
    }

    private var zone: TimeZone { daemon.configuration.timeZone }

    /// When it is due next.
    func next(after now: Date) -> Date {
        let today = zone.day(at: now)
        let due = zone.instant(of: today, second: Self.second)
        return due > now ? due : zone.instant(of: today.next, second: Self.second)
    }

    func run(_ now: Date) throws {
        let today = zone.day(at: now)
        let days = [today, today.advanced(by: -1)]
        guard let due = days.map({ zone.instant(of: $0, second: Self.second) }).first(where: { $0 <= now }),
            try daemon.state.read({ try $0.mark(Self.mark) }) != Int(due.timeIntervalSince1970)
        else { return }
        let pruning = Pruning(
            workplace: try daemon.workplace(), state: daemon.state, alone: { try daemon.desk.alone($0) },
            isStopping: { daemon.isStopping })
        if let report = try pruning.run() {
            guard report.isDone else { return }
            tell(report.plan, report.states)
            try refresh(pruning)
        }
        try daemon.mark(Self.mark, due)
    }

    /// Without room to write the file anew all else goes on; the next night is soon enough.
    private func refresh(_ pruning: Pruning) throws {
        do {
            if try pruning.refresh(after: Self.daysStaleMax) { daemon.log.info("the database was written anew") }
            _ = try daemon.state.emptyLog()
        } catch let error as FordelerError where error.code == .diskFull {
            daemon.log.warning("the database was not written anew: \(error)")
        }
    }

    private func tell(_ plan: PruningPlan, _ states: Int) {
        if !plan.isEmpty {
            daemon.log.info(
                "pruned",
                metadata: [
                    "versions": "\(plan.versions.count)", "oldest": "\(plan.oldest)", "states": "\(states)",
                    "candidates": "\(plan.candidates.count)", "runs": "\(plan.runs.count)",
                    "notices": "\(plan.notices)",
                ])
        }
        for need in plan.heldBy {
            daemon.log.warning(
                "retention.held-back", metadata: ["who": "\(need.who)", "version": "\(max(1, need.version))"])
        }
    }
}

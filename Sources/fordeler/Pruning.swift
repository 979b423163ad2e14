import Foundation
import Intake
import OrganisationModel
import Storage
import Versioning

/// Takes away what retention keeps no more, in small transactions; a pruning that was cut off is finished by the next one.
struct Pruning {
    let workplace: Workplace
    let state: State
    /// Keeps others away while one small part is done.
    var alone: (() throws -> Void) throws -> Void = { try $0() }
    /// Asked between the parts: true ends the pruning, and a later one goes on.
    var isStopping: () -> Bool = { false }

    /// What would go now; nil when everything is kept: there is nothing yet, or retention is off.
    func plan() throws -> PruningPlan? {
        try state.read(plan)
    }

    private func plan(_ transaction: StateTransaction) throws -> PruningPlan? {
        guard let retention = workplace.configuration.retention else { return nil }
        let zone = workplace.configuration.timeZone
        return try transaction.pruningPlan(
            retention, begin: { zone.instant(of: $0, second: 0).formatted(.iso8601) },
            isThere: { FileManager.default.fileExists(atPath: $0.path) })
    }

    /// What a pruning did.
    struct Report {
        let plan: PruningPlan
        /// How many states of objects went.
        let states: Int
        /// False when it was ended before; the rest goes with the next one.
        let isDone: Bool
    }

    /// Takes it away. Afterwards nothing of it can be read, and nothing stands where it stood in the file.
    /// - Returns: nil when everything is kept.
    func run() throws -> Report? {
        var made: PruningPlan?
        // Nobody can come to need what goes between the plan and the moment from which it cannot be read.
        try alone {
            made = try state.write { transaction in
                let plan = try plan(transaction)
                if let plan, !plan.isEmpty {
                    try transaction.begin(plan, actor: workplace.actor, time: workplace.time)
                }
                return plan
            }
        }
        guard let plan = made else { return nil }
        var sweep = StateTransaction.Sweep()
        while try step({ try $0.sweepStates(&sweep) }) {}
        var done = 0
        while try step({ try $0.sweepRest(plan, done: done) }) { done += 1 }
        return Report(plan: plan, states: sweep.states, isDone: !isStopping())
    }

    /// Writes the file anew when something of what went may still stand in it.
    /// - Parameter days: only when that is so for so many days.
    /// - Returns: whether it was.
    func refresh(after days: Int32 = 0) throws -> Bool {
        let (stale, today) = try state.read { (try $0.staleSince(), try $0.position().day) }
        guard let stale, let today, stale.advanced(by: days) <= today else { return false }
        var isFresh = false
        try alone {
            isFresh = try state.compactBesideReaders()
            if isFresh { try state.write { try $0.setFresh() } }
        }
        return isFresh
    }

    /// - Returns: whether there is more to do.
    private func step(_ body: (StateTransaction) throws -> Bool) throws -> Bool {
        guard !isStopping() else { return false }
        var isMore = false
        try alone { isMore = try state.write(body) }
        return isMore
    }
}

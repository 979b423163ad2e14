import Foundation
import Intake
import OrganisationModel
import Storage
import Versioning

/// Approvals that are given now and carried out later, by the daemon.
struct Scheduling {
    let workplace: Workplace
    let state: State

    private var approval: Approval { Approval(workplace: workplace, state: state) }

    // MARK: People

    /// Approves a candidate for an instant. The approval must hold now, too; the last one for a candidate counts.
    /// - Parameter text: a local time or RFC 3339, later than now.
    /// - Throws: ``FordelerError`` `usage`, `schedule.past`, and as ``Approval/publish(_:reason:)``.
    func schedule(_ id: CandidateID, at text: String, reason: String) throws -> Outcome {
        guard let instant = workplace.configuration.timeZone.instant(parsing: text)?.formatted(.iso8601) else {
            throw FordelerError(.usage, "--at is an instant such as 2026-03-02T06:00 or 2026-03-02T06:00:00+01:00")
        }
        guard instant > workplace.time else {
            throw FordelerError(
                .init("schedule.past"),
                "\(text) has gone by: it is \(workplace.local(workplace.time)). Name a later time, or publish without --at"
            )
        }
        return try approval.whenItHolds(id, reason) { deciding, _, held in
            let scheduled = ScheduledPublish(
                candidate: id, instant: instant, actor: workplace.actor, reason: reason, given: workplace.time)
            try deciding.transaction.add(scheduled)
            return Outcome(candidate: held, version: try deciding.transaction.position().version, scheduled: scheduled)
        }
    }

    /// Takes an approval back that was not carried out yet.
    /// - Throws: ``FordelerError`` `candidate.unknown`, `candidate.conflict`.
    func cancel(_ id: CandidateID, reason: String) throws {
        try state.write { transaction in
            _ = try approval.waiting(id, transaction)
            guard let scheduled = try transaction.scheduledPublish(of: id) else {
                throw FordelerError(.conflict, "candidate:\(id) is not scheduled. It waits as before")
            }
            try transaction.remove(
                scheduled, action: "publish.unscheduled", detail: reason, workplace.actor, workplace.time)
        }
    }

    // MARK: The daemon

    /// What came of an approval whose time has come.
    enum Result {
        case published(Outcome)
        /// Why nothing was published.
        case notDone(FordelerError)
        /// A source is on hold, or the calendar is not believed: later.
        case waits
        /// Somebody decided otherwise meanwhile.
        case gone
    }

    /// Carries an approval out, once: what is published and that it is done are written together.
    func carryOut(_ scheduled: ScheduledPublish) throws -> Result {
        do {
            return try state.write { try carryOut(scheduled, $0) }
        } catch let error as FordelerError where !Self.passing.contains(error.code) {
            try state.write { try forget(scheduled, error, $0) }
            return .notDone(error)
        }
    }

    /// What goes wrong for a while only.
    private static let passing: [FordelerError.Code] = [.interrupted, .diskFull, .storageBroken, .stateDamaged]

    private func carryOut(_ scheduled: ScheduledPublish, _ transaction: StateTransaction) throws -> Result {
        guard try transaction.schedule().contains(scheduled) else { return .gone }
        guard let held = try transaction.candidate(scheduled.candidate), held.verdict == .held else {
            return try settle(scheduled, transaction)
        }
        let proposing = Proposing(workplace: workplace, state: state, transaction: transaction)
        guard try proposing.standing([]).isEmpty, try holds(on: held, transaction).isEmpty else { return .waits }
        // Who approved it publishes it.
        let workplace = workplace.acting(as: scheduled.actor)
        let approval = Approval(workplace: workplace, state: state)
        guard let proposal = try approval.approved(held, approval.anew(held, transaction)) else {
            throw FordelerError(
                .conflict,
                "the register changed since candidate:\(held.id) was approved, and so did what it would change")
        }
        let deciding = Deciding(workplace: workplace, state: state, transaction: transaction)
        let outcome = try deciding.carryOut(proposal, approvedBy: scheduled.reason)
        try transaction.remove(
            scheduled, action: "publish.carried-out", detail: "as version \(outcome.version)", self.workplace.actor,
            workplace.time)
        return .published(outcome)
    }

    /// The candidate waits no more: whoever decided knows; what a later export brought about is told.
    private func settle(_ scheduled: ScheduledPublish, _ transaction: StateTransaction) throws -> Result {
        let verdict = try transaction.candidate(scheduled.candidate)?.verdict
        guard verdict == .superseded else {
            try transaction.remove(
                scheduled, action: "publish.unscheduled", detail: "the candidate is \(verdict?.rawValue ?? "gone")",
                workplace.actor, workplace.time)
            return .gone
        }
        let error = FordelerError(.conflict, "something later took the place of candidate:\(scheduled.candidate)")
        try forget(scheduled, error, transaction)
        return .notDone(error)
    }

    private func forget(
        _ scheduled: ScheduledPublish, _ error: FordelerError, _ transaction: StateTransaction
    ) throws {
        let isHeld = try transaction.scheduledPublish(of: scheduled.candidate) == scheduled
        try transaction.remove(
            scheduled, action: "publish.not-done", detail: error.message, workplace.actor, workplace.time)
        try transaction.tell(
            Notices(workplace, state).notDone(scheduled, error, isHeld: isHeld),
            channels: workplace.configuration.notify.channels)
    }

    /// The sources on hold whose exports a candidate publishes, or whose claims, when it has no export of its own.
    private func holds(on held: Candidate, _ transaction: StateTransaction) throws -> [String] {
        let holds = try transaction.holds().map(\.source)
        guard held.cause == .import, !holds.isEmpty else { return [] }
        let own = try holds.filter { try transaction.waiting(source: $0).contains(held.id) }
        guard own.isEmpty, held.sources.isEmpty else { return own }
        var sources: Set<String> = []
        try transaction.changeSet(held.id)?.forEach { sources.insert($0.source) }
        return holds.filter(sources.contains)
    }
}

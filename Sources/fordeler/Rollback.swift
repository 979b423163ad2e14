import Distribution
import Mapping
import OrganisationModel
import Storage
import Validation
import Versioning

/// The content of an older version, or a part of it, becomes a new version.
///
/// Claims, identities, subscriptions, audit and the day stay as they are. Objects that then differ from what the claims ask
/// for are pinned, and the sources whose exports are in the undone versions go on hold.
struct Rollback {
    let workplace: Workplace
    let state: State

    /// An object that is not, or not wholly, brought back.
    struct Exception {
        enum Reason {
            /// Its person was erased since.
            case erased
            /// Its account was disabled since.
            case disabled
            /// Its address is protected now.
            case protected
        }

        let kind: Kind
        let key: String
        let reason: Reason

        init(_ change: ObjectChange, isErased: Bool = false) {
            (kind, key) = (change.kind, change.key)
            reason = isErased ? .erased : change.kind == .person ? .protected : .disabled
        }
    }

    /// What is to come back.
    struct Goal {
        let target: Int
        var includesAccounts = false
        /// Nil for the whole version.
        var scope: RollbackScope?
    }

    /// What a person must know before and after.
    struct Report {
        let outcome: Outcome
        /// Why a part does not fit beside the rest; empty for a whole version.
        let findings: [Finding]
        let exceptions: [Exception]
        let pinned: Int
        let holds: [String]
        /// Subscriptions that acknowledged events of the undone versions.
        let consumers: [String]
        /// Corrections of the undone versions: they are not undone, and come back when they are released.
        let corrections: [Correction]
    }

    /// Rolls back, or makes a candidate that waits: when `isPreview`, and when a brake fires. A part that does not fit beside
    /// the rest of the register becomes a rejected candidate.
    /// - Throws: ``FordelerError`` `version.unknown`, `version.pruned`, `candidate.conflict`, `approval.reason-missing`.
    func run(_ goal: Goal, reason: String, isPreview: Bool) throws -> Report {
        return try state.write { transaction in
            try requireOlder(goal.target, transaction)
            if !isPreview { try Approval.require(reason) }
            let proposing = Proposing(workplace: workplace, state: state, transaction: transaction)
            let plan = try plan(goal, proposing)
            let proposal = try propose(plan, isPreview: isPreview, proposing)
            let consumers = try consumers(after: goal.target, transaction)
            let corrections = try transaction.corrections().filter { ($0.version ?? 0) > goal.target }.map(\.correction)
            let deciding = Deciding(workplace: workplace, state: state, transaction: transaction)
            let outcome = try deciding.carryOut(proposal, approvedBy: reason)
            let isRejected = outcome.candidate.verdict == .rejected
            return Report(
                outcome: outcome, findings: plan.findings, exceptions: isRejected ? [] : plan.exceptions,
                pinned: isRejected ? 0 : plan.pins.count, holds: isRejected ? [] : plan.sources, consumers: consumers,
                corrections: isRejected ? [] : corrections)
        }
    }

    /// A rollback as it would be made now.
    func propose(_ goal: Goal, isPreview: Bool, _ proposing: Proposing) throws -> Proposal {
        try propose(plan(goal, proposing), isPreview: isPreview, proposing)
    }

    // MARK: The plan

    private struct Plan {
        let goal: Goal
        let changes: ListedChanges
        let exceptions: [Exception]
        let findings: [Finding]
        let pins: Set<ObjectID>
        let rest: ListedChanges
        let resolved: Resolved
        let sources: [String]
    }

    private func plan(_ goal: Goal, _ proposing: Proposing) throws -> Plan {
        let transaction = proposing.transaction
        try requireOlder(goal.target, transaction)
        var changes: [ObjectChange] = []
        var exceptions: [Exception] = []
        let erased = try Set(transaction.erased().filter { $0.version > goal.target }.map(\.id))
        try undone(goal, transaction) { change in
            // What it was is gone; that it was there does not come back either.
            guard !erased.contains(change.id) else { return exceptions.append(Exception(change, isErased: true)) }
            let kept = try RollbackExceptions.apply(
                to: change, last: change.before ?? transaction.lastState(of: change.id),
                includesAccounts: goal.includesAccounts, transaction.schema)
            if kept != change { exceptions.append(Exception(kept)) }
            if kept.before != kept.after { changes.append(kept) }
        }
        let register = RestoredRegister(transaction, changes)
        let pins = try transaction.pins()
        let round = Proposing.Round(buffer: ClaimBuffer())
        let resolved = try proposing.resolve(round)
        let organisation = resolved.whole.organisation
        func restored(_ id: ObjectID) throws -> ObjectState? { try register.object(id)?.state }
        // Of objects that are neither pinned nor found wanting, claims ask for what the register holds now.
        let undoing = changes.filter { !organisation.speaks(of: $0.id) }.map(\.reversed)
        let differing = try register.altered.union(pins.map(\.id)).filter { id in
            try organisation.speaks(of: id) && organisation.state(of: id) != restored(id)
        }
        let sources = Set(changes.map(\.source))
        let rest = try proposing.rest(differing.sorted(), of: organisation, from: restored)
        return Plan(
            goal: goal, changes: ListedChanges(changes), exceptions: exceptions,
            findings: goal.scope == nil ? [] : try judge(register, transaction),
            pins: differing.union(undoing.map(\.id)), rest: ListedChanges(rest.changes + undoing), resolved: resolved,
            sources: try transaction.sources(after: goal.target).filter { goal.scope == nil || sources.contains($0) })
    }

    /// What differs between now and the target, as far as the scope goes.
    private func undone(
        _ goal: Goal, _ transaction: StateTransaction, _ body: (ObjectChange) throws -> Void
    ) throws {
        let current = try transaction.position().version
        let subtree = try goal.scope?.unit.map { unit in
            try Subtree(of: unit.id, today: workplace.today, schema: transaction.schema) { kind, body in
                for version in [goal.target, current] {
                    try transaction.forEachObject(version: version, kinds: [kind], after: nil) { place, state in
                        try body(place.id, state)
                        return true
                    }
                }
            }
        }
        try transaction.changes(from: current, to: goal.target).forEach { change in
            guard goal.scope?.names(change) != false, subtree?.contains(change) != false else { return }
            try body(change)
        }
    }

    /// A part of an old version may not fit beside the rest of the present one.
    private func judge(_ register: RestoredRegister, _ transaction: StateTransaction) throws -> [Finding] {
        try RegisterValidator(
            register: register, altered: register.altered, today: workplace.today,
            remedy: "Take more into the rollback, or go back to the whole version.",
            rules: workplace.configuration.precedence.rules, known: transaction.lastKnown
        ).validate()
    }

    private func requireOlder(_ target: Int, _ transaction: StateTransaction) throws {
        let current = try transaction.position().version
        guard target < 1 || target >= current else { return try transaction.requireKept(target) }
        throw FordelerError(
            .unknownVersion,
            current <= 1
                ? "there is no older version to go back to"
                : "go back to a version from 1 to \(current - 1); \(current) is the current one")
    }

    private func propose(_ plan: Plan, isPreview: Bool, _ proposing: Proposing) throws -> Proposal {
        let goal = plan.goal
        let counts = try plan.changes.counts(proposing.transaction.schema)
        guard !counts.isEmpty else {
            throw FordelerError(
                .conflict,
                goal.scope.map {
                    "nothing of \($0) differs between version \(goal.target) and the current one; nothing is to be undone"
                } ?? "version \(goal.target) has the content of the current one; nothing is to be undone")
        }
        let fired = try proposing.brakes(plan.changes, counts).fired
        let standing = try proposing.standing([]) + (isPreview ? [.manual] : [])
        let isBlocked = plan.findings.contains { $0.rule.fate == .block }
        let reasons = isBlocked ? [] : fired.map { Waiting.brake($0.name) } + standing
        let verdict: Verdict = isBlocked ? .rejected : reasons.isEmpty ? .published : .held
        let round = Proposing.Round(buffer: ClaimBuffer())
        let candidate = try proposing.draft(
            verdict: verdict, waitsFor: reasons.map(\.name), cause: .rollback, target: goal.target,
            includesAccounts: goal.includesAccounts, scope: goal.scope, brakes: isBlocked ? [] : fired,
            counts: isBlocked ? ChangeCounts() : counts,
            planHash: isBlocked ? [] : try plan.changes.planHash(brakes: fired.map(\.name)), round,
            findings: plan.findings)
        return Proposal(
            candidate: candidate, findings: plan.findings, changes: plan.changes,
            acceptance: Acceptance(
                overlays: [], buffer: round.buffer,
                standing: Acceptance.Standing(
                    precedence: nil, idsWithFindings: plan.resolved.idsWithFindings, pins: plan.pins)),
            rest: plan.rest, holds: plan.sources)
    }

    private func consumers(after version: Int, _ transaction: StateTransaction) throws -> [String] {
        try transaction.mailboxes().filter { mailbox in
            try transaction.lastSettledVersion(mailbox) > version
        }.map(\.name)
    }
}

import Distribution
import Mapping
import OrganisationModel
import Storage
import Validation
import Versioning

/// The content of an older version becomes a new version.
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

    /// What a person must know before and after.
    struct Report {
        let outcome: Outcome
        let exceptions: [Exception]
        let pinned: Int
        let holds: [String]
        /// Subscriptions that acknowledged events of the undone versions.
        let consumers: [String]
    }

    /// Rolls back, or makes a candidate that waits: when `isPreview`, and when a brake fires.
    /// - Throws: ``FordelerError`` `version.unknown`, `candidate.conflict`, `approval.reason-missing`.
    func run(to target: Int, reason: String, isPreview: Bool, includesAccounts: Bool) throws -> Report {
        return try state.write { transaction in
            try requireOlder(target, transaction)
            if !isPreview { try Approval.require(reason) }
            let proposing = Proposing(workplace: workplace, state: state, transaction: transaction)
            let plan = try plan(to: target, includesAccounts: includesAccounts, proposing)
            let proposal = try propose(plan, isPreview: isPreview, proposing)
            let consumers = try consumers(after: target, transaction)
            let deciding = Deciding(workplace: workplace, state: state, transaction: transaction)
            let outcome = try deciding.carryOut(proposal, approvedBy: reason)
            return Report(
                outcome: outcome, exceptions: plan.exceptions, pinned: plan.pins.count, holds: plan.sources,
                consumers: consumers)
        }
    }

    /// A rollback as it would be made now.
    func propose(
        to target: Int, isPreview: Bool, includesAccounts: Bool, _ proposing: Proposing
    ) throws -> Proposal {
        try propose(
            plan(to: target, includesAccounts: includesAccounts, proposing), isPreview: isPreview, proposing)
    }

    // MARK: The plan

    private struct Plan {
        let target: Int
        let includesAccounts: Bool
        let changes: ListedChanges
        let exceptions: [Exception]
        let pins: Set<ObjectID>
        let rest: ListedChanges
        let resolved: Resolved
        let sources: [String]
    }

    private func plan(to target: Int, includesAccounts: Bool, _ proposing: Proposing) throws -> Plan {
        let transaction = proposing.transaction
        let current = try transaction.position().version
        try requireOlder(target, transaction)
        var changes: [ObjectChange] = []
        var exceptions: [Exception] = []
        let erased = try Set(transaction.erased().filter { $0.version > target }.map(\.id))
        try transaction.changes(from: current, to: target).forEach { change in
            // What it was is gone; that it was there does not come back either.
            guard !erased.contains(change.id) else { return exceptions.append(Exception(change, isErased: true)) }
            let last = try change.before ?? transaction.lastState(of: change.id)
            let kept = RollbackExceptions.apply(
                to: change, last: last, includesAccounts: includesAccounts, transaction.schema)
            if kept != change { exceptions.append(Exception(kept)) }
            if kept.before != kept.after { changes.append(kept) }
        }
        let listed = ListedChanges(changes)
        let after = Dictionary(uniqueKeysWithValues: changes.map { ($0.id, $0.after) })
        let pins = try transaction.pins()
        let round = Proposing.Round(buffer: ClaimBuffer())
        let resolved = try proposing.resolve(round, altered: Set(after.keys))
        let organisation = resolved.whole.organisation
        func restored(_ id: ObjectID) throws -> ObjectState? {
            if let state = after[id] { return state }
            return try transaction.object(id)?.state
        }
        let differing = try Set(after.keys).union(pins.map(\.id)).filter { id in
            try organisation.state(of: id) != restored(id)
        }
        return Plan(
            target: target, includesAccounts: includesAccounts, changes: listed, exceptions: exceptions,
            pins: differing,
            rest: try proposing.rest(differing.sorted(), of: organisation, from: restored), resolved: resolved,
            sources: try transaction.sources(after: target))
    }

    private func requireOlder(_ target: Int, _ transaction: StateTransaction) throws {
        let current = try transaction.position().version
        guard target < 1 || target >= current else { return }
        throw FordelerError(
            .unknownVersion,
            current <= 1
                ? "there is no older version to go back to"
                : "go back to a version from 1 to \(current - 1); \(current) is the current one")
    }

    private func propose(_ plan: Plan, isPreview: Bool, _ proposing: Proposing) throws -> Proposal {
        let counts = try plan.changes.counts(proposing.transaction.schema)
        guard !counts.isEmpty else {
            throw FordelerError(
                .conflict, "version \(plan.target) has the content of the current one; nothing is to be undone")
        }
        let fired = try proposing.brakes(plan.changes, counts).fired
        let standing = try proposing.standing([]) + (isPreview ? [.manual] : [])
        let reasons = fired.map { Waiting.brake($0.name) } + standing
        let round = Proposing.Round(buffer: ClaimBuffer())
        let candidate = try proposing.draft(
            verdict: reasons.isEmpty ? .published : .held, waitsFor: reasons.map(\.name), cause: .rollback,
            target: plan.target, includesAccounts: plan.includesAccounts, brakes: fired, counts: counts,
            planHash: try plan.changes.planHash(brakes: fired.map(\.name)), round)
        return Proposal(
            candidate: candidate, changes: plan.changes,
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

/// What a rollback does not bring back.
enum RollbackExceptions {
    /// The change with the exceptions in it: an account that was disabled since stays so unless it is asked for, and an
    /// address that is protected now stays protected. What is gone counts as it was last.
    /// - Parameter last: the present state, or the one before the object went.
    static func apply(
        to change: ObjectChange, last: ObjectState?, includesAccounts: Bool, _ schema: Schema
    ) -> ObjectChange {
        guard let last, let after = change.after else { return change }
        let kindSchema = schema[change.kind]
        let names = (includesAccounts ? [] : ["disabled"]) + ["addressProtected"]
        var periods = after.periods(kindSchema)
        for attribute in names.compactMap({ kindSchema.attribute(named: $0) }) {
            let isSet = last.periods(kindSchema).last?[attribute] == .flag(true)
            guard isSet else { continue }
            periods = periods.map { period in
                guard period[attribute] != .flag(true) else { return period }
                let others = period.fields.filter { $0.attribute != attribute }
                return StatePeriod(
                    period: period.period,
                    fields: others + [StatePeriod.Field(attribute: attribute, value: .flag(true))])
            }
        }
        let state = ObjectState(periods)
        guard state != after else { return change }
        return ObjectChange(
            id: change.id, kind: change.kind, source: change.source, key: change.key, before: change.before,
            after: state)
    }
}

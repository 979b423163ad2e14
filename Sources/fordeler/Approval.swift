import Mapping
import OrganisationModel
import Storage
import Validation
import Versioning

/// A person decides about a candidate that waits: it becomes a version, or is done with.
struct Approval {
    let workplace: Workplace
    let state: State

    /// Publishes the candidate.
    ///
    /// It is made anew against the present register. The approval holds when that gives the same change set and fires the
    /// same brakes; else a new candidate takes its place and waits to be looked at.
    /// - Throws: ``FordelerError`` `candidate.conflict`, `candidate.unknown`, `approval.reason-missing`.
    func publish(_ id: CandidateID, reason: String) throws -> Outcome {
        try whenItHolds(id, reason) { deciding, proposal, _ in
            try deciding.carryOut(proposal, approvedBy: reason)
        }
    }

    /// Runs `body` with the candidate as it would be published now, if the approval holds.
    func whenItHolds<Result>(
        _ id: CandidateID, _ reason: String,
        _ body: (_ deciding: Deciding, _ proposal: Proposal, _ held: Candidate) throws -> Result
    ) throws -> Result {
        try Approval.require(reason)
        let (result, successor) = try state.write { transaction -> (Result?, CandidateID) in
            let held = try waiting(id, transaction)
            let deciding = Deciding(workplace: workplace, state: state, transaction: transaction)
            let proposal = try anew(held, transaction)
            if let approved = try approved(held, proposal) { return (try body(deciding, approved, held), id) }
            guard proposal.candidate.verdict == .held else { throw changed(held, proposal.candidate.verdict) }
            let outcome = try deciding.carryOut(proposal)
            if try transaction.candidate(id)?.verdict == .held {
                try transaction.supersede(
                    id, by: "by candidate:\(outcome.candidate.id)", workplace.actor, workplace.time)
            }
            return (nil, outcome.candidate.id)
        }
        guard let result else {
            throw FordelerError(
                .conflict,
                "the register changed since candidate:\(id) was made, and so did what it would change. Look at "
                    + "candidate:\(successor), which took its place")
        }
        return result
    }

    private func changed(_ held: Candidate, _ verdict: Verdict) -> FordelerError {
        FordelerError(
            .conflict,
            "the register changed since candidate:\(held.id) was made, and against the present one it would be "
                + "\(verdict.rawValue). It still waits. "
                + (held.cause == .rollback ? "Roll back again to see why" : "Import again to see why"))
    }

    /// Ends the candidate's waiting; nothing of it is published. Its export counts as one that never came, so the same
    /// file read again waits again.
    /// - Throws: as ``publish(_:reason:)``.
    /// - Returns: the runs of deltas that were in it; later ones of their sources wait now.
    func reject(_ id: CandidateID, reason: String) throws -> [Run] {
        try Approval.require(reason)
        return try state.write { transaction in
            try transaction.reject(waiting(id, transaction).id, reason: reason, workplace.actor, workplace.time)
            return try DeltaOrder.refuse(
                workplace.configuration.deltaSources, in: id, time: workplace.time,
                "candidate:\(id), in which it was, was rejected", transaction)
        }
    }

    static func require(_ reason: String) throws {
        guard !reason.allSatisfy(\.isWhitespace) else {
            throw FordelerError(.reasonMissing, "say why with --reason; it stays in the audit")
        }
        // Everybody who may look at versions and audit reads it.
        guard Masking.redacted(reason) == reason else {
            throw FordelerError(
                .init("reason.number"),
                "the reason holds ten digits in a row, as a CPR number has. Say it without")
        }
    }

    /// The candidate as it would be made now, waiting as a whole.
    func anew(_ held: Candidate, _ transaction: StateTransaction) throws -> Proposal {
        let proposing = Proposing(workplace: workplace, state: state, transaction: transaction)
        if held.cause == .rollback, let target = held.target {
            return try Rollback(workplace: workplace, state: state).propose(
                Rollback.Goal(target: target, includesAccounts: held.includesAccounts, scope: held.scope),
                isPreview: true, proposing)
        }
        return try proposing.proposeWhole(proposing.round(of: held.id))
    }

    /// The candidate with what it would change now; nil when that is not what was approved.
    func approved(_ held: Candidate, _ anew: Proposal) throws -> Proposal? {
        guard let hash = try anew.changes?.planHash(brakes: anew.candidate.brakes.map(\.name)),
            anew.candidate.verdict != .rejected, anew.candidate.verdict != .unchanged, hash == held.planHash
        else { return nil }
        var proposal = anew
        proposal.candidate = approved(held, anew.candidate)
        return proposal
    }

    private func approved(_ held: Candidate, _ anew: Candidate) -> Candidate {
        Candidate(
            id: held.id, base: anew.base, verdict: .published, waitsFor: [], cause: held.cause, target: held.target,
            includesAccounts: held.includesAccounts, scope: held.scope, brakes: anew.brakes, version: nil,
            counts: anew.counts,
            planHash: held.planHash, sources: held.sources, findingCounts: anew.findingCounts, findingsFrom: held.id,
            actor: held.actor, time: held.time)
    }

    func waiting(_ id: CandidateID, _ transaction: StateTransaction) throws -> Candidate {
        let candidate = try transaction.requireCandidate(id)
        guard candidate.verdict == .held else {
            throw FordelerError(.conflict, "candidate:\(id) is \(candidate.verdict.rawValue) and waits for nothing")
        }
        return candidate
    }
}

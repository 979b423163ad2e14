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
        try Approval.require(reason)
        let outcome = try state.write { transaction in
            let held = try waiting(id, transaction)
            let deciding = Deciding(workplace: workplace, state: state, transaction: transaction)
            var proposal = try anew(held, transaction)
            if let hash = try proposal.changes?.planHash(brakes: proposal.candidate.brakes.map(\.name)),
                proposal.candidate.verdict != .rejected, proposal.candidate.verdict != .unchanged, hash == held.planHash
            {
                proposal.candidate = approved(held, proposal.candidate)
                return try deciding.carryOut(proposal, approvedBy: reason)
            }
            guard proposal.candidate.verdict == .held else {
                throw FordelerError(
                    .conflict,
                    "the register changed since candidate:\(id) was made, and against the present one it would be "
                        + "\(proposal.candidate.verdict.rawValue). It still waits. "
                        + (held.cause == .rollback ? "Roll back again to see why" : "Import again to see why"))
            }
            let outcome = try deciding.carryOut(proposal)
            if try transaction.candidate(id)?.verdict == .held {
                try transaction.supersede(
                    id, by: "by candidate:\(outcome.candidate.id)", workplace.actor, workplace.time)
            }
            return outcome
        }
        guard outcome.candidate.id == id else {
            throw FordelerError(
                .conflict,
                "the register changed since candidate:\(id) was made, and so did what it would change. Look at "
                    + "candidate:\(outcome.candidate.id), which took its place")
        }
        return outcome
    }

    /// Ends the candidate's waiting; nothing of it is published. Its export counts as one that never came, so the same
    /// file read again waits again.
    /// - Throws: as ``publish(_:reason:)``.
    func reject(_ id: CandidateID, reason: String) throws {
        try Approval.require(reason)
        try state.write { transaction in
            try transaction.reject(waiting(id, transaction).id, reason: reason, workplace.actor, workplace.time)
        }
    }

    static func require(_ reason: String) throws {
        guard !reason.allSatisfy(\.isWhitespace) else {
            throw FordelerError(.reasonMissing, "say why with --reason; it stays in the audit")
        }
    }

    /// The candidate as it would be made now, waiting as a whole.
    private func anew(_ held: Candidate, _ transaction: StateTransaction) throws -> Proposal {
        let proposing = Proposing(workplace: workplace, state: state, transaction: transaction)
        if held.cause == .rollback, let target = held.target {
            return try Rollback(workplace: workplace, state: state).propose(
                Rollback.Goal(target: target, includesAccounts: held.includesAccounts, scope: held.scope),
                isPreview: true, proposing)
        }
        return try proposing.proposeWhole(proposing.round(of: held.id))
    }

    private func approved(_ held: Candidate, _ anew: Candidate) -> Candidate {
        Candidate(
            id: held.id, base: anew.base, verdict: .published, waitsFor: [], cause: held.cause, target: held.target,
            includesAccounts: held.includesAccounts, scope: held.scope, brakes: anew.brakes, version: nil,
            counts: anew.counts,
            planHash: held.planHash, sources: held.sources, findingCounts: anew.findingCounts, findingsFrom: held.id,
            actor: held.actor, time: held.time)
    }

    private func waiting(_ id: CandidateID, _ transaction: StateTransaction) throws -> Candidate {
        guard let candidate = try transaction.candidate(id) else {
            throw FordelerError(.unknownCandidate, "there is no candidate:\(id). See: fordeler candidates")
        }
        guard candidate.verdict == .held else {
            throw FordelerError(.conflict, "candidate:\(id) is \(candidate.verdict.rawValue) and waits for nothing")
        }
        return candidate
    }
}

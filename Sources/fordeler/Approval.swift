import Mapping
import OrganisationModel
import Storage
import Validation
import Versioning

/// A person decides that a candidate that waits becomes a version.
struct Approval {
    let workplace: Workplace
    let state: State

    /// Publishes the candidate.
    ///
    /// When another version came in between, its exports are resolved anew. The approval holds when that gives the same
    /// change set; else a new candidate takes its place and waits to be looked at.
    /// - Throws: ``FordelerError`` `candidate.conflict`, `candidate.unknown`, `approval.reason-missing`.
    func publish(_ id: CandidateID, reason: String) throws -> ImportRun.Outcome {
        guard !reason.allSatisfy(\.isWhitespace) else {
            throw FordelerError(.reasonMissing, "say why with --reason; it stays in the audit")
        }
        let run = ImportRun(workplace: workplace, state: state)
        let (proposal, approved) = try state.read { transaction in
            let held = try waiting(id, transaction)
            let buffer = ClaimBuffer()
            let overlays = try transaction.overlays(of: id, into: buffer)
            if held.base == (try transaction.position().version), let changes = try transaction.changeSet(id) {
                let proposal = ImportRun.Proposal(
                    candidate: held.ending(.published, version: nil), findings: try transaction.findings(id),
                    changes: changes, overlays: overlays, buffer: buffer)
                return (proposal, true)
            }
            let anew = try run.resolved(overlays, held.sources, buffer, transaction, modes: [.manual])
            return (anew, anew.candidate.planHash == held.planHash)
        }
        if approved {
            var accepted = proposal
            accepted.candidate = proposal.candidate.ending(.published, version: nil)
            return try run.carryOut(accepted, approvedBy: reason)
        }
        guard proposal.candidate.verdict == .held else {
            throw FordelerError(
                .conflict,
                "the register changed since candidate:\(id) was made, and against the present one its exports would be "
                    + "\(proposal.candidate.verdict.rawValue). It still waits. Import again to see why")
        }
        let outcome = try run.carryOut(proposal)
        throw FordelerError(
            .conflict,
            "the register changed since candidate:\(id) was made, and so did what it would change. Look at "
                + "candidate:\(outcome.candidate.id), which took its place")
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

import Mapping
import OrganisationModel
import Storage
import Validation
import Versioning

/// What came of a round, an approval, a rollback or a release.
struct Outcome {
    let candidate: Candidate
    /// The current version afterwards; 0 for the empty register.
    let version: Int
    /// Whether a source could not be read to its end.
    var isUnreadable = false
    /// The candidate in which the rest waits, when only a part was published.
    var rest: CandidateID?
    /// When a candidate that waits is to be published; nil when that is not decided.
    var scheduled: ScheduledPublish?
}

/// Writes what was proposed: published, waiting, accepted without change, or remembered as refused. All in one transaction.
struct Deciding {
    let workplace: Workplace
    let state: State
    let transaction: StateTransaction

    private var proposing: Proposing {
        Proposing(workplace: workplace, state: state, transaction: transaction)
    }

    /// - Parameter reason: what the person said who approved it; nil when nobody was asked.
    func carryOut(_ proposal: Proposal, approvedBy reason: String? = nil) throws -> Outcome {
        let version = try transaction.position().version
        guard proposal.isWritten else { return Outcome(candidate: proposal.candidate, version: version) }
        let id = proposal.candidate.id
        guard try id == transaction.nextCandidateID() || transaction.candidate(id)?.verdict == .held else {
            throw FordelerError(.conflict, "another import ended meanwhile. Import again")
        }
        let replaced = try replaced(by: proposal)
        let leftovers = try leftovers(proposal, replaced)
        let outcome = try write(proposal, approvedBy: reason)
        if proposal.candidate.verdict != .rejected {
            try moveDeltas(of: proposal.acceptance.overlays, from: replaced, to: outcome.candidate)
        }
        // A candidate of several sources loses the one that brought a newer export; the others go on without it.
        for round in leftovers {
            let rest = try carryOut(proposing.propose(round))
            try moveDeltas(of: round.overlays, from: replaced, to: rest.candidate)
        }
        return outcome
    }

    /// Deltas that waited in other candidates are in this one, or were refused with it.
    private func moveDeltas(of overlays: [Overlay], from replaced: Set<CandidateID>, to candidate: Candidate) throws {
        let sources = overlays.map(\.source).filter(workplace.configuration.deltaSources.contains)
        try DeltaOrder.move(sources, from: replaced, to: candidate, time: workplace.time, transaction)
    }

    /// The candidates of which a proposal takes the place, all or in part.
    private func replaced(by proposal: Proposal) throws -> Set<CandidateID> {
        let sources = Set(proposal.acceptance.overlays.map(\.source))
        return try Set(sources.flatMap { try transaction.waiting(source: $0) }).subtracting([proposal.candidate.id])
    }

    private func write(_ proposal: Proposal, approvedBy reason: String?) throws -> Outcome {
        guard proposal.candidate.verdict == .published, let changes = proposal.changes else {
            try transaction.record(
                proposal.candidate, findings: proposal.findings, changes: proposal.changes,
                acceptance: proposal.acceptance, today: workplace.today)
            // Register and claims agree, so nothing is left that a pin could hold up.
            if proposal.candidate.verdict == .unchanged, proposal.acceptance.standing?.pins.isEmpty == true {
                _ = try keepRest(nil)
            }
            return Outcome(
                candidate: proposal.candidate, version: try transaction.position().version,
                isUnreadable: proposal.isUnreadable)
        }
        let version = try transaction.publish(
            Publication(
                candidate: proposal.candidate, changes: changes, acceptance: proposal.acceptance,
                tally: reason == nil && proposal.candidate.cause == .import ? proposal.tally : nil,
                actor: workplace.actor, reason: reason ?? "", today: workplace.today, time: workplace.time),
            findings: proposal.findings, salts: RandomSalts())
        if proposal.candidate.cause == .rollback {
            for candidate in try transaction.waitingWithoutExport(.rollback) {
                try transaction.supersede(
                    candidate.id, by: "by version \(version.number)", workplace.actor, workplace.time)
            }
        }
        for source in proposal.holds {
            let part = proposal.candidate.scope.map { " (only \($0))" } ?? ""
            try transaction.hold(
                source, reason: "rolled back to version \(proposal.candidate.target ?? 0)\(part)",
                today: workplace.today,
                actor: workplace.actor, time: workplace.time)
        }
        let rest = try keepRest(proposal.rest)
        return Outcome(candidate: proposal.candidate, version: version.number, rest: rest)
    }

    /// What claims ask for and pins hold up waits as a candidate of its own, so that it can be looked at and approved.
    private func keepRest(_ rest: (any ChangeSet)?) throws -> CandidateID? {
        let waiting = try transaction.waitingWithoutExport(.import)
        let counts = try rest?.counts(transaction.schema) ?? ChangeCounts()
        guard let rest, !counts.isEmpty else {
            for candidate in waiting {
                try transaction.supersede(
                    candidate.id, by: "nothing is left of it", workplace.actor, workplace.time)
            }
            return nil
        }
        let fired = try proposing.brakes(rest, counts).fired
        let hash = try rest.planHash(brakes: fired.map(\.name))
        if let same = waiting.first(where: { $0.planHash == hash }) {
            try transaction.rebase(same)
            return same.id
        }
        let candidate = try proposing.draft(
            verdict: .held, waitsFor: (fired.map { Waiting.brake($0.name) } + [.pin]).map(\.name), brakes: fired,
            counts: counts, planHash: hash, Proposing.Round(buffer: ClaimBuffer()))
        try transaction.record(
            candidate, findings: [], changes: rest,
            acceptance: Acceptance(overlays: [], buffer: ClaimBuffer(), standing: nil))
        return candidate.id
    }

    /// The exports of other sources in candidates that this one takes the place of.
    private func leftovers(_ proposal: Proposal, _ replaced: Set<CandidateID>) throws -> [Proposing.Round] {
        guard proposal.candidate.verdict != .rejected else { return [] }
        let sources = Set(proposal.acceptance.overlays.map(\.source))
        return try replaced.sorted().compactMap { id in
            let round = try proposing.round(of: id, without: sources)
            return round.overlays.isEmpty ? nil : round
        }
    }
}

import Mapping
import OrganisationModel
import Storage
import Validation
import Versioning

/// Makes candidates of claims: resolves, validates, compares, brakes, decides. Writes nothing.
struct Proposing {
    let workplace: Workplace
    let state: State
    let transaction: StateTransaction
    /// Reads all claims, whatever changed: what comes of it is the same, only slower.
    var isWhole = false
    /// Objects that are looked at although nothing about them changed.
    var alsoAltered: Set<ObjectID> = []

    /// The sources that a candidate is about, and how it came to be.
    struct Round {
        var overlays: [Overlay] = []
        let buffer: ClaimBuffer
        var summaries: [String: Candidate.SourceSummary] = [:]
        /// The sources whose mode and hold count.
        var sources: [String] = []
        var notes: [Finding] = []
    }

    /// What a candidate waits with, as a round of its own.
    /// - Parameter sources: those whose exports are left out, because newer ones take their place.
    func round(of id: CandidateID, without sources: Set<String> = []) throws -> Round {
        let buffer = ClaimBuffer()
        let overlays = try transaction.overlays(of: id, into: buffer).filter { !sources.contains($0.source) }
        let summaries = try transaction.candidate(id)?.sources ?? [:]
        return Round(
            overlays: overlays, buffer: buffer, summaries: summaries.filter { !sources.contains($0.key) },
            sources: overlays.map(\.source))
    }

    // MARK: Resolving

    /// Resolves until no claim is left that what comes or goes could concern.
    /// - Parameter asked: objects that are looked at although nothing of them changed.
    func resolve(_ round: Round, asked: Set<ObjectID> = []) throws -> Resolved {
        try workplace.configuration.requireSources(of: transaction)
        let pins = try transaction.pins()
        let suspects = try asked.union(alsoAltered).union(pins.map(\.id)).union(transaction.idsWithFindings())
        let resolution = try Resolution(
            authority: workplace.configuration.authority, store: transaction, register: transaction,
            overlays: round.overlays, buffer: round.buffer, identity: workplace.identity(state),
            precedence: workplace.configuration.precedence, altered: suspects, isWhole: isWhole)
        let kept = pins.filter { !$0.isReleased }.map(\.id)
        while true {
            let organisation = try resolution.organisation()
            let other = kept.isEmpty ? nil : organisation.unjudged()
            let whole = try Judgement(organisation, register: transaction, today: workplace.today)
            var reached = whole.changes.comingAndGoing
            var beside: Judgement?
            if let other {
                for id in kept { other.keep(id, as: try transaction.object(id)) }
                let judged = try Judgement(other, register: transaction, today: workplace.today)
                reached.formUnion(judged.changes.comingAndGoing)
                beside = judged
            }
            if try !resolution.include(referrersOf: reached) {
                return Resolved(whole: whole, beside: beside, resolution: resolution)
            }
        }
    }

    // MARK: Deciding

    /// The day on which a publish would happen: the register's day never goes back.
    private func publishDay() throws -> Day {
        max(workplace.today, try transaction.position().day ?? workplace.today)
    }

    func brakes(_ changes: any ChangeSet, _ counts: ChangeCounts) throws -> (tally: BrakeTally, fired: [FiredBrake]) {
        let objects = try transaction.objectCounts()
        let day = try publishDay()
        let protected = try transaction.everProtected()
        var tally =
            objects.isEmpty
            ? BrakeTally()
            : try BrakeTally(
                changes, schema: transaction.schema, today: day,
                last: protected.isEmpty ? nil : { protected.contains($0) ? try transaction.lastState(of: $0) : nil })
        // A source that joins is there to say what others did not.
        if try !objects.isEmpty && bringsNewSource(changes, beside: Set(objects.keys.map(\.source))) {
            tally = BrakeTally(rows: tally.rows.filter { $0.part != .changed })
        }
        var remaining: [Kind: Int] = [:]
        for (scope, count) in objects { remaining[scope.kind, default: 0] += count }
        for kind in Kind.allCases { remaining[kind, default: 0] += counts[kind, .created] - counts[kind, .removed] }
        let fired = Brakes.fired(
            rules: workplace.configuration.brakes, tally: tally, recent: try transaction.recentTally(today: day),
            objects: objects, remaining: remaining)
        return (tally, fired)
    }

    private func bringsNewSource(_ changes: any ChangeSet, beside known: Set<String>) throws -> Bool {
        var isNew = false
        try changes.forEach { if $0.before == nil, !known.contains($0.source) { isNew = true } }
        return isNew
    }

    func standing(_ sources: [String]) throws -> [Waiting] {
        let day = try transaction.position().day
        return Waiting.standing(
            modes: workplace.configuration.publishModes(sources),
            holds: try transaction.holds().map(\.source).filter(sources.contains),
            daysToTurn: day.map { workplace.today.number - $0.number } ?? 0)
    }

    /// What would undo deltas that were accepted waits for somebody, whatever the mode.
    private func standing(_ round: Round) throws -> [Waiting] {
        let reasons = try standing(round.sources)
        let isOlder = try round.overlays.contains { try DeltaOrder.accepted(after: $0, transaction) != nil }
        return isOlder && !reasons.contains(.manual) ? reasons + [.manual] : reasons
    }

    /// A plan with its figures.
    struct Weighed {
        let changes: any ChangeSet
        let counts: ChangeCounts
        let tally: BrakeTally
        let plan: Decision.Plan

        func planHash() throws -> [UInt8] {
            try changes.planHash(brakes: plan.brakes.map(\.name))
        }
    }

    private func weigh(_ judgement: Judgement) throws -> Weighed {
        let counts = try judgement.changes.counts(transaction.schema)
        let (tally, fired) = try brakes(judgement.changes, counts)
        return Weighed(
            changes: judgement.changes, counts: counts, tally: tally,
            plan: Decision.Plan(findings: judgement.findings, hasChanges: !counts.isEmpty, brakes: fired))
    }

    /// Resolves a round and decides what is to become of it.
    func propose(_ round: Round) throws -> Proposal {
        let resolved = try resolve(round)
        let whole = try weigh(resolved.whole)
        let pinned = try resolved.differing()
        let beside = pinned.isEmpty ? nil : try resolved.beside.map(weigh)
        let standing = try standing(round)
        let decision = Decision(whole: whole.plan, beside: beside?.plan, standing: standing)
        let waits = decision.verdict == .held
        if waits, standing.isEmpty, beside?.plan.hasChanges == false, try isKnown(whole) {
            return try stillPinned(round, resolved, pinned)
        }
        let published = decision.isPart ? beside ?? whole : whole
        let hidden = decision.verdict == .rejected
        let candidate = try draft(
            verdict: decision.verdict, waitsFor: decision.waitsFor.map(\.name),
            brakes: hidden ? [] : published.plan.brakes, counts: hidden ? ChangeCounts() : published.counts,
            planHash: waits ? try whole.planHash() : [], round, findings: resolved.whole.findings + round.notes)
        return Proposal(
            candidate: candidate, findings: resolved.whole.findings + round.notes, changes: published.changes,
            acceptance: acceptance(round, resolved, pins: decision.isPart ? Set(pinned) : []),
            rest: decision.isPart ? try rest(resolved, pinned) : nil, tally: published.tally)
    }

    /// All that a round asks for, pinned or not, as somebody may approve it.
    func proposeWhole(_ round: Round) throws -> Proposal {
        let resolved = try resolve(round)
        let whole = try weigh(resolved.whole)
        let verdict: Verdict = whole.plan.isBlocked ? .rejected : whole.plan.hasChanges ? .held : .unchanged
        let reasons = Decision(
            whole: whole.plan, beside: try resolved.differing().isEmpty ? nil : whole.plan,
            standing: try standing(round)
        ).waitsFor
        // What somebody was asked about and is another plan now waits for them, whatever it would wait for by itself.
        let waitsFor = verdict == .held && reasons.isEmpty ? [.manual] : reasons
        let candidate = try draft(
            verdict: verdict, waitsFor: waitsFor.map(\.name), brakes: whole.plan.brakes, counts: whole.counts,
            planHash: try whole.planHash(), round, findings: resolved.whole.findings)
        return Proposal(
            candidate: candidate, findings: resolved.whole.findings, changes: whole.changes,
            acceptance: acceptance(round, resolved, pins: []), tally: whole.tally)
    }

    /// Whether all that is asked for waits already, in a candidate that only pins hold up.
    private func isKnown(_ whole: Weighed) throws -> Bool {
        let waiting = try transaction.waitingWithoutExport(.import)
        return try waiting.isEmpty ? false : waiting.map(\.planHash).contains(whole.planHash())
    }

    private func stillPinned(_ round: Round, _ resolved: Resolved, _ pinned: [ObjectID]) throws -> Proposal {
        let findings = resolved.whole.findings + round.notes
        let candidate = try draft(
            verdict: .unchanged, waitsFor: [Waiting.pin.name], round, findings: findings)
        return Proposal(
            candidate: candidate, findings: findings, acceptance: acceptance(round, resolved, pins: Set(pinned)))
    }

    func acceptance(_ round: Round, _ resolved: Resolved, pins: Set<ObjectID>) -> Acceptance {
        Acceptance(
            overlays: round.overlays, buffer: round.buffer,
            standing: Acceptance.Standing(
                precedence: workplace.configuration.precedence, idsWithFindings: resolved.idsWithFindings, pins: pins))
    }

    /// From what is published beside the pinned objects to what claims ask for.
    private func rest(_ resolved: Resolved, _ pinned: [ObjectID]) throws -> ListedChanges {
        guard let beside = resolved.beside else { return ListedChanges([]) }
        return try rest(pinned, of: resolved.whole.organisation) { try beside.organisation.state(of: $0) }
    }

    /// From the states that the register will have to those of an organisation.
    func rest(
        _ ids: [ObjectID], of organisation: Organisation, from before: (ObjectID) throws -> ObjectState?
    ) throws -> ListedChanges {
        ListedChanges(
            try ids.compactMap { id in
                let entry = organisation.entry(id)
                let known = try transaction.lastKnown(id)
                guard let kind = known?.kind ?? entry?.kind else { return nil }
                return ObjectChange(
                    id: id, kind: kind, source: known?.source ?? entry.map(organisation.source) ?? "",
                    key: entry.map(organisation.key) ?? known?.key ?? "", before: try before(id),
                    after: try organisation.state(of: id))
            })
    }

    func draft(
        verdict: Verdict, waitsFor: [String] = [], cause: Cause = .import, target: Int? = nil,
        includesAccounts: Bool = false, scope: RollbackScope? = nil, brakes: [FiredBrake] = [],
        counts: ChangeCounts = ChangeCounts(), planHash: [UInt8] = [], _ round: Round,
        findings: [Finding] = [], findingsOf standing: Candidate? = nil
    ) throws -> Candidate {
        let id = try transaction.nextCandidateID()
        return Candidate(
            id: id, base: try transaction.position().version, verdict: verdict, waitsFor: waitsFor, cause: cause,
            target: target, includesAccounts: includesAccounts, scope: scope, brakes: brakes, version: nil,
            counts: counts, planHash: planHash, sources: round.summaries,
            findingCounts: standing?.findingCounts ?? FindingCount.counts(of: findings),
            findingsFrom: standing?.findingsFrom ?? id, actor: workplace.actor, time: workplace.time)
    }
}

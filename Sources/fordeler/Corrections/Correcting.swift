import Crypto
import Mapping
import OrganisationModel
import Storage
import Validation
import Versioning

/// Makes and withdraws corrections: a delta of a source of its own, added to what waits of it already. So it becomes a
/// candidate as every export does.
struct Correcting {
    let workplace: Workplace
    let state: State

    /// What came of it.
    struct Report {
        let outcome: Outcome
        let corrections: [Correction]
        let findings: [Finding]
        /// What changes, in the order of ids.
        let changes: [ObjectChange]
    }

    /// A request that cannot be made, of several.
    struct Mistake {
        let line: Int
        let error: FordelerError
    }

    /// Several requests of which some cannot be made: none is.
    struct Mistakes: Error {
        let all: [Mistake]
    }

    /// What is to be written.
    private struct Plan {
        let proposal: Proposal
        let corrections: [Correction]
        let changes: [ObjectChange]
    }

    /// - Parameter file: the name under which the requests stand in findings.
    /// - Throws: ``FordelerError`` `correction.invalid`, `correction.denied`, `object.unknown`, `approval.reason-missing`;
    ///   ``Mistakes`` for several requests.
    func make(_ requests: [CorrectionRequest], reason: String, file: String, isDryRun: Bool) throws -> Report {
        try Approval.require(reason)
        return try run(isDryRun) { transaction in
            let planned = try planned(requests, file: file, transaction)
            return try plan(planned.round, planned.corrections, planned.standing, transaction)
        } note: { transaction, corrections in
            for correction in corrections {
                try transaction.note(correction, reason: reason, workplace.actor, workplace.time)
            }
        }
    }

    /// What requests mean, and the round with what they add to what editors said before.
    func planned(
        _ requests: [CorrectionRequest], file: String, _ transaction: StateTransaction
    ) throws -> (corrections: [Correction], standing: StandingCorrections, round: Proposing.Round) {
        let standing = try StandingCorrections(transaction)
        let corrections = try read(requests, standing, transaction)
        let after = standing.adding(corrections, lines: requests.map(\.line), file: exportFile(file))
        return (corrections, standing, try round(after))
    }

    /// - Throws: ``FordelerError`` `correction.unknown`, `correction.denied`, `approval.reason-missing`.
    func withdraw(_ numbers: [Int], reason: String, isDryRun: Bool) throws -> Report {
        try Approval.require(reason)
        return try run(isDryRun) { transaction in
            let standing = try StandingCorrections(transaction)
            let corrections = try Set(numbers).sorted().map { number in
                guard let correction = standing.corrections.first(where: { $0.number == number }) else {
                    throw FordelerError(
                        .correctionUnknown, "there is no correction \(number). See: fordeler corrections")
                }
                return correction
            }
            return try plan(round(standing.removing(Set(numbers))), corrections, standing, transaction)
        } note: { transaction, corrections in
            for correction in corrections {
                try transaction.noteWithdrawal(correction.number, reason: reason, workplace.actor, workplace.time)
            }
        }
    }

    private func run(
        _ isDryRun: Bool, _ plan: (StateTransaction) throws -> Plan,
        note: (StateTransaction, [Correction]) throws -> Void
    ) throws -> Report {
        guard !isDryRun else {
            return try state.read { transaction in
                let plan = try plan(transaction)
                let version = try transaction.position().version
                return report(plan, Outcome(candidate: plan.proposal.candidate, version: version))
            }
        }
        return try state.write(after: plan) { transaction, plan in
            let deciding = Deciding(workplace: workplace, state: state, transaction: transaction)
            let outcome = try deciding.carryOut(plan.proposal)
            if outcome.candidate.verdict != .rejected { try note(transaction, plan.corrections) }
            return report(plan, outcome)
        }
    }

    private func report(_ plan: Plan, _ outcome: Outcome) -> Report {
        Report(
            outcome: outcome, corrections: plan.corrections, findings: plan.proposal.findings, changes: plan.changes)
    }

    // MARK: Reading

    private func read(
        _ requests: [CorrectionRequest], _ standing: StandingCorrections, _ transaction: StateTransaction
    ) throws -> [Correction] {
        var reader = try CorrectionReader(workplace, state, transaction, corrections: standing.corrections)
        var corrections: [Correction] = []
        var mistakes: [Mistake] = []
        for request in requests {
            do {
                corrections.append(try reader.read(request))
            } catch let error as FordelerError {
                guard requests.count > 1 || request.line > 0 else { throw error }
                mistakes.append(Mistake(line: request.line, error: error))
            }
        }
        guard mistakes.isEmpty else { throw Mistakes(all: mistakes) }
        return try masking(corrections, standing, transaction)
    }

    /// Keeps with each correction what the sources say now where it masks them.
    private func masking(
        _ corrections: [Correction], _ standing: StandingCorrections, _ transaction: StateTransaction
    ) throws -> [Correction] {
        var proposing = Proposing(workplace: workplace, state: state, transaction: transaction)
        proposing.alsoAltered = Set(corrections.map(\.id))
        let organisation = try proposing.resolve(round(standing)).whole.organisation
        return corrections.map { correction in
            Correction(
                number: correction.number, kind: correction.kind, id: correction.id, key: correction.key,
                statement: correction.statement, masked: organisation.masked(by: correction))
        }
    }

    /// Stands for the command among the files of exports.
    private func exportFile(_ name: String) -> ExportFile {
        ExportFile(name: name, digest: Array(SHA256.hash(data: Array("\(name) \(workplace.time)".utf8))), byteCount: 0)
    }

    // MARK: Proposing

    private func round(_ standing: StandingCorrections) throws -> Proposing.Round {
        Proposing.Round(
            overlays: [standing.overlay], buffer: standing.buffer,
            summaries: [Correction.source: standing.summary], sources: [Correction.source])
    }

    private func plan(
        _ round: Proposing.Round, _ corrections: [Correction], _ standing: StandingCorrections,
        _ transaction: StateTransaction
    ) throws -> Plan {
        var proposing = Proposing(workplace: workplace, state: state, transaction: transaction)
        proposing.alsoAltered = Set(corrections.map(\.id))
        try Editors(workplace, state, transaction).require(corrections, proposing, before: standing, after: round)
        let proposal = try proposing.propose(round)
        var changes: [ObjectChange] = []
        try proposal.changes?.forEach { changes.append($0) }
        return Plan(proposal: proposal, corrections: corrections, changes: changes)
    }
}

/// What editors say, as it is accepted and as it waits.
struct StandingCorrections {
    let buffer: ClaimBuffer
    let overlay: Overlay
    let corrections: [Correction]
    /// The rows of the accepted ones, by their numbers.
    private let rows: [Int: Int64]

    init(_ transaction: StateTransaction) throws {
        buffer = ClaimBuffer()
        let buffer = buffer
        let waiting = try transaction.waiting(source: Correction.source).last.flatMap { candidate in
            try transaction.overlays(of: candidate, into: buffer).first { $0.source == Correction.source }
        }
        let places = try transaction.claimPlaces(of: Correction.source)
        let overlay =
            waiting
            ?? Overlay(
                source: Correction.source, files: [], seed: [UInt8](repeating: 0, count: 32), records: places.count,
                unchanged: places, altered: [], absent: [])
        let accepted = try transaction.acceptedCorrections()
        let gone = Set(overlay.absent)
        self.overlay = overlay
        rows = Dictionary(accepted.map { ($0.correction.number, $0.row) }, uniquingKeysWith: { first, _ in first })
        let schema = transaction.schema
        corrections =
            accepted.filter { !gone.contains($0.row) }.map(\.correction)
            + overlay.altered.compactMap { Correction(claim: buffer[$0.reference], schema: schema) }
    }

    private init(_ other: StandingCorrections, _ overlay: Overlay, _ corrections: [Correction]) {
        (buffer, rows) = (other.buffer, other.rows)
        (self.overlay, self.corrections) = (overlay, corrections)
    }

    var summary: Candidate.SourceSummary {
        .init(records: overlay.records, unchanged: overlay.unchanged.count, bytes: overlay.byteCount)
    }

    func adding(_ new: [Correction], lines: [Int], file: ExportFile) -> StandingCorrections {
        let added = zip(new, lines).map { correction, line in
            let claim = correction.claim
            return Overlay.AlteredClaim(
                replaces: nil, key: Self.fingerprint(Array("\(correction.number)".utf8)),
                fingerprint: Self.fingerprint(claim), file: overlay.files.count, line: line,
                reference: claim.withUnsafeBytes { buffer.append($0) })
        }
        return with(
            files: overlay.files + [file], unchanged: overlay.unchanged, altered: overlay.altered + added,
            absent: overlay.absent, corrections + new)
    }

    /// What only waits leaves nothing.
    func removing(_ numbers: Set<Int>) -> StandingCorrections {
        let gone = Set(numbers.compactMap { rows[$0] })
        let altered = overlay.altered.filter { claim in
            Correction(claim: buffer[claim.reference]).map { !numbers.contains($0.number) } ?? true
        }
        return with(
            files: overlay.files, unchanged: overlay.unchanged.filter { !gone.contains($0.row) }, altered: altered,
            absent: Set(overlay.absent).union(gone).sorted(), corrections.filter { !numbers.contains($0.number) })
    }

    private func with(
        files: [ExportFile], unchanged: [ClaimPlace], altered: [Overlay.AlteredClaim], absent: [Int64],
        _ corrections: [Correction]
    ) -> StandingCorrections {
        let overlay = Overlay(
            source: Correction.source, files: files, seed: overlay.seed, records: unchanged.count + altered.count,
            unchanged: unchanged, altered: altered, absent: absent)
        return StandingCorrections(self, overlay, corrections)
    }

    private static func fingerprint(_ bytes: [UInt8]) -> Fingerprint {
        var hasher = FingerprintHasher(seed: Array("fordeler: the claim of a correction".utf8))
        bytes.withUnsafeBytes { hasher.combine($0) }
        return hasher.finalize()
    }
}

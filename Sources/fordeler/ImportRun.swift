import Intake
import Mapping
import OrganisationModel
import SourceExports
import Storage
import Validation
import Versioning

/// One round: the exports of some sources become one candidate, and the candidate what the decision says.
struct ImportRun {
    let workplace: Workplace
    let state: State

    struct Outcome {
        let candidate: Candidate
        /// The current version after the round; 0 for the empty register.
        let version: Int
        /// Whether a source could not be read to its end.
        let isUnreadable: Bool
    }

    /// The files of one source, in the order in which they are read.
    struct Delivery {
        let source: Configuration.Source
        let paths: [String]
    }

    /// What came of reading one source.
    private enum Reading {
        /// The very bytes of the last accepted export, read by the same mapping.
        case identical(records: Int, bytes: Int)
        case overlay(Overlay)
        case problem(Finding)
    }

    func run(_ deliveries: [Delivery]) throws -> Outcome {
        let buffer = ClaimBuffer()
        let proposal = try state.read { transaction in
            let readings = try deliveries.map { try read($0, buffer, transaction) }
            return try propose(readings, deliveries, buffer, transaction)
        }
        return try carryOut(proposal)
    }

    // MARK: Reading

    private func read(_ delivery: Delivery, _ buffer: ClaimBuffer, _ transaction: StateTransaction) throws -> Reading {
        var name = ""
        do {
            let handles = try delivery.paths.map { path in
                name = path.split(separator: "/").last.map(String.init) ?? path
                return try ExportFileHandle(path: path)
            }
            let program = MappingProgram(
                delivery.source.mapping, source: delivery.source.name, secret: state.secret,
                authority: workplace.configuration.authority)
            if let accepted = try transaction.acceptedExport(of: delivery.source.name),
                accepted.seed == program.seed, accepted.files.map(\.digest) == handles.map(\.digest),
                try !transaction.isWaiting(source: delivery.source.name)
            {
                return .identical(records: accepted.records, bytes: handles.reduce(0) { $0 + $1.byteCount })
            }
            let reading = try ExportReading(
                program: program, identity: workplace.identity(state), store: transaction, buffer: buffer,
                today: workplace.today)
            for handle in handles {
                name = handle.name
                try reading.read(handle.fill) {
                    ExportFile(name: handle.name, digest: handle.digest, byteCount: handle.byteCount)
                }
            }
            return .overlay(try reading.finish())
        } catch let problem as ExportProblem {
            return .problem(
                Finding(
                    rule: problem.rule, kind: nil, key: "",
                    location: SourceLocation(source: delivery.source.name, file: name, line: problem.line),
                    message: problem.message))
        }
    }

    // MARK: Proposing

    /// A candidate that is not written yet, with all that it needs to become what it is to become.
    struct Proposal {
        var candidate: Candidate
        var findings: [Finding] = []
        var changes: (any ChangeSet)?
        var overlays: [Overlay] = []
        let buffer: ClaimBuffer
        /// False when nothing is to be written at all.
        var isWritten = true
        var isUnreadable = false
    }

    private func propose(
        _ readings: [Reading], _ deliveries: [Delivery], _ buffer: ClaimBuffer, _ transaction: StateTransaction
    ) throws -> Proposal {
        var problems: [Finding] = []
        var overlays: [Overlay] = []
        var summaries: [String: Candidate.SourceSummary] = [:]
        for (reading, delivery) in zip(readings, deliveries) {
            switch reading {
            case .problem(let finding):
                problems.append(finding)
                summaries[delivery.source.name] = .init(records: 0, unchanged: 0, bytes: 0)
            case .identical(let records, let bytes):
                summaries[delivery.source.name] = .init(records: records, unchanged: records, bytes: bytes)
            case .overlay(let overlay):
                overlays.append(overlay)
                summaries[overlay.source] = .init(
                    records: overlay.records, unchanged: overlay.unchanged.count, bytes: overlay.byteCount)
            }
        }
        if !problems.isEmpty { return try unreadable(problems, summaries, buffer, transaction) }
        let saysNothingNew = try overlays.allSatisfy { overlay in
            try overlay.isUnchanged && transaction.acceptedExport(of: overlay.source)?.seed == overlay.seed
        }
        if saysNothingNew { return try unchanged(overlays, summaries, buffer, transaction) }
        return try resolved(overlays, summaries, buffer, transaction, modes: deliveries.map(\.source.publish))
    }

    private func draft(
        _ decision: Decision, _ transaction: StateTransaction, counts: ChangeCounts = ChangeCounts(),
        planHash: [UInt8] = [], sources: [String: Candidate.SourceSummary], findings: [FindingCount],
        findingsFrom: CandidateID? = nil
    ) throws -> Candidate {
        let id = try transaction.nextCandidateID()
        return Candidate(
            id: id, base: try transaction.position().version, verdict: decision.verdict,
            waitsFor: decision.waitsFor, version: nil, counts: counts, planHash: planHash, sources: sources,
            findingCounts: findings, findingsFrom: findingsFrom ?? id, actor: workplace.actor, time: workplace.time)
    }

    private func unreadable(
        _ problems: [Finding], _ sources: [String: Candidate.SourceSummary], _ buffer: ClaimBuffer,
        _ transaction: StateTransaction
    ) throws -> Proposal {
        let candidate = try draft(
            Decision(findings: problems, hasChanges: false, modes: [], daysToTurn: 0), transaction, sources: sources,
            findings: FindingCount.counts(of: problems))
        return Proposal(candidate: candidate, findings: problems, buffer: buffer, isUnreadable: true)
    }

    /// The exports say what the accepted ones said; their findings are those of then.
    private func unchanged(
        _ overlays: [Overlay], _ sources: [String: Candidate.SourceSummary], _ buffer: ClaimBuffer,
        _ transaction: StateTransaction
    ) throws -> Proposal {
        let last = try transaction.lastAcceptedCandidate()
        let candidate = try draft(
            Decision(findings: [], hasChanges: false, modes: [], daysToTurn: 0), transaction, sources: sources,
            findings: last?.findingCounts ?? [], findingsFrom: last?.findingsFrom)
        guard !overlays.isEmpty, last != nil else {
            // Nothing was even read anew, so nothing is written; the answer names the candidate that still stands.
            let standing = last.map { $0.reported(as: .unchanged, sources: sources) } ?? candidate
            return Proposal(candidate: standing, buffer: buffer, isWritten: false)
        }
        return Proposal(candidate: candidate, overlays: overlays, buffer: buffer)
    }

    /// Resolves, validates and compares.
    func resolved(
        _ overlays: [Overlay], _ sources: [String: Candidate.SourceSummary], _ buffer: ClaimBuffer,
        _ transaction: StateTransaction, modes: [PublishMode]
    ) throws -> Proposal {
        let organisation = try resolve(
            authority: workplace.configuration.authority, store: transaction, overlays: overlays, buffer: buffer,
            identity: workplace.identity(state))
        let findings = try Validator(
            organisation: organisation, register: transaction, today: workplace.today
        ).validate()
        let changes = try ResolvedChanges(organisation: organisation, register: transaction)
        let counts = try changes.counts(transaction.schema)
        let day = try transaction.position().day
        let decision = Decision(
            findings: findings, hasChanges: !counts.isEmpty, modes: modes,
            daysToTurn: day.map { workplace.today.number - $0.number } ?? 0)
        let candidate = try draft(
            decision, transaction, counts: decision.verdict == .rejected ? ChangeCounts() : counts,
            planHash: decision.verdict == .held ? try changes.planHash() : [], sources: sources,
            findings: FindingCount.counts(of: findings))
        return Proposal(
            candidate: candidate, findings: findings, changes: changes, overlays: overlays, buffer: buffer)
    }

    // MARK: Writing

    /// Writes the proposal in one transaction: published, waiting, or remembered as refused.
    func carryOut(_ proposal: Proposal, approvedBy reason: String = "") throws -> Outcome {
        guard proposal.isWritten else {
            let version = try state.read { try $0.position().version }
            return Outcome(candidate: proposal.candidate, version: version, isUnreadable: false)
        }
        return try state.write { transaction in
            let id = try transaction.nextCandidateID()
            guard try proposal.candidate.id == id || transaction.candidate(proposal.candidate.id)?.verdict == .held
            else {
                throw FordelerError(.conflict, "another import ended meanwhile. Import again")
            }
            guard proposal.candidate.verdict == .published, let changes = proposal.changes else {
                try transaction.record(
                    proposal.candidate, findings: proposal.findings, changes: proposal.changes,
                    overlays: proposal.overlays, buffer: proposal.buffer)
                return Outcome(
                    candidate: proposal.candidate, version: try transaction.position().version,
                    isUnreadable: proposal.isUnreadable)
            }
            let version = try transaction.publish(
                Publication(
                    candidate: proposal.candidate, changes: changes, overlays: proposal.overlays,
                    buffer: proposal.buffer, cause: .import, actor: workplace.actor, reason: reason,
                    today: workplace.today, time: workplace.time), findings: proposal.findings, salts: RandomSalts())
            return Outcome(candidate: proposal.candidate, version: version.number, isUnreadable: false)
        }
    }
}

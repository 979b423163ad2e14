import Foundation
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
    /// Asked now and then: true ends the round, which then leaves nothing.
    var isStopping: @Sendable () -> Bool = { false }

    /// The files of one source, in the order in which they are read; folders too, where an export has several files.
    struct Delivery {
        let source: Configuration.Source
        let paths: [String]
        /// Whether somebody says that it is a full export, whatever the source mostly delivers.
        var isFull = false
        /// When it was made, in seconds since 1970; nil when that does not matter.
        var stamp: Int?
    }

    /// What came of reading one source.
    private enum Reading {
        /// The very bytes of the last accepted export, read by the same mapping.
        case identical(records: Int, bytes: Int)
        case overlay(Overlay, Candidate.SourceSummary, isMappedAnew: Bool)
        case problem(Finding)
    }

    /// What the files say, before anything is made of it.
    struct Exports {
        var round: Proposing.Round
        /// What kept a file from being read to its end.
        var problems: [Finding] = []
    }

    /// A file that cannot be opened or read now; later it may be otherwise.
    struct NotNow: Error {
        /// What was wrong, as an administrator reads it.
        let message: String
    }

    /// - Parameters:
    ///   - isPatient: whether what cannot be read now is left for later and nothing is written.
    ///   - alongside: writes what is to be remembered with the outcome, in the same transaction.
    /// - Throws: ``NotNow``, when patient.
    func run(
        _ deliveries: [Delivery], isPatient: Bool = false,
        alongside: (StateTransaction, Outcome) throws -> Void = { _, _ in }
    ) throws -> Outcome {
        try state.write(after: { transaction in
            let exports = try read(deliveries, transaction)
            if isPatient, let finding = exports.problems.first(where: { $0.rule == .unreadable }) {
                throw NotNow(message: finding.message)
            }
            return try propose(
                exports, Proposing(workplace: workplace, state: state, transaction: transaction))
        }) { transaction, proposal in
            let outcome = try Deciding(workplace: workplace, state: state, transaction: transaction).carryOut(proposal)
            try alongside(transaction, outcome)
            return outcome
        }
    }

    // MARK: Reading

    func read(_ deliveries: [Delivery], _ transaction: StateTransaction) throws -> Exports {
        var exports = Exports(
            round: Proposing.Round(buffer: ClaimBuffer(), sources: deliveries.map(\.source.name)))
        for delivery in deliveries {
            switch try read(delivery, exports.round.buffer, transaction) {
            case .problem(let finding):
                exports.problems.append(finding)
                exports.round.summaries[delivery.source.name] = .init(records: 0, unchanged: 0, bytes: 0)
            case .identical(let records, let bytes):
                exports.round.summaries[delivery.source.name] = .init(
                    records: records, unchanged: records, bytes: bytes)
            case .overlay(let overlay, let summary, let isMappedAnew):
                exports.round.overlays.append(overlay)
                exports.round.summaries[overlay.source] = summary
                if overlay.unconfirmed > 0, let rule = rules.settled(.removalsUnconfirmed) {
                    exports.round.notes.append(unconfirmed(overlay, delivery.source, rule))
                }
                if !isMappedAnew, let rule = rules.settled(.mappingChanged) {
                    exports.round.notes.append(mappingChanged(overlay, rule))
                }
                if let later = try DeltaOrder.accepted(after: overlay, transaction) {
                    exports.round.notes.append(older(overlay, than: later))
                }
            }
        }
        return exports
    }

    private func read(_ delivery: Delivery, _ buffer: ClaimBuffer, _ transaction: StateTransaction) throws -> Reading {
        var name = ""
        do {
            let paths = try DeliveredFiles.at(delivery.paths, for: delivery.source.mapping)
            let handles = try paths.map { path in
                name = path.split(separator: "/").last.map(String.init) ?? path
                return try ExportFileHandle(path: path)
            }
            let program = MappingProgram(
                delivery.source.mapping, source: delivery.source.name, secret: state.secret,
                authority: workplace.configuration.authority, rules: rules)
            let isDelta = try !delivery.isFull && !delivery.source.isFullExport(paths)
            let accepted = try transaction.acceptedExport(of: delivery.source.name)
            let isSame = try accepted.map { try isIdentical(handles, $0.files) } ?? false
            // The same delivery again confirms nothing; the same bytes delivered under another name do.
            let isRepeated = isSame && accepted?.files.map(\.name) == handles.map(\.name)
            if let accepted, isSame, accepted.seed == program.seed, accepted.unconfirmed == 0 || isRepeated,
                try isSettled(transaction), try transaction.waiting(source: delivery.source.name).isEmpty
            {
                return .identical(records: accepted.records, bytes: handles.reduce(0) { $0 + $1.byteCount })
            }
            let reading = try ExportReading(
                program: program, identity: workplace.identity(state), store: transaction, buffer: buffer,
                today: workplace.today, confirmRemovals: delivery.source.confirmRemovals,
                countsAbsences: !isRepeated,
                extent: isDelta ? .delta(waiting: try waiting(delivery.source, buffer, transaction)) : .full,
                stamp: delivery.source.deliversDeltas ? delivery.stamp : nil)
            for handle in handles {
                name = handle.name
                try reading.read(named: handle.name) { buffer in
                    if isStopping() { throw FordelerError(.interrupted, "it was interrupted; nothing was changed") }
                    return try handle.fill(buffer)
                } describe: {
                    ExportFile(name: handle.name, digest: try handle.digest(), byteCount: handle.byteCount)
                }
            }
            let files = zip(handles, reading.forms).map { handle, form in
                Candidate.ReadFile(name: RunText.shown(handle.name), form: form.description)
            }
            let overlay = try reading.finish()
            let byteCount = handles.reduce(0) { $0 + $1.byteCount }
            guard isDelta else {
                let unchanged = overlay.unchanged.count - overlay.unconfirmed
                return .overlay(
                    overlay,
                    .init(records: overlay.records, unchanged: unchanged, bytes: byteCount, files: files),
                    isMappedAnew: true)
            }
            let isMappedAnew = overlay.seed.starts(with: program.seed)
            if reading.records == 0, isMappedAnew, try isSettled(transaction) {
                return .identical(records: 0, bytes: byteCount)
            }
            return .overlay(
                overlay, .init(records: reading.records, unchanged: reading.known, bytes: byteCount, files: files),
                isMappedAnew: isMappedAnew)
        } catch let problem as ExportProblem {
            return .problem(
                Finding(
                    rule: problem.rule, kind: nil, key: "",
                    location: SourceLocation(source: delivery.source.name, file: name, line: problem.line),
                    message: problem.message))
        }
    }

    /// What waits of a source, for a delta to be added to it.
    private func waiting(
        _ source: Configuration.Source, _ buffer: ClaimBuffer, _ transaction: StateTransaction
    ) throws -> Overlay? {
        try transaction.waiting(source: source.name).last.flatMap { candidate in
            try transaction.overlays(of: candidate, into: buffer).first { $0.source == source.name }
        }
    }

    /// Sizes are compared first: a file of another size need not be hashed before it is read.
    private func isIdentical(_ handles: [ExportFileHandle], _ files: [ExportFile]) throws -> Bool {
        guard handles.map(\.byteCount) == files.map(\.byteCount) else { return false }
        return try handles.map { try $0.digest() } == files.map(\.digest)
    }

    /// True when the register is what its claims make of it, so that the same claims change nothing.
    private func isSettled(_ transaction: StateTransaction) throws -> Bool {
        try transaction.pins().isEmpty
            && transaction.resolvedPrecedence() == workplace.configuration.precedence.digest
    }

    // MARK: Proposing

    func propose(_ exports: Exports, _ proposing: Proposing) throws -> Proposal {
        let (round, transaction) = (exports.round, proposing.transaction)
        if !exports.problems.isEmpty { return try unreadable(exports.problems, round, proposing) }
        let saysNothingNew = try round.overlays.allSatisfy { overlay in
            try overlay.isUnchanged && transaction.acceptedExport(of: overlay.source)?.seed == overlay.seed
        }
        if saysNothingNew, try isSettled(transaction) { return try unchanged(round, proposing) }
        return try proposing.propose(round)
    }

    private var rules: RuleSettings {
        workplace.configuration.precedence.rules
    }

    private func mappingChanged(_ overlay: Overlay, _ rule: Rule) -> Finding {
        Finding(
            rule: rule, kind: nil, key: "",
            location: SourceLocation(source: overlay.source, file: overlay.files.last?.name ?? "", line: 0),
            message:
                "The mapping changed since the last full export of \(overlay.source). What deltas have not named since is as "
                + "the mapping before made it. Import a full export: fordeler import --full \(overlay.source)=FILE")
    }

    private func older(_ overlay: Overlay, than run: Run) -> Finding {
        let times = [overlay.fullStamp ?? 0, run.file.stamp].map {
            workplace.local(Date(timeIntervalSince1970: Double($0)))
        }
        return Finding(
            rule: .exportOlder, kind: nil, key: "",
            location: SourceLocation(source: overlay.source, file: overlay.files.first?.name ?? "", line: 0),
            message:
                "This full export is of \(times[0]), older than a delta that was taken: run \(run.number), "
                + "\(RunText.name(run.file)), of \(times[1]). What deltas said since is undone where this one does not say it. "
                + "Publish it only if that is meant.")
    }

    private func unconfirmed(_ overlay: Overlay, _ source: Configuration.Source, _ rule: Rule) -> Finding {
        Finding(
            rule: rule, kind: nil, key: "",
            location: SourceLocation(source: overlay.source, file: overlay.files.last?.name ?? "", line: 0),
            message: "\(overlay.unconfirmed) records that were there before are absent. What they say stays until "
                + "\(source.confirmRemovals) exports in a row are without them. Look whether the export is complete.")
    }

    private func unreadable(
        _ problems: [Finding], _ round: Proposing.Round, _ proposing: Proposing
    ) throws -> Proposal {
        let candidate = try proposing.draft(verdict: .rejected, round, findings: problems)
        return Proposal(
            candidate: candidate, findings: problems,
            acceptance: Acceptance(overlays: [], buffer: round.buffer, standing: nil), isUnreadable: true)
    }

    /// The exports say what the accepted ones said; their findings are those of then.
    private func unchanged(_ round: Proposing.Round, _ proposing: Proposing) throws -> Proposal {
        let last = try proposing.transaction.lastAcceptedCandidate()
        let acceptance = Acceptance(overlays: round.overlays, buffer: round.buffer, standing: nil)
        guard !round.overlays.isEmpty, let last else {
            // Nothing was even read anew, so nothing is written; the answer names the candidate that still stands.
            let standing =
                try last.map { $0.reported(as: .unchanged, sources: round.summaries) }
                ?? proposing.draft(verdict: .unchanged, round)
            return Proposal(candidate: standing, acceptance: acceptance, isWritten: false)
        }
        // What an earlier round only noted is of no meaning in this one.
        let notes = [Rule.removalsUnconfirmed, .mappingChanged, .exportOlder].map(\.code)
        let noted = last.findingCounts.contains { notes.contains($0.rule) }
        let hasErased = try proposing.transaction.hasErasedFindings(last.findingsFrom)
        guard noted || hasErased || !round.notes.isEmpty else {
            let candidate = try proposing.draft(verdict: .unchanged, round, findingsOf: last)
            return Proposal(candidate: candidate, acceptance: acceptance)
        }
        let standing = try proposing.transaction.findings(last.findingsFrom)
        let findings = standing.filter { !notes.contains($0.rule.code) && !$0.isErased } + round.notes
        let candidate = try proposing.draft(verdict: .unchanged, round, findings: findings)
        return Proposal(candidate: candidate, findings: findings, acceptance: acceptance)
    }
}

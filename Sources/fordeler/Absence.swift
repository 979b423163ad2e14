import Intake
import Mapping
import OrganisationModel
import Storage
import Versioning

/// Why a version does not have what somebody asks for.
///
/// All that is known is told, what is decisive first. What no export says, and no candidate, version or finding tells, is not guessed at.
struct Absence {
    private let explaining: Explaining
    private let transaction: StateTransaction
    private let sources: [String]
    private let suppressed: Set<ObjectID>
    private let erased: [ObjectID: Erased]
    private let standing: [Reason]
    /// Candidates that wait and have what is asked for.
    private let waiting: [ObjectID: [Candidate]]
    private let waitingKeys: [String: [Candidate]]
    /// Of the findings that withhold, in candidates that were not accepted.
    private let refused: [(finding: Finding, candidate: Candidate)]
    private let heads: [String: [Fingerprint: Int64]]

    /// - Parameter asked: what is asked for and not there, with the ids that it may have.
    init(_ explaining: Explaining, _ asked: [(lookup: ObjectLookup, ids: [ObjectID])]) throws {
        self.explaining = explaining
        transaction = explaining.transaction
        sources = explaining.workplace.configuration.sources.map(\.name)
        suppressed = try transaction.suppressedIDs()
        erased = Dictionary(try transaction.erased().map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        let open = try Self.open(sources, transaction)
        standing = try Self.standing(sources, open, transaction)
        let ids = Set(asked.flatMap(\.ids))
        let keys = Set(asked.map(\.lookup.key))
        let kind = explaining.kind
        var waiting: [ObjectID: [Candidate]] = [:]
        var waitingKeys: [String: [Candidate]] = [:]
        for candidate in open where candidate.verdict == .held {
            try transaction.changeSet(candidate.id)?.forEach { change in
                guard change.after != nil, change.kind == kind else { return }
                if ids.contains(change.id) {
                    waiting[change.id, default: []].append(candidate)
                } else if keys.contains(change.key) {
                    waitingKeys[change.key, default: []].append(candidate)
                }
            }
        }
        (self.waiting, self.waitingKeys) = (waiting, waitingKeys)
        let transaction = explaining.transaction
        refused = try open.flatMap { candidate in
            try transaction.findings(candidate.findingsFrom).filter { finding in
                finding.kind == kind && finding.rule.fate != .none
            }.map { ($0, candidate) }
        }
        heads = try Self.heads(explaining, asked.map(\.lookup))
    }

    /// Candidates that wait, and those that were rejected after the last accepted export of their sources; newest first.
    private static func open(_ sources: [String], _ transaction: StateTransaction) throws -> [Candidate] {
        let accepted = try sources.map { try transaction.acceptedCandidate(of: $0)?.number ?? 0 }
        var number = try transaction.nextCandidateID().number - 1
        var open: [Candidate] = []
        while number > accepted.min() ?? 0 {
            defer { number -= 1 }
            guard let candidate = try transaction.candidate(CandidateID(number)) else { continue }
            let isNew = zip(sources, accepted).contains { candidate.sources[$0] != nil && $1 < number }
            if candidate.verdict == .held || candidate.verdict == .rejected && isNew { open.append(candidate) }
        }
        let waiting =
            try sources.flatMap { try transaction.waiting(source: $0) }.compactMap { try transaction.candidate($0) }
            + [Cause.import, .rollback].flatMap { try transaction.waitingWithoutExport($0) }
        for candidate in waiting where !open.contains(where: { $0.id == candidate.id }) { open.append(candidate) }
        return open
    }

    /// What stands in the way of anything of a source.
    private static func standing(
        _ sources: [String], _ open: [Candidate], _ transaction: StateTransaction
    ) throws -> [Reason] {
        var reasons: [Reason] = []
        for source in sources {
            if let candidate = open.first(where: { $0.sources[source] != nil && $0.verdict == .rejected }) {
                reasons.append(
                    Reason(
                        code: "refused",
                        message: "The newest export of \(source) was refused, so nothing that only it names is there.",
                        remedy: "Look at: fordeler findings candidate:\(candidate.id).", candidate: candidate.id))
            }
            if let run = try transaction.runs(source: source, verdict: .waiting, limit: 1).first {
                reasons.append(
                    Reason(
                        code: "unread",
                        message: "A file of \(source), \(RunText.name(run.file)), has not been read yet.",
                        remedy: "Look at: fordeler run show \(run.number)."))
            }
            if try transaction.acceptedExport(of: source) == nil {
                reasons.append(
                    Reason(
                        code: "no-export", message: "No export of \(source) was ever accepted.",
                        remedy: "Import one: fordeler import \(source)=FILE."))
            }
        }
        for hold in try transaction.holds() {
            reasons.append(
                Reason(
                    code: "on-hold",
                    message: "Nothing of \(hold.source) is published by itself since version \(hold.version).",
                    remedy: "Look at: fordeler holds; let it go on with: fordeler release \(hold.source).",
                    version: hold.version))
        }
        return reasons
    }

    /// The rows of the claims of records that would name what is asked for.
    private static func heads(
        _ explaining: Explaining, _ lookups: [ObjectLookup]
    ) throws -> [String: [Fingerprint: Int64]] {
        var heads: [String: [Fingerprint: Int64]] = [:]
        for (source, mapped) in explaining.mapped {
            let wanted = Set(
                lookups.flatMap { mapped.lineage.places(of: $0.kind, key: $0.key) }.flatMap(\.claimKeys))
            guard !wanted.isEmpty else { continue }
            try explaining.transaction.forEachClaimHead(of: source) { head in
                if wanted.contains(head.key) { heads[source, default: [:]][head.key] = head.row }
            }
        }
        return heads
    }

    // MARK: One key

    /// - Parameters:
    ///   - all: the ids that the key may stand for.
    ///   - found: those of which the object is there; then only what is known of the others is told.
    func reasons(_ lookup: ObjectLookup, _ all: [ObjectID], besides found: [ObjectID]) throws -> [Reason] {
        let ids = all.filter { !found.contains($0) }
        var reasons = try ids.flatMap(past)
        if explaining.version == explaining.current {
            reasons += try ids.flatMap(present)
            reasons += (waitingKeys[lookup.key] ?? []).map(waits)
            reasons += try records(lookup, without: Set(all))
            for (finding, candidate) in refused
            where finding.key == lookup.key && !lookup.key.isEmpty
                && !explaining.schema[lookup.kind].hasPersonalKey
            {
                reasons.append(
                    Reason(
                        code: finding.rule.code, message: "\(finding.message)",
                        remedy: candidate.verdict == .held
                            ? "It is said in candidate:\(candidate.id), which waits."
                            : "It was said in candidate:\(candidate.id), which was refused.",
                        location: finding.location, candidate: candidate.id))
            }
        }
        if !found.isEmpty { return reasons }
        let isDecided = !reasons.isEmpty
        if explaining.version == explaining.current { reasons += standing }
        return isDecided ? reasons : try [never(lookup)] + reasons
    }

    private func never(_ lookup: ObjectLookup) throws -> Reason {
        let read = try sources.compactMap { source in
            try transaction.acceptedExport(of: source).map { export in
                "\(source) (\(export.files.map { RunText.shown($0.name) }.joined(separator: ", ")))"
            }
        }
        let conditions = explaining.mapped.sorted { $0.key < $1.key }.flatMap { source, mapped in
            mapped.lineage.conditions(making: lookup.kind).map { element, condition in
                "\(source) makes one of the record \(element) only when \(condition.expression) (\(mapped.name):\(condition.mappingLine))"
            }
        }
        let only = conditions.isEmpty ? "" : " \(conditions.joined(separator: "; "))."
        return Reason(
            code: "never",
            message:
                "No accepted export names it: \(read.isEmpty ? "none was accepted" : read.joined(separator: ", ")).\(only)",
            remedy:
                "Look whether kind and key are right. A record that says only that something ended leaves nothing of what was never "
                + "known. If a source should name it, ask there.")
    }

    /// What versions, erasures and suppressions tell.
    private func past(_ id: ObjectID) throws -> [Reason] {
        var reasons: [Reason] = []
        if suppressed.contains(id) {
            reasons.append(
                Reason(
                    code: "suppressed", message: "The person was erased, and their records are left out of exports.",
                    remedy: "Let them count again with: fordeler suppression lift."))
        }
        guard try transaction.lastKnown(id)?.kind == explaining.kind else { return reasons }
        let versions = try transaction.versions(of: id)
        if let last = versions.last(where: { $0 <= explaining.version }) {
            return reasons + [try gone(id, last)]
        }
        guard let first = versions.first, let version = try transaction.version(first) else { return reasons }
        return reasons + [
            Reason(
                code: "later", message: "It came with version \(first), \(version.time).",
                remedy: "Ask for that: --version \(first).", version: first)
        ]
    }

    private func gone(_ id: ObjectID, _ number: Int) throws -> Reason {
        guard let version = try transaction.version(number) else {
            return Reason(
                code: "gone", message: "It was there before version \(number).", remedy: "Look at: fordeler history.")
        }
        let files = try transaction.files(of: version.candidate).map { "\($0.source) \(RunText.shown($0.name))" }
        let why = version.reason.isEmpty ? "" : " (\(version.reason))"
        let from = files.isEmpty ? "" : ", made of \(files.joined(separator: ", "))"
        let isErased = version.cause == .erasure || erased[id].map { $0.version >= number } ?? false
        return Reason(
            code: isErased ? "erased" : "gone",
            message:
                "It was there until version \(number), \(version.time): \(version.cause.rawValue) by "
                + "\(version.actor.name)\(why)\(from).",
            remedy: isErased
                ? "What was erased does not come back."
                : "If that was wrong, see: fordeler history, and fordeler rollback.",
            version: number, candidate: version.candidate)
    }

    /// What accepted claims, pins and candidates that wait tell.
    private func present(_ id: ObjectID) throws -> [Reason] {
        let namings = explaining.namings(of: id)
        var reasons = namings.flatMap(why)
        let makers = namings.filter(isMaking)
        if let pin = explaining.pins[id], !pin.isReleased { reasons.append(.pinned(pin)) }
        reasons += (waiting[id] ?? []).map(waits)
        guard !makers.isEmpty, explaining.kind == makers[0].part?.kind ?? explaining.kind else { return reasons }
        if explaining.organisation.isReplaced(id) {
            reasons += explaining.rules(id, makers, isThere: false)
        } else if explaining.organisation.entry(id) == nil {
            for naming in makers {
                reasons += naming.claim.body.withUnsafeBytes {
                    explaining.resolved.resolution.cutReasons(of: $0, source: naming.claim.source)
                }.map { message in
                    Reason(
                        code: "out-of-scope", message: message,
                        remedy:
                            "Nothing need be done if that is meant. Else correct exclude or scope in the configuration.",
                        location: naming.claim.location)
                }
            }
        } else if reasons.isEmpty, try explaining.organisation.state(of: id) != nil {
            reasons.append(.outdated(isThere: false))
        }
        return reasons
    }

    private func waits(_ candidate: Candidate) -> Reason {
        Reason(
            code: "waiting",
            message:
                "Only candidate:\(candidate.id) has it, which waits for \(candidate.waitsFor.joined(separator: ", ")).",
            remedy: "Look at: fordeler diff \(explaining.current) candidate:\(candidate.id).", candidate: candidate.id)
    }

    private func isMaking(_ naming: Explaining.Naming) -> Bool {
        naming.periodCount > 0 && naming.flags & (Claim.withheld | Claim.fallback) == 0
    }

    /// Why a claim that names an object does not make it.
    private func why(_ naming: Explaining.Naming) -> [Reason] {
        let mapped = explaining.mapped[naming.claim.source]
        if Claim.isWithheld(naming.flags) { return Reason.withheld(naming, isThere: false) }
        if naming.periodCount > 0 {
            guard naming.flags & Claim.fallback != 0 else { return [] }
            return [
                Reason(
                    code: "fallback", message: "Only records name it that fill in what others say, and never make one.",
                    remedy: "Have the source name it in a record that does.", location: naming.claim.location)
            ]
        }
        if naming.flags & Claim.ended != 0 { return [.ended(naming)] }
        let conditions = naming.part.map { mapped?.lineage.conditions(leavingOut: $0, flags: naming.flags) ?? [] } ?? []
        let record = record(naming.part?.element, naming.recordKey, naming.part?.recordKind)
        if conditions.isEmpty { return [.leftOut(nil, record, naming.claim.location, mapped)] }
        return conditions.map { .leftOut($0, record, naming.claim.location, mapped) }
    }

    private func record(_ element: String?, _ key: String, _ kind: Kind?) -> String {
        let shown = Masking.redacted(Masking.shown(key, kind: kind ?? explaining.kind, schema: explaining.schema))
        return element.map { "\($0) \(shown)" } ?? shown
    }

    /// Records that would name it by their own key, and that do not.
    private func records(_ lookup: ObjectLookup, without ids: Set<ObjectID>) throws -> [Reason] {
        var reasons: [Reason] = []
        for (source, mapped) in explaining.mapped.sorted(by: { $0.key < $1.key }) {
            for place in mapped.lineage.places(of: lookup.kind, key: lookup.key) {
                let rows = Set(place.claimKeys.compactMap { heads[source]?[$0] })
                for claim in try transaction.placedClaims(rows) {
                    reasons += claim.body.withUnsafeBytes { reasonsOf($0, claim, place, mapped, ids) }
                }
            }
        }
        return reasons
    }

    private func reasonsOf(
        _ body: UnsafeRawBufferPointer, _ claim: PlacedClaim, _ place: Lineage.Place, _ mapped: Explaining.Mapped,
        _ ids: Set<ObjectID>
    ) -> [Reason] {
        if Claim.names(ids, in: body) { return [] }
        let record = record(place.element, place.recordKey, place.recordKind)
        let conditions = mapped.lineage.conditions(leavingOut: body, at: place)
        guard !conditions.isEmpty else {
            let made = made(by: body)
            return made.isEmpty
                ? [.leftOut(nil, record, claim.location, mapped)] : [.otherwise(record, made, claim.location)]
        }
        return conditions.map { .leftOut($0, record, claim.location, mapped) }
    }

    /// The objects that a claim makes, as they may be shown.
    private func made(by body: UnsafeRawBufferPointer) -> [String] {
        var reader = Claim.Reader(body)
        _ = reader.recordKey()
        _ = reader.findings()
        return (0..<reader.objectCount()).map { _ in reader.object() }.filter {
            $0.periodCount > 0 && $0.flags & (Claim.adds | Claim.withheld) == 0
        }.map { object in
            let key = Masking.shown(
                String(decoding: object.key, as: UTF8.self), kind: object.kind, schema: explaining.schema)
            return "\(object.kind.name) \(Masking.redacted(key))"
        }
    }
}

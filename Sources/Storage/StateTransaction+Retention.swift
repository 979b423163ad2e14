import Distribution
import GRDB
import Mapping
public import OrganisationModel
public import Versioning

/// What goes because nothing keeps it any more.
public struct PruningPlan: Sendable {
    /// The versions that cannot be read any more then; empty when all stay.
    public let versions: Range<Int>
    public let candidates: [CandidateID]
    /// Runs of files, by number.
    public let runs: [Int]
    public let notices: Int
    /// What keeps versions that would go without it, the oldest first.
    public let heldBy: [Retention.Need]
    /// Candidates whose version has gone and that still have findings.
    let findings: [CandidateID]
    /// The day of the register.
    let today: Day
    /// Notices from before go; UTC, RFC 3339.
    let noticesBefore: String
    /// Runs that ended before go.
    let runsBefore: String

    /// The oldest version that stays.
    public var oldest: Int { versions.upperBound }

    /// Whether nothing goes.
    public var isEmpty: Bool { versions.isEmpty && candidates.isEmpty && runs.isEmpty && notices == 0 }
}

// How far back the register can be read, and what may go.
extension StateTransaction {
    static let oldestSetting = "oldestVersion"

    /// The oldest version that can be read; 1 while nothing was pruned.
    public func oldestVersion() throws -> Int {
        Int(try setting(Self.oldestSetting) ?? 1)
    }

    /// - Throws: ``FordelerError`` `version.pruned` for one that was pruned; 0, the empty register, never is.
    public func requireKept(_ version: Int) throws {
        let oldest = try oldestVersion()
        guard version > 0, version < oldest else { return }
        throw FordelerError(
            .prunedVersion, "version \(version) is not kept any more; the oldest one that is kept is \(oldest)")
    }

    /// - Throws: ``FordelerError`` `candidate.pruned`, `candidate.unknown`.
    public func requireCandidate(_ id: CandidateID) throws -> Candidate {
        if let candidate = try candidate(id) { return candidate }
        guard try id.number < 1 || id >= nextCandidateID() else {
            throw FordelerError(
                .prunedCandidate,
                "candidate:\(id) is not kept any more. What became of it: fordeler audit --subject candidate:\(id)")
        }
        throw FordelerError(.unknownCandidate, "there is no candidate:\(id). See: fordeler candidates")
    }

    // MARK: The plan

    /// What would go now.
    /// - Parameters:
    ///   - begin: when a day began; UTC, RFC 3339.
    ///   - isThere: whether a file still lies in its folder; then its run stays, or it would be read again.
    /// - Returns: nil for an empty register.
    public func pruningPlan(
        _ retention: Retention, begin: (Day) -> String, isThere: (RunFile) -> Bool
    ) throws -> PruningPlan? {
        let position = try position()
        guard let today = position.day else { return nil }
        let kept = try oldestVersion()
        let days = try Int32.fetchAll(db, sql: "SELECT day FROM version ORDER BY number").map { Day(number: $0) }
        let edge = try retention.edge(published: days, today: today, needs: needs(), kept: kept)
        let before = begin(today.advanced(by: -Int32(clamping: retention.candidates)))
        let runs = try runsThatGo(before: before, isThere)
        let known = try knownCandidates()
        let going = Retention.going(
            known, before: before, oldest: edge.oldest, referred: try referredCandidates(runs: runs))
        let noticesBefore = begin(today.advanced(by: -Int32(clamping: retention.notices)))
        let hasFinding = "SELECT 1 FROM finding WHERE candidate = ? LIMIT 1"
        return PruningPlan(
            versions: kept..<edge.oldest, candidates: going.candidates, runs: runs.sorted(),
            notices: try Int.fetchOne(
                db, sql: "SELECT count(*) FROM notice WHERE \(Self.noticeGoes)", arguments: [noticesBefore]) ?? 0,
            heldBy: edge.heldBy,
            findings: try going.findings.filter {
                try Int.fetchOne(db, sql: hasFinding, arguments: [$0.number]) != nil
            }, today: today, noticesBefore: noticesBefore, runsBefore: before)
    }

    /// Of a notice that is on its way no more, and not the last, whose number the next one follows.
    static let noticeGoes = "status <> 'waiting' AND time < ? AND number < (SELECT max(number) FROM notice)"

    // MARK: What old versions are needed for

    /// The mailboxes that have not settled everything, and the candidates that wait.
    private func needs() throws -> [Retention.Need] {
        let mailboxes = try mailboxes().compactMap { mailbox in
            try firstUnsettled(mailbox).map { entry in
                Retention.Need(
                    "subscription:\(mailbox.name)",
                    // A publish is told with what was before it.
                    version: entry.cause == .dayTurn ? entry.position.version : entry.position.version - 1)
            }
        }
        // Made against the empty register, which is always there, a candidate needs none.
        let waiting = try candidates().filter { $0.verdict == .held && $0.base > 0 }.map { candidate in
            Retention.Need(
                "candidate:\(candidate.id)", version: min(candidate.base, candidate.target ?? candidate.base))
        }
        return mailboxes + waiting
    }

    /// The first entry that still has, or may have, events for a mailbox.
    func firstUnsettled(_ mailbox: Mailbox) throws -> LogEntry? {
        let counted = try Row.fetchOne(
            db,
            sql: """
                SELECT logEntry.* FROM viewEntry JOIN logEntry ON logEntry.number = viewEntry.entry
                WHERE view = ? AND first + count > ? ORDER BY first LIMIT 1
                """, arguments: [mailbox.viewID, mailbox.settledThrough + 1 - mailbox.offset]
        ).map { entry($0, firstProtecting: try firstProtectingEntry()) }
        return try counted ?? uncountedEntries(view: mailbox.viewID).first
    }

    // MARK: Runs

    /// Files that were done with before, but for those that tell what is older or newer, or when the last one came.
    private func runsThatGo(before: String, _ isThere: (RunFile) -> Bool) throws -> Set<Int> {
        var going: Set<Int> = []
        let runs = try runs()
        for (source, runs) in Dictionary(grouping: runs, by: \.file.source) {
            let taken = runs.filter { [.published, .held, .unchanged].contains($0.verdict) }
            let fixed = [
                try lastRead(source: source), taken.max { $0.file.stamp < $1.file.stamp },
                runs.max { $0.received < $1.received },
            ]
            let full = try mark(Self.fullMark + source) ?? .max
            for run in runs where run.ended.map({ $0 < before }) ?? false && !fixed.contains(run) {
                // Later deltas wait behind it.
                if run.verdict == .rejected, run.file.stamp >= full { continue }
                if try run.candidate.flatMap(candidate)?.verdict == .held { continue }
                if !isThere(run.file) { going.insert(run.number) }
            }
        }
        // The next one follows the last number.
        if let last = runs.first { going.remove(last.number) }
        return going
    }

    // MARK: Candidates

    private func knownCandidates() throws -> [Retention.KnownCandidate] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT number, verdict, version, time, json_extract(summary, '$.cause') AS cause,
                json_extract(summary, '$.findingsFrom') AS findingsFrom FROM candidate ORDER BY number
                """
        ).map { row in
            Retention.KnownCandidate(
                id: CandidateID(row["number"]), verdict: Verdict(rawValue: row["verdict"]) ?? .held,
                version: row["version"], cause: (row["cause"] as String?).flatMap(Cause.init) ?? .import,
                findingsFrom: CandidateID(row["findingsFrom"] ?? row["number"]), time: row["time"])
        }
    }

    /// The candidates that sources, places of claims, runs and approvals for later name.
    private func referredCandidates(runs going: Set<Int>) throws -> Set<CandidateID> {
        let runs = try Row.fetchAll(db, sql: "SELECT number, candidate FROM run WHERE candidate IS NOT NULL")
            .filter { !going.contains($0["number"]) }.map { CandidateID($0["candidate"]) }
        let others = try Int.fetchAll(
            db, sql: "SELECT candidate FROM export UNION SELECT candidate FROM schedule"
        ).map { CandidateID($0) }
        return try Set(runs + others).union(placedCandidates())
    }

    /// The candidates with whose files claims came that no later export named.
    private func placedCandidates() throws -> Set<CandidateID> {
        var files: Set<Int> = []
        for source in try sourcesWithClaims() {
            for place in try claimPlaces(of: source) {
                if case .accepted(let file) = place.file { files.insert(file) }
            }
        }
        let candidates = try files.compactMap { file in
            try Int.fetchOne(db, sql: "SELECT candidate FROM exportFile WHERE id = ?", arguments: [file])
        }
        return Set(candidates.map { CandidateID($0) })
    }
}

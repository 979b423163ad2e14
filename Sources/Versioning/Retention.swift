public import OrganisationModel

/// How much of the past is kept. Whatever any of these keeps, stays.
public struct Retention: Hashable, Sendable {
    /// The newest versions, at least 1.
    public var versions = 400
    /// The versions that were current on any of the last days, at least 1.
    public var days = 730
    /// The days for which candidates stay that did not become a version, and what became of files; at least 1.
    public var candidates = 90
    /// The days for which notices stay that are on their way no more, at least 1.
    public var notices = 90

    public init() {}

    /// Something that has not done with an old version.
    public struct Need: Hashable, Sendable {
        /// What it is, such as `subscription:ky` or `candidate:7`.
        public let who: String
        /// The oldest version that it needs.
        public let version: Int

        public init(_ who: String, version: Int) {
            (self.who, self.version) = (who, version)
        }
    }

    /// From which version on the register can be read.
    public struct Edge: Hashable, Sendable {
        public let oldest: Int
        /// What keeps older versions than would be kept without it, the oldest first.
        public let heldBy: [Need]
    }

    // MARK: Versions

    /// The oldest version that stays. It and all later ones do; the current one always does.
    /// - Parameters:
    ///   - published: the day on which each version was published, from version 1 on.
    ///   - today: the day of the register.
    ///   - needs: what has not done with old versions.
    ///   - kept: the oldest version that was kept until now; what has gone does not come back.
    public func edge(published: [Day], today: Day, needs: [Need], kept: Int = 1) -> Edge {
        let current = published.count
        let first = today.advanced(by: -Int32(clamping: days))
        // The one that was current when that day began.
        let byDays = published.lastIndex { $0 < first }.map { $0 + 1 } ?? 1
        let wanted = max(1, min(byDays, current - versions + 1))
        let holding = needs.filter { $0.version < wanted }.sorted { ($0.version, $0.who) < ($1.version, $1.who) }
        return Edge(oldest: max(kept, min(wanted, holding.first.map { max(1, $0.version) } ?? wanted)), heldBy: holding)
    }

    // MARK: Candidates

    /// What is known of a candidate when it is decided what goes.
    public struct KnownCandidate: Sendable {
        public let id: CandidateID
        public let verdict: Verdict
        /// Nil when it did not become one.
        public let version: Int?
        public let cause: Cause
        public let findingsFrom: CandidateID
        /// UTC, RFC 3339.
        public let time: String

        public init(
            id: CandidateID, verdict: Verdict, version: Int? = nil, cause: Cause = .import, findingsFrom: CandidateID,
            time: String
        ) {
            self.id = id
            self.verdict = verdict
            self.version = version
            self.cause = cause
            self.findingsFrom = findingsFrom
            self.time = time
        }
    }

    /// Which candidates go, and of which others the findings go.
    ///
    /// A candidate goes when it was decided before `instant`, did not become a version, and nothing that stays refers to it. Of a
    /// candidate whose version has gone the findings go, unless something that stays shows them as its own.
    /// - Parameters:
    ///   - candidates: all of them, in order.
    ///   - instant: UTC, RFC 3339.
    ///   - oldest: the oldest version that stays.
    ///   - referred: the candidates that something else refers to.
    public static func going(
        _ candidates: [KnownCandidate], before instant: String, oldest: Int, referred: Set<CandidateID>
    ) -> (candidates: [CandidateID], findings: [CandidateID]) {
        let accepted = candidates.last { $0.cause == .import && [.published, .unchanged].contains($0.verdict) }
        let fixed = referred.union([accepted?.id, candidates.last?.id].compactMap { $0 })
        let staying = candidates.filter { candidate in
            let isDecided = [.rejected, .superseded, .unchanged].contains(candidate.verdict)
            return !isDecided || candidate.time >= instant || fixed.contains(candidate.id)
        }
        // What comes next takes the last accepted findings over, also when their version has gone.
        let shown = Set(
            staying.filter { $0.version.map { $0 >= oldest } ?? true || $0.id == accepted?.id }.map(\.findingsFrom))
        let stays = shown.union(staying.map(\.id))
        return (
            candidates.map(\.id).filter { !stays.contains($0) },
            candidates.filter { ($0.version.map { $0 < oldest } ?? false) && !shown.contains($0.id) }.map(\.id)
        )
    }
}

extension FordelerError.Code {
    /// The version was; it is not kept any more.
    public static let prunedVersion = FordelerError.Code("version.pruned")
    public static let prunedCandidate = FordelerError.Code("candidate.pruned")
}

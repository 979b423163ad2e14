public import OrganisationModel

/// What became, or is to become, of a candidate.
public enum Verdict: String, Sendable {
    /// It is a version.
    case published
    /// It waits for what `waitsFor` says.
    case held
    /// Findings forbid it, or a source could not be read.
    case rejected
    /// The exports say what the register says.
    case unchanged
    /// A later export took its place before anybody decided.
    case superseded
}

/// What a round of exports would change, and whether it may.
public struct Candidate: Sendable {
    /// What was read of one source.
    public struct SourceSummary: Hashable, Sendable {
        public let records: Int
        public let unchanged: Int
        public let bytes: Int

        public init(records: Int, unchanged: Int, bytes: Int) {
            self.records = records
            self.unchanged = unchanged
            self.bytes = bytes
        }
    }

    public let id: CandidateID
    /// The version against which its changes were computed; 0 for the empty register.
    public let base: Int
    public let verdict: Verdict
    public let waitsFor: [String]
    /// The version it became.
    public let version: Int?
    public let counts: ChangeCounts
    /// SHA-256 over the change set; empty when nobody needs to approve it.
    public let planHash: [UInt8]
    public let sources: [String: SourceSummary]
    /// Findings by rule and severity, also those too many to be kept one by one.
    public let findingCounts: [FindingCount]
    /// The candidate whose findings these are: an export that says nothing new leaves the findings as they were.
    public let findingsFrom: CandidateID
    public let actor: Actor
    /// UTC, RFC 3339.
    public let time: String

    public init(
        id: CandidateID, base: Int, verdict: Verdict, waitsFor: [String], version: Int?, counts: ChangeCounts,
        planHash: [UInt8], sources: [String: SourceSummary], findingCounts: [FindingCount], findingsFrom: CandidateID,
        actor: Actor, time: String
    ) {
        self.id = id
        self.base = base
        self.verdict = verdict
        self.waitsFor = waitsFor
        self.version = version
        self.counts = counts
        self.planHash = planHash
        self.sources = sources
        self.findingCounts = findingCounts
        self.findingsFrom = findingsFrom
        self.actor = actor
        self.time = time
    }
}

extension Candidate {
    /// The same candidate with another end.
    public func ending(_ verdict: Verdict, version: Int?) -> Candidate {
        Candidate(
            id: id, base: base, verdict: verdict, waitsFor: [], version: version, counts: counts, planHash: planHash,
            sources: sources, findingCounts: findingCounts, findingsFrom: findingsFrom, actor: actor, time: time)
    }

    /// The candidate that still stands, as the answer to a round that brought nothing.
    public func reported(as verdict: Verdict, sources: [String: SourceSummary]) -> Candidate {
        Candidate(
            id: id, base: base, verdict: verdict, waitsFor: [], version: version, counts: ChangeCounts(), planHash: [],
            sources: sources, findingCounts: findingCounts, findingsFrom: findingsFrom, actor: actor, time: time)
    }
}

/// How often a rule was broken.
public struct FindingCount: Hashable, Sendable {
    public let rule: String
    public let severity: Severity
    public let count: Int

    public init(rule: String, severity: Severity, count: Int) {
        self.rule = rule
        self.severity = severity
        self.count = count
    }

    /// The counts of findings, worst first, then by rule.
    public static func counts(of findings: [Finding]) -> [FindingCount] {
        var counts: [Rule: Int] = [:]
        for finding in findings { counts[finding.rule, default: 0] += 1 }
        return counts.map { FindingCount(rule: $0.code, severity: $0.severity, count: $1) }
            .sorted { left, right in
                left.severity != right.severity ? left.severity > right.severity : left.rule < right.rule
            }
    }
}

/// How the candidates of a source become versions.
public enum PublishMode: String, Sendable {
    case automatic, manual
}

/// The decision about a new candidate: a pure function of what was found.
public struct Decision: Hashable, Sendable {
    public let verdict: Verdict
    public let waitsFor: [String]

    /// More days than this turned at once are not believed (a clock that jumped).
    public static let daysToTurnMax: Int32 = 14

    /// - Parameters:
    ///   - modes: how each source of the round publishes; one that is manual makes the whole round wait.
    ///   - daysToTurn: how far `today` lies after the day of the register; 0 for the empty register.
    public init(findings: [Finding], hasChanges: Bool, modes: [PublishMode], daysToTurn: Int32) {
        if findings.contains(where: { $0.rule.fate == .block }) {
            (verdict, waitsFor) = (.rejected, [])
        } else if !hasChanges {
            (verdict, waitsFor) = (.unchanged, [])
        } else {
            var reasons: [String] = []
            if modes.contains(.manual) { reasons.append("manual") }
            if daysToTurn > Decision.daysToTurnMax { reasons.append("day") }
            (verdict, waitsFor) = (reasons.isEmpty ? .published : .held, reasons)
        }
    }
}

extension FordelerError.Code {
    /// Somebody published in between, or the candidate was decided already.
    public static let conflict = FordelerError.Code("candidate.conflict")
    public static let unknownCandidate = FordelerError.Code("candidate.unknown")
    public static let unknownVersion = FordelerError.Code("version.unknown")
    public static let reasonMissing = FordelerError.Code("approval.reason-missing")
}

public import OrganisationModel
public import Validation

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
        /// The files that were read to their end, in order; none when nothing had to be read.
        public let files: [ReadFile]

        public init(records: Int, unchanged: Int, bytes: Int, files: [ReadFile] = []) {
            self.records = records
            self.unchanged = unchanged
            self.bytes = bytes
            self.files = files
        }
    }

    /// How a file turned out to be written.
    public struct ReadFile: Hashable, Codable, Sendable {
        /// As it may be shown to people.
        public let name: String
        /// Such as `UTF-8 with byte order mark, ";", 19 columns`.
        public let form: String

        public init(name: String, form: String) {
            self.name = name
            self.form = form
        }
    }

    public let id: CandidateID
    /// The version against which its changes were computed; 0 for the empty register.
    public let base: Int
    public let verdict: Verdict
    /// What must happen first, such as `brake:hr.unit.removed`, `hold:hr`, `manual`, `day` or `pin`; of a candidate that did
    /// not wait as a whole, what a part of its changes waits for.
    public let waitsFor: [String]
    public let cause: Cause
    /// The version whose content a rollback restores; nil for other causes.
    public let target: Int?
    /// Whether a rollback enables accounts again that were disabled since.
    public let includesAccounts: Bool
    /// The part of the version that a rollback restores; nil for all of it, and for other causes.
    public let scope: RollbackScope?
    /// The limits that its changes overstep.
    public let brakes: [FiredBrake]
    /// The version it became.
    public let version: Int?
    public let counts: ChangeCounts
    /// SHA-256 over the change set and the names of the brakes; empty when nobody needs to approve it.
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
        id: CandidateID, base: Int, verdict: Verdict, waitsFor: [String], cause: Cause = .import, target: Int? = nil,
        includesAccounts: Bool = false, scope: RollbackScope? = nil, brakes: [FiredBrake] = [], version: Int?,
        counts: ChangeCounts, planHash: [UInt8],
        sources: [String: SourceSummary], findingCounts: [FindingCount], findingsFrom: CandidateID,
        actor: Actor, time: String
    ) {
        self.id = id
        self.base = base
        self.verdict = verdict
        self.waitsFor = waitsFor
        self.cause = cause
        self.target = target
        self.includesAccounts = includesAccounts
        self.scope = scope
        self.brakes = brakes
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
    public func ending(_ verdict: Verdict, version: Int?, waitsFor: [String] = []) -> Candidate {
        Candidate(
            id: id, base: base, verdict: verdict, waitsFor: waitsFor, cause: cause, target: target,
            includesAccounts: includesAccounts, scope: scope, brakes: brakes, version: version, counts: counts,
            planHash: planHash, sources: sources, findingCounts: findingCounts, findingsFrom: findingsFrom,
            actor: actor, time: time)
    }

    /// The same candidate against a later version: one whose changes are the same there.
    public func rebased(on version: Int) -> Candidate {
        Candidate(
            id: id, base: version, verdict: verdict, waitsFor: waitsFor, cause: cause, target: target,
            includesAccounts: includesAccounts, scope: scope, brakes: brakes, version: self.version, counts: counts,
            planHash: planHash, sources: sources, findingCounts: findingCounts, findingsFrom: findingsFrom,
            actor: actor, time: time)
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

/// What keeps a candidate from becoming a version by itself.
public enum Waiting: Hashable, Sendable {
    /// A limit is overstepped.
    case brake(String)
    /// A source is on hold.
    case hold(String)
    /// A source publishes by hand only, or somebody asked to look first.
    case manual
    /// The calendar is too far ahead to be believed.
    case day
    /// An object that a rollback set apart, or something that cannot stand beside one.
    case pin

    /// As `waitsFor` tells it.
    public var name: String {
        switch self {
        case .brake(let name): "brake:\(name)"
        case .hold(let source): "hold:\(source)"
        case .manual: "manual"
        case .day: "day"
        case .pin: "pin"
        }
    }

    /// More days than this turned at once are not believed (a clock that jumped).
    public static let daysToTurnMax: Int32 = 14

    /// What the sources of a round and the calendar say, whatever the changes are.
    /// - Parameters:
    ///   - modes: how each source of the round publishes; one that is manual makes the whole round wait.
    ///   - holds: the sources of the round that are on hold.
    ///   - daysToTurn: how far `today` lies after the day of the register; 0 for the empty register.
    public static func standing(modes: [PublishMode], holds: [String], daysToTurn: Int32) -> [Waiting] {
        var reasons = holds.sorted().map(Waiting.hold)
        if modes.contains(.manual) { reasons.append(.manual) }
        if daysToTurn > daysToTurnMax { reasons.append(.day) }
        return reasons
    }
}

/// The decision about a new candidate: a pure function of what was found.
///
/// Two plans may be on the table: all that the claims ask for, and the part of it that leaves pinned objects as they are.
public struct Decision: Hashable, Sendable {
    /// What was found about one plan.
    public struct Plan: Hashable, Sendable {
        public let isBlocked: Bool
        public let hasChanges: Bool
        public let brakes: [FiredBrake]

        public init(findings: [Finding], hasChanges: Bool, brakes: [FiredBrake]) {
            isBlocked = findings.contains { $0.rule.fate == .block }
            self.hasChanges = hasChanges
            self.brakes = brakes
        }
    }

    public let verdict: Verdict
    public let waitsFor: [Waiting]
    /// True when only the part beside the pinned objects is published; the rest waits for `pin`.
    public let isPart: Bool

    /// - Parameters:
    ///   - whole: all changes.
    ///   - beside: the changes that leave pinned objects alone; nil when nothing is pinned that differs.
    ///   - standing: what holds them up in any case.
    public init(whole: Plan, beside: Plan?, standing: [Waiting]) {
        isPart =
            beside.map { !whole.isBlocked && !$0.isBlocked && $0.hasChanges && $0.brakes.isEmpty && standing.isEmpty }
            ?? false
        let fired = whole.brakes.map { Waiting.brake($0.name) }
        if whole.isBlocked {
            (verdict, waitsFor) = (.rejected, [])
        } else if !whole.hasChanges {
            (verdict, waitsFor) = (.unchanged, [])
        } else if isPart {
            (verdict, waitsFor) = (.published, [.pin])
        } else {
            let reasons = fired + standing + (beside == nil ? [] : [.pin])
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

public import OrganisationModel

/// A limit that a candidate oversteps, so that a person must approve it.
public struct FiredBrake: Hashable, Comparable, Sendable {
    /// Stable text, such as `hr.user.removed`, `hr.engagement.removed-7d`, `hr.unit.moved` or `unit.minimum`.
    public let name: String
    /// Objects: the most that would pass, or for a minimum the least that must be left.
    public let limit: Int
    /// Objects: how many it would be.
    public let actual: Int
    /// For an administrator: what would happen, and what to do about it. Holds numbers and names of sources, no keys.
    public let message: String

    public init(name: String, limit: Int, actual: Int, message: String) {
        self.name = name
        self.limit = limit
        self.actual = actual
        self.message = message
    }

    public static func < (left: FiredBrake, right: FiredBrake) -> Bool {
        left.name < right.name
    }
}

/// The decision which brakes fire: a pure function of counts and limits.
public enum Brakes {
    /// How far ``BrakeWindow/sevenDays`` looks back.
    public static let recentDays: Int32 = 7

    /// - Parameters:
    ///   - tally: of the candidate.
    ///   - recent: of all that was published without approval in the last ``recentDays`` days.
    ///   - objects: in the register before, of each source and kind.
    ///   - remaining: of each kind that the register would hold afterwards, all sources together.
    /// - Returns: the brakes that fire, in the order of their names.
    public static func fired(
        rules: BrakeRules, tally: BrakeTally, recent: BrakeTally, objects: [BrakeScope: Int], remaining: [Kind: Int]
    ) -> [FiredBrake] {
        var fired: [FiredBrake] = []
        for scope in tally.scopes {
            guard let count = objects[scope], count > 0 else { continue }
            for counter in BrakeCounter.allCases where tally[scope, counter] > 0 {
                for window in BrakeWindow.allCases {
                    let limit = rules.limit(scope.kind, counter, window)
                    let judged =
                        switch window {
                        case .publish: Judged(scope, counter, limit, tally: tally, recent: BrakeTally(), count)
                        case .sevenDays: Judged(scope, counter, limit, tally: tally, recent: recent, count)
                        }
                    if let brake = judged.brake(window) {
                        fired.append(brake)
                        // What is too much for one publish is too much for a week; saying so twice tells nothing.
                        break
                    }
                }
            }
        }
        return (fired + belowMinimum(rules, objects, remaining)).sorted()
    }

    /// A register that was below its minimum already is held only when it shrinks further, else nothing would pass any more.
    private static func belowMinimum(
        _ rules: BrakeRules, _ objects: [BrakeScope: Int], _ remaining: [Kind: Int]
    ) -> [FiredBrake] {
        rules.minimumTotal.compactMap { kind, minimum in
            let left = remaining[kind] ?? 0
            let before = objects.reduce(0) { $0 + ($1.key.kind == kind ? $1.value : 0) }
            guard left < minimum, left < before || before == 0 else { return nil }
            return FiredBrake(
                name: "\(kind.name).minimum", limit: minimum, actual: left,
                message: "The register would hold \(counted(left, kind)), and the configuration demands at least "
                    + "\(minimum).")
        }
    }

    fileprivate static func counted(_ count: Int, _ kind: Kind) -> String {
        "\(count) \(kind.name)\(count == 1 ? "" : "s")"
    }
}

/// One counter of one scope against its limit.
private struct Judged {
    let scope: BrakeScope
    let counter: BrakeCounter
    let limit: BrakeLimit
    let sum: BrakeTally
    let now: Int
    /// The objects that a percentage is taken of: those that are there, and those that went in the time looked at.
    let total: Int

    init(
        _ scope: BrakeScope, _ counter: BrakeCounter, _ limit: BrakeLimit, tally: BrakeTally, recent: BrakeTally,
        _ count: Int
    ) {
        self.scope = scope
        self.counter = counter
        self.limit = limit
        sum = tally + recent
        now = tally[scope, counter]
        // What ended or was disabled is still there, so it is among the objects already.
        total = count + recent[scope, part: .removed]
    }

    func brake(_ window: BrakeWindow) -> FiredBrake? {
        let actual = sum[scope, counter]
        guard let allowed = limit.allowed(of: total), actual > allowed else { return nil }
        let suffix =
            switch window {
            case .publish: ""
            case .sevenDays: "-7d"
            }
        return FiredBrake(
            name: "\(scope.source).\(scope.kind.name).\(counter.rawValue)\(suffix)", limit: allowed, actual: actual,
            message: message(actual, allowed, window))
    }

    private func message(_ actual: Int, _ allowed: Int, _ window: BrakeWindow) -> String {
        let what =
            switch counter {
            case .removed: "be lost (\(parts))"
            case .moved: "get another place"
            case .unprotected: "be protected no more"
            case .damaged: "get texts that lost letters on their way"
            case .reassigned: "belong to another person, or to nobody"
            case .changed: "get other values"
            }
        let time =
            switch window {
            case .publish: ""
            case .sevenDays: " within \(Brakes.recentDays) days, \(now) of them now"
            }
        let share =
            switch limit {
            case .absolute, .off: ""
            case .percent: " (\(limit))"
            }
        return "\(actual) of \(Brakes.counted(total, scope.kind)) of \(scope.source) would \(what)\(time). "
            + "Without approval it may be \(allowed)\(share)."
    }

    private var parts: String {
        counter.parts.map { "\(sum[scope, part: $0]) \($0.rawValue)" }.joined(separator: ", ")
    }
}

public import OrganisationModel

/// How many objects may be taken away or moved before a person must approve it.
public enum BrakeLimit: Hashable, Sendable {
    /// A number of objects, from 0.
    case absolute(Int)
    /// A share of the objects that were there, 0 to 100, in steps of a thousandth. One object is always allowed.
    case percent(Double)
    /// Any number.
    case off

    /// Reads `50`, `2.5%` (a point, at most three decimals) or `off`; nil for any other text.
    public init?(parsing text: String) {
        if text == "off" {
            self = .off
        } else if text.hasSuffix("%") {
            let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
            guard (1...2).contains(parts.count), parts.allSatisfy(BrakeLimit.isNumber),
                parts.count == 1 || parts[1].utf8.count <= 3,
                let percent = Double(text.dropLast()), percent <= 100
            else { return nil }
            self = .percent(percent)
        } else {
            guard BrakeLimit.isNumber(text[...]), let count = Int(text) else { return nil }
            self = .absolute(count)
        }
    }

    private static func isNumber(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
    }

    /// The most objects of `count` that may be taken away or moved; nil when any number may.
    public func allowed(of count: Int) -> Int? {
        switch self {
        case .absolute(let limit): limit
        // In whole thousandths of a percent: in binary fractions 0.57 % of 10,000 would be 56.
        case .percent(let percent): max(1, count * Int((percent * 1000).rounded()) / 100_000)
        case .off: nil
        }
    }
}

extension BrakeLimit: CustomStringConvertible {
    /// As it is written in the configuration.
    public var description: String {
        switch self {
        case .absolute(let limit): "\(limit)"
        case .percent(let percent): percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
        case .off: "off"
        }
    }
}

/// The time over which a brake counts.
public enum BrakeWindow: String, Hashable, CaseIterable, Sendable {
    /// One candidate.
    case publish
    /// The candidate and all that was published without approval in the last seven days.
    case sevenDays
}

/// The limit on one counter, for every kind or for one.
public struct BrakeRule: Hashable, Sendable {
    /// Nil for every kind without a rule of its own.
    public let kind: Kind?
    public let counter: BrakeCounter
    public let window: BrakeWindow
    public let limit: BrakeLimit

    public init(kind: Kind? = nil, counter: BrakeCounter, window: BrakeWindow, limit: BrakeLimit) {
        self.kind = kind
        self.counter = counter
        self.window = window
        self.limit = limit
    }
}

/// All limits of a register.
public struct BrakeRules: Hashable, Sendable {
    /// What holds where nothing else is said: 5 % removed and 20 % moved at one publish, 10 % removed in seven days; one person
    /// at one publish, and three in seven days, protected no more; 0.1 % with texts that were damaged since; 5 % of another
    /// person or of none; 40 % with other values.
    public static let standard = [
        BrakeRule(counter: .removed, window: .publish, limit: .percent(5)),
        BrakeRule(counter: .removed, window: .sevenDays, limit: .percent(10)),
        BrakeRule(counter: .moved, window: .publish, limit: .percent(20)),
        BrakeRule(counter: .unprotected, window: .publish, limit: .absolute(1)),
        BrakeRule(counter: .unprotected, window: .sevenDays, limit: .absolute(3)),
        BrakeRule(counter: .damaged, window: .publish, limit: .percent(0.1)),
        BrakeRule(counter: .reassigned, window: .publish, limit: .percent(5)),
        BrakeRule(counter: .changed, window: .publish, limit: .percent(40)),
    ]

    private let rules: [BrakeRule]
    /// The least number of objects of a kind that the register must hold, all sources together; from 1.
    public let minimumTotal: [Kind: Int]

    /// - Parameter own: rules in place of the standard ones of the same kind, counter and window; the last one counts.
    public init(_ own: [BrakeRule] = [], minimumTotal: [Kind: Int] = [:]) {
        rules = BrakeRules.standard + own
        self.minimumTotal = minimumTotal
    }

    /// The rule for the kind, else the one for every kind, else no limit.
    public func limit(_ kind: Kind, _ counter: BrakeCounter, _ window: BrakeWindow) -> BrakeLimit {
        let fitting = rules.filter { $0.counter == counter && $0.window == window }
        let rule = fitting.last { $0.kind == kind } ?? fitting.last { $0.kind == nil }
        return rule?.limit ?? .off
    }
}

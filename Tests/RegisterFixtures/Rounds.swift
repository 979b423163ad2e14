import Foundation

/// How often a property is tried. `FORDELER_SOAK=1` tries it about 30 times as often; `FORDELER_SEEDS=17` or
/// `FORDELER_SEEDS=300-900` tries only these, `FORDELER_SECRETS=5` each with five register secrets.
public enum Rounds {
    /// The seeds of the rounds: always the same, so a failure can be looked at again.
    /// - Parameter soak: how many rounds a soak has; 30 times as many unless told.
    public static func seeds(_ count: UInt64, soak: UInt64? = nil) -> ClosedRange<UInt64> {
        let environment = ProcessInfo.processInfo.environment
        let bounds = (environment["FORDELER_SEEDS"] ?? "").split(separator: "-").compactMap { UInt64($0) }
        if let first = bounds.first, let last = bounds.last, first <= last { return first...last }
        return 1...(environment["FORDELER_SOAK"] == "1" ? soak ?? count * 30 : count)
    }

    /// How many register secrets each seed is tried with where UUIDs decide the order.
    public static var secrets: UInt64 {
        ProcessInfo.processInfo.environment["FORDELER_SECRETS"].flatMap(UInt64.init) ?? 1
    }
}

/// Random numbers that a seed determines (SplitMix64).
public struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// True once in `count` times.
    public mutating func once(in count: Int) -> Bool {
        Int.random(in: 0..<count, using: &self) == 0
    }

    public mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self)
    }

    /// One of the elements of a list that is not empty.
    public mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }
}

/// Something that should be equal and is not.
public struct Mismatch: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}

/// Throws a ``Mismatch`` that names both sides.
public func demand<Subject: Equatable>(
    _ seen: Subject, equals expected: Subject, _ what: @autoclosure () -> String
) throws {
    if seen != expected { throw Mismatch("\(what())\n  expected \(expected)\n  seen     \(seen)") }
}

/// Throws a ``Mismatch`` when the condition does not hold.
public func demand(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    if !condition { throw Mismatch(what()) }
}

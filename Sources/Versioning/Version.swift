public import OrganisationModel

/// Who does something: a person, or the program itself. Every write carries one.
public struct Actor: Hashable, Sendable {
    public let name: String

    public init(_ name: String) {
        self.name = name
    }
}

/// Why a version came to be, or why an event is sent.
public enum Cause: String, Sendable {
    case `import`
    /// The content of an older version was restored.
    case rollback
    /// A person's data were erased.
    case erasure
    case dayTurn = "dayturn"
    /// What views show changed, with a newer program: subscribers are brought into line.
    case view
    case snapshot
}

/// An immutable numbered state of the register.
public struct Version: Hashable, Sendable {
    /// From 1, without gaps.
    public let number: Int
    public let cause: Cause
    /// The version that a rollback restored, and the part of it; nil for other causes, and no scope for all of it.
    public let target: Int?
    public let scope: RollbackScope?
    public let actor: Actor
    /// What the actor said; empty for an automatic publish.
    public let reason: String
    /// UTC, RFC 3339.
    public let time: String
    /// The register's day when it was published: the calendar day, unless the clock went back.
    public let day: Day
    public let candidate: CandidateID
    public let counts: ChangeCounts
    /// Over content only: equal content in one register has an equal hash.
    public let contentHash: [UInt8]
    /// Over the parent's chain hash, number, content hash, cause and actor.
    public let chainHash: [UInt8]

    public init(
        number: Int, cause: Cause, target: Int?, scope: RollbackScope?, actor: Actor, reason: String, time: String,
        day: Day, candidate: CandidateID,
        counts: ChangeCounts, contentHash: [UInt8], chainHash: [UInt8]
    ) {
        self.number = number
        self.cause = cause
        self.target = target
        self.scope = scope
        self.actor = actor
        self.reason = reason
        self.time = time
        self.day = day
        self.candidate = candidate
        self.counts = counts
        self.contentHash = contentHash
        self.chainHash = chainHash
    }
}

/// The number of a candidate, from 1 in the order of their making.
public struct CandidateID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let number: Int

    public init(_ number: Int) {
        self.number = number
    }

    public static func < (left: CandidateID, right: CandidateID) -> Bool {
        left.number < right.number
    }

    public var description: String {
        String(number)
    }
}

/// One entry of the append-only log: a transition that subscribers may see.
public struct LogEntry: Hashable, Sendable {
    /// From 1, in the order of commits.
    public let number: Int
    public let position: Position
    /// ``Cause/dayTurn``, ``Cause/view``, or the cause of the version.
    public let cause: Cause
    /// UTC, RFC 3339.
    public let time: String
    /// Whether its events leave out where protected people can be found; not so those that older programs counted.
    public let isProtecting: Bool

    public init(number: Int, position: Position, cause: Cause, time: String, isProtecting: Bool = true) {
        self.isProtecting = isProtecting
        self.number = number
        self.position = position
        self.cause = cause
        self.time = time
    }
}

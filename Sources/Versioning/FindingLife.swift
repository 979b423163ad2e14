public import OrganisationModel

/// What makes two findings the same one, on whatever line and in whatever file they are made.
public struct FindingIdentity: Hashable, Comparable, Sendable {
    /// The rule's code.
    public let rule: String
    /// Nil when it is about a whole export.
    public let kind: Kind?
    public let key: String
    public let source: String

    public init(rule: String, kind: Kind?, key: String, source: String) {
        (self.rule, self.kind, self.key, self.source) = (rule, kind, key, source)
    }

    public init(_ finding: Finding) {
        self.init(
            rule: finding.rule.code, kind: finding.kind, key: finding.key, source: finding.location.source)
    }

    public static func < (left: FindingIdentity, right: FindingIdentity) -> Bool {
        (left.rule, left.source, left.kind?.rawValue ?? 0, left.key)
            < (right.rule, right.source, right.kind?.rawValue ?? 0, right.key)
    }
}

/// How long a finding has been there.
public struct FindingLife: Hashable, Sendable {
    public let identity: FindingIdentity
    /// The day on which it was first found.
    public let since: Day
    /// The version that was current once it was found; 0 for what was there before this was remembered.
    public let version: Int
    /// The day on which it was not found any more; nil while it stands. Remembered as long as the version is current.
    public let gone: Day?

    public init(identity: FindingIdentity, since: Day, version: Int, gone: Day?) {
        (self.identity, self.since, self.version, self.gone) = (identity, since, version, gone)
    }
}

/// Somebody has seen a finding and said why it stays.
public struct Acknowledgement: Hashable, Sendable {
    public let identity: FindingIdentity
    /// What the finding said, as ``text(of:)`` has it, hashed.
    public let digest: [UInt8]
    /// The last day on which it counts; nil for as long as the finding stays as it is.
    public let until: Day?
    public let reason: String
    public let actor: Actor
    /// UTC, RFC 3339.
    public let time: String

    public init(
        identity: FindingIdentity, digest: [UInt8], until: Day?, reason: String, actor: Actor, time: String
    ) {
        (self.identity, self.digest, self.until) = (identity, digest, until)
        (self.reason, self.actor, self.time) = (reason, actor, time)
    }

    public func counts(on day: Day) -> Bool {
        until.map { day <= $0 } ?? true
    }

    /// What findings of one identity say: severities and messages, without the lines that messages name, which differ from
    /// export to export.
    public static func text(of findings: [Finding]) -> String {
        findings.map { "\($0.rule.severity.rawValue) \(withoutLines($0.message))" }.sorted().joined(separator: "\n")
    }

    /// Places stand in parentheses, such as `(hr a.csv:3, hr a.csv:9)`.
    private static func withoutLines(_ message: String) -> String {
        message.replacing(/\([^()]*:[0-9]+[^()]*\)/, with: "()")
    }
}

/// How many findings of the current version stand.
public struct FindingNumbers: Hashable, Sendable {
    /// All that somebody should see.
    public let open: Int
    /// Those of them that came with the current version or after it.
    public let new: Int
    public let acknowledged: Int

    public init(open: Int, new: Int, acknowledged: Int) {
        (self.open, self.new, self.acknowledged) = (open, new, acknowledged)
    }
}

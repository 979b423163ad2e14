/// An approval that is given now and carried out later.
public struct ScheduledPublish: Hashable, Sendable {
    public let candidate: CandidateID
    /// When it is carried out; UTC, RFC 3339, in whole seconds, so that the order of texts is that of time.
    public let instant: String
    /// Who approved it, why, and when (UTC, RFC 3339).
    public let actor: Actor
    public let reason: String
    public let given: String

    public init(candidate: CandidateID, instant: String, actor: Actor, reason: String, given: String) {
        self.candidate = candidate
        self.instant = instant
        self.actor = actor
        self.reason = reason
        self.given = given
    }
}

public import OrganisationModel

/// The automatic and scheduled publishing of a source is stopped until an administrator releases it.
public struct Hold: Hashable, Sendable {
    public let source: String
    /// The version that was current when it began.
    public let version: Int
    public let reason: String
    public let actor: Actor
    /// UTC, RFC 3339.
    public let time: String

    public init(source: String, version: Int, reason: String, actor: Actor, time: String) {
        self.source = source
        self.version = version
        self.reason = reason
        self.actor = actor
        self.time = time
    }
}

/// An object that a rollback set apart from what claims say. Nothing but an approved candidate, an editor or a full release
/// moves it.
public struct Pin: Hashable, Sendable {
    public let id: ObjectID
    /// The version since when.
    public let since: Int
    /// Somebody let it go, and it has not been published yet.
    public let isReleased: Bool

    public init(id: ObjectID, since: Int, isReleased: Bool) {
        self.id = id
        self.since = since
        self.isReleased = isReleased
    }
}

public import Distribution

/// What the server answers from. Every call may block; the server makes each on a thread of its own pool, several at once.
///
/// Errors that are ``FordelerError`` with a code that the server knows become answers of their own (404, 409, 410, 503);
/// all others become 500, and what they say stays in the log.
public protocol PullService: Sendable {
    /// The name of the subscription that a token belongs to; nil when it belongs to none.
    /// - Parameter tokenDigest: SHA-256 over the token, 32 bytes.
    func subscription(tokenDigest: [UInt8]) throws -> String?

    /// At most `max` events with numbers above both `after` and what is settled; only such whose counting is on the disk.
    func events(_ name: String, after: Int, max: Int) throws -> EventBatch

    /// Settles everything up to a number, durably on return.
    /// - Returns: the number through which the mailbox is settled now.
    func acknowledge(_ name: String, through number: Int) throws -> Int

    /// A page of a snapshot. Without a cursor it is the first one, at the current position.
    func snapshot(_ name: String, from cursor: SnapshotCursor?, max: Int) throws -> SnapshotPage

    /// Why no work can be done now, one sentence each; empty when all is well. No personal data.
    func readiness() -> [String]

    /// The metrics in the Prometheus text format 0.0.4. No personal data.
    func metrics() throws -> [UInt8]
}

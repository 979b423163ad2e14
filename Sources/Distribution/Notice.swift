/// What people are told when something waits for them. Holds no personal data and no secret.
public struct Notice: Hashable, Sendable {
    /// Not empty, and the same however often the notice is sent, so that a receiver can recognise a repetition. No other
    /// notice has it, not of another register either: mail servers drop a message whose id they have seen.
    public let id: String
    /// Stable, such as `candidate.held`.
    public let code: String
    /// One line.
    public let subject: String
    /// What happened, and what to do about it.
    public let text: String
    /// UTC, RFC 3339.
    public let time: String

    public init(id: String, code: String, subject: String, text: String, time: String) {
        self.id = id
        self.code = code
        self.subject = subject
        self.text = text
        self.time = time
    }
}

/// A notice on its way through one channel.
public struct OutgoingNotice: Hashable, Sendable {
    public let number: Int
    public let channel: String
    public let notice: Notice
    /// How often sending it failed.
    public let attempts: Int

    public init(number: Int, channel: String, notice: Notice, attempts: Int) {
        self.number = number
        self.channel = channel
        self.notice = notice
        self.attempts = attempts
    }
}

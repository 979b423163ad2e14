/// One file of a source as it lay in its folder: what tells it from every other delivery, and where it stands among them.
public struct RunFile: Hashable, Sendable {
    public let source: String
    public let path: String
    public let byteCount: Int
    /// Nanoseconds since 1970.
    public let modified: Int
    public let inode: Int
    /// The export's own time, in seconds since 1970: files are taken in this order.
    public let stamp: Int

    public init(source: String, path: String, byteCount: Int, modified: Int, inode: Int, stamp: Int) {
        self.source = source
        self.path = path
        self.byteCount = byteCount
        self.modified = modified
        self.inode = inode
        self.stamp = stamp
    }
}

/// What became of a file. Each file has one verdict; `waiting` is none yet.
public enum RunVerdict: String, Sendable, CaseIterable {
    case waiting, published, held, rejected, unchanged
    /// A newer export of the source was taken instead.
    case superseded
    /// It went away before it could be read.
    case vanished
    /// Somebody decided that it is not to be read.
    case dropped

    public init(_ verdict: Verdict) {
        switch verdict {
        case .published: self = .published
        case .held: self = .held
        case .unchanged: self = .unchanged
        case .rejected: self = .rejected
        case .superseded: self = .superseded
        }
    }
}

/// One file and what became of it.
public struct Run: Hashable, Sendable {
    public let number: Int
    public var file: RunFile
    /// When it was first seen; UTC, RFC 3339.
    public let received: String
    /// How often reading it began.
    public var attempts: Int
    public var verdict: RunVerdict
    /// The candidate that it became; nil when it was not read.
    public var candidate: CandidateID?
    /// When the verdict was given; nil while it waits.
    public var ended: String?
    /// Why it has no candidate, or why it still waits; else empty.
    public var message: String

    public init(
        number: Int, file: RunFile, received: String, attempts: Int = 0, verdict: RunVerdict = .waiting,
        candidate: CandidateID? = nil, ended: String? = nil, message: String = ""
    ) {
        self.number = number
        self.file = file
        self.received = received
        self.attempts = attempts
        self.verdict = verdict
        self.candidate = candidate
        self.ended = ended
        self.message = message
    }

    /// Gives it its verdict.
    public mutating func end(_ verdict: RunVerdict, time: String, _ message: String = "") {
        self.verdict = verdict
        ended = time
        self.message = message
    }
}

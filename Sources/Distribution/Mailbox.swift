public import ChangeEvents
public import OrganisationModel
public import Versioning

/// A system's view and its place in the log.
///
/// Nothing is copied for a mailbox: its events are counted once for its view, and its own numbers differ from the view's by
/// a fixed offset. Numbers are dense from 1 and never change.
public struct Mailbox: Hashable, Sendable {
    public let name: String
    public let view: View
    public let viewID: Int
    /// Part of every event id; eight hexadecimal digits.
    public let epoch: String
    /// Number in the mailbox = number in the view + offset.
    public let offset: Int
    /// The number after which the mailbox began.
    public let startsAfter: Int
    /// Everything up to here has been acknowledged.
    public let settledThrough: Int

    public init(
        name: String, view: View, viewID: Int, epoch: String, offset: Int, startsAfter: Int, settledThrough: Int
    ) {
        self.name = name
        self.view = view
        self.viewID = viewID
        self.epoch = epoch
        self.offset = offset
        self.startsAfter = startsAfter
        self.settledThrough = settledThrough
    }

    /// The mailbox after `ack {through}`.
    /// - Parameter highest: the highest number counted so far.
    /// - Returns: nil when everything up to `through` was settled already.
    /// - Throws: ``FordelerError`` `mailbox.ack-ahead` when `through` was never numbered, `mailbox.renewed`.
    public func settling(through number: Int, highest: Int) throws -> Mailbox? {
        try refuseOld(number)
        guard number <= highest else {
            throw FordelerError(
                .ackAhead,
                "\(number) is beyond \(highest), the last event of \(name). Acknowledge only what was received.")
        }
        guard number > settledThrough else { return nil }
        return Mailbox(
            name: name, view: view, viewID: viewID, epoch: epoch, offset: offset, startsAfter: startsAfter,
            settledThrough: number)
    }
}

extension Mailbox {
    /// A number from before the mailbox began anew means another event than it did then, or none. Nor may anybody go on
    /// without a number (0) before something was settled since: they would not notice.
    /// - Throws: ``FordelerError`` `mailbox.renewed`.
    func refuseOld(_ number: Int) throws {
        guard startsAfter > 0, number < startsAfter, number > 0 || settledThrough == startsAfter else { return }
        throw FordelerError(
            .mailboxRenewed,
            "\(name) began anew after \(startsAfter), because a backup was restored. Take a snapshot, and go on from there"
        )
    }
}

/// How many events a log entry means in a view; written before the first of them leaves, and never changed.
public struct CountedEntry: Hashable, Sendable {
    public let entry: LogEntry
    /// The view's number of the first event.
    public let first: Int
    /// At least 3: the two markers and what they enclose.
    public let count: Int

    public init(entry: LogEntry, first: Int, count: Int) {
        self.entry = entry
        self.first = first
        self.count = count
    }
}

/// What Distribution needs of the log and of the mailboxes. All calls of one ``Delivery`` see one state of the database.
public protocol DeliveryLog: TransitionLog {
    func mailbox(named name: String) throws -> Mailbox?
    /// Log entries that have not been counted for a view, in order.
    func uncountedEntries(view: Int) throws -> [LogEntry]
    /// Notes that everything up to `entry` is counted; `count` 0 leaves no row. Durable with the surrounding transaction.
    func count(view: Int, entry: LogEntry, events count: Int) throws
    /// The highest number of a view; 0 when it has no events.
    func highestNumber(view: Int) throws -> Int
    /// The counted entries that hold any of these numbers of a view, in order.
    func countedEntries(view: Int, numbers: ClosedRange<Int>) throws -> [CountedEntry]
    func settle(_ mailbox: Mailbox) throws
    /// Every object of `kinds` as of a version, in the order of kind and id, beginning after a place, until the body
    /// answers false.
    func forEachObject(
        version: Int, kinds: [Kind], after place: ObjectPlace?, _ body: (ObjectPlace, ObjectState) throws -> Bool)
        throws
}

extension FordelerError.Code {
    public static let unknownSubscription = FordelerError.Code("subscription.unknown")
    public static let ackAhead = FordelerError.Code("mailbox.ack-ahead")
    public static let mailboxRenewed = FordelerError.Code("mailbox.renewed")
    public static let renderingChanged = FordelerError.Code("mailbox.rendering-changed")
}

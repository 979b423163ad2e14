public import ChangeEvents
public import OrganisationModel
import Versioning

/// Reads and settles mailboxes over a log. Pure but for the log it is given.
public struct Delivery {
    let log: any DeliveryLog
    let schema: Schema
    private let source: String

    /// - Parameter source: the authority as a URI, the `source` of every event.
    public init(log: any DeliveryLog, source: String, schema: Schema = .standard) {
        self.log = log
        self.source = source
        self.schema = schema
    }

    /// - Throws: ``FordelerError`` `subscription.unknown`.
    public func mailbox(_ name: String) throws -> Mailbox {
        guard let mailbox = try log.mailbox(named: name) else {
            throw FordelerError(
                .unknownSubscription, "there is no subscription \(name). See: fordeler subscription list")
        }
        return mailbox
    }

    /// Counts the events of every log entry that the view has not seen. The counts must be durable before any event leaves.
    public func countPending(view: View, id: Int) throws {
        for entry in try log.uncountedEntries(view: id) {
            let projection = try EntryProjection(entry: entry, view: view, log: log, schema: schema)
            try log.count(view: id, entry: entry, events: projection.eventCount)
        }
    }

    /// The highest number of a mailbox that has been counted.
    public func highestNumber(_ mailbox: Mailbox) throws -> Int {
        try log.highestNumber(view: mailbox.viewID) + mailbox.offset
    }

    public func context(_ mailbox: Mailbox) -> DeliveryContext {
        DeliveryContext(
            epoch: mailbox.epoch, settledThrough: mailbox.settledThrough, startsAfter: mailbox.startsAfter,
            source: source)
    }

    /// Hands over, in order, at most `max` events with numbers above both `after` and what is settled. `after` settles
    /// nothing.
    /// - Throws: ``FordelerError`` `mailbox.rendering-changed` when an entry no longer gives the events that were counted,
    ///   `mailbox.renewed` when `after` is from before the mailbox began anew.
    public func events(
        _ mailbox: Mailbox, after: Int, max: Int, _ body: (ChangeEvent) throws -> Void
    ) throws {
        try mailbox.refuseOld(after)
        let highest = try highestNumber(mailbox)
        let start = Swift.max(after, mailbox.settledThrough)
        // Any numbers may be asked for, so nothing is added before it is known to be small.
        guard start < highest, max > 0 else { return }
        let first = start + 1
        let last = start + min(max, highest - start)
        let wanted = (first - mailbox.offset)...(last - mailbox.offset)
        for counted in try log.countedEntries(view: mailbox.viewID, numbers: wanted) {
            let projection = try EntryProjection(entry: counted.entry, view: mailbox.view, log: log, schema: schema)
            guard projection.eventCount == counted.count else {
                throw FordelerError(
                    .renderingChanged,
                    "version \(counted.entry.position.version) no longer gives the \(counted.count) events that "
                        + "\(mailbox.name) was promised. Run: fordeler verify")
            }
            let events = try projection.events(
                first: counted.first + mailbox.offset, in: first...last, log: log, schema: schema)
            for event in events { try body(event) }
        }
    }

    /// Settles everything up to `number`. Acknowledging again is no error.
    public func acknowledge(_ mailbox: Mailbox, through number: Int) throws -> Mailbox {
        guard let settled = try mailbox.settling(through: number, highest: try highestNumber(mailbox)) else {
            return mailbox
        }
        try log.settle(settled)
        return settled
    }
}

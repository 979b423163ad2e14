import ChangeEvents

/// Some of a mailbox's events as they go over the wire.
public struct EventBatch: Hashable, Sendable {
    /// A JSON array of CloudEvents (CloudEvents 1.0, JSON batch format), in the order of their numbers.
    public let json: [UInt8]
    public let count: Int

    public init(json: [UInt8], count: Int) {
        self.json = json
        self.count = count
    }
}

extension Delivery {
    /// At most `max` events with numbers above both `after` and what is settled. `after` settles nothing.
    /// - Throws: ``FordelerError`` `mailbox.rendering-changed`.
    public func batch(_ mailbox: Mailbox, after: Int, max: Int) throws -> EventBatch {
        let context = context(mailbox)
        var json = JSONBytes()
        var count = 0
        try json.array { json in
            try events(mailbox, after: after, max: max) { event in
                event.write(to: &json, context)
                count += 1
            }
        }
        return EventBatch(json: json.bytes, count: count)
    }
}

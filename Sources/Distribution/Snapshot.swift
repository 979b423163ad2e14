public import ChangeEvents
public import OrganisationModel

/// Where an object stands in a snapshot: ordered by kind, then by id.
public struct ObjectPlace: Hashable, Sendable {
    public let kind: Kind
    public let id: ObjectID

    public init(kind: Kind, id: ObjectID) {
        self.kind = kind
        self.id = id
    }
}

/// From where a snapshot is read on. All its pages show one position, whatever is published meanwhile.
public struct SnapshotCursor: Hashable, Sendable {
    public let position: Position
    /// The number after which the mailbox's events go on from the snapshot.
    public let after: Int
    /// The last object of the page before; nil on the first page.
    public let last: ObjectPlace?

    public init(position: Position, after: Int, last: ObjectPlace?) {
        self.position = position
        self.after = after
        self.last = last
    }
}

/// A part of a snapshot as it goes over the wire.
public struct SnapshotPage: Hashable, Sendable {
    public let position: Position
    /// The number after which the mailbox's events go on from the snapshot.
    public let after: Int
    /// A JSON array of `{"subject": "KIND/UUID", "data": {...}}`, in the order of kind and id.
    public let json: [UInt8]
    /// Nil on the last page.
    public let next: SnapshotCursor?

    public init(position: Position, after: Int, json: [UInt8], next: SnapshotCursor?) {
        self.position = position
        self.after = after
        self.json = json
        self.next = next
    }
}

extension Delivery {
    /// Everything the view holds at a position, in the order of kind and id.
    public func snapshot(
        view: View, at position: Position, _ body: (Kind, ObjectID, [StatePeriod.Field]) throws -> Void
    ) throws {
        try forEachVisible(view, at: position, after: nil) { place, fields in
            try body(place.kind, place.id, fields)
            return true
        }
    }

    /// At most `max` of the objects that the mailbox's view holds at the cursor's position, and the cursor of the next page.
    /// - Parameter max: at least 1.
    public func snapshotPage(_ mailbox: Mailbox, from cursor: SnapshotCursor, max: Int) throws -> SnapshotPage {
        var json = JSONBytes()
        var count = 0
        var last = cursor.last
        var isLastPage = true
        try json.array { json in
            try forEachVisible(mailbox.view, at: cursor.position, after: cursor.last) { place, fields in
                guard count < max else {
                    isLastPage = false
                    return false
                }
                json.object { json in
                    json.pair("subject", "\(place.kind.name)/\(place.id)")
                    json.key("data")
                    ChangeEvent.write(fields, to: &json)
                }
                count += 1
                last = place
                return true
            }
        }
        let next = SnapshotCursor(position: cursor.position, after: cursor.after, last: last)
        return SnapshotPage(
            position: cursor.position, after: cursor.after, json: json.bytes, next: isLastPage ? nil : next)
    }

    private func forEachVisible(
        _ view: View, at position: Position, after place: ObjectPlace?,
        _ body: (ObjectPlace, [StatePeriod.Field]) throws -> Bool
    ) throws {
        var disclosure = try Disclosure(view: view, log: log, schema: schema)
        let side = Disclosure.Side(position)
        try log.forEachObject(version: position.version, kinds: view.kinds, after: place) { place, state in
            guard let fields = try disclosure.toldFields(of: state, place.kind, place.id, at: side) else { return true }
            return try body(place, fields)
        }
    }
}

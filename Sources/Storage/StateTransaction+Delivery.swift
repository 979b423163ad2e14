public import ChangeEvents
public import Distribution
import Foundation
import GRDB
public import OrganisationModel
public import Versioning

// The log and the mailboxes.
extension StateTransaction: DeliveryLog {
    func entry(_ row: Row, firstProtecting: Int64) -> LogEntry {
        LogEntry(
            number: row["number"], position: Position(version: row["version"], day: Day(number: row["day"])),
            cause: Cause(rawValue: row["cause"]) ?? .import, time: row["time"],
            isProtecting: row["number"] as Int64 >= firstProtecting)
    }

    // MARK: Transitions

    public func forEachTransition(
        of entry: LogEntry, kinds: [Kind], _ body: (ObjectTransition) throws -> Void
    ) throws {
        let allowed = kinds.map { String($0.rawValue) }.joined(separator: ", ")
        let version = entry.position.version
        // No object changed, only what is shown of some.
        if entry.cause == .view { return }
        guard entry.cause != .dayTurn else {
            let ids = try Data16.fetch(
                db,
                """
                SELECT DISTINCT boundary.id FROM boundary JOIN object ON object.id = boundary.id
                WHERE day = \(entry.position.day.number) AND boundary.since <= \(version) AND kind IN (\(allowed))
                """)
            for id in ids {
                if let transition = try transition(of: entry, id) { try body(transition) }
            }
            return
        }
        // A state that begins with the version stands in object, or, when later versions replaced it, in pastState.
        for (table, kind) in [
            ("object", "kind"), ("pastState", "(SELECT kind FROM object WHERE object.id = pastState.id)"),
        ] {
            let began = version > 1 ? "since = \(version) AND since > 1" : "since = 1"
            let statement = try BulkStatement(
                db,
                "SELECT id, \(kind), ordinary, personal FROM \(table) WHERE \(began) AND \(kind) IN (\(allowed))")
            defer { statement.reset() }
            while try statement.step() {
                guard let id = ObjectID(bytes: statement.bytes(0)),
                    let kind = Kind(rawValue: UInt8(truncatingIfNeeded: statement.int(1)))
                else { throw damaged(table) }
                let after = statement.isNull(2) ? nil : state(statement, ordinary: 2)
                let before = version > 1 ? try pastState(of: id, before: version) : nil
                try body(ObjectTransition(id: id, kind: kind, before: before, after: after))
            }
        }
    }

    public func transition(of entry: LogEntry, _ id: ObjectID) throws -> ObjectTransition? {
        let version = entry.position.version
        let row = try BulkStatement(db, "SELECT kind, since, ordinary, personal FROM object WHERE id = ?")
        defer { row.reset() }
        row.bind(copying: id, 1)
        guard try row.step() else { return nil }
        guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: row.int(0))) else { throw damaged("object") }
        let isCurrent = row.int(1) <= version
        let current = isCurrent && !row.isNull(2) ? state(row, ordinary: 2) : nil
        let after = isCurrent ? current : try pastState(of: id, before: version + 1)
        if entry.cause == .dayTurn || entry.cause == .view {
            return ObjectTransition(id: id, kind: kind, before: after, after: after)
        }
        // Nothing comes before the first version, and a state that begins earlier is the one before, too.
        let before = row.int(1) < version ? current : version > 1 ? try pastState(of: id, before: version) : nil
        return ObjectTransition(id: id, kind: kind, before: before, after: after)
    }

    public func forEachObject(
        version: Int, kinds: [Kind], after place: ObjectPlace?, _ body: (ObjectPlace, ObjectState) throws -> Bool
    ) throws {
        // A snapshot may be read page by page for as long as somebody likes.
        try requireKept(version)
        for kind in kinds {
            if let place, kind < place.kind { continue }
            // No bytes stand before every id.
            let first = place?.kind == kind ? place?.id.bytes ?? [] : []
            // Walks the primary key from there.
            let statement = try db.makeStatement(sql: "SELECT id FROM object WHERE kind = ? AND id > ? ORDER BY id")
            let ids = try Data.fetchCursor(statement, arguments: [Int(kind.rawValue), Data(first)])
            while let bytes = try ids.next() {
                guard let id = bytes.withUnsafeBytes({ ObjectID(bytes: $0) }) else { throw damaged("object") }
                guard let state = try state(of: id, version: version) else { continue }
                guard try body(ObjectPlace(kind: kind, id: id), state) else { return }
            }
        }
    }

    // MARK: Counting

    public func uncountedEntries(view: Int) throws -> [LogEntry] {
        let firstProtecting = try firstProtectingEntry()
        return try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM logEntry WHERE number > (SELECT countedThrough FROM view WHERE id = ?) ORDER BY number
                """, arguments: [view]
        ).map { entry($0, firstProtecting: firstProtecting) }
    }

    public func count(view: Int, entry: LogEntry, events count: Int) throws {
        let highest = try highestNumber(view: view)
        if count > 0 {
            try db.execute(
                sql: BulkStatement.insertion(into: "viewEntry"), arguments: [view, entry.number, highest + 1, count])
        }
        try db.execute(
            sql: """
                UPDATE view SET countedThrough = ?2, highest = ?3, checksum = rowChecksum(id, definition, ?2, ?3)
                WHERE id = ?1
                """, arguments: [view, entry.number, highest + count])
    }

    public func highestNumber(view: Int) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT highest FROM view WHERE id = ?", arguments: [view]) ?? 0
    }

    public func countedEntries(view: Int, numbers: ClosedRange<Int>) throws -> [CountedEntry] {
        let firstProtecting = try firstProtectingEntry()
        return try Row.fetchAll(
            db,
            sql: """
                SELECT viewEntry.first, viewEntry.count, logEntry.* FROM viewEntry
                JOIN logEntry ON logEntry.number = viewEntry.entry
                WHERE view = ? AND first <= ? AND first + count > ? ORDER BY first
                """, arguments: [view, numbers.upperBound, numbers.lowerBound]
        ).map { row in
            CountedEntry(
                entry: entry(row, firstProtecting: firstProtecting), first: row["first"], count: row["count"])
        }
    }

    // MARK: Mailboxes

    public func mailbox(named name: String) throws -> Mailbox? {
        try mailboxes(where: "name = ?", [name]).first
    }

    public func mailboxes() throws -> [Mailbox] {
        try mailboxes(where: "1", [])
    }

    private func mailboxes(where condition: String, _ arguments: StatementArguments) throws -> [Mailbox] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT subscription.*, view.definition FROM subscription JOIN view ON view.id = subscription.view
                WHERE \(condition) ORDER BY name
                """, arguments: arguments
        ).map { row in
            Mailbox(
                name: row["name"], view: try View(definition: row["definition"]), viewID: row["view"],
                epoch: row["epoch"], offset: row["offset"], startsAfter: row["startsAfter"],
                settledThrough: row["settledThrough"])
        }
    }

    /// The views that have not counted all of the log.
    public func viewsToCount() throws -> [(view: View, id: Int)] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT id, definition FROM view
                WHERE countedThrough < (SELECT coalesce(max(number), 0) FROM logEntry) ORDER BY id
                """
        ).map { (try View(definition: $0["definition"]), $0["id"]) }
    }

    /// How many counted events a mailbox has not settled, and the time (UTC, RFC 3339) of the oldest one's entry.
    public func lag(_ mailbox: Mailbox) throws -> (events: Int, oldest: String?) {
        let events = try highestNumber(view: mailbox.viewID) + mailbox.offset - mailbox.settledThrough
        guard events > 0 else { return (0, nil) }
        let next = mailbox.settledThrough + 1 - mailbox.offset
        return (events, try countedEntries(view: mailbox.viewID, numbers: next...next).first?.entry.time)
    }

    /// The newest version of which a mailbox has acknowledged an event; 0 when none.
    public func lastSettledVersion(_ mailbox: Mailbox) throws -> Int {
        try Int.fetchOne(
            db,
            sql: """
                SELECT max(logEntry.version) FROM viewEntry JOIN logEntry ON logEntry.number = viewEntry.entry
                WHERE view = ? AND first + ? <= ? AND cause NOT IN ('dayturn', 'view')
                """, arguments: [mailbox.viewID, mailbox.offset, mailbox.settledThrough]) ?? 0
    }

    public func settle(_ mailbox: Mailbox) throws {
        try db.execute(
            sql: """
                UPDATE subscription SET settledThrough = ?2,
                checksum = rowChecksum(name, view, epoch, offset, startsAfter, ?2, time) WHERE name = ?1
                """, arguments: [mailbox.name, mailbox.settledThrough])
    }

    /// Opens a mailbox at the end of the log: its first event is number 1 and belongs to the next entry.
    /// - Throws: ``FordelerError`` `subscription.exists`.
    public func addMailbox(_ name: String, view: View, source: String, actor: Actor, time: String) throws -> Mailbox {
        guard try mailbox(named: name) == nil else {
            throw FordelerError(.subscriptionExists, "there is a subscription \(name) already. Choose another name")
        }
        let viewID = try self.viewID(view)
        try Delivery(log: self, source: source, schema: schema).countPending(view: view, id: viewID)
        try db.execute(
            sql: BulkStatement.insertion(into: "subscription"),
            arguments: [name, viewID, Self.newEpoch(), -(try highestNumber(view: viewID)), 0, 0, time])
        try audit(actor, "subscription.added", "subscription:\(name)", view.definition, time)
        guard let mailbox = try mailbox(named: name) else { throw damaged("subscription") }
        return mailbox
    }

    /// Eight hexadecimal digits that no mailbox had before.
    static func newEpoch() -> String {
        Hexadecimal.text(RandomBytes.make(4))
    }

    /// Equal views share one row. A new one has seen the log up to now, so nothing before it is counted.
    private func viewID(_ view: View) throws -> Int {
        if let known = try Int.fetchOne(
            db, sql: "SELECT id FROM view WHERE definition = ?", arguments: [view.definition])
        {
            return known
        }
        let id = (try Int.fetchOne(db, sql: "SELECT max(id) FROM view") ?? 0) + 1
        let seen = try Int.fetchOne(db, sql: "SELECT max(number) FROM logEntry") ?? 0
        try db.execute(sql: BulkStatement.insertion(into: "view"), arguments: [id, view.definition, seen, 0])
        return id
    }
}

extension FordelerError.Code {
    public static let subscriptionExists = FordelerError.Code("subscription.exists")
}

import Foundation
import GRDB
import Mapping
public import OrganisationModel
public import Versioning

// What keeps changes from being published by themselves: pins and holds.
extension StateTransaction {
    // MARK: Pins

    public func pins() throws -> [Pin] {
        try Row.fetchAll(db, sql: "SELECT id, since, isReleased FROM pin ORDER BY id").map { row in
            guard let id = row.bytes("id").withUnsafeBytes({ ObjectID(bytes: $0) }) else { throw damaged("pin") }
            return Pin(id: id, since: row["since"], isReleased: row["isReleased"])
        }
    }

    /// Exactly these objects are pinned from now on; one that was keeps the version since when.
    func setPins(_ ids: Set<ObjectID>) throws {
        let held = try pins()
        if held.isEmpty && ids.isEmpty { return }
        let version = try position().version
        let since = Dictionary(held.map { ($0.id, $0.since) }, uniquingKeysWith: min)
        if Set(since.keys) == ids && !held.contains(where: \.isReleased) { return }
        try db.execute(sql: "DELETE FROM pin")
        let insertion = try BulkStatement.insert(db, into: "pin")
        for id in ids.sorted() {
            insertion.bind(copying: id, 1)
            insertion.bind(2, since[id] ?? version)
            insertion.bind(3, 0)
            try insertion.run()
        }
    }

    /// From now on what claims say of these objects may be published by itself again.
    public func release(_ ids: [ObjectID]) throws {
        let statement = try BulkStatement(
            db, "UPDATE pin SET isReleased = 1, checksum = rowChecksum(id, since, 1) WHERE id = ?")
        for id in ids {
            statement.bind(copying: id, 1)
            try statement.run()
        }
    }

    /// Writes an entry of the audit that belongs to no other write.
    public func note(_ actor: Actor, _ action: String, _ subject: String, _ detail: String, _ time: String) throws {
        try audit(actor, action, subject, detail, time)
    }

    // MARK: Holds

    public func holds() throws -> [Hold] {
        try Row.fetchAll(db, sql: "SELECT * FROM hold ORDER BY source").map { row in
            Hold(
                source: row["source"], version: row["version"], reason: row["reason"], actor: Actor(row["actor"]),
                time: row["time"])
        }
    }

    /// Stops the automatic publishing of a source; one that is on hold already stays so.
    public func hold(_ source: String, reason: String, today: Day, actor: Actor, time: String) throws {
        guard try !holds().contains(where: { $0.source == source }) else { return }
        try db.execute(
            sql: BulkStatement.insertion(into: "hold"),
            arguments: [source, try position().version, reason, actor.name, time, today.number])
        try audit(actor, "source.held", "source:\(source)", reason, time)
    }

    public func release(source: String, detail: String, actor: Actor, time: String) throws {
        try db.execute(sql: "DELETE FROM hold WHERE source = ?", arguments: [source])
        try audit(actor, "source.released", "source:\(source)", detail, time)
    }

    public func hasDueReminders(today: Day) throws -> Bool {
        try Int.fetchOne(db, sql: "SELECT 1 FROM hold WHERE remindedOn < ? LIMIT 1", arguments: [today.number]) != nil
    }

    /// The sources on hold of which nobody was reminded today; afterwards everybody was.
    public func dueReminders(today: Day) throws -> [Hold] {
        let due = try Set(
            String.fetchAll(db, sql: "SELECT source FROM hold WHERE remindedOn < ?", arguments: [today.number]))
        guard !due.isEmpty else { return [] }
        try db.execute(
            sql: """
                UPDATE hold SET remindedOn = ?1, checksum = rowChecksum(source, version, reason, actor, time, ?1)
                WHERE remindedOn < ?1
                """, arguments: [today.number])
        return try holds().filter { due.contains($0.source) }
    }

    /// The sources with exports in the versions after `version`.
    public func sources(after version: Int) throws -> [String] {
        try String.fetchAll(
            db,
            sql: """
                SELECT DISTINCT exportFile.source FROM exportFile JOIN version ON version.candidate = exportFile.candidate
                WHERE version.number > ? ORDER BY exportFile.source
                """, arguments: [version])
    }
}

import Foundation
import GRDB
public import OrganisationModel
public import Versioning

// The register now and as of any version.
extension StateTransaction: VersionStore {
    public func position() throws -> (version: Int, day: Day?) {
        let day = try setting("day").map { Day(number: Int32(truncatingIfNeeded: $0)) }
        return (try Int.fetchOne(db, sql: "SELECT max(number) FROM version") ?? 0, day)
    }

    /// Where the log ends, read so that no damage stops it; nil before the first version.
    public func newestPosition() throws -> Position? {
        let statement = try BulkStatement(
            db, "SELECT max(number), (SELECT value FROM setting WHERE name = 'day') FROM version")
        defer { statement.reset() }
        guard try statement.step(), !statement.isNull(0), !statement.isNull(1) else { return nil }
        return position(statement)
    }

    /// A position in the first two columns.
    func position(_ statement: BulkStatement) -> Position {
        Position(version: statement.int(0), day: Day(number: Int32(truncatingIfNeeded: statement.int(1))))
    }

    func setting(_ name: String) throws -> Int64? {
        try Int64.fetchOne(db, sql: "SELECT value FROM setting WHERE name = ?", arguments: [name])
    }

    func set(_ name: String, _ value: Int64) throws {
        try db.execute(
            sql: BulkStatement.insertion(into: "setting", orReplace: true), arguments: [name, value])
    }

    func set(_ name: String, _ value: [UInt8]) throws {
        try db.execute(
            sql: BulkStatement.insertion(into: "setting", orReplace: true), arguments: [name, Data(value)])
    }

    public func object(_ id: ObjectID) throws -> RegisteredObject? {
        let statement = try BulkStatement(
            db, "SELECT kind, source, key, ordinary, personal FROM object WHERE id = ? AND ordinary IS NOT NULL")
        defer { statement.reset() }
        statement.bind(copying: id, 1)
        guard try statement.step() else { return nil }
        return registered(id, statement, firstColumn: 0)
    }

    /// What is known of an object that is, or once was, in the register; its state is of no meaning when it is gone.
    public func lastKnown(_ id: ObjectID) throws -> RegisteredObject? {
        let statement = try BulkStatement(
            db, "SELECT kind, source, key, ordinary, personal FROM object WHERE id = ?")
        defer { statement.reset() }
        statement.bind(copying: id, 1)
        guard try statement.step() else { return nil }
        return registered(id, statement, firstColumn: 0)
    }

    /// Kind, source, key, ordinary and personal from neighbouring columns.
    fileprivate func registered(_ id: ObjectID, _ row: BulkStatement, firstColumn: Int32) -> RegisteredObject? {
        guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: row.int(firstColumn))) else { return nil }
        return RegisteredObject(
            id: id, kind: kind, source: row.text(firstColumn + 1), key: row.text(firstColumn + 2),
            state: state(row, ordinary: firstColumn + 3))
    }

    func state(_ row: BulkStatement, ordinary: Int32) -> ObjectState {
        ObjectState(ordinary: Array(row.bytes(ordinary)), personal: Array(row.bytes(ordinary + 1)))
    }

    public func forEachObject(_ body: (RegisteredObject) throws -> Void) throws {
        let statement = try BulkStatement(
            db, "SELECT id, kind, source, key, ordinary, personal FROM object WHERE ordinary IS NOT NULL ORDER BY id")
        defer { statement.reset() }
        while try statement.step() {
            guard let id = ObjectID(bytes: statement.bytes(0)), let object = registered(id, statement, firstColumn: 1)
            else { throw damaged("object") }
            try body(object)
        }
    }

    func damaged(_ table: String) -> FordelerError {
        FordelerError(.stateDamaged, "a row of \(table) cannot be read. Run: fordeler verify")
    }

    // MARK: As of a version

    public func state(of id: ObjectID, version: Int) throws -> ObjectState? {
        let current = try BulkStatement(db, "SELECT since, ordinary, personal FROM object WHERE id = ?")
        defer { current.reset() }
        current.bind(copying: id, 1)
        guard try current.step() else { return nil }
        if current.int(0) <= version { return current.isNull(1) ? nil : state(current, ordinary: 1) }
        return try pastState(of: id, before: version + 1)
    }

    /// The state that began last before a version.
    func pastState(of id: ObjectID, before version: Int) throws -> ObjectState? {
        let past = try BulkStatement(
            db,
            "SELECT ordinary, personal FROM pastState WHERE id = ? AND since < ? ORDER BY since DESC LIMIT 1")
        defer { past.reset() }
        past.bind(copying: id, 1)
        past.bind(2, version)
        guard try past.step(), !past.isNull(0) else { return nil }
        return state(past, ordinary: 0)
    }

    /// The state of an object before it went; nil for one that is there or never was.
    public func lastState(of id: ObjectID) throws -> ObjectState? {
        try Int.fetchOne(
            db, sql: "SELECT since FROM object WHERE id = ? AND ordinary IS NULL", arguments: [Data(id.bytes)]
        ).flatMap { try pastState(of: id, before: $0) }
    }

    /// The state of an object as of a version; of one that is gone by then, the one before it went.
    public func lastState(of id: ObjectID, version: Int) throws -> ObjectState? {
        let current = try BulkStatement(
            db, "SELECT ordinary, personal FROM object WHERE id = ? AND since <= ? AND ordinary IS NOT NULL")
        let past = try BulkStatement(
            db,
            """
            SELECT ordinary, personal FROM pastState WHERE id = ? AND since <= ? AND ordinary IS NOT NULL
            ORDER BY since DESC LIMIT 1
            """)
        for statement in [current, past] {
            defer { statement.reset() }
            statement.bind(copying: id, 1)
            statement.bind(2, version)
            if try statement.step() { return state(statement, ordinary: 0) }
        }
        return nil
    }

    public func lastTiedState(of id: ObjectID, version: Int, by relations: [Attribute]) throws -> ObjectState? {
        for began in try versions(of: id).reversed() where began <= version {
            guard let state = try state(of: id, version: began), !state.everyTarget(of: relations).isEmpty else {
                continue
            }
            return state
        }
        return nil
    }

    /// The versions with which a state of the object began, or with which it went, in order.
    public func versions(of id: ObjectID) throws -> [Int] {
        try Int.fetchAll(
            db,
            sql:
                "SELECT since FROM pastState WHERE id = ?1 UNION SELECT since FROM object WHERE id = ?1 ORDER BY since",
            arguments: [Data(id.bytes)])
    }

    public func object(_ id: ObjectID, version: Int) throws -> RegisteredObject? {
        guard let state = try state(of: id, version: version) else { return nil }
        let row = try BulkStatement(db, "SELECT kind, source, key FROM object WHERE id = ?")
        defer { row.reset() }
        row.bind(copying: id, 1)
        guard try row.step(), let kind = Kind(rawValue: UInt8(truncatingIfNeeded: row.int(0))) else { return nil }
        return RegisteredObject(id: id, kind: kind, source: row.text(1), key: row.text(2), state: state)
    }

    /// Objects that a source knows by a key; several sources may know different objects by the same one.
    public func objects(_ kind: Kind, ids: [ObjectID], version: Int) throws -> [RegisteredObject] {
        try ids.compactMap { try object($0, version: version) }.filter { $0.kind == kind }
    }

    /// The objects of a kind that bear a key, whatever gave them their ids. Looks through all of the kind.
    public func ids(_ kind: Kind, key: String) throws -> [ObjectID] {
        let statement = try BulkStatement(db, "SELECT id FROM object WHERE kind = ? AND key = ?")
        defer { statement.reset() }
        statement.bind(1, Int(kind.rawValue))
        statement.bind(copying: key, 2)
        var ids: [ObjectID] = []
        while try statement.step() {
            if let id = ObjectID(bytes: statement.bytes(0)) { ids.append(id) }
        }
        return ids
    }

    /// The names of all sources that ever gave an object.
    public func objectSources() throws -> [String] {
        try String.fetchAll(db, sql: "SELECT DISTINCT source FROM exportFile ORDER BY source")
    }

    public func changes(from: Int, to: Int) throws -> any ChangeSet {
        let (low, high) = (min(from, to), max(from, to))
        let began = "since > \(low) AND since <= \(high)\(low > 0 ? " AND since > 1" : "")"
        let ids = try Data16.fetch(
            db, "SELECT id FROM object WHERE \(began) UNION SELECT id FROM pastState WHERE \(began) ORDER BY id")
        return VersionDifference(transaction: self, ids: ids, from: from, to: to)
    }

    // MARK: Versions

    public func version(_ number: Int) throws -> Version? {
        try versions(where: "version.number = \(number)").first
    }

    public func versions() throws -> [Version] {
        try versions(where: "1")
    }

    private func versions(where condition: String) throws -> [Version] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT version.*, candidate.summary FROM version JOIN candidate ON candidate.number = version.candidate
                WHERE \(condition) ORDER BY version.number
                """
        ).map { row in
            let summary = try CandidateSummary(json: row["summary"])
            return Version(
                number: row["number"], cause: Cause(rawValue: row["cause"]) ?? .import, target: summary.target,
                scope: summary.scope?.scope, actor: Actor(row["actor"]), reason: row["reason"], time: row["time"],
                day: Day(number: row["day"]), candidate: CandidateID(row["candidate"]),
                counts: summary.changeCounts, contentHash: row.bytes("contentHash"), chainHash: row.bytes("chainHash"))
        }
    }
}

/// Reads a column of ids.
enum Data16 {
    static func fetch(_ db: Database, _ sql: String) throws -> [ObjectID] {
        let statement = try BulkStatement(db, sql)
        defer { statement.reset() }
        var ids: [ObjectID] = []
        while try statement.step() {
            if let id = ObjectID(bytes: statement.bytes(0)) { ids.append(id) }
        }
        return ids
    }
}

/// What differs between two versions; read from the database each time, valid as long as its transaction.
private struct VersionDifference: ChangeSet {
    let transaction: StateTransaction
    let ids: [ObjectID]
    let from: Int
    let to: Int

    func forEach(_ body: (ObjectChange) throws -> Void) throws {
        for id in ids {
            let row = try BulkStatement(
                transaction.db, "SELECT kind, source, key, ordinary, personal, since FROM object WHERE id = ?")
            row.bind(copying: id, 1)
            guard try row.step(), let known = transaction.registered(id, row, firstColumn: 0) else {
                throw transaction.damaged("object")
            }
            let (current, since) = (row.isNull(3) ? nil : known.state, row.int(5))
            row.reset()
            func state(in version: Int) throws -> ObjectState? {
                since <= version ? current : try transaction.pastState(of: id, before: version + 1)
            }
            let (before, after) = (try state(in: from), try state(in: to))
            guard before != after else { continue }
            try body(
                ObjectChange(
                    id: id, kind: known.kind, source: known.source, key: known.key, before: before, after: after))
        }
    }
}

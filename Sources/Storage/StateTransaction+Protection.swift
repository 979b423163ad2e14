import Foundation
import GRDB
public import OrganisationModel
import Versioning

// Who is protected, and which objects are about whom.
extension StateTransaction {
    public func everProtected() throws -> Set<ObjectID> {
        try ids(named: Self.protectedList)
    }

    public func referrers(of id: ObjectID) throws -> [ObjectID] {
        let statement = try BulkStatement(db, "SELECT id FROM referrer WHERE target = ?")
        defer { statement.reset() }
        statement.bind(copying: id, 1)
        var ids: [ObjectID] = []
        while try statement.step() {
            if let id = ObjectID(bytes: statement.bytes(0)) { ids.append(id) }
        }
        return ids
    }

    /// The number of the first log entry whose events leave something out; older ones were counted without.
    func firstProtectingEntry() throws -> Int64 {
        try setting(Self.protectingSetting) ?? 0
    }

    static let protectedList = "protected"
    static let protectingSetting = "protecting"

    func write(_ ties: PersonTies) throws {
        if !ties.protected.isEmpty { try setIDs(Self.protectedList, everProtected().union(ties.protected)) }
        let insertion = try BulkStatement(
            db, "INSERT OR IGNORE INTO referrer (target, id, checksum) VALUES (?1, ?2, rowChecksum(?1, ?2))")
        // In the order of the rows, so that pages are filled one after the other.
        for (target, id) in ties.referrers.sorted(by: { ($0.target, $0.id) < ($1.target, $1.id) }) {
            insertion.bind(copying: target, 1)
            insertion.bind(copying: id, 2)
            try insertion.run()
        }
    }
}

/// What states say about who is protected, and about whom objects are.
struct PersonTies {
    private let schema: Schema
    private(set) var protected: Set<ObjectID> = []
    private(set) var referrers: [(target: ObjectID, id: ObjectID)] = []

    init(_ schema: Schema) {
        self.schema = schema
    }

    mutating func add(_ id: ObjectID, _ kind: Kind, _ state: ObjectState) {
        if state.isEverProtected(schema[kind]) { protected.insert(id) }
        for target in state.everyTarget(of: schema.personRelations(kind)) { referrers.append((target, id)) }
    }
}

/// The step that makes an older state leave out where protected people can be found: from a log entry of its own on, which
/// takes from each subscriber what it was told before.
enum ProtectionStep {
    static func run(_ db: Database) throws {
        let transaction = StateTransaction(db: db, schema: .standard)
        var ties = PersonTies(transaction.schema)
        for (table, kind) in [
            ("object", "kind"), ("pastState", "(SELECT kind FROM object WHERE object.id = pastState.id)"),
        ] {
            let rows = try BulkStatement(
                db, "SELECT id, \(kind), ordinary, personal FROM \(table) WHERE ordinary IS NOT NULL")
            defer { rows.reset() }
            while try rows.step() {
                guard let id = ObjectID(bytes: rows.bytes(0)),
                    let kind = Kind(rawValue: UInt8(truncatingIfNeeded: rows.int(1)))
                else { throw transaction.damaged(table) }
                ties.add(id, kind, transaction.state(rows, ordinary: 2))
            }
        }
        try transaction.write(ties)
        let last = try Row.fetchOne(db, sql: "SELECT number, version, chain FROM logEntry ORDER BY number DESC LIMIT 1")
        guard let last, !ties.protected.isEmpty, let day = try transaction.position().day else { return }
        let (number, version): (Int, Int) = ((last["number"] as Int) + 1, last["version"])
        let (cause, time) = (Cause.view.rawValue, Date().formatted(.iso8601))
        let chain = ChainHash.next(after: last.bytes("chain"), "\(number) \(version) \(day) \(cause) \(time)")
        try db.execute(
            sql: """
                INSERT INTO logEntry (number, version, day, cause, time, chain, checksum)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, rowChecksum(?1, ?2, ?3, ?4, ?5, ?6))
                """, arguments: [number, version, day.number, cause, time, Data(chain)])
        try transaction.set(StateTransaction.protectingSetting, Int64(number))
    }
}

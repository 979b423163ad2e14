import Distribution
import Foundation
import GRDB
import OrganisationModel
import RegisterFixtures
import Validation
import Versioning

@testable import Storage

/// A database file with rows in every table, and all that can be read out of it.
struct StoredFile: Sendable {
    struct Contents: Equatable {
        /// The values of all rows of each table without their checksums, in the order of a scan.
        var rows: [String: String] = [:]
        /// What the indexes hold.
        var indexes: [String: String] = [:]
        /// How many rows are not found by their numbers.
        var unfound: [String: Int] = [:]
    }

    let bytes: [UInt8]
    let secret: [UInt8]
    let contents: Contents

    /// Small pages, so that little of the file is room that nothing was ever written to, and values go over several pages.
    private static let pageSize = 1024

    static let rich = Result { try StoredFile() }

    private init() throws {
        let fixture = try StateFixture.filled()
        try Self.enrich(fixture)
        do {
            let queue = try DatabaseQueue(path: fixture.folder.database)
            try queue.writeWithoutTransaction { db in
                // As one file: a bit of the write-ahead log that turned is found by SQLite, by checksums of its own.
                try db.execute(sql: "PRAGMA journal_mode = DELETE; PRAGMA page_size = \(Self.pageSize); VACUUM")
            }
            try queue.close()
        }
        bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: fixture.folder.database)))
        secret = try [UInt8](Data(contentsOf: URL(fileURLWithPath: fixture.folder.secret)))
        contents = try fixture.open(.reading).read { transaction in
            try demand(transaction.verify().problems, equals: [], "the file is in order")
            return try Self.contents(transaction)
        }
    }

    /// More versions of all kinds of objects, and the large numbers that file systems give.
    private static func enrich(_ fixture: StateFixture) throws {
        let state = try fixture.open(.writing)
        var register = RandomRegister(seed: 7)
        var history: [[ObjectID: ReferenceRegister.Object]] = [[:]]
        for round in 0..<20 {
            let today = StateFixture.today.advanced(by: Int32(8 + round))
            let next = register.altered(history[round], history: history, today: today)
            try state.write { transaction in
                let publication = Publication(
                    candidate: try transaction.candidateFixture(.published),
                    changes: FixedChanges(ReferenceRegister.changes(from: history[round], to: next)),
                    acceptance: Acceptance(overlays: [], buffer: .init(), standing: nil), tally: nil,
                    actor: Actor("test"), reason: "round \(round)", today: today, time: StateTransaction.timeFixture)
                _ = try transaction.publish(publication, findings: findings(round), salts: DerivedSalts())
                let time = 1_772_409_600_123_456_789 + round
                let file = RunFile(
                    source: "hr", path: "drop/ZLPE202603\(round + 10).xml", byteCount: 9 << 30, modified: time,
                    inode: 1 << 52 + round, stamp: time)
                _ = try transaction.receive(file, time: StateTransaction.timeFixture)
                let text = (0..<8).map { "\($0). Line \(round + $0) of the export lacks what it should hold." }
                try transaction.tell(
                    Notice(
                        id: "round \(round)", code: "candidate.held", subject: "an export waits",
                        text: text.joined(separator: "\n"), time: StateTransaction.timeFixture),
                    channels: ["smtp", "webhook"])
            }
            history.append(next)
        }
    }

    private static func findings(_ count: Int) -> [Finding] {
        (0..<count).map { number in
            Finding(
                rule: Rule("unit.test", .warning, .none), kind: .unit, key: "\(number)",
                location: SourceLocation(source: "hr", file: "hr.xml", line: number), message: "A finding.")
        }
    }

    // MARK: Reading

    private static let tables =
        Migrations.checkedColumns
        + [("sqlite_master", ["type", "name", "tbl_name", "sql"]), ("grdb_migrations", ["identifier"])]

    private static let indexes = [
        ("objectBySince", "object", ["since", "id"], "since > 1"),
        ("pastStateBySince", "pastState", ["since", "id"], "since > 1"),
        ("claimHead", "claim", ["source", "row", "key", "fingerprint"], "1"),
        ("viewEntryByFirst", "viewEntry", ["view", "first", "entry"], "1"),
        ("runByVerdict", "run", ["source", "verdict", "stamp", "number"], "1"),
        ("noticeWaiting", "notice", ["number"], "status = 'waiting'"),
    ]

    /// SQLite puts the texts together, out of the type and the bytes of each value.
    static func contents(_ transaction: StateTransaction) throws -> Contents {
        let db = transaction.db
        var contents = Contents()
        for (table, columns) in tables {
            contents.rows[table] = try text(db, columns, "\(table) NOT INDEXED")
        }
        for (index, table, columns, condition) in indexes {
            contents.indexes[index] = try text(db, columns, "\(table) INDEXED BY \(index) WHERE \(condition)")
        }
        let made = try Migrations.schema.get()
        for (table, _) in Migrations.checkedColumns where made[table]?.contains("WITHOUT ROWID") == false {
            contents.unfound[table] = try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM \(table) AS one NOT INDEXED
                    WHERE NOT EXISTS (SELECT 1 FROM \(table) AS other WHERE other.rowid = one.rowid)
                    """)
        }
        return contents
    }

    private static func text(_ db: Database, _ columns: [String], _ place: String) throws -> String {
        let row = columns.map { "typeof(\($0)) || hex(\($0))" }.joined(separator: " || ' ' || ")
        return try String.fetchOne(db, sql: "SELECT group_concat(\(row), ';') FROM \(place)") ?? ""
    }
}

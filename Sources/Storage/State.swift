import Foundation
import GRDB
import GRDBSQLite
public import OrganisationModel

/// The state folder: one SQLite database, the register secret and a lock.
///
/// One program writes at a time. A write is one transaction that has reached the disk when the call returns; a read sees
/// one committed state from beginning to end and never waits for a writer.
public final class State: Sendable {
    /// Whether the caller may write; a folder has one writer.
    public enum Access: Sendable {
        case reading, writing
        /// Writing, while others read in the same process.
        case serving
    }

    private let database: any DatabaseWriter
    private let lock: FolderLock?
    /// Whether others may be reading while this writes.
    private let isShared: Bool
    /// 32 random bytes from which all UUIDs derive; lies beside the database, readable by its owner only.
    public let secret: [UInt8]
    public let schema: Schema
    public let folder: String
    /// Who was erased, as the file beside the database says.
    public let ledger: ErasureLedger

    /// Opens the state in `folder`; with access to write it is created, and migrated, where needed.
    /// - Throws: ``FordelerError`` `state.in-use`, `state.too-new`, `state.damaged` or `state.failed`.
    public init(folder: String, access: Access, schema: Schema = .standard) throws {
        self.schema = schema
        isShared = access == .serving
        self.folder = folder
        ledger = ErasureLedger(folder: folder)
        let path = StateFolder.database(folder)
        try StateFolder.refuseHalf(folder)
        if access != .reading {
            try SecretFile.createFolder(folder)
            lock = try FolderLock(folder: folder)
            try StateFolder.removeDraft(folder)
        } else {
            lock = nil
            guard FileManager.default.fileExists(atPath: path) else { throw Self.missing(folder) }
        }
        secret = try SecretFile.read(
            StateFolder.secret(folder), create: access != .reading && !FileManager.default.fileExists(atPath: path))
        do {
            database = try Self.open(path, access)
            try Self.requireTables(database, folder)
            try SecretMark(secret).check(database, mayWrite: access != .reading)
        } catch let error as DatabaseError {
            throw Self.explained(error)
        } catch is RowDecodingError {
            throw Self.unreadable
        }
    }

    /// An empty register is filled with a rollback journal, which writes new pages once, where the write-ahead log writes
    /// them twice; nobody reads an empty register meanwhile. From the first version on there is the write-ahead log, so that
    /// readers and the writer do not wait for each other.
    private static func open(_ path: String, _ access: Access) throws -> any DatabaseWriter {
        let queue = try DatabaseQueue(path: path, configuration: configuration(access))
        try refuseNewer(queue)
        guard access != .reading else { return queue }
        try Migrations.migrator.migrate(queue)
        let isEmpty = try queue.read { try Int.fetchOne($0, sql: "SELECT max(number) FROM version") == nil }
        if isEmpty, access == .writing { return queue }
        try queue.close()
        let pool = try DatabasePool(path: path, configuration: configuration(access))
        // Opening a pool sets NORMAL, with which a power cut takes back what was answered.
        try pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
            // After a crash the log is emptied before anything is added to it.
            if access == .serving { _ = try db.checkpoint(.truncate) }
        }
        return pool
    }

    private static func refuseNewer(_ database: any DatabaseReader) throws {
        guard try !database.read({ try Migrations.migrator.hasBeenSuperseded($0) }) else {
            throw FordelerError(
                .stateTooNew, "this state was written by a newer fordeler. Use that program, or restore a backup")
        }
    }

    /// A first import that was killed leaves a database without some tables; so does an older program.
    private static func requireTables(_ database: any DatabaseReader, _ folder: String) throws {
        guard try !database.read(Migrations.migrator.hasCompletedMigrations) else { return }
        let isEmpty = try database.read { db in
            try !db.tableExists("version") || Int.fetchOne(db, sql: "SELECT max(number) FROM version") == nil
        }
        if isEmpty { throw missing(folder) }
        throw FordelerError(
            .storageFailed,
            "this state was written by an older fordeler. Import, or start the daemon, and it is brought up to date")
    }

    private static func missing(_ folder: String) -> FordelerError {
        FordelerError(
            .storageFailed, "there is no state in \(folder). Import first, or check state: in the configuration")
    }

    static func configuration(_ access: Access) -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            // Takes effect when the file is made. Half the system calls of the default, and rows seldom overflow.
            try db.execute(sql: "PRAGMA page_size = 8192")
            if !db.configuration.readonly && access != .reading {
                // An acknowledgement means that a power cut cannot take it back.
                try db.execute(sql: "PRAGMA synchronous = FULL")
            }
            // Journals of single statements hold personal data too; they never leave the memory.
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
            // Else INSERT OR REPLACE would take a row away behind the back of the append-only triggers.
            try db.execute(sql: "PRAGMA recursive_triggers = ON")
            // After a first import the write-ahead log would keep its size for as long as the daemon runs.
            try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
            // Enough for the upper pages of every table; imports write in the order of keys.
            try db.execute(sql: "PRAGMA cache_size = -16000")
            guard let connection = db.sqliteConnection else { return }
            try RowChecksum.register(connection)
        }
        return configuration
    }

    /// Bytes from the cryptographic generator of the system.
    public static func randomBytes(_ count: Int) -> [UInt8] {
        RandomBytes.make(count)
    }

    /// One transaction that only reads.
    public func read<Result>(_ body: (StateTransaction) throws -> Result) throws -> Result {
        do {
            return try database.read { db in try body(StateTransaction(db: db, schema: schema)) }
        } catch let error as DatabaseError {
            throw Self.explained(error)
        } catch is RowDecodingError {
            throw Self.unreadable
        }
    }

    /// One transaction; on return it is on the disk, or nothing of it is.
    public func write<Result>(_ body: (StateTransaction) throws -> Result) throws -> Result {
        try explaining { try database.write { db in try body(StateTransaction(db: db, schema: schema)) } }
    }

    /// A transaction that reads, and then one that writes, while what the first one saw can still be asked.
    ///
    /// Between them others may write; whoever needs to know that nobody did keeps them away.
    public func write<Plan, Result>(
        after plan: (StateTransaction) throws -> Plan, _ body: (StateTransaction, Plan) throws -> Result
    ) throws -> Result {
        // In a pool the reader has a connection of its own, which stays the plan's as long as the reading lasts.
        guard database is DatabasePool else {
            let made = try read(plan)
            return try write { try body($0, made) }
        }
        return try read { transaction in
            let made = try plan(transaction)
            return try write { try body($0, made) }
        }
    }

    /// Ends what is being read or written at this moment, as if it had never begun.
    public func interrupt() {
        database.interrupt()
    }

    /// Moves the write-ahead log into the database, and empties it where nobody else reads.
    public func checkpoint() throws {
        try explaining {
            try database.writeWithoutTransaction { [isShared] db in
                _ = try db.checkpoint(isShared ? .passive : .truncate)
            }
        }
    }

    /// Moves the write-ahead log into the database and empties it.
    /// - Returns: false when others went on reading, so that it still holds something.
    public func emptyLog() throws -> Bool {
        try explaining { try database.writeWithoutTransaction(Self.emptyLog) }
    }

    /// Writes the database anew, without what once stood in it, and empties the write-ahead log. Waits for readers; needs
    /// as much memory, and for a while as much room, as the database is large.
    public func compact() throws {
        try explaining {
            try database.barrierWriteWithoutTransaction { db in
                try db.execute(sql: "VACUUM")
                _ = try db.checkpoint(.truncate)
            }
        }
    }

    /// As ``compact()``, but keeps nobody from reading, and the copy that SQLite makes lies in a file without a name (in
    /// `/var/tmp`, unless `SQLITE_TMPDIR` says otherwise) instead of in the memory.
    /// - Returns: false when others went on reading, so that the log still holds something.
    public func compactBesideReaders() throws -> Bool {
        try explaining {
            try database.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA temp_store = FILE")
                defer { try? db.execute(sql: "PRAGMA temp_store = MEMORY") }
                try db.execute(sql: "VACUUM")
                return try Self.emptyLog(db)
            }
        }
    }

    private static func emptyLog(_ db: Database) throws -> Bool {
        do {
            _ = try db.checkpoint(.truncate)
            return true
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            return false
        }
    }

    private func explaining<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw NoRoom.isReason(of: error, database) ? Self.full : Self.explained(error)
        }
    }

    private static let full = FordelerError(
        .diskFull, "the disk is full; nothing was changed. Make room and try again")

    /// What SQLite said would show the row.
    private static let unreadable = FordelerError(
        .stateDamaged, "a row of the database holds what no row can. Run: fordeler verify")

    static func explained(_ error: DatabaseError) -> FordelerError {
        let said = error.message ?? "unknown"
        return switch error.resultCode {
        case .SQLITE_FULL: full
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            FordelerError(.stateDamaged, "the database is damaged (\(said)). Restore a backup")
        case .SQLITE_BUSY, .SQLITE_LOCKED: FordelerError(.stateInUse, "another program holds the state; try again")
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
            FordelerError(.storageFailed, "the state cannot be opened or written (\(said)). Check its owner and rights")
        case .SQLITE_INTERRUPT, .SQLITE_ABORT:
            FordelerError(.interrupted, "it was interrupted; nothing was changed")
        case .SQLITE_IOERR:
            FordelerError(
                .storageBroken,
                "the disk failed (\(said)); what was answered is kept. Nothing more is written before a new start")
        default: FordelerError(.storageFailed, "the state could not be read or written (\(said)); nothing was changed")
        }
    }
}

/// One transaction on the state. It is all of the stores that the stages declare, and lives as long as the transaction.
public struct StateTransaction {
    let db: Database
    public let schema: Schema
}

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
    }

    private let pool: DatabasePool
    private let lock: FolderLock?
    /// 32 random bytes from which all UUIDs derive; lies beside the database, readable by its owner only.
    public let secret: [UInt8]
    public let schema: Schema

    /// Opens the state in `folder`; with access to write it is created, and migrated, where needed.
    /// - Throws: ``FordelerError`` `state.in-use`, `state.too-new`, `state.damaged` or `state.failed`.
    public init(folder: String, access: Access, schema: Schema = .standard) throws {
        self.schema = schema
        let database = folder + "/fordeler.sqlite"
        if access == .writing {
            try SecretFile.createFolder(folder)
            lock = try FolderLock(path: folder + "/lock")
        } else {
            lock = nil
            guard FileManager.default.fileExists(atPath: database) else {
                throw FordelerError(
                    .storageFailed, "there is no state in \(folder). Import first, or check state: in the configuration"
                )
            }
        }
        secret = try SecretFile.read(
            folder + "/secret", create: access == .writing && !FileManager.default.fileExists(atPath: database))
        do {
            pool = try DatabasePool(path: database, configuration: Self.configuration(access))
            try Self.migrate(pool, access)
        } catch let error as DatabaseError {
            throw Self.explained(error)
        }
    }

    private static func configuration(_ access: Access) -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            if !db.configuration.readonly && access == .writing {
                // An acknowledgement means that a power cut cannot take it back.
                try db.execute(sql: "PRAGMA synchronous = FULL")
            }
            // Enough for the upper pages of every table; imports write in the order of keys.
            try db.execute(sql: "PRAGMA cache_size = -16000")
            guard let connection = db.sqliteConnection else { return }
            try RowChecksum.register(connection)
        }
        return configuration
    }

    private static func migrate(_ pool: DatabasePool, _ access: Access) throws {
        let migrator = Migrations.migrator
        let isTooNew = try pool.read { try migrator.hasBeenSuperseded($0) }
        guard !isTooNew else {
            throw FordelerError(
                .stateTooNew, "this state was written by a newer fordeler. Use that program, or restore a backup")
        }
        if access == .writing { try migrator.migrate(pool) }
    }

    /// One transaction that only reads.
    public func read<Result>(_ body: (StateTransaction) throws -> Result) throws -> Result {
        do {
            return try pool.read { db in try body(StateTransaction(db: db, schema: schema)) }
        } catch let error as DatabaseError {
            throw Self.explained(error)
        }
    }

    /// One transaction; on return it is on the disk, or nothing of it is.
    public func write<Result>(_ body: (StateTransaction) throws -> Result) throws -> Result {
        do {
            return try pool.write { db in try body(StateTransaction(db: db, schema: schema)) }
        } catch let error as DatabaseError {
            throw Self.explained(error)
        }
    }

    /// Moves the write-ahead log into the database and empties it.
    public func checkpoint() throws {
        do {
            try pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        } catch let error as DatabaseError {
            throw Self.explained(error)
        }
    }

    private static func explained(_ error: DatabaseError) -> FordelerError {
        let said = error.message ?? "unknown"
        return switch error.resultCode {
        case .SQLITE_FULL:
            FordelerError(.storageFailed, "the disk is full; nothing was changed. Make room and try again")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            FordelerError(.stateDamaged, "the database is damaged (\(said)). Restore a backup")
        case .SQLITE_BUSY, .SQLITE_LOCKED: FordelerError(.stateInUse, "another program holds the state; try again")
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
            FordelerError(.storageFailed, "the state cannot be opened or written (\(said)). Check its owner and rights")
        default: FordelerError(.storageFailed, "the state could not be read or written (\(said)); nothing was changed")
        }
    }
}

/// One transaction on the state. It is all of the stores that the stages declare, and lives as long as the transaction.
public struct StateTransaction {
    let db: Database
    public let schema: Schema
}

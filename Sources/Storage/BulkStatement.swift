import Foundation
import GRDB
import GRDBSQLite
import OrganisationModel

extension Row {
    /// A column that holds bytes; empty when it holds none.
    func bytes(_ column: String) -> [UInt8] {
        (self[column] as Data?).map { [UInt8]($0) } ?? []
    }
}

/// SQLite's own calls on a statement that GRDB prepared and caches: for the paths that write or read a row for every object.
///
/// Bound bytes must live until ``run()`` or the end of the row; parameters count from 1, columns from 0.
struct BulkStatement {
    private let statement: Statement
    private let handle: OpaquePointer

    init(_ db: Database, _ sql: String) throws {
        statement = try db.cachedStatement(sql: sql)
        handle = statement.sqliteStatement
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    /// `INSERT` of a row of `table` with its checksum; parameters in the order of the table's checked columns.
    static func insert(_ db: Database, into table: String) throws -> BulkStatement {
        try BulkStatement(db, insertion(into: table))
    }

    /// `INSERT` of a row of `table`; its checksum, made by ``RowChecksum/Builder``, is the last parameter.
    static func insertWithChecksum(_ db: Database, into table: String) throws -> BulkStatement {
        let columns = Migrations.checkedColumns.first { $0.table == table }?.columns ?? []
        let parameters = (1...columns.count + 1).map { "?\($0)" }.joined(separator: ", ")
        return try BulkStatement(
            db,
            "INSERT INTO \(table) (\(columns.joined(separator: ", ")), checksum) VALUES (\(parameters))")
    }

    static func insertion(into table: String, orReplace: Bool = false) -> String {
        let columns = Migrations.checkedColumns.first { $0.table == table }?.columns ?? []
        let parameters = (1...max(1, columns.count)).map { "?\($0)" }.joined(separator: ", ")
        return "INSERT \(orReplace ? "OR REPLACE " : "")INTO \(table) (\(columns.joined(separator: ", ")), checksum) "
            + "VALUES (\(parameters), rowChecksum(\(parameters)))"
    }

    func bind(_ index: Int32, _ value: Int?) {
        if let value {
            sqlite3_bind_int64(handle, index, Int64(value))
        } else {
            sqlite3_bind_null(handle, index)
        }
    }

    func bind(_ index: Int32, _ bytes: UnsafeRawBufferPointer) {
        // A pointer that is null would bind NULL; no bytes are an empty blob.
        if let start = bytes.baseAddress, !bytes.isEmpty {
            sqlite3_bind_blob64(handle, index, start, UInt64(bytes.count), nil)
        } else {
            sqlite3_bind_zeroblob(handle, index, 0)
        }
    }

    func bind(_ index: Int32, text: UnsafeRawBufferPointer) {
        // A pointer that is null would bind NULL; an empty text points to an empty one that lives for ever.
        let start = text.baseAddress ?? UnsafeRawPointer(("" as StaticString).utf8Start)
        sqlite3_bind_text64(
            handle, index, start.assumingMemoryBound(to: CChar.self), UInt64(text.count), nil, UInt8(SQLITE_UTF8))
    }

    /// Copies the bytes.
    func bind(copying bytes: [UInt8]?, _ index: Int32) {
        guard let bytes else {
            sqlite3_bind_null(handle, index)
            return
        }
        guard !bytes.isEmpty else {
            sqlite3_bind_zeroblob(handle, index, 0)
            return
        }
        sqlite3_bind_blob64(handle, index, bytes, UInt64(bytes.count), Self.transient)
    }

    /// Copies the text.
    func bind(copying text: String, _ index: Int32) {
        sqlite3_bind_text(handle, index, text, -1, Self.transient)
    }

    func bind(copying id: ObjectID, _ index: Int32) {
        id.withUnsafeBytes { bytes in
            _ = sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), Self.transient)
        }
    }

    /// SQLITE_TRANSIENT, a C macro that Swift does not see: SQLite copies the bytes during the call.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    /// Runs a statement that answers no rows.
    func run() throws {
        let status = sqlite3_step(handle)
        sqlite3_reset(handle)
        guard status == SQLITE_DONE || status == SQLITE_ROW else { throw failure(status) }
    }

    /// The next row; false at the end, where the statement is ready to be bound again.
    func step() throws -> Bool {
        let status = sqlite3_step(handle)
        if status == SQLITE_ROW { return true }
        sqlite3_reset(handle)
        guard status == SQLITE_DONE else { throw failure(status) }
        return false
    }

    func reset() {
        sqlite3_reset(handle)
    }

    private func failure(_ status: Int32) -> DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: status),
            message: String(cString: sqlite3_errmsg(sqlite3_db_handle(handle))), sql: statement.sql)
    }

    func int(_ column: Int32) -> Int {
        Int(sqlite3_column_int64(handle, column))
    }

    func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    /// Valid until the next step.
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        let count = Int(sqlite3_column_bytes(handle, column))
        return UnsafeRawBufferPointer(start: sqlite3_column_blob(handle, column), count: count)
    }

    func text(_ column: Int32) -> String {
        String(decoding: bytes(column), as: UTF8.self)
    }
}

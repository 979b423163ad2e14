import Foundation
import GRDB
import GRDBSQLite

/// SQLite knows a full disk. A limit of the file size and a quota are I/O errors to it, although nothing is broken.
enum NoRoom {
    /// Whether a failed write only found no room.
    static func isReason(of error: DatabaseError, _ database: any DatabaseWriter) -> Bool {
        switch error.extendedResultCode {
        // The index of the write-ahead log could not grow. It is never flushed, and is made anew from the log.
        case .SQLITE_IOERR_SHMSIZE: return true
        case .SQLITE_IOERR_WRITE:
            // Each file keeps the reason of its last failure; what a file failed for before must not hide another reason.
            let reasons = database.writeWithoutTransaction { lastReasons($0.sqliteConnection) }
            return !reasons.isEmpty && reasons.allSatisfy([EFBIG, EDQUOT].contains)
        default: return false
        }
    }

    /// Why the database and its log failed last; nothing for a file that never did.
    private static func lastReasons(_ connection: SQLiteConnection?) -> [Int32] {
        [SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER].compactMap { which in
            var file: UnsafeMutablePointer<sqlite3_file>?
            var reason: Int32 = 0
            guard sqlite3_file_control(connection, "main", which, &file) == SQLITE_OK, let file,
                let control = file.pointee.pMethods?.pointee.xFileControl,
                control(file, SQLITE_FCNTL_LAST_ERRNO, &reason) == SQLITE_OK, reason != 0
            else { return nil }
            return reason
        }
    }
}

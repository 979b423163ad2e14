import GRDB
import GRDBSQLite
import OrganisationModel

/// `rowChecksum(a, b, ...)` in SQL: 64 bits over the type and content of all arguments. Every stored row carries one over
/// its key and values, because SQLite's own check misses a quarter of all single flipped bits.
enum RowChecksum {
    private static let start = FingerprintHasher(seed: Array("fordeler: checksum of a stored row".utf8))

    static func register(_ connection: OpaquePointer) throws {
        let status = sqlite3_create_function_v2(
            connection, "rowChecksum", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nil,
            { context, count, arguments in
                var hasher = RowChecksum.start
                for index in 0..<Int(count) { RowChecksum.combine(arguments?[index], into: &hasher) }
                sqlite3_result_int64(context, Int64(bitPattern: hasher.finalize().low))
            }, nil, nil, nil)
        guard status == SQLITE_OK else {
            throw FordelerError(.storageFailed, "SQLite refused a function (\(status))")
        }
    }

    private static func combine(_ value: OpaquePointer?, into hasher: inout FingerprintHasher) {
        switch sqlite3_value_type(value) {
        case SQLITE_INTEGER: combine(sqlite3_value_int64(value), into: &hasher)
        case SQLITE_NULL: combineNull(into: &hasher)
        case SQLITE_FLOAT:
            // Nothing stores one: it is what a flipped bit makes of a large whole number, out of the same eight bytes.
            withUnsafeBytes(of: UInt8(3)) { hasher.combine($0) }
            withUnsafeBytes(of: sqlite3_value_double(value)) { hasher.combine($0) }
        default:
            let isText = sqlite3_value_type(value) == SQLITE_TEXT
            let bytes = sqlite3_value_blob(value)
            combine(
                UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_value_bytes(value))), isText: isText,
                into: &hasher)
        }
    }

    private static func combine(_ number: Int64, into hasher: inout FingerprintHasher) {
        withUnsafeBytes(of: number.littleEndian) { hasher.combine($0) }
    }

    private static func combineNull(into hasher: inout FingerprintHasher) {
        withUnsafeBytes(of: UInt8(0xFF)) { hasher.combine($0) }
    }

    private static func combine(
        _ bytes: UnsafeRawBufferPointer, isText: Bool, into hasher: inout FingerprintHasher
    ) {
        withUnsafeBytes(of: UInt8(isText ? 1 : 2)) { hasher.combine($0) }
        hasher.combine(bytes)
    }

    /// The same checksum without SQLite in between, for rows that are written by the hundred thousand.
    struct Builder {
        private var hasher = RowChecksum.start

        mutating func add(_ number: Int) {
            RowChecksum.combine(Int64(number), into: &hasher)
        }

        mutating func add(text: UnsafeRawBufferPointer) {
            RowChecksum.combine(text, isText: true, into: &hasher)
        }

        mutating func add(_ bytes: UnsafeRawBufferPointer) {
            RowChecksum.combine(bytes, isText: false, into: &hasher)
        }

        func finish() -> Int {
            Int(Int64(bitPattern: hasher.finalize().low))
        }
    }
}

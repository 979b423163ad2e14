import Foundation
import GRDB
import OrganisationModel
import Versioning

/// What `verify` looked at and what it found wrong.
public struct VerificationReport: Sendable {
    public internal(set) var rows = 0
    public internal(set) var objects = 0
    public internal(set) var versions = 0
    /// One sentence for each thing that is wrong; empty when all is well.
    public internal(set) var problems: [String] = []
}

extension StateTransaction {
    /// Problems of one sort beyond this number are not listed one by one.
    static let problemsMax = 20
    /// Longer ones are damaged; they are 16 bytes.
    private static let saltMax = 64

    /// Recomputes every row checksum, the digests and bucket hashes of the current states, the current content hash, and the
    /// chains of versions, log and audit. Earlier states are covered by their row checksums.
    public func verify() throws -> VerificationReport {
        var report = VerificationReport()
        let integrity = try String.fetchAll(db, sql: "PRAGMA integrity_check(20)")
        if integrity != ["ok"] { report.problems += integrity.map { "SQLite: \($0)" } }
        for (table, columns) in Migrations.checkedColumns { try verifyRows(table, columns, &report) }
        try verifyDigests(&report)
        try verifyContentHash(&report)
        try verifyVersionChain(&report)
        try verifyLog(&report)
        report.problems += try checkAudit().problems
        try verifyErasures(&report)
        return report
    }

    /// Where values are missing, an erasure must say why.
    private func verifyErasures(_ report: inout VerificationReport) throws {
        let states = try Data16.fetch(
            db,
            """
            SELECT DISTINCT id FROM pastState WHERE substr(personal, 1, 1) = x'00'
            AND NOT EXISTS (SELECT 1 FROM erasure WHERE erasure.id = pastState.id AND erasure.version > pastState.since)
            """)
        let salts = try Data16.fetch(
            db,
            """
            SELECT id FROM object WHERE (length(salt) = 0 OR substr(personal, 1, 1) = x'00') AND (ordinary IS NOT NULL
            OR NOT EXISTS (SELECT 1 FROM erasure WHERE erasure.id = object.id))
            """)
        for id in Set(states + salts).sorted().prefix(Self.problemsMax) {
            report.problems.append("object \(id): values are missing, and no erasure says why")
        }
    }

    private func verifyRows(_ table: String, _ columns: [String], _ report: inout VerificationReport) throws {
        report.rows += try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0
        let wrong =
            try Int.fetchOne(
                db,
                sql: "SELECT count(*) FROM \(table) WHERE checksum <> rowChecksum(\(columns.joined(separator: ", ")))")
            ?? 0
        if wrong > 0 { report.problems.append("\(table): \(wrong) rows do not match their checksum") }
    }

    private func verifyDigests(_ report: inout VerificationReport) throws {
        let statement = try BulkStatement(
            db, "SELECT id, salt, digest, ordinary, personal FROM object WHERE ordinary IS NOT NULL")
        defer { statement.reset() }
        var wrong: [String] = []
        while try statement.step() {
            report.objects += 1
            let salt = Array(statement.bytes(1))
            let digest = salt.count <= Self.saltMax ? state(statement, ordinary: 3).digest(salt: salt) : []
            if !statement.bytes(2).elementsEqual(digest), wrong.count < Self.problemsMax {
                wrong.append(ObjectID(bytes: statement.bytes(0)).map(\.description) ?? "an object without id")
            }
        }
        report.problems += wrong.map { "object \($0): its content does not match its digest" }
    }

    private func verifyContentHash(_ report: inout VerificationReport) throws {
        let content = ContentHash(transaction: self)
        let computed = try (0..<ContentHash.bucketCount).map { try content.hash(ofBucket: $0) }
        let stored = try content.storedBuckets()
        let wrong = zip(computed, stored).count { $0 != $1 }
        if wrong > 0 { report.problems.append("bucket: \(wrong) hashes do not match the objects") }
        let version = try Row.fetchOne(
            db,
            sql: "SELECT number, CAST(contentHash AS BLOB) AS contentHash FROM version ORDER BY number DESC LIMIT 1")
        guard let version else {
            if report.objects > 0 { report.problems.append("there are objects but no version") }
            return
        }
        if content.combined(computed) != version.bytes("contentHash") {
            report.problems.append("version \(version["number"] as Int): its content hash does not match the register")
        }
    }

    // Whatever a damage left in a column, it must be reported, so every column is read as what it should be.

    private func verifyVersionChain(_ report: inout VerificationReport) throws {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT number, CAST(cause AS TEXT) AS cause, CAST(actor AS TEXT) AS actor,
                CAST(contentHash AS BLOB) AS contentHash, CAST(chainHash AS BLOB) AS chainHash,
                EXISTS (SELECT 1 FROM candidate WHERE candidate.number = version.candidate) AS hasCandidate
                FROM version ORDER BY number
                """)
        var parent: [UInt8] = []
        for (index, row) in rows.enumerated() {
            report.versions += 1
            let number: Int = row["number"]
            if number != index + 1 { report.problems.append("version \(index + 1) is missing") }
            if !(row["hasCandidate"] as Bool) { report.problems.append("version \(number): its candidate is missing") }
            let expected = Cause(rawValue: row["cause"]).map { cause in
                Version.chainHash(
                    parent: parent, number: number, contentHash: row.bytes("contentHash"), cause: cause,
                    actor: Actor(row["actor"]))
            }
            if expected != row.bytes("chainHash") {
                report.problems.append("version \(number): its chain hash does not match")
            }
            parent = row.bytes("chainHash")
        }
    }

    private func verifyLog(_ report: inout VerificationReport) throws {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT number, CAST(version AS INTEGER) AS version, CAST(day AS INTEGER) AS day,
                CAST(cause AS TEXT) AS cause, CAST(time AS TEXT) AS time, CAST(chain AS BLOB) AS chain
                FROM logEntry ORDER BY number
                """)
        var previous: [UInt8] = []
        var published: [Int] = []
        for (index, row) in rows.enumerated() {
            let cause: String = row["cause"]
            let day = Day(number: Int32(clamping: row["day"] as Int))
            previous = ChainHash.next(
                after: previous, "\(index + 1) \(row["version"] as Int) \(day) \(cause) \(row["time"] as String)")
            if row["number"] as Int != index + 1 || row.bytes("chain") != previous {
                report.problems.append("log entry \(index + 1): its chain does not match")
                break
            }
            if cause != Cause.dayTurn.rawValue { published.append(row["version"]) }
        }
        if published != Array(1..<(report.versions + 1)) {
            report.problems.append("the log does not hold exactly one entry for each version")
        }
    }
}

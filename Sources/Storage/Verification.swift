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
    private static let problemsMax = 20

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
        try verifyAudit(&report)
        return report
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
            let digest = state(statement, ordinary: 3).digest(salt: Array(statement.bytes(1)))
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
        let version = try Row.fetchOne(db, sql: "SELECT number, contentHash FROM version ORDER BY number DESC LIMIT 1")
        guard let version else {
            if report.objects > 0 { report.problems.append("there are objects but no version") }
            return
        }
        if content.combined(computed) != version.bytes("contentHash") {
            report.problems.append("version \(version["number"] as Int): its content hash does not match the register")
        }
    }

    private func verifyVersionChain(_ report: inout VerificationReport) throws {
        var parent: [UInt8] = []
        for version in try versions() {
            report.versions += 1
            if version.number != report.versions { report.problems.append("version \(report.versions) is missing") }
            let expected = Version.chainHash(
                parent: parent, number: version.number, contentHash: version.contentHash, cause: version.cause,
                actor: version.actor)
            if expected != version.chainHash {
                report.problems.append("version \(version.number): its chain hash does not match")
            }
            parent = version.chainHash
        }
    }

    private func verifyLog(_ report: inout VerificationReport) throws {
        var previous: [UInt8] = []
        var published: [Int] = []
        for (index, row) in try Row.fetchAll(db, sql: "SELECT * FROM logEntry ORDER BY number").enumerated() {
            let cause: String = row["cause"]
            let day = Day(number: row["day"])
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

    private func verifyAudit(_ report: inout VerificationReport) throws {
        var previous: [UInt8] = []
        for (index, row) in try Row.fetchAll(db, sql: "SELECT * FROM audit ORDER BY number").enumerated() {
            previous = ChainHash.next(
                after: previous,
                Self.auditText(
                    index + 1, row["time"], row["actor"], row["action"], row["subject"], row["detail"]))
            if row["number"] as Int != index + 1 || row.bytes("chain") != previous {
                report.problems.append("audit entry \(index + 1): its chain does not match")
                return
            }
        }
    }
}

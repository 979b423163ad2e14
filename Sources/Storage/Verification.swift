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

    /// Has SQLite look at its pages, and recomputes every row checksum, the digests and bucket hashes of the current states,
    /// the current content hash, and the chains of versions, log and audit. Earlier states are covered by their row checksums;
    /// that some are not there any more must be told by the audit.
    /// - Parameter since: with a version, only what came after it: row checksums of tables that grow with each version, and
    ///   digests and buckets of objects, only where they belong to a later one; SQLite does not look at its pages. With nil
    ///   or 0, all.
    public func verify(since version: Int? = nil) throws -> VerificationReport {
        let since = version == 0 ? nil : version
        var report = VerificationReport()
        try verifySchema(&report)
        if since == nil {
            let integrity = try String.fetchAll(db, sql: "PRAGMA integrity_check(20)")
            if integrity != ["ok"] { report.problems += integrity.map { "SQLite: \($0)" } }
        }
        for (table, columns) in Migrations.checkedColumns {
            try verifyRows(table, columns, since.flatMap { Self.later(table, than: $0) }, &report)
        }
        try verifyDigests(since, &report)
        try verifyContentHash(since, &report)
        try verifyVersionChain(&report)
        try verifyLog(&report)
        report.problems += try checkAudit().problems
        try verifyErasures(since, &report)
        try verifyPublishers(&report)
        if since == nil { report.problems += try figureProblems().prefix(Self.problemsMax) }
        try verifyOldest(&report)
        return report
    }

    /// What cannot be read any more was pruned, and the audit says so.
    private func verifyOldest(_ report: inout VerificationReport) throws {
        let oldest = try Int.fetchOne(
            db, sql: "SELECT CAST(value AS INTEGER) FROM setting WHERE name = ?", arguments: [Self.oldestSetting])
        let told = try String.fetchOne(
            db,
            sql: "SELECT CAST(subject AS TEXT) FROM audit WHERE action = 'state.pruned' ORDER BY number DESC LIMIT 1")
        if told ?? "version:1" != "version:\(oldest ?? 1)" {
            report.problems.append("the oldest version that is kept is not the one that the audit tells")
        }
    }

    /// Each version was published by somebody, and the audit says by whom.
    private func verifyPublishers(_ report: inout VerificationReport) throws {
        let untold = try Int.fetchAll(
            db,
            sql: """
                SELECT number FROM version EXCEPT
                SELECT CAST(substr(CAST(subject AS TEXT), 9) AS INTEGER) FROM audit WHERE action = 'version.published'
                """)
        guard let first = untold.first else { return }
        report.problems.append(
            "the audit does not say who published version \(first)"
                + (untold.count > 1 ? ", and \(untold.count - 1) more" : ""))
    }

    /// Where values are missing, an erasure must say why.
    private func verifyErasures(_ since: Int?, _ report: inout VerificationReport) throws {
        let began = since.map(Self.began) ?? "1"
        let states = try Data16.fetch(
            db,
            """
            SELECT DISTINCT id FROM pastState WHERE \(began) AND substr(personal, 1, 1) = x'00'
            AND NOT EXISTS (SELECT 1 FROM erasure WHERE erasure.id = pastState.id AND erasure.version > pastState.since)
            """)
        let salts = try Data16.fetch(
            db,
            """
            SELECT id FROM object WHERE \(began) AND (length(salt) = 0 OR substr(personal, 1, 1) = x'00')
            AND (ordinary IS NOT NULL OR NOT EXISTS (SELECT 1 FROM erasure WHERE erasure.id = object.id))
            """)
        for id in Set(states + salts).sorted().prefix(Self.problemsMax) {
            report.problems.append("object \(id): values are missing, and no erasure says why")
        }
    }

    /// What makes the tables, their indexes and triggers: a damage there could change what rows mean, or let them be altered.
    private func verifySchema(_ report: inout VerificationReport) throws {
        let (expected, found) = (try Migrations.schema.get(), try Migrations.schema(of: db))
        for (name, text) in expected.sorted(by: { $0.key < $1.key }) where found[name] != text {
            report.problems.append("schema: \(name) is not as it was made")
        }
        let others = found.keys.count { expected[$0] == nil }
        if others > 0 {
            report.problems.append("schema: \(others) things are in the database that do not belong there")
        }
    }

    /// Which rows of a table belong to versions later than one; nil for a table whose rows belong to none.
    private static func later(_ table: String, than version: Int) -> String? {
        switch table {
        case "object", "pastState", "boundary": began(after: version)
        case "version": "number > \(version)"
        case "logEntry": "version > \(version)"
        // Days that were turned after the version was published.
        case "figure": "version >= \(version)"
        case "finding": "candidate IN (SELECT number FROM candidate WHERE base >= \(version))"
        case "audit":
            """
            number > (SELECT coalesce(max(number), 0) FROM audit
            WHERE action = 'version.published' AND subject = 'version:\(version)')
            """
        default: nil
        }
    }

    /// The second half lets SQLite take the indexes by version, which leave the first one out.
    private static func began(after version: Int) -> String {
        "since > \(version) AND since > 1"
    }

    private func verifyRows(
        _ table: String, _ columns: [String], _ condition: String?, _ report: inout VerificationReport
    ) throws {
        let counts = try Row.fetchOne(
            db,
            sql: """
                SELECT count(*) AS rows, count(CASE WHEN checksum IS NOT rowChecksum(\(columns.joined(separator: ", ")))
                THEN 1 END) AS wrong FROM \(table) WHERE \(condition ?? "1")
                """)
        report.rows += counts?["rows"] ?? 0
        let wrong: Int = counts?["wrong"] ?? 0
        if wrong > 0 { report.problems.append("\(table): \(wrong) rows do not match their checksum") }
    }

    private func verifyDigests(_ since: Int?, _ report: inout VerificationReport) throws {
        let statement = try BulkStatement(
            db,
            "SELECT id, salt, digest, ordinary, personal FROM object WHERE ordinary IS NOT NULL"
                + (since.map { " AND " + Self.began(after: $0) } ?? ""))
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

    private func verifyContentHash(_ since: Int?, _ report: inout VerificationReport) throws {
        let content = ContentHash(transaction: self)
        let stored = try content.storedBuckets()
        var computed = since == nil ? try content.computedBuckets() : stored
        if let since {
            let altered = try Data16.fetch(db, "SELECT id FROM object WHERE " + Self.began(after: since))
            for bucket in Set(altered.map(ContentHash.bucket)) { computed[bucket] = try content.hash(ofBucket: bucket) }
        }
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

    private static func text(_ column: String) -> String { "coalesce(CAST(\(column) AS TEXT), '') AS \(column)" }
    private static func number(_ column: String) -> String { "coalesce(CAST(\(column) AS INTEGER), 0) AS \(column)" }

    private func verifyVersionChain(_ report: inout VerificationReport) throws {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT number, \(Self.text("cause")), \(Self.text("actor")),
                CAST(contentHash AS BLOB) AS contentHash, CAST(chainHash AS BLOB) AS chainHash,
                EXISTS (SELECT 1 FROM candidate WHERE candidate.number = version.candidate) AS hasCandidate
                FROM version ORDER BY number
                """)
        var parent: [UInt8] = []
        while let row = try rows.next() {
            report.versions += 1
            let number: Int = row["number"]
            if number != report.versions { report.problems.append("version \(report.versions) is missing") }
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
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT number, \(Self.number("version")), \(Self.number("day")), \(Self.text("cause")),
                \(Self.text("time")), CAST(chain AS BLOB) AS chain FROM logEntry ORDER BY number
                """)
        var previous: [UInt8] = []
        var (number, versions, isInOrder) = (0, 0, true)
        while let row = try rows.next() {
            number += 1
            let (cause, version): (String, Int) = (row["cause"], row["version"])
            let day = Day(number: Int32(clamping: row["day"] as Int))
            previous = ChainHash.next(
                after: previous, "\(number) \(version) \(day) \(cause) \(row["time"] as String)")
            if row["number"] as Int != number || row.bytes("chain") != previous {
                report.problems.append("log entry \(number): its chain does not match")
                return
            }
            guard ![Cause.dayTurn, .view].map(\.rawValue).contains(cause) else { continue }
            versions += 1
            isInOrder = isInOrder && version == versions
        }
        if !isInOrder || versions != report.versions {
            report.problems.append("the log does not hold exactly one entry for each version")
        }
    }
}

import Foundation
import GRDB
import OrganisationModel
public import Versioning

// What became of the files of drop folders.
extension StateTransaction {
    /// The newest first.
    /// - Parameter verdict: only those with this one.
    public func runs(source: String? = nil, verdict: RunVerdict? = nil, limit: Int = .max) throws -> [Run] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM run WHERE (?1 IS NULL OR source = ?1) AND (?2 IS NULL OR verdict = ?2)
                ORDER BY number DESC LIMIT ?3
                """, arguments: [source, verdict?.rawValue, limit]
        ).map(run)
    }

    /// The run of the source's newest file, by the files' own times, among those that got a verdict of their own; not one
    /// that another took the place of, or that went away.
    public func lastRead(source: String) throws -> Run? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT * FROM run WHERE source = ? AND verdict IN ('published', 'held', 'unchanged', 'rejected')
                ORDER BY stamp DESC, ended DESC, number DESC
                """, arguments: [source]
        ).map(run)
    }

    public func run(_ number: Int) throws -> Run? {
        try Row.fetchOne(db, sql: "SELECT * FROM run WHERE number = ?", arguments: [number]).map(run)
    }

    /// The run of this very delivery.
    public func run(of file: RunFile) throws -> Run? {
        let known = try Row.fetchOne(
            db,
            sql: "SELECT * FROM run WHERE source = ? AND path = ? AND bytes = ? AND modified = ? AND inode = ?",
            arguments: [file.source, file.path, file.byteCount, file.modified, file.inode])
        if let known { return try run(known) }
        // Earlier programs wrote paths as the configuration did, from whatever folder.
        return try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM run WHERE source = ? AND bytes = ? AND modified = ? AND inode = ? AND path NOT LIKE '/%'
                """, arguments: [file.source, file.byteCount, file.modified, file.inode]
        ).map(run).first { ("/" + $0.file.path).hasSuffix("/" + (file.path as NSString).lastPathComponent) }
    }

    /// The latest stamp among the files of a source that became a version, wait in a candidate or said nothing new.
    public func lastStamp(source: String) throws -> Int? {
        try Int.fetchOne(
            db,
            sql: "SELECT max(stamp) FROM run WHERE source = ? AND verdict IN ('published', 'held', 'unchanged')",
            arguments: [source])
    }

    /// The run with the latest stamp among those that ``lastStamp(source:)`` counts.
    /// - Parameter isAccepted: whether those that still wait in a candidate are left out.
    public func lastTaken(source: String, isAccepted: Bool = false) throws -> Run? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT * FROM run WHERE source = ?1 AND verdict IN ('published', 'held', 'unchanged')
                AND NOT (?2 AND verdict = 'held'
                    AND candidate IN (SELECT number FROM candidate WHERE verdict = 'held'))
                ORDER BY stamp DESC, number DESC LIMIT 1
                """, arguments: [source, isAccepted]
        ).map(run)
    }

    /// Another run with the path, the size and the stamp of a file, which became a version, waits in a candidate or said nothing new.
    public func taken(like file: RunFile, otherThan number: Int) throws -> Run? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT * FROM run WHERE source = ? AND path = ? AND bytes = ? AND stamp = ? AND number <> ?
                AND verdict IN ('published', 'held', 'unchanged') ORDER BY number DESC LIMIT 1
                """, arguments: [file.source, file.path, file.byteCount, file.stamp, number]
        ).map(run)
    }

    /// When the last file of a source was seen; UTC, RFC 3339.
    public func lastReceived(source: String) throws -> String? {
        try String.fetchOne(db, sql: "SELECT max(received) FROM run WHERE source = ?", arguments: [source])
    }

    /// How many files have each verdict.
    public func runCounts() throws -> [(source: String, verdict: RunVerdict, count: Int)] {
        try Row.fetchAll(
            db, sql: "SELECT source, verdict, count(*) AS count FROM run GROUP BY source, verdict ORDER BY 1, 2"
        ).compactMap { row in
            RunVerdict(rawValue: row["verdict"]).map { (row["source"], $0, row["count"]) }
        }
    }

    /// Notes a file that has been seen; one that is known already keeps its run, and waits again when it had vanished.
    public func receive(_ file: RunFile, time: String) throws -> Run {
        if var known = try run(of: file) {
            guard known.verdict == .vanished else { return known }
            (known.verdict, known.ended, known.message) = (.waiting, nil, "")
            try write(known)
            return known
        }
        let number = (try Int.fetchOne(db, sql: "SELECT max(number) FROM run") ?? 0) + 1
        let run = Run(number: number, file: file, received: time)
        try write(run)
        return run
    }

    /// Writes what is known of a run now.
    public func write(_ run: Run) throws {
        try db.execute(
            sql: BulkStatement.insertion(into: "run", orReplace: true),
            arguments: [
                run.number, run.file.source, run.file.path, run.file.byteCount, run.file.modified, run.file.inode,
                run.file.stamp, run.received, run.attempts, run.verdict.rawValue, run.candidate?.number, run.ended,
                run.message,
            ])
    }

    private func run(_ row: Row) throws -> Run {
        guard let verdict = RunVerdict(rawValue: row["verdict"]) else { throw damaged("run") }
        let candidate: Int? = row["candidate"]
        return Run(
            number: row["number"],
            file: RunFile(
                source: row["source"], path: row["path"], byteCount: row["bytes"], modified: row["modified"],
                inode: row["inode"], stamp: row["stamp"]),
            received: row["received"], attempts: row["attempts"], verdict: verdict,
            candidate: candidate.map { CandidateID($0) }, ended: row["ended"], message: row["message"])
    }

    // MARK: Marks

    /// A number that the daemon keeps for itself, such as up to when a schedule has been seen to; nil when there is none.
    public func mark(_ name: String) throws -> Int? {
        try Int.fetchOne(db, sql: "SELECT value FROM setting WHERE name = ?", arguments: ["mark:" + name])
    }

    public func setMark(_ name: String, _ value: Int) throws {
        try set("mark:" + name, Int64(value))
    }
}

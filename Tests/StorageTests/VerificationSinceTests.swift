import GRDB
import RegisterFixtures
import Testing

@testable import Storage

/// What `verify` with a version looks at, and what it leaves to a whole one.
struct VerificationSinceTests {
    private func problems(_ fixture: StateFixture, since version: Int?) throws -> [String] {
        try fixture.open(.reading).read { try $0.verify(since: version).problems }
    }

    @Test("A state in order is in order after each of its versions, and fewer rows are looked at")
    func order() throws {
        let fixture = try StateFixture.filled()
        let rows = try fixture.open(.reading).read { transaction in
            try [0, 1, 2, 3].map { since in
                let report = try transaction.verify(since: since)
                #expect(report.problems == [] && report.versions == 3)
                return report.rows
            }
        }
        #expect(rows == rows.sorted(by: >) && Set(rows).count == 4, "\(rows)")
    }

    @Test(
        "A row that belongs to a later version is looked at, one of an earlier version is not",
        arguments: [
            ("object", "since", "source = 'x'"), ("pastState", "since", "personal = x'0102'"),
            ("boundary", "since", "day = day + 1000"), ("version", "number", "reason = 'x'"),
            ("finding", "(SELECT base FROM candidate WHERE number = finding.candidate) + 1", "message = 'x'"),
        ])
    func rows(table: String, version: String, assignment: String) throws {
        for since in [1, 2] {
            let fixture = try StateFixture.filled()
            let versions = try fixture.intruder().write { db in
                let versions = try Int.fetchAll(db, sql: "SELECT DISTINCT \(version) FROM \(table) ORDER BY 1")
                try db.execute(
                    sql: "UPDATE \(table) SET \(assignment) WHERE \(version) = \(versions[versions.count - 1])")
                return versions
            }
            let latest = try #require(versions.last)
            let isFound = try problems(fixture, since: since).contains { $0.hasPrefix("\(table): ") }
            #expect(isFound == (latest > since), "\(table) of version \(latest) after \(since)")
            #expect(try problems(fixture, since: 0).contains { $0.hasPrefix("\(table): ") })
        }
    }

    @Test("Rows of no version are looked at whatever the version", arguments: ["claim", "subscription", "setting"])
    func rowsOfNoVersion(table: String) throws {
        let fixture = try StateFixture.filled()
        try fixture.intruder().write { try $0.execute(sql: "UPDATE \(table) SET checksum = checksum + 1") }
        #expect(try problems(fixture, since: 3).count == 1)
    }

    @Test(
        "Chains are walked wholly, and the content hash is that of all buckets",
        arguments: [
            ("audit", "actor = 'nobody' WHERE number = 1", "audit entry 1"),
            ("logEntry", "time = '2020' WHERE number = 1", "log entry 1"),
            ("version", "actor = 'nobody' WHERE number = 1", "version 1"),
            ("bucket", "hash = zeroblob(32) WHERE number = (SELECT min(number) FROM bucket)", "version 3"),
        ])
    func chains(table: String, assignment: String, problem: String) throws {
        let fixture = try StateFixture.filled()
        try fixture.intruder().write { db in
            try db.execute(sql: "UPDATE \(table) SET \(assignment)")
            try StateFixture.renewChecksums(db, table)
        }
        #expect(try problems(fixture, since: 3).contains { $0.hasPrefix(problem) })
    }

    @Test("A later state that was altered together with its digest is found by its bucket, an earlier one is not")
    func buckets() throws {
        for (since, isFound) in [(1, true), (2, false)] {
            let fixture = try StateFixture.filled()
            try fixture.intruder().write { db in
                try db.execute(
                    sql: """
                        UPDATE object SET (ordinary, personal, digest, salt) =
                        (SELECT ordinary, personal, digest, salt FROM object WHERE kind = 3)
                        WHERE since = 2 AND kind = 2 AND ordinary IS NOT NULL
                        """)
                try #require(db.changesCount == 1)
                try StateFixture.renewChecksums(db, "object")
            }
            #expect(try problems(fixture, since: since).contains { $0.hasPrefix("bucket") } == isFound)
            #expect(try problems(fixture, since: nil).contains { $0.hasPrefix("bucket") })
        }
    }
}

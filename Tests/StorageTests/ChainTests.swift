import GRDB
import RegisterFixtures
import Testing

@testable import Storage

/// Whoever alters rows and knows how their checksums are made is found by digests, hashes and chains.
struct ChainTests {
    @Test(
        "Altered and with a fitting checksum: found by digest, content hash or chain",
        arguments: [
            ("audit", "actor = 'nobody'", "audit"), ("audit", "detail = detail || '!'", "audit"),
            ("audit", "time = '2020'", "audit"), ("logEntry", "time = '2020'", "log entry"),
            ("logEntry", "day = day - 1", "log entry"), ("logEntry", "cause = 'dayturn'", "log entry"),
            ("version", "actor = 'nobody'", "chain"), ("version", "cause = 'dayturn'", "chain"),
            ("version", "contentHash = zeroblob(32)", "chain"), ("version", "chainHash = zeroblob(32)", "chain"),
            ("object", "ordinary = zeroblob(9)", "digest"), ("object", "personal = x'01'", "digest"),
            ("object", "digest = zeroblob(32)", "digest"), ("bucket", "hash = zeroblob(32)", "bucket"),
        ])
    func alteredWithChecksum(table: String, assignment: String, word: String) throws {
        let fixture = try StateFixture.filled()
        try fixture.intruder().write { db in
            let condition = table == "object" ? "ordinary IS NOT NULL" : "1"
            let key = table == "object" ? "id" : "number"
            try db.execute(
                sql: """
                    UPDATE \(table) SET \(assignment)
                    WHERE \(key) = (SELECT max(\(key)) FROM \(table) WHERE \(condition))
                    """)
            try #require(db.changesCount == 1)
            try StateFixture.renewChecksums(db, table)
        }
        let problems = try fixture.problems()
        #expect(problems.contains { $0.contains(word) }, "\(problems)")
        #expect(!problems.contains { $0.contains("checksum") })
    }

    @Test("A state and its digest altered together: found by the content hash")
    func alteredStateAndDigest() throws {
        let fixture = try StateFixture.filled()
        try fixture.intruder().write { db in
            // One object takes over the content and the salt of another.
            try db.execute(
                sql: """
                    UPDATE object SET (ordinary, personal, digest, salt) =
                    (SELECT ordinary, personal, digest, salt FROM object WHERE kind = 3) WHERE kind = 2
                    AND ordinary IS NOT NULL
                    """)
            try StateFixture.renewChecksums(db, "object")
        }
        let problems = try fixture.problems()
        #expect(problems.contains { $0.contains("content hash") })
        #expect(!problems.contains { $0.contains("digest") })
    }

    @Test(
        "A removed entry is reported",
        arguments: [
            ("audit", "min"), ("audit", "middle"), ("logEntry", "min"), ("logEntry", "middle"), ("logEntry", "max"),
            ("version", "min"), ("version", "middle"), ("version", "max"), ("bucket", "min"),
        ])
    func removedEntry(table: String, place: String) throws {
        let fixture = try StateFixture.filled()
        try fixture.intruder().write { db in
            let number = place == "middle" ? "2" : "(SELECT \(place)(number) FROM \(table))"
            try db.execute(sql: "DELETE FROM \(table) WHERE number = \(number)")
            try #require(db.changesCount == 1)
        }
        #expect(try !fixture.problems().isEmpty)
    }

    @Test("A removed object or past is reported where a hash covers it")
    func removedObject() throws {
        let fixture = try StateFixture.filled()
        try fixture.intruder().write { db in
            try db.execute(sql: "DELETE FROM object WHERE kind = 3")
            try db.execute(sql: "DELETE FROM pastState WHERE id NOT IN (SELECT id FROM object)")
        }
        #expect(try fixture.problems().contains { $0.contains("bucket") })
    }

    @Test("Two swapped entries are reported, their checksums fitting", arguments: ["audit", "logEntry"])
    func swappedEntries(table: String) throws {
        let fixture = try StateFixture.filled()
        try fixture.intruder().write { db in
            for (old, new) in [(2, -1), (3, 2), (-1, 3)] {
                try db.execute(sql: "UPDATE \(table) SET number = \(new) WHERE number = \(old)")
                try #require(db.changesCount == 1)
            }
            try StateFixture.renewChecksums(db, table)
        }
        #expect(try fixture.problems().contains { $0.contains("chain") })
    }

    @Test(
        "Rows of audit, version and log are neither altered nor removed", arguments: ["audit", "version", "logEntry"])
    func appendOnly(table: String) throws {
        let fixture = try StateFixture.filled()
        let before = try fixture.contents()
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: fixture.folder.database, configuration: configuration)
        for sql in [
            "UPDATE \(table) SET time = '2020'", "UPDATE \(table) SET number = number + 100",
            "DELETE FROM \(table)", "DELETE FROM \(table) WHERE number = 1",
        ] {
            let error = #expect(throws: DatabaseError.self) { try queue.write { try $0.execute(sql: sql) } }
            #expect(error?.message == "\(table) is append-only")
        }
        #expect(try fixture.contents() == before)
    }
}

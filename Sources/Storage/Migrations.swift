import GRDB
import OrganisationModel

/// The tables of the state, in numbered steps that never change once released.
///
/// An object's life in the register is a row of states, each beginning with a version. The last one stands in `object`, the
/// ones before it in `pastState`; where `ordinary` is null the object is not in the register.
///
/// The indexes by version leave the first version out: it is read as a whole, and would be most of them.
enum Migrations {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            for statement in register + imports + brakes + delivery + audit { try db.execute(sql: statement) }
        }
        migrator.registerMigration("2") { db in
            for statement in daemon { try db.execute(sql: statement) }
        }
        migrator.registerMigration("3") { db in
            for statement in schedule { try db.execute(sql: statement) }
        }
        migrator.registerMigration("4") { db in
            for statement in erasure { try db.execute(sql: statement) }
        }
        migrator.registerMigration("5") { db in
            for statement in figures { try db.execute(sql: statement) }
            try StateTransaction(db: db, schema: .standard).fillFigures()
        }
        migrator.registerMigration("6") { db in
            for statement in protection + texts { try db.execute(sql: statement) }
            try ProtectionStep.run(db)
        }
        migrator.registerMigration("7") { db in try DeltaStep.run(db) }
        migrator.registerMigration("8") { db in
            for statement in corrections { try db.execute(sql: statement) }
        }
        migrator.registerMigration("9") { db in try FindingStep.run(db) }
        return migrator
    }

    /// What stands in a database that was just made, by its name: text of each table, index and trigger, and the steps taken.
    static let schema = Result {
        let database = try DatabaseQueue(configuration: State.configuration(.writing))
        try migrator.migrate(database)
        return try database.read { try schema(of: $0) }
    }

    /// As ``schema``, of a database that is there. What ANALYZE leaves in it does not count.
    static func schema(of db: Database) throws -> [String: String] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT coalesce(CAST(name AS TEXT), '') AS name,
                quote(type) || quote(name) || quote(tbl_name) || quote(sql) AS text FROM sqlite_master WHERE coalesce(CAST(name AS TEXT), '') NOT LIKE 'sqlite_stat%'
                UNION ALL SELECT 'step ' || quote(identifier), '' FROM grdb_migrations NOT INDEXED
                """)
        return Dictionary(rows.map { ($0["name"], $0["text"]) }) { $0 + $1 }
    }

    private static let register = [
        """
        CREATE TABLE setting (
            name TEXT NOT NULL PRIMARY KEY, value NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID
        """,
        """
        CREATE TABLE object (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            kind INTEGER NOT NULL,
            source TEXT NOT NULL,
            key TEXT NOT NULL,
            generation INTEGER NOT NULL,
            salt BLOB NOT NULL,
            since INTEGER NOT NULL,
            ordinary BLOB,
            personal BLOB,
            digest BLOB CHECK ((digest IS NULL) = (ordinary IS NULL)),
            checksum INTEGER NOT NULL) WITHOUT ROWID
        """,
        "CREATE INDEX objectBySince ON object(since) WHERE since > 1",
        """
        CREATE TABLE pastState (
            id BLOB NOT NULL REFERENCES object(id),
            since INTEGER NOT NULL,
            ordinary BLOB,
            personal BLOB,
            checksum INTEGER NOT NULL,
            PRIMARY KEY (id, since)) WITHOUT ROWID
        """,
        "CREATE INDEX pastStateBySince ON pastState(since) WHERE since > 1",
        """
        CREATE TABLE boundary (
            day INTEGER NOT NULL,
            id BLOB NOT NULL REFERENCES object(id),
            since INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            PRIMARY KEY (day, id, since)) WITHOUT ROWID
        """,
        """
        CREATE TABLE bucket (
            number INTEGER PRIMARY KEY CHECK (number BETWEEN 0 AND 4095),
            hash BLOB NOT NULL, checksum INTEGER NOT NULL)
        """,
        """
        CREATE TABLE version (
            number INTEGER PRIMARY KEY,
            cause TEXT NOT NULL,
            actor TEXT NOT NULL,
            reason TEXT NOT NULL,
            time TEXT NOT NULL,
            day INTEGER NOT NULL,
            candidate INTEGER NOT NULL UNIQUE REFERENCES candidate(number),
            contentHash BLOB NOT NULL,
            chainHash BLOB NOT NULL,
            checksum INTEGER NOT NULL)
        """,
    ]

    private static let imports = [
        """
        CREATE TABLE candidate (
            number INTEGER PRIMARY KEY,
            base INTEGER NOT NULL,
            verdict TEXT NOT NULL CHECK (verdict IN ('published', 'held', 'rejected', 'unchanged', 'superseded')),
            version INTEGER,
            planHash BLOB NOT NULL,
            summary TEXT NOT NULL,
            actor TEXT NOT NULL,
            time TEXT NOT NULL,
            checksum INTEGER NOT NULL)
        """,
        """
        CREATE TABLE finding (
            candidate INTEGER NOT NULL REFERENCES candidate(number),
            number INTEGER NOT NULL,
            rule TEXT NOT NULL,
            severity TEXT NOT NULL,
            fate INTEGER NOT NULL,
            kind INTEGER,
            key TEXT NOT NULL,
            source TEXT NOT NULL,
            file TEXT NOT NULL,
            line INTEGER NOT NULL,
            message TEXT NOT NULL,
            checksum INTEGER NOT NULL,
            PRIMARY KEY (candidate, number)) WITHOUT ROWID
        """,
        """
        CREATE TABLE waitingChange (
            candidate INTEGER NOT NULL REFERENCES candidate(number),
            number INTEGER NOT NULL,
            changes BLOB NOT NULL,
            checksum INTEGER NOT NULL,
            PRIMARY KEY (candidate, number))
        """,
        """
        CREATE TABLE waitingExport (
            candidate INTEGER NOT NULL REFERENCES candidate(number),
            source TEXT NOT NULL,
            seed BLOB NOT NULL,
            records INTEGER NOT NULL,
            unchanged BLOB NOT NULL,
            files TEXT NOT NULL,
            absent BLOB NOT NULL,
            checksum INTEGER NOT NULL,
            PRIMARY KEY (candidate, source)) WITHOUT ROWID
        """,
        """
        CREATE TABLE waitingClaim (
            candidate INTEGER NOT NULL REFERENCES candidate(number),
            source TEXT NOT NULL,
            number INTEGER NOT NULL,
            replaces INTEGER,
            key BLOB NOT NULL,
            fingerprint BLOB NOT NULL,
            file INTEGER NOT NULL,
            line INTEGER NOT NULL,
            body BLOB NOT NULL,
            checksum INTEGER NOT NULL,
            PRIMARY KEY (candidate, source, number))
        """,
        """
        CREATE TABLE export (
            source TEXT NOT NULL PRIMARY KEY,
            seed BLOB NOT NULL,
            records INTEGER NOT NULL,
            unconfirmed INTEGER NOT NULL,
            candidate INTEGER NOT NULL REFERENCES candidate(number),
            checksum INTEGER NOT NULL) WITHOUT ROWID
        """,
        """
        CREATE TABLE exportFile (
            id INTEGER PRIMARY KEY,
            candidate INTEGER NOT NULL REFERENCES candidate(number),
            source TEXT NOT NULL,
            number INTEGER NOT NULL,
            name TEXT NOT NULL,
            digest BLOB NOT NULL,
            bytes INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            UNIQUE (candidate, source, number))
        """,
        """
        CREATE TABLE claim (
            row INTEGER PRIMARY KEY,
            source TEXT NOT NULL,
            key BLOB NOT NULL,
            fingerprint BLOB NOT NULL,
            body BLOB NOT NULL,
            checksum INTEGER NOT NULL)
        """,
        """
        CREATE TABLE claimPlaces (
            source TEXT NOT NULL PRIMARY KEY REFERENCES export(source),
            places BLOB NOT NULL,
            checksum INTEGER NOT NULL) WITHOUT ROWID
        """,
        "CREATE INDEX claimHead ON claim(source, row, key, fingerprint)",
        """
        CREATE TABLE claimIndex (
            number INTEGER PRIMARY KEY CHECK (number BETWEEN 0 AND 4095),
            entries BLOB NOT NULL, checksum INTEGER NOT NULL)
        """,
        """
        CREATE TABLE idList (
            name TEXT NOT NULL PRIMARY KEY, ids BLOB NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID
        """,
    ]

    private static let brakes = [
        """
        CREATE TABLE objectCount (
            source TEXT NOT NULL,
            kind INTEGER NOT NULL,
            count INTEGER NOT NULL CHECK (count >= 0),
            checksum INTEGER NOT NULL,
            PRIMARY KEY (source, kind)) WITHOUT ROWID
        """,
        """
        CREATE TABLE brakeTally (
            version INTEGER NOT NULL REFERENCES version(number),
            source TEXT NOT NULL,
            kind INTEGER NOT NULL,
            part TEXT NOT NULL,
            count INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            PRIMARY KEY (version, source, kind, part)) WITHOUT ROWID
        """,
        """
        CREATE TABLE pin (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            since INTEGER NOT NULL,
            isReleased INTEGER NOT NULL,
            checksum INTEGER NOT NULL) WITHOUT ROWID
        """,
        """
        CREATE TABLE hold (
            source TEXT NOT NULL PRIMARY KEY,
            version INTEGER NOT NULL,
            reason TEXT NOT NULL,
            actor TEXT NOT NULL,
            time TEXT NOT NULL,
            remindedOn INTEGER NOT NULL,
            checksum INTEGER NOT NULL) WITHOUT ROWID
        """,
    ]

    private static let delivery = [
        """
        CREATE TABLE logEntry (
            number INTEGER PRIMARY KEY,
            version INTEGER NOT NULL REFERENCES version(number),
            day INTEGER NOT NULL,
            cause TEXT NOT NULL,
            time TEXT NOT NULL,
            chain BLOB NOT NULL,
            checksum INTEGER NOT NULL)
        """,
        """
        CREATE TABLE view (
            id INTEGER PRIMARY KEY,
            definition TEXT NOT NULL UNIQUE,
            countedThrough INTEGER NOT NULL,
            highest INTEGER NOT NULL,
            checksum INTEGER NOT NULL)
        """,
        """
        CREATE TABLE viewEntry (
            view INTEGER NOT NULL REFERENCES view(id),
            entry INTEGER NOT NULL REFERENCES logEntry(number),
            first INTEGER NOT NULL,
            count INTEGER NOT NULL CHECK (count >= 3),
            checksum INTEGER NOT NULL,
            PRIMARY KEY (view, entry)) WITHOUT ROWID
        """,
        "CREATE UNIQUE INDEX viewEntryByFirst ON viewEntry(view, first)",
        """
        CREATE TABLE subscription (
            name TEXT NOT NULL PRIMARY KEY,
            view INTEGER NOT NULL REFERENCES view(id),
            epoch TEXT NOT NULL,
            offset INTEGER NOT NULL,
            startsAfter INTEGER NOT NULL,
            settledThrough INTEGER NOT NULL CHECK (settledThrough >= startsAfter),
            time TEXT NOT NULL,
            checksum INTEGER NOT NULL) WITHOUT ROWID
        """,
    ]

    private static let audit =
        [
            """
            CREATE TABLE audit (
                number INTEGER PRIMARY KEY,
                time TEXT NOT NULL,
                actor TEXT NOT NULL,
                action TEXT NOT NULL,
                subject TEXT NOT NULL,
                detail TEXT NOT NULL,
                chain BLOB NOT NULL,
                checksum INTEGER NOT NULL)
            """
        ]
        + ["audit", "version", "logEntry"].flatMap { table in
            ["UPDATE", "DELETE"].map { operation in
                """
                CREATE TRIGGER \(table)No\(operation) BEFORE \(operation) ON \(table)
                BEGIN SELECT RAISE(ABORT, '\(table) is append-only'); END
                """
            }
        }

    private static let daemon = [
        """
        CREATE TABLE run (
            number INTEGER PRIMARY KEY,
            source TEXT NOT NULL,
            path TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            modified INTEGER NOT NULL,
            inode INTEGER NOT NULL,
            stamp INTEGER NOT NULL,
            received TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            verdict TEXT NOT NULL,
            candidate INTEGER REFERENCES candidate(number),
            ended TEXT CHECK ((ended IS NULL) = (verdict = 'waiting')),
            message TEXT NOT NULL,
            checksum INTEGER NOT NULL,
            UNIQUE (source, path, bytes, modified, inode))
        """,
        "CREATE INDEX runByVerdict ON run(source, verdict, stamp)",
        """
        CREATE TABLE token (
            digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
            subscription TEXT NOT NULL UNIQUE REFERENCES subscription(name),
            time TEXT NOT NULL,
            checksum INTEGER NOT NULL) WITHOUT ROWID
        """,
        """
        CREATE TABLE notice (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL,
            channel TEXT NOT NULL,
            code TEXT NOT NULL,
            subject TEXT NOT NULL,
            text TEXT NOT NULL,
            time TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('waiting', 'sent', 'refused')),
            failure TEXT NOT NULL,
            checksum INTEGER NOT NULL,
            UNIQUE (id, channel))
        """,
        "CREATE INDEX noticeWaiting ON notice(number) WHERE status = 'waiting'",
        """
        CREATE TABLE service (
            number INTEGER PRIMARY KEY, started TEXT NOT NULL, ended TEXT, checksum INTEGER NOT NULL)
        """,
    ]

    private static let schedule = [
        """
        CREATE TABLE schedule (
            candidate INTEGER PRIMARY KEY REFERENCES candidate(number),
            instant TEXT NOT NULL,
            actor TEXT NOT NULL,
            reason TEXT NOT NULL,
            given TEXT NOT NULL,
            checksum INTEGER NOT NULL)
        """
    ]

    private static let erasure = [
        """
        CREATE TABLE erasure (
            id BLOB NOT NULL CHECK (length(id) = 16),
            version INTEGER NOT NULL REFERENCES version(number),
            time TEXT NOT NULL,
            checksum INTEGER NOT NULL,
            PRIMARY KEY (id, version)) WITHOUT ROWID
        """,
        """
        CREATE TABLE suppression (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            person BLOB NOT NULL CHECK (length(person) = 16),
            time TEXT NOT NULL,
            checksum INTEGER NOT NULL) WITHOUT ROWID
        """,
    ]

    private static let protection = [
        """
        CREATE TABLE referrer (
            target BLOB NOT NULL CHECK (length(target) = 16),
            id BLOB NOT NULL CHECK (length(id) = 16),
            checksum INTEGER NOT NULL,
            PRIMARY KEY (target, id)) WITHOUT ROWID
        """
    ]

    /// Texts can be erased from the audit and from versions, and nothing else of them.
    private static let texts =
        ["audit", "version"].map { "DROP TRIGGER \($0)NoUPDATE" } + [
            "ALTER TABLE audit ADD COLUMN salt BLOB",
            "ALTER TABLE audit ADD COLUMN commitment BLOB",
            """
            UPDATE audit SET checksum =
            rowChecksum(number, time, actor, action, subject, detail, chain, salt, commitment)
            """,
            onlyErasing(
                "audit", ["number", "time", "actor", "action", "subject", "chain", "commitment"],
                "NEW.detail = '' AND NEW.salt = x''"),
            onlyErasing(
                "version", ["number", "cause", "actor", "time", "day", "candidate", "contentHash", "chainHash"],
                "NEW.reason = '(erased)'"),
        ]

    private static func onlyErasing(_ table: String, _ kept: [String], _ erased: String) -> String {
        let same = kept.map { "NEW.\($0) IS OLD.\($0)" }.joined(separator: " AND ")
        return """
            CREATE TRIGGER \(table)NoUPDATE BEFORE UPDATE ON \(table) WHEN NOT (\(same) AND \(erased))
            BEGIN SELECT RAISE(ABORT, '\(table) is append-only'); END
            """
    }

    private static let corrections = [
        """
        CREATE TABLE correction (
            number INTEGER PRIMARY KEY,
            actor TEXT NOT NULL,
            time TEXT NOT NULL,
            reason TEXT NOT NULL,
            checksum INTEGER NOT NULL)
        """,
        "CREATE TRIGGER correctionNoDELETE BEFORE DELETE ON correction BEGIN SELECT RAISE(ABORT, 'correction is append-only'); END",
        onlyErasing("correction", ["number", "actor", "time"], "NEW.reason = '(erased)'"),
    ]

    private static let figures = [
        """
        CREATE TABLE figureName (
            number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE, checksum INTEGER NOT NULL)
        """,
        """
        CREATE TABLE figureUnit (
            number INTEGER PRIMARY KEY CHECK (number > 0),
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
            parent INTEGER NOT NULL,
            level INTEGER NOT NULL CHECK (level >= -1),
            type INTEGER NOT NULL,
            managers INTEGER NOT NULL,
            shared BLOB NOT NULL,
            checksum INTEGER NOT NULL)
        """,
        "CREATE INDEX figureUnitByParent ON figureUnit(parent)",
        """
        CREATE TABLE figureLink (
            number INTEGER PRIMARY KEY CHECK (number BETWEEN 0 AND 4095),
            entries BLOB NOT NULL, checksum INTEGER NOT NULL)
        """,
        """
        CREATE TABLE figure (
            unit INTEGER NOT NULL,
            version INTEGER NOT NULL,
            day INTEGER NOT NULL,
            figures BLOB NOT NULL,
            checksum INTEGER NOT NULL,
            PRIMARY KEY (unit, version, day)) WITHOUT ROWID
        """,
    ]
}

import GRDB
import OrganisationModel

/// Findings are told apart from those of the version before, and can be acknowledged.
enum FindingStep {
    static func run(_ db: Database) throws {
        for statement in tables { try db.execute(sql: statement) }
        try StateTransaction(db: db, schema: .standard).beginFindingLives()
    }

    private static let tables = [
        """
        CREATE TABLE findingLife (
            rule TEXT NOT NULL,
            kind INTEGER NOT NULL,
            key TEXT NOT NULL,
            source TEXT NOT NULL,
            since INTEGER NOT NULL,
            version INTEGER NOT NULL,
            gone INTEGER,
            goneVersion INTEGER,
            checksum INTEGER NOT NULL,
            PRIMARY KEY (rule, kind, key, source)) WITHOUT ROWID
        """,
        """
        CREATE TABLE acknowledgement (
            number INTEGER PRIMARY KEY,
            rule TEXT NOT NULL,
            kind INTEGER NOT NULL,
            key TEXT NOT NULL,
            source TEXT NOT NULL,
            digest BLOB NOT NULL,
            until INTEGER,
            reason TEXT NOT NULL,
            actor TEXT NOT NULL,
            time TEXT NOT NULL,
            checksum INTEGER NOT NULL,
            UNIQUE (rule, kind, key, source))
        """,
    ]
}

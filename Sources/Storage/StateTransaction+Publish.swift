import Crypto
import Foundation
import GRDB
import Mapping
public import OrganisationModel
public import Validation
public import Versioning

/// Everything that becomes visible at once when a candidate is published.
public struct Publication {
    public let candidate: Candidate
    public let changes: any ChangeSet
    public let acceptance: Acceptance
    /// What brakes look back on; nil when a person approved it.
    public let tally: BrakeTally?
    public let actor: Actor
    public let reason: String
    /// The calendar day and the instant (UTC, RFC 3339) of publishing.
    public let today: Day
    public let time: String

    public init(
        candidate: Candidate, changes: any ChangeSet, acceptance: Acceptance, tally: BrakeTally?, actor: Actor,
        reason: String, today: Day, time: String
    ) {
        self.candidate = candidate
        self.changes = changes
        self.acceptance = acceptance
        self.tally = tally
        self.actor = actor
        self.reason = reason
        self.today = today
        self.time = time
    }
}

extension StateTransaction {
    /// Makes the candidate the current version: turns the days that are due, writes the states, the log entry, the claims
    /// and the audit, all in this transaction.
    /// - Throws: ``FordelerError`` `candidate.conflict` when another version was published since the candidate was computed.
    public func publish(_ publication: Publication, findings: [Finding], salts: any SaltSource) throws -> Version {
        let candidate = publication.candidate
        let current = try position().version
        guard candidate.base == current else {
            throw FordelerError(
                .conflict,
                "candidate:\(candidate.id) was computed against version \(candidate.base), but \(current) is current. "
                    + "Import again")
        }
        try turnDays(to: publication.today, time: publication.time)
        let number = current + 1
        // Of a candidate that waited, nothing waits any more; of one that is published in part, a part does.
        let waitsFor = candidate.verdict == .published ? candidate.waitsFor : []
        try write(candidate.ending(.published, version: number, waitsFor: waitsFor))
        try write(findings, of: candidate.id)
        try age(candidate, version: number, today: publication.today)
        let day = try position().day ?? publication.today
        var states = try StateWrites(transaction: self, version: number, isFirst: current == 0, salts: salts)
        try states.write(publication.changes, day: day)
        try add(states.countDifferences)
        try write(states.ties)
        let contentHash = try ContentHash(transaction: self).update(buckets: states.touchedBuckets)
        try write(version: number, contentHash, publication)
        if try position().day == nil { try set("day", Int64(publication.today.number)) }
        try states.figures.write(Position(version: number, day: day))
        try appendLogEntry(version: number, cause: candidate.cause, time: publication.time)
        if let tally = publication.tally { try write(tally, version: number) }
        try accept(publication.acceptance, candidate: candidate.id)
        try dropWaiting(candidate.id)
        try supersedeWaiting(
            sources: publication.acceptance.overlays.map(\.source), except: candidate.id, publication.actor,
            publication.time)
        try audit(
            publication.actor, "version.published", "version:\(number)", publication.reason, publication.time)
        guard let version = try version(number) else { throw damaged("version") }
        return version
    }

    private func write(version number: Int, _ contentHash: [UInt8], _ publication: Publication) throws {
        let parent = try Data.fetchOne(
            db, sql: "SELECT chainHash FROM version WHERE number = ?", arguments: [number - 1])
        let chainHash = Version.chainHash(
            parent: parent.map { [UInt8]($0) } ?? [], number: number, contentHash: contentHash,
            cause: publication.candidate.cause, actor: publication.actor)
        try db.execute(
            sql: BulkStatement.insertion(into: "version"),
            arguments: [
                number, publication.candidate.cause.rawValue, publication.actor.name, publication.reason,
                publication.time,
                (try position().day ?? publication.today).number, publication.candidate.id.number, Data(contentHash),
                Data(chainHash),
            ])
    }

    // MARK: Days and the log

    /// Moves the position to `today`, one log entry for each day on which an effective period begins or ends. The day never
    /// goes back.
    public func turnDays(to today: Day, time: String) throws {
        let (version, day) = try position()
        guard let day, day < today else { return }
        let due = try Int32.fetchAll(
            db,
            sql: """
                SELECT DISTINCT boundary.day FROM boundary JOIN object ON object.id = boundary.id
                WHERE boundary.day > ? AND boundary.day <= ? AND boundary.since = object.since ORDER BY boundary.day
                """, arguments: [day.number, today.number])
        for number in due {
            try set("day", Int64(number))
            try turnFigures(to: Position(version: version, day: Day(number: number)))
            try appendLogEntry(version: version, cause: .dayTurn, time: time)
        }
        try set("day", Int64(today.number))
    }

    private func appendLogEntry(version: Int, cause: Cause, time: String) throws {
        guard let day = try position().day else { return }
        let last = try Row.fetchOne(db, sql: "SELECT number, chain FROM logEntry ORDER BY number DESC LIMIT 1")
        let number = (last?["number"] as Int? ?? 0) + 1
        let chain = ChainHash.next(
            after: last?.bytes("chain") ?? [], "\(number) \(version) \(day) \(cause.rawValue) \(time)")
        try db.execute(
            sql: BulkStatement.insertion(into: "logEntry"),
            arguments: [number, version, day.number, cause.rawValue, time, Data(chain)])
    }
}

/// Where the salt of a new object comes from: random, except in tests that compare content hashes of two registers.
public protocol SaltSource {
    func salt(_ id: ObjectID) -> [UInt8]
}

/// 16 random bytes an object.
public final class RandomSalts: SaltSource {
    private var random = RandomBytes()

    public init() {}

    public func salt(_ id: ObjectID) -> [UInt8] {
        random.next(16)
    }
}

/// Writes the states of one version: the state before moves to `pastState`, the new one into `object`.
private struct StateWrites {
    let transaction: StateTransaction
    let version: Int
    /// In an empty register nothing needs to be looked up.
    let isFirst: Bool
    let salts: any SaltSource
    /// How many objects of each source and kind there are more than before.
    private(set) var countDifferences: [BrakeScope: Int] = [:]
    private(set) var touchedBuckets = [Bool](repeating: false, count: ContentHash.bucketCount)
    private(set) var ties: PersonTies
    let figures: FigureUpdate

    init(transaction: StateTransaction, version: Int, isFirst: Bool, salts: any SaltSource) throws {
        self.transaction = transaction
        self.version = version
        self.isFirst = isFirst
        self.salts = salts
        ties = PersonTies(transaction.schema)
        figures = try FigureUpdate(transaction)
    }

    /// Boundaries after `day` are noted for the day turns to come.
    mutating func write(_ changes: any ChangeSet, day: Day) throws {
        let db = transaction.db
        let insertion = try BulkStatement.insertWithChecksum(db, into: "object")
        let knownSalt = try BulkStatement(db, "SELECT salt, kind FROM object WHERE id = ?")
        let retirement = try BulkStatement(
            db,
            """
            INSERT INTO pastState (id, since, ordinary, personal, checksum)
            SELECT id, since, ordinary, personal, rowChecksum(id, since, ordinary, personal) FROM object WHERE id = ?
            """)
        let update = try BulkStatement(
            db,
            """
            UPDATE object SET since = ?2, ordinary = ?3, personal = ?4, digest = ?5, source = ?6, key = ?7,
            checksum = rowChecksum(id, kind, ?6, ?7, generation, salt, ?2, ?3, ?4, ?5) WHERE id = ?1
            """)
        let boundary = try BulkStatement.insert(db, into: "boundary")
        try changes.forEach { change in
            touchedBuckets[ContentHash.bucket(of: change.id)] = true
            count(change)
            if let after = change.after { ties.add(change.id, change.kind, after) }
            try figures.note(change.id, change.kind, before: change.before, on: day, after: change.after, on: day)
            if var salt = isFirst ? nil : try known(change, knownSalt) {
                if salt.isEmpty { salt = try salted(change.id) }
                retirement.bind(copying: change.id, 1)
                try retirement.run()
                let digest = change.after?.digest(salt: salt)
                update.bind(copying: change.id, 1)
                bind(change.after, digest, to: update, since: 2)
                update.bind(copying: change.source, 6)
                update.bind(copying: change.key, 7)
                try update.run()
            } else if let after = change.after {
                try insert(change, after, insertion)
            }
            for boundaryDay in change.after?.boundaries ?? [] where boundaryDay > day {
                boundary.bind(1, Int(boundaryDay.number))
                boundary.bind(copying: change.id, 2)
                boundary.bind(3, version)
                try boundary.run()
            }
        }
    }

    private mutating func count(_ change: ObjectChange) {
        let difference = (change.after == nil ? 0 : 1) - (change.before == nil ? 0 : 1)
        guard difference != 0 else { return }
        countDifferences[BrakeScope(source: change.source, kind: change.kind), default: 0] += difference
    }

    /// The salt of an object that was there before; an id that once was another kind of object is refused.
    private func known(_ change: ObjectChange, _ statement: BulkStatement) throws -> [UInt8]? {
        statement.bind(copying: change.id, 1)
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        guard statement.int(1) == Int(change.kind.rawValue) else {
            throw FordelerError(
                .init("identity.kind-conflict"),
                "the UUID \(change.id) of a \(change.kind.name) was another kind of object before. Nothing was changed; give it "
                    + "another UUID in the source")
        }
        return Array(statement.bytes(0))
    }

    /// A new salt for an object whose first one went with an erasure: it is there again.
    private func salted(_ id: ObjectID) throws -> [UInt8] {
        let salt = salts.salt(id)
        try transaction.db.execute(
            sql: """
                UPDATE object SET salt = ?2,
                checksum = rowChecksum(id, kind, source, key, generation, ?2, since, ordinary, personal, digest)
                WHERE id = ?1
                """, arguments: [Data(id.bytes), Data(salt)])
        return salt
    }

    /// Binds without copying, so all values lie in memory until the row is written.
    private func insert(_ change: ObjectChange, _ after: ObjectState, _ insertion: BulkStatement) throws {
        let salt = salts.salt(change.id)
        var (source, key) = (change.source, change.key)
        try change.id.withUnsafeBytes { id in
            try source.withUTF8 { source in
                try key.withUTF8 { key in
                    try after.withDigest(salt: salt) { digest in
                        try salt.withUnsafeBytes { salt in
                            try after.ordinary.withUnsafeBytes { ordinary in
                                try after.personal.withUnsafeBytes { personal in
                                    let (source, key) = (UnsafeRawBufferPointer(source), UnsafeRawBufferPointer(key))
                                    var checksum = RowChecksum.Builder()
                                    checksum.add(id)
                                    checksum.add(Int(change.kind.rawValue))
                                    checksum.add(text: source)
                                    checksum.add(text: key)
                                    checksum.add(0)
                                    checksum.add(salt)
                                    checksum.add(version)
                                    checksum.add(ordinary)
                                    checksum.add(personal)
                                    checksum.add(digest)
                                    insertion.bind(1, id)
                                    insertion.bind(2, Int(change.kind.rawValue))
                                    insertion.bind(3, text: source)
                                    insertion.bind(4, text: key)
                                    insertion.bind(5, 0)
                                    insertion.bind(6, salt)
                                    insertion.bind(7, version)
                                    insertion.bind(8, ordinary)
                                    insertion.bind(9, personal)
                                    insertion.bind(10, digest)
                                    insertion.bind(11, checksum.finish())
                                    try insertion.run()
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private func bind(_ state: ObjectState?, _ digest: [UInt8]?, to statement: BulkStatement, since: Int32) {
        statement.bind(since, version)
        statement.bind(copying: state?.ordinary, since + 1)
        statement.bind(copying: state?.personal, since + 2)
        statement.bind(copying: digest, since + 3)
    }
}

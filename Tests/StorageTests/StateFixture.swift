import ChangeEvents
import Distribution
import Foundation
import GRDB
import Mapping
import OrganisationModel
import RegisterFixtures
import Validation
import Versioning

@testable import Storage

/// A state folder with rows in every table, and a second connection to its database that knows no rules.
struct StateFixture {
    static let today = Day(number: 20_000)
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    func open(_ access: State.Access) throws -> State {
        try State(folder: folder.path, access: access)
    }

    /// Somebody who alters rows as they like.
    func intruder() throws -> Intruder {
        try Intruder(path: folder.database)
    }

    /// Makes the checksum of a row fit what stands in it.
    static func renewChecksums(_ db: Database, _ table: String) throws {
        let columns = Migrations.checkedColumns.first { $0.table == table }?.columns ?? []
        try db.execute(
            sql: "UPDATE \(table) SET checksum = rowChecksum(\(columns.joined(separator: ", ")))")
    }

    func problems() throws -> [String] {
        try open(.reading).read { try $0.verify().problems }
    }

    /// Every row of every table but those of SQLite and of the migrations, as text.
    func contents(of tables: [String] = Migrations.checkedColumns.map(\.table)) throws -> [String] {
        try DatabaseQueue(path: folder.database).read { db in
            try tables.flatMap { table in
                try Row.fetchAll(db, sql: "SELECT * FROM \(table)").map { row in
                    "\(table): " + row.map { "\($0)=\(Self.text($1))" }.joined(separator: " ")
                }
            }
        }
    }

    private static func text(_ value: DatabaseValue) -> String {
        switch value.storage {
        case .blob(let data): data.map { String($0, radix: 16) }.joined(separator: ".")
        default: "\(value)"
        }
    }

    // MARK: A state with rows in every table

    private static func unit(_ number: UInt64, name: String, until: Day = .distantFuture) -> ReferenceRegister.Object {
        let attributes = Schema.standard[.unit].attributes
        let fields = [StatePeriod.Field(attribute: attributes[0], value: .text(name))]
        let periods = [(Day.distantPast, until), (until, Day.distantFuture)].compactMap { from, to in
            EffectivePeriod(from: from, to: to).map { StatePeriod(period: $0, fields: fields) }
        }
        return ReferenceRegister.Object(kind: .unit, periods: periods)
    }

    private static func person(_ name: String) -> ReferenceRegister.Object {
        let fields = [StatePeriod.Field(attribute: Schema.standard[.person].attributes[0], value: .text(name))]
        return ReferenceRegister.Object(kind: .person, periods: [StatePeriod(period: .always, fields: fields)])
    }

    private static func engagement(of person: ObjectID, in unit: ObjectID) -> ReferenceRegister.Object {
        let attributes = Schema.standard[.engagement].attributes
        let fields = [
            StatePeriod.Field(attribute: attributes[1], value: .reference(unit)),
            StatePeriod.Field(attribute: attributes[2], value: .reference(person)),
        ]
        return ReferenceRegister.Object(kind: .engagement, periods: [StatePeriod(period: .always, fields: fields)])
    }

    private static func id(_ number: UInt64) -> ObjectID {
        ObjectID(high: number << 40 | number << 60, low: number)
    }

    private static func overlay(_ buffer: ClaimBuffer, replacing row: Int64?, absent: [Int64]) -> Overlay {
        let altered = (0..<3).map { number in
            Overlay.AlteredClaim(
                replaces: number == 0 ? row : nil, key: Fingerprint(high: 1, low: UInt64(number)),
                fingerprint: Fingerprint(high: 2, low: UInt64(number)), file: 0, line: number + 1,
                reference: [UInt8](repeating: 7, count: 20 + number).withUnsafeBytes { buffer.append($0) })
        }
        return Overlay(
            source: "hr",
            files: [ExportFile(name: "hr.xml", digest: [UInt8](repeating: 3, count: 32), byteCount: 100)],
            seed: [UInt8](repeating: 4, count: 32), records: 3, unchanged: [], altered: altered, absent: absent)
    }

    private static let finding = Finding(
        rule: Rule("unit.test", .warning, .none), kind: .unit, key: "7",
        location: SourceLocation(source: "hr", file: "hr.xml", line: 12), message: "A finding.")

    private static let tallyRow = BrakeTally.Row(
        scope: BrakeScope(source: "hr", kind: .person), part: .removed, count: 1)

    /// Three versions, day turns, a mailbox with counted events, findings, accepted claims and a candidate that waits.
    static func filled() throws -> StateFixture {
        let fixture = try StateFixture()
        let state = try fixture.open(.writing)
        let first: [ObjectID: ReferenceRegister.Object] = [
            id(1): unit(1, name: "A", until: today.advanced(by: 3)), id(2): unit(2, name: "B"), id(3): person("Bo"),
            id(4): engagement(of: id(3), in: id(1)),
        ]
        var second = first
        second[id(1)] = unit(1, name: "C", until: today.advanced(by: 5))
        second[id(3)] = person("Ib")
        var third = second
        third[id(2)] = nil
        let buffer = ClaimBuffer()
        _ = try state.write {
            try $0.publishFixture(
                FixedChanges(ReferenceRegister.changes(from: [:], to: first)), today: today,
                overlays: [overlay(buffer, replacing: nil, absent: [])], buffer: buffer, findings: [finding])
        }
        try state.write { transaction in
            let mailbox = try transaction.addMailbox(
                "box", view: View(kinds: ["unit", "person"], attributes: nil), source: "urn:test",
                actor: Actor("test"), time: StateTransaction.timeFixture)
            _ = try transaction.publish(
                Publication(
                    candidate: transaction.candidateFixture(.published),
                    changes: FixedChanges(ReferenceRegister.changes(from: first, to: second)),
                    acceptance: Acceptance(
                        overlays: [], buffer: buffer,
                        standing: Acceptance.Standing(
                            precedence: Precedence(), idsWithFindings: [id(1)], pins: [id(3)])),
                    tally: BrakeTally(rows: [tallyRow]), actor: Actor("test"), reason: "", today: today.next,
                    time: StateTransaction.timeFixture),
                findings: [], salts: DerivedSalts())
            try transaction.hold(
                "hr", reason: "looked wrong", today: today, actor: Actor("test"), time: StateTransaction.timeFixture)
            _ = try transaction.publish(
                Publication(
                    candidate: transaction.candidateFixture(.published),
                    changes: FixedChanges(ReferenceRegister.changes(from: second, to: third)),
                    acceptance: Acceptance(overlays: [], buffer: buffer, standing: nil), tally: nil,
                    actor: Actor("test"), reason: "", today: today.advanced(by: 8),
                    time: StateTransaction.timeFixture),
                findings: [finding], salts: DerivedSalts())
            try transaction.acknowledge(
                [finding], until: today.advanced(by: 90), subject: "finding:unit.test", reason: "known",
                actor: Actor("test"), time: StateTransaction.timeFixture)
            let delivery = Delivery(log: transaction, source: "urn:test")
            try delivery.countPending(view: mailbox.view, id: mailbox.viewID)
            _ = try delivery.acknowledge(mailbox, through: 1)
            try transaction.record(
                transaction.candidateFixture(.held), findings: [finding],
                changes: FixedChanges(ReferenceRegister.changes(from: third, to: second)),
                acceptance: transaction.acceptanceFixture([overlay(buffer, replacing: 1, absent: [2])], buffer))
            try serve(transaction)
        }
        return fixture
    }

    /// What a daemon leaves: a file that was refused, a token, a notice, an approval for later, and its own start and end.
    private static func serve(_ transaction: StateTransaction) throws {
        let time = StateTransaction.timeFixture
        let file = RunFile(source: "hr", path: "drop/a.xml", byteCount: 9, modified: 1, inode: 2, stamp: 3)
        var run = try transaction.receive(file, time: time)
        (run.verdict, run.ended, run.message) = (.rejected, time, "it is a symbolic link")
        try transaction.write(run)
        try transaction.setToken(
            digest: Array(repeating: 7, count: 32), subscription: "box", actor: Actor("test"), time: time)
        try transaction.tell(
            Notice(id: "1", code: "file.refused", subject: "a file was refused", text: "Look.", time: time),
            channels: ["smtp"])
        if let held = try transaction.candidates().first(where: { $0.verdict == .held }) {
            try transaction.add(
                ScheduledPublish(
                    candidate: held.id, instant: time, actor: Actor("test"), reason: "agreed", given: time))
        }
        try transaction.endService(transaction.beginService(time: time).number, time: time)
        // Somebody of whom nothing was left to erase.
        let somebody = Data(id(9).bytes)
        try transaction.db.execute(sql: BulkStatement.insertion(into: "erasure"), arguments: [somebody, 3, time])
        try transaction.db.execute(
            sql: BulkStatement.insertion(into: "suppression"), arguments: [somebody, somebody, time])
        try transaction.db.execute(
            sql: BulkStatement.insertion(into: "correction"), arguments: [1, "anna", time, "as agreed"])
    }
}

/// A connection without triggers, references and checks, which knows how to compute checksums.
struct Intruder {
    private let queue: DatabaseQueue

    init(path: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
            if let connection = db.sqliteConnection { try RowChecksum.register(connection) }
        }
        queue = try DatabaseQueue(path: path, configuration: configuration)
    }

    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try queue.read(body)
    }

    /// Writes as if there were no triggers; afterwards they are there again.
    func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try queue.write { db in
            let triggers = try Row.fetchAll(db, sql: "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            for trigger in triggers { try db.execute(sql: "DROP TRIGGER \(trigger["name"] as String)") }
            let result = try body(db)
            for trigger in triggers { try db.execute(sql: trigger["sql"]) }
            return result
        }
    }
}

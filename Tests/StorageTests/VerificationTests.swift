import Foundation
import GRDB
import RegisterFixtures
import Testing

@testable import Storage

struct VerificationTests {
    @Test("A state with rows in every table is in order")
    func filledStateIsInOrder() throws {
        let fixture = try StateFixture.filled()
        #expect(try fixture.problems() == [])
        for (table, _) in Migrations.checkedColumns {
            #expect(try !fixture.contents(of: [table]).isEmpty, "no row in \(table)")
        }
    }

    @Test(
        "One altered column of one row is reported, whatever it becomes",
        arguments: Migrations.checkedColumns.map(\.table))
    func alteredColumnIsReported(table: String) throws {
        let columns = try #require(Migrations.checkedColumns.first { $0.table == table }).columns
        let fixture = try StateFixture.filled()
        let state = try fixture.open(.reading)
        let intruder = try fixture.intruder()
        var random = SeededRandom(seed: UInt64(table.count))
        for column in columns + ["checksum"] {
            var tried = 0
            for alteration in Alteration.allCases {
                let row = try intruder.read { try Row.fetchAll($0, sql: "SELECT * FROM \(table)") }
                    .randomElement(using: &random)
                guard let row, let value = alteration.value(row[column], &random) else { continue }
                guard try Self.set(intruder, table, row, column, value) else { continue }
                tried += 1
                do {
                    let problems = try state.read { try $0.verify().problems }
                    if problems.isEmpty { Issue.record("\(table).\(column) became \(value): nothing is reported") }
                } catch {
                    Issue.record("\(table).\(column) became \(value): verify fails with \(error)")
                }
                let altered = Row(Dictionary(uniqueKeysWithValues: row.map { ($0, $0 == column ? value : $1) }))
                try #require(try Self.set(intruder, table, altered, column, row[column]))
            }
            #expect(tried > 0, "\(table).\(column) could not be altered")
        }
        #expect(try fixture.problems() == [])
    }

    /// False when the database refuses the value.
    private static func set(
        _ intruder: Intruder, _ table: String, _ row: Row, _ column: String, _ value: DatabaseValue
    ) throws -> Bool {
        let condition = row.columnNames.map { "\($0) IS ?" }.joined(separator: " AND ")
        do {
            return try intruder.write { db in
                try db.execute(
                    sql: "UPDATE \(table) SET \(column) = ? WHERE \(condition)",
                    arguments: StatementArguments([value] + row.databaseValues))
                return db.changesCount == 1
            }
        } catch let error as DatabaseError
            where [.SQLITE_CONSTRAINT, .SQLITE_MISMATCH].contains(error.resultCode.primaryResultCode)
        {
            return false
        }
    }
}

/// What may become of a stored value.
enum Alteration: CaseIterable {
    case flippedBit, huge, float, otherType, null

    func value(_ old: DatabaseValue, _ random: inout SeededRandom) -> DatabaseValue? {
        switch (self, old.storage) {
        case (.flippedBit, .int64(let number)): (number ^ 1 << Int64(random.number(8...20))).databaseValue
        case (.flippedBit, .string(let text)): (text.isEmpty ? "?" : "?" + text.dropFirst()).databaseValue
        case (.flippedBit, .blob(let data)): Self.flipped(data, &random).databaseValue
        case (.flippedBit, .null): 1.databaseValue
        case (.huge, .int64(let number)): (number ^ 1 << 50).databaseValue
        // The same eight bytes.
        case (.float, .int64(let number)): number > 0 ? Double(bitPattern: UInt64(number)).databaseValue : nil
        case (.otherType, .int64): "?".databaseValue
        case (.otherType, .string(let text)): Data(text.utf8).databaseValue
        case (.otherType, .blob): "?".databaseValue
        case (.null, .null): nil
        case (.null, _): .null
        default: nil
        }
    }

    private static func flipped(_ data: Data, _ random: inout SeededRandom) -> Data {
        var bytes = [UInt8](data)
        if bytes.isEmpty { return Data([0]) }
        bytes[random.number(0...bytes.count - 1)] ^= 1 << UInt8(random.number(0...7))
        return Data(bytes)
    }
}

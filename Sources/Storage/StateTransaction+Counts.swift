import GRDB
public import OrganisationModel
public import Validation

// The counts that brakes look at.
extension StateTransaction {
    /// How many objects of each kind the register holds from each source.
    public func objectCounts() throws -> [BrakeScope: Int] {
        var counts: [BrakeScope: Int] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT source, kind, count FROM objectCount") {
            guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: row["kind"] as Int)) else {
                throw damaged("objectCount")
            }
            counts[BrakeScope(source: row["source"], kind: kind)] = row["count"]
        }
        return counts
    }

    func add(_ differences: [BrakeScope: Int]) throws {
        let counts = try objectCounts()
        for (scope, difference) in differences where difference != 0 {
            try db.execute(
                sql: BulkStatement.insertion(into: "objectCount", orReplace: true),
                arguments: [scope.source, scope.kind.rawValue, (counts[scope] ?? 0) + difference])
        }
    }

    /// What was published without approval in the days before `today` that brakes look back on, and on it.
    public func recentTally(today: Day) throws -> BrakeTally {
        let first = today.advanced(by: -Brakes.recentDays)
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT source, kind, part, count FROM brakeTally JOIN version ON version.number = brakeTally.version
                WHERE version.day > ? AND version.day <= ?
                """, arguments: [first.number, today.number])
        return BrakeTally(
            rows: try rows.map { row in
                guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: row["kind"] as Int)),
                    let part = BrakePart(rawValue: row["part"])
                else { throw damaged("brakeTally") }
                return BrakeTally.Row(
                    scope: BrakeScope(source: row["source"], kind: kind), part: part, count: row["count"])
            })
    }

    func write(_ tally: BrakeTally, version: Int) throws {
        for row in tally.rows {
            try db.execute(
                sql: BulkStatement.insertion(into: "brakeTally"),
                arguments: [version, row.scope.source, row.scope.kind.rawValue, row.part.rawValue, row.count])
        }
    }
}

import Distribution
import Foundation
import GRDB
public import OrganisationModel
public import Versioning

/// Figures at one position.
public struct CountedFigures: Sendable {
    public let whole: Figures
    public let units: [ObjectID: CountedUnit]

    /// The units right beneath one, or for nil all top units; where there are none of these, the roots.
    public func beneath(_ unit: ObjectID?) -> [ObjectID: CountedUnit] {
        if let unit { return units.filter { $0.value.above == unit } }
        let top = units.filter { $0.value.level == 1 }
        return top.isEmpty ? units.filter { $0.value.level == 0 } : top
    }
}

// Key figures: kept with each step of the position, read without counting.
extension StateTransaction {
    // MARK: Reading what is kept

    /// The position from which on figures are kept: that of the first version, or the one at which an older state was brought
    /// up to date. Nil for the empty register.
    public func figuresKeptSince() throws -> Position? {
        let statement = try BulkStatement(
            db, "SELECT version, day FROM figure WHERE unit = 0 ORDER BY version, day LIMIT 1")
        defer { statement.reset() }
        return try statement.step() ? position(statement) : nil
    }

    /// Whether the register once stood there, or stands there now, since figures are kept.
    public func isKept(_ position: Position) throws -> Bool {
        guard let since = try figuresKeptSince(), since <= position, let day = try self.position().day else {
            return false
        }
        let last = try version(position.version + 1)?.day ?? day
        return try version(position.version).map { $0.day <= position.day && position.day <= last } ?? false
    }

    /// The figures of the whole at a position that is kept.
    public func figures(at position: Position) throws -> Figures {
        try figureRow(0, at: position).vector.figures(names: FigureNames.texts(self))
    }

    /// The figures of a unit with everything beneath it, at a position that is kept; nil when it is not in effect there.
    public func figures(of unit: ObjectID, at position: Position) throws -> CountedUnit? {
        guard let number = try figureNumber(of: unit) else { return nil }
        let row = try figureRow(number, at: position)
        let above = try Data.fetchOne(db, sql: "SELECT id FROM figureUnit WHERE number = ?", arguments: [row.above])
        return row.counted(
            above: above?.withUnsafeBytes { ObjectID(bytes: $0) }, names: try FigureNames.texts(self))
    }

    /// The units in effect right beneath one, or for nil all top units, at a position that is kept; where there are none of
    /// these, the roots. Looks at one row of each unit.
    public func figures(beneath unit: ObjectID?, at position: Position) throws -> [ObjectID: CountedUnit] {
        let names = try FigureNames.texts(self)
        let units = try figureUnits()
        let ids = Dictionary(units.map { ($0.number, $0.id) }) { first, _ in first }
        let head = units.first { $0.id == unit }?.number
        var found: [ObjectID: CountedUnit] = [:]
        for (id, number) in units {
            let row = try figureRow(number, at: position)
            guard head.map({ row.above == $0 }) ?? (row.level < 2) else { continue }
            found[id] = row.counted(above: ids[row.above], names: names)
        }
        return CountedFigures(whole: Figures(), units: found).beneath(unit)
    }

    /// When the figures of a unit, or of the whole for nil, changed after one position and up to another, and what they were
    /// from then on; in order. Nil stands for a unit that went out of effect.
    public func figureSteps(
        of unit: ObjectID?, after: Position, through: Position
    ) throws -> [(position: Position, figures: Figures?)] {
        guard let number = try unit.map(figureNumber) ?? 0 else { return [] }
        let names = try FigureNames.texts(self)
        let statement = try BulkStatement(
            db,
            """
            SELECT version, day, figures FROM figure
            WHERE unit = ?1 AND (version, day) > (?2, ?3) AND (version, day) <= (?4, ?5) ORDER BY version, day
            """)
        defer { statement.reset() }
        for (index, value) in [
            number, after.version, Int(after.day.number), through.version, Int(through.day.number),
        ].enumerated() {
            statement.bind(Int32(index + 1), value)
        }
        var steps: [(Position, Figures?)] = []
        while try statement.step() {
            let row = FigureRow(statement.bytes(2))
            let isThere = number == 0 || row.level >= 0
            steps.append((position(statement), isThere ? row.vector.figures(names: names) : nil))
        }
        return steps
    }

    private func figureNumber(of unit: ObjectID) throws -> Int? {
        try Int.fetchOne(
            db, sql: "SELECT number FROM figureUnit WHERE id = ?", arguments: [Data(unit.bytes)])
    }

    private func figureUnits() throws -> [(id: ObjectID, number: Int)] {
        let statement = try BulkStatement(db, "SELECT id, number FROM figureUnit ORDER BY number")
        defer { statement.reset() }
        var units: [(ObjectID, Int)] = []
        while try statement.step() {
            if let id = ObjectID(bytes: statement.bytes(0)) { units.append((id, statement.int(1))) }
        }
        return units
    }

    /// The last row of a unit at or before a position; with nil the last of all.
    func figureRow(_ number: Int, at position: Position? = nil) throws -> FigureRow {
        let condition = position == nil ? "" : "AND (version, day) <= (?2, ?3)"
        let statement = try BulkStatement(
            db, "SELECT figures FROM figure WHERE unit = ?1 \(condition) ORDER BY version DESC, day DESC LIMIT 1")
        defer { statement.reset() }
        statement.bind(1, number)
        if let position {
            statement.bind(2, position.version)
            statement.bind(3, Int(position.day.number))
        }
        return try statement.step() ? FigureRow(statement.bytes(0)) : .none
    }

    // MARK: Counting anew

    /// Counts the figures of any version on any day from scratch, object by object.
    public func recountFigures(at position: Position) throws -> CountedFigures {
        var recount = FigureRecount(on: position.day, schema: schema)
        if try position.version == newestPosition()?.version {
            try forEachCounted { recount.add($0, $1, $2) }
        } else {
            try forEachObject(version: position.version, kinds: FigureRules.kinds, after: nil) { place, state in
                recount.add(place.id, place.kind, state)
                return true
            }
        }
        let (whole, units) = recount.finish()
        return CountedFigures(whole: whole, units: units)
    }

    /// Every object of the present register that may count, without what is personal.
    private func forEachCounted(_ body: (ObjectID, Kind, ObjectState) throws -> Void) throws {
        let kinds = FigureRules.kinds.map { String($0.rawValue) }.joined(separator: ", ")
        let statement = try BulkStatement(
            db, "SELECT id, kind, ordinary FROM object WHERE ordinary IS NOT NULL AND kind IN (\(kinds)) ORDER BY id")
        defer { statement.reset() }
        while try statement.step() {
            // What is damaged cannot be counted; `verify` says so.
            guard let id = ObjectID(bytes: statement.bytes(0)),
                let kind = Kind(rawValue: UInt8(truncatingIfNeeded: statement.int(1)))
            else { continue }
            try body(id, kind, ObjectState(ordinary: Array(statement.bytes(2)), personal: []))
        }
    }

    // MARK: Keeping

    /// Brings figures to the next day, on which periods of these objects begin or end.
    func turnFigures(to position: Position) throws {
        let ids = try Data16.fetch(
            db,
            """
            SELECT DISTINCT boundary.id FROM boundary JOIN object ON object.id = boundary.id
            WHERE day = \(position.day.number) AND boundary.since = object.since ORDER BY boundary.id
            """)
        let update = try FigureUpdate(self)
        for id in ids {
            guard let object = try object(id) else { continue }
            try update.note(
                id, object.kind, before: object.state, on: position.day.advanced(by: -1), after: object.state,
                on: position.day)
        }
        try update.write(position)
    }

    /// Counts a register whose figures were never kept, as of its present position.
    func fillFigures() throws {
        guard let position = try newestPosition() else { return }
        let update = try FigureUpdate(self)
        try forEachCounted { try update.note($0, $1, before: nil, on: position.day, after: $2, on: position.day) }
        try update.write(position)
    }

    // MARK: Verifying

    /// Where the figures of the present position differ from those that are counted anew: one sentence for each unit.
    func figureProblems() throws -> [String] {
        guard let position = try newestPosition() else { return [] }
        let expected = try recountFigures(at: position)
        let names = try FigureNames.texts(self)
        var problems: [String] = []
        func compare(_ what: String, _ kept: CountedUnit?, _ counted: CountedUnit?) {
            guard kept != counted else { return }
            func told(_ unit: CountedUnit?) -> String {
                guard let unit else { return "nothing" }
                let figures = unit.figures
                return "\(figures.unitCount) units, \(figures.people) people, \(figures.engagements) engagements"
            }
            problems.append("figures of \(what): kept are \(told(kept)), counted anew \(told(counted))")
        }
        compare(
            "the whole",
            CountedUnit(level: 0, above: nil, figures: try figureRow(0).vector.figures(names: names)),
            CountedUnit(level: 0, above: nil, figures: expected.whole))
        var rest = expected.units
        let units = try figureUnits()
        let ids = Dictionary(units.map { ($0.number, $0.id) }) { first, _ in first }
        for (id, number) in units {
            let row = try figureRow(number)
            let kept = row.counted(above: ids[row.above], names: names)
            compare("unit \(id)", kept, rest.removeValue(forKey: id))
        }
        for id in rest.keys.sorted() { compare("unit \(id)", nil, rest[id]) }
        return problems
    }
}

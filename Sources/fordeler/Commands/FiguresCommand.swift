import ArgumentParser
import OrganisationModel
import Storage
import Versioning

struct FiguresCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "figures",
        abstract: "Show key figures of the organisation, or of a unit with everything beneath it.",
        discussion: """
            Units by type and level, people, engagements, full-time equivalents, managers, vacancies and accounts, as of a \
            version and a day. UNIT is the source's key or the UUID.

            Examples:
              fordeler figures
              fordeler figures 402 --since 1
              fordeler figures --day 2026-03-01 --json
            """)

    @Argument(help: "The unit's key or UUID; without it, the whole register.")
    var unit: String?

    @Option(help: "The version; by default the current one, or the one that was current on --day.")
    var version: Int?

    @Option(help: "The day; by default the register's, or with --version the one on which it was published.")
    var day: String?

    @Option(help: "Tell the change since this version was published.")
    var since: Int?

    @Flag(help: "Print one JSON object for each unit.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.reading

    func run(in session: Session) throws {
        let lookup = try unit.map { try ObjectLookup(kind: Kind.unit.name, key: $0, session) }
        let state = try session.state(.reading)
        try state.read { transaction in
            let position = try position(transaction)
            let ids = try lookup.map { lookup in
                let ids = try lookup.ids(session.workplace.identity(state), transaction)
                let units = try ids.filter { try transaction.lastKnown($0)?.kind == .unit }
                guard !units.isEmpty else { throw FordelerError(.unknownObject, "no version has such a unit") }
                return units
            }
            let reading = try FigureReading(
                transaction, position: position, since: since.map { try begin($0, transaction) })
            for id in ids.map({ $0.map(Optional.some) }) ?? [nil] {
                let report = try FigureReport(id, reading)
                if json { session.output.line(report.json) } else { report.lines.forEach(session.output.line) }
            }
        }
    }

    /// When a version was published; the empty register was there before all days.
    private func begin(_ version: Int, _ transaction: StateTransaction) throws -> Position {
        try transaction.requireReadable(version)
        return Position(version: version, day: try transaction.version(version)?.day ?? .distantPast)
    }

    private func position(_ transaction: StateTransaction) throws -> Position {
        let present = try transaction.position()
        guard let today = present.day, present.version > 0 else {
            throw FordelerError(.unknownVersion, "nothing was published yet. Import first")
        }
        let day = try day.map { text in
            guard let day = Day(parsing: text) else {
                throw FordelerError(.usage, "--day is a day such as 2026-03-01")
            }
            return day
        }
        if let version {
            let begin = try begin(version, transaction)
            return Position(version: version, day: day ?? (version == 0 ? today : begin.day))
        }
        guard let day else { return Position(version: present.version, day: today) }
        guard let current = try transaction.versions().last(where: { $0.day <= day }) else {
            let first = try transaction.version(1)?.day ?? today
            throw FordelerError(
                .unknownDay, "no version was current on \(day); the first one is of \(first). Name one with --version")
        }
        try transaction.requireReadable(current.number)
        return Position(version: current.number, day: day)
    }
}

extension FordelerError.Code {
    static let unknownDay = FordelerError.Code("day.unknown")
    static let notInEffect = FordelerError.Code("unit.not-in-effect")
}

/// Figures at the position that was asked for and at the one with which they are compared: kept ones where there are some.
struct FigureReading {
    /// One of the two positions.
    struct Side {
        let position: Position
        /// Counted for this answer; nil when figures of the position are kept.
        let recount: CountedFigures?
    }

    let transaction: StateTransaction
    let now: Side
    let since: Side?
    let keptSince: Position?

    init(_ transaction: StateTransaction, position: Position, since: Position?) throws {
        func side(_ position: Position) throws -> Side {
            Side(
                position: position,
                recount: try transaction.isKept(position) ? nil : transaction.recountFigures(at: position))
        }
        self.transaction = transaction
        now = try side(position)
        self.since = try since.map(side)
        keptSince = try transaction.figuresKeptSince()
    }

    /// The figures of a unit, or of the whole for nil; nil when the unit is not in effect there.
    func figures(_ unit: ObjectID?, _ side: Side) throws -> (level: Int?, figures: Figures)? {
        guard let unit else {
            return (nil, try side.recount?.whole ?? transaction.figures(at: side.position))
        }
        let counted: CountedUnit?
        if let recount = side.recount {
            counted = recount.units[unit]
        } else {
            counted = try transaction.figures(of: unit, at: side.position)
        }
        return counted.map { ($0.level, $0.figures) }
    }

    func beneath(_ unit: ObjectID?) throws -> [ObjectID: CountedUnit] {
        try now.recount?.beneath(unit) ?? transaction.figures(beneath: unit, at: now.position)
    }

    /// When they changed between the two positions; empty when one of them is not kept.
    func steps(_ unit: ObjectID?) throws -> [(position: Position, figures: Figures?)] {
        guard let since, since.recount == nil, now.recount == nil else { return [] }
        return try transaction.figureSteps(of: unit, after: since.position, through: now.position)
    }

    /// The key and the name of a unit at the position that was asked for.
    func title(_ unit: ObjectID) throws -> (key: String, name: String) {
        let schema = transaction.schema[.unit]
        let known = try transaction.lastKnown(unit)
        let state = try transaction.state(of: unit, version: now.position.version)
        let period = state?.period(on: now.position.day, schema) ?? state?.periods(schema).last
        return (known?.key ?? "", period?["name"]?.description ?? "")
    }
}

import ArgumentParser
import ChangeEvents
import Foundation
import Mapping
import OrganisationModel
import Storage

struct Show: Command {
    static let configuration = CommandConfiguration(
        abstract: "Show an object as of a version and a day.",
        discussion: """
            KEY is the source's key or the UUID. A CPR number does not belong into arguments, where other users can read \
            it: write - and give it on standard input.

            Examples:
              fordeler show unit 4711 --version 3 --on 2026-03-01
              fordeler show person - --json < key.txt
            """)

    @Argument(help: "organisation, unit, person, engagement, user, function or task.")
    var kind: String

    @Argument(help: "The source's key, the UUID, or - to read the key from standard input.")
    var key: String

    @Option(help: "The version; by default the current one.")
    var version: Int?

    @Option(help: ArgumentHelp("Only what is in effect on this day.", valueName: "day"))
    var on: String?

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Flag(help: "Show the keys of people and CPR numbers.")
    var reveal = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.reading

    func run(in session: Session) throws {
        let output = session.output
        let lookup = try ObjectLookup(kind: kind, key: key, session)
        let day = try on.map { text in
            guard let day = Day(parsing: text) else { throw FordelerError(.usage, "--on is a day such as 2026-03-01") }
            return day
        }
        let workplace = session.workplace
        let state = try session.state(.reading)
        try state.read { transaction in
            let number = try version ?? transaction.position().version
            try transaction.requireVersion(number)
            let objects = try transaction.objects(
                lookup.kind, ids: try lookup.ids(workplace.identity(state), transaction), version: number)
            guard !objects.isEmpty else {
                throw FordelerError(.unknownObject, "version \(number) has no such \(lookup.kind.name)")
            }
            for object in objects { try show(object, version: number, on: day, transaction, output) }
        }
    }

    private func shown(_ field: StatePeriod.Field) -> Value {
        field.attribute.sensitivity == .cpr && !reveal ? .text(Masking.mask(field.value.description)) : field.value
    }

    /// A relation is told by the key and name of its target; its UUID stands in the JSON.
    private func title(
        _ field: StatePeriod.Field, version: Int, _ transaction: StateTransaction
    ) throws -> String {
        guard case .reference(let id) = field.value, case .reference(let kind) = field.attribute.type,
            let target = try transaction.object(id, version: version)
        else { return shown(field).description }
        let period = target.state.periods(transaction.schema[kind]).last
        let name = transaction.schema[kind].nameAttributes.compactMap { period?[$0]?.description }
        return ([reveal ? target.key : Masking.shown(target.key, kind: kind)] + name).joined(separator: " ")
    }

    private func show(
        _ object: RegisteredObject, version: Int, on day: Day?, _ transaction: StateTransaction, _ output: Output
    ) throws {
        let schema = transaction.schema
        let periods = object.state.periods(schema[object.kind]).filter { period in
            day.map { period.period.contains($0) } ?? true
        }
        let key = reveal ? object.key : Masking.shown(object.key, kind: object.kind, schema: schema)
        guard json else {
            output.line("\(object.kind.name) \(key) from \(object.source), \(object.id), version \(version)")
            if periods.isEmpty { output.line("  not in effect on that day") }
            for period in periods {
                output.line("  \(Table.days(period.period))")
                for field in period.fields {
                    output.line("    \(field.attribute.name): \(try title(field, version: version, transaction))")
                }
            }
            return
        }
        var line = JSONBytes()
        line.object { line in
            line.pair("kind", object.kind.name)
            line.pair("id", object.id.description)
            line.pair("key", key)
            line.pair("source", object.source)
            line.pair("version", version)
            line.key("periods")
            line.array { line in
                for period in periods {
                    line.object { line in
                        line.pair("from", period.period.from)
                        line.pair("to", period.period.to)
                        line.key("attributes")
                        line.object { line in
                            for field in period.fields { line.pair(field.attribute.name, shown(field)) }
                        }
                    }
                }
            }
        }
        output.line(line.text)
    }
}

extension FordelerError.Code {
    static let unknownObject = FordelerError.Code("object.unknown")
}

import ArgumentParser
import Mapping
import OrganisationModel
import Storage

struct Explain: Command {
    static let configuration = CommandConfiguration(
        abstract: "Tell how each value of an object came to be, or why something is not there.",
        discussion: """
            For each attribute: the file and line of the record, the line of the mapping, the version, who published it, and what \
            other records say that does not count. KEY is the source's key or the UUID; write - and give keys on standard \
            input, one a line, for people and for many at once.

            Examples:
              fordeler explain engagement 10042
              fordeler explain user AABB01 --attribute person
              fordeler explain unit 4711 402 --version 3 --json
              fordeler explain person - < keys.txt
            """)

    @Argument(help: "organisation, unit, person, engagement, user, function or task.")
    var kind: String

    @Argument(help: "The source's keys, UUIDs, or - to read them from standard input.")
    var keys: [String]

    @Option(help: "The version; by default the current one.")
    var version: Int?

    @Option(help: ArgumentHelp("Only what is in effect on this day.", valueName: "day"))
    var on: String?

    @Option(help: "Only this attribute or relation; where it has no value, why.")
    var attribute: String?

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Flag(help: "Show the keys of people and CPR numbers.")
    var reveal = false

    @Flag(help: "Show where people with a protected address can be found.")
    var protected = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.reading
    static let readsAllInput = true

    func run(in session: Session) throws {
        let kind = try Kind(argument: kind)
        let attribute = try attribute.map { name in
            guard let attribute = Schema.standard[kind].attribute(named: name) else {
                let known = Schema.standard[kind].attributes.map(\.name).joined(separator: ", ")
                throw FordelerError(.usage, "\(kind.name) has no attribute \(name); known: \(known)")
            }
            return attribute
        }
        let day = try on.map { text in
            guard let day = Day(parsing: text) else { throw FordelerError(.usage, "--on is a day such as 2026-03-01") }
            return day
        }
        let lookups = try ObjectLookup.several(kind, keys, session)
        guard !lookups.isEmpty else { throw FordelerError(.usage, "standard input holds no key") }
        let workplace = session.workplace
        let state = try session.state(.reading)
        try state.read { transaction in
            let number = try version ?? transaction.position().version
            try transaction.requireReadable(number)
            let asked = try identified(lookups, workplace.identity(state), workplace, transaction)
            let explaining = try Explaining(
                kind, Set(asked.flatMap(\.ids)), version: number, workplace, state, transaction)
            let report = try ExplainReport(
                explaining, reveal: reveal, whereabouts: Whereabouts(transaction, isShown: protected), json: json,
                day: day, attribute: attribute, output: session.output)
            let found = try asked.map { try transaction.objects(kind, ids: $0.ids, version: number) }
            var absence: Absence?
            if zip(asked, found).contains(where: { $0.ids.count > $1.count || $1.isEmpty }) {
                absence = try Absence(
                    explaining,
                    zip(asked, found).map { asked, objects in
                        (asked.lookup, asked.ids.filter { id in !objects.contains { $0.id == id } })
                    })
            }
            for ((lookup, ids), objects) in zip(asked, found) {
                for object in objects { try report.write(explaining.object(object)) }
                let reasons = try absence?.reasons(lookup, ids, besides: objects.map(\.id)) ?? []
                if objects.isEmpty || !reasons.isEmpty {
                    report.write(absent: lookup, reasons, isElsewhere: !objects.isEmpty)
                }
            }
        }
    }

    private typealias Asked = (lookup: ObjectLookup, ids: [ObjectID])

    /// All ids that sources could have given to the keys, known or not, and those of objects that bear them.
    private func identified(
        _ lookups: [ObjectLookup], _ identity: Identity, _ workplace: Workplace, _ transaction: StateTransaction
    ) throws -> [Asked] {
        let sources = Set(workplace.configuration.sources.map(\.name) + (try transaction.objectSources()))
        let names = sources.sorted() + [Authority.source]
        let keys = Set(lookups.map(\.key).filter { ObjectID($0) == nil })
        let known = keys.isEmpty ? [:] : try transaction.ids(lookups[0].kind, keys: keys)
        let claimed = try claimed(keys, lookups[0].kind, workplace, transaction)
        return lookups.map { lookup in
            if let id = ObjectID(lookup.key) { return (lookup, [id]) }
            let computed = lookup.computed(identity, names)
            let found = (known[lookup.key] ?? []) + (claimed[lookup.key] ?? []).sorted()
            return (lookup, computed + found.filter { !computed.contains($0) })
        }
    }

    /// The ids that sources gave to the keys of objects that the register may never have known.
    private func claimed(
        _ keys: Set<String>, _ kind: Kind, _ workplace: Workplace, _ transaction: StateTransaction
    ) throws -> [String: Set<ObjectID>] {
        var ids: [String: Set<ObjectID>] = [:]
        for source in workplace.configuration.sources where !keys.isEmpty && source.mapping.givesUUIDs(to: kind) {
            try ids.merge(transaction.claimedIDs(kind, keys: keys, source: source.name)) { $0.union($1) }
        }
        return ids
    }
}

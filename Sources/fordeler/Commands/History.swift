import ArgumentParser
import ChangeEvents
import OrganisationModel
import Storage
import Versioning

struct History: Command {
    static let configuration = CommandConfiguration(
        abstract: "Show what became of an object, version by version: when, by whom, why, and out of which file.",
        discussion: """
            KEY is the source's key, the UUID, or - to read the key from standard input.

            Example:
              fordeler history engagement 10042
            """)

    @Argument(help: "The kind of object.")
    var kind: String

    @Argument(help: "The source's key, the UUID, or - to read the key from standard input.")
    var key: String

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Flag(help: "Show the keys of people and CPR numbers.")
    var reveal = false

    @Flag(help: "Show where people with a protected address can be found.")
    var protected = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.reading

    func run(in session: Session) throws {
        let lookup = try ObjectLookup(kind: kind, key: key, session)
        let state = try session.state(.reading)
        try state.read { transaction in
            let ids = try lookup.ids(session.workplace.identity(state), transaction).filter { id in
                try transaction.lastKnown(id)?.kind == lookup.kind
            }
            guard !ids.isEmpty else {
                throw FordelerError(.unknownObject, "no version has such a \(lookup.kind.name)")
            }
            let report = DiffReport(
                transaction: transaction, reveal: reveal,
                whereabouts: try Whereabouts(transaction, isShown: protected), output: session.output)
            for id in ids {
                for number in try transaction.versions(of: id) { try tell(id, number, transaction, report) }
                guard !json else { continue }
                for place in try transaction.locations(of: id) {
                    session.output.line("now in \(place.source) \(place.file):\(place.line)")
                }
            }
        }
    }

    private func tell(
        _ id: ObjectID, _ number: Int, _ transaction: StateTransaction, _ report: DiffReport
    ) throws {
        guard let version = try transaction.version(number), let known = try transaction.lastKnown(id) else { return }
        let oldest = try transaction.oldestVersion()
        // What was before the oldest version is not known, so neither is what changed then or earlier.
        let isPruned = oldest > 1 && number <= oldest
        let after = try transaction.state(of: id, version: number)
        let change = ObjectChange(
            id: id, kind: known.kind, source: known.source, key: known.key,
            before: isPruned ? after : try transaction.state(of: id, version: number - 1), after: after)
        let files = try transaction.files(of: version.candidate)
        guard json else {
            let cause = CandidateReport.restored(version.target, version.scope) ?? version.cause.rawValue
            let names = files.map { "\($0.source) \($0.name)" }.joined(separator: ", ")
            report.output.line(
                "version \(number), \(version.time), \(cause) by \(version.actor.name)"
                    + (version.reason.isEmpty ? "" : " (\(version.reason))") + (names.isEmpty ? "" : ", from \(names)"))
            guard isPruned else { return try report.print(change) }
            return report.output.line("  what changed is not kept any more (pruned), nor is what was before")
        }
        var line = JSONBytes()
        try line.object { line in
            line.pair("version", number)
            line.pair("time", version.time)
            line.pair("day", version.day)
            line.pair("cause", version.cause.rawValue)
            line.pair("actor", version.actor.name)
            line.pair("reason", version.reason)
            line.pair("candidate", version.candidate.description)
            if isPruned {
                line.key("pruned")
                line.value(true)
            }
            line.key("files")
            line.array { line in for file in files { line.value("\(file.source)/\(file.name)") } }
            try report.write(change, to: &line)
        }
        report.output.line(line.text)
    }
}

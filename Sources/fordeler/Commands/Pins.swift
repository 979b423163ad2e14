import ArgumentParser
import ChangeEvents
import OrganisationModel
import Storage
import Versioning

struct Pins: Command {
    static let configuration = CommandConfiguration(
        abstract: "List the objects that a rollback set apart from what the sources say.")

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Flag(help: "Show the keys of people.")
    var reveal = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.reading

    func run(in session: Session) throws {
        let output = session.output
        let state = try session.state(.reading)
        try state.read { transaction in
            let pins = try transaction.pins().map { ($0, try transaction.origin(of: $0.id)) }.sorted { left, right in
                (left.1?.kind.rawValue ?? 0, left.1?.key ?? "") < (right.1?.kind.rawValue ?? 0, right.1?.key ?? "")
            }
            for (pin, object) in pins {
                let key = object.map { reveal ? $0.key : Masking.shown($0.key, kind: $0.kind) } ?? ""
                guard json else {
                    let released = pin.isReleased ? ", released" : ""
                    output.line(
                        "\(object?.kind.name ?? "object") \(key) \(pin.id) since version \(pin.since)\(released)")
                    continue
                }
                var line = JSONBytes()
                line.object { line in
                    if let object { line.pair("kind", object.kind.name) }
                    line.pair("id", pin.id.description)
                    line.pair("key", key)
                    line.pair("since", pin.since)
                    line.pair("released", .flag(pin.isReleased))
                }
                output.line(line.text)
            }
        }
    }
}

struct Unpin: Command {
    static let configuration = CommandConfiguration(
        abstract: "Let one pinned object follow the sources again.",
        discussion: "Example:\n  fordeler unpin engagement 10042 --reason \"she did leave\"")

    @Argument(help: "The kind of object.")
    var kind: String

    @Argument(help: "The source's key, the UUID, or - to read the key from standard input.")
    var key: String

    @Option(help: "Why; it stays in the audit.")
    var reason = ""

    @Flag(help: "Print one JSON object for each candidate, as import does.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.writing

    func run(in session: Session) throws {
        let output = session.output
        let workplace = session.workplace
        let state = try session.state(.writing)
        let lookup = try ObjectLookup(kind: kind, key: key, session)
        let ids = try state.read { try lookup.ids(workplace.identity(state), $0) }
        let outcomes = try Release(workplace: workplace, state: state).unpin(ids, reason: reason)
        try state.checkpoint()
        if !json { output.line("\(kind) \(lookup.shownKey) is not pinned any more") }
        try CandidateReport.finish(outcomes, json: json, to: output)
    }
}

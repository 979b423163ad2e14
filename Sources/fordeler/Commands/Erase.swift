import ArgumentParser
import ChangeEvents
import OrganisationModel
import Storage
import Versioning

struct Erase: Command {
    static let configuration = CommandConfiguration(
        abstract: "Erase a person: every value in every version, claim and finding, and in every page of the database.",
        discussion: """
            What stays is the structure: that there was somebody, with which employments, and how often that changed. Older \
            backups still hold the person; restoring one erases again. Nothing can take it back.

            Examples:
              fordeler erase - --dry-run < key.txt
              fordeler erase 5c1e... --reason "request of 2 March"
            """)

    @Argument(help: "The person's UUID, or - to read the source's key from standard input.")
    var person: String

    @Option(help: "Why; it stays in the audit. Name nobody in it.")
    var reason = ""

    @Flag(help: "Also when a source still sends the person: its records are left out of exports from now on.")
    var suppress = false

    @Flag(help: "Only list what is held of the person, and where.")
    var dryRun = false

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.writing

    func run(in session: Session) throws {
        let state = try session.state(.writing)
        let erasure = Erasure(workplace: session.workplace, state: state)
        if !dryRun { try erasure.finish() }
        let plan = try erasure.plan(try PersonLookup(person, session).id(state))
        guard !dryRun else {
            return try tell(plan, try erasure.files(plan), downloads: try erasure.downloads(plan), session.output)
        }
        let version = try erasure.run(plan, reason: reason, isSuppressed: suppress)
        if json {
            var line = JSONBytes()
            line.object { line in
                line.pair("person", plan.holdings.person.description)
                line.pair("version", version)
                line.pair("objects", plan.holdings.count)
                line.pair("texts", plan.texts.count + plan.reasons)
                line.key("suppressed")
                line.value(suppress)
            }
            session.output.line(line.text)
        } else {
            session.output.line(
                "person/\(plan.holdings.person) is erased with version \(version): \(plan.holdings.count) objects"
                    + (plan.texts.isEmpty ? "" : ", and \(plan.texts.count) texts of the audit that name the person")
                    + (suppress ? "; their records are left out of exports from now on" : ""))
            session.output.line(
                "files in drop folders and older backups were not touched; downloaded files were deleted")
        }
    }

    private func tell(
        _ plan: Erasure.Plan, _ files: [String], downloads: [String], _ output: Output
    ) throws {
        let holdings = plan.holdings
        guard json else {
            for held in holdings.objects {
                let what =
                    held.isTheirs ? held.isInRegister ? "in the register" : "in older versions" : "somebody else's now"
                output.line(
                    "\(held.object.kind.name)/\(held.object.id) from \(held.object.source): \(held.versions.count) states, \(what)"
                )
            }
            for claimed in holdings.claimed {
                output.line(
                    "\(claimed.kind.name)/\(claimed.id) from \(claimed.source): left out because of a mistake, and held as it was sent"
                )
            }
            for place in plan.stillSent { output.line("still sent: \(place.source) \(place.file):\(place.line)") }
            for candidate in holdings.candidates { output.line("in candidate:\(candidate), which waits") }
            for entry in plan.texts { output.line("named in audit entry \(entry.number), which loses its text") }
            for file in files { output.line("in the file \(RunText.shown(file)), which stays") }
            for file in downloads { output.line("in the file \(RunText.shown(file)), which is deleted") }
            return
        }
        var line = JSONBytes()
        line.object { line in
            line.pair("person", holdings.person.description)
            line.key("objects")
            line.array { line in
                for held in holdings.objects {
                    line.object { line in
                        identify(held.object.kind, held.object.id, held.object.source, &line)
                        line.pair("states", held.versions.count)
                        line.key("isInRegister")
                        line.value(held.isInRegister)
                        line.key("isTheirs")
                        line.value(held.isTheirs)
                    }
                }
            }
            line.key("leftOut")
            line.array { line in
                for claimed in holdings.claimed {
                    line.object { line in identify(claimed.kind, claimed.id, claimed.source, &line) }
                }
            }
            line.key("stillSent")
            line.array { line in
                for place in plan.stillSent { line.value("\(place.source) \(place.file):\(place.line)") }
            }
            line.key("candidates")
            line.array { line in for candidate in holdings.candidates { line.value(candidate.description) } }
            line.key("texts")
            line.array { line in for entry in plan.texts { line.value(entry.number) } }
            line.key("files")
            line.array { line in for file in files { line.value(RunText.shown(file)) } }
            line.key("downloads")
            line.array { line in for file in downloads { line.value(RunText.shown(file)) } }
        }
        output.line(line.text)
    }

    private func identify(_ kind: Kind, _ id: ObjectID, _ source: String, _ line: inout JSONBytes) {
        line.pair("kind", kind.name)
        line.pair("id", id.description)
        line.pair("source", source)
    }
}

/// The one person that a UUID, or a key of a source, means.
struct PersonLookup {
    private let lookup: ObjectLookup
    private let session: Session

    init(_ text: String, _ session: Session) throws {
        lookup = try ObjectLookup(kind: Kind.person.name, key: text, session)
        self.session = session
    }

    /// - Throws: ``FordelerError`` `object.unknown`, and `object.ambiguous` when sources know several people by the key.
    func id(_ state: State) throws -> ObjectID {
        try state.read { transaction in
            let identity = session.workplace.identity(state)
            // No version knows these sources perhaps.
            let names = session.workplace.configuration.sources.map(\.name)
            let possible = try lookup.ids(identity, transaction, also: names)
            // Of whom only records with mistakes spoke nothing is left but that.
            let gone = try Set(transaction.erased().map(\.id) + transaction.suppressedPeople().map(\.person))
            let ids = try possible.filter { id in
                try gone.contains(id) || transaction.origin(of: id)?.kind == .person
            }
            guard let id = ids.first else {
                if let candidate = try transaction.waiting(with: Set(possible)).first {
                    throw FordelerError.waits(candidate)
                }
                throw FordelerError(.unknownObject, "nothing is known of this person")
            }
            guard ids.count == 1 else {
                throw FordelerError(
                    .init("object.ambiguous"),
                    "several sources know somebody by this key. Give the UUID: fordeler show person -")
            }
            return id
        }
    }
}

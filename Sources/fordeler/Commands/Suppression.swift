import ArgumentParser
import ChangeEvents
import OrganisationModel
import Storage

struct SuppressionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suppression", abstract: "People who were erased and whose records are left out of exports.",
        subcommands: [List.self, Lift.self])

    struct List: Command {
        static let configuration = CommandConfiguration(abstract: "List who is suppressed, and since when.")

        @Flag(help: "Print one JSON object a line.")
        var json = false

        @OptionGroup var common: CommonOptions

        static let access = State.Access.reading

        func run(in session: Session) throws {
            let state = try session.state(.reading)
            for (person, time) in try state.read({ try $0.suppressedPeople() }) {
                guard json else {
                    session.output.line("person/\(person) since \(time)")
                    continue
                }
                var line = JSONBytes()
                line.object { line in
                    line.pair("person", person.description)
                    line.pair("time", time)
                }
                session.output.line(line.text)
            }
        }
    }

    struct Lift: Command {
        static let configuration = CommandConfiguration(
            abstract: "Let the records of a person count again, from the next export on that differs.")

        @Argument(help: "The person's UUID, or - to read the source's key from standard input.")
        var person: String

        @Option(help: "Why; it stays in the audit.")
        var reason = ""

        @OptionGroup var common: CommonOptions

        static let access = State.Access.writing

        func run(in session: Session) throws {
            try Approval.require(reason)
            let state = try session.state(.writing)
            let id = try PersonLookup(person, session).id(state)
            let isLifted = try state.write {
                try $0.lift(
                    suppressionOf: id, reason: reason, actor: session.workplace.actor, time: session.workplace.time)
            }
            guard isLifted else { throw FordelerError(.unknownObject, "person/\(id) is not suppressed") }
            try state.checkpoint()
            session.output.line("person/\(id) is not suppressed any more")
        }
    }
}

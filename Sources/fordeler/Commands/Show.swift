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

    @Flag(help: "Show where people with a protected address can be found.")
    var protected = false

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
            try transaction.requireReadable(number)
            let objects = try transaction.objects(
                lookup.kind, ids: try lookup.ids(workplace.identity(state), transaction), version: number)
            guard !objects.isEmpty else {
                throw FordelerError(.unknownObject, "version \(number) has no such \(lookup.kind.name)")
            }
            let report = ObjectReport(
                transaction: transaction, reveal: reveal,
                whereabouts: try Whereabouts(transaction, isShown: protected), json: json, output: output)
            for object in objects { try report.write(object, version: number, on: day) }
        }
    }
}

extension FordelerError.Code {
    static let unknownObject = FordelerError.Code("object.unknown")
}

import ArgumentParser
import ChangeEvents
import Distribution
import OrganisationModel
import Storage
import Versioning

struct PersonReport: Command {
    static let configuration = CommandConfiguration(
        commandName: "person-report",
        abstract: "Tell all that is held about a person, as the person may demand to know it (GDPR, article 15).",
        discussion: """
            Every state of every object about the person, with numbers and names; what was left out because of mistakes and is \
            held as it was sent; where the sources' last exports say it; and which subscriptions can see such objects. Reading it is noted in the audit.

            Example:
              fordeler person-report - --reason "request of 2 March" < key.txt
            """)

    @Argument(help: "The person's UUID, or - to read the source's key from standard input.")
    var person: String

    @Option(help: "Why; it stays in the audit.")
    var reason = ""

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.writing

    func run(in session: Session) throws {
        try Approval.require(reason)
        let state = try session.state(.writing)
        let id = try PersonLookup(person, session).id(state)
        let workplace = session.workplace
        try state.write {
            try $0.note(workplace.actor, "person.reported", "person/\(id)", reason, workplace.time)
        }
        try state.checkpoint()
        try state.read { transaction in
            let holdings = try transaction.holdings(of: id)
            let report = ObjectReport(
                transaction: transaction, reveal: true, whereabouts: try Whereabouts(transaction, isShown: true),
                json: json, output: session.output)
            var isAnythingHeld = !holdings.claimed.isEmpty
            for held in holdings.objects {
                for version in held.versions {
                    guard let object = try transaction.object(held.object.id, version: version) else { continue }
                    try report.write(object, version: version)
                    isAnythingHeld = true
                }
            }
            guard isAnythingHeld else {
                throw FordelerError(.unknownObject, "the person was erased; nothing is held any more")
            }
            for claimed in holdings.claimed {
                let texts = claimed.texts.union([claimed.key]).sorted().joined(separator: ", ")
                tell("left out", "\(claimed.kind.name)/\(claimed.id) from \(claimed.source): \(texts)", session.output)
            }
            for place in try transaction.locations(of: Set(holdings.claims.map(\.row))) {
                tell("held from", "\(place.source) \(place.file):\(place.line)", session.output)
            }
            let kinds = Set(holdings.objects.map(\.object.kind))
            for mailbox in try transaction.mailboxes() where mailbox.view.kinds.contains(where: kinds.contains) {
                tell("seen by", mailbox.name, session.output)
            }
        }
    }

    private func tell(_ what: String, _ text: String, _ output: Output) {
        guard json else { return output.line("\(what) \(text)") }
        var line = JSONBytes()
        line.object { line in line.pair(what.replacing(" ", with: "-"), text) }
        output.line(line.text)
    }
}

import ArgumentParser
import OrganisationModel
import Storage
import Versioning

struct Publish: Command {
    static let configuration = CommandConfiguration(
        abstract: "Publish a candidate that waits.",
        discussion: "Example:\n  fordeler publish candidate:7 --approve --reason \"agreed with HR\"")

    @Argument(help: "candidate:ID, as import and candidates print it.")
    var candidate: String

    @Flag(help: "Approve what the candidate waits for.")
    var approve = false

    @Option(help: "Why; it stays in the audit.")
    var reason = ""

    @Flag(help: "Print one JSON object, as import does.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.writing

    func run(in session: Session) throws {
        let output = session.output
        let id = try CandidateID(argument: candidate)
        guard approve else { throw FordelerError(.usage, "a candidate that waits is published with --approve only") }
        let workplace = session.workplace
        let state = try session.state(.writing)
        let outcome = try Approval(workplace: workplace, state: state).publish(id, reason: reason)
        try state.checkpoint()
        if json {
            output.line(CandidateReport.json(outcome))
        } else {
            CandidateReport.print(outcome, [], to: output)
        }
    }
}

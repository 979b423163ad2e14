import ArgumentParser
import OrganisationModel
import Storage
import Versioning

struct Publish: Command {
    static let configuration = CommandConfiguration(
        abstract: "Publish a candidate that waits, now or at a time.",
        discussion: """
            With --at the approval is given now, and the daemon carries it out at that time if the candidate then still has the \
            same changes and fires the same brakes.

            Examples:
              fordeler publish candidate:7 --approve --reason "agreed with HR"
              fordeler publish candidate:7 --approve --reason "agreed with HR" --at 2026-03-02T06:00
              fordeler publish candidate:7 --cancel
            """)

    @Argument(help: "candidate:ID, as import and candidates print it.")
    var candidate: String

    @Flag(help: "Approve what the candidate waits for.")
    var approve = false

    @Option(help: "Why; it stays in the audit.")
    var reason = ""

    @Option(
        help: ArgumentHelp(
            "When: a local time such as 2026-03-02T06:00, or with a zone such as 2026-03-02T06:00:00+01:00.",
            valueName: "instant"))
    var at: String?

    @Flag(help: "Take back what was approved for a later time.")
    var cancel = false

    @Flag(help: "Print one JSON object, as import does.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.writing

    func run(in session: Session) throws {
        let output = session.output
        let id = try CandidateID(argument: candidate)
        guard approve != cancel, !cancel || (at == nil && !json) else {
            throw FordelerError(
                .usage, "a candidate that waits is published with --approve only; --cancel stands alone")
        }
        let workplace = session.workplace
        let state = try session.state(.writing)
        let scheduling = Scheduling(workplace: workplace, state: state)
        if cancel {
            try scheduling.cancel(id, reason: reason)
            try state.checkpoint()
            return output.line("candidate:\(id) is not scheduled any more; it waits as before")
        }
        let outcome =
            try at.map { try scheduling.schedule(id, at: $0, reason: reason) }
            ?? Approval(workplace: workplace, state: state).publish(id, reason: reason)
        try state.checkpoint()
        if outcome.scheduled != nil, session.daemon == nil {
            output.complain(
                "schedule.no-daemon: only the daemon publishes at a time, and none runs on this state. Start it: fordeler serve"
            )
        }
        if json {
            output.line(CandidateReport.json(outcome))
        } else {
            CandidateReport.print(outcome, [], to: output)
        }
    }
}

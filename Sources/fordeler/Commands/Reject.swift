import ArgumentParser
import Storage
import Versioning

struct Reject: Command {
    static let configuration = CommandConfiguration(
        abstract: "Say no to a candidate that waits: nothing of it is published.",
        discussion: """
            The deltas in it come to nothing too. Later ones of the source wait then, until each of these was read again \
            (fordeler retry) or dropped (fordeler run drop), or a full export came.

            Example:
              fordeler reject candidate:7 --reason "HR had sent half a file"
            """)

    @Argument(help: "candidate:ID, as import and candidates print it.")
    var candidate: String

    @Option(help: "Why; it stays in the audit.")
    var reason = ""

    @OptionGroup var common: CommonOptions

    static let access = State.Access.writing

    func run(in session: Session) throws {
        let id = try CandidateID(argument: candidate)
        let state = try session.state(.writing)
        let deltas = try Approval(workplace: session.workplace, state: state).reject(id, reason: reason)
        try state.checkpoint()
        session.output.line("candidate:\(id) is rejected; nothing was changed")
        for run in deltas {
            session.output.line(
                run.verdict == .rejected
                    ? "  the delta \(RunText.name(run.file)) of \(run.file.source) went with it; a later one "
                        + DeltaOrder.reason(run)
                    : "  the full export \(RunText.name(run.file)) of \(run.file.source) went with it")
        }
    }
}

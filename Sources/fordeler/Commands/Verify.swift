import ArgumentParser
import ChangeEvents
import Crypto
import Distribution
import OrganisationModel
import Storage
import Versioning

struct Verify: Command {
    static let configuration = CommandConfiguration(
        abstract: "Recompute every checksum, digest and chain of the state. Exit status 1 when anything is wrong.",
        discussion: """
            With --since it looks at what came after a version, and at all chains: for every day, beside a whole one now and \
            then.

            Example:
              fordeler verify --since 120
            """)

    @Option(help: "Only what came after this version; earlier states may be damaged without being noticed.")
    var since: Int?

    @OptionGroup var common: CommonOptions

    static let access = State.Access.reading

    func run(in session: Session) throws {
        let output = session.output
        let state = try session.state(.reading)
        let rows = try state.ledger.rows()
        let (report, unfit) = try state.read { transaction in
            if let since { try transaction.requireVersion(since) }
            return (try transaction.verify(since: since), try transaction.problems(of: rows))
        }
        let problems = report.problems + unfit
        for problem in problems { output.line(problem) }
        guard problems.isEmpty else {
            throw FordelerError(.stateDamaged, "the state is damaged. Stop writing to it and restore a backup")
        }
        output.line(
            "\(report.versions) versions, \(report.objects) objects, \(report.rows) rows"
                + (since.map { " after version \($0)" } ?? "") + ": all in order")
    }
}

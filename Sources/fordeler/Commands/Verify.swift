import ArgumentParser
import ChangeEvents
import Crypto
import Distribution
import OrganisationModel
import Storage
import Versioning

struct Verify: Command {
    static let configuration = CommandConfiguration(
        abstract: "Recompute every checksum, digest and chain of the state. Exit status 1 when anything is wrong.")

    @OptionGroup var common: CommonOptions

    static let access = State.Access.reading

    func run(in session: Session) throws {
        let output = session.output
        let state = try session.state(.reading)
        let rows = try state.ledger.rows()
        let (report, unfit) = try state.read { (try $0.verify(), try $0.problems(of: rows)) }
        let problems = report.problems + unfit
        for problem in problems { output.line(problem) }
        guard problems.isEmpty else {
            throw FordelerError(.stateDamaged, "the state is damaged. Stop writing to it and restore a backup")
        }
        output.line("\(report.versions) versions, \(report.objects) objects, \(report.rows) rows: all in order")
    }
}

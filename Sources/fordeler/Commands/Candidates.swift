import ArgumentParser
import ChangeEvents
import Foundation
import OrganisationModel
import Storage
import Versioning

struct Candidates: Command {
    static let configuration = CommandConfiguration(abstract: "List all candidates, newest first.")

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.reading

    func run(in session: Session) throws {
        let output = session.output
        let state = try session.state(.reading)
        for (candidate, scheduled) in try state.read({ transaction in
            try transaction.candidates().map { ($0, try transaction.scheduledPublish(of: $0.id)) }
        }) {
            guard json else {
                let became = candidate.version.map { " -> version \($0)" } ?? ""
                let waits = candidate.waitsFor.isEmpty ? "" : " (\(candidate.waitsFor.joined(separator: ", ")))"
                let target = CandidateReport.restored(candidate.target, candidate.scope).map { "\($0), " } ?? ""
                output.line(
                    "candidate:\(candidate.id) \(candidate.time) \(target)\(candidate.verdict.rawValue)\(waits)\(became)"
                )
                CandidateReport.standing(candidate, scheduled).forEach(output.line)
                continue
            }
            output.line(
                CandidateReport.json(
                    Outcome(
                        candidate: candidate, version: candidate.version ?? candidate.base, scheduled: scheduled)))
        }
    }
}

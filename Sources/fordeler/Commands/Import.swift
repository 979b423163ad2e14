import ArgumentParser
import ChangeEvents
import Foundation
import Intake
import OrganisationModel
import Storage
import Validation
import Versioning

struct Import: Command {
    static let configuration = CommandConfiguration(
        abstract: "Import one round of exports: all files together become one candidate.",
        discussion: """
            Without SOURCE=FILE the newest file of each source's `files` is taken. Name a source several times for an \
            export of several documents.

            Examples:
              fordeler import
              fordeler import hr=drop/ZLPE20260301.xml --json
            """)

    @Argument(help: ArgumentHelp("A source and one of its files.", valueName: "source=file"))
    var files: [String] = []

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.writing

    func run(in session: Session) throws {
        let output = session.output
        let workplace = session.workplace
        let deliveries = try files.isEmpty ? waiting(workplace) : named(session)
        let state = try session.state(.writing)
        let outcome = try ImportRun(workplace: workplace, state: state).run(deliveries)
        try Reminders.print(workplace, state, to: output)
        try state.checkpoint()
        let findings = try state.read { try $0.findings(outcome.candidate.findingsFrom) }
        if json {
            output.line(CandidateReport.json(outcome))
        } else {
            CandidateReport.print(outcome, findings, to: output)
        }
        let status = CandidateReport.status(outcome)
        if status != .done { throw ExitCode(status.rawValue) }
    }

    private func named(_ session: Session) throws -> [ImportRun.Delivery] {
        var paths: [String: [String]] = [:]
        for argument in files {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw FordelerError(.usage, "\(argument) is not SOURCE=FILE") }
            paths[try session.workplace.configuration.source(parts[0]).name, default: []].append(session.path(parts[1]))
        }
        return session.workplace.configuration.sources.compactMap { source in
            paths[source.name].map { ImportRun.Delivery(source: source, paths: $0) }
        }
    }

    private func waiting(_ workplace: Workplace) throws -> [ImportRun.Delivery] {
        let deliveries = try workplace.configuration.sources.compactMap { source in
            try source.files.flatMap { try DropFolder.newest(matching: $0, in: workplace.configuration.timeZone) }.map {
                ImportRun.Delivery(source: source, paths: [$0])
            }
        }
        guard !deliveries.isEmpty else {
            throw FordelerError(.usage, "no file matches any source's files: in the configuration, and none was named")
        }
        return deliveries
    }
}

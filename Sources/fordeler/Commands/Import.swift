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
            Without SOURCE=FILE the newest file of each source's `files` is taken, and what has a `download` is downloaded \
            now; with SOURCE alone, that of this source. Name a source several times for an export of several documents.

            The files of a source with `exports: delta` are named one by one, the oldest first; --full says that this is a full \
            export of it: what it does not name is gone.

            Examples:
              fordeler import
              fordeler import hr
              fordeler import hr=drop/ZLPE20260301.xml --json
            """)

    @Argument(help: ArgumentHelp("A source and one of its files, or a source.", valueName: "source=file"))
    var files: [String] = []

    @Flag(help: "All named files are full exports, also of sources that deliver deltas.")
    var full = false

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.writing
    // A download may take hours.
    static let beginsBesideOthers = true

    func run(in session: Session) throws {
        let downloads = try wanted(session).filter { $0.paths == nil }.map(\.source)
        let state = try session.state(.writing)
        try Fetching(session, downloads).run { fetched in
            // A newer file may have come meanwhile.
            let exports = try wanted(session).map { wanted in
                try export(wanted.source, wanted.paths ?? [fetched.path(of: wanted.source)], session)
            }
            try state.read { transaction in for export in exports { try export.requireOrder(transaction) } }
            try importing(exports, session, state)
        }
    }

    private func importing(_ exports: [NamedExport], _ session: Session, _ state: State) throws {
        let (output, workplace) = (session.output, session.workplace)
        let deliveries = exports.map(\.delivery)
        let outcome = try ImportRun(workplace: workplace, state: state).run(deliveries) { transaction, outcome in
            for export in exports {
                try export.note(outcome, FileRun(workplace: workplace, state: state), transaction)
            }
        }
        try Reminders.print(workplace, state, to: output)
        try state.checkpoint()
        let findings = try state.read { try $0.findings(outcome.candidate.findingsFrom) }
        if json {
            output.line(CandidateReport.json(outcome))
        } else {
            if outcome.candidate.verdict != .rejected { exports.compactMap(\.counting).forEach(output.line) }
            CandidateReport.print(outcome, findings, to: output)
        }
        let status = CandidateReport.status(outcome)
        if status != .done { throw ExitCode(status.rawValue) }
    }

    private func export(
        _ source: Configuration.Source, _ paths: [String], _ session: Session
    ) throws -> NamedExport {
        guard full || !source.deliversDeltas || paths.count == 1 || source.deliversFolders else {
            throw FordelerError(.usage, "import the deltas of \(source.name) one by one, the oldest first")
        }
        return try NamedExport(source, paths, isFull: full, session.workplace)
    }

    private struct Wanted {
        let source: Configuration.Source
        /// Nil for what is still to be downloaded.
        let paths: [String]?
    }

    private func wanted(_ session: Session) throws -> [Wanted] {
        let configuration = session.workplace.configuration
        let wanted =
            try files.isEmpty
            ? configuration.sources.filter { !$0.deliversDeltas }.compactMap { try newest($0, configuration) }
            : named(session)
        guard !wanted.isEmpty else {
            let deltas = configuration.deltaSources.map { "\($0)=FILE" }.joined(separator: " or ")
            throw FordelerError(
                .usage,
                deltas.isEmpty
                    ? "no file matches any source's files: in the configuration, and none was named"
                    : "name the file to import, \(deltas): deltas are taken in their order, not the newest alone. The daemon "
                        + "reads all that lie there")
        }
        return wanted
    }

    private func named(_ session: Session) throws -> [Wanted] {
        let configuration = session.workplace.configuration
        var paths: [String: [String]] = [:]
        for argument in files {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard let name = parts.first, argument.contains("=") == (parts.count == 2) else {
                throw FordelerError(.usage, "\(argument) is neither SOURCE=FILE nor SOURCE")
            }
            paths[try configuration.source(name).name, default: []] += parts.dropFirst().map(session.path)
        }
        return try configuration.sources.compactMap { source in
            guard let paths = paths[source.name] else { return nil }
            if !paths.isEmpty { return Wanted(source: source, paths: paths) }
            guard !source.deliversDeltas else {
                throw FordelerError(.usage, "name the file of \(source.name): its deltas are taken in their order")
            }
            guard let newest = try newest(source, configuration) else {
                throw FordelerError(.usage, "no file matches the files: of \(source.name) in the configuration")
            }
            return newest
        }
    }

    private func newest(_ source: Configuration.Source, _ configuration: Configuration) throws -> Wanted? {
        if source.download != nil { return Wanted(source: source, paths: nil) }
        return try source.files.flatMap {
            try DropFolder.newest(source.delivered($0), in: configuration.timeZone)
        }.map {
            Wanted(source: source, paths: [$0])
        }
    }
}

import ArgumentParser
import ChangeEvents
import Foundation
import OrganisationModel
import Storage
import Versioning

struct Runs: Command {
    static let configuration = CommandConfiguration(
        abstract: "List the files that came into drop folders, newest first, and what became of each.",
        discussion: "Examples:\n  fordeler runs --verdict rejected\n  fordeler runs --source hr --last 5 --json")

    @Option(help: "Only files of this source.")
    var source: String?

    @Option(help: "Only files with this verdict: \(RunVerdict.allCases.map(\.rawValue).joined(separator: ", ")).")
    var verdict: String?

    @Option(help: "At most this many.")
    var last = 100

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.reading

    func run(in session: Session) throws {
        guard last >= 0 else { throw FordelerError(.usage, "--last is not negative") }
        let verdict = try verdict.map { text in
            guard let verdict = RunVerdict(rawValue: text) else {
                throw FordelerError(.usage, "\(text) is no verdict. See: fordeler runs --help")
            }
            return verdict
        }
        let state = try session.state(.reading)
        try state.read { transaction in
            if let source, try transaction.lastReceived(source: source) == nil {
                _ = try session.workplace.configuration.source(source)
            }
            for run in try transaction.runs(source: source, verdict: verdict, limit: last) {
                try RunReport(run, transaction).write(json: json, to: session.output)
            }
        }
    }
}

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Look at what became of one file, or decide that it is not to be read.",
        subcommands: [Show.self, Drop.self])

    struct Show: Command {
        static let configuration = CommandConfiguration(
            abstract: "Show a file's run: its candidate, and the findings about this source.",
            discussion: "Example:\n  fordeler run show 12 --json")

        @Argument(help: "The number of the run.")
        var number: Int

        @Flag(help: "Print the run, then each finding, one JSON object a line.")
        var json = false

        @OptionGroup var common: CommonOptions

        static let access = State.Access.reading

        func run(in session: Session) throws {
            let state = try session.state(.reading)
            try state.read { transaction in
                let report = try RunReport(transaction.requireRun(number), transaction)
                report.write(json: json, to: session.output)
                guard let candidate = report.candidate else { return }
                if !json {
                    for file in report.files { session.output.line("  \(file.name): \(file.form)") }
                    CandidateReport.standing(candidate, report.scheduled).forEach(session.output.line)
                }
                if let version = candidate.version, try version < transaction.oldestVersion() {
                    // The run is told all the same; only the findings went with the version.
                    return session.output.complain("version.pruned: its findings went with version \(version)")
                }
                let findings = try transaction.findings(candidate.findingsFrom)
                let own = findings.filter { $0.location.source == report.run.file.source }
                for finding in own { FindingReport.write(finding, json: json, to: session.output) }
                if !json, own.count < findings.count {
                    session.output.line(
                        "findings of other sources: \(findings.count - own.count), see fordeler findings candidate:\(candidate.id)"
                    )
                }
            }
        }
    }
}

extension RunCommand {
    struct Drop: Command {
        static let configuration = CommandConfiguration(
            abstract: "Say that a file is not to be read: one that was refused, or waits.",
            discussion: """
                Of a source with `exports: delta` what the file says is lost then, and later files are read. Better have the file \
                corrected and sent again, or import a full export (fordeler import --full).

                Example:
                  fordeler run drop 12 --reason "HR says that nothing was in it"
                """)

        @Argument(help: "The number of the run.")
        var number: Int

        @Option(help: "Why; it stays in the audit.")
        var reason = ""

        @OptionGroup var common: CommonOptions

        static let access = State.Access.writing

        func run(in session: Session) throws {
            try Approval.require(reason)
            let state = try session.state(.writing)
            let workplace = session.workplace
            try state.write { transaction in
                var run = try transaction.requireRun(number)
                guard [.rejected, .waiting].contains(run.verdict) else {
                    throw FordelerError(.conflict, "run \(number) is \(run.verdict.rawValue) and holds up nothing")
                }
                run.end(.dropped, time: workplace.time, "dropped by \(workplace.actor.name)")
                try transaction.write(run)
                try transaction.note(workplace.actor, "run.dropped", "run:\(number)", reason, workplace.time)
            }
            try state.checkpoint()
            session.output.line("run \(number) is dropped; what its file says was not taken")
        }
    }
}

struct Retry: Command {
    static let configuration = CommandConfiguration(
        abstract: "Read the file of a run again, whatever became of it.",
        discussion: """
            Also an older file than the one that was taken last: it is imported as if it had come now. A delta is not, when a later \
            one was taken.

            Example:
              fordeler retry 12
            """)

    @Argument(help: "The number of the run.")
    var number: Int

    @Flag(help: "Print one JSON object, as import does.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.writing

    func run(in session: Session) throws {
        let state = try session.state(.writing)
        let run = try state.read { try $0.requireRun(number) }
        guard FileManager.default.fileExists(atPath: run.file.path) else {
            throw FordelerError(
                .init("run.file-gone"), "the file \(RunText.name(run.file)) is not there any more. Have it sent again")
        }
        let (_, outcome) = try FileRun(workplace: session.workplace, state: state).read(run, isRetry: true)
        try state.checkpoint()
        if let outcome { try CandidateReport.finish([outcome], json: json, to: session.output) }
    }
}

extension StateTransaction {
    /// - Throws: ``FordelerError`` `run.unknown`.
    func requireRun(_ number: Int) throws -> Run {
        guard let run = try run(number) else {
            throw FordelerError(.init("run.unknown"), "there is no run \(number). See: fordeler runs")
        }
        return run
    }
}

/// How a run is told.
struct RunReport {
    let run: Run
    /// As it is now: what was held may have been decided since.
    let candidate: Candidate?
    /// When that is to be published; nil when that is not decided.
    let scheduled: ScheduledPublish?

    init(_ run: Run, _ transaction: StateTransaction) throws {
        self.run = run
        candidate = try run.candidate.flatMap(transaction.candidate)
        scheduled = try run.candidate.flatMap(transaction.scheduledPublish)
    }

    /// How the file turned out to be written; none when it was not read to its end, or says what the one before said.
    var files: [Candidate.ReadFile] { candidate?.sources[run.file.source]?.files ?? [] }

    func write(json: Bool, to output: Output) {
        output.line(json ? self.json : text)
    }

    var text: String {
        let became = candidate.map { " (candidate:\($0.id)\(decided))" } ?? ""
        let message = run.message.isEmpty ? "" : ": \(run.message)"
        return "\(run.number) \(run.received) \(run.file.source) \(RunText.name(run.file)) \(run.verdict.rawValue)"
            + "\(became)\(message)"
    }

    /// What became of a candidate that was held.
    private var decided: String {
        guard run.verdict == .held, let candidate, candidate.verdict != .held else { return "" }
        return ", now \(candidate.verdict.rawValue)"
    }

    private var json: String {
        var line = JSONBytes()
        line.object { line in
            line.pair("run", run.number)
            line.pair("source", run.file.source)
            line.pair("file", RunText.name(run.file))
            line.pair("bytes", run.file.byteCount)
            line.pair("form", files.first?.form)
            line.pair("received", run.received)
            line.pair("verdict", run.verdict.rawValue)
            line.pair("candidate", candidate?.id.description)
            line.pair("candidateVerdict", candidate?.verdict.rawValue)
            line.pair("version", candidate?.version)
            line.pair("scheduled", scheduled?.instant)
            line.pair("attempts", run.attempts)
            line.pair("ended", run.ended)
            line.pair("message", run.message)
        }
        return line.text
    }
}

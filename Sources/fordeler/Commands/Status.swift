import ArgumentParser
import ChangeEvents
import Foundation
import OrganisationModel
import Storage
import Versioning

struct StatusCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show at a glance how the daemon is, what waits, and where each source stands.",
        discussion: """
            Exit status 5 when something waits for a person.

            Example:
              fordeler status --wait --json
            """)

    @Flag(help: "First have the daemon do everything that is due now.")
    var wait = false

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.reading

    func run(in session: Session) throws {
        if wait {
            guard let daemon = session.daemon else {
                throw FordelerError(.init("daemon.missing"), "no daemon runs on this state. Start it: fordeler serve")
            }
            daemon.agenda?.settle()
        }
        let state = try session.state(.reading)
        let standing = try state.read { try Standing(session, $0) }
        if json { session.output.line(standing.json) } else { standing.lines.forEach(session.output.line) }
        if standing.needsSomebody { throw ExitCode(ExitStatus.held.rawValue) }
    }
}

/// Where everything stands at one moment.
struct Standing {
    struct Source {
        let name: String
        /// The last file that the daemon read, and what became of it; nil when a command imported later.
        let last: RunReport?
        /// What a command imported later.
        let imported: Candidate?
        let isOnHold: Bool
        let waitingFiles: Int
        /// The refused delta behind which later ones wait.
        let refused: Run?
        /// The due for which its server was last asked with success, UTC, RFC 3339; nil where nothing is downloaded.
        let asked: String?
    }

    let version: Int
    let day: Day?
    /// Nil when no daemon runs.
    let problems: [String]?
    let service: Int?
    let crashes: Int
    let sources: [Source]
    /// The candidates that wait.
    let held: [Candidate]
    /// When some of these are to be published.
    let scheduled: [CandidateID: ScheduledPublish]
    let notices: [(status: String, count: Int)]
    let findings: FindingNumbers

    init(_ session: Session, _ transaction: StateTransaction) throws {
        (version, day) = try transaction.position()
        problems = session.daemon?.health.complaints
        service = session.daemon?.service
        crashes = try transaction.crashes(
            since: (Date(session.workplace.time, strategy: .iso8601) - 86_400).formatted(.iso8601))
        let holds = try transaction.holds().map(\.source)
        let candidates = try transaction.candidates()
        sources = try session.workplace.configuration.sources.map { source in
            let last = try transaction.lastRead(source: source.name).map { try RunReport($0, transaction) }
            let imported = candidates.first { $0.cause == .import && $0.sources[source.name] != nil }
                .flatMap { $0.time > last?.run.ended ?? "" ? $0 : nil }
            return Source(
                name: source.name, last: imported == nil ? last : nil, imported: imported,
                isOnHold: holds.contains(source.name),
                waitingFiles: try transaction.runs(source: source.name, verdict: .waiting).count,
                refused: source.deliversDeltas ? try DeltaOrder(source.name, transaction).refused.first : nil,
                asked: try source.download.flatMap { _ in try transaction.mark(Downloading.mark + source.name) }
                    .map { Date(timeIntervalSince1970: Double($0)).formatted(.iso8601) })
        }
        held = candidates.filter { $0.verdict == .held }
        scheduled = Dictionary(uniqueKeysWithValues: try transaction.schedule().map { ($0.candidate, $0) })
        notices = try transaction.noticeCounts()
        findings = try transaction.findingNumbers(today: session.workplace.today)
    }

    var needsSomebody: Bool {
        !held.isEmpty || sources.contains { $0.isOnHold || $0.refused != nil || $0.last?.run.verdict == .rejected }
            || problems?.isEmpty == false
    }

    var lines: [String] {
        var lines = ["version \(version), day \(day.map(\.description) ?? "none yet")"]
        if let problems {
            lines.append("daemon: \(problems.isEmpty ? "in order" : "NOT IN ORDER"), start \(service ?? 0)")
            lines += problems.map { "  \($0)" }
        } else {
            lines.append("daemon: none runs on this state. Start it: fordeler serve")
        }
        if findings.open + findings.acknowledged > 0 {
            lines.append(
                "findings: \(findings.open) open, \(findings.new) of them new, \(findings.acknowledged) acknowledged: fordeler "
                    + "findings")
        }
        if crashes > 0 { lines.append("  restarted after a crash within a day: \(crashes) times") }
        for source in sources {
            let waiting =
                switch source.waitingFiles {
                case 0: ""
                case 1: "; 1 file waits"
                default: "; \(source.waitingFiles) files wait"
                }
            let asked = source.asked.map { "; server asked \($0)" } ?? ""
            let hold = source.isOnHold ? "; ON HOLD: fordeler release \(source.name) --except pinned" : ""
            let last =
                source.last.map { "run \($0.text)" }
                ?? source.imported.map { "imported by command \($0.time), \($0.verdict.rawValue) (candidate:\($0.id))" }
                ?? "no file read yet"
            lines.append("\(source.name): \(last)\(waiting)\(asked)\(hold)")
            if let run = source.last?.run, run.verdict == .rejected {
                lines.append("  look why: fordeler run show \(run.number)")
            }
            if let refused = source.refused { lines.append("  every later delta \(DeltaOrder.reason(refused))") }
        }
        for candidate in held {
            lines.append("candidate:\(candidate.id) waits for \(candidate.waitsFor.joined(separator: ", "))")
            lines += CandidateReport.standing(candidate, scheduled[candidate.id])
        }
        for (status, count) in notices where status != "sent" { lines.append("notices \(status): \(count)") }
        return lines
    }

    var json: String {
        var json = JSONBytes()
        json.object { json in
            json.pair("version", version)
            json.pair("day", day?.description)
            json.key("daemon")
            json.value(problems != nil)
            json.key("problems")
            json.array { json in for problem in problems ?? [] { json.value(problem) } }
            json.pair("service", service)
            json.pair("crashes", crashes)
            json.key("sources")
            json.object { json in
                for source in sources {
                    json.key(source.name)
                    json.object { json in
                        json.pair("run", source.last?.run.number)
                        json.pair("received", source.last?.run.received)
                        json.pair("verdict", source.last?.run.verdict.rawValue)
                        json.pair("candidateVerdict", (source.imported ?? source.last?.candidate)?.verdict.rawValue)
                        json.pair("imported", source.imported?.time)
                        json.pair("waiting", source.waitingFiles)
                        json.pair("waitsBehind", source.refused?.number)
                        json.pair("asked", source.asked)
                        json.key("hold")
                        json.value(source.isOnHold)
                    }
                }
            }
            json.key("held")
            json.array { json in for candidate in held { json.value(candidate.id.description) } }
            json.key("scheduled")
            json.object { json in
                for candidate in held {
                    if let scheduled = scheduled[candidate.id] {
                        json.pair(candidate.id.description, scheduled.instant)
                    }
                }
            }
            json.key("findings")
            json.object { json in
                json.pair("open", findings.open)
                json.pair("new", findings.new)
                json.pair("acknowledged", findings.acknowledged)
            }
            json.key("notices")
            json.object { json in for (status, count) in notices { json.pair(status, count) } }
        }
        return json.text
    }
}

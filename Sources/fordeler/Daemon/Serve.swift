import AdminAPI
import ArgumentParser
import Foundation
import Intake
import Logging
import OrganisationModel
import Storage

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run as the daemon: import, turn days, deliver and tell people by itself.",
        discussion: """
            Owns the state folder until it ends. SIGTERM and SIGINT end it within five seconds; SIGHUP reads the \
            configuration again. Other commands are carried out by it, over the socket in the state folder.

            Example:
              fordeler serve --config fordeler.yaml
            """)

    @Option(help: "The configuration file.")
    var config = "fordeler.yaml"

    @Option(
        help: ArgumentHelp(
            "Take the time from this file (one instant such as 2026-03-02T01:30:00Z), for tests and demonstrations.",
            valueName: "file"))
    var clock: String?

    func run() throws {
        // A reader that went away is an error to be told, not the end of the daemon.
        signal(SIGPIPE, SIG_IGN)
        // Before the first thread, so that no other one takes them.
        let signals = Signals([SIGTERM, SIGINT, SIGHUP])
        let form = LogWriter.form
        let log = Logger(label: "fordeler") { LogWriter(label: $0, form: form) }
        let configuration = try Configuration(file: config)
        let clock = clock.map(Clock.file) ?? .system
        let now = try clock.now()
        let state = try open(configuration)
        let service = try begin(state, configuration, now, log)
        let daemon = Daemon(configuration, state: state, clock: clock, service: service, log: log)
        do {
            try state.read { try configuration.requireSources(of: $0) }
        } catch let error as FordelerError where error.code == .sourceMissing {
            // Delivery goes on.
            daemon.complain(.configuration, error)
        }
        let parts: Service
        do {
            try Erasure(workplace: daemon.workplace(), state: state).finish()
        } catch let error as FordelerError {
            // Nobody's imports wait for it; it is tried again at the next start.
            daemon.complain(.erasure, error)
        }
        do {
            parts = try Service(daemon)
        } catch {
            // A start that is refused is no crash.
            try state.write { try $0.endService(service, time: now.formatted(.iso8601)) }
            throw error
        }
        parts.run(signals)
    }

    private func open(_ configuration: Configuration) throws -> State {
        do {
            return try State(folder: configuration.state, access: .serving)
        } catch let error as FordelerError where error.code == .stateInUse {
            throw FordelerError(
                .stateInUse,
                "another fordeler has this state: a daemon, which fordeler status shows, or a command that ends soon")
        }
    }

    /// Notes the start, and that people are to be told when the daemon before this one did not end by itself: both or none.
    /// - Returns: the number of the start.
    private func begin(_ state: State, _ configuration: Configuration, _ now: Date, _ log: Logger) throws -> Int {
        let workplace = Workplace(
            configuration: configuration, today: configuration.timeZone.day(at: now),
            time: now.formatted(.iso8601), actor: .daemon)
        return try state.write { transaction in
            let begun = try transaction.beginService(time: workplace.time)
            guard let crashed = begun.crashed else { return begun.number }
            let count = try transaction.crashes(since: (now - 86_400).formatted(.iso8601))
            let notice = Notices(workplace, state).restarted(service: begun.number, crashed: crashed, count: count)
            try transaction.tell(notice, channels: configuration.notify.channels)
            log.error("daemon.restarted", metadata: ["crashed": "\(crashed)", "withinDay": "\(count)"])
            return begun.number
        }
    }
}

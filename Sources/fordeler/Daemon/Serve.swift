import AdminAPI
import ArgumentParser
import Foundation
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
        let state = try State(folder: configuration.state, access: .serving)
        let service = try begin(state, configuration, now, log)
        let daemon = Daemon(configuration, state: state, clock: clock, service: service, log: log)
        let parts: Service
        do {
            parts = try Service(daemon)
        } catch {
            // A start that is refused is no crash.
            try state.write { try $0.endService(service, time: now.formatted(.iso8601)) }
            throw error
        }
        parts.run(signals)
    }

    /// Notes the start, and that people are to be told when the daemon before this one did not end by itself: both or none.
    /// - Returns: the number of the start.
    private func begin(_ state: State, _ configuration: Configuration, _ now: Date, _ log: Logger) throws -> Int {
        let workplace = Workplace(
            configuration: configuration, today: try Workplace.day(of: now, in: configuration.timeZone),
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

/// The daemon's parts, from start to end.
private struct Service {
    private let daemon: Daemon
    private let manager = ServiceManager()
    private let agenda: Agenda
    private let commands: CommandServer
    private let notifier: Notifier
    /// Nil when the configuration serves none.
    private let server: APIServer?

    /// All work is given up after so many seconds; systemd and administrators wait for the end.
    private static let grace = 4.5
    /// What is nearly done may end by itself.
    private static let patience = 1.5
    /// A notice on its way may still be taken; seconds.
    private static let sendingPatience = 0.4

    init(_ daemon: Daemon) throws {
        self.daemon = daemon
        agenda = try Agenda(daemon)
        daemon.agenda = agenda
        commands = try CommandServer(daemon)
        notifier = Notifier(daemon)
        let pulling = Pulling(daemon)
        server = try daemon.configuration.http.map { http in
            try APIServer(
                address: http.address, port: http.port, cursorKey: pulling.cursorKey, service: pulling,
                logger: daemon.log)
        }
    }

    func run(_ signals: Signals) {
        commands.start()
        agenda.start()
        notifier.start()
        daemon.desk.follow { [notifier, server] in
            notifier.wake()
            server?.wake()
        }
        daemon.log.notice(
            "fordeler serves",
            metadata: [
                "state": "\(daemon.configuration.state)", "service": "\(daemon.service)",
                "port": "\(server?.port ?? 0)",
            ])
        manager.ready()
        watch(signals)
        stop()
    }

    /// Waits for signals, and meanwhile tells systemd that the daemon is alive.
    private func watch(_ signals: Signals) {
        let interval = min(manager.watchdog.map { $0 / 3 } ?? 10, 10)
        while true {
            switch signals.next(within: interval) {
            case SIGHUP: agenda.reload()
            case SIGTERM, SIGINT: return
            default: break
            }
            if agenda.isAlive { manager.isAlive() }
            let problems = daemon.health.complaints
            manager.status(problems.isEmpty ? "in order" : problems.joined(separator: "; "))
        }
    }

    /// Work that does not end soon is interrupted; it leaves nothing, and is done at the next start.
    private func stop() {
        daemon.log.notice("stopping")
        manager.stopping()
        daemon.stop()
        commands.stop()
        notifier.stop()
        server?.stop()
        let end = ContinuousClock.now + .seconds(Self.grace)
        var isDone = agenda.finish(within: Self.patience) && commands.finish(within: 0.1)
        while !isDone, ContinuousClock.now < end {
            daemon.state.interrupt()
            isDone = agenda.finish(within: 0.005) && commands.finish(within: 0.005)
        }
        guard isDone else {
            daemon.log.warning("work was abandoned; it is done at the next start")
            Foundation.exit(ExitStatus.done.rawValue)
        }
        notifier.finish(within: Self.sendingPatience)
        do {
            let time = try daemon.clock.now().formatted(.iso8601)
            try daemon.watching { try daemon.state.write { try $0.endService(daemon.service, time: time) } }
        } catch {
            daemon.log.error("the end could not be noted: \(error)")
        }
        daemon.log.notice("stopped")
    }
}

/// Signals as values, taken one after the other by the thread that made this.
struct Signals {
    private var set = sigset_t()

    /// Blocks the signals for this thread and all that it starts from now on.
    init(_ signals: [Int32]) {
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// - Returns: nil when none came in time.
    func next(within seconds: Double) -> Int32? {
        var set = set
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9))
        let signal = sigtimedwait(&set, nil, &time)
        return signal > 0 ? signal : nil
    }
}

import AdminAPI
import ArgumentParser
import Foundation
import Logging
import OrganisationModel
import Storage

/// The daemon's parts, from start to end.
struct Service {
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
        var isDone =
            agenda.finish(within: Self.patience) && commands.finish(within: 0.1)
            && daemon.downloads.finish(within: 0.1)
        while !isDone, ContinuousClock.now < end {
            daemon.state.interrupt()
            isDone =
                agenda.finish(within: 0.005) && commands.finish(within: 0.005)
                && daemon.downloads.finish(within: 0.005)
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

import Distribution
import Foundation
import Intake
import Logging
import OrganisationModel
import Storage
import Synchronization
import Versioning

/// What the parts of the daemon share: the state that it owns, the configuration that is in force, the time, and how it is.
final class Daemon: Sendable {
    let state: State
    let desk = Desk()
    let downloads = Downloads()
    let clock: Clock
    let health = Health()
    let log: Logger
    /// The number of this start.
    let service: Int
    private let current: Mutex<Configuration>
    private let stopping = Mutex(false)
    private let working = Mutex<Agenda?>(nil)

    init(_ configuration: Configuration, state: State, clock: Clock, service: Int, log: Logger) {
        (self.state, self.clock, self.service, self.log) = (state, clock, service, log)
        current = Mutex(configuration)
    }

    var configuration: Configuration {
        current.withLock { $0 }
    }

    func use(_ configuration: Configuration) {
        current.withLock { $0 = configuration }
    }

    /// Once true it stays so.
    var isStopping: Bool {
        stopping.withLock { $0 }
    }

    func stop() {
        stopping.withLock { $0 = true }
    }

    /// Who does what is due; nil until the daemon is put together.
    var agenda: Agenda? {
        get { working.withLock { $0 } }
        set { working.withLock { $0 = newValue } }
    }

    func workplace(actor: Actor = .daemon) throws -> Workplace {
        let (configuration, now) = (configuration, try clock.now())
        return Workplace(
            configuration: configuration, today: configuration.timeZone.day(at: now),
            time: now.formatted(.iso8601), actor: actor)
    }

    /// Remembers a problem, and logs it when it is news.
    /// - Returns: whether it is.
    @discardableResult
    func complain(_ part: Health.Part, _ problem: FordelerError) -> Bool {
        let isNews = health.report(part, problem)
        if isNews { log.error("\(problem)") }
        return isNews
    }

    /// Has people told, by the channels that are configured.
    func tell(_ notice: (Notices) -> Notice) throws {
        let notices = Notices(try workplace(), state)
        try desk.alone {
            try state.write { try $0.tell(notice(notices), channels: configuration.notify.channels) }
        }
    }

    /// Keeps an instant under a name, also beyond the daemon's end.
    func mark(_ name: String, _ instant: Date) throws {
        let seconds = Int(instant.timeIntervalSince1970)
        guard try state.read({ try $0.mark(name) }) != seconds else { return }
        try desk.alone { try state.write { try $0.setMark(name, seconds) } }
    }

    /// Runs `body` and remembers what its failure says of the state. After a failed write of the disk itself nobody knows
    /// what lies on it: the daemon ends, and begins anew from what does.
    func watching<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as FordelerError {
            switch error.code {
            case .diskFull: complain(.disk, error)
            case .stateDamaged: complain(.damage, error)
            case .storageBroken:
                log.critical("\(error)")
                Foundation.exit(ExitStatus.storage.rawValue)
            default: break
            }
            throw error
        }
    }
}

extension Actor {
    /// What happens by itself.
    static let daemon = Actor("daemon")
}

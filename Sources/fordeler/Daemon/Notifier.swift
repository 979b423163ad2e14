import Distribution
import Foundation
import Logging
import OrganisationModel
import Storage
import Synchronization
import Transports

/// Sends the notices that wait, one after the other, on a thread of its own. A receiver that cannot be reached is tried
/// again, and holds up no other channel.
final class Notifier: Sendable {
    private let daemon: Daemon
    private let bell = DispatchSemaphore(value: 0)
    private let done = DispatchSemaphore(value: 0)
    private let isStopped = Mutex(false)
    /// For each channel: how often it failed in a row, and until when it is left alone.
    private let silent = Mutex<[String: (failures: Int, until: ContinuousClock.Instant)]>([:])

    /// Numbers of notices that were taken, which a full disk keeps from being noted: they are not sent again.
    private let taken = Mutex<Set<Int>>([])

    /// The waits after each failure; seconds. The last one stays.
    private static let retries: [Double] = [10, 60, 300, 900, 3600]

    init(_ daemon: Daemon) {
        self.daemon = daemon
    }

    func start() {
        let thread = Thread { [self] in
            while !isStopped.withLock({ $0 }) {
                let seconds = round()
                _ = bell.wait(timeout: .now() + seconds)
            }
            done.signal()
        }
        thread.name = "notifier"
        thread.start()
    }

    /// There may be something to send. Never blocks.
    func wake() {
        bell.signal()
    }

    func stop() {
        isStopped.withLock { $0 = true }
        wake()
    }

    /// Waits until the notice that is on its way has been taken and that is noted: else it would be sent once more.
    func finish(within seconds: Double) {
        _ = done.wait(timeout: .now() + seconds)
    }

    /// Sends what can be sent now.
    /// - Returns: the seconds until there may be more to do.
    private func round() -> Double {
        // Rings that came meanwhile are answered by this round.
        while bell.wait(timeout: .now()) == .success {}
        do {
            try daemon.watching {
                for outgoing in try daemon.state.read({ try $0.outgoingNotices() }) {
                    if isStopped.withLock({ $0 }) { break }
                    try send(outgoing)
                }
            }
            daemon.health.clear(.notices)
        } catch {
            daemon.complain(.notices, FordelerError(.noticeFailed, "notices cannot be sent: \(error)"))
        }
        let now = ContinuousClock.now
        let next = silent.withLock { $0.values.map(\.until).filter { $0 > now }.min() }
        return next.map { now.duration(to: $0) / .seconds(1) } ?? 60
    }

    private func send(_ outgoing: OutgoingNotice) throws {
        let isSilent = silent.withLock { $0[outgoing.channel].map { $0.until > .now } ?? false }
        guard !isSilent else { return }
        guard let channel = daemon.configuration.notify.senders.first(where: { $0.name == outgoing.channel }) else {
            // The channel is not configured any more; whoever configures it again is told then.
            return
        }
        do {
            if !taken.withLock({ $0.contains(outgoing.number) }) {
                try channel.send(outgoing.notice)
                taken.withLock { _ = $0.insert(outgoing.number) }
            }
            silent.withLock { $0[outgoing.channel] = nil }
            try daemon.state.write { try $0.note(outgoing, .sent, failure: "") }
            taken.withLock { _ = $0.remove(outgoing.number) }
        } catch let error as FordelerError where error.code.name == "notice.refused" {
            daemon.log.error(
                "\(error)", metadata: ["channel": "\(outgoing.channel)", "notice": "\(outgoing.notice.code)"])
            try daemon.state.write { try $0.note(outgoing, .refused, failure: error.message) }
        } catch let error as FordelerError where error.code.name == "notice.unreachable" {
            daemon.log.warning("\(error)", metadata: ["channel": "\(outgoing.channel)"])
            silent.withLock { silent in
                let failures = silent[outgoing.channel]?.failures ?? 0
                let wait = Self.retries[min(failures, Self.retries.count - 1)]
                silent[outgoing.channel] = (failures + 1, .now + .seconds(wait))
            }
            try daemon.state.write { try $0.note(outgoing, .waiting, failure: error.message) }
        }
    }
}

import Foundation
import Intake
import Logging
import OrganisationModel
import Storage
import Synchronization
import Versioning

/// Does what is due, one thing after the other, on a thread of its own: turns the days, takes note of files, reads them when
/// their source's schedule says so, and tells people what waits for them.
///
/// Nothing here is remembered only in memory but what may be forgotten: after a crash the same things are due, and each is
/// done again or found to be done.
final class Agenda: Sendable {
    private let daemon: Daemon
    private let alarm: Alarm
    private let passes = NSCondition()
    /// How many passes have begun and ended; guarded by `passes`.
    private let counts = Mutex<(begun: Int, ended: Int)>((0, 0))
    private let done = DispatchSemaphore(value: 0)
    private let reloads = Mutex(false)
    /// When the present pass began, by the monotonic clock; nil between passes.
    private let passBegan = Mutex<ContinuousClock.Instant?>(nil)

    /// However far off the next due is, the clock is looked at so often: it may have been set. Seconds.
    private static let tick = 30.0
    /// A pass that takes longer than this hangs.
    private static let passMax = Duration.seconds(1800)

    init(_ daemon: Daemon) throws {
        self.daemon = daemon
        alarm = try Alarm()
    }

    func start() {
        let thread = Thread { [self] in
            run()
            done.signal()
        }
        thread.name = "agenda"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// - Returns: whether the work at hand ended in time.
    func finish(within seconds: Double) -> Bool {
        alarm.ring()
        guard done.wait(timeout: .now() + seconds) == .success else { return false }
        done.signal()
        return true
    }

    /// Has the configuration file read again.
    func reload() {
        reloads.withLock { $0 = true }
        alarm.ring()
    }

    /// Something may have changed. Never blocks.
    func look() {
        alarm.ring()
    }

    /// Returns when everything has been done that was due at the time of the call, also what comes of downloads.
    func settle() {
        var isDone = false
        while !isDone, !daemon.isStopping {
            let before = daemon.downloads.activity
            settlePass()
            daemon.downloads.wait { daemon.isStopping }
            // What a download brings is read by the passes after it.
            isDone = !before.isOpen && daemon.downloads.activity.begun == before.begun
        }
    }

    private func settlePass() {
        let wanted = counts.withLock { $0.begun + 1 }
        alarm.ring()
        passes.lock()
        defer { passes.unlock() }
        while counts.withLock({ $0.ended < wanted }), !daemon.isStopping {
            _ = passes.wait(until: Date(timeIntervalSinceNow: 1))
        }
    }

    /// False when a pass hangs.
    var isAlive: Bool {
        passBegan.withLock { $0.map { $0.duration(to: .now) < Self.passMax } ?? true }
    }

    private func run() {
        var round = AgendaRound(daemon)
        while !daemon.isStopping {
            counts.withLock { $0.begun += 1 }
            passBegan.withLock { $0 = .now }
            if reloads.withLock({ wanted in
                defer { wanted = false }; return wanted
            }) {
                Reloading(daemon).run()
                round = AgendaRound(daemon)
            }
            let seconds = round.pass(Self.tick)
            passBegan.withLock { $0 = nil }
            passes.lock()
            counts.withLock { $0.ended += 1 }
            passes.broadcast()
            passes.unlock()
            // A request that came during this pass rang the alarm, so the next one begins at once.
            if !daemon.isStopping { alarm.wait(for: round.descriptors, seconds: seconds) }
        }
    }
}

import NIOCore
import Synchronization

/// Where requests wait for events. Waiting holds no thread.
///
/// No wake-up is lost: who wants to wait reads ``generation`` before asking for events, and does not wait when it has moved on
/// since.
final class WaitingRoom: Sendable {
    enum Outcome {
        /// There may be events now.
        case woken
        /// The time is up, the client is gone, or the server stops.
        case over
        /// Too many are waiting.
        case full
    }

    private struct State {
        var generation = 0
        var isClosed = false
        var nextTicket = 0
        var waiters: [Int: CheckedContinuation<Outcome, Never>] = [:]
    }

    private let state = Mutex(State())

    /// Moves on with every wake-up.
    var generation: Int {
        state.withLock { $0.generation }
    }

    /// Ends all waits, as events may have come.
    func wake() {
        resumeAll(.woken) { $0.generation += 1 }
    }

    /// Ends all waits, and lets none begin any more.
    func close() {
        resumeAll(.over) { $0.isClosed = true }
    }

    private func resumeAll(_ outcome: Outcome, _ change: (inout State) -> Void) {
        let waiters = state.withLock { state in
            change(&state)
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume(returning: outcome) }
    }

    /// Waits for the next wake-up after `generation`, at most until the deadline and as long as the client is there.
    func wait(after generation: Int, until deadline: NIODeadline, _ connection: Connection) async -> Outcome {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        let timer = connection.channel.eventLoop.scheduleTask(deadline: deadline) { self.leave(ticket) }
        let outcome = await withCheckedContinuation { (waiter: CheckedContinuation<Outcome, Never>) in
            let refusal: Outcome? = state.withLock { state in
                if state.isClosed { return .over }
                if state.generation != generation { return .woken }
                if state.waiters.count >= Limits.waitersMax { return .full }
                state.waiters[ticket] = waiter
                return nil
            }
            if let refusal { return waiter.resume(returning: refusal) }
            // A timer that fired before the waiter was there fires for nobody, so the deadline is looked at again.
            if NIODeadline.now() >= deadline { leave(ticket) }
            connection.whenGone { self.leave(ticket) }
        }
        connection.whenGone(nil)
        timer.cancel()
        return outcome
    }

    private func leave(_ ticket: Int) {
        state.withLock { $0.waiters.removeValue(forKey: ticket) }?.resume(returning: .over)
    }
}

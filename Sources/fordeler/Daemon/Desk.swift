import Foundation
import Synchronization

/// Where the register is worked on: one import, decision or day turn at a time, whoever asks for it.
final class Desk: Sendable {
    private let lock = NSLock()
    private let followers = Mutex<[@Sendable () -> Void]>([])

    /// Runs `body` while nobody else is at the desk, then tells everybody who follows
    /// that something may have changed.
    func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
        defer { for follower in followers.withLock({ $0 }) { follower() } }
        lock.lock()
        defer { lock.unlock() }
        return try body()
    }

    /// - Parameter follower: called after each piece of work; must return at once.
    func follow(_ follower: @escaping @Sendable () -> Void) {
        followers.withLock { $0.append(follower) }
    }
}

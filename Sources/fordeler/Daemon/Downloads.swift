import Foundation
import OrganisationModel
import Synchronization
import Transports

/// The downloads that are under way, each on a thread of its own: a server that takes hours holds up nobody else. One at a
/// time for each source.
final class Downloads: Sendable {
    /// How one ended.
    struct End {
        let source: String
        /// The due for which it was begun.
        let due: Date
        let result: Result<Fetched, any Error>
    }

    /// What came of one.
    enum Fetched {
        case file(String)
        /// The server has nothing new.
        case nothing
        /// The server delivered anew what is there already.
        case same
    }

    private struct Standing {
        var busy: Set<String> = []
        var ended: [End] = []
        var begun = 0
    }

    private let change = NSCondition()
    /// Guarded by `change`, too, for those who wait.
    private let standing = Mutex(Standing())

    /// Begins a download; `end` is called on its thread.
    /// - Returns: false when the source is busy, or its last one was not taken note of.
    func begin(
        _ source: String, due: Date, _ body: @escaping @Sendable () throws -> Fetched,
        end: @escaping @Sendable () -> Void
    ) -> Bool {
        let isFree = standing.withLock { standing in
            // What ended is taken note of before the next one begins.
            guard !standing.busy.contains(source), !standing.ended.contains(where: { $0.source == source }) else {
                return false
            }
            standing.busy.insert(source)
            standing.begun += 1
            return true
        }
        guard isFree else { return false }
        let thread = Thread { [self] in
            let result = Result { try body() }
            free([source], End(source: source, due: due, result: result))
            end()
        }
        thread.name = "download"
        thread.start()
        return true
    }

    /// Those that ended since the last time.
    func ended() -> [End] {
        standing.withLock { standing in
            defer { standing.ended = [] }
            return standing.ended
        }
    }

    /// Runs `body` while nothing else is downloaded for some sources.
    /// - Parameter isStopping: true ends the wait.
    /// - Throws: what `body` throws; ``FordelerError`` `download.interrupted`.
    func alone<Value>(
        _ sources: [String], isStopping: () -> Bool, _ body: () throws -> Value
    ) throws -> Value {
        change.lock()
        var isTaken = take(sources)
        while !isTaken, !isStopping() {
            _ = change.wait(until: Date(timeIntervalSinceNow: 1))
            isTaken = take(sources)
        }
        change.unlock()
        guard isTaken else {
            throw FordelerError(.downloadInterrupted, "it was interrupted; nothing was changed")
        }
        defer { free(sources, nil) }
        return try body()
    }

    /// How many were begun until now, and whether one is under way or ended without anybody having taken note.
    var activity: (begun: Int, isOpen: Bool) {
        standing.withLock { ($0.begun, !$0.busy.isEmpty || !$0.ended.isEmpty) }
    }

    /// Returns when nothing is downloaded.
    func wait(isStopping: () -> Bool) {
        change.lock()
        defer { change.unlock() }
        while isBusy, !isStopping() { _ = change.wait(until: Date(timeIntervalSinceNow: 1)) }
    }

    /// - Returns: whether nothing is downloaded any more.
    func finish(within seconds: Double) -> Bool {
        change.lock()
        defer { change.unlock() }
        if isBusy { _ = change.wait(until: Date(timeIntervalSinceNow: seconds)) }
        return !isBusy
    }

    private var isBusy: Bool { standing.withLock { !$0.busy.isEmpty } }

    private func take(_ sources: [String]) -> Bool {
        standing.withLock { standing in
            guard standing.busy.isDisjoint(with: sources) else { return false }
            standing.busy.formUnion(sources)
            return true
        }
    }

    private func free(_ sources: [String], _ end: End?) {
        change.lock()
        standing.withLock { standing in
            standing.busy.subtract(sources)
            if let end { standing.ended.append(end) }
        }
        change.broadcast()
        change.unlock()
    }
}

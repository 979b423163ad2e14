import AdminAPI
import Crypto
import Distribution
import Foundation
import OrganisationModel
import RegisterFixtures
import Synchronization

/// Two subscriptions, `ky` and `hr`, with the tokens `ky-token` and `hr-token`. Events are their numbers, from 1.
final class FakePullService: PullService {
    struct Secret: Error {}

    struct State {
        var events = 0
        var settled = 0
        var objects = 5
        var padding = 0
        var failure: (any Error)?
        var problems: [String] = []
        var afterReading: (@Sendable () -> Void)?
        var tokens = ["ky-token": "ky", "hr-token": "hr"]
    }

    static let position = Position(version: 7, day: Day(number: 20_000))
    let state = Mutex(State())
    /// Signalled after each reading of events.
    private let hasRead = DispatchSemaphore(value: 0)

    /// Returns once events were read once more.
    func awaitReading() throws {
        if hasRead.wait(timeout: .now() + .seconds(600)) == .timedOut { throw Mismatch("events are not read") }
    }

    func change(_ body: (inout State) -> Void) {
        state.withLock { body(&$0) }
    }

    private func checked() throws -> State {
        let now = state.withLock { $0 }
        if let failure = now.failure { throw failure }
        return now
    }

    func subscription(tokenDigest: [UInt8]) throws -> String? {
        let tokens = state.withLock { $0.tokens }
        return tokens.first { Array(SHA256.hash(data: Array($0.key.utf8))) == tokenDigest }?.value
    }

    func events(_ name: String, after: Int, max: Int) throws -> EventBatch {
        let now = try checked()
        let first = Swift.max(Swift.min(after, now.events), now.settled) + 1
        let numbers = first <= now.events ? Array((first...now.events).prefix(max)) : []
        now.afterReading?()
        hasRead.signal()
        let texts = numbers.map { String($0) }
        return EventBatch(json: Array("[\(texts.joined(separator: ","))]".utf8), count: numbers.count)
    }

    func acknowledge(_ name: String, through number: Int) throws -> Int {
        let now = try checked()
        guard number <= now.events else { throw FordelerError(.ackAhead, "\(number) is beyond \(now.events)") }
        change { $0.settled = Swift.max($0.settled, number) }
        return Swift.max(now.settled, number)
    }

    /// Objects are their numbers, from 0; what is read on begins above the id of the last one.
    func snapshot(_ name: String, from cursor: SnapshotCursor?, max: Int) throws -> SnapshotPage {
        let now = try checked()
        let cursor = cursor ?? SnapshotCursor(position: Self.position, after: now.events, last: nil)
        let first = cursor.last.map { Int($0.id.low) + 1 } ?? 0
        let end = Swift.min(first + max, now.objects)
        let padding = String(repeating: " ", count: now.padding)
        let json = Array("[\((first..<end).map { String($0) }.joined(separator: ","))\(padding)]".utf8)
        let last = ObjectPlace(kind: .unit, id: ObjectID(high: 0, low: UInt64(end - 1)))
        let next = SnapshotCursor(position: cursor.position, after: cursor.after, last: last)
        return SnapshotPage(
            position: cursor.position, after: cursor.after, json: json, next: end < now.objects ? next : nil)
    }

    func readiness() -> [String] {
        state.withLock { $0.problems }
    }

    func metrics() throws -> [UInt8] {
        _ = try checked()
        return Array("fordeler_version 7\n".utf8)
    }
}

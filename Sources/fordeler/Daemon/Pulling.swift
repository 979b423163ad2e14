import AdminAPI
import Crypto
import Distribution
import Foundation
import OrganisationModel
import Storage
import Versioning

/// What subscribers read over HTTP, out of the daemon's state.
final class Pulling: PullService {
    private let daemon: Daemon

    init(_ daemon: Daemon) {
        self.daemon = daemon
    }

    /// The key that seals cursors; the same after every start.
    var cursorKey: [UInt8] {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("snapshot cursors".utf8), using: SymmetricKey(data: daemon.state.secret))
        return Array(code)
    }

    func subscription(tokenDigest: [UInt8]) throws -> String? {
        try daemon.watching { try daemon.state.read { try $0.subscription(tokenDigest: tokenDigest) } }
    }

    func events(_ name: String, after: Int, max: Int) throws -> EventBatch {
        try counted { transaction, delivery in
            try delivery.batch(delivery.mailbox(name), after: after, max: max)
        }
    }

    func acknowledge(_ name: String, through number: Int) throws -> Int {
        let source = try daemon.workplace().eventSource
        return try daemon.watching {
            try daemon.state.write { transaction in
                let delivery = Delivery(log: transaction, source: source)
                return try delivery.acknowledge(delivery.mailbox(name), through: number).settledThrough
            }
        }
    }

    func snapshot(_ name: String, from cursor: SnapshotCursor?, max: Int) throws -> SnapshotPage {
        let today = try daemon.workplace().today
        return try counted { transaction, delivery in
            let mailbox = try delivery.mailbox(name)
            let (version, day) = try transaction.position()
            let start = SnapshotCursor(
                position: Position(version: version, day: day ?? today), after: try delivery.highestNumber(mailbox),
                last: nil)
            return try delivery.snapshotPage(mailbox, from: cursor ?? start, max: max)
        }
    }

    func readiness() -> [String] {
        daemon.isStopping ? ["daemon.stopping: the daemon is about to end"] : daemon.health.obstacles
    }

    func metrics() throws -> [UInt8] {
        try daemon.watching { try daemon.state.read { try Metrics(daemon, $0).text } }
    }

    /// Reads one state in which every view has counted all of the log.
    private func counted<Result>(_ body: (StateTransaction, Delivery) throws -> Result) throws -> Result {
        let source = try daemon.workplace().eventSource
        return try daemon.watching {
            try ViewCounting(daemon.state).run()
            return try daemon.state.read { try body($0, Delivery(log: $0, source: source)) }
        }
    }
}

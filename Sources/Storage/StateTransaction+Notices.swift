public import Distribution
import GRDB

// What people are told.
extension StateTransaction {
    /// Puts a notice on its way through each channel; one with an id that was there already is not told again.
    public func tell(_ notice: Notice, channels: [String]) throws {
        for channel in channels {
            let number = (try Int.fetchOne(db, sql: "SELECT max(number) FROM notice") ?? 0) + 1
            let isKnown =
                try Int.fetchOne(
                    db, sql: "SELECT 1 FROM notice WHERE id = ? AND channel = ?", arguments: [notice.id, channel])
                != nil
            guard !isKnown else { continue }
            try db.execute(
                sql: BulkStatement.insertion(into: "notice"),
                arguments: [
                    number, notice.id, channel, notice.code, notice.subject, notice.text, notice.time, 0, "waiting", "",
                ])
        }
    }

    /// The notices that nobody has taken yet, in order.
    public func outgoingNotices(limit: Int = .max) throws -> [OutgoingNotice] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM notice WHERE status = 'waiting' ORDER BY number LIMIT ?", arguments: [limit]
        ).map { row in
            OutgoingNotice(
                number: row["number"], channel: row["channel"],
                notice: Notice(
                    id: row["id"], code: row["code"], subject: row["subject"], text: row["text"], time: row["time"]),
                attempts: row["attempts"])
        }
    }

    /// What came of sending one.
    public enum Sending: String, Sendable {
        /// Taken by the receiver.
        case sent
        /// The receiver will never take it.
        case refused
        /// To be tried again.
        case waiting
    }

    /// - Parameter failure: what the receiver said; empty when it took the notice.
    public func note(_ outgoing: OutgoingNotice, _ sending: Sending, failure: String) throws {
        try db.execute(
            sql: BulkStatement.insertion(into: "notice", orReplace: true),
            arguments: [
                outgoing.number, outgoing.notice.id, outgoing.channel, outgoing.notice.code, outgoing.notice.subject,
                outgoing.notice.text, outgoing.notice.time, outgoing.attempts + 1, sending.rawValue, failure,
            ])
    }

    /// How many notices have each status.
    public func noticeCounts() throws -> [(status: String, count: Int)] {
        try Row.fetchAll(db, sql: "SELECT status, count(*) AS count FROM notice GROUP BY status ORDER BY status").map {
            ($0["status"], $0["count"])
        }
    }
}

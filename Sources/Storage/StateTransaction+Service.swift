import GRDB

// When the daemon started, and how it ended.
extension StateTransaction {
    /// Notes that the daemon started.
    /// - Returns: its number, and when the one before it started if that did not end by itself.
    public func beginService(time: String) throws -> (number: Int, crashed: String?) {
        let last = try Row.fetchOne(db, sql: "SELECT * FROM service ORDER BY number DESC LIMIT 1")
        let ended: String? = last?["ended"]
        let number = (last?["number"] as Int? ?? 0) + 1
        try db.execute(
            sql: BulkStatement.insertion(into: "service"), arguments: [number, time, String?.none])
        return (number, ended == nil ? last?["started"] : nil)
    }

    public func endService(_ number: Int, time: String) throws {
        try db.execute(
            sql: """
                UPDATE service SET ended = ?2, checksum = rowChecksum(number, started, ?2) WHERE number = ?1
                """, arguments: [number, time])
    }

    /// How often the daemon ended without saying so and was started again at or after an instant (UTC, RFC 3339).
    public func crashes(since time: String) throws -> Int {
        try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM service AS later JOIN service AS earlier ON earlier.number = later.number - 1
                WHERE earlier.ended IS NULL AND later.started >= ?
                """, arguments: [time]) ?? 0
    }
}

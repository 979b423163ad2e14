import GRDB
public import Versioning

// Approvals that are carried out later.
extension StateTransaction {
    /// All of them, the earliest first; also those whose candidate waits no more.
    public func schedule() throws -> [ScheduledPublish] {
        try Row.fetchAll(db, sql: "SELECT * FROM schedule ORDER BY instant, candidate").map { row in
            ScheduledPublish(
                candidate: CandidateID(row["candidate"]), instant: row["instant"], actor: Actor(row["actor"]),
                reason: row["reason"], given: row["given"])
        }
    }

    /// When a candidate that waits is to be published; nil when that is not decided.
    public func scheduledPublish(of id: CandidateID) throws -> ScheduledPublish? {
        guard try candidate(id)?.verdict == .held else { return nil }
        return try schedule().first { $0.candidate == id }
    }

    /// Takes the place of an earlier one of the same candidate.
    public func add(_ scheduled: ScheduledPublish) throws {
        try put(scheduled)
        try audit(
            scheduled.actor, "publish.scheduled", "candidate:\(scheduled.candidate)",
            "\(scheduled.instant): \(scheduled.reason)", scheduled.given)
    }

    private func put(_ scheduled: ScheduledPublish) throws {
        try db.execute(
            sql: BulkStatement.insertion(into: "schedule", orReplace: true),
            arguments: [
                scheduled.candidate.number, scheduled.instant, scheduled.actor.name, scheduled.reason, scheduled.given,
            ])
    }

    /// - Parameter action: what the audit says became of it, such as `publish.unscheduled`.
    public func remove(
        _ scheduled: ScheduledPublish, action: String, detail: String, _ actor: Actor, _ time: String
    ) throws {
        try db.execute(sql: "DELETE FROM schedule WHERE candidate = ?", arguments: [scheduled.candidate.number])
        try audit(actor, action, "candidate:\(scheduled.candidate)", detail, time)
    }

    /// An approval is for changes and brakes, so it goes on with a candidate that takes the place of another one and has the
    /// same.
    func inheritSchedule(_ candidate: Candidate, from others: [CandidateID]) throws {
        for id in others where id != candidate.id {
            guard let scheduled = try scheduledPublish(of: id), try self.candidate(id)?.planHash == candidate.planHash
            else { continue }
            try remove(
                scheduled, action: "publish.rescheduled", detail: "with candidate:\(candidate.id)", candidate.actor,
                candidate.time)
            try put(
                ScheduledPublish(
                    candidate: candidate.id, instant: scheduled.instant, actor: scheduled.actor,
                    reason: scheduled.reason, given: scheduled.given))
        }
    }
}

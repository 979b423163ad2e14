import Foundation
import GRDB
public import OrganisationModel
import Validation
public import Versioning

// Taking away what nothing keeps, bit by bit. From the first bit on nothing that goes can be read; whatever is cut off is
// found and done by the next pruning.
extension StateTransaction {
    private static let sweptSetting = "sweptVersion"
    private static let staleMark = "stale"

    /// Moves the edge, and says so in the audit; what lies before it goes with ``sweep(_:)``.
    public func begin(_ plan: PruningPlan, actor: Actor, time: String) throws {
        try set(Self.oldestSetting, Int64(plan.oldest))
        if try mark(Self.staleMark) ?? 0 == 0 { try setMark(Self.staleMark, Int(plan.today.number)) }
        let versions =
            plan.versions.isEmpty ? "no versions" : "versions \(plan.versions.lowerBound) to \(plan.oldest - 1)"
        try audit(
            actor, "state.pruned", "version:\(plan.oldest)",
            "\(versions); \(plan.candidates.count) candidates, \(plan.runs.count) runs, \(plan.notices) notices", time)
    }

    /// The register's day since when what went may still stand somewhere in the file; nil when nothing went since it was written
    /// anew.
    public func staleSince() throws -> Day? {
        try mark(Self.staleMark).flatMap { $0 == 0 ? nil : Day(number: Int32(clamping: $0)) }
    }

    /// Says that the file was written anew.
    public func setFresh() throws {
        try setMark(Self.staleMark, 0)
    }

    // MARK: States

    /// How many objects one transaction looks at.
    static let objectsPerSweep = 2000

    /// How far a sweep has come.
    public struct Sweep: Sendable {
        fileprivate var after: ObjectID?
        /// The states that went.
        public private(set) var states = 0

        public init() {}

        fileprivate mutating func count(_ states: Int) { self.states += states }
    }

    /// Takes away states that ended before the oldest version, of some objects. What is deleted is overwritten with zeros.
    /// - Returns: whether there is more to do.
    public func sweepStates(_ sweep: inout Sweep) throws -> Bool {
        let oldest = try oldestVersion()
        let version = Int(try setting(Self.sweptSetting) ?? 1) + 1
        guard version <= oldest else { return false }
        try overwriting {
            let ids = try began(with: version, after: sweep.after)
            let concerned = ids.isEmpty ? [] : try concerned()
            for id in ids { sweep.count(try sweepStates(of: id, oldest: oldest, concerned)) }
            sweep.after = ids.count < Self.objectsPerSweep ? nil : ids.last
            if sweep.after == nil { try set(Self.sweptSetting, Int64(version)) }
        }
        return true
    }

    /// The objects with a state that began with a version, in the order of ids.
    private func began(with version: Int, after id: ObjectID?) throws -> [ObjectID] {
        // No bytes stand before every id.
        let first = Data(id?.bytes ?? [])
        return try Data.fetchAll(
            db,
            sql: """
                SELECT id FROM object WHERE since = ?1 AND since > 1 AND id > ?2
                UNION SELECT id FROM pastState WHERE since = ?1 AND since > 1 AND id > ?2 ORDER BY id LIMIT ?3
                """, arguments: [version, first, Self.objectsPerSweep]
        ).map { data in
            guard let id = data.withUnsafeBytes({ ObjectID(bytes: $0) }) else { throw damaged("pastState") }
            return id
        }
    }

    private func sweepStates(of id: ObjectID, oldest: Int, _ concerned: Set<ObjectID>) throws -> Int {
        let since = try versions(of: id)
        guard let base = since.last(where: { $0 <= oldest }), since[0] < base else { return 0 }
        let anchors = try anchors(of: id, base: base, since, concerned)
        for anchor in anchors { try strip(id, anchor) }
        let removal = try BulkStatement(db, "DELETE FROM pastState WHERE id = ? AND since = ?")
        let boundary = try BulkStatement(db, "DELETE FROM boundary WHERE day = ? AND id = ? AND since = ?")
        let going = since.filter { $0 < base && !anchors.contains($0) }
        for version in going {
            for day in try state(of: id, version: version)?.boundaries ?? [] {
                boundary.bind(1, Int(day.number))
                boundary.bind(copying: id, 2)
                boundary.bind(3, version)
                try boundary.run()
            }
            removal.bind(copying: id, 1)
            removal.bind(2, version)
            try removal.run()
        }
        if base == since.last, try object(id) == nil { try forgetKey(of: id) }
        return going.count
    }

    /// Of an object that is in no version any more the id stays, which is the keyed hash of its key. The key, perhaps a CPR
    /// number, goes: an erasure would not find it any more. It is there again when the source sends it again.
    private func forgetKey(of id: ObjectID) throws {
        try db.execute(
            sql: """
                UPDATE object SET key = ?2,
                checksum = rowChecksum(id, kind, source, ?2, generation, salt, since, ordinary, personal, digest)
                WHERE id = ?1
                """, arguments: [Data(id.bytes), id.description])
    }

    /// Of a state that stays although it ended, only what it stays for: about whom it is, and whether that is somebody protected.
    private func strip(_ id: ObjectID, _ version: Int) throws {
        guard let kind = try lastKnown(id)?.kind, let state = try state(of: id, version: version), !state.isErased
        else { return }
        let told = schema.personRelations(kind) + [schema[kind].protectionFlag].compactMap { $0 }
        let kept = ObjectState(
            state.periods(schema[kind]).map { period in
                StatePeriod(period: period.period, fields: period.fields.filter { told.contains($0.attribute) })
            })
        try db.execute(
            sql: """
                UPDATE pastState SET ordinary = ?3, personal = ?4, checksum = rowChecksum(id, since, ?3, ?4)
                WHERE id = ?1 AND since = ?2
                """, arguments: [Data(id.bytes), version, Data(kept.ordinary), Data(kept.personal)])
    }

    /// The versions of states that stay although they ended: the last one that says about whom an object is, where the first one
    /// kept refers to nobody, because an erasure has to find that one; and of what is gone and is, or led to, somebody who ever was
    /// protected, what it was last, because what refers to it is masked by that.
    private func anchors(of id: ObjectID, base: Int, _ since: [Int], _ concerned: Set<ObjectID>) throws -> Set<Int> {
        guard let kind = try lastKnown(id)?.kind else { return [] }
        let relations = schema.personRelations(kind)
        let isPerson = schema[kind].protectionFlag != nil
        guard isPerson || !relations.isEmpty else { return [] }
        func isNamed(_ version: Int) throws -> Bool? {
            try state(of: id, version: version).map { !$0.everyTarget(of: relations).isEmpty }
        }
        let older = since.filter { $0 < base }
        var anchors: Set<Int> = []
        var isUntied =
            try since.first { try $0 >= base && isNamed($0) != nil }.map { try isNamed($0) == false } ?? false
        if concerned.contains(id), try isNamed(base) == nil,
            let last = try older.last(where: { try isNamed($0) != nil })
        {
            anchors.insert(last)
            if try isNamed(last) == false { isUntied = true }
        }
        if isUntied, !isPerson, let tied = try older.last(where: { try isNamed($0) == true }) { anchors.insert(tied) }
        return anchors
    }

    /// Everybody who ever was protected, and everything that ever led to them.
    private func concerned() throws -> Set<ObjectID> {
        var concerned = try everProtected()
        var frontier = concerned
        while !frontier.isEmpty {
            frontier = try Set(frontier.flatMap { try referrers(of: $0) }).subtracting(concerned)
            concerned.formUnion(frontier)
        }
        return concerned
    }

    // MARK: The rest

    /// How many candidates, runs or rows of one sort one transaction takes away.
    private static let rowsPerSweep = 500

    /// Takes away some of the candidates, runs, notices and days that the plan names, and counts of events that nobody can ask
    /// for any more.
    /// - Parameter done: how many of these steps were done.
    /// - Returns: whether there is more to do.
    public func sweepRest(_ plan: PruningPlan, done: Int) throws -> Bool {
        let steps = steps(plan)
        guard done < steps.count else { return false }
        try overwriting { try steps[done]() }
        return true
    }

    private func steps(_ plan: PruningPlan) -> [() throws -> Void] {
        func pieces<Element>(_ list: [Element]) -> [ArraySlice<Element>] {
            stride(from: 0, to: list.count, by: Self.rowsPerSweep).map { list[$0...].prefix(Self.rowsPerSweep) }
        }
        return pieces(plan.runs).map { runs in { try remove(runs: runs, plan) } }
            + pieces(plan.candidates).map { candidates in { try remove(candidates: candidates) } }
            + plan.findings.map { candidate in { try removeFindings(of: candidate) } }
            + [{ try removeDays(plan) }, { try removeSmall(plan) }]
    }

    private func remove(runs: ArraySlice<Int>, _ plan: PruningPlan) throws {
        for run in runs {
            // Somebody may have had the file read again since.
            try db.execute(
                sql: "DELETE FROM run WHERE number = ? AND ended < ?", arguments: [run, plan.runsBefore])
        }
    }

    private func remove(candidates: ArraySlice<CandidateID>) throws {
        for candidate in candidates {
            try removeFindings(of: candidate)
            for (table, column) in [("exportFile", "candidate"), ("candidate", "number")] {
                try db.execute(
                    sql: "DELETE FROM \(table) WHERE \(column) = ?", arguments: [candidate.number])
            }
        }
    }

    private func removeFindings(of candidate: CandidateID) throws {
        try db.execute(sql: "DELETE FROM finding WHERE candidate = ?", arguments: [candidate.number])
    }

    /// Days that have come, but for those whose turn a mailbox has not settled.
    private func removeDays(_ plan: PruningPlan) throws {
        let first = try mailboxes().compactMap { try firstUnsettled($0)?.number }.min() ?? Int.max
        let day = try Int.fetchOne(
            db, sql: "SELECT min(day) FROM logEntry WHERE number >= ? AND cause = 'dayturn'", arguments: [first])
        try db.execute(
            sql: "DELETE FROM boundary WHERE day < ?",
            arguments: [min(day ?? Int.max, Int(plan.today.number) + 1)])
    }

    private func removeSmall(_ plan: PruningPlan) throws {
        try db.execute(sql: "DELETE FROM notice WHERE \(Self.noticeGoes)", arguments: [plan.noticesBefore])
        try db.execute(
            sql: "DELETE FROM service WHERE started < ? AND number < (SELECT max(number) FROM service)",
            arguments: [plan.noticesBefore])
        try db.execute(
            sql: "DELETE FROM viewEntry WHERE entry IN (SELECT number FROM logEntry WHERE version < ?)",
            arguments: [plan.oldest])
        // Of each unit the last figures before the edge stay: they are those of the edge, too, unless it brought others.
        try db.execute(
            sql: """
                DELETE FROM figure WHERE version < ?1 AND EXISTS (
                    SELECT 1 FROM figure AS later WHERE later.unit = figure.unit AND later.version < ?1
                    AND (later.version, later.day) > (figure.version, figure.day))
                """, arguments: [plan.oldest])
        // Brakes look back on some days, and the register's day may have run ahead of the calendar.
        let lookedAt = plan.today.advanced(by: -Brakes.recentDays - Waiting.daysToTurnMax)
        try db.execute(
            sql: "DELETE FROM brakeTally WHERE version IN (SELECT number FROM version WHERE number < ? AND day < ?)",
            arguments: [plan.oldest, lookedAt.number])
    }

    /// What `body` deletes is overwritten with zeros where it stood. Copies that SQLite left when it moved rows from page to page
    /// go when the file is written anew.
    private func overwriting(_ body: () throws -> Void) throws {
        try db.execute(sql: "PRAGMA secure_delete = ON")
        defer { try? db.execute(sql: "PRAGMA secure_delete = OFF") }
        try body()
    }
}

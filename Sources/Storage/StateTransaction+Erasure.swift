import Foundation
import GRDB
import Mapping
public import OrganisationModel
public import Versioning

/// A person whose data were erased once.
public struct Erased: Sendable {
    public let id: ObjectID
    /// What began before this version is erased.
    public let version: Int
    /// UTC, RFC 3339; the same as in the ledger.
    public let time: String
}

// Erasing what is known of a person.
extension StateTransaction {
    // MARK: Erasing

    /// Takes the person's values out of all states, claims and findings, and the keys and salts of the objects that are
    /// about nobody else. To be called after the version that removed these from the register.
    /// - Parameters:
    ///   - holdings: as found before that version.
    ///   - version: that version.
    ///   - isSuppressed: whether records about these objects are left out of exports from now on.
    public func erase(_ holdings: Holdings, version: Int, isSuppressed: Bool, actor: Actor, time: String) throws {
        for held in holdings.objects { try eraseStates(of: held) }
        for held in holdings.theirs { try eraseKey(held.object.id, held.object.kind, held.object.key) }
        for claimed in holdings.claimed { try eraseKey(claimed.id, claimed.kind, claimed.key) }
        for id in holdings.ownIDs.union(holdings.objects.map(\.object.id)).sorted() {
            try db.execute(
                sql: BulkStatement.insertion(into: "erasure", orReplace: true),
                arguments: [Data(id.bytes), version, time])
        }
        for id in isSuppressed ? holdings.ownIDs.sorted() : [] {
            try db.execute(
                sql: BulkStatement.insertion(into: "suppression", orReplace: true),
                arguments: [Data(id.bytes), Data(holdings.person.bytes), time])
        }
        try eraseReasons(ofCorrectionsIn: holdings.claims)
        try removeClaims(holdings.claims)
        try setPins(Set(pins().map(\.id)).subtracting(holdings.ownIDs))
        try audit(actor, isSuppressed ? "person.suppressed" : "person.erased", "person/\(holdings.person)", "", time)
    }

    private func eraseStates(of held: Holdings.Held) throws {
        let id = Data(held.object.id.bytes)
        let rows = try Row.fetchAll(
            db,
            sql: "SELECT since, ordinary, personal FROM pastState WHERE id = ? AND ordinary IS NOT NULL ORDER BY since",
            arguments: [id])
        func state(_ row: Row) -> ObjectState {
            ObjectState(ordinary: row.bytes("ordinary"), personal: row.bytes("personal"))
        }
        let theirs = Set(held.versions)
        let others = rows.filter { !theirs.contains($0["since"]) }.map(state)
        let current = try object(held.object.id)?.state
        var values = ErasedValues(keeping: others + (current.map { [$0] } ?? []), schema[held.object.kind])
        for row in rows where theirs.contains(row["since"]) {
            let erased = values.erase(state(row))
            try db.execute(
                sql: """
                    UPDATE pastState SET personal = ?3, checksum = rowChecksum(id, since, ordinary, ?3)
                    WHERE id = ?1 AND since = ?2
                    """, arguments: [id, row["since"] as Int, Data(erased.personal)])
        }
    }

    /// The id stays, which is the keyed hash of the key; the key goes.
    private func eraseKey(_ id: ObjectID, _ kind: Kind, _ key: String) throws {
        try db.execute(
            sql: """
                UPDATE object SET key = ?2, salt = x'',
                checksum = rowChecksum(id, kind, source, ?2, generation, x'', since, ordinary, personal, digest)
                WHERE id = ?1
                """, arguments: [Data(id.bytes), id.description])
        try db.execute(
            sql: """
                UPDATE finding SET key = ?3, message = ?4, checksum = rowChecksum(
                candidate, number, rule, severity, fate, kind, ?3, source, file, line, ?4)
                WHERE kind = ?1 AND key IN (?2, ?3)
                """, arguments: [Int(kind.rawValue), key, id.description, Finding.erasedMessage])
        try forgetFindings(kind, named: [key, id.description])
    }

    /// Whether a candidate has findings about somebody who was erased since.
    public func hasErasedFindings(_ candidate: CandidateID) throws -> Bool {
        try Int.fetchOne(
            db, sql: "SELECT 1 FROM finding WHERE candidate = ? AND message = ? LIMIT 1",
            arguments: [candidate.number, Finding.erasedMessage]) != nil
    }

    private func removeClaims(_ claims: [Holdings.HeldClaim]) throws {
        var index = ClaimIndexChange(lookedUp: try indexedForeignIDs(), schema: schema, isWatched: true)
        let removal = try BulkStatement(db, "DELETE FROM claim WHERE row = ?")
        for claim in claims {
            index.replace(try self.claim(row: claim.row), by: nil, row: claim.row)
            removal.bind(1, Int(claim.row))
            try removal.run()
        }
        try write(index)
        for (source, claims) in Dictionary(grouping: claims, by: \.source) {
            let rows = Set(claims.map(\.row))
            let places = try claimPlaces(of: source).filter { !rows.contains($0.row) }
            try db.execute(
                sql: BulkStatement.insertion(into: "claimPlaces", orReplace: true),
                arguments: [source, Data(PackedPlaces.pack(places))])
        }
    }

    // MARK: What was erased

    /// The objects with erased states, and the version before which.
    public func erased() throws -> [Erased] {
        try Row.fetchAll(db, sql: "SELECT id, version, time FROM erasure ORDER BY version, id").map { row in
            guard let id = row.bytes("id").withUnsafeBytes({ ObjectID(bytes: $0) }) else { throw damaged("erasure") }
            return Erased(id: id, version: row["version"], time: row["time"])
        }
    }

    /// The rows of a ledger whose erasure the database does not know.
    public func undone(of ledger: [ErasureLedger.Row]) throws -> [ErasureLedger.Row] {
        let done = Set(try erased().map { "\($0.id) \($0.time)" })
        return ledger.filter { row in row.person.map { !done.contains("\($0) \(row.time)") } ?? false }
    }

    /// What the ledger and the database do not both know; empty when they agree.
    public func problems(of ledger: [ErasureLedger.Row]) throws -> [String] {
        let erased = try erased()
        let times = Set(ledger.map(\.time))
        return try undone(of: ledger).map {
            "the ledger: person/\($0.person ?? "") was to be erased and is not. It is done at the next fordeler erase or serve"
        }
            + erased.filter { !times.contains($0.time) }.map {
                "object \($0.id): it was erased, and the ledger does not say so"
            }
            + textProblems(of: ledger)
    }

    // MARK: Suppression

    /// The objects whose records are left out of every export.
    public func suppressedIDs() throws -> Set<ObjectID> {
        Set(try Data16.fetch(db, "SELECT id FROM suppression"))
    }

    /// The people who are suppressed, and since when (UTC, RFC 3339).
    public func suppressedPeople() throws -> [(person: ObjectID, time: String)] {
        try Row.fetchAll(db, sql: "SELECT person, min(time) AS time FROM suppression GROUP BY person ORDER BY 2, 1")
            .compactMap { row in
                row.bytes("person").withUnsafeBytes { ObjectID(bytes: $0) }.map { ($0, row["time"]) }
            }
    }

    /// From the next altered export on the person's records count again.
    /// - Returns: false for a person who is not suppressed.
    public func lift(suppressionOf person: ObjectID, reason: String, actor: Actor, time: String) throws -> Bool {
        try db.execute(sql: "DELETE FROM suppression WHERE person = ?", arguments: [Data(person.bytes)])
        guard db.changesCount > 0 else { return false }
        try audit(actor, "suppression.lifted", "person/\(person)", reason, time)
        return true
    }
}

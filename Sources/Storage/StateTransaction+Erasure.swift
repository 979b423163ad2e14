import Foundation
import GRDB
import Mapping
public import OrganisationModel
public import Versioning

/// What the state holds about one person.
public struct Holdings {
    /// An object with a state that is about the person: the person, or one that refers to it.
    public struct Held: Sendable {
        public let object: RegisteredObject
        public let isInRegister: Bool
        /// Whether its last state is about the person. Else it belongs to somebody else now, and only what it was stays here.
        public let isTheirs: Bool
        /// The versions with which states about the person began, in order.
        public let versions: [Int]
    }

    /// An accepted claim about one of these objects.
    public struct HeldClaim: Sendable {
        public let row: Int64
        public let source: String
        /// The source no longer sends the record; it had said that it ended.
        public let isEnded: Bool
    }

    public let person: ObjectID
    /// In the order of kinds and ids.
    public let objects: [Held]
    public let claims: [HeldClaim]
    /// The candidates that wait with one of these objects.
    public let candidates: [CandidateID]

    /// The objects that are about nobody else.
    public var theirs: [Held] { objects.filter(\.isTheirs) }
}

/// A person whose data were erased once.
public struct Erased: Sendable {
    public let id: ObjectID
    /// What began before this version is erased.
    public let version: Int
    /// UTC, RFC 3339; the same as in the ledger.
    public let time: String
}

// Erasing what is known of a person, and finding it first.
extension StateTransaction {
    // MARK: Finding

    /// Everything about a person. Looks through all states of the kinds that can refer to one.
    public func holdings(of person: ObjectID) throws -> Holdings {
        var objects = try [lastKnown(person)].compactMap { known in try known.map { try held($0, about: []) } }
        var about: Set<ObjectID> = [person]
        // Kinds that refer to others come after these.
        for kind in schema.kinds {
            let relations = schema.personRelations(kind.kind)
            if relations.isEmpty { continue }
            var ids: Set<ObjectID> = []
            try forEachState(of: kind) { id, state in
                if !state.everyTarget(of: relations).isDisjoint(with: about) { ids.insert(id) }
            }
            for known in try ids.sorted().compactMap({ try lastKnown($0) }) {
                objects.append(try held(known, about: about, relations))
            }
            about.formUnion(ids)
        }
        return Holdings(
            person: person, objects: objects, claims: try claims(about: objects.filter(\.isTheirs).map(\.object)),
            candidates: try waiting(with: Set(objects.map(\.object.id))))
    }

    private func forEachState(of kind: KindSchema, _ body: (_ id: ObjectID, ObjectState) throws -> Void) throws {
        for table in ["object", "pastState"] {
            let isKind =
                table == "object" ? "kind = ?" : "(SELECT kind FROM object WHERE object.id = pastState.id) = ?"
            let statement = try BulkStatement(
                db,
                "SELECT id, ordinary, personal FROM \(table) WHERE ordinary IS NOT NULL AND \(isKind)")
            defer { statement.reset() }
            statement.bind(1, Int(kind.kind.rawValue))
            while try statement.step() {
                guard let id = ObjectID(bytes: statement.bytes(0)) else { throw damaged(table) }
                try body(id, state(statement, ordinary: 1))
            }
        }
    }

    /// Which states of an object are about the person. One that refers to nobody is about whom the one before it is about, or
    /// else the one after: an account that lost its person is still named after them.
    private func held(
        _ object: RegisteredObject, about: Set<ObjectID>, _ relations: [Attribute] = []
    ) throws -> Holdings.Held {
        let isInRegister = try self.object(object.id) != nil
        let all = try versions(of: object.id).map { ($0, try state(of: object.id, version: $0)) }
        guard object.kind != .person else {
            return Holdings.Held(
                object: object, isInRegister: isInRegister, isTheirs: true, versions: all.map(\.0))
        }
        var versions: [Int] = []
        var untied: [Int] = []
        var isTheirs: Bool?
        for (version, state) in all {
            guard let state else { continue }
            let targets = state.everyTarget(of: relations)
            if targets.isEmpty, isTheirs == nil {
                untied.append(version)
                continue
            }
            if !targets.isEmpty { isTheirs = !targets.isDisjoint(with: about) }
            if isTheirs == true { versions += untied + [version] }
            untied = []
        }
        return Holdings.Held(
            object: object, isInRegister: isInRegister, isTheirs: isTheirs == true, versions: versions)
    }

    /// The claims that make these objects, and those that add to them by a value that they have.
    private func claims(about objects: [RegisteredObject]) throws -> [Holdings.HeldClaim] {
        let lookedUp = try indexedForeignIDs()
        let wanted = Set(objects.map(\.id)).union(
            objects.flatMap { object in object.state.foreignIDs(object.kind, lookedUp: lookedUp, schema: schema) })
        var claims: [Holdings.HeldClaim] = []
        try forEachClaim(rows: claimRows(boundTo: Set(wanted.map { ClaimKey($0) })).sorted()) { row, source, claim in
            guard Claim.names(wanted, in: claim) else { return }
            claims.append(Holdings.HeldClaim(row: row, source: source, isEnded: Claim.isEnded(claim)))
        }
        return claims
    }

    private func waiting(with ids: Set<ObjectID>) throws -> [CandidateID] {
        try candidates().filter { $0.verdict == .held }.map(\.id).filter { id in
            var isConcerned = false
            try changeSet(id)?.forEach { if ids.contains($0.id) { isConcerned = true } }
            guard !isConcerned else { return true }
            let buffer = ClaimBuffer()
            return try overlays(of: id, into: buffer).contains { overlay in
                overlay.altered.contains { Claim.names(ids, in: buffer[$0.reference]) }
            }
        }.sorted()
    }

    // MARK: Erasing

    /// Takes the person's values out of all states, claims and findings, and the keys and salts of the objects that are
    /// about nobody else. To be called after the version that removed these from the register.
    /// - Parameters:
    ///   - holdings: as found before that version.
    ///   - version: that version.
    ///   - isSuppressed: whether records about these objects are left out of exports from now on.
    public func erase(_ holdings: Holdings, version: Int, isSuppressed: Bool, actor: Actor, time: String) throws {
        for held in holdings.objects {
            try eraseStates(of: held)
            try db.execute(
                sql: BulkStatement.insertion(into: "erasure", orReplace: true),
                arguments: [Data(held.object.id.bytes), version, time])
        }
        for held in holdings.theirs {
            try eraseKey(of: held.object)
            guard isSuppressed else { continue }
            try db.execute(
                sql: BulkStatement.insertion(into: "suppression", orReplace: true),
                arguments: [Data(held.object.id.bytes), Data(holdings.person.bytes), time])
        }
        try removeClaims(holdings.claims)
        let gone = Set(holdings.theirs.map(\.object.id))
        try setPins(Set(pins().map(\.id)).subtracting(gone))
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
    private func eraseKey(of object: RegisteredObject) throws {
        let key = object.id.description
        try db.execute(
            sql: """
                UPDATE object SET key = ?2, salt = x'',
                checksum = rowChecksum(id, kind, source, ?2, generation, x'', since, ordinary, personal, digest)
                WHERE id = ?1
                """, arguments: [Data(object.id.bytes), key])
        try db.execute(
            sql: """
                UPDATE finding SET key = ?3, message = 'erased', checksum = rowChecksum(
                candidate, number, rule, severity, fate, kind, ?3, source, file, line, 'erased')
                WHERE kind = ?1 AND key = ?2
                """, arguments: [Int(object.kind.rawValue), object.key, key])
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

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
        /// The source no longer sends the record: it had said that it ended, or an editor said it.
        public let isEnded: Bool
    }

    /// An object that only claims speak of: its records were left out because of mistakes, so the register never held it.
    public struct Claimed: Sendable {
        public let id: ObjectID
        public let kind: Kind
        public let source: String
        public let key: String
        /// Every personal value of it.
        public internal(set) var texts: Set<String>
    }

    public let person: ObjectID
    /// In the order of kinds and ids.
    public let objects: [Held]
    public let claimed: [Claimed]
    public let claims: [HeldClaim]
    /// The candidates that wait with one of these objects.
    public let candidates: [CandidateID]

    /// The objects that are about nobody else.
    public var theirs: [Held] { objects.filter(\.isTheirs) }

    /// How many objects are about the person, in the register or only in claims.
    public var count: Int { objects.count + claimed.count }

    /// Their ids, and those of what only claims speak of.
    var ownIDs: Set<ObjectID> { Set(theirs.map(\.object.id) + claimed.map(\.id)) }
}

// Finding all that is known of a person.
extension StateTransaction {
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
        var found = PersonClaims(person, lookedUp: try indexedForeignIDs(), schema)
        for held in objects where held.isTheirs { found.add(held.object) }
        try follow(&found)
        let ids = Set(objects.map(\.object.id))
        for known in try found.ids.subtracting(ids).sorted().compactMap({ try lastKnown($0) }) {
            objects.append(try held(known, about: about, schema.personRelations(known.kind), isFound: true))
        }
        return Holdings(
            person: person, objects: objects, claimed: found.claimed, claims: found.claims,
            candidates: try waiting(with: found.ids.union(ids)))
    }

    /// Reads the claims about what was found, and what these lead to.
    private func follow(_ found: inout PersonClaims) throws {
        var read: Set<Int64> = []
        while true {
            let rows = try claimRows(boundTo: found.keys).subtracting(read)
            guard !rows.isEmpty else { return }
            read.formUnion(rows)
            try forEachClaim(rows: rows.sorted()) { row, source, claim in
                try found.take(claim, row, source) { id in try lastKnown(id) }
            }
        }
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
    /// - Parameter isFound: claims say that it is about the person, which the register never held.
    private func held(
        _ object: RegisteredObject, about: Set<ObjectID>, _ relations: [Attribute] = [], isFound: Bool = false
    ) throws -> Holdings.Held {
        let isInRegister = try self.object(object.id) != nil
        let all = try versions(of: object.id).map { ($0, try state(of: object.id, version: $0)) }
        guard object.kind != .person else {
            return Holdings.Held(
                object: object, isInRegister: isInRegister, isTheirs: true,
                versions: all.filter { $0.1 != nil }.map(\.0))
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
        if isFound, isTheirs == nil {
            versions = untied
            isTheirs = true
        }
        return Holdings.Held(
            object: object, isInRegister: isInRegister, isTheirs: isTheirs == true, versions: versions)
    }

    /// The candidates that wait with one of these objects.
    public func waiting(with ids: Set<ObjectID>) throws -> [CandidateID] {
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
}

import GRDB
import Mapping
public import OrganisationModel
public import Versioning

/// An accepted claim with the place of its record.
public struct PlacedClaim {
    public let row: Int64
    public let source: String
    public let key: Fingerprint
    public let body: [UInt8]
    /// The line is 0 when the last export did not name it any more.
    public let location: SourceLocation
    /// How many exports in a row lacked it.
    public let absences: Int
}

// What objects are explained by.
extension StateTransaction {
    /// Accepted claims, in the order of rows.
    public func placedClaims(_ rows: Set<Int64>) throws -> [PlacedClaim] {
        guard !rows.isEmpty else { return [] }
        var places: [Int64: ClaimPlace] = [:]
        for source in try sourcesWithClaims() {
            for place in try claimPlaces(of: source) where rows.contains(place.row) { places[place.row] = place }
        }
        var files: [Int: String] = [:]
        return try rows.sorted().compactMap { row in
            let statement = try BulkStatement(db, "SELECT source, key, body FROM claim WHERE row = ?")
            defer { statement.reset() }
            statement.bind(1, Int(row))
            guard try statement.step(), let key = Fingerprint(bytes: statement.bytes(1)) else { throw damaged("claim") }
            let (source, body) = (statement.text(0), Array(statement.bytes(2)))
            guard let place = places[row], case .accepted(let number) = place.file else { return nil }
            let file = try files[number] ?? fileName(number)
            files[number] = file
            return PlacedClaim(
                row: row, source: source, key: key, body: body,
                location: SourceLocation(source: source, file: file, line: place.line), absences: place.absences)
        }
    }

    /// The objects of a kind that bear one of these keys, whatever gave them their ids. Looks through all of the kind.
    public func ids(_ kind: Kind, keys: Set<String>) throws -> [String: [ObjectID]] {
        let statement = try BulkStatement(db, "SELECT id, key FROM object WHERE kind = ?")
        defer { statement.reset() }
        statement.bind(1, Int(kind.rawValue))
        var ids: [String: [ObjectID]] = [:]
        while try statement.step() {
            let key = statement.text(1)
            guard keys.contains(key), let id = ObjectID(bytes: statement.bytes(0)) else { continue }
            ids[key, default: []].append(id)
        }
        return ids
    }

    /// The objects of a kind that accepted claims of a source name by one of these keys. Looks through all of the source.
    public func claimedIDs(_ kind: Kind, keys: Set<String>, source: String) throws -> [String: Set<ObjectID>] {
        var ids: [String: Set<ObjectID>] = [:]
        try forEachClaim(of: source) { _, claim in
            var reader = Claim.Reader(claim)
            _ = reader.recordKey()
            _ = reader.findings()
            for _ in 0..<reader.objectCount() where reader.isIntact {
                let object = reader.object()
                guard object.kind == kind, object.flags & Claim.adds == 0 else { continue }
                let key = String(decoding: object.key, as: UTF8.self)
                if keys.contains(key) { ids[key, default: []].insert(object.id) }
            }
        }
        return ids
    }

    /// The candidate with which the last export of a source was accepted; nil when it never had one.
    public func acceptedCandidate(of source: String) throws -> CandidateID? {
        try Int.fetchOne(db, sql: "SELECT candidate FROM export WHERE source = ?", arguments: [source]).map {
            CandidateID($0)
        }
    }
}

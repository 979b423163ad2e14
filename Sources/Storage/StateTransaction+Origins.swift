import GRDB
import Mapping
public import OrganisationModel
public import Versioning

// Where objects and candidates come from.
extension StateTransaction {
    /// Where an object comes from: as the register last held it, else as accepted claims name it. A pinned object may never
    /// have been in the register, or its key went with a pruning.
    public func origin(of id: ObjectID) throws -> (kind: Kind, source: String, key: String)? {
        let known = try lastKnown(id)
        if let known, known.key != id.description { return (known.kind, known.source, known.key) }
        var origin: (kind: Kind, source: String, key: String)?
        try forEachClaim(rows: claimRows(boundTo: [ClaimKey(id)]).sorted()) { _, source, claim in
            var reader = Claim.Reader(claim)
            _ = reader.recordKey()
            _ = reader.findings()
            for _ in 0..<reader.objectCount() where reader.isIntact {
                let object = reader.object()
                guard origin == nil, object.id == id, object.flags & (Claim.adds | Claim.corrects) == 0 else {
                    continue
                }
                origin = (object.kind, source, String(decoding: object.key, as: UTF8.self))
            }
        }
        return origin ?? known.map { ($0.kind, $0.source, $0.key) }
    }

    /// Where accepted exports named an object last, source by source.
    public func locations(of id: ObjectID) throws -> [SourceLocation] {
        var rows: Set<Int64> = []
        try forEachClaim(rows: claimRows(boundTo: [ClaimKey(id)]).sorted()) { row, _, claim in
            var reader = Claim.Reader(claim)
            _ = reader.recordKey()
            _ = reader.findings()
            let ids = (0..<reader.objectCount()).map { _ in reader.object() }.filter {
                $0.flags & (Claim.adds | Claim.leftOut) == 0
            }
            if ids.contains(where: { $0.id == id }) { rows.insert(row) }
        }
        return try locations(of: rows)
    }

    /// Where the records of accepted claims stand, source by source.
    public func locations(of rows: Set<Int64>) throws -> [SourceLocation] {
        guard !rows.isEmpty else { return [] }
        return try sourcesWithClaims().flatMap { source in
            try claimPlaces(of: source).filter { rows.contains($0.row) }.compactMap { place in
                guard case .accepted(let file) = place.file else { return nil }
                return SourceLocation(source: source, file: try fileName(file), line: place.line)
            }
        }
    }

    /// The files that a candidate was made of, in the order in which they were read.
    public func files(of candidate: CandidateID) throws -> [(source: String, name: String)] {
        try Row.fetchAll(
            db, sql: "SELECT source, name FROM exportFile WHERE candidate = ? ORDER BY source, number",
            arguments: [candidate.number]
        ).map { ($0["source"], $0["name"]) }
    }
}

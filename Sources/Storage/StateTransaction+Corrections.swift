import GRDB
import Mapping
public import OrganisationModel
public import Versioning

/// A correction that waits or is accepted, with who made it and why.
public struct KeptCorrection: Sendable {
    public let correction: Correction
    /// The row of its claim; nil while it only waits.
    public let row: Int64?
    public let actor: Actor
    /// When it was made; UTC, RFC 3339.
    public let time: String
    /// ``StateTransaction/erasedText`` when it was erased.
    public let reason: String
    /// The version with which it was published; nil while it waits, and when that is not known any more.
    public let version: Int?
    /// The candidate in which it waits, or waits to be withdrawn; nil when neither.
    public let candidate: CandidateID?
}

// What editors say lies among the claims; who said it, when and why lies here.
extension StateTransaction {
    /// Numbers are never given twice, also when a candidate was rejected.
    public func nextCorrectionNumber() throws -> Int {
        (try Int.fetchOne(db, sql: "SELECT max(number) FROM correction") ?? 0) + 1
    }

    /// Says who makes a correction and why; to be called when its claim is accepted or waits.
    public func note(_ correction: Correction, reason: String, _ actor: Actor, _ time: String) throws {
        try db.execute(
            sql: BulkStatement.insertion(into: "correction"), arguments: [correction.number, actor.name, time, reason])
        try audit(actor, "correction.made", "correction:\(correction.number)", reason, time)
    }

    /// Says who takes a correction back and why.
    public func noteWithdrawal(_ number: Int, reason: String, _ actor: Actor, _ time: String) throws {
        try audit(actor, "correction.withdrawn", "correction:\(number)", reason, time)
    }

    /// The accepted corrections, in the order of their numbers, with the rows of their claims.
    public func acceptedCorrections() throws -> [(row: Int64, correction: Correction)] {
        var found: [(row: Int64, correction: Correction)] = []
        guard try sourcesWithClaims().contains(Correction.source) else { return [] }
        try forEachClaim(of: Correction.source) { row, claim in
            if let correction = Correction(claim: claim, schema: schema) { found.append((row, correction)) }
        }
        return found.sorted { $0.correction.number < $1.correction.number }
    }

    /// What counts for what, by the accepted corrections.
    public func aliases() throws -> Aliases {
        Aliases(try acceptedCorrections().map(\.correction))
    }

    /// The objects of which accepted corrections speak.
    public func correctedIDs() throws -> Set<ObjectID> {
        let corrections = try acceptedCorrections().map(\.correction)
        let aliases = Aliases(corrections)
        return Set(corrections.flatMap { [$0.id, aliases.target(of: $0.id)] })
    }

    /// All corrections that are accepted or wait, in the order of their numbers.
    public func corrections() throws -> [KeptCorrection] {
        let notes = Dictionary(
            uniqueKeysWithValues: try Row.fetchAll(db, sql: "SELECT number, actor, time, reason FROM correction").map {
                ($0["number"] as Int, $0)
            })
        let versions = try versionsOfCorrections()
        let candidate = try waiting(source: Correction.source).last
        let buffer = ClaimBuffer()
        let overlay = try candidate.flatMap { candidate in
            try overlays(of: candidate, into: buffer).first { $0.source == Correction.source }
        }
        let leaving = Set(overlay?.absent ?? [])
        func kept(_ correction: Correction, row: Int64?, candidate: CandidateID?) -> KeptCorrection {
            let note = notes[correction.number]
            return KeptCorrection(
                correction: correction, row: row, actor: Actor(note?["actor"] ?? ""), time: note?["time"] ?? "",
                reason: note?["reason"] ?? "", version: row.flatMap { versions[$0] }, candidate: candidate)
        }
        let accepted = try acceptedCorrections().map { row, correction in
            kept(correction, row: row, candidate: leaving.contains(row) ? candidate : nil)
        }
        let waiting = (overlay?.altered ?? []).compactMap { claim in
            Correction(claim: buffer[claim.reference], schema: schema).map { kept($0, row: nil, candidate: candidate) }
        }
        return (accepted + waiting).sorted { $0.correction.number < $1.correction.number }
    }

    private func versionsOfCorrections() throws -> [Int64: Int] {
        var versions: [Int64: Int] = [:]
        for place in try claimPlaces(of: Correction.source) {
            guard case .accepted(let file) = place.file else { continue }
            versions[place.row] = try Int.fetchOne(
                db,
                sql: """
                    SELECT candidate.version FROM exportFile JOIN candidate ON candidate.number = exportFile.candidate
                    WHERE exportFile.id = ? AND candidate.version IS NOT NULL
                    """, arguments: [file])
        }
        return versions
    }

    // MARK: Erasing

    /// The entries of the audit that say why corrections among these claims were made or withdrawn.
    public func auditTexts(ofCorrectionsIn holdings: Holdings) throws -> [AuditHead] {
        let subjects = Set(try correctionNumbers(holdings.claims).map { "correction:\($0)" })
        guard !subjects.isEmpty else { return [] }
        return try auditEntries().filter { entry in
            subjects.contains(entry.subject) && !entry.detail.isEmpty && entry.detail != Self.erasedText
        }.compactMap { try auditHead(at: $0.number) }.reversed()
    }

    func eraseReasons(ofCorrectionsIn claims: [Holdings.HeldClaim]) throws {
        for number in try correctionNumbers(claims) {
            try db.execute(
                sql: """
                    UPDATE correction SET reason = '\(Self.erasedText)',
                    checksum = rowChecksum(number, actor, time, '\(Self.erasedText)') WHERE number = ?
                    """, arguments: [number])
        }
    }

    private func correctionNumbers(_ claims: [Holdings.HeldClaim]) throws -> [Int] {
        try claims.filter { $0.source == Correction.source }.compactMap { held in
            try claim(row: held.row).withUnsafeBytes { Correction(claim: $0, schema: schema)?.number }
        }
    }
}

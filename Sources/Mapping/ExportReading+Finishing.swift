import OrganisationModel
import SourceExports

/// What an export says is gone, and what stays.
extension ExportReading {
    /// - Throws: of a full export ``ExportProblem`` `export.incomplete` when a document is missing, `export.empty` when no file
    ///   held a record.
    public func finish() throws -> Overlay {
        try isDelta ? finishDelta() : finishFull()
    }

    // MARK: Full exports

    private func finishFull() throws -> Overlay {
        let documents = program.document.documents
        let missing = documents.indices.filter { documents[$0].isRequired && !present.contains($0) }
        guard missing.isEmpty else {
            let names = missing.map { documents[$0].name }.joined(separator: ", ")
            throw ExportProblem(
                rule: .incomplete, line: 0,
                message: "The export lacks \(names). Without all its documents it is not used. Deliver them together.")
        }
        guard records > 0 else {
            throw ExportProblem(
                rule: .empty, line: 0,
                message:
                    "The export holds no record. A full export without records would remove everything, so it is "
                    + "refused. Ask the source for a complete file.")
        }
        let unseen = heads.filter { !$0.isSeen }.map(\.row)
        // A record without a key may be any of those that seem to be gone, so none of them is taken for gone. One that ended
        // with a stub is not named again; it has ended, which is not the same as never having been.
        let staying = try unseen.filter { row in
            try keyless > 0 || store.claim(row: row).withUnsafeBytes(Claim.isEnded)
        }
        let gone = Set(unseen).subtracting(staying).sorted()
        let unconfirmed = try unconfirmed(gone)
        let kept = staying.map { ClaimPlace(row: $0, file: .own(0), line: 0) } + unconfirmed
        let absent = Set(gone).subtracting(unconfirmed.map(\.row)).sorted()
        var unchanged = kept
        unchanged.reserveCapacity(kept.count + heads.count)
        for head in heads {
            if let place = head.unchangedPlace { unchanged.append(place) }
        }
        unchanged.sort { $0.row < $1.row }
        return Overlay(
            source: program.source, files: files, seed: program.seed, records: records, unchanged: unchanged,
            altered: altered.compactMap { $0 }, absent: absent, fullStamp: stamp)
    }

    private func unconfirmed(_ missing: [Int64]) throws -> [ClaimPlace] {
        guard confirmRemovals > 1, !missing.isEmpty else { return [] }
        let absences = Dictionary(
            try store.claimPlaces(of: program.source).map { ($0.row, $0.absences) }, uniquingKeysWith: max)
        return missing.compactMap { row in
            let known = absences[row] ?? 0
            let count = countsAbsences || known == 0 ? known + 1 : known
            return count < confirmRemovals ? ClaimPlace(row: row, file: .own(0), line: 0, absences: count) : nil
        }
    }

    // MARK: Deltas

    /// Begins with what is accepted, and with what waits as if it were.
    func beginDelta() throws {
        var next = heads.startIndex
        for place in try waiting?.unchanged ?? store.claimPlaces(of: program.source) {
            while next < heads.endIndex, heads[next].row < place.row { next += 1 }
            if next < heads.endIndex, heads[next].row == place.row { heads[next].unchangedPlace = place }
        }
        guard let waiting else { return }
        altered = waiting.altered
        let rows = Dictionary(uniqueKeysWithValues: heads.indices.map { (heads[$0].row, $0) })
        for head in waiting.absent.compactMap({ rows[$0] }) { heads[head].isAbsent = true }
        for (number, claim) in waiting.altered.enumerated() {
            if let head = claim.replaces.flatMap({ rows[$0] }) {
                heads[head].altered = Int32(number)
            } else {
                heads.append(
                    Head(key: claim.key, fingerprint: claim.fingerprint, row: 0, altered: Int32(number)))
            }
        }
    }

    private func finishDelta() throws -> Overlay {
        for head in superfluous where !heads[head].isSeen { drop(head) }
        let accepted = try store.acceptedExport(of: program.source)
        let seed = waiting?.seed ?? accepted?.seed ?? program.seed
        // Those that only wait stand behind the accepted ones.
        let unchanged = heads.compactMap(\.unchangedPlace)
        let altered = altered.compactMap { $0 }
        return Overlay(
            source: program.source, files: (waiting?.files ?? []) + files,
            seed: seed.prefix(MappingProgram.seedSize) + [1], records: unchanged.count + altered.count,
            unchanged: unchanged, altered: altered, absent: heads.filter { $0.isAbsent && $0.row > 0 }.map(\.row),
            fullStamp: waiting?.fullStamp)
    }
}

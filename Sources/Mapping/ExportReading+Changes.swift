import OrganisationModel
import SourceExports

/// Documents that say what changed of a record.
extension ExportReading {
    /// A record with what is known of it.
    struct Merging {
        let texts: RecordText
        /// Of the findings on what was known, those on what is left of it, each with the place that brought it.
        var earlier: [Claim.StoredFinding] = []
        /// No document said the record as a whole.
        var isOfUnknown = false
    }

    /// - Parameter head: the claim that a change is merged into; nil when there is none.
    /// - Throws: ``ExportProblem`` `export.base-missing` when that was read before the mapping had `changes`.
    func merging(
        _ change: SourceRecord, _ key: UnsafeRawBufferPointer, _ head: Int?, _ kept: KeptRecord,
        _ recordProgram: MappingProgram.RecordProgram, _ mapper: inout RecordMapper
    ) throws -> Merging {
        guard let head, let claim = try current(head) else {
            return Merging(texts: kept.texts(change), isOfUnknown: true)
        }
        let (known, findings) = claim.withUnsafeBytes { bytes in
            var reader = Claim.Reader(bytes)
            _ = reader.recordKey()
            return (kept.texts(Claim.kept(in: bytes)), reader.findings())
        }
        guard let known else { throw noBase(change) }
        let rest = kept.rest(of: known, beside: change)
        var merging = Merging(texts: kept.merged(change, with: rest))
        guard !findings.isEmpty else { return merging }
        merging.isOfUnknown = findings.contains { $0.code == Rule.changeOfUnknown.code }
        let found = rest.withRecord(shape: change.shape, line: change.line) { record in
            mapper.findings(on: record, key: key, last: recordProgram.keeps ? claim : [])
        }
        let place = try place(ofClaim: head)
        merging.earlier = findings.filter { earlier in
            earlier.code == Rule.changeOfUnknown.code
                || found.contains { $0.code == earlier.code && $0.message == earlier.message }
        }.map { $0.placed($0.place ?? place) }
        return merging
    }

    /// Where the record of the claim stands that counts now; nil when that is not known.
    private func place(ofClaim head: Int) throws -> Claim.StoredFinding.Place? {
        if heads[head].altered >= 0, let claim = altered[Int(heads[head].altered)] {
            let files = (waiting?.files ?? []) + files
            let name = claim.file < files.count ? files[claim.file].name : fileName
            return Claim.StoredFinding.Place(file: name, line: claim.line)
        }
        guard let place = heads[head].unchangedPlace, place.line > 0 else { return nil }
        switch place.file {
        case .own: return nil
        case .accepted(let number):
            return Claim.StoredFinding.Place(file: try store.fileName(number), line: place.line)
        }
    }
}

import Foundation
import Intake
import Mapping
import OrganisationModel
import Storage
import Versioning

/// Takes away what is known of a person: in every version, claim and finding, and in every page of the database.
///
/// The structure stays: that there was somebody, with which employments, and every event that was ever counted.
struct Erasure {
    let workplace: Workplace
    let state: State

    /// What the state holds of a person, and what stands in the way.
    struct Plan {
        let holdings: Holdings
        /// Where sources that still send the person do so.
        let stillSent: [SourceLocation]
        /// Texts by which what is left can be found.
        let traces: Set<String>
    }

    /// - Throws: ``FordelerError`` `object.unknown`.
    func plan(_ person: ObjectID) throws -> Plan {
        try state.read { transaction in
            let holdings = try transaction.holdings(of: person)
            let erased = Dictionary(try transaction.erased().map { ($0.id, $0.version) }, uniquingKeysWith: max)
            let isThere = holdings.objects.contains { held in
                held.isInRegister || held.versions.contains { $0 > erased[held.object.id] ?? 0 }
            }
            guard isThere else {
                throw FordelerError(
                    .unknownObject,
                    erased[person].map { "the person was erased with version \($0)" }
                        ?? "nothing is known of this person")
            }
            let ids = Set(holdings.claims.filter { !$0.isEnded }.map(\.row))
            return Plan(
                holdings: holdings, stillSent: try transaction.locations(of: ids),
                traces: try traces(holdings, transaction))
        }
    }

    /// Erases a person, and writes the database anew so that nothing is left in its pages.
    /// - Parameter isSuppressed: whether records about the person are left out of exports from now on; else a source that
    ///   still sends them is a reason to refuse.
    /// - Throws: ``FordelerError`` `erasure.still-sent`, `erasure.candidate-waits`, `erasure.incomplete`,
    ///   `approval.reason-missing`.
    /// - Returns: the version with which the person went.
    func run(_ plan: Plan, reason: String, isSuppressed: Bool) throws -> Int {
        try Approval.require(reason)
        if !isSuppressed, let place = plan.stillSent.first {
            throw FordelerError(
                .stillSent,
                "\(place.source) still sends the person (\(place.file):\(place.line)). Have the record taken out there, or "
                    + "leave it out from now on with --suppress")
        }
        if let candidate = plan.holdings.candidates.first {
            throw FordelerError(
                .candidateWaits,
                "candidate:\(candidate) waits with data of the person. Publish or reject it first")
        }
        let row = ErasureLedger.Row(
            person: plan.holdings.person, time: workplace.time, actor: workplace.actor.name,
            isSuppressed: isSuppressed)
        try state.ledger.append([row])
        let version = try erase(plan.holdings, row, reason)
        try state.compact()
        try requireNothingLeft(plan.traces)
        return version
    }

    /// Erases again whom the ledger names and the database does not: after a crash between the two, or when an older database
    /// was put in place. What sources sent of them is forgotten, and candidates that hold them are superseded: the erasure was
    /// decided when neither was so.
    /// - Returns: how many people.
    @discardableResult
    func finish() throws -> Int {
        let rows = try state.ledger.rows()
        let due = try state.read { try $0.undone(of: rows) }
        var traces: Set<String> = []
        for row in due {
            guard let person = ObjectID(row.person) else { continue }
            let (holdings, found) = try state.read { transaction in
                let holdings = try transaction.holdings(of: person)
                return (holdings, try self.traces(holdings, transaction))
            }
            traces.formUnion(found)
            _ = try erase(holdings, row, "as the ledger of erasures demands")
        }
        guard !due.isEmpty else { return 0 }
        try state.compact()
        try requireNothingLeft(traces)
        return due.count
    }

    // MARK: The erasure

    /// One version without the person, and no values of the person in any other: both or nothing.
    private func erase(_ holdings: Holdings, _ row: ErasureLedger.Row, _ reason: String) throws -> Int {
        try state.write { transaction in
            for candidate in holdings.candidates {
                try transaction.supersede(candidate, by: "a person in it was erased", workplace.actor, workplace.time)
            }
            let removals = try holdings.theirs.map { held in
                ObjectChange(
                    id: held.object.id, kind: held.object.kind, source: held.object.source,
                    key: held.object.id.description, before: try transaction.object(held.object.id)?.state, after: nil)
            }
            let round = Proposing.Round(buffer: ClaimBuffer())
            let proposing = Proposing(workplace: workplace, state: state, transaction: transaction)
            let candidate = try proposing.draft(
                verdict: .published, cause: .erasure,
                counts: ListedChanges(removals.filter { $0.before != nil }).counts(transaction.schema), round)
            let version = try transaction.publish(
                Publication(
                    candidate: candidate, changes: ListedChanges(removals),
                    acceptance: Acceptance(overlays: [], buffer: round.buffer, standing: nil), tally: nil,
                    actor: workplace.actor, reason: reason, today: workplace.today, time: workplace.time),
                findings: [], salts: RandomSalts())
            try transaction.erase(
                holdings, version: version.number, isSuppressed: row.isSuppressed, actor: workplace.actor,
                time: row.time)
            return version.number
        }
    }

    // MARK: What is left

    /// Keys that are CPR numbers, and mail addresses: texts that are nobody else's.
    private func traces(_ holdings: Holdings, _ transaction: StateTransaction) throws -> Set<String> {
        var traces: Set<String> = []
        for held in holdings.theirs {
            let schema = transaction.schema[held.object.kind]
            if schema.hasPersonalKey { traces.insert(held.object.key) }
            for version in held.versions {
                let texts = try transaction.state(of: held.object.id, version: version)?.personalTexts(schema) ?? []
                traces.formUnion(texts.filter { $0.contains("@") || $0.wholeMatch(of: /[0-9]{10}/) != nil })
            }
        }
        // The key of an erased object is its id.
        return traces.subtracting(holdings.objects.map(\.object.id.description))
    }

    /// The files that came into drop folders, still lie there and hold a trace of the person. They are not ours to change.
    func files(_ plan: Plan) throws -> [String] {
        try state.read { try Set($0.runs().map(\.file.path)) }.sorted()
            .filter { try FileSearch.holds(plan.traces, $0) }
    }

    /// Nothing in the folder of the state may hold what was erased, and it is looked at, not believed.
    private func requireNothingLeft(_ traces: Set<String>) throws {
        let folder = state.folder
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        for name in names where try FileSearch.holds(traces, folder + "/" + name) {
            throw FordelerError(
                .erasureIncomplete,
                "the person was erased, but \(name) still holds a number or a mail address of it, perhaps as free text "
                    + "that somebody wrote. Look for it with fordeler audit and fordeler versions")
        }
    }
}

extension FordelerError.Code {
    static let stillSent = FordelerError.Code("erasure.still-sent")
    static let candidateWaits = FordelerError.Code("erasure.candidate-waits")
    static let erasureIncomplete = FordelerError.Code("erasure.incomplete")
}

/// Looks for texts in the bytes of files.
enum FileSearch {
    private static let pieceSize = 1 << 20

    /// Whether a file holds one of the texts as UTF-8. What is no regular file, or is gone, holds nothing.
    /// - Throws: when the file cannot be read.
    static func holds(_ texts: Set<String>, _ path: String) throws -> Bool {
        var status = stat()
        guard !texts.isEmpty, lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        let wanted = texts.map { Data($0.utf8) }
        let overlap = (wanted.map(\.count).max() ?? 1) - 1
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        var window = Data()
        while let piece = try file.read(upToCount: pieceSize), !piece.isEmpty {
            window = Data(window.suffix(overlap)) + piece
            if wanted.contains(where: { window.range(of: $0) != nil }) { return true }
        }
        return false
    }
}

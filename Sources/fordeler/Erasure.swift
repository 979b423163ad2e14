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
        /// Numbers and names by which texts that people wrote can be found.
        let words: NamingWords
        /// The entries of the audit that hold one of them.
        let texts: [AuditHead]
        /// How many reasons of versions, holds and approvals do.
        let reasons: Int
    }

    /// - Throws: ``FordelerError`` `object.unknown`.
    func plan(_ person: ObjectID) throws -> Plan {
        try state.read { transaction in
            let holdings = try transaction.holdings(of: person)
            let erased = Dictionary(try transaction.erased().map { ($0.id, $0.version) }, uniquingKeysWith: max)
            let isThere = holdings.objects.contains { held in
                held.isInRegister || held.versions.contains { $0 > erased[held.object.id] ?? 0 }
            }
            guard isThere || !holdings.claimed.isEmpty else {
                throw FordelerError(
                    .unknownObject,
                    erased[person].map { "the person was erased with version \($0)" }
                        ?? "nothing is known of this person")
            }
            let ids = Set(holdings.claims.filter { !$0.isEnded }.map(\.row))
            let traces = try traces(holdings, transaction)
            let words = try NamingWords(holdings, traces, transaction)
            return Plan(
                holdings: holdings, stillSent: try transaction.locations(of: ids), traces: traces, words: words,
                texts: try texts(holdings, words, transaction),
                reasons: try transaction.reasonCount(where: words.occur))
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
            throw FordelerError.waits(candidate)
        }
        guard !plan.words.occur(in: reason) else {
            throw FordelerError(
                .init("reason.names"), "the reason names the person who is to be erased. Say it without number and name"
            )
        }
        let row = ErasureLedger.Row(
            person: plan.holdings.person, time: workplace.time, actor: workplace.actor.name,
            isSuppressed: isSuppressed)
        try state.ledger.append([row] + plan.texts.map(ledgerRow))
        try DownloadFolder.removeAll(state: state.folder)
        let version = try erase(plan.holdings, row, reason, Texts(entries: plan.texts, words: plan.words))
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
        let (due, texts) = try state.read { (try $0.undone(of: rows), try $0.undoneTexts(of: rows)) }
        guard !due.isEmpty || !texts.isEmpty else { return 0 }
        if !due.isEmpty { try DownloadFolder.removeAll(state: state.folder) }
        var traces: Set<String> = []
        for row in due {
            guard let person = row.person.flatMap(ObjectID.init) else { continue }
            let (holdings, found, words, texts) = try state.read { transaction in
                let holdings = try transaction.holdings(of: person)
                let traces = try self.traces(holdings, transaction)
                let words = try NamingWords(holdings, traces, transaction)
                return (holdings, traces, words, try self.texts(holdings, words, transaction))
            }
            traces.formUnion(found)
            // An older audit holds other entries.
            try state.ledger.append(texts.map(ledgerRow))
            _ = try erase(
                holdings, row, "as the ledger of erasures demands", Texts(entries: texts, words: words))
        }
        if !texts.isEmpty { try state.write { try erase(texts, $0) } }
        try state.compact()
        try requireNothingLeft(traces)
        return due.count
    }

    // MARK: Texts

    /// The entries of the audit that name the person, or say why something about the person was corrected.
    private func texts(
        _ holdings: Holdings, _ words: NamingWords, _ transaction: StateTransaction
    ) throws -> [AuditHead] {
        let naming = try transaction.auditTexts(where: words.occur)
        let known = Set(naming.map(\.number))
        return try naming
            + transaction.auditTexts(ofCorrectionsIn: holdings).filter { !known.contains($0.number) }
    }

    /// Takes away what an entry of the audit says, and with it every other text that says the same.
    /// - Throws: ``FordelerError`` `audit.no-text`, `approval.reason-missing`.
    /// - Returns: the numbers of the entries.
    func eraseText(of number: Int, reason: String) throws -> [Int] {
        try Approval.require(reason)
        let heads = try state.read { transaction in
            let entry = try transaction.auditEntries().first { $0.number == number }
            return try entry.map { entry in try transaction.auditTexts { transaction.isText(of: entry, $0) } } ?? []
        }
        guard !heads.isEmpty else {
            throw FordelerError(
                .init("audit.no-text"), "there is no audit entry \(number) with a text. See: fordeler audit")
        }
        try state.ledger.append(heads.map(ledgerRow))
        try state.write { transaction in
            try erase(heads, transaction)
            try transaction.note(workplace.actor, "text.erased", "audit:\(number)", reason, workplace.time)
        }
        try state.compact()
        return heads.map(\.number)
    }

    private func erase(_ heads: [AuditHead], _ transaction: StateTransaction) throws {
        let numbers = Set(heads.map(\.number))
        let entries = try transaction.auditEntries().filter { numbers.contains($0.number) }
        try transaction.eraseTexts(of: heads) { text in
            entries.contains { transaction.isText(of: $0, text) }
        }
    }

    private func ledgerRow(_ entry: AuditHead) -> ErasureLedger.Row {
        ErasureLedger.Row(entry: entry, time: workplace.time, actor: workplace.actor.name)
    }

    /// What goes with a person of what people wrote.
    private struct Texts {
        let entries: [AuditHead]
        let words: NamingWords
    }

    // MARK: The erasure

    /// One version without the person, and no values of the person in any other: both or nothing.
    private func erase(
        _ holdings: Holdings, _ row: ErasureLedger.Row, _ reason: String, _ texts: Texts
    ) throws -> Int {
        try state.write { transaction in
            try transaction.eraseTexts(of: texts.entries, where: texts.words.occur)
            for candidate in holdings.candidates {
                try transaction.supersede(candidate, by: "a person in it was erased", workplace.actor, workplace.time)
                try DeltaOrder.refuse(
                    workplace.configuration.deltaSources, in: candidate, time: workplace.time,
                    "candidate:\(candidate), in which it was, held a person who was erased", transaction)
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
                    actor: workplace.actor, reason: reason, today: try day(transaction), time: workplace.time),
                findings: [], salts: RandomSalts())
            try transaction.erase(
                holdings, version: version.number, isSuppressed: row.isSuppressed, actor: workplace.actor,
                time: row.time)
            return version.number
        }
    }

    /// The day of the erasure. A clock that lies far ahead is not believed, and an erasure cannot wait for somebody to look at it:
    /// then no day is turned.
    private func day(_ transaction: StateTransaction) throws -> Day {
        guard let day = try transaction.position().day,
            workplace.today.number - day.number > Waiting.daysToTurnMax
        else { return workplace.today }
        return day
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
                traces.formUnion(Self.telling(texts))
            }
        }
        for claimed in holdings.claimed {
            if transaction.schema[claimed.kind].hasPersonalKey { traces.insert(claimed.key) }
            traces.formUnion(Self.telling(claimed.texts))
        }
        // The key of an erased object is its id.
        return traces.subtracting(holdings.objects.map(\.object.id.description))
    }

    private static func telling(_ texts: Set<String>) -> Set<String> {
        texts.filter { $0.contains("@") || $0.wholeMatch(of: /[0-9]{10}/) != nil }
    }

    /// The files that came into drop folders, or lie where a source's files are looked for, and hold a trace of the person. They
    /// are not ours to change.
    func files(_ plan: Plan) throws -> [String] {
        let own = Set(try DownloadFolder.files(state: state.folder))
        var delivered = try state.read { try Set($0.runs().map(\.file.path)) }
        for source in workplace.configuration.sources {
            if let pattern = source.files { delivered.formUnion(try source.delivered(pattern).map(\.path)) }
        }
        return try delivered.subtracting(own).flatMap(DropFolder.files(at:)).sorted()
            .filter { try FileSearch.holds(plan.traces, $0) }
    }

    /// The files that were downloaded and hold a trace of the person. An erasure deletes all that were.
    func downloads(_ plan: Plan) throws -> [String] {
        try DownloadFolder.files(state: state.folder).filter { try FileSearch.holds(plan.traces, $0) }
    }

    /// Nothing in the folder of the state may hold what was erased, and it is looked at, not believed.
    private func requireNothingLeft(_ traces: Set<String>) throws {
        let folder = state.folder
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        for name in names where try FileSearch.holds(traces, folder + "/" + name) {
            throw FordelerError(
                .erasureIncomplete,
                "the person was erased, but \(name) still holds a number or a mail address of it. Look for it with "
                    + "fordeler audit, and take a text away with fordeler audit erase-text")
        }
    }
}

extension FordelerError.Code {
    static let stillSent = FordelerError.Code("erasure.still-sent")
    static let candidateWaits = FordelerError.Code("erasure.candidate-waits")
    static let erasureIncomplete = FordelerError.Code("erasure.incomplete")
}

extension FordelerError {
    /// Nobody can be erased with whom a candidate waits.
    static func waits(_ candidate: CandidateID) -> FordelerError {
        FordelerError(
            .candidateWaits, "candidate:\(candidate) waits with data of the person. Publish or reject it first")
    }
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

import Distribution
import OrganisationModel
import Storage
import Versioning

/// The findings that stand: those of the current version, and what the newest candidate that waits would add to them.
struct FindingBook {
    enum Status: String, CaseIterable {
        /// It came with the current version or after it, or would come with the candidate.
        case new
        case open
        /// Somebody has seen it, and said why it stays.
        case acknowledged
        /// It went with the current version or after it.
        case gone
    }

    struct Entry {
        let identity: FindingIdentity
        /// Nil when it is gone: of that only the identity is remembered.
        let finding: Finding?
        let status: Status
        /// Nil when it does not stand yet.
        let since: Day?
        let gone: Day?
        /// The candidate that waits and has it; nil for the current version.
        let candidate: CandidateID?
        let acknowledgement: Acknowledgement?
    }

    let version: Int
    let day: Day?
    /// Errors first; then by rule, and in the order in which they were found.
    let entries: [Entry]
    /// How often each rule was broken, also beyond the findings that are kept.
    let counts: [String: Int]
    /// The newest candidate that waits; nil when none does.
    let waiting: Candidate?
    /// The newest candidate, when it was rejected.
    let rejected: Candidate?

    init(_ transaction: StateTransaction, today: Day) throws {
        let position = try transaction.position()
        let last = try transaction.lastAcceptedCandidate()
        let standing = try last.map { try transaction.findings($0.findingsFrom) } ?? []
        let lives = try transaction.findingLives()
        let known = Dictionary(uniqueKeysWithValues: lives.map { ($0.identity, $0) })
        let acknowledged = Dictionary(
            uniqueKeysWithValues: try transaction.acknowledgements().filter { $0.counts(on: today) }.map {
                ($0.identity, $0)
            })
        var entries: [Entry] = []
        for finding in FindingReport.worstFirst(standing) where !finding.isErased {
            let identity = FindingIdentity(finding)
            let life = known[identity]
            let isNew = life.map { $0.version == position.version && $0.version > 0 } ?? false
            let seen = acknowledged[identity]
            entries.append(
                Entry(
                    identity: identity, finding: finding, status: seen != nil ? .acknowledged : isNew ? .new : .open,
                    since: life?.since, gone: nil, candidate: nil, acknowledgement: seen))
        }
        let newest = try transaction.candidates().first { $0.verdict == .held || $0.verdict == .rejected }
        let current = last?.id.number ?? 0
        waiting = newest.flatMap { $0.verdict == .held ? $0 : nil }
        rejected = newest.flatMap { $0.verdict == .rejected && $0.id.number > current ? $0 : nil }
        if let waiting {
            let standing = Set(entries.map(\.identity))
            for finding in FindingReport.worstFirst(try transaction.findings(waiting.findingsFrom))
            where !finding.isErased && !standing.contains(FindingIdentity(finding)) {
                entries.append(
                    Entry(
                        identity: FindingIdentity(finding), finding: finding, status: .new, since: nil, gone: nil,
                        candidate: waiting.id, acknowledgement: nil))
            }
        }
        for life in lives where life.gone != nil {
            entries.append(
                Entry(
                    identity: life.identity, finding: nil, status: .gone, since: life.since, gone: life.gone,
                    candidate: nil, acknowledgement: nil))
        }
        self.entries = entries
        (version, day) = position
        counts = Dictionary(
            (last?.findingCounts ?? []).map { ($0.rule, $0.count) }, uniquingKeysWith: +)
    }

    /// Those that somebody should see.
    var open: [Entry] {
        entries.filter { $0.status == .new || $0.status == .open }
    }
}

/// What is asked of findings.
struct FindingQuestion {
    var rule: String?
    var source: String?
    var status: FindingBook.Status?
    /// The least number of days since they were first found.
    var age: Int?
    /// What belongs to a unit and all beneath it; nil for everything.
    var subtree: FindingSubtree?

    func asks(for entry: FindingBook.Entry, today: Day) -> Bool {
        if let rule, entry.identity.rule != rule { return false }
        if let source, entry.identity.source != source { return false }
        if let status {
            if entry.status != status { return false }
        } else if entry.status != .new && entry.status != .open {
            return false
        }
        if let age {
            guard let since = entry.since, Int(today.number - since.number) >= age else { return false }
        }
        return subtree?.contains(entry.identity) ?? true
    }
}

/// The objects of a unit and all beneath it, by what findings call them. What is not in the register belongs to no unit.
struct FindingSubtree {
    private struct Name: Hashable {
        let kind: Kind
        let key: String
        let source: String
    }

    private var names: Set<Name> = []

    init(key: String, _ session: Session, _ state: State, _ transaction: StateTransaction) throws {
        let lookup = try ObjectLookup(kind: Kind.unit.name, key: key, session)
        let units = try lookup.ids(session.workplace.identity(state), transaction).compactMap(transaction.object)
            .filter { $0.kind == .unit }
        guard let unit = units.first else { throw FordelerError(.unknownObject, "there is no unit \(key)") }
        guard units.count == 1 else {
            let named = units.map { "\($0.id) from \($0.source)" }.joined(separator: ", ")
            throw FordelerError(.usage, "several units have the key \(key). Name one by its UUID: \(named)")
        }
        let version = try transaction.position().version
        let subtree = try Subtree(of: unit.id, today: session.workplace.today, schema: transaction.schema) {
            kind, body in
            try transaction.forEachObject(version: version, kinds: [kind], after: nil) { place, state in
                try body(place.id, state)
                return true
            }
        }
        try transaction.forEachObject { object in
            let change = ObjectChange(
                id: object.id, kind: object.kind, source: object.source, key: object.key, before: nil,
                after: object.state)
            guard subtree.contains(change) else { return }
            for key in [object.key, object.id.description] {
                names.insert(Name(kind: object.kind, key: key, source: object.source))
            }
        }
    }

    func contains(_ identity: FindingIdentity) -> Bool {
        guard let kind = identity.kind else { return false }
        return names.contains(Name(kind: kind, key: identity.key, source: identity.source))
    }
}

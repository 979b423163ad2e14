@testable import fordeler
import Mapping
import OrganisationModel
import RegisterFixtures
import Storage
import Validation
import Versioning

/// What comes of all claims against what comes of those that a change can reach.
struct ResolveComparison {
    let office: Office

    private struct Pair {
        let reached: Proposing
        let whole: Proposing
    }

    private func pair(_ transaction: StateTransaction) throws -> Pair {
        let workplace = try office.workplace()
        var whole = Proposing(workplace: workplace, state: office.state, transaction: transaction)
        whole.isWhole = true
        return Pair(
            reached: Proposing(workplace: workplace, state: office.state, transaction: transaction), whole: whole)
    }

    // MARK: Steps to come

    /// Before an import of files, by their sources.
    func check(_ files: [String: String], _ what: String) throws {
        let (run, deliveries) = try office.importRun(files)
        try office.state.read { transaction in
            let exports = try run.read(deliveries, transaction)
            let pair = try pair(transaction)
            if exports.problems.isEmpty { try compare(exports.round, pair, what) }
            try compare(run.propose(exports, pair.reached), run.propose(exports, pair.whole), what)
        }
    }

    /// Before corrections.
    func check(_ requests: [CorrectionRequest], _ what: String) throws {
        try office.state.read { transaction in
            let pair = try pair(transaction)
            let round = try office.correcting().planned(requests, file: "f", transaction).round
            try compare(round, pair, what)
            try compare(pair.reached.propose(round), pair.whole.propose(round), what)
        }
    }

    /// Before an approval of something that waits, or at any time.
    func checkWaiting(_ what: String) throws {
        try office.state.read { transaction in
            let pair = try pair(transaction)
            try compare(Proposing.Round(buffer: ClaimBuffer()), pair, "\(what), without exports")
            for candidate in try transaction.candidates() where candidate.verdict == .held {
                if candidate.cause == .rollback {
                    try checkRollback(to: candidate.target ?? 0, candidate.includesAccounts, pair, what)
                    continue
                }
                let buffer = ClaimBuffer()
                let overlays = try transaction.overlays(of: candidate.id, into: buffer)
                let round = Proposing.Round(
                    overlays: overlays, buffer: buffer, summaries: candidate.sources, sources: overlays.map(\.source))
                let waiting = "\(what), candidate:\(candidate.id)"
                try compare(round, pair, waiting)
                try compare(pair.reached.proposeWhole(round), pair.whole.proposeWhole(round), waiting)
            }
        }
    }

    /// Before a rollback.
    func checkRollback(to version: Int, includesAccounts: Bool, _ what: String) throws {
        try office.state.read { try checkRollback(to: version, includesAccounts, pair($0), what) }
    }

    private func checkRollback(to version: Int, _ includesAccounts: Bool, _ pair: Pair, _ what: String) throws {
        let rollback = Rollback(workplace: try office.workplace(), state: office.state)
        func proposal(_ proposing: Proposing) throws -> Proposal? {
            do {
                return try rollback.propose(
                    Rollback.Goal(target: version, includesAccounts: includesAccounts), isPreview: true, proposing)
            } catch let error as FordelerError where error.code == .conflict || error.code == .unknownVersion {
                return nil
            }
        }
        let (reached, whole) = (try proposal(pair.reached), try proposal(pair.whole))
        try demand(reached == nil, equals: whole == nil, "\(what): whether there is anything to roll back")
        if let reached, let whole { try compare(reached, whole, "\(what), rollback") }
    }

    // MARK: Comparing

    private func compare(_ round: Proposing.Round, _ pair: Pair, _ what: String) throws {
        let (reached, whole) = (try pair.reached.resolve(round), try pair.whole.resolve(round))
        try compare(reached.whole, whole.whole, what)
        try demand(reached.beside == nil, equals: whole.beside == nil, "\(what): whether there is a plan beside pins")
        if let here = reached.beside, let there = whole.beside { try compare(here, there, "\(what), beside pins") }
        try demand(
            try reached.differing().map(\.description), equals: try whole.differing().map(\.description),
            "\(what): what differs beside pins")
        try demand(
            reached.idsWithFindings.sorted().map(\.description),
            equals: whole.idsWithFindings.sorted().map(\.description),
            "\(what): the objects with findings")
    }

    private func compare(_ reached: Judgement, _ whole: Judgement, _ what: String) throws {
        try demandSame(reached.changes, whole.changes, what)
        let (here, there) = (reached.findings.map { Self.text($0) }, whole.findings.map { Self.text($0) })
        if here != there {
            let onlyHere = here.filter { !there.contains($0) }
            let onlyThere = there.filter { !here.contains($0) }
            throw Mismatch(
                "\(what): findings differ\n  only in what a change reaches: \(onlyHere)\n  only in the whole: \(onlyThere)"
                    + (onlyHere + onlyThere == [] ? "\n  in their order: \(here)\n  and \(there)" : ""))
        }
        try demand(
            try reached.changes.counts(.standard), equals: try whole.changes.counts(.standard), "\(what): counts")
    }

    private func compare(_ reached: Proposal, _ whole: Proposal, _ what: String) throws {
        let (here, there) = (reached.candidate, whole.candidate)
        try demand(here.verdict, equals: there.verdict, "\(what): verdict")
        try demand(here.waitsFor, equals: there.waitsFor, "\(what): waitsFor")
        try demand(here.brakes, equals: there.brakes, "\(what): brakes")
        try demand(here.counts, equals: there.counts, "\(what): the counts of the proposal")
        try demand(here.planHash, equals: there.planHash, "\(what): plan hash")
        try demand(here.findingCounts, equals: there.findingCounts, "\(what): counts of findings")
        try demand(reached.isWritten, equals: whole.isWritten, "\(what): whether anything is written")
        try demand(reached.tally, equals: whole.tally, "\(what): tally")
        try demandSame(reached.changes, whole.changes, "\(what), proposed")
        try demandSame(reached.rest, whole.rest, "\(what), rest")
        let (now, then) = (reached.acceptance.standing, whole.acceptance.standing)
        try demand(now?.pins, equals: then?.pins, "\(what): pins")
        try demand(now?.idsWithFindings, equals: then?.idsWithFindings, "\(what): what is looked at again")
    }

    private func demandSame(_ reached: (any ChangeSet)?, _ whole: (any ChangeSet)?, _ what: String) throws {
        let (here, there) = (try Self.list(reached), try Self.list(whole))
        guard here != there else { return }
        let texts = ((here ?? []).map { Self.text($0) }, (there ?? []).map { Self.text($0) })
        throw Mismatch(
            "\(what): change sets differ\n  only in what a change reaches: \(texts.0.filter { !texts.1.contains($0) })\n"
                + "  only in the whole: \(texts.1.filter { !texts.0.contains($0) })")
    }

    private static func list(_ changes: (any ChangeSet)?) throws -> [ObjectChange]? {
        guard let changes else { return nil }
        var list: [ObjectChange] = []
        try changes.forEach { list.append($0) }
        return list
    }

    private static func text(_ finding: Finding) -> String {
        "\(finding.location.source) \(finding.location.file):\(finding.location.line) \(finding.rule.code) \(finding.key): "
            + finding.message
    }

    static func text(_ change: ObjectChange) -> String {
        "\(change.kind.name) \(change.source) \(change.key) \(change.id): \(text(change.before, change.kind)) -> "
            + text(change.after, change.kind)
    }

    static func text(_ state: ObjectState?, _ kind: Kind) -> String {
        guard let state else { return "none" }
        return state.periods(Schema.standard[kind]).map { period in
            "[\(period.period.from) \(period.period.to)) "
                + period.fields.map { "\($0.attribute.name)=\($0.value)" }.joined(separator: " ")
        }.joined(separator: "; ")
    }
}

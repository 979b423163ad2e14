import Foundation
import OrganisationModel
import Storage
import Versioning

/// In which order the files of a source that delivers deltas are taken: the oldest first, and none past one that was refused,
/// because what that one said would be lost.
struct DeltaOrder {
    private let source: String
    private let transaction: StateTransaction
    /// The files that were refused, or went with a candidate that somebody rejected, and for which nothing made up: nobody
    /// dropped them, and no full export came later. In their order.
    let refused: [Run]

    init(_ source: String, _ transaction: StateTransaction) throws {
        (self.source, self.transaction) = (source, transaction)
        let full = try transaction.fullStamp(source: source) ?? .min
        refused = try Self.ordered(transaction.runs(source: source, verdict: .rejected)).filter {
            $0.file.stamp >= full
        }
    }

    private static func ordered(_ runs: [Run]) -> [Run] {
        runs.sorted { ($0.file.stamp, $0.number) < ($1.file.stamp, $1.number) }
    }

    private func refused(before run: Run) -> Run? {
        refused.first { ($0.file.stamp, $0.number) < (run.file.stamp, run.number) }
    }

    /// The file that is to be read now; the others are told what they wait for.
    /// - Parameter isFull: whether a file holds a full export, which waits for none before it.
    func next(time: String, isFull: (Run) throws -> Bool) throws -> Run? {
        let full = try transaction.fullStamp(source: source) ?? .min
        let accepted = try transaction.acceptedFullStamp(source: source) ?? .min
        for run in try Self.ordered(transaction.runs(source: source, verdict: .waiting)) {
            var run = run
            if run.file.stamp < accepted {
                run.end(.superseded, time: time, "a full export that was made later was taken")
                try transaction.write(run)
            } else if run.file.stamp < full {
                try tell(&run, "a full export that was made later waits in a candidate")
            } else if let refused = refused(before: run), try !isFull(run) {
                try tell(&run, Self.reason(refused))
            } else {
                return run
            }
        }
        return nil
    }

    private func tell(_ run: inout Run, _ reason: String) throws {
        guard run.message != reason else { return }
        run.message = reason
        try transaction.write(run)
    }

    static func reason(_ refused: Run) -> String {
        "waits until run \(refused.number) is read or dropped, or a full export comes: fordeler retry \(refused.number), or "
            + "fordeler run drop \(refused.number) --reason TEXT"
    }

    /// A refused file that comes again, under the same name with the same time in it, is read in its place.
    func replaceRefused(by run: Run, time: String) throws {
        for var other in refused where other.file.path == run.file.path && other.file.stamp == run.file.stamp {
            guard other.number != run.number else { continue }
            other.end(.superseded, time: time, "it was sent again: run \(run.number)")
            try transaction.write(other)
        }
    }

    // MARK: People

    /// - Throws: ``FordelerError`` `delta.order` when the file cannot be read now without undoing or losing something.
    func requireReadable(_ run: Run, isFull: Bool) throws {
        guard [.rejected, .waiting, .vanished, .dropped].contains(run.verdict) else {
            throw FordelerError(
                .deltaOrder,
                "run \(run.number) is \(run.verdict.rawValue): reading it again could undo what later deltas said. Have "
                    + "the source send a full export, and import it with --full")
        }
        if !isFull, let refused = refused(before: run) {
            throw FordelerError(.deltaOrder, "run \(run.number) comes later; it \(Self.reason(refused))")
        }
    }

    /// - Throws: ``FordelerError`` `delta.order` while files wait that came before what is named by hand.
    func requireNoneWaiting() throws {
        if let refused = refused.first {
            throw FordelerError(.deltaOrder, "a later delta of \(source) \(Self.reason(refused))")
        }
        guard let waiting = try Self.ordered(transaction.runs(source: source, verdict: .waiting)).first else { return }
        throw FordelerError(
            .deltaOrder, "run \(waiting.number) of \(source) waits to be read first. Let the daemon read it")
    }

    // MARK: Candidates

    /// The files that a candidate holds are in another one from now on.
    static func move(
        _ sources: [String], from replaced: Set<CandidateID>, to candidate: Candidate, time: String,
        _ transaction: StateTransaction
    ) throws {
        for var run in try runs(of: sources, in: replaced, transaction) {
            if candidate.verdict == .rejected {
                run.end(.rejected, time: time, "candidate:\(candidate.id), in which it was, was refused")
            } else {
                run.candidate = candidate.id
            }
            try transaction.write(run)
        }
    }

    /// The files that a candidate holds come to nothing with it; later ones wait now until they are read again or dropped.
    /// - Returns: their runs.
    @discardableResult
    static func refuse(
        _ sources: [String], in candidate: CandidateID, time: String, _ reason: String, _ transaction: StateTransaction
    ) throws -> [Run] {
        try runs(of: sources, in: [candidate], transaction).map { run in
            var run = run
            run.end(.rejected, time: time, reason)
            try transaction.write(run)
            return run
        }
    }

    private static func runs(
        of sources: [String], in candidates: Set<CandidateID>, _ transaction: StateTransaction
    ) throws -> [Run] {
        guard !candidates.isEmpty else { return [] }
        return try ordered(
            sources.flatMap { try transaction.runs(source: $0, verdict: .held) }
                .filter { $0.candidate.map(candidates.contains) ?? false })
    }
}

extension Configuration {
    /// The sources whose exports may be deltas.
    var deltaSources: [String] {
        sources.filter(\.deliversDeltas).map(\.name)
    }
}

extension FordelerError.Code {
    /// A delta before it was not taken yet, or a later one was.
    static let deltaOrder = FordelerError.Code("delta.order")
}

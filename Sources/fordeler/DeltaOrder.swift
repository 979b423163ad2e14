import Foundation
import Intake
import Mapping
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

    /// What is told of a delta that came too late.
    static let late = "a later delta was taken before it came; read now it could undo what that one said"

    static func reason(_ refused: Run) -> String {
        if refused.message == late {
            return "waits until run \(refused.number), which came too late, is dropped, or a full export comes: "
                + "fordeler run drop \(refused.number) --reason TEXT"
        }
        return
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

    /// The run that took this very delivery: a file of the same name, with the same time and the same bytes. None where the bytes are
    /// not known any more.
    static func taken(like run: Run, _ transaction: StateTransaction) throws -> Run? {
        guard let other = try transaction.taken(like: run.file, otherThan: run.number),
            let handles = try? DropFolder.files(at: run.file.path).map(ExportFileHandle.init(path:)),
            let files = try? handles.map({
                ExportFile(name: $0.name, digest: try $0.digest(), byteCount: $0.byteCount)
            }), try files.allSatisfy({ try transaction.hasTaken($0, source: run.file.source) })
        else { return nil }
        return other
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
        if isFull { return try requireNoneHeld(after: run.file.stamp) }
        if let refused = refused(before: run) {
            throw FordelerError(.deltaOrder, "run \(run.number) comes later; it \(Self.reason(refused))")
        }
        try requireNoneTaken(after: (run.file.stamp, run.number), "run \(run.number)")
    }

    /// - Parameters:
    ///   - file: a delta that somebody names.
    ///   - unread: the oldest of those before it that nobody took note of yet.
    /// - Throws: ``FordelerError`` `delta.order` unless it is the next one.
    func requireNext(_ file: RunFile, unread: RunFile?) throws {
        let place = (file.stamp, try transaction.run(of: file)?.number ?? .max)
        let name = RunText.name(file)
        func isBefore(_ run: Run) -> Bool {
            (run.file.stamp, run.number) < place && (run.file.path, run.file.stamp) != (file.path, file.stamp)
        }
        try requireNoneTaken(after: place, name)
        if let refused = refused.first(where: isBefore) {
            throw FordelerError(.deltaOrder, "\(name) comes later; it \(Self.reason(refused))")
        }
        if let waiting = try Self.ordered(transaction.runs(source: source, verdict: .waiting)).first(where: isBefore) {
            throw FordelerError(
                .deltaOrder,
                "run \(waiting.number), \(RunText.name(waiting.file)), comes before \(name) and waits. Let the daemon read it, "
                    + "import it first, or drop it: fordeler run drop \(waiting.number) --reason TEXT")
        }
        if let unread {
            throw FordelerError(
                .deltaOrder,
                "\(RunText.name(unread)) lies in the folder of \(source), comes before \(name) and was not read. Import it first, "
                    + "or move it away if it is not needed")
        }
    }

    /// Values must not go back to what they were.
    private func requireNoneTaken(after place: (Int, Int), _ name: String) throws {
        guard let last = try transaction.lastTaken(source: source), (last.file.stamp, last.number) > place else {
            return
        }
        throw FordelerError(
            .deltaOrder,
            "run \(last.number), \(RunText.name(last.file)), is later than \(name) and was taken: read now, \(name) could undo "
                + "what that one said. Have the source send what is missing under a new time, or import a full export: "
                + "fordeler import --full \(source)=FILE")
    }

    /// A full export takes the place of the deltas that wait in a candidate, so it must not be older than these.
    /// - Throws: ``FordelerError`` `delta.order`.
    func requireNoneHeld(after stamp: Int) throws {
        let candidates = try transaction.waiting(source: source)
        let held = try Self.ordered(transaction.runs(source: source, verdict: .held)).last { run in
            run.file.stamp > stamp && run.candidate.map(candidates.contains) ?? false
        }
        guard let held, let candidate = held.candidate else { return }
        throw FordelerError(
            .deltaOrder,
            "the full export is older than run \(held.number), \(RunText.name(held.file)), which waits in "
                + "candidate:\(candidate). Publish or reject that one first")
    }

    // MARK: Full exports

    /// What the run of a full export tells that somebody named as one: the daemon would read the file as a delta.
    static let namedAsFull = "imported as a full export"

    /// The delta that was accepted although it is later than the full export of an overlay; nil when there is none. What it said
    /// the full export undoes.
    static func accepted(after overlay: Overlay, _ transaction: StateTransaction) throws -> Run? {
        guard let stamp = overlay.fullStamp,
            let last = try transaction.lastTaken(source: overlay.source, isAccepted: true), last.file.stamp > stamp
        else { return nil }
        return last
    }

    // MARK: Candidates

    /// The files that a candidate holds are in another one from now on.
    static func move(
        _ sources: [String], from replaced: Set<CandidateID>, to candidate: Candidate, time: String,
        _ transaction: StateTransaction
    ) throws {
        for var run in try runs(of: sources, in: replaced, transaction) {
            if candidate.verdict == .rejected {
                refuse(&run, time: time, "candidate:\(candidate.id), in which it was, was refused")
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
            refuse(&run, time: time, reason)
            try transaction.write(run)
            return run
        }
    }

    /// Nothing is missing without a full export, so no delta waits for it to be read again.
    static func refuse(_ run: inout Run, time: String, _ reason: String) {
        if run.message == namedAsFull {
            run.end(.superseded, time: time, "\(namedAsFull); \(reason)")
        } else {
            run.end(.rejected, time: time, reason)
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

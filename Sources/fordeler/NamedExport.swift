import Foundation
import Intake
import OrganisationModel
import Storage
import Versioning

/// The files of one export that somebody names, with their place among those that the daemon takes: what was imported by hand is not
/// read again, and deltas keep their order.
struct NamedExport {
    let delivery: ImportRun.Delivery
    private let workplace: Workplace
    /// Those that are there, all with the time of the newest.
    private let files: [(file: RunFile, isDropped: Bool)]
    /// What else lies where the daemon looks.
    private let others: [RunFile]

    private var source: Configuration.Source { delivery.source }

    /// - Parameter isFull: whether somebody says that it is a full export.
    init(_ source: Configuration.Source, _ paths: [String], isFull: Bool, _ workplace: Workplace) throws {
        let now = try Date(workplace.time, strategy: .iso8601)
        func run(_ file: DroppedFile, stamp: Int? = nil) -> RunFile {
            RunFile(file, source: source.name, now: now, in: workplace.configuration.timeZone, stamp: stamp)
        }
        // What cannot be listed is told by whoever reads it.
        let dropped = source.files.flatMap { try? source.delivered($0) } ?? []
        let named = paths.compactMap { try? DropFolder.entry(at: DeliveredFiles.known($0)) }
        let stamp = named.map { run($0).stamp }.max()
        files = named.map { file in
            let same = dropped.first { $0.isSame(as: file) }
            return (run(same ?? file, stamp: stamp), same != nil)
        }
        others = dropped.filter { other in other.problem == nil && !named.contains { $0.isSame(as: other) } }.map {
            run($0)
        }
        delivery = ImportRun.Delivery(
            source: source, paths: paths, isFull: isFull && source.deliversDeltas,
            stamp: source.deliversDeltas ? stamp : nil)
        self.workplace = workplace
    }

    /// - Throws: ``FordelerError`` `delta.order` when it cannot be read now without undoing or losing what other files say.
    func requireOrder(_ transaction: StateTransaction) throws {
        guard source.deliversDeltas, let file = files.first?.file else { return }
        let order = try DeltaOrder(source.name, transaction)
        let isFull =
            delivery.isFull
            || (try? source.isFullExport(DeliveredFiles.at(delivery.paths, for: source.mapping))) ?? false
        if isFull { return try order.requireNoneHeld(after: file.stamp) }
        let taken = try [
            transaction.acceptedFullStamp(source: source.name), transaction.lastStamp(source: source.name),
        ].compactMap { $0 }.max()
        let unread = try others.filter { other in
            try other.stamp < file.stamp && other.stamp >= taken ?? .min
                && transaction.run(of: other).map { $0.verdict == .vanished } ?? true
        }
        try order.requireNext(file, unread: unread.min { ($0.stamp, $0.path) < ($1.stamp, $1.path) })
    }

    /// Remembers what became of it. Deltas are remembered wherever they lie, unless they were refused at once; other files
    /// where the daemon looks.
    func note(_ outcome: Outcome, _ reading: FileRun, _ transaction: StateTransaction) throws {
        let isRefused = outcome.candidate.verdict == .rejected
        for (file, isDropped) in files where isDropped || (source.deliversDeltas && !isRefused) {
            var run = try transaction.receive(file, time: workplace.time)
            // Nothing new is said of what brought a version.
            if outcome.candidate.verdict == .unchanged, try isPublished(run, transaction) { continue }
            if source.deliversDeltas {
                try DeltaOrder(source.name, transaction).replaceRefused(by: run, time: workplace.time)
            }
            try reading.end(&run, outcome, transaction)
            guard delivery.isFull else { continue }
            run.message = DeltaOrder.namedAsFull
            if isRefused { DeltaOrder.refuse(&run, time: workplace.time, "it was refused") }
            try transaction.write(run)
        }
    }

    private func isPublished(_ run: Run, _ transaction: StateTransaction) throws -> Bool {
        try run.verdict == .published
            || (run.verdict == .held && run.candidate.flatMap(transaction.candidate)?.verdict == .published)
    }

    /// From when on a full export counts, for the person who named it; nil of others.
    var counting: String? {
        guard delivery.isFull, let stamp = delivery.stamp else { return nil }
        return
            "\(source.name): a full export as of \(workplace.local(Date(timeIntervalSince1970: Double(stamp)))); deltas "
            + "made before that are not read any more"
    }
}

extension DroppedFile {
    /// Whether two paths lead to one delivery.
    fileprivate func isSame(as other: DroppedFile) -> Bool {
        (name, inode, byteCount, modified) == (other.name, other.inode, other.byteCount, other.modified)
    }
}

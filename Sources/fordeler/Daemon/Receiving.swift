import Foundation
import Intake
import Logging
import OrganisationModel
import Storage
import Versioning

/// Looks into the drop folders and takes note of what came, with what is remembered from look to look. Used by one thread.
struct Receiving {
    private let daemon: Daemon
    private let configuration: Configuration
    private let watch: FolderWatch?
    private var settling: [String: Settling] = [:]

    init(_ daemon: Daemon) {
        self.daemon = daemon
        configuration = daemon.configuration
        let patterns = configuration.sources.compactMap(\.files)
        do {
            watch = patterns.isEmpty ? nil : try FolderWatch(patterns: patterns)
        } catch {
            daemon.log.warning("folders are listed now and then instead of being watched: \(error)")
            watch = nil
        }
        for source in configuration.sources {
            settling[source.name] = Settling(quiet: TimeInterval(source.rhythm.quiet))
        }
    }

    /// What has something to read when a folder changes.
    var descriptors: [Int32] {
        watch.map { [$0.descriptor] } ?? []
    }

    /// When a file of the source that still changes may be complete.
    func nextReady(_ source: Configuration.Source, _ now: Date) -> Date? {
        settling[source.name]?.nextReady(now: now)
    }

    /// Takes note of the files that are complete. A folder that cannot be listed stops no other.
    mutating func run(_ now: Date) throws {
        let renamed = try watch?.drain().renamed ?? []
        // A folder that came back is watched again.
        watch?.renew()
        for source in configuration.sources {
            guard let pattern = source.files else { continue }
            do {
                let files = try source.delivered(pattern)
                settling[source.name]?.observe(files, renamed: renamed, now: now)
            } catch let error as FordelerError {
                daemon.complain(.folder(source.name), error)
                continue
            }
            daemon.health.clear(.folder(source.name))
            try note(settling[source.name]?.ready(now: now) ?? [], of: source, now)
        }
    }

    private func note(_ files: [DroppedFile], of source: Configuration.Source, _ now: Date) throws {
        let found = files.map { file in
            (file, RunFile(file, source: source.name, now: now, in: configuration.timeZone))
        }
        let new = try daemon.state.read { transaction in
            try found.filter { try transaction.run(of: $0.1).map { $0.verdict == .vanished } ?? true }
        }
        guard !new.isEmpty else { return }
        let workplace = try daemon.workplace()
        try daemon.desk.alone {
            try daemon.state.write { transaction in
                let accepted =
                    source.deliversDeltas
                    ? try transaction.acceptedFullStamp(source: source.name)
                    : try transaction.lastStamp(source: source.name)
                let last = try transaction.lastStamp(source: source.name)
                for (file, key) in new {
                    var run = try transaction.receive(key, time: workplace.time)
                    if source.deliversDeltas {
                        try DeltaOrder(source.name, transaction).replaceRefused(by: run, time: workplace.time)
                    }
                    if let problem = file.problem {
                        run.end(.rejected, time: workplace.time, problem)
                        try transaction.write(run)
                        try transaction.tell(
                            Notices(workplace, daemon.state).refused(run), channels: configuration.notify.channels)
                    } else if let accepted, key.stamp < accepted {
                        run.end(
                            .superseded, time: workplace.time,
                            "a newer export of \(source.name) was taken before it came")
                        try transaction.write(run)
                    } else if source.deliversDeltas, let same = try DeltaOrder.taken(like: run, transaction) {
                        run.end(.superseded, time: workplace.time, "it is the file that run \(same.number) took")
                        try transaction.write(run)
                    } else if source.deliversDeltas, let last, key.stamp < last {
                        run.end(.rejected, time: workplace.time, DeltaOrder.late)
                        try transaction.write(run)
                        try transaction.tell(
                            Notices(workplace, daemon.state).refused(run), channels: configuration.notify.channels)
                    }
                    daemon.log.info(
                        "file received",
                        metadata: [
                            "source": "\(source.name)", "file": "\(RunText.name(key))", "run": "\(run.number)",
                            "verdict": "\(run.verdict.rawValue)",
                        ])
                }
            }
        }
    }
}

extension RunFile {
    /// No export is made so long before its time; seconds.
    private static let farAhead = 2 * 86_400.0

    /// - Parameters:
    ///   - zone: in which the times in names are.
    ///   - known: the export's own time, when it is not that of this file alone.
    init(_ file: DroppedFile, source: String, now: Date, in zone: TimeZone, stamp known: Int? = nil) {
        let own = file.stamp(in: zone)
        let modified = Date(timeIntervalSince1970: Double(file.modified) / 1e9)
        // A time in the name that lies days ahead is a mistake, which must not make all later files seem old.
        let stamp = own <= now + Self.farAhead ? own : min(modified, now)
        self.init(
            source: source, path: file.path, byteCount: file.byteCount, modified: file.modified,
            inode: Int(truncatingIfNeeded: file.inode), stamp: known ?? Int(stamp.timeIntervalSince1970))
    }
}

import Foundation
import Intake
import Logging
import OrganisationModel
import Storage
import Transports

/// Has exports fetched when their sources' schedules say so, and takes note of what came. Used by one thread.
struct Downloading {
    /// A due for which a download went wrong.
    private struct Trouble {
        let due: Date
        let failures: Int
        /// Not before; nil for not before the next due.
        let until: Date?
    }

    private let daemon: Daemon
    private let configuration: Configuration
    private let dues: Dues
    private var trouble: [String: Trouble] = [:]

    static let mark = "download:"
    /// When a server last said that it delivered what was there already.
    static let sameMark = "delivered:"
    /// The waits after each failed attempt; seconds.
    private static let retries: [Double] = [60, 300, 900, 3600]

    init(_ daemon: Daemon) {
        self.daemon = daemon
        configuration = daemon.configuration
        dues = Dues(daemon: daemon, kind: Self.mark)
        let sources = configuration.sources.filter { $0.download != nil }
        do {
            try DownloadFolder.removeOthers(state: configuration.state, than: sources.map(\.name))
            for source in sources { try source.download?.folder.create() }
        } catch {
            daemon.log.error("\(error)")
        }
    }

    /// When something that went wrong may be tried again.
    var retries: [Date] { trouble.values.compactMap(\.until) }

    /// Takes note of what ended, and begins what is due.
    mutating func run(_ now: Date) throws {
        for end in daemon.downloads.ended() { try note(end, now) }
        for source in configuration.sources where source.download != nil && !daemon.isStopping {
            guard !source.rhythm.closed.isClosed(at: now, in: configuration.timeZone),
                let due = try dues.open(source, now), mayTry(source.name, due, now)
            else { continue }
            begin(source, due)
        }
    }

    private func mayTry(_ source: String, _ due: Date, _ now: Date) -> Bool {
        guard let trouble = trouble[source], trouble.due == due else { return true }
        // A clock that was set back must not make anybody wait for ever.
        return trouble.until.map { $0 <= now || $0 > now + Self.retries.reduce(0, +) } ?? false
    }

    private func begin(_ source: Configuration.Source, _ due: Date) {
        _ = daemon.downloads.begin(source.name, due: due) { [daemon] in
            guard let fetched = try FetchedExport(source, isStopping: { daemon.isStopping }) else { return .nothing }
            switch try fetched.place(at: daemon.clock.now()) {
            case .file(let path): return .file(path)
            case .same(let isAnnounced): return isAnnounced ? .same : .nothing
            }
        } end: { [daemon] in
            daemon.agenda?.look()
        }
    }

    private mutating func note(_ end: Downloads.End, _ now: Date) throws {
        let source = end.source
        switch end.result {
        case .success(let fetched):
            trouble[source] = nil
            daemon.health.clear(.download(source))
            switch fetched {
            case .file(let path):
                let name = RunText.shown((path as NSString).lastPathComponent)
                daemon.log.info("export downloaded", metadata: ["source": "\(source)", "file": "\(name)"])
            case .same: try daemon.mark(Self.sameMark + source, now)
            case .nothing: break
            }
            try dues.saw(source, end.due)
        case .failure(let error as FordelerError) where error.code == .downloadInterrupted: break
        case .failure(let error):
            try fail(end, error as? FordelerError ?? FordelerError(.downloadFailed, "\(source): \(error)"), now)
        }
    }

    /// The due stays open: a daemon that starts anew, or takes another configuration, tries at once.
    private mutating func fail(_ end: Downloads.End, _ problem: FordelerError, _ now: Date) throws {
        let failures = (trouble[end.source].map { $0.due == end.due ? $0.failures : 0 } ?? 0) + 1
        let wait = Self.retries[min(failures, Self.retries.count) - 1]
        trouble[end.source] = Trouble(
            due: end.due, failures: failures, until: problem.code == .downloadRefused ? nil : now + wait)
        guard configuration.sources.contains(where: { $0.name == end.source }) else { return }
        if daemon.complain(.download(end.source), problem) {
            try daemon.tell { $0.failed(end.source, FordelerError(.sourceFailed, "\(problem)")) }
        }
    }
}

import Foundation
import Intake
import Logging
import OrganisationModel
import Storage
import Versioning

/// One look at everything that may be due, with what is remembered from look to look. Used by one thread.
struct AgendaRound {
    private let daemon: Daemon
    private let configuration: Configuration
    private let watch: FolderWatch?
    private var settling: [String: Settling] = [:]
    /// Files that could not be read: not before.
    private var patience: [Int: Date] = [:]
    /// Sources whose files could not be read for reasons of our own: how often in a row, and until when they are left alone.
    private var trouble: [String: (failures: Int, until: Date)] = [:]

    /// The waits after each failed attempt to read a file; seconds.
    private static let retries: [Double] = [60, 300, 900, 3600]
    /// What goes wrong for all sources alike.
    private static let notOfOneSource: [FordelerError.Code] = [.interrupted, .diskFull, .storageBroken, .stateDamaged]
    /// No export is made so long before its time; seconds.
    private static let farAhead = 2 * 86_400.0
    /// A clock may be set by this much without anybody being told; seconds.
    private static let drift = 5.0

    init(_ daemon: Daemon) {
        self.daemon = daemon
        configuration = daemon.configuration
        daemon.health.clearSources()
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

    /// Does what is due now.
    /// - Returns: the seconds until something may be due again.
    mutating func pass(_ longest: Double) -> Double {
        var next = longest
        do {
            let now = try daemon.clock.now()
            try daemon.watching {
                try recover()
                try turnDays()
                try receive(now)
                for source in configuration.sources where !daemon.isStopping {
                    try readOrLeave(source, now)
                }
                try remind(now)
                try ViewCounting(daemon.state).run()
                next = try min(longest, secondsToNext(now))
            }
            daemon.health.clear(.agenda, .clock)
        } catch let error as FordelerError where error.code == .interrupted {
            daemon.log.notice("work was interrupted; it is done again later")
        } catch {
            if let error = error as? FordelerError, error.code == .clockUnreadable {
                daemon.complain(.clock, error)
            } else {
                daemon.complain(.agenda, FordelerError(.agendaFailed, "\(error)"))
            }
        }
        return next
    }

    /// After the disk was full: works again as soon as something can be written.
    private mutating func recover() throws {
        guard daemon.health.has(.disk) else { return }
        try daemon.desk.alone {
            try daemon.state.write { try $0.setMark("recovered", Int(daemon.clock.now().timeIntervalSince1970)) }
        }
        daemon.health.clear(.disk)
        (patience, trouble) = ([:], [:])
        daemon.log.notice("there is room on the disk again; work goes on")
    }

    // MARK: Days

    private func turnDays() throws {
        let workplace = try daemon.workplace()
        guard let day = try daemon.state.read({ try $0.position().day }) else { return }
        let due = workplace.today.number - day.number
        guard due <= Waiting.daysToTurnMax else {
            let problem = FordelerError(
                .dayWaits, "today lies \(due) days after the register's day, so no day was turned. Check the clock")
            guard daemon.complain(.day, problem) else { return }
            try daemon.desk.alone {
                try daemon.state.write {
                    try $0.tell(
                        Notices(workplace, daemon.state).dayWaits(Int(due)), channels: configuration.notify.channels)
                }
            }
            return
        }
        // A clock that had run ahead may have been set right.
        daemon.health.clear(.day)
        guard due > 0 else { return }
        try daemon.desk.alone {
            try daemon.state.write { try $0.turnDays(to: workplace.today, time: workplace.time) }
        }
        daemon.log.info("day turned", metadata: ["day": "\(workplace.today)"])
    }

    // MARK: Files

    /// Takes note of the files that are complete. A folder that cannot be listed stops no other.
    private mutating func receive(_ now: Date) throws {
        let renamed = try watch?.drain().renamed ?? []
        // A folder that came back is watched again.
        watch?.renew()
        for source in configuration.sources {
            guard let pattern = source.files else { continue }
            do {
                let files = try DropFolder.files(matching: pattern)
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
        let found = files.map { ($0, runFile($0, source, now)) }
        let new = try daemon.state.read { transaction in
            try found.filter { try transaction.run(of: $0.1).map { $0.verdict == .vanished } ?? true }
        }
        guard !new.isEmpty else { return }
        let workplace = try daemon.workplace()
        try daemon.desk.alone {
            try daemon.state.write { transaction in
                let accepted = try transaction.lastStamp(source: source.name)
                for (file, key) in new {
                    var run = try transaction.receive(key, time: workplace.time)
                    if let problem = file.problem {
                        (run.verdict, run.ended, run.message) = (.rejected, workplace.time, problem)
                        try transaction.write(run)
                        try transaction.tell(
                            Notices(workplace, daemon.state).refused(run), channels: configuration.notify.channels)
                    } else if let accepted, key.stamp < accepted {
                        (run.verdict, run.ended) = (.superseded, workplace.time)
                        run.message = "a newer export of \(source.name) was taken before it came"
                        try transaction.write(run)
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

    /// A time in the name that lies days ahead is a mistake, which must not make all later files seem old.
    private func stamp(_ file: DroppedFile, _ now: Date) -> Int {
        let own = file.stamp(in: configuration.timeZone)
        let modified = Date(timeIntervalSince1970: Double(file.modified) / 1e9)
        return Int((own <= now + Self.farAhead ? own : min(modified, now)).timeIntervalSince1970)
    }

    private func runFile(_ file: DroppedFile, _ source: Configuration.Source, _ now: Date) -> RunFile {
        RunFile(
            source: source.name, path: file.path, byteCount: file.byteCount, modified: file.modified,
            inode: Int(truncatingIfNeeded: file.inode),
            stamp: stamp(file, now))
    }

    /// What goes wrong with one source leaves the others alone, and is tried again later.
    private mutating func readOrLeave(_ source: Configuration.Source, _ now: Date) throws {
        if let until = trouble[source.name]?.until, now < until, until < now + Self.retries.reduce(0, +) { return }
        do {
            try read(source, now)
            trouble[source.name] = nil
            daemon.health.clear(.source(source.name))
        } catch let error as FordelerError where Self.notOfOneSource.contains(error.code) {
            throw error
        } catch {
            let failures = (trouble[source.name]?.failures ?? 0) + 1
            trouble[source.name] = (failures, now + Self.retries[min(failures, Self.retries.count) - 1])
            daemon.complain(.source(source.name), FordelerError(.sourceFailed, "\(source.name): \(error)"))
        }
    }

    /// Reads the newest file that waits, when the schedule says so; if it is refused, the one before it.
    private mutating func read(_ source: Configuration.Source, _ now: Date) throws {
        let zone = configuration.timeZone
        guard !source.rhythm.closed.isClosed(at: now, in: zone) else { return }
        let isDue = try isDue(source, now)
        while !daemon.isStopping, let run = try nextRun(source, now, isDue: isDue) {
            let workplace = try daemon.workplace()
            guard FileManager.default.fileExists(atPath: run.file.path) else {
                var gone = run
                (gone.verdict, gone.ended, gone.message) = (
                    .vanished, workplace.time, "it went away before it was read"
                )
                try daemon.desk.alone { try daemon.state.write { try $0.write(gone) } }
                continue
            }
            let (now, outcome) = try daemon.desk.alone {
                try FileRun(
                    workplace: workplace, state: daemon.state, isStopping: { [daemon] in daemon.isStopping }
                )
                .read(run)
            }
            tell(now, outcome)
            if now.verdict == .waiting {
                let wait = Self.retries[min(now.attempts, Self.retries.count) - 1]
                patience[run.number] = try daemon.clock.now() + wait
            }
            try daemon.desk.alone { try daemon.state.checkpoint() }
        }
        // What an end left unread is still due at the next start.
        if isDue, !daemon.isStopping { try saw(source, now) }
    }

    private func tell(_ run: Run, _ outcome: Outcome?) {
        daemon.log.log(
            level: outcome == nil || run.verdict == .rejected ? .warning : .info, "file read",
            metadata: [
                "source": "\(run.file.source)", "file": "\(RunText.name(run.file))", "run": "\(run.number)",
                "verdict": "\(run.verdict.rawValue)", "candidate": "\(run.candidate.map(\.description) ?? "none")",
                "version": "\(outcome?.version ?? 0)",
                "waitsFor": "\((outcome?.candidate.waitsFor ?? []).joined(separator: ","))",
                "reason": "\(run.message)",
            ])
    }

    /// The newest file of the source that waits and is not to be left alone for a while. One that was begun is not bound to
    /// the schedule any more.
    private func nextRun(_ source: Configuration.Source, _ now: Date, isDue: Bool) throws -> Run? {
        try daemon.state.read { try $0.runs(source: source.name, verdict: .waiting) }
            .filter { isDue || $0.attempts > 0 }
            .filter { patience[$0.number].map { $0 <= now || $0 > now + Self.retries.reduce(0, +) } ?? true }
            .max { ($0.file.stamp, $0.number) < ($1.file.stamp, $1.number) }
    }

    /// Whether the schedule lets the source be read now: on arrival always, else when a due has come since it was last seen
    /// to. A clock that was set back makes the last due before it the one that was seen to.
    private func isDue(_ source: Configuration.Source, _ now: Date) throws -> Bool {
        let zone = configuration.timeZone
        guard let due = source.rhythm.schedule.latestDue(atOrBefore: now, in: zone) else { return true }
        guard let seen = try daemon.state.read({ try $0.mark("due:" + source.name) }) else { return true }
        if Double(seen) > now.timeIntervalSince1970 + Self.drift {
            try mark("due:" + source.name, due)
            return false
        }
        return Double(seen) < due.timeIntervalSince1970
    }

    /// Remembers that the latest due was seen to.
    private func saw(_ source: Configuration.Source, _ now: Date) throws {
        guard let due = source.rhythm.schedule.latestDue(atOrBefore: now, in: configuration.timeZone) else { return }
        try mark("due:" + source.name, due)
    }

    private func mark(_ name: String, _ instant: Date) throws {
        let seconds = Int(instant.timeIntervalSince1970)
        guard try daemon.state.read({ try $0.mark(name) }) != seconds else { return }
        try daemon.desk.alone { try daemon.state.write { try $0.setMark(name, seconds) } }
    }

    // MARK: Telling people

    private func remind(_ now: Date) throws {
        let workplace = try daemon.workplace()
        let notices = Notices(workplace, daemon.state)
        let channels = configuration.notify.channels
        for source in configuration.sources {
            guard let expected = source.rhythm.expected else { continue }
            let since = try daemon.state.read { try $0.mark("known:" + source.name) }
            guard let since else {
                try mark("known:" + source.name, now)
                continue
            }
            let last = try daemon.state.read { try $0.lastReceived(source: source.name) }
            let missed = expected.missed(
                at: now, lastReceived: last.flatMap { try? Date($0, strategy: .iso8601) },
                since: Date(timeIntervalSince1970: Double(since)), closed: source.rhythm.closed,
                in: configuration.timeZone)
            let told = try daemon.state.read { try $0.mark("missed:" + source.name) }
            guard let missed, told != Int(missed.timeIntervalSince1970) else { continue }
            try daemon.desk.alone {
                try daemon.state.write {
                    try $0.setMark("missed:" + source.name, Int(missed.timeIntervalSince1970))
                    try $0.tell(notices.missed(source.name, due: missed, last: last), channels: channels)
                }
            }
            daemon.log.warning("source.file-missed", metadata: ["source": "\(source.name)", "due": "\(missed)"])
        }
        guard try daemon.state.read({ try $0.hasDueReminders(today: workplace.today) }) else { return }
        try daemon.desk.alone {
            try daemon.state.write { transaction in
                for hold in try transaction.dueReminders(today: workplace.today) {
                    try transaction.tell(notices.stillOn(hold), channels: channels)
                    daemon.log.warning("hold.still-on", metadata: ["source": "\(hold.source)"])
                }
            }
        }
    }

    // MARK: When to look again

    private func secondsToNext(_ now: Date) throws -> Double {
        let zone = configuration.timeZone
        var instants = configuration.sources.flatMap { source in
            [
                source.rhythm.schedule.nextDue(after: now, in: zone), settling[source.name]?.nextReady(now: now),
                source.rhythm.closed.isClosed(at: now, in: zone)
                    ? source.rhythm.closed.nextOpening(atOrAfter: now, in: zone) : nil,
            ].compactMap { $0 }
        }
        instants += patience.values
        instants += trouble.values.map(\.until)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        if let midnight = calendar.dateInterval(of: .day, for: now)?.end { instants.append(midnight) }
        // A file that waits for nothing now may be a retry whose time has come: then at once.
        return instants.map { max(0, $0.timeIntervalSince(now)) }.filter { $0 > 0 }.min() ?? .infinity
    }
}

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
    private var downloading: Downloading
    private var receiving: Receiving
    private var auditExport: AuditExport
    /// Files that could not be read: not before.
    private var patience: [Int: Date] = [:]
    /// Sources whose files could not be read for reasons of our own: how often in a row, and until when they are left alone.
    private var trouble: [String: (failures: Int, until: Date)] = [:]

    /// The waits after each failed attempt to read a file; seconds.
    private static let retries: [Double] = [60, 300, 900, 3600]
    /// What goes wrong for all sources alike.
    private static let notOfOneSource: [FordelerError.Code] = [.interrupted, .diskFull, .storageBroken, .stateDamaged]

    init(_ daemon: Daemon) {
        self.daemon = daemon
        configuration = daemon.configuration
        daemon.health.clearSources()
        downloading = Downloading(daemon)
        receiving = Receiving(daemon)
        auditExport = AuditExport(daemon)
    }

    /// What has something to read when a folder changes.
    var descriptors: [Int32] {
        receiving.descriptors
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
                try publishScheduled()
                try downloading.run(now)
                try receiving.run(now)
                // The clock may have been set since, and a file that came after that is not of the time before.
                let later = try daemon.clock.now()
                for source in configuration.sources where !daemon.isStopping {
                    try readOrLeave(source, later)
                }
                try Reminding(daemon).run(now)
                try auditExport.run(today: configuration.timeZone.day(at: now))
                try ViewCounting(daemon.state).run()
                try NightlyPruning(daemon).run(now)
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
            if daemon.complain(.day, problem) { try daemon.tell { $0.dayWaits(Int(due)) } }
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

    // MARK: Approvals for a time

    /// Carries out what was approved for a time that has come, and is done with what was decided otherwise meanwhile.
    private func publishScheduled() throws {
        let workplace = try daemon.workplace()
        let due = try daemon.state.read { transaction in
            try transaction.schedule().filter { scheduled in
                try scheduled.instant <= workplace.time || transaction.scheduledPublish(of: scheduled.candidate) == nil
            }
        }
        for scheduled in due where !daemon.isStopping {
            let result = try daemon.desk.alone {
                try Scheduling(workplace: workplace, state: daemon.state).carryOut(scheduled)
            }
            let metadata: Logger.Metadata = [
                "candidate": "\(scheduled.candidate)", "at": "\(scheduled.instant)",
                "actor": "\(scheduled.actor.name)",
            ]
            switch result {
            case .published(let outcome):
                daemon.log.info(
                    "published as scheduled",
                    metadata: metadata.merging(["version": "\(outcome.version)"]) { $1 })
                try daemon.desk.alone { try daemon.state.checkpoint() }
            case .notDone(let problem):
                daemon.log.warning(
                    "publish.not-done", metadata: metadata.merging(["reason": "\(problem.message)"]) { $1 })
            case .waits, .gone: break
            }
        }
    }

    // MARK: Files

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
            let problem = FordelerError(.sourceFailed, "\(source.name): \(error)")
            if daemon.complain(.source(source.name), problem) {
                try daemon.tell { $0.failed(source.name, problem) }
            }
        }
    }

    /// Reads the newest file that waits, when the schedule says so; if it is refused, the one before it. Deltas are read all,
    /// the oldest first.
    private mutating func read(_ source: Configuration.Source, _ now: Date) throws {
        let zone = configuration.timeZone
        guard !source.rhythm.closed.isClosed(at: now, in: zone) else { return }
        let isDue = try isDue(source, now)
        while !daemon.isStopping, let run = try nextRun(source, now, isDue: isDue) {
            let workplace = try daemon.workplace()
            guard FileManager.default.fileExists(atPath: run.file.path) else {
                var gone = run
                // A delta that nobody has any more is missed.
                gone.end(
                    source.deliversDeltas ? .rejected : .vanished, time: workplace.time,
                    "it went away before it was read")
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
        if source.deliversDeltas { return try nextDelta(source, now, isDue: isDue) }
        return try daemon.state.read { try $0.runs(source: source.name, verdict: .waiting) }
            .filter { isReady($0, now, isDue: isDue) }
            .max { ($0.file.stamp, $0.number) < ($1.file.stamp, $1.number) }
    }

    private func isReady(_ run: Run, _ now: Date, isDue: Bool) -> Bool {
        (isDue || run.attempts > 0)
            && patience[run.number].map { $0 <= now || $0 > now + Self.retries.reduce(0, +) } ?? true
    }

    /// The oldest file that waits; none while one that came with it may still be on its way.
    private func nextDelta(_ source: Configuration.Source, _ now: Date, isDue: Bool) throws -> Run? {
        guard try !daemon.state.read({ try $0.runs(source: source.name, verdict: .waiting, limit: 1) }).isEmpty else {
            return nil
        }
        let time = try daemon.workplace().time
        let next = try daemon.desk.alone {
            try daemon.state.write { transaction in
                try DeltaOrder(source.name, transaction).next(time: time, isFull: source.isFullExport)
            }
        }
        guard receiving.nextReady(source, now) == nil else { return nil }
        return next.flatMap { isReady($0, now, isDue: isDue) ? $0 : nil }
    }

    /// Whether the schedule lets the source be read now: on arrival always, else when a due has come since it was last seen to.
    /// What was downloaded came by the schedule, and is read as it comes.
    private func isDue(_ source: Configuration.Source, _ now: Date) throws -> Bool {
        try isReadAsItComes(source) || dues.open(source, now) != nil
    }

    private func isReadAsItComes(_ source: Configuration.Source) -> Bool {
        source.download != nil || source.rhythm.schedule == .onArrival
    }

    private var dues: Dues { Dues(daemon: daemon, kind: "due:") }

    /// Remembers that the latest due was seen to.
    private func saw(_ source: Configuration.Source, _ now: Date) throws {
        guard !isReadAsItComes(source),
            let due = source.rhythm.schedule.latestDue(atOrBefore: now, in: configuration.timeZone)
        else { return }
        try dues.saw(source.name, due)
    }

    // MARK: When to look again

    private func secondsToNext(_ now: Date) throws -> Double {
        let zone = configuration.timeZone
        var instants = configuration.sources.flatMap { source in
            [
                source.rhythm.schedule.nextDue(after: now, in: zone), receiving.nextReady(source, now),
                source.rhythm.closed.isClosed(at: now, in: zone)
                    ? source.rhythm.closed.nextOpening(atOrAfter: now, in: zone) : nil,
            ].compactMap { $0 }
        }
        instants += patience.values
        instants += trouble.values.map(\.until) + downloading.retries
        instants += try daemon.state.read { try $0.schedule() }.compactMap { try? Date($0.instant, strategy: .iso8601) }
        instants += [zone.instant(of: zone.day(at: now).next, second: 0), NightlyPruning(daemon).next(after: now)]
        // A file that waits for nothing now may be a retry whose time has come: then at once.
        return instants.map { max(0, $0.timeIntervalSince(now)) }.filter { $0 > 0 }.min() ?? .infinity
    }
}

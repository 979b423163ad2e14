import Intake
import Mapping
import OrganisationModel
import Storage
import Versioning

/// Reads one file of a drop folder as a round of its own, and remembers what became of it.
///
/// One source's file never waits for another source, and what is wrong with it stops nobody else.
struct FileRun {
    let workplace: Workplace
    let state: State
    var isStopping: @Sendable () -> Bool = { false }

    /// How often a file that cannot be opened or read is tried before it is refused.
    static let attemptsMax = 5

    /// Reads the file. Its verdict commits together with what it changes.
    /// - Returns: the run as it is now; it waits still when the file could not be read and is to be tried again.
    func read(_ run: Run, isRetry: Bool = false) throws -> (run: Run, outcome: Outcome?) {
        let source = try workplace.configuration.source(run.file.source)
        var run = run
        if isRetry, source.deliversDeltas {
            run.file = try asItLies(run, source)
            try state.read { try DeltaOrder(source.name, $0).requireReadable(run, isFull: source.isFullExport(run)) }
        }
        guard isRetry || run.attempts < Self.attemptsMax else { return (try giveUp(run), nil) }
        // Written before the file is opened: one that ends the program is not read for ever.
        run.attempts = isRetry ? 1 : run.attempts + 1
        try state.write { try $0.write(run) }
        let begun = run
        run.message = ""
        let importing = ImportRun(workplace: workplace, state: state, isStopping: isStopping)
        do {
            let outcome = try importing.run(
                [ImportRun.Delivery(source: source, paths: [run.file.path], stamp: run.file.stamp)],
                isPatient: !isRetry && run.attempts < Self.attemptsMax
            ) { transaction, outcome in
                try end(&run, outcome, transaction)
                if let notice = Notices(workplace, state).decided(outcome, run) {
                    try transaction.tell(notice, channels: workplace.configuration.notify.channels)
                }
            }
            return (run, outcome)
        } catch let reason as ImportRun.NotNow {
            run.message = reason.message
            try state.write { try $0.write(run) }
            return (run, nil)
        } catch let error as FordelerError where [.storageBroken, .stateDamaged].contains(error.code) {
            // Nothing more is written.
            throw error
        } catch {
            takeBack(begun)
            throw error
        }
    }

    /// The file of a run as it lies there now: corrected in its place it is no delivery of its own, which would come too late.
    private func asItLies(_ run: Run, _ source: Configuration.Source) throws -> RunFile {
        guard let file = try source.delivered(run.file.path).first(where: { $0.path == run.file.path }) else {
            return run.file
        }
        let now = RunFile(
            source: run.file.source, path: file.path, byteCount: file.byteCount, modified: file.modified,
            inode: Int(truncatingIfNeeded: file.inode), stamp: run.file.stamp)
        return try state.read { try $0.run(of: now) } == nil ? now : run.file
    }

    /// The program goes on, so this attempt ended no program.
    /// - Parameter run: as it was before the file was opened: what the round made of it was rolled back.
    private func takeBack(_ run: Run) {
        var run = run
        run.attempts -= 1
        // Whoever ends the daemon interrupts again and again.
        for _ in 0..<10 where (try? state.write { try $0.write(run) }) != nil { return }
    }

    private func giveUp(_ run: Run) throws -> Run {
        var run = run
        run.end(.rejected, time: workplace.time, "reading it ended the program \(run.attempts) times")
        try state.write { transaction in
            try transaction.write(run)
            try transaction.tell(
                Notices(workplace, state).refused(run), channels: workplace.configuration.notify.channels)
        }
        return run
    }

    /// Gives a file that was read its verdict.
    func end(_ run: inout Run, _ outcome: Outcome, _ transaction: StateTransaction) throws {
        run.end(RunVerdict(outcome.candidate.verdict), time: workplace.time)
        run.candidate = try transaction.candidate(outcome.candidate.id)?.id
        try transaction.write(run)
        try supersedeOlder(than: run, transaction)
    }

    /// Full exports: those that are older than one which was taken say nothing any more.
    private func supersedeOlder(than run: Run, _ transaction: StateTransaction) throws {
        let source = try workplace.configuration.source(run.file.source)
        guard run.verdict != .rejected, !source.deliversDeltas else { return }
        for var older in try transaction.runs(source: run.file.source, verdict: .waiting)
        where older.file.stamp < run.file.stamp || (older.file.stamp == run.file.stamp && older.number < run.number) {
            older.end(.superseded, time: workplace.time, "run \(run.number) is newer and was taken")
            try transaction.write(older)
        }
    }
}

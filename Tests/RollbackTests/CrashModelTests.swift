import Foundation
import OrganisationModel
import RegisterFixtures
import Storage
import Testing

@testable import fordeler

/// A copy of a state, in which the real program does a step and is killed on the way.
struct CrashedCopy {
    let trial: Trial
    let folder: TemporaryFolder

    /// The calls that change files or bring them to the disk.
    private static let calls = ["pwrite64", "pwrite64", "pwrite64", "fdatasync", "ftruncate", "write", "?unlink"]

    init(of trial: Trial) throws {
        self.trial = trial
        folder = try TemporaryFolder(isInMemory: true)
        let files = FileManager.default
        try files.createDirectory(atPath: folder.path + "/state", withIntermediateDirectories: true)
        for name in ["fordeler.sqlite", "fordeler.sqlite-wal", "fordeler.sqlite-journal", "secret"]
        where files.fileExists(atPath: trial.folder.path + "/state/" + name) {
            try files.copyItem(
                atPath: trial.folder.path + "/state/" + name, toPath: folder.path + "/state/" + name)
        }
        try files.copyItem(atPath: trial.folder.path + "/fordeler.yaml", toPath: folder.path + "/fordeler.yaml")
    }

    private static var program: String {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return ProcessInfo.processInfo.environment["FORDELER_PROGRAM"]
            ?? root.appendingPathComponent(".build/debug/fordeler").path
    }

    /// Runs words to their end.
    /// - Returns: the exit status; nil when a signal ended them.
    static func run(_ words: [String]) throws -> Int32? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        (process.standardInput, process.standardOutput) = (FileHandle.nullDevice, FileHandle.nullDevice)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : nil
    }

    private func command(_ arguments: [String]) -> [String] {
        [Self.program] + arguments + [
            "--config", folder.path + "/fordeler.yaml", "--today", trial.workplace.today.description, "--actor", "test",
        ]
    }

    /// Does the step and is killed at one of its first calls of a sort, if it makes as many.
    /// - Returns: whether it was killed.
    func kill(_ arguments: [String], _ random: inout SeededRandom) throws -> Bool {
        let call = random.pick(Self.calls)
        let number = random.number(1...(call == "pwrite64" ? 90 : 4))
        let tracer = [
            "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
            "inject=\(call):signal=KILL:when=\(number)",
        ]
        return try Self.run(tracer + command(arguments)) == nil
    }

    func run(_ arguments: [String]) throws {
        let status = try Self.run(command(arguments))
        // Done, or refused because it had been done or does not fit, or waiting.
        try demand([0, 1, 2, 4, 5].contains(status), "the program ended with \(status.map(String.init) ?? "a signal")")
    }

    /// Expects what a reference holds.
    func compare(with reference: Reference) throws {
        let state = try State(folder: folder.path + "/state", access: .writing)
        try trial.compare(state, with: reference)
        try demand(try state.read { try $0.verify().problems }, equals: [], "verify after a crash")
    }

    func agrees(with reference: Reference) throws -> Bool {
        do {
            try compare(with: reference)
            return true
        } catch is Mismatch {
            return false
        }
    }
}

extension Part {
    fileprivate var arguments: [String] {
        let options = [
            ("--unit", unit), ("--kind", kinds?.sorted().joined(separator: ",")),
            ("--source", sources?.sorted().joined(separator: ",")),
        ]
        return options.flatMap { option, value in value.map { [option, $0] } ?? [] }
    }
}

extension Trial {
    /// A step as a person types it.
    func arguments(_ step: Step) throws -> [String] {
        switch step {
        case .importing(let exports): return ["import"] + (try write(exports).map { "\($0.source)=\($0.path)" })
        case .approve(let waiting):
            guard let held = try held().first(where: { $0.waiting == told(waiting) }) else {
                throw Mismatch("the candidate to approve is not there")
            }
            return ["publish", "candidate:\(held.id)", "--approve", "--reason", "yes"]
        case .rollBack(let target, let part, let enables, let isPreview):
            return ["rollback", "\(target)", "--reason", "wrong"] + (enables ? ["--enable-accounts"] : [])
                + (isPreview ? ["--preview"] : []) + (part?.arguments ?? [])
        case .hold(let source): return ["hold", source, "--reason", "look first"]
        case .release(let source, let exceptPinned):
            return ["release", source] + (exceptPinned ? ["--except", "pinned"] : [])
        case .unpin(let name):
            guard let id = names.first(where: { $0.value == name })?.key else { throw Mismatch("\(name) has no id") }
            return ["unpin", kind(of: name), id.description, "--reason", "yes"]
        }
    }

    /// Does a step, and does it in a copy in which the program is killed: the copy must be as before or as after it, and the
    /// same command again leads on from there.
    func runWithCrash(_ step: Step, _ random: inout SeededRandom) throws {
        let arguments = try arguments(step)
        let copy = try CrashedCopy(of: self)
        let before = reference
        try run(step)
        let wasKilled = try copy.kill(arguments, &random)
        var expected = reference
        if try copy.agrees(with: reference) {
            _ = Self.foresee(step, &expected)
        } else {
            try demand(wasKilled, "the program was not killed and did not do it")
            try copy.compare(with: before)
        }
        try copy.run(arguments)
        try copy.compare(with: expected)
    }
}

struct CrashModelTests {
    private static var seeds: Range<UInt64> {
        let isSoak = ProcessInfo.processInfo.environment["FORDELER_SOAK"] == "1"
        return 1_000_001..<1_000_001 + (isSoak ? 300 : 10)
    }

    @Test("A step of a random sequence that is killed anywhere is done as a whole or not at all", arguments: seeds)
    func crashesLeaveOldOrNew(seed: UInt64) throws {
        try #require(
            try CrashedCopy.run(["strace", "-f", "-qq", "-o", "/dev/null", "true"]) == 0,
            "strace is missing or may not trace. Install it (make test does) and allow ptrace.")
        var story: [String] = []
        do {
            var history = try RandomHistory(seed: seed)
            defer { story = history.trial.story }
            try history.run { trial, step, random in
                if random.once(in: 3) {
                    try trial.runWithCrash(step, &random)
                } else {
                    try trial.run(step)
                }
            }
        } catch {
            Issue.record("seed \(seed): \(error)\n  \(story.joined(separator: "\n  "))")
        }
    }
}

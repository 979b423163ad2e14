import ChangeEvents
import Distribution
import Foundation
import OrganisationModel
import RegisterFixtures
import Testing
import Versioning

@testable import Storage

/// A random history with mailboxes that settle a part of it, pruned again and again.
struct PruningRound {
    private let folder: TemporaryFolder
    private var state: State
    private var register: RandomRegister
    private(set) var reference = ReferenceRegister()
    private var today = StateFixture.today
    /// How many states went in all.
    private(set) var states = 0

    /// Each mailbox, and how seldom it settles something.
    private let boxes: [(name: String, share: Int)]

    init(seed: UInt64) throws {
        folder = try TemporaryFolder(isInMemory: true)
        state = try State(folder: folder.path, access: .writing)
        register = RandomRegister(seed: seed)
        boxes = seed % 3 == 0 ? [] : seed % 3 == 1 ? [("quick", 0)] : [("quick", 0), ("slow", 3)]
        for box in boxes { try open(box.name) }
    }

    private func open(_ name: String) throws {
        try state.write {
            _ = try $0.addMailbox(
                name, view: View(kinds: Kind.allCases.map(\.name), attributes: nil), source: "urn:test",
                actor: Actor("test"), time: StateTransaction.timeFixture)
        }
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int {
        register.withRandom { $0.number(range) }
    }

    mutating func run() throws {
        for _ in 0..<number(4...10) {
            try advance()
            if number(0...2) == 0 { try prune() }
        }
        try prune()
    }

    // MARK: The history

    private mutating func advance() throws {
        today = today.advanced(by: Int32(number(0...9)))
        let day = today
        if number(0...2) == 0 {
            try state.write { try $0.turnDays(to: day, time: StateTransaction.timeFixture) }
        }
        let next = register.altered(reference.current, history: reference.versions, today: day)
        let changes = ReferenceRegister.changes(from: reference.current, to: next)
        if !changes.isEmpty {
            _ = try state.write { try $0.publishFixture(FixedChanges(changes), today: day) }
            reference.publish(next)
        }
        for (name, share) in boxes where number(0...share) == 0 {
            let part = number(1...3)
            try state.write { transaction in
                let delivery = Delivery(log: transaction, source: "urn:test")
                let mailbox = try delivery.mailbox(name)
                try delivery.countPending(view: mailbox.view, id: mailbox.viewID)
                let highest = try delivery.highestNumber(mailbox)
                let settled = mailbox.settledThrough + (highest - mailbox.settledThrough) * part / 3
                _ = try delivery.acknowledge(mailbox, through: settled)
            }
        }
    }

    // MARK: Pruning

    /// Prunes, perhaps cut off in the middle and begun again, and compares what is kept before and after.
    private mutating func prune() throws {
        guard reference.versions.count > 1 else { return }
        var retention = Retention()
        (retention.versions, retention.days) = (number(1...3), number(1...10))
        let plan = try #require(
            try state.read { try $0.pruningPlan(retention, begin: { "\($0)" }, isThere: { _ in false }) })
        let (events, hash) = (try self.events(), try contentHash())
        try checkKept(from: plan.oldest)
        try state.write { try $0.begin(plan, actor: Actor("test"), time: StateTransaction.timeFixture) }
        try check(plan, events, hash)
        if number(0...1) == 0 {
            try sweep(plan, parts: number(0...4))
            try reopen()
            try check(plan, events, hash)
        }
        try sweep(plan, parts: .max)
        #expect(try state.emptyLog())
        try check(plan, events, hash)
        try checkNothingLeft(plan.oldest)
    }

    private mutating func sweep(_ plan: PruningPlan, parts: Int) throws {
        var (sweep, left) = (StateTransaction.Sweep(), parts)
        while left > 0, try state.write({ try $0.sweepStates(&sweep) }) { left -= 1 }
        states += sweep.states
        var done = 0
        while left > 0, try state.write({ try $0.sweepRest(plan, done: done) }) { (left, done) = (left - 1, done + 1) }
    }

    private mutating func reopen() throws {
        let spare = try TemporaryFolder()
        state = try State(folder: spare.path, access: .writing)
        state = try State(folder: folder.path, access: .writing)
        withExtendedLifetime(spare) {}
    }

    private func check(_ plan: PruningPlan, _ events: [[String]], _ hash: [UInt8]?) throws {
        try checkKept(from: plan.oldest)
        try demand(self.events(), equals: events, "events that are not settled")
        try demand(contentHash(), equals: hash, "content hash")
        let problems = try state.read { try $0.verify().problems }
        try demand(problems, equals: [], "verify")
    }

    // MARK: Looking

    private func contentHash() throws -> [UInt8]? {
        try state.read { try $0.versions().last?.contentHash }
    }

    /// Every kept version is the reference's, object for object, and pruned ones are refused.
    private func checkKept(from oldest: Int) throws {
        let ids = Set(reference.versions.flatMap(\.keys)).sorted()
        let last = reference.versions.count - 1
        try state.read { transaction in
            for version in oldest...last {
                for id in ids {
                    let seen = try transaction.state(of: id, version: version)
                    try demand(
                        seen, equals: reference.versions[version][id]?.state, "state of \(id) at version \(version)")
                }
                for from in [0, oldest, last] {
                    var changes: [ObjectChange] = []
                    try transaction.changes(from: from, to: version).forEach { changes.append($0) }
                    try demand(
                        changes, equals: reference.changes(from: from, to: version), "changes \(from) to \(version)")
                }
            }
            let kept = try transaction.oldestVersion()
            for version in 0...last {
                let isRefused = (try? transaction.requireKept(version)) == nil
                try demand(isRefused, equals: version > 0 && version < kept, "version \(version) of \(kept)")
            }
        }
    }

    private func events() throws -> [[String]] {
        try boxes.map { name, _ in
            try state.write { transaction in
                let delivery = Delivery(log: transaction, source: "urn:test")
                let mailbox = try delivery.mailbox(name)
                try delivery.countPending(view: mailbox.view, id: mailbox.viewID)
                var lines: [String] = []
                try delivery.events(mailbox, after: 0, max: .max) { event in
                    var line = JSONBytes()
                    event.write(to: &line, delivery.context(mailbox))
                    lines.append(line.text)
                }
                return lines
            }
        }
    }

    /// No state is left that no kept version has, but for those that say about whom a later one is.
    private func checkNothingLeft(_ oldest: Int) throws {
        // A state before may say about whom one is, and another that a gone one was about somebody protected.
        let about = Set(Kind.allCases.filter { $0 == .person || !Schema.standard.personRelations($0).isEmpty })
        try state.read { transaction in
            for id in Set(reference.versions.flatMap(\.keys)) {
                let since = try transaction.versions(of: id).filter { $0 <= oldest }
                let kind = try transaction.lastKnown(id)?.kind
                let most = kind.map(about.contains) ?? false ? 3 : 1
                try demand(since.count <= most, "\(id) has states of versions \(since), and \(oldest) is the oldest")
                let isInKept = reference.versions.dropFirst(oldest).contains { $0[id] != nil }
                let hasKey = try transaction.lastKnown(id).map { $0.key != id.description } ?? isInKept
                try demand(hasKey, equals: isInKept, "the key of \(id)")
            }
        }
    }
}

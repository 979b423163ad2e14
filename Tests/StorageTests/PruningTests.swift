import Distribution
import Foundation
import OrganisationModel
import RegisterFixtures
import Testing
import Versioning

@testable import Storage

struct PruningTests {
    @Test(
        "After a pruning, cut off or not, every kept version and every unsettled event is as before",
        arguments: Rounds.seeds(25))
    func keptIsAsBefore(seed: UInt64) {
        do {
            var round = try PruningRound(seed: seed)
            try round.run()
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }

    @Test("Random histories lose states at all")
    func statesGo() throws {
        let states = try (1...6).map { seed in
            var round = try PruningRound(seed: UInt64(seed))
            try round.run()
            return round.states
        }
        #expect(states.reduce(0, +) > 50, "\(states)")
    }

    private func plan(_ state: State, versions: Int = 1, before: String = "2000") throws -> PruningPlan {
        var retention = Retention()
        (retention.versions, retention.days) = (versions, 1)
        return try #require(
            try state.read { try $0.pruningPlan(retention, begin: { _ in before }, isThere: { $0.path == "there" }) })
    }

    private func prune(_ state: State, _ plan: PruningPlan) throws {
        try state.write { try $0.begin(plan, actor: Actor("anna"), time: StateTransaction.timeFixture) }
        var sweep = StateTransaction.Sweep()
        while try state.write({ try $0.sweepStates(&sweep) }) {}
        var done = 0
        while try state.write({ try $0.sweepRest(plan, done: done) }) { done += 1 }
    }

    // MARK: What holds versions

    @Test func whatAMailboxAndACandidateThatWaitsNeed_isKeptAndNamed() throws {
        let fixture = try StateFixture.filled()
        let state = try fixture.open(.writing)
        let held = try plan(state)
        #expect(held.heldBy == [Retention.Need("subscription:box", version: 1)] && held.versions.isEmpty)
        // Version 2 is the first that the mailbox was told of, and was current a day ago; the candidate was made against version 3.
        try state.write { transaction in
            let box = try #require(try transaction.mailbox(named: "box"))
            let highest = try transaction.highestNumber(view: box.viewID) + box.offset
            let settled = try #require(try box.settling(through: highest, highest: highest))
            try transaction.settle(settled)
        }
        let free = try plan(state)
        #expect(free.heldBy.isEmpty && free.versions == 1..<2)
    }

    @Test("A rollback that waits keeps the version that it would bring back")
    func rollbackKeepsItsTarget() throws {
        let fixture = try StateFixture()
        let state = try fixture.open(.writing)
        for number in 1...6 { try publish(state, unitNamed: "\(number)", day: number) }
        try state.write { transaction in
            let held = try transaction.candidateFixture(.held)
            let rollback = Candidate(
                id: held.id, base: held.base, verdict: .held, waitsFor: ["manual"], cause: .rollback, target: 3,
                version: nil, counts: ChangeCounts(), planHash: [1], sources: [:], findingCounts: [],
                findingsFrom: held.id, actor: held.actor, time: held.time)
            try transaction.record(
                rollback, findings: [], changes: FixedChanges([]),
                acceptance: transaction.acceptanceFixture([], .init()))
        }
        let plan = try plan(state)
        #expect(plan.versions == 1..<3 && plan.heldBy.map(\.version) == [3])
        #expect(plan.heldBy.first?.who.hasPrefix("candidate:") == true)
    }

    private static let unit = ObjectID(high: 5, low: 5)

    private func publish(_ state: State, unitNamed name: String, day: Int) throws {
        let fields = [StatePeriod.Field(attribute: Schema.standard[.unit].attributes[0], value: .text(name))]
        try state.write { transaction in
            let change = ObjectChange(
                id: Self.unit, kind: .unit, source: "hr", key: "5", before: try transaction.object(Self.unit)?.state,
                after: ObjectState([StatePeriod(period: .always, fields: fields)]))
            try transaction.publishFixture(
                FixedChanges([change]), today: StateFixture.today.advanced(by: Int32(day)))
        }
    }

    // MARK: The file

    @Test("What went is nowhere in the files of the state, and the audit says that it went")
    func goneFromFile() throws {
        let fixture = try StateFixture()
        let state = try fixture.open(.writing)
        for number in 1...5 { try publish(state, unitNamed: "Hyldeblomst \(number)", day: number) }
        try prune(state, plan(state, versions: 2))
        #expect(try state.emptyLog())
        let files = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path)
        let bytes = try files.reduce(into: Data()) { bytes, name in
            bytes += try Data(contentsOf: URL(filePath: fixture.folder.path + "/" + name))
        }
        let found = (1...5).filter { bytes.range(of: Data("Hyldeblomst \($0)".utf8)) != nil }
        // Version 3 was current when yesterday began.
        #expect(found == [3, 4, 5])
        let entry = try #require(try state.read { try $0.auditEntries(action: "state.pruned") }.first)
        #expect(entry.actor == Actor("anna") && entry.subject == "version:3")
        #expect(entry.detail == "versions 1 to 2; 0 candidates, 0 runs, 0 notices")
        #expect(try state.read { try $0.staleSince() } == StateFixture.today.advanced(by: 5))
        try state.write { try $0.setFresh() }
        #expect(try state.read { try $0.staleSince() } == nil)
    }

    @Test("An edge that nobody told is found")
    func untoldEdge() throws {
        let fixture = try StateFixture.filled()
        let state = try fixture.open(.writing)
        try state.write { try $0.set(StateTransaction.oldestSetting, Int64(2)) }
        #expect(try fixture.problems() == ["the oldest version that is kept is not the one that the audit tells"])
    }

    // MARK: Whom a state is about

    @Test("An account without a person is found as theirs whose it was, also when that version went")
    func anchorStays() throws {
        let fixture = try StateFixture()
        let state = try fixture.open(.writing)
        let (person, user) = (ObjectID(high: 1, low: 1), ObjectID(high: 2, low: 2))
        func account(_ owner: ObjectID?, _ mail: String) -> ReferenceRegister.Object {
            let attributes = Schema.standard[.user].attributes
            let fields = [
                owner.map { StatePeriod.Field(attribute: attributes[1], value: .reference($0)) },
                StatePeriod.Field(attribute: attributes[2], value: .text(mail)),
            ].compactMap { $0 }
            return ReferenceRegister.Object(kind: .user, periods: [StatePeriod(period: .always, fields: fields)])
        }
        let somebody = ReferenceRegister.Object(kind: .person, periods: [StatePeriod(period: .always, fields: [])])
        var objects: [ObjectID: ReferenceRegister.Object] = [:]
        for (day, owner) in [person, person, nil, nil, nil].enumerated() {
            var next: [ObjectID: ReferenceRegister.Object] = [user: account(owner, "mail \(day)")]
            if owner != nil { next[person] = somebody }
            let changes = ReferenceRegister.changes(from: objects, to: next)
            _ = try state.write {
                try $0.publishFixture(FixedChanges(changes), today: StateFixture.today.advanced(by: Int32(day)))
            }
            objects = next
        }
        try prune(state, plan(state))
        #expect(try state.read { try $0.versions(of: user) } == [2, 3, 4, 5])
        let holdings = try state.read { try $0.holdings(of: person) }
        #expect(holdings.objects.map(\.object.id) == [person, user])
        // It says whose the account was, and nothing else.
        let anchor = try #require(try state.read { try $0.state(of: user, version: 2) })
        #expect(anchor.periods(Schema.standard[.user]).flatMap(\.fields).map(\.attribute.name) == ["person"])
        #expect(try fixture.problems() == [])
    }

    // MARK: Candidates, runs, notices

    @Test("Old candidates, runs and notices go, but for the last and those that something refers to")
    func oldBookkeepingGoes() throws {
        let fixture = try StateFixture.filled()
        let state = try fixture.open(.writing)
        let time = StateTransaction.timeFixture
        func run(_ number: Int, _ path: String, _ transaction: StateTransaction, _ candidate: CandidateID?) throws {
            let file = RunFile(source: "hr", path: path, byteCount: number, modified: 1, inode: 2, stamp: 3 + number)
            var run = try transaction.receive(file, time: time)
            run.candidate = candidate
            run.end(.rejected, time: time)
            try transaction.write(run)
        }
        try state.write { transaction in
            let acceptance = transaction.acceptanceFixture([], .init())
            for number in 1...4 {
                let candidate = try transaction.candidateFixture(.rejected)
                try transaction.record(candidate, findings: [], changes: nil, acceptance: acceptance)
                if number < 4 { try run(number, number == 2 ? "there" : "gone", transaction, candidate.id) }
            }
        }
        let plan = try plan(state, before: "2027")
        // 1 to 3 were published, 4 waits, 6 is named by the run of a file that lies there, 7 by the newest run, 8 is the last.
        #expect(plan.candidates == [CandidateID(5)] && plan.runs == [1, 2])
        try prune(state, plan)
        try state.read { transaction throws in
            #expect(throws: FordelerError(.prunedCandidate, "")) {
                _ = try transaction.requireCandidate(CandidateID(5))
            }
            #expect(throws: FordelerError(.unknownCandidate, "")) {
                _ = try transaction.requireCandidate(CandidateID(9))
            }
            #expect(try transaction.requireCandidate(CandidateID(6)).verdict == .rejected)
            #expect(try transaction.runs().map(\.number) == [4, 3])
            #expect(try transaction.nextCandidateID() == CandidateID(9))
        }
        #expect(try fixture.problems() == [])
    }
}

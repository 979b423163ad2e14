import ChangeEvents
import Distribution
import OrganisationModel
import RegisterFixtures
import Storage
import Testing
import Versioning

struct MailboxPropertyTests {
    @Test(
        "Random publishes and day turns: events fold to snapshots, dense, in order, the same when read again",
        arguments: Rounds.seeds(60))
    func randomHistoryFoldsToSnapshots(seed: UInt64) {
        do {
            var round = try MailboxRound(seed: seed)
            try round.run()
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }
}

struct MailboxLimitsTests {
    @Test(
        "Numbers beyond all events, and pages of no or any size",
        arguments: [
            (Int.max, Int.max, 0), (Int.max, 1, 0), (0, 0, 0), (0, -1, 0), (0, Int.min, 0), (Int.min, Int.max, 3),
            (-5, 2, 2), (2, Int.max, 1), (3, 1, 0), (Int.max - 1, Int.max, 0),
        ])
    func limits(after: Int, max: Int, count: Int) throws {
        let folder = try TemporaryFolder()
        let state = try State(folder: folder.path, access: .writing)
        let id = ObjectID(high: 1, low: 1)
        let unit = ReferenceRegister.Object(kind: .unit, periods: [StatePeriod(period: .always, fields: [])])
        let mailbox = try state.write { transaction in
            let mailbox = try transaction.addMailbox(
                "box", view: View(kinds: ["unit"], attributes: nil), source: "urn:test", actor: Actor("test"),
                time: StateTransaction.timeFixture)
            try transaction.publishFixture(
                FixedChanges(ReferenceRegister.changes(from: [:], to: [id: unit])), today: Day(number: 20_000))
            try Delivery(log: transaction, source: "urn:test").countPending(view: mailbox.view, id: mailbox.viewID)
            return mailbox
        }
        var numbers: [Int] = []
        try state.read { transaction in
            try Delivery(log: transaction, source: "urn:test").events(mailbox, after: after, max: max) { event in
                numbers.append(event.number)
            }
        }
        let first = min(Swift.max(after, 0), 3) + 1
        #expect(numbers == Array(first..<first + count))
    }
}

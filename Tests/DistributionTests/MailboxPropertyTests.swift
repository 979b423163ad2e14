import RegisterFixtures
import Testing

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

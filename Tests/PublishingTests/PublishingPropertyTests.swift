import RegisterFixtures
import Testing

struct PublishingPropertyTests {
    @Test(
        "Random exports, approvals and rollbacks: what a change can reach gives what everything gives",
        arguments: Rounds.seeds(300, soak: 10_000))
    func reachedEqualsWhole(seed: UInt64) {
        do {
            var round = try PublishingRound(seed: seed)
            try round.run()
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }
}

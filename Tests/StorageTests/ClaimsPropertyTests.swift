import RegisterFixtures
import Testing

struct ClaimsPropertyTests {
    @Test(
        "Random exports, refused, waiting or accepted: the register is what the accepted ones say",
        arguments: Rounds.seeds(60))
    func registerEqualsFullResolve(seed: UInt64) {
        do {
            var round = try ClaimsRound(seed: seed, hasRepeatedKeys: false)
            try round.run()
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }

    @Test("The same with records that share a key", arguments: Rounds.seeds(60))
    func registerEqualsFullResolveWithRepeatedKeys(seed: UInt64) {
        do {
            var round = try ClaimsRound(seed: seed, hasRepeatedKeys: true)
            try round.run()
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }
}

import RegisterFixtures
import Testing

struct DeltaPropertyTests {
    @Test(
        "Random full exports and deltas, published at once or together: as the full export of each day gives it",
        arguments: Rounds.seeds(80, soak: 4000))
    func deltasEqualFullExports(seed: UInt64) {
        do {
            var round = try DeltaRound(seed: seed)
            try round.run()
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }

    @Test(
        "Random full exports and deltas, with units that are excluded: the same",
        arguments: Rounds.seeds(80, soak: 4000))
    func deltasEqualFullExports_withExcludedUnits(seed: UInt64) {
        do {
            var round = try DeltaRound(seed: seed, hasScopes: true)
            try round.run()
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }
}

import RegisterFixtures
import Testing

struct PublishingPropertyTests {
    @Test(
        "Random exports, approvals and rollbacks: what a change can reach gives what everything gives",
        arguments: Rounds.seeds(300, soak: 10_000))
    func reachedEqualsWhole(seed: UInt64) {
        for secret in 0..<Rounds.secrets {
            do {
                var round = try PublishingRound(seed: seed, secret: secret)
                try round.run()
            } catch {
                Issue.record("seed \(seed), secret \(secret): \(error)")
            }
        }
    }

    @Test(
        "Random exports, and corrections by editors: the same",
        arguments: Rounds.seeds(300, soak: 10_000))
    func reachedEqualsWhole_withCorrections(seed: UInt64) {
        for secret in 0..<Rounds.secrets {
            do {
                var round = try PublishingRound(
                    seed: seed, secret: secret, hasScopes: seed % 4 == 0, hasCorrections: true)
                try round.run()
            } catch {
                Issue.record("seed \(seed), secret \(secret): \(error)")
            }
        }
    }

    @Test(
        "Random exports, with units that are excluded or in the scope of one of several sources: the same",
        arguments: Rounds.seeds(300, soak: 10_000))
    func reachedEqualsWhole_withScopes(seed: UInt64) {
        for secret in 0..<Rounds.secrets {
            do {
                var round = try PublishingRound(seed: seed, secret: secret, hasScopes: true)
                try round.run()
            } catch {
                Issue.record("seed \(seed), secret \(secret): \(error)")
            }
        }
    }
}

@testable import Mapping
import OrganisationModel
import RegisterFixtures
import Testing

/// What is cut, found from the top of the hierarchy, against what each unit's own way up says, day by day.
struct ScopePropertyTests {
    @Test(
        "Random hierarchies of three sources: cuts are those of every day", arguments: Rounds.seeds(500, soak: 20_000))
    func cutsEqualTheWayUp(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let world = ScopeWorld(&random)
        let cuts = UnitCuts(world.places(), world.precedence, sources: world.delivered)
        for source in ScopeWorld.sources + ["other"] {
            for unit in ScopeWorld.units {
                for day in ScopeWorld.days {
                    let seen = cuts.cuts(of: world.id(unit), for: source).filter { $0.period.contains(day) }
                    let expected = world.isCut(unit, source, day) ? 1 : 0
                    #expect(seen.count == expected, "seed \(seed): \(source) unit \(unit) on \(day.number), \(world)")
                }
            }
        }
    }

    @Test("Random records: what remains is what each day leaves", arguments: Rounds.seeds(500, soak: 20_000))
    func remaindersEqualTheDays(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let world = ScopeWorld(&random)
        let places = world.places()
        let cutting = ClaimCutting(
            places, UnitCuts(places, world.precedence, sources: world.delivered), schema: .standard)
        for number in 0..<10 {
            let source = random.pick(ScopeWorld.sources + ["other"])
            let record = ScopeRecord(&random, world)
            let seen = record.bytes.withUnsafeBytes { claim -> [ObjectID: Set<Day>] in
                guard let remainder = cutting.remainder(of: claim, source: source) else { return record.days }
                return remainder.claim.map(ScopeRecord.days) ?? [:]
            }
            let expected = record.days { world.isCut($0, source, $1) }
            #expect(seen == expected, "seed \(seed), record \(number) of \(source): \(record), \(world)")
        }
    }
}

@testable import fordeler
import Foundation
import FordelerTestKit
import OrganisationModel
import RegisterFixtures
import Storage
import Testing
import Validation
import Versioning

/// A damaged export between two good ones: what it broke is told, and nothing of it is ever published.
struct DamagedExportTests {
    @Test(
        "An export is damaged: no object gets what the damage says, and after the next good one all is as if it had never come",
        arguments: Damage.allCases, Rounds.seeds(10, soak: 1_000))
    func nothingOfTheDamageIsPublished(damage: Damage, seed: UInt64) throws {
        var world = DamagedWorld(seed: seed)
        let real = try Office(.daily, secret: world.secret)
        // Gets what should have come; when that is nothing new, nothing comes.
        let other = try Office(.daily, secret: world.secret)
        for office in [real, other] { try world.deliver(to: office) }
        let before = try real.register()
        let yesterday = world
        // On every other day the source has nothing new, so that all that comes is damage.
        let hasNews = seed % 2 == 0
        if hasNews {
            world.advance()
            try world.deliverOne(isDirectory: damage.isOfDirectory, to: other)
        }
        let then = try other.register()

        let outcome = try world.deliver(damage, since: yesterday, to: real)
        let brakes = outcome.candidate.brakes.compactMap { $0.name.split(separator: ".").last.map(String.init) }
        let told = Set(try real.rules(outcome) + brakes)
        #expect(damage.verdicts.contains(outcome.candidate.verdict), "\(told)")
        #expect(damage.tells.isEmpty || !damage.tells.isDisjoint(with: told), "\(told)")
        let after = try real.register()
        for (id, object) in after where object != before[id] && object != then[id] {
            Issue.record("\(object) is of neither day: \(outcome.candidate.verdict), \(told)")
        }
        for id in Set(before.keys).intersection(then.keys) where after[id] == nil {
            Issue.record("an object went that is there on both days: \(outcome.candidate.verdict), \(told)")
        }

        world.advance()
        // Twice, since a removal counts when two exports say so.
        for office in [real, other, real, other] { try world.deliver(to: office) }
        // What was not damaged may have been published a day later, with the end of who left the day before.
        if !hasNews {
            let (seen, expected) = (try real.register(), try other.register())
            for id in Set(seen.keys).union(expected.keys)
            where seen[id] != expected[id] && !Self.leftMeanwhile(seen[id], expected[id], real.today) {
                Issue.record("after the next good export: \(Self.text(seen[id])), not \(Self.text(expected[id]))")
            }
        }
        #expect(try real.state.read { try $0.verify() }.problems == [])
    }

    /// Whether an object has ended on the same day in both: of who left after the damage the source says only that, so the rest stays as
    /// it was.
    private static func leftMeanwhile(_ object: RegisteredObject?, _ other: RegisteredObject?, _ today: Day) -> Bool {
        guard let object, let other else { return false }
        let days = object.state.boundaries
        return days == other.state.boundaries && days.allSatisfy { $0 <= today }
    }

    private static func text(_ object: RegisteredObject?) -> String {
        guard let object else { return "gone" }
        let periods = object.state.periods(Schema.standard[object.kind])
        return "\(object.kind.name) " + periods.map { "\($0.period) \($0.fields.map(\.value))" }.joined(separator: "; ")
    }
}

/// Payroll and directory of a small municipality on one day.
private struct DamagedWorld {
    private let seed: UInt64
    private var hr: OpusMunicipality
    private var ad: ADMunicipality
    private var day: UInt64 = 0

    init(seed: UInt64) {
        self.seed = seed
        hr = OpusMunicipality(seed: seed, employees: 100)
        ad = ADMunicipality(seed: seed, hr: hr)
    }

    var secret: [UInt8] {
        var random = SeededRandom(seed: seed)
        return (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    mutating func advance() {
        day += 1
        hr.advance(seed: seed + day, fraction: 0.02)
        ad.advance(seed: seed + day, hr: hr, fraction: 0.02)
    }

    @discardableResult
    func deliver(to office: Office) throws -> Outcome {
        try office.importFiles(["hr": office.write(hr.bytes, "hr"), "ad": office.write(ad.bytes, "ad")])
    }

    func deliverOne(isDirectory: Bool, to office: Office) throws {
        let (source, bytes) = isDirectory ? ("ad", ad.bytes) : ("hr", hr.bytes)
        try office.importFiles([source: office.write(bytes, source)])
    }

    func deliver(_ damage: Damage, since before: DamagedWorld, to office: Office) throws -> Outcome {
        var random = SeededRandom(seed: seed)
        let (source, bytes) =
            damage.isOfDirectory
            ? ("ad", damage.directory(ad, &random)) : ("hr", damage.payroll(hr, before: before.hr, &random))
        return try office.importFiles([source: office.write(bytes, source)])
    }
}

extension Office {
    fileprivate func register() throws -> [ObjectID: RegisteredObject] {
        Dictionary(uniqueKeysWithValues: try objects().map { ($0.id, $0) })
    }
}

extension Settings {
    /// As most are: the brakes that hold when nothing is said, and what is absent once may have been forgotten.
    fileprivate static var daily: Settings {
        var settings = Settings()
        settings.brakes = BrakeRules()
        settings.confirmRemovals = 2
        return settings
    }
}

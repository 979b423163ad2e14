import Foundation
import OrganisationModel
import RegisterFixtures
import Testing

@testable import Storage

/// A single bit that turns anywhere in the database file: whatever it changes of what is stored, `verify` tells.
struct BitFlipTests {
    /// What a flipped bit did.
    private enum Effect {
        /// Other values are read, or other rows.
        case altered
        /// The rows are the same, but not all of them are found by their keys or indexes.
        case lost
        /// The state cannot be opened, or not be read.
        case unreadable
        case none
    }

    private struct Outcome {
        let effect: Effect
        let isTold: Bool
        /// An error that is not in words for people; nil when there was none.
        var strange: String?
    }

    /// Rounds are dealt to so many runs, which the test library carries out beside each other.
    private static let hands = 4

    @Test("What a flipped bit changes is told, wherever the bit lies", arguments: 0..<hands)
    func flippedBitIsTold(hand: Int) throws {
        let good = try StoredFile.rich.get()
        let folder = try TemporaryFolder(isInMemory: true)
        try Data(good.secret).write(to: URL(fileURLWithPath: folder.secret))
        var (altered, tried) = (0, 0)
        for seed in Rounds.seeds(600, soak: 24_000) where Int(seed) % Self.hands == hand {
            var random = SeededRandom(seed: seed)
            let bit = random.number(0...good.bytes.count * 8 - 1)
            let outcome = try Self.outcome(good, flipping: bit, folder)
            tried += 1
            altered += outcome.effect == .altered ? 1 : 0
            if outcome.effect != .none, !outcome.isTold {
                Issue.record("seed \(seed), bit \(bit % 8) of byte \(bit / 8): \(outcome.effect), and nothing is told")
            }
            if let strange = outcome.strange { Issue.record("seed \(seed), bit \(bit): \(strange)") }
        }
        // Flips that change nothing prove nothing; much of a small file is room in pages of small tables.
        #expect(tried < 50 || altered * 4 >= tried, "\(altered) of \(tried) flips changed what is stored")
    }

    private static func outcome(_ good: StoredFile, flipping bit: Int, _ folder: TemporaryFolder) throws -> Outcome {
        var bytes = good.bytes
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        try Data(bytes).write(to: URL(fileURLWithPath: folder.database))
        let state: State
        do {
            state = try State(folder: folder.path, access: .reading)
        } catch {
            return Outcome(effect: .unreadable, isTold: true, strange: strange(error))
        }
        let seen = try? state.read { try StoredFile.contents($0) }
        let effect: Effect =
            seen.map { $0.rows != good.contents.rows ? .altered : $0 != good.contents ? .lost : .none } ?? .unreadable
        do {
            return Outcome(effect: effect, isTold: try !state.read { try $0.verify() }.problems.isEmpty)
        } catch {
            return Outcome(effect: effect, isTold: true, strange: strange(error))
        }
    }

    private static func strange(_ error: any Error) -> String? {
        error is FordelerError ? nil : "\(error)"
    }
}

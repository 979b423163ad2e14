import Foundation
import Testing

/// The daemon is killed before each call in turn that changes a file or tells somebody something. After the next start
/// everything is as if nothing had happened, but that people are told.
struct DaemonCrashTests {
    /// Points tried without `FORDELER_SOAK=1`.
    private static let pointsTried = 18

    /// What must be the same however the day went.
    private struct Result: Equatable {
        let versions: [String]
        let files: [String]
        let events: [String]
        let copy: [String: JSON]
    }

    private func look(_ cycle: CrashCycle, _ daemon: RunningDaemon) throws -> Result {
        var follower = cycle.follower
        try follower.readAll(daemon)
        #expect(try follower.snapshot(daemon) == follower.copy)
        let verified = try daemon.run("verify")
        #expect(verified.status == 0, "\(verified.output)")
        return Result(
            versions: try [("0", "1"), ("1", "2")].map { try daemon.run("diff", $0.0, $0.1, "--json").output },
            files: try daemon.runs().map { "\($0["file"].text ?? "") \($0["verdict"].text ?? "")" },
            events: follower.told, copy: follower.copy)
    }

    @Test func `a daemon that is killed anywhere loses nothing, tells nothing twice, and tells people once`() throws {
        let prepared = try World.forDaemon()
        #expect(try prepared.run("subscription", "add", "ky", "--kinds", "unit,engagement").status == 0)
        let token = try prepared.run("subscription", "token", "ky").output
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let undisturbed = try CrashCycle(prepared: prepared, token: token)
        let expected = try look(undisturbed, try undisturbed.live())
        #expect(expected.files.map { $0.split(separator: " ").last } == ["published", "published"])
        #expect(expected.events.count > 8)
        let points = try points(prepared, token)
        let isSoak = ProcessInfo.processInfo.environment["FORDELER_SOAK"] == "1"
        let step = isSoak ? 1 : max(1, points.count / Self.pointsTried)
        var killed = 0
        for point in stride(from: 0, to: points.count, by: step).map({ points[$0] }) {
            let cycle = try CrashCycle(prepared: prepared, token: token, killedAt: point)
            let daemon = try cycle.live()
            let seen = try look(cycle, daemon)
            #expect(seen == expected, "\(point)")
            let status = try daemon.settle()
            let crashes = status["crashes"].number ?? -1
            #expect(crashes >= cycle.kills, "\(point)")
            #expect(status["notices"]["waiting"].number ?? 0 == crashes, "\(point): one notice for each crash")
            killed += min(1, crashes)
            #expect(daemon.end() == 0)
        }
        print("daemon crash sweep: \(points.count) points, every \(step)., killed \(killed)")
        #expect(killed >= (isSoak ? 100 : 8))
    }

    private func points(_ prepared: World, _ token: String) throws -> [CrashCycle.Point] {
        try CrashCycle.Phase.allCases.flatMap { phase in
            let cycle = try CrashCycle(prepared: prepared, token: token, counting: phase)
            let daemon = try cycle.live()
            daemon.end()
            let counts = try cycle.counts()
            return CrashCycle.calls.flatMap { call in
                let count = counts[call.replacing("?", with: "")] ?? 0
                return count == 0 ? [] : (1...count).map { CrashCycle.Point(phase: phase, call: call, number: $0) }
            }
        }
    }
}

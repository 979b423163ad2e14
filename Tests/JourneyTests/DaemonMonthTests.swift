import FordelerTestKit
import Foundation
import RegisterFixtures
import Testing

/// Thirty days of a municipality whose files come as files do: early, late, twice, broken or not at all, while the daemon is
/// stopped and killed at any moment.
struct DaemonMonthTests {
    private static let days = 30
    private static let begin = Date(timeIntervalSince1970: 1_759_276_800)  // 2025-10-01T00:00:00Z

    private static let configuration = """
        state: state
        timeZone: Europe/Copenhagen
        authority: {name: Søløkke Kommune, cvr: "99000001"}
        \(World.withoutBrakes)
        http: {port: 0}
        sources:
          hr: {mapping: kmd-opus, files: "drop/ZLPE*.xml", publish: automatic, schedule: "02:30", expected: "06:00"}
          ad: {mapping: ad-users-csv, files: "drop/accounts*.csv", publish: automatic}
        """

    @Test(arguments: Rounds.seeds(1, soak: 20))
    func `after a month each file has its one verdict, and register and subscriber hold what the last files say`(
        seed: UInt64
    ) throws {
        let world = try World()
        try world.configure(Self.configuration)
        try world.makeDropFolder()
        try world.setClock(Self.begin)
        var month = try Month(world, seed: seed)
        for day in 0..<Self.days { try month.live(Self.begin + Double(day) * 86_400) }
        try month.end()
        try expectExpectedVerdicts(month)
        try expectSameAsAnew(month)
        try expectFollowed(&month)
        #expect(month.model.hr.files.count >= 20 && month.model.ad.files.count >= 20)
        #expect(month.stops >= 3 && month.kills >= 3)
        let verdicts = (month.model.hr.files + month.model.ad.files).map { $0.verdict.rawValue }
        print(
            "month \(seed): \(verdicts.count) files, \(month.stops) stops, \(month.kills) kills, "
                + "\(month.follower.applied) events; "
                + Set(verdicts).sorted().map { name in "\(name) \(verdicts.count { $0 == name })" }.joined(
                    separator: ", "))
    }

    private func expectExpectedVerdicts(_ month: Month) throws {
        let runs = try month.daemon.runs()
        for (name, source) in [("hr", month.model.hr), ("ad", month.model.ad)] {
            var seen: [String: [String]] = [:]
            for run in runs where run["source"].text == name {
                seen[run["file"].text ?? "", default: []].append(run["verdict"].text ?? "")
            }
            #expect(seen.count == source.files.count)
            for file in source.files {
                #expect(seen[file.name] == [file.verdict.rawValue], "\(file.name), \(file.story)")
            }
        }
        let status = try month.daemon.settle()
        #expect(status["problems"].list.isEmpty && status["held"].list.isEmpty)
        #expect(try month.daemon.run("verify").status == 0)
    }

    /// The register is that of a new one with the same secret which only ever read the last files that were taken.
    private func expectSameAsAnew(_ month: Month) throws {
        let (world, anew) = (month.world, try World())
        try anew.configure(Self.configuration)
        try FileManager.default.createDirectory(at: anew.state, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: world.state.appendingPathComponent("secret"), to: anew.state.appendingPathComponent("secret"))
        try anew.write(try #require(month.model.hr.accepted), "last.xml")
        try anew.write(try #require(month.model.ad.accepted), "last.csv")
        let day = String(month.world.clock.formatted(.iso8601).prefix(10))
        #expect(try anew.importing("hr=last.xml", "ad=last.csv", today: day).status == 0)
        let version = try month.daemon.settle()["version"].number ?? 0
        let (grown, read) = (
            try month.daemon.run("diff", "0", String(version), "--json").lines, try anew.diff("0", "1")
        )
        #expect(grown.count == read.count && grown.count > 50)
        for (one, other) in zip(grown, read) { try #require(one == other) }
    }

    private func expectFollowed(_ month: inout Month) throws {
        try month.follower.readAll(month.daemon)
        #expect(month.follower.applied > 50)
        #expect(try month.follower.snapshot(month.daemon) == month.follower.copy)
        let lines = try month.daemon.run("snapshot", "ky").lines.dropFirst()
        let told = Dictionary(uniqueKeysWithValues: lines.map { ($0["subject"].text ?? "", $0["data"]) })
        #expect(told == month.follower.copy)
    }
}

import FordelerTestKit
import Foundation
import Testing

/// A directory's export that was interrupted: no account goes because of it.
struct CutDirectoryTests {
    private func town(_ seed: UInt64, settings: String = "", brakes: String = "") throws -> (World, String) {
        let world = try World.withTwoSources(settings: settings, brakes: brakes)
        let town = TwoSourceMunicipality(seed: seed)
        try world.write(town.hr, "hr1.xml")
        let text = try world.write(town.ad, "ad1.csv")
        #expect(try world.importing("hr=hr1.xml", "ad=ad1.csv").status == 0)
        return (world, text)
    }

    private func accounts(_ world: World) throws -> Int {
        try world.diff("0", String(world.version())).filter { $0["kind"].text == "user" }.count
    }

    /// The text up to so many characters into its 41st row of accounts.
    private func cut(_ text: String, after mark: String) throws -> (text: String, line: Int) {
        let start = try #require(
            text.range(of: mark, range: text.index(text.startIndex, offsetBy: 9_000)..<text.endIndex))
        let kept = String(text[..<start.upperBound])
        return (kept, kept.count { $0 == "\n" || $0 == "\r\n" } + 1)
    }

    @Test(arguments: ["\"CN=", "\",\"True\",\"", "\"user\","])
    func `cut inside quotes or inside a row it is rejected with its line`(mark: String) throws {
        let (world, text) = try town(7)
        let before = try accounts(world)
        let (kept, line) = try cut(text, after: mark)
        try world.write(kept, "cut.csv")
        let outcome = try world.importing("ad=cut.csv", today: World.secondDay)
        #expect(outcome.status == 3 && outcome.json["verdict"].text == "rejected")
        let finding = try #require(
            try world.findings("candidate:\(outcome.json["candidate"].text ?? "")").first)
        #expect(finding["rule"].text == "csv.truncated" && finding["source"].text == "ad")
        #expect(
            finding["file"].text == "cut.csv" && abs((finding["line"].number ?? 0) - line) <= 1, "\(finding) \(line)")
        #expect(try accounts(world) == before)
        // The next good file needs no hand.
        #expect(try world.importing("ad=ad1.csv", today: World.secondDay).json["verdict"].text == "unchanged")
    }

    /// The first part of the rows, each whole.
    private func part(_ text: String, _ share: Double) -> String {
        let rows = text.components(separatedBy: "\r\n\"CN=")
        let kept = rows.prefix(max(2, Int(Double(rows.count) * share)))
        return kept.joined(separator: "\r\n\"CN=") + "\r\n"
    }

    @Test func `cut between two rows it is held by a brake`() throws {
        let (world, text) = try town(8)
        let before = try accounts(world)
        try world.write(part(text, 0.5), "half.csv")
        let outcome = try world.importing("ad=half.csv", today: World.secondDay)
        #expect(outcome.status == 5 && outcome.json["waitsFor"].texts == ["brake:ad.user.removed"])
        #expect(try accounts(world) == before)
        // A later complete file takes its place, and nothing has changed.
        let next = try world.importing("ad=ad1.csv", today: World.secondDay)
        #expect(next.status == 0 && next.json["verdict"].text == "unchanged")
        #expect(try world.run("candidates", "--json").lines.filter { $0["verdict"].text == "held" }.isEmpty)
    }

    @Test func `what waits for confirmation is noted once, and not any more when the export is complete again`() throws
    {
        let (world, text) = try town(9, settings: "confirmRemovals: 4", brakes: World.withoutBrakes)
        let rules = { (outcome: Outcome) in outcome.json["findings"].list.map { $0["rule"].text ?? "" } }
        let before = try rules(world.importing("ad=ad1.csv", today: World.secondDay))
        for name in ["most.csv", "again.csv", "still.csv"] {
            try world.write(part(text, 0.9), name)
            let outcome = try world.importing("ad=\(name)", today: World.secondDay)
            #expect(rules(outcome) == before + ["export.removals-unconfirmed"])
            #expect(outcome.json["findings"].list.last?["count"].number == 1)
        }
        #expect(try rules(world.importing("ad=ad1.csv", today: World.secondDay)) == before)
    }

    @Test func `cut between two rows nothing is removed before a second export confirms it`() throws {
        let (world, text) = try town(9, settings: "confirmRemovals: 2", brakes: World.withoutBrakes)
        let before = try accounts(world)
        try world.write(part(text, 0.9), "most.csv")
        let first = try world.importing("ad=most.csv", today: World.secondDay)
        #expect(first.status == 0 && first.json["verdict"].text == "unchanged")
        #expect(first.json["findings"].list.map { $0["rule"].text } == ["export.removals-unconfirmed"])
        #expect(try accounts(world) == before)
        // What comes back in time never left; what is missing twice goes.
        #expect(try world.importing("ad=ad1.csv", today: World.secondDay).json["verdict"].text == "unchanged")
        #expect(try world.importing("ad=most.csv", today: World.secondDay).json["verdict"].text == "unchanged")
        // The same file read again is no other export.
        let same = try world.importing("ad=most.csv", today: World.secondDay)
        #expect(same.json["verdict"].text == "unchanged" && same.json["findings"].list.count == 1)
        #expect(try accounts(world) == before)
        try world.write(part(text, 0.9), "most-of-the-next-day.csv")
        let second = try world.importing("ad=most-of-the-next-day.csv", today: World.secondDay)
        #expect(second.json["verdict"].text == "published")
        let removed = second.json["changes"]["user"]["removed"].number ?? 0
        #expect(removed > 5)
        #expect(try accounts(world) == before - removed)
        try world.expectVerified()
    }
}

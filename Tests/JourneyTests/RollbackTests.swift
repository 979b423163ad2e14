import FordelerTestKit
import Foundation
import Testing

/// A mass deletion that somebody approved is taken back, and nothing of it returns by itself.
struct RollbackTests {
    private static let view = [
        "subscription", "add", "ky", "--kinds", "unit,engagement,user,person", "--attributes",
        "name,parent,unit,title,person,accountName,disabled,email,surname",
    ]

    /// Payroll and directory published as version 1, with a subscriber who has read everything.
    private func town(_ seed: UInt64) throws -> (world: World, town: TwoSourceMunicipality, copy: SubscriberCopy) {
        let world = try World.withTwoSources()
        let town = TwoSourceMunicipality(seed: seed)
        try world.write(town.hr, "hr1.xml")
        try world.write(town.ad, "ad1.csv")
        let first = try world.importing("hr=hr1.xml", "ad=ad1.csv")
        #expect(first.status == 0 && first.json["version"].number == 1)
        #expect(try world.run(Self.view).status == 0)
        var copy = SubscriberCopy(try world.snapshot("ky"))
        try copy.follow(world, today: World.firstDay)
        return (world, town, copy)
    }

    /// 30 % of the employments are missing, the brakes hold it, and somebody approves it.
    private func publishLoss(_ world: World, _ town: TwoSourceMunicipality) throws {
        try world.write(town.losing(0.3), "bad.xml")
        let held = try world.importing("hr=bad.xml")
        #expect(held.status == 5 && held.json["verdict"].text == "held")
        #expect(held.json["waitsFor"].texts.contains("brake:hr.engagement.removed"))
        let brake = held.json["brakes"].list.first { $0["name"].text == "hr.engagement.removed" }
        #expect(brake?["actual"].number == 36 && brake?["limit"].number == 6)
        let candidate = try #require(held.json["candidate"].text)
        let approved = try world.run("publish", "candidate:\(candidate)", "--approve", "--reason", "by mistake")
        #expect(approved.status == 0, "\(approved.errors)")
        #expect(try world.version() == 2)
    }

    @Test func `one rollback restores content and every subscriber's view, byte for byte`() throws {
        var (world, town, copy) = try town(1)
        let before = try world.snapshot("ky")
        #expect(copy.lines == before)
        try publishLoss(world, town)
        try copy.follow(world, today: World.firstDay)
        let after = try world.snapshot("ky")
        #expect(copy.lines == after && after != before)

        let back = try world.run("rollback", "1", "--reason", "a third was missing", "--json")
        #expect(back.status == 0 && back.json["verdict"].text == "published" && back.json["version"].number == 3)
        #expect(back.json["holds"].texts == ["hr"] && back.json["consumers"].texts == ["ky"])
        #expect((back.json["pinned"].number ?? 0) > 36)
        let hashes = try (1...3).map { try world.contentHash($0) }
        #expect(hashes[0] == hashes[2] && hashes[0] != hashes[1])
        let events = try copy.follow(world, today: World.firstDay)
        #expect(events.allSatisfy { $0["cause"].text == "rollback" } && !events.isEmpty)
        #expect(copy.lines == before)
        #expect(try world.snapshot("ky") == before)
        try world.expectVerified()
    }

    @Test func `after a rollback the daily import publishes nothing by itself and shows what would come back`() throws {
        var (world, town, _) = try town(2)
        try publishLoss(world, town)
        try world.run("rollback", "1", "--reason", "a third was missing")
        town.ad.accounts[0].isEnabled = false
        try world.write(town.losing(0.3), "again.xml")
        let again = try world.importing("hr=again.xml", today: World.secondDay)
        #expect(again.status == 5 && again.json["verdict"].text == "held")
        #expect(again.json["waitsFor"].texts.contains("hold:hr") && again.json["waitsFor"].texts.contains("pin"))
        #expect(again.json["changes"]["engagement"]["removed"].number == 36)
        #expect(try world.version() == 3)
        let candidate = try #require(again.json["candidate"].text)
        #expect(try world.diff("3", "candidate:\(candidate)").count > 36)
    }

    @Test func `release except pinned lets a leaver's account be disabled, and the rest goes on waiting`() throws {
        var (world, town, _) = try town(3)
        // Both sources in one bad round, so that both go on hold.
        let leaver = try #require(town.ad.accounts.firstIndex { $0.isEnabled && !$0.employeeID.isEmpty })
        try world.write(town.losing(0.3), "bad.xml")
        let address = town.ad.accounts[leaver].email
        town.ad.touch()
        town.ad.accounts[leaver].email = "anden@kommune.example"
        try world.write(town.ad, "ad2.csv")
        let held = try world.importing("hr=bad.xml", "ad=ad2.csv")
        let candidate = try #require(held.json["candidate"].text)
        try world.run("publish", "candidate:\(candidate)", "--approve", "--reason", "by mistake")
        let back = try world.run("rollback", "1", "--reason", "a third was missing", "--json")
        #expect(back.json["holds"].texts == ["ad", "hr"])

        let other = try #require(
            town.ad.accounts.indices.first { index in
                index != leaver && town.ad.accounts[index].isEnabled
                    && town.hr.employments.prefix(60).contains { $0.id == town.ad.accounts[index].employeeID }
            })
        let name = town.ad.accounts[other].samAccountName
        town.ad.accounts[other].isEnabled = false
        try world.write(town.ad, "ad3.csv")
        let waiting = try world.importing("hr=bad.xml", "ad=ad3.csv", today: World.secondDay)
        #expect(waiting.status == 5, "on hold nothing is published by itself")
        #expect(try world.version() == 3)
        try world.run("release", "hr", "--except", "pinned", today: World.secondDay)
        #expect(try world.version() == 3, "the round is of both sources")
        let released = try world.run("release", "ad", "--except", "pinned", "--json", today: World.secondDay)
        #expect(released.status == 0 && released.json["verdict"].text == "published", "\(released.output)")
        #expect(released.json["waitsFor"].texts == ["pin"])
        let shown = try world.run("show", "user", name, "--json").lines.first { $0["source"].text == "ad" }
        #expect(shown?["periods"].list.last?["attributes"]["disabled"].value as? Bool == true)
        #expect(try world.diff("1", "4").filter { $0["kind"].text == "engagement" }.count <= 1)
        let rest = try #require(released.json["rest"].text)
        let planned = try world.diff("4", "candidate:\(rest)")
        #expect(planned.filter { $0["kind"].text == "engagement" && $0["change"].texts == ["removed"] }.count == 36)
        #expect(try world.run("pins", "--json").lines.count >= planned.count)

        // The next good exports agree with the register again: nothing is left to wait.
        town.ad.accounts[leaver].email = address
        try world.write(town.ad, "ad4.csv")
        try world.write(town.hr, "good.xml")
        let good = try world.importing("hr=good.xml", "ad=ad4.csv", today: World.secondDay)
        #expect(good.status == 0 && good.json["verdict"].text == "unchanged", "\(good.output)")
        #expect(try world.run("pins").output.isEmpty)
        #expect(try world.run("candidates", "--json").lines.filter { $0["verdict"].text == "held" }.isEmpty)
        try world.expectVerified()
    }

    @Test func `a rollback without a reason, to the current and to a future version is refused`() throws {
        let (world, town, _) = try town(4)
        try publishLoss(world, town)
        for arguments in [["rollback", "1"], ["rollback", "2", "--reason", "x"], ["rollback", "9", "--reason", "x"]] {
            let outcome = try world.run(arguments)
            #expect(outcome.status == 1 && outcome.output.isEmpty, "\(arguments)")
        }
        #expect(try world.version() == 2)
    }

    @Test func `a preview changes nothing and can be approved`() throws {
        let (world, town, _) = try town(5)
        try publishLoss(world, town)
        let preview = try world.run("rollback", "1", "--preview", "--json")
        #expect(preview.status == 5 && preview.json["waitsFor"].texts == ["manual"])
        #expect(try world.version() == 2)
        #expect(preview.json["changes"]["engagement"]["created"].number == 36)
        let candidate = try #require(preview.json["candidate"].text)
        let approved = try world.run("publish", "candidate:\(candidate)", "--approve", "--reason", "go back", "--json")
        #expect(approved.status == 0 && approved.json["version"].number == 3, "\(approved.errors)")
        #expect(try world.contentHash(3) == world.contentHash(1))
        #expect(try world.run("holds", "--json").lines.map { $0["source"].text } == ["hr"])
    }
}

/// What a subscriber knows who follows the events of its mailbox, byte for byte as it was written.
struct SubscriberCopy {
    private var objects: [String: String] = [:]

    /// - Parameter lines: the snapshot with which it begins.
    init(_ lines: [String]) {
        for line in lines { objects[JSON(line)?["subject"].text ?? ""] = line }
    }

    var lines: [String] {
        objects.values.sorted()
    }

    /// Reads and acknowledges everything that waits, and answers with it.
    @discardableResult
    mutating func follow(_ world: World, today: String) throws -> [JSON] {
        let outcome = try world.run("events", "ky", "--json", today: today)
        #expect(outcome.status == 0, "\(outcome.errors)")
        for line in outcome.output.split(separator: "\n") {
            let subject = try #require(JSON(line)?["subject"].text)
            if subject.hasPrefix("version/") { continue }
            let end = try #require(line.range(of: ",\"changes\":["))
            let start = try #require(line.range(of: ",\"after\":"))
            let after = line[start.upperBound..<end.lowerBound]
            objects[subject] = after == "null" ? nil : "{\"subject\":\"\(subject)\",\"data\":\(after)}"
        }
        if let last = outcome.lines.last?["sequence"].number {
            try world.run("ack", "ky", "--through", String(last), today: today)
        }
        return outcome.lines
    }
}

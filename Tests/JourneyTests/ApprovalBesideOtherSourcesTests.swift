import FordelerTestKit
import Foundation
import Testing

/// A candidate of one source waits while another source goes on publishing.
struct ApprovalBesideOtherSourcesTests {
    /// A change of payroll waits; answers its candidate and the employment that it changes.
    private func waiting(_ seed: UInt64) throws -> (World, TwoSourceMunicipality, candidate: String, employment: Int) {
        let world = try World.withTwoSources(hr: "manual", brakes: World.withoutBrakes)
        var town = TwoSourceMunicipality(seed: seed)
        try world.write(town.hr, "hr1.xml")
        try world.write(town.ad, "ad1.csv")
        let first = try world.importing("hr=hr1.xml", "ad=ad1.csv")
        #expect(first.status == 5)
        try world.run("publish", "candidate:1", "--approve", "--reason", "first load")
        let employment = try #require(
            town.hr.employments.firstIndex { one in
                town.ad.accounts.contains { $0.employeeID == one.id && $0.isEnabled && !$0.email.isEmpty }
            })
        town.hr.employments[employment].position = "Områdeleder"
        try world.write(town.hr, "hr2.xml")
        let held = try world.importing("hr=hr2.xml")
        #expect(held.status == 5 && held.json["waitsFor"].texts == ["manual"])
        return (world, town, try #require(held.json["candidate"].text), employment)
    }

    /// The directory publishes by itself: another mail address for one account.
    private func publish(_ town: inout TwoSourceMunicipality, _ world: World, account: Int, _ name: String) throws {
        town.ad.accounts[account].email = "\(name)@kommune.example"
        try world.write(town.ad, "\(name).csv")
        let outcome = try world.importing("ad=\(name).csv")
        #expect(outcome.status == 0 && outcome.json["verdict"].text == "published", "\(outcome.output)")
    }

    @Test func `publishes of other objects do not void the approval`() throws {
        var (world, town, candidate, employment) = try waiting(21)
        let id = town.hr.employments[employment].id
        let others = town.ad.accounts.indices.filter { town.ad.accounts[$0].employeeID != id }
        for (number, account) in others.prefix(3).enumerated() {
            try publish(&town, world, account: account, "minute\(number)")
        }
        let before = try world.version()
        #expect(before == 4)
        let approved = try world.run("publish", "candidate:\(candidate)", "--approve", "--reason", "agreed", "--json")
        #expect(approved.status == 0 && approved.json["version"].number == 5, "\(approved.errors)")
        let changes = try world.diff("4", "5")
        #expect(changes.map { $0["key"].text } == [id])
        // Nothing of what the directory published meanwhile was taken back.
        #expect(try world.diff("1", "5").count > 1)
        try world.expectVerified()
    }

    @Test func `a publish that changes the same object voids it, and the new candidate can be approved`() throws {
        var (world, town, candidate, employment) = try waiting(22)
        let id = town.hr.employments[employment].id
        let account = try #require(town.ad.accounts.firstIndex { $0.employeeID == id && $0.isEnabled })
        try publish(&town, world, account: account, "same")
        let void = try world.run("publish", "candidate:\(candidate)", "--approve", "--reason", "agreed")
        #expect(void.status == 4, "\(void.output)")
        #expect(try world.version() == 2)
        let waiting = try world.run("candidates", "--json").lines.filter { $0["verdict"].text == "held" }
        let next = try #require(waiting.first?["candidate"].text)
        #expect(waiting.count == 1 && next != candidate)
        #expect(try world.run("publish", "candidate:\(next)", "--approve", "--reason", "agreed").status == 0)
        let state = try world.periods("engagement", id)?.last?["attributes"]
        #expect(state?["title"].text == "Områdeleder" && state?["email"].text == "same@kommune.example")
    }
}

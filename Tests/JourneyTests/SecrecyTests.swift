import Foundation
import Testing

/// CPR numbers are the keys of people, and no command shows them unasked.
struct SecrecyTests {
    /// An export in which much is wrong with people: one CPR with two names, one account of two people, an unknown unit.
    private static var messy: Export {
        var export = Export.small
        var twin = EmployeeRecord("70004", cpr: "6101800011", in: "403")
        (twin.lastName, twin.userId) = ("Skov", "CCTO01")
        var thief = EmployeeRecord("70005", cpr: "6505840055", in: "403")
        (thief.userId, thief.firstName, thief.lastName) = ("AABB01", "", "")
        var lost = EmployeeRecord("70006", cpr: "6606850066", in: "499")
        lost.userId = "DDEE01"
        var early = EmployeeRecord("70007", cpr: "6707860077", in: "403")
        early.entry = "6707860077"
        export.employees += [twin, thief, lost, early, twin]
        return export
    }

    @Test func `no command prints a CPR number unless it is asked to reveal it`() throws {
        let world = try World(["hr": "manual"])
        try world.importing(Self.messy, name: "day1.xml")
        try world.run("diff", "0", "candidate:1")
        try world.run("diff", "0", "candidate:1", "--json")
        try world.run("publish", "candidate:1", "--approve", "--reason", "ja")
        let everything = ["person", "user", "engagement", "function", "unit"].joined(separator: ",")
        try world.run("subscription", "add", "ky", "--kinds", everything)
        var next = Self.messy
        for index in next.employees.indices { next.employees[index].lastName = "Winther" }
        next.employees.remove(at: 2)
        try world.write(next, "day2.xml")
        try world.run("import", "hr=" + world.folder.appendingPathComponent("day2.xml").path, today: World.secondDay)
        try world.run("publish", "candidate:2", "--approve", "--reason", "ja", "--json")
        for words in [
            ["versions"], ["versions", "--json"], ["candidates"], ["candidates", "--json"], ["diff", "1", "2"],
            ["diff", "1", "2", "--json"], ["findings", "2"], ["findings", "2", "--json"], ["findings", "candidate:1"],
            ["events", "ky"], ["events", "ky", "--json"], ["snapshot", "ky"], ["verify"], ["subscription", "list"],
        ] {
            let outcome = try world.run(words)
            #expect(outcome.status == 0 && !outcome.output.isEmpty, "\(words) \(outcome.errors)")
        }
        #expect(Set(try world.findings("1").compactMap { $0["rule"].text }).count >= 5)
        try world.expectVerified()
    }

    @Test func `a person is found by the CPR number on standard input and shown with it masked`() throws {
        let world = try World()
        try world.importing(Export.small)
        let shown = try world.run("show", "person", "-", "--json", input: "6303820033\n")
        #expect(shown.status == 0)
        let attributes = shown.json["periods"].list.first?["attributes"]
        #expect(attributes?["surname"].text == "Toft" && attributes?["cpr"].text == "**********")
        #expect(shown.json["key"].text == "**********")
        #expect(try world.run("show", "person", "-", input: "6303820033\n").output.contains("Toft"))
        let revealed = try world.run("show", "person", "-", "--json", "--reveal", input: "6303820033\n")
        #expect(revealed.json["key"].text == "6303820033")
        let missing = try world.run("show", "person", "-", input: "6999999999\n")
        #expect(missing.status == 1 && !missing.errors.contains("6999999999"))
    }

    @Test func `a person is named by UUID in everything that subscribers see`() throws {
        let world = try World()
        try world.importing(Export.small)
        let list = try world.run("diff", "0", "1", "--json").lines.filter { $0["kind"].text == "person" }
        #expect(list.count == 3)
        for person in list {
            let shown = try world.run("show", "person", person["id"].text ?? "", "--json")
            #expect(shown.status == 0 && shown.json["id"] == person["id"])
        }
    }

    @Test func `a subscription that names the CPR number gets it in events only`() throws {
        let world = try World()
        try world.importing(Export.small)
        try world.run("subscription", "add", "skat", "--kinds", "person", "--attributes", "surname")
        #expect(try !world.run("snapshot", "skat").output.contains("cpr"))
        #expect(try world.run("diff", "0", "1", "--json", "--reveal").output.contains("6303820033"))
    }

    @Test func `a number where everybody would see it is refused and not repeated`() throws {
        let world = try World()
        try world.importing(Export.small)
        for words in [
            ["show", "person", "6303820033"], ["history", "person", "630382-0033"], ["erase", "6303820033"],
        ] {
            let refused = try world.run(words)
            #expect(refused.status == 1 && refused.errors.contains("argument.personal"), "\(words)")
        }
        let named = try world.run("hold", "hr", "--reason", "x", "--actor", "cli:630382-0033")
        #expect(named.status == 1 && named.errors.contains("actor.number"))
        #expect(try world.run("audit").output.contains("source.held") == false)
        for text in ["630382 0033 ringede", "63 03 82 0033", "63.03.82-0033", "(630382/0033)"] {
            let refused = try world.run("hold", "hr", "--reason", text)
            #expect(refused.errors.contains("reason.number") && !refused.errors.contains("0033"), "\(text)")
        }
        #expect(try world.run("subscription", "add", "6303820033", "--kinds", "unit").status == 1)
        #expect(try world.run("hold", "hr", "--reason", "ring 33 34 94 00, sag 26/1234").status == 0)
    }
}

import FordelerTestKit
import Foundation
import Testing

/// What people wrote about somebody goes with them, or by itself.
struct TextErasureTests {
    private static let cpr = "6303820033"

    /// Two versions with the employment 70003 of Cecilie Toft, about whom people wrote.
    private func world() throws -> World {
        let world = try World()
        try world.importing(Export.small)
        for reason in ["se Cecilie  TOFT i sagen", "ring til Toft, Cecilie", "Cecilie er syg", "Cecilie Toftegaard"] {
            try world.run("hold", "hr", "--reason", reason)
            try world.run("release", "hr")
        }
        try world.importing(Export.named("Nordby"), today: World.secondDay, name: "b.xml")
        try world.run("rollback", "1", "--reason", "cecilie toft klagede", today: World.secondDay)
        return world
    }

    private func details(_ world: World) throws -> [String] {
        try world.run("audit", "--json").lines.compactMap { $0["detail"].text }.filter { !$0.isEmpty }
    }

    @Test func `an erasure takes away what people wrote with number or name, and nothing else`() throws {
        let world = try world()
        let plan = try world.run(["erase", "-", "--dry-run", "--json"], today: "2026-03-05", input: Self.cpr)
        #expect(plan.json["texts"].list.count == 3)
        let named = try world.run(
            ["erase", "-", "--suppress", "--reason", "for Cecilie Toft"], today: "2026-03-05", input: Self.cpr)
        #expect(named.status == 1 && named.errors.contains("reason.names"))
        let erased = try world.run(
            ["erase", "-", "--suppress", "--reason", "anmodning", "--json"], today: "2026-03-05", input: Self.cpr)
        #expect(erased.status == 0 && erased.json["texts"].number == 4, "three of the audit and a version's reason")
        let texts = try details(world)
        #expect(texts.count { $0 == "(erased)" } == 3)
        #expect(texts.contains("Cecilie er syg") && texts.contains("Cecilie Toftegaard"))
        #expect(try world.run("versions", "--json").lines.compactMap { $0["reason"].text }.contains("(erased)"))
        try expectInOrder(world)
        let bytes = try Data(contentsOf: world.database)
        for text in ["TOFT", "Toft, Cecilie", "klagede"] { #expect(bytes.range(of: Data(text.utf8)) == nil, "\(text)") }
    }

    private func expectInOrder(_ world: World) throws {
        try world.expectVerified()
        #expect(try world.run("audit", "verify").status == 0)
    }

    @Test func `a single text is erased by its number, kept heads still fit, and a restore erases it again`() throws {
        let world = try world()
        try world.write(try world.run("audit", "head", "--json").output, "heads")
        try world.run("backup", world.path("backup"))
        let entry = try #require(
            try world.run("audit", "--json").lines.first { $0["detail"].text == "Cecilie er syg" }?["number"].number)
        #expect(try world.run("audit", "erase-text", String(entry)).errors.contains("approval.reason-missing"))
        for number in [String(entry + 1), "0", "999"] {
            let refused = try world.run("audit", "erase-text", number, "--reason", "navn")
            #expect(refused.status == 1 && refused.errors.contains("audit.no-text"))
        }
        let erased = try world.run("audit", "erase-text", String(entry), "--reason", "navn")
        #expect(erased.status == 0 && erased.output == "audit entry \(entry) lost its text\n")
        #expect(try !details(world).contains("Cecilie er syg") && details(world).contains("(erased)"))
        #expect(try world.run("audit", "verify", "--head", world.path("heads")).status == 0)
        try expectInOrder(world)
        #expect(try world.run("audit", "erase-text", String(entry), "--reason", "navn").status == 1, "it is gone")

        let restored = try world.run(["restore", world.path("backup"), "--discard"])
        #expect(restored.status == 0, "\(restored.errors)")
        #expect(try !details(world).contains("Cecilie er syg"))
        try expectInOrder(world)
        // A ledger that was lost is noticed.
        try FileManager.default.removeItem(atPath: world.path("state/erasures.jsonl"))
        #expect(try world.run("audit", "verify").output.contains("the ledger does not say so"))
        #expect(try world.run("verify").status == 1)
    }
}

import FordelerTestKit
import Foundation
import Testing

/// A new configuration is taken as a whole while the daemon runs, or not at all.
struct DaemonReloadTests {
    private func changes(_ daemon: RunningDaemon) -> [String] {
        daemon.logLines.compactMap { $0["message"].text }.filter { $0.hasPrefix("configuration") }
    }

    @Test func `a good configuration takes effect at once, and the log names each value that differs`() throws {
        let world = try World.forDaemon()
        let daemon = try RunningDaemon(world)
        try world.drop(Export.small, "ZLPE20260302.xml")
        try daemon.settle()
        try world.configureDaemon(hr: "publish: manual, confirmRemovals: 2")
        daemon.reload()
        try world.drop(Export.named("Nordby"), "ZLPE20260302T1200.xml")
        #expect(try daemon.settle()["held"].texts == ["2"])
        #expect(
            changes(daemon) == [
                "configuration: sources.hr.confirmRemovals: nothing -> 2",
                "configuration: sources.hr.publish: automatic -> manual", "configuration reloaded",
            ])
        #expect(try daemon.run("publish", "candidate:2", "--approve", "--reason", "ja").status == 0)
        #expect(try daemon.settle()["version"].number == 2)
        daemon.end(SIGKILL)
        let next = try RunningDaemon(world)
        try world.drop(Export.named("Sydby"), "ZLPE20260302T1300.xml")
        #expect(try next.settle()["held"].texts == ["3"])
    }

    @Test(arguments: [
        "sources:\n  hr: {mapping: kmd-opus, publish: sometimes}",
        "sources:\n  hr: {mapping: own.yaml, files: \"drop/*.xml\", publish: automatic}",
    ])
    func `a bad configuration is refused and told, and the next good one heals`(bad: String) throws {
        let world = try World.forDaemon()
        let daemon = try RunningDaemon(world)
        try world.write("mapping: own\nnonsense: true\n", "own.yaml")
        try world.configure(
            "state: state\ntimeZone: Europe/Copenhagen\nauthority: {name: Søløkke, cvr: \"99000001\"}\n" + bad)
        daemon.reload()
        try world.drop(Export.small, "ZLPE20260302.xml")
        let status = try daemon.run("status", "--wait", "--json")
        #expect(status.status == 5 && status.json["problems"].list.count == 1)
        #expect(status.json["version"].number == 1, "the old configuration stays in force")
        #expect(try daemon.get("/readyz").status == 200, "work goes on")
        #expect(changes(daemon).contains { $0.hasPrefix("configuration refused, the old one stays in force:") })
        try world.configureDaemon(hr: "publish: manual")
        daemon.reload()
        #expect(try daemon.settle()["problems"].list.isEmpty)
        #expect(try daemon.get("/readyz").status == 200)
    }

    @Test(arguments: ["sources: {", "", "- state"])
    func `a file that is no configuration is told by whoever reads it, and the daemon goes on`(text: String) throws {
        let world = try World.forDaemon()
        let daemon = try RunningDaemon(world)
        try world.configure(text)
        daemon.reload()
        let asked = try daemon.run("status")
        #expect(asked.status == 1 && asked.errors.contains("configuration.invalid"))
        #expect(try daemon.get("/metrics").body.contains("\nfordeler_problems 1\n"))
        try world.configureDaemon()
        daemon.reload()
        try world.drop(Export.small, "ZLPE20260302.xml")
        #expect(try daemon.settle()["version"].number == 1)
        #expect(try daemon.get("/readyz").status == 200)
    }

    @Test(arguments: ["state: other", "http: {port: 1}", "socket: {path: elsewhere}"])
    func `what is taken at the start only is refused in words`(changed: String) throws {
        let world = try World.forDaemon()
        let daemon = try RunningDaemon(world)
        let file = world.folder.appendingPathComponent("fordeler.yaml")
        let good = try String(contentsOf: file, encoding: .utf8)
        switch changed.prefix(4) {
        case "stat": try world.configure(good.replacing("state: state", with: changed))
        case "http": try world.configure(good.replacing("http: {port: 0}", with: changed))
        default: try world.configure(good + "\n" + changed)
        }
        daemon.reload()
        #expect(daemon.log.contains("state, socket and http are taken when the daemon starts"))
        try world.configure(good)
        #expect(try daemon.settle()["problems"].texts.contains { $0.contains("Restart it for that") })
        daemon.reload()
        #expect(try daemon.settle()["problems"].list.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: world.folder.appendingPathComponent("other").path))
    }

    /// A drop folder with an export of accounts that waits for the daemon, and a configuration without and with its source.
    private static func twoSources() throws -> (World, base: String, other: String) {
        let world = try World.forDaemon()
        let base = """
            state: state
            timeZone: Europe/Copenhagen
            authority: {name: Søløkke Kommune, cvr: "99000001"}
            http: {port: 0}
            \(World.withoutBrakes)
            sources:
              hr: {mapping: kmd-opus, files: "drop/*.xml", publish: automatic}

            """
        let other = "  other: {mapping: ad-users-csv, files: \"drop/*.csv\", publish: automatic}\n"
        try world.configure(base + other)
        var accounts: [UInt8] = []
        ADMunicipality(seed: 1, hr: OpusMunicipality(seed: 1, employees: 20)).write { accounts += $0 }
        try world.drop(String(decoding: accounts, as: UTF8.self), "accounts.csv")
        return (world, base, other)
    }

    @Test
    func `a configuration that forgets a source of the register is refused when it is reloaded, and work goes on`()
        throws
    {
        let (world, base, other) = try Self.twoSources()
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        try world.configure(base)
        daemon.reload()
        try world.drop(Export.small, "ZLPE20260302.xml")
        let refused = try daemon.run("status", "--wait", "--json").json
        #expect(
            refused["problems"].texts.contains { $0.contains("configuration.source-missing") && $0.contains("other") })
        #expect(try daemon.verdicts() == ["published", "published"])
        try world.configure(base + other)
        daemon.reload()
        #expect(try daemon.settle()["problems"].list.isEmpty)
    }

    @Test
    func `a daemon that starts without a source of the register delivers, tells it, and imports after a good reload`()
        throws
    {
        let (world, base, other) = try Self.twoSources()
        let first = try RunningDaemon(world)
        try first.settle()
        #expect(first.end() == 0)
        try world.configure(base)
        let daemon = try RunningDaemon(world)
        try world.drop(Export.small, "ZLPE20260302.xml")
        let failed = try daemon.run("status", "--wait", "--json")
        #expect(failed.status == 5)
        #expect(
            failed.json["problems"].texts.map { $0.prefix { $0 != ":" } } == [
                "configuration.source-missing", "source.failed",
            ])
        #expect(try daemon.get("/readyz").status == 200)
        #expect(try daemon.verdicts() == ["published", "waiting"])
        try world.configure(base + other)
        daemon.reload()
        #expect(try daemon.settle()["problems"].list.isEmpty)
        #expect(try daemon.verdicts() == ["published", "published"])
    }
}

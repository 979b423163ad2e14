import Foundation
import Testing

/// What happens at night, when nobody looks.
struct UnattendedTests {
    private static let configuration = """
        state: state
        timeZone: Europe/Copenhagen
        authority: {name: Søløkke Kommune, cvr: "99000001"}
        sources:
          hr:
            mapping: kmd-opus
            files: drop/ZLPE*_delta.xml
            publish: automatic

        """

    /// A world whose exports lie in a drop folder.
    private func dropping() throws -> World {
        let world = try World()
        try world.configure(Self.configuration)
        try FileManager.default.createDirectory(
            at: world.folder.appendingPathComponent("drop"), withIntermediateDirectories: false)
        return world
    }

    @Test func `an import without a file takes the newest of the drop folder`() throws {
        let world = try dropping()
        try world.write(Export.small, "drop/ZLPE20260302_delta.xml")
        try world.write("no export", "drop/ZLPE20260303_delta.xml.part")
        try world.write("no export", "drop/.ZLPE20260304_delta.xml")
        #expect(try world.run("import", "--json").json["version"].number == 1)
        var next = Export.small
        next.alter(unit: "403") { $0.name = "Børnehuset Sneglehuset" }
        try world.write(next, "drop/ZLPE20260303_delta.xml")
        #expect(try world.run("import", "--json", today: World.secondDay).json["version"].number == 2)
        #expect(try world.run("import", "--json", today: World.secondDay).json["verdict"].text == "unchanged")
        try world.expectVerified()
    }

    @Test func `a second program is told that the state is in use while readers go on`() throws {
        let world = try World()
        try world.importing(Export.small)
        let lock = open(world.state.appendingPathComponent("lock").path, O_RDWR | O_CLOEXEC)
        #expect(lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
        let second = try world.importing("hr=export.xml")
        #expect(second.status == 4 && second.errors.contains("state.in-use"))
        #expect(try world.version() == 1)
        try world.expectVerified()
        close(lock)
        #expect(try world.importing("hr=export.xml").status == 0)
    }

    /// Stands for a full disk: no file may grow beyond so many blocks of 1,024 bytes.
    @Test(arguments: [0, 16, 64, 128, 192])
    func `when there is no room nothing is changed, and with room the same import goes through`(blocks: Int) throws {
        let world = try World()
        try world.importing(Export.small, name: "day1.xml")
        let employees = (0..<600).map {
            EmployeeRecord(String(90_000 + $0), cpr: String(7_301_700_000 + $0), in: "403")
        }
        let large = Export(units: Export.small.units, employees: Export.small.employees + employees)
        try world.write(large, "day2.xml")
        let path = "hr=" + world.folder.appendingPathComponent("day2.xml").path
        let limited = try world.run(
            ["import", path, "--json"], today: World.secondDay,
            under: ["bash", "-c", "ulimit -f \(blocks); exec \"$@\"", "--"])
        #expect(limited.status == 1, "\(limited.status) \(limited.errors)")
        #expect(limited.output.isEmpty || limited.json["verdict"].text == "published")
        #expect(try world.version() == 1)
        try world.expectVerified()
        let again = try world.importing("hr=day2.xml", today: World.secondDay)
        #expect(again.status == 0 && again.json["version"].number == 2)
        try world.expectVerified()
    }

    @Test func `a state is readable by its owner only`() throws {
        let world = try World()
        try world.importing(Export.small)
        for name in ["", "fordeler.sqlite", "secret", "lock"] {
            let path = name.isEmpty ? world.state.path : world.state.appendingPathComponent(name).path
            let rights = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect((rights ?? 0o777) & 0o077 == 0, "\(name)")
        }
    }

    @Test func `a state without its secret is not written to`() throws {
        let world = try World()
        try world.importing(Export.small)
        let secret = world.state.appendingPathComponent("secret")
        let kept = try Data(contentsOf: secret)
        try FileManager.default.removeItem(at: secret)
        let outcome = try world.importing("hr=export.xml")
        #expect(outcome.status == 1 && outcome.errors.contains("state.damaged"))
        #expect(!FileManager.default.fileExists(atPath: secret.path))
        try kept.prefix(31).write(to: secret)
        #expect(try world.importing("hr=export.xml").status == 1)
        try kept.write(to: secret)
        #expect(try world.importing("hr=export.xml").json["verdict"].text == "unchanged")
    }
}

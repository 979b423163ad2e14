import Foundation
import Testing

/// Exports of several files come as folders.
struct DaemonFolderTests {
    private static let units = "id;parent;name;type;from;to\n1;;Søløkke;kommune;;\n2;1;Skolen;skole;;\n"
    private static let employments =
        "number;person;givenName;surname;title;unit;from;to;fraction;email;phone;manager\n"
        + "7;P7;Kim;Bach;lærer;2;01-08-2020;;0,5;kim@by.example;12 34 56 78;true\n"

    private func world() throws -> World {
        let world = try World()
        try world.configure(
            """
            state: state
            timeZone: Europe/Copenhagen
            authority: {name: Søløkke Kommune, cvr: "99000001"}
            \(World.withoutBrakes)
            sources:
              hr: {mapping: generic-csv, files: "drop/*", publish: automatic}
            """)
        try world.makeDropFolder()
        try world.setClock("\(World.firstDay)T09:00:00Z")
        return world
    }

    private func fill(_ world: World, _ folder: String, _ files: KeyValuePairs<String, String>) throws {
        try FileManager.default.createDirectory(atPath: world.path(folder), withIntermediateDirectories: true)
        for (name, text) in files {
            try world.write(text, folder + "/" + name)
            try world.setModified(world.path(folder + "/" + name), world.clock - 60)
        }
    }

    /// Puts a folder into the drop folder, as a whole.
    private func drop(_ world: World, _ name: String, _ files: KeyValuePairs<String, String>) throws {
        try fill(world, name, files)
        #expect(rename(world.path(name), world.dropped(name)) == 0)
    }

    @Test func `a folder with all documents is one export`() throws {
        let world = try world()
        try drop(world, "20260302", ["units.csv": Self.units, "employments.csv": Self.employments])
        // Empty, hidden and single files are no exports here.
        try FileManager.default.createDirectory(atPath: world.dropped("empty"), withIntermediateDirectories: true)
        try fill(world, "drop/.hidden", ["units.csv": Self.units])
        try world.write(Self.units, "drop/units.csv")
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        #expect(try daemon.verdicts() == ["published"])
        let shown = try daemon.run("show", "engagement", "7", "--json").json
        let values = shown["periods"].list.first?["attributes"]
        #expect(values?["title"].text == "lærer" && values?["fraction"].text == "0.5", "\(shown)")
        #expect(daemon.end() == 0)
    }

    @Test func `a folder that lacks a document is refused, and taken when it is complete`() throws {
        let world = try world()
        let daemon = try RunningDaemon(world)
        try drop(world, "20260302", ["units.csv": Self.units])
        try daemon.settle()
        #expect(try daemon.verdicts() == ["rejected"])
        let findings = try daemon.run("findings", "candidate:1").output
        #expect(findings.contains("export.incomplete") && findings.contains("employments"), "\(findings)")
        try fill(world, "drop/20260302", ["employments.csv": Self.employments])
        // It changed, so it must keep still for a while.
        for time in ["09:05:00", "09:06:00"] {
            try world.setClock("\(World.firstDay)T\(time)Z")
            try daemon.settle()
        }
        #expect(try daemon.verdicts().sorted() == ["published", "rejected"])
        #expect(daemon.end() == 0)
    }

    @Test func `a folder that holds anything but files is refused unread`() throws {
        let world = try world()
        let outside = world.path("secret")
        try world.write("secret", "secret")
        try fill(world, "20260302", ["units.csv": Self.units, "employments.csv": Self.employments])
        try FileManager.default.createSymbolicLink(
            atPath: world.path("20260302/units2.csv"), withDestinationPath: outside)
        #expect(rename(world.path("20260302"), world.dropped("20260302")) == 0)
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        let run = try #require(try daemon.runs().first)
        #expect(run["verdict"].text == "rejected")
        #expect(run["message"].text == "units2.csv in it: it is a symbolic link")
        #expect(daemon.end() == 0)
    }

    @Test func `a command takes the newest folder, or one that it names`() throws {
        let world = try world()
        try drop(world, "20260301", ["units.csv": Self.units])
        try drop(world, "20260302", ["units.csv": Self.units, "employments.csv": Self.employments])
        let taken = try world.run("import", "--json")
        #expect(taken.json["verdict"].text == "published", "\(taken.errors)")
        let named = try world.run("import", "hr=drop/20260301", "--json")
        #expect(named.json["verdict"].text == "rejected" && named.status == 3)
    }
}

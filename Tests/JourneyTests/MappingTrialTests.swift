import Foundation
import Testing

/// `mapping check` and `mapping try`: no state, no configuration, and nothing is written.
struct MappingTrialTests {
    private static func run(_ world: World, _ arguments: String..., input: String = "") throws -> Outcome {
        try Spawn.run(World.program, ["mapping"] + arguments, input: input, folder: world.folder)
    }

    private static let good = """
        mapping: small
        format: csv
        records:
          row:
            kind: person
            key: id
            objects:
              - kind: unit
                key: id
                attributes:
                  name: name
                  parent: parent
              - kind: person
                key: cpr
                shared: true
                attributes: {givenName: given, cpr: cpr}

        """

    // MARK: Check

    @Test func goodMapping_isToldWithWhatItFills() throws {
        let world = try World()
        try world.write(Self.good, "good.yaml")
        let outcome = try Self.run(world, "check", world.path("good.yaml"), "--json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let record = outcome.json["documents"].list[0]["records"].list[0]
        #expect(outcome.json["mapping"].text == "small")
        #expect(record["objects"].list.map { $0["kind"].text } == ["unit", "person"])
        #expect(record["objects"].list[0]["attributes"].texts == ["name", "parent"])
        let text = try Self.run(world, "check", world.path("good.yaml"))
        #expect(text.output.contains("makes unit: name, parent"))
    }

    @Test func everyShippedMapping_isInOrder() throws {
        let world = try World()
        let folder = World.package.appendingPathComponent("Mappings").path
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
        #expect(names.count > 1)
        for name in names {
            let outcome = try Self.run(world, "check", "\(folder)/\(name)")
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
    }

    @Test func mistakes_areToldWithTheirLines_andTheOtherMappingsToo() throws {
        let world = try World()
        try world.write(Self.good, "good.yaml")
        try world.write(Self.good.replacingOccurrences(of: "parent: parent", with: "boss: parent"), "attribute.yaml")
        try world.write("mapping: [", "broken.yaml")
        try world.write("", "empty.yaml")
        try world.write([0xFF, 0xFE, 0x00], "binary.yaml")
        let names = ["attribute", "broken", "empty", "binary", "none"].map { world.path($0 + ".yaml") }
        let outcome = try Spawn.run(
            World.program, ["mapping", "check"] + names + [world.path("good.yaml"), world.folder.path, "--json"],
            folder: world.folder)
        #expect(outcome.status == 1)
        #expect(outcome.lines.map { $0["valid"].flag } == [false, false, false, false, false, true, false])
        #expect(outcome.lines[0]["line"].number == 12)
        #expect(outcome.lines[0]["message"].text?.contains("unit has no attribute boss") == true)
        let codes = outcome.lines.compactMap { $0["code"].text }
        #expect(
            codes == [
                "mapping.invalid", "mapping.invalid", "mapping.invalid", "mapping.invalid", "mapping.unknown",
                "mapping.unreadable",
            ])
        let text = try Self.run(world, "check", world.path("attribute.yaml"))
        #expect(text.errors.contains("attribute.yaml:12:"))
        #expect(text.output.isEmpty)
    }

    // MARK: Try

    @Test func shippedMapping_isTried_withoutAStateAndWithoutPersonalValues() throws {
        let world = try World()
        let export = Export(
            units: [UnitRecord("1", under: "", "Kommune"), UnitRecord("2", under: "1", "Skole")],
            employees: [EmployeeRecord("70", cpr: "6101701111", in: "2")])
        try world.write(export, "export.xml")
        let outcome = try Self.run(world, "try", "kmd-opus", world.path("export.xml"), "--today", "2026-03-02")
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("objects: unit 2, person 1, engagement 1"))
        #expect(outcome.output.contains("findings: none"))
        #expect(outcome.output.contains("unit: 2 Skole"))
        world.expectNoSecret(in: outcome.output + outcome.errors, of: "mapping try")
        for word in ["Åse", "Brøndum"] { #expect(!outcome.output.contains(word)) }
        let revealed = try Self.run(world, "try", "kmd-opus", world.path("export.xml"), "--reveal", "--kind", "person")
        #expect(revealed.output.contains("Brøndum"))
        #expect(!FileManager.default.fileExists(atPath: world.state.path))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: world.folder.path).sorted() == [
                "export.xml", "fordeler.yaml",
            ])
    }

    @Test func findings_areThoseOfAnImport_andMakeItFail() throws {
        let world = try World()
        let export = Export(
            units: [UnitRecord("1", under: "", "Kommune"), UnitRecord("2", under: "9", "Skole")],
            employees: [EmployeeRecord("70", cpr: "6101701111", in: "4")])
        try world.write(export, "export.xml")
        let imported = try world.importing("hr=export.xml")
        let outcome = try Self.run(
            world, "try", "kmd-opus", world.path("export.xml"), "--today", World.firstDay, "--json")
        #expect(outcome.status == 2)
        #expect(imported.status == 2)
        #expect(outcome.json["verdict"].text == "rejected")
        #expect(outcome.json["findings"] == imported.json["findings"])
        #expect(outcome.lines.contains { $0["rule"].text == "unit.parent-missing" && $0["line"].number ?? 0 > 1 })
    }

    @Test func lostLettersOfADirectory_areTold_nameAndTitle() throws {
        let world = try World()
        try world.write(
            "ObjectGUID,SamAccountName,Name,Title,Enabled,EmployeeID,EmailAddress,OfficePhone\r\n"
                + "0c1f2a30-1111-4222-8333-000000000001,soag,\"?g?rd, S?ren\",P?dagog,True,1001,,\r\n"
                + "0c1f2a30-1111-4222-8333-000000000002,libo,Lis Bo,Hvem?,True,1002,,\r\n", "accounts.csv")
        let outcome = try Self.run(world, "try", "ad-users-csv", world.path("accounts.csv"), "--json")
        let damaged = outcome.lines.filter { $0["rule"].text == "record.text-damaged" && $0["type"].text == "finding" }
        #expect(damaged.map { $0["line"].number } == [2, 2])
        let attributes = damaged.compactMap { $0["message"].text?.split(separator: " ").first }
        #expect(Set(attributes) == ["user.displayName", "engagement.title"], "\(attributes)")
    }

    @Test func directoryWithoutNamesAndTitles_isRead_andToldSo() throws {
        let world = try World()
        try world.write(
            "ObjectGUID,SamAccountName,Enabled,EmployeeID,EmailAddress,OfficePhone\r\n"
                + "0c1f2a30-1111-4222-8333-000000000001,soag,True,1001,,\r\n", "accounts.csv")
        let outcome = try Self.run(world, "try", "ad-users-csv", world.path("accounts.csv"), "--json")
        #expect(outcome.status == 0 && outcome.json["objects"]["user"].number == 1, "\(outcome.output)")
    }

    @Test func exportOfSeveralFiles_isTakenFromItsFolder_andAFolderIsNoSingleFile() throws {
        let world = try World()
        let folder = world.folder.appendingPathComponent("export")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        try world.write("id;parent;name;type;from;to\n1;;By;;;\n", "export/units.csv")
        let lone = try Self.run(world, "try", "generic-csv", folder.path, "--json")
        #expect(lone.status == 3 && lone.lines.last?["rule"].text == "export.incomplete")
        try world.write(
            "number;person;givenName;surname;title;unit;from;to;fraction;email;phone;manager\n"
                + "7;p1;Åse;Bo;Chef;1;01.03.2020;;1;;;ja\n", "export/employments.csv")
        let whole = try Self.run(world, "try", "generic-csv", folder.path, "--json")
        #expect(whole.status == 0, "\(whole.output)")
        #expect(whole.json["files"].texts == ["employments.csv", "units.csv"])
        #expect(whole.json["objects"]["function"].number == 1)
        let single = try Self.run(world, "try", "ad-users-csv", folder.path, "--json")
        #expect(single.status == 3 && single.lines.last?["rule"].text == "export.unreadable", "\(single.output)")
        // Its mistakes are those of an import from the folder.
        try world.write("export of today", "export/notes.txt")
        let odd = try Self.run(world, "try", "generic-csv", folder.path, "--json")
        #expect(odd.status == 3 && odd.lines.last?["rule"].text == "export.unknown-document")
        let draft = try Self.run(world, "draft", folder.path)
        #expect(draft.status == 1 && draft.errors.contains("draft.impossible"), "\(draft.errors)")
        try FileManager.default.removeItem(atPath: folder.appendingPathComponent("notes.txt").path)
        #expect(try Self.run(world, "draft", folder.path).output.contains("file: \"units.csv\""))
    }

    @Test func limit_countsObjectsAndFindings() throws {
        let world = try World()
        let export = Export(
            units: (1...9).map { UnitRecord(String($0), under: $0 == 1 ? "" : "1", "Enhed \($0)") },
            employees: (70...75).map { EmployeeRecord(String($0), cpr: "", in: "77") })
        try world.write(export, "export.xml")
        let outcome = try Self.run(world, "try", "kmd-opus", world.path("export.xml"), "--limit", "2", "--json")
        #expect(outcome.lines.count { $0["type"].text == "object" && $0["kind"].text == "unit" } == 2)
        let rules = Dictionary(grouping: outcome.lines.compactMap { $0["rule"].text }) { $0 }
        #expect(rules.values.allSatisfy { $0.count <= 2 })
        let none = try Self.run(world, "try", "kmd-opus", world.path("export.xml"), "--limit", "0")
        #expect(!none.output.contains("Enhed 1"))
        let bad = try Self.run(world, "try", "kmd-opus", world.path("export.xml"), "--limit", "-1")
        #expect(bad.status == 1)
    }

    @Test func keyOfAPerson_isReadFromStandardInput() throws {
        let world = try World()
        let export = Export(
            units: [UnitRecord("1", under: "", "Kommune")],
            employees: [EmployeeRecord("70", cpr: "6101701111", in: "1")])
        try world.write(export, "export.xml")
        let found = try Self.run(
            world, "try", "kmd-opus", world.path("export.xml"), "--kind", "person", "--key", "-", "--json",
            input: "6101701111\n")
        #expect(found.lines.last?["kind"].text == "person")
        #expect(found.lines.last?["key"].text == "**********")
        world.expectNoSecret(in: found.output, of: "mapping try")
        let unknown = try Self.run(
            world, "try", "kmd-opus", world.path("export.xml"), "--kind", "person", "--key", "12")
        #expect(unknown.status == 1)
        #expect(unknown.errors.contains("object.unknown"))
    }

    // MARK: Exports that do not fit

    @Test func exportThatDoesNotFit_isRefusedWithItsLine() throws {
        let world = try World()
        try world.write(Self.good, "good.yaml")
        try world.write("<other><orgUnit id='1'/></other>", "root.xml")
        try world.write("id;name;given;cpr\n1;a;b;c\n", "column.csv")
        try world.write("", "empty.csv")
        try world.write([0x7F, 0x45, 0x4C, 0x46, 0x00, 0x01], "binary.csv")
        let cases = [
            ("kmd-opus", "root.xml", "xml.wrong-root"), ("good.yaml", "column.csv", "csv.column-missing"),
            ("good.yaml", "empty.csv", "csv.header-missing"), ("kmd-opus", "binary.csv", "xml."),
            ("kmd-opus", "none.xml", "export.unreadable"),
        ]
        for (mapping, file, rule) in cases {
            let name = mapping.hasSuffix(".yaml") ? world.path(mapping) : mapping
            let outcome = try Self.run(world, "try", name, world.path(file), "--json")
            #expect(outcome.status == 3, "\(file): \(outcome.output)\(outcome.errors)")
            #expect(outcome.json["verdict"].text == "unreadable")
            #expect(outcome.lines.last?["rule"].text?.hasPrefix(rule) == true, "\(outcome.output)")
        }
    }

    @Test func wordsThatAreNone_areUsage() throws {
        let world = try World()
        try world.write("<kmd/>", "empty.xml")
        for words in [["--kind", "team"], ["--today", "soon"], ["--key", "-"]] {
            let outcome = try Spawn.run(
                World.program, ["mapping", "try", "kmd-opus", world.path("empty.xml")] + words, folder: world.folder)
            #expect(outcome.status == 1, "\(words)")
            #expect(outcome.errors.contains("usage"), "\(outcome.errors)")
        }
        #expect(try Self.run(world, "try", "nosuch", world.path("empty.xml")).errors.contains("mapping.unknown"))
        #expect(try Self.run(world, "try", "kmd-opus", world.path("empty.xml")).status == 3)
    }
}

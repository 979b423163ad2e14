import Foundation
import Testing

/// A draft of a mapping for files that no mapping knows, and what that mapping makes of them.
struct MappingDraftTests {
    private static func run(_ world: World, _ arguments: [String]) throws -> Outcome {
        try Spawn.run(World.program, ["mapping"] + arguments, folder: world.folder)
    }

    /// A line without indentation and note.
    private static func bare(_ line: Substring) -> String {
        let text = line.components(separatedBy: "  #")[0]
        return text.trimmingCharacters(in: .whitespaces)
    }

    @Test(arguments: UnknownExport.all) func unknownExport_isDrafted_andTheDraftWorks(_ export: UnknownExport) throws {
        let world = try World()
        for file in export.files { try world.write(file.bytes, file.name) }
        let paths = export.files.map { world.path($0.name) }
        let draft = try Self.run(world, ["draft"] + paths)
        #expect(draft.status == 0, "\(draft.errors)")
        let lines = draft.output.split(separator: "\n").map(Self.bare)
        for line in export.lines { #expect(lines.contains(line), "\(line) is missing in:\n\(draft.output)") }

        try world.write(draft.output, "draft.yaml")
        let check = try Self.run(world, ["check", world.path("draft.yaml"), "--json"])
        #expect(check.status == 0, "\(check.output)")
        #expect(check.json["valid"].flag == true)
        let trial = try Self.run(
            world, ["try", world.path("draft.yaml")] + paths + ["--today", "2026-03-02", "--json", "--limit", "100"])
        #expect(trial.status == 0, "\(trial.output)\(trial.errors)")
        #expect(trial.json["verdict"].text == "accepted")
        for (kind, count) in export.objects { #expect(trial.json["objects"][kind].number == count, "\(kind)") }
        #expect(trial.lines.filter { $0["type"].text == "object" }.count == export.objects.values.reduce(0, +))

        let printed = [draft, check, trial].map { $0.output + $0.errors }.joined()
        for secret in export.secrets { #expect(!printed.contains(secret), "a personal value was printed") }
        // A UUID may hold as many digits in a row.
        let number = "(?<![0-9A-Fa-f-])[0-9]{6}-?[0-9]{4}(?![0-9A-Fa-f-])"
        #expect(printed.range(of: number, options: .regularExpression) == nil)
    }

    @Test func draftOfAKnownExport_namesTheMappingThatReadsIt() throws {
        let world = try World()
        let export = Export(
            units: [UnitRecord("1", under: "", "Kommune"), UnitRecord("2", under: "1", "Skole")],
            employees: [
                EmployeeRecord("70", cpr: "6101701111", in: "2"), EmployeeRecord("71", cpr: "6202702222", in: "2"),
            ])
        try world.write(export, "export.xml")
        try world.write("id;navn;overenhed\n1;By;\n2;Skole;1\n", "enheder.csv")
        let known = try Self.run(world, ["draft", world.path("export.xml")])
        #expect(known.output.hasPrefix("# kmd-opus reads these files already."), "\(known.output)\(known.errors)")
        try world.write(known.output, "draft.yaml")
        #expect(try Self.run(world, ["check", world.path("draft.yaml")]).status == 0)
        #expect(try Self.run(world, ["draft", world.path("enheder.csv")]).output.hasPrefix("# A draft."))
    }

    @Test func everyValueOfADraft_isToldWithItsOrigin() throws {
        let world = try World()
        let export = UnknownExport.danishUnits
        try world.write(export.files[0].bytes, "enheder.csv")
        try world.write(try Self.run(world, ["draft", world.path("enheder.csv")]).output, "draft.yaml")
        let trial = try Self.run(
            world,
            ["try", world.path("draft.yaml"), world.path("enheder.csv"), "--kind", "unit", "--key", "2101", "--json"])
        let unit = try #require(trial.lines.last)
        #expect(unit["key"].text == "2101")
        let attributes = unit["periods"].list.first?["attributes"].list ?? []
        let name = try #require(attributes.first { $0["name"].text == "name" })
        #expect(name["value"].text == "Skolen ved Åen")
        #expect(name["origin"]["line"].number == 5)
        #expect(name["origin"]["expression"].text == "Betegnelse")
        let mapping = try String(contentsOfFile: world.path("draft.yaml"), encoding: .utf8)
        let line = try #require(name["origin"]["mappingLine"].number)
        #expect(mapping.components(separatedBy: "\n")[line - 1].contains("name: Betegnelse"))
        let parent = try #require(attributes.first { $0["name"].text == "parent" })
        #expect(parent["target"].text == "210")
        #expect(parent["targetName"].text == "Børn og Unge")
        #expect(attributes.allSatisfy { $0["origin"]["file"].text == "enheder.csv" })
    }

    @Test func personalValues_arePrintedWhenAskedFor() throws {
        let world = try World()
        let export = UnknownExport.swedishStaff
        try world.write(export.files[0].bytes, "personal.txt")
        try world.write(try Self.run(world, ["draft", world.path("personal.txt")]).output, "draft.yaml")
        let shown = try Self.run(world, ["try", world.path("draft.yaml"), world.path("personal.txt"), "--reveal"])
        #expect(shown.status == 0)
        #expect(shown.output.contains("Löfqvistson"))
        #expect(shown.output.contains("197001611111"))
    }

    // MARK: What cannot be drafted

    struct Unfit: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let status: Int32
        let code: String

        var testDescription: String { name }
    }

    @Test(arguments: [
        Unfit(name: "empty.csv", text: "", status: 3, code: "export.empty"),
        Unfit(name: "header.csv", text: "id;name\n", status: 3, code: "export.empty"),
        Unfit(name: "blank.csv", text: "\n\n", status: 3, code: "csv.header-missing"),
        Unfit(name: "one.csv", text: "id\n1\n", status: 1, code: "draft.impossible"),
        Unfit(
            name: "noheader.csv", text: "6101701111,abc,5001\n6202702222,def,5002\n", status: 1,
            code: "draft.impossible"),
        Unfit(name: "binary.csv", text: "\u{0}\u{1}\u{2}", status: 1, code: "draft.impossible"),
        Unfit(name: "book.xlsx", text: "PK\u{3}\u{4}", status: 1, code: "draft.impossible"),
        Unfit(name: "fruit.csv", text: "fruit;colour\napple;red\npear;green\n", status: 1, code: "draft.impossible"),
        Unfit(name: "ragged.csv", text: "id;navn;parent\n1;a\n", status: 3, code: "csv.truncated"),
        Unfit(name: "cut.xml", text: "<r><u id='1' n='2'/>", status: 3, code: "xml."),
        Unfit(name: "doctype.xml", text: "<!DOCTYPE r [<!ENTITY e 'x'>]><r>&e;</r>", status: 3, code: "xml.doctype"),
        Unfit(name: "bare.xml", text: "<r/>", status: 1, code: "draft.impossible"),
    ]) func unfitFile_isRefused_withWhatToDo(_ file: Unfit) throws {
        let world = try World()
        try world.write(file.text, file.name)
        let outcome = try Self.run(world, ["draft", world.path(file.name)])
        #expect(outcome.status == file.status, "\(outcome.errors)")
        #expect(outcome.errors.contains(file.code), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
        #expect(!outcome.errors.contains("6101701111"))
    }

    @Test func compressedFile_isDraftedAsTheFileItHolds_andCut_isRefused() throws {
        let world = try World()
        try world.write(UnknownExport.danishUnits.files[0].bytes, "enheder.csv")
        let packed = try world.gzipped("enheder.csv")
        try world.write(packed, "enheder.csv.gz")
        try world.write(Array(packed.dropLast()), "cut.csv.gz")
        let draft = try Self.run(world, ["draft", world.path("enheder.csv.gz")])
        #expect(draft.status == 0, "\(draft.errors)")
        #expect(draft.output.contains("key: Enhedsnr"))
        try world.write(draft.output, "draft.yaml")
        let trial = try Self.run(world, ["try", world.path("draft.yaml"), world.path("enheder.csv.gz"), "--json"])
        #expect(trial.json["objects"]["unit"].number == 6)
        let cut = try Self.run(world, ["draft", world.path("cut.csv.gz")])
        #expect(cut.status == 3)
        #expect(cut.errors.contains("gzip.truncated"))
    }

    @Test func missingFile_orEmptyFolder_isRefused() throws {
        let world = try World()
        try FileManager.default.createDirectory(atPath: world.path("empty"), withIntermediateDirectories: false)
        for path in [world.path("none.csv"), world.path("empty")] {
            let outcome = try Self.run(world, ["draft", path])
            #expect(outcome.status == 3)
            #expect(outcome.errors.contains("export.unreadable"))
        }
    }

    @Test func xmlBesideCSV_isRefused() throws {
        let world = try World()
        try world.write("id;navn;parent\n1;a;\n", "a.csv")
        try world.write("<r><u id='1' n='2'/><u id='2' n='2'/></r>", "b.xml")
        let outcome = try Self.run(world, ["draft", world.path("a.csv"), world.path("b.xml")])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("draft.impossible"))
    }
}

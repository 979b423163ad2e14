import Foundation
import OrganisationModel
import Testing

/// The catalogue of rules, and rules that a configuration has otherwise.
struct RulesTests {
    /// The codes that the sources write, with every kind and relation where a code is made of these.
    private static func codes() throws -> Set<String> {
        let sources = World.package.appendingPathComponent("Sources")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: sources.path).filter { $0.hasSuffix(".swift") }
        var codes: Set<String> = []
        for path in paths {
            let text = try String(contentsOf: sources.appendingPathComponent(path), encoding: .utf8)
            for match in text.matches(of: /\bRule\(\s*"([^\n]+?)", \./) {
                let code = String(match.1)
                guard code.contains("\\(") else {
                    codes.insert(code)
                    continue
                }
                for kind in Schema.standard.kinds {
                    for relation in kind.attributes where relation.isReference {
                        codes.insert(
                            code.replacing("\\(kind.name)", with: kind.kind.name)
                                .replacing("\\(attribute.name)", with: relation.name))
                    }
                }
            }
        }
        return codes
    }

    /// Relations of which a rule says nothing, because another one does.
    private static func isJudgedElsewhere(_ code: String) -> Bool {
        let isHierarchy = code.hasPrefix("unit.parent-") || code.hasPrefix("task.parent-")
        if isHierarchy && code.hasSuffix("-unknown") { return true }
        guard code.hasSuffix("-ended") else { return false }
        return code == "task.parent-ended" || code.contains(".person-") || code.contains(".engagement-")
    }

    @Test(arguments: ["da", "sv", "nb", "en"])
    func `every rule is in the catalogue with a meaning and a remedy in each language`(language: String) throws {
        let world = try World()
        let told = try world.run(["rules", "--json", "--language", language], today: nil).lines
        let codes = try Self.codes().filter { !Self.isJudgedElsewhere($0) }
        #expect(codes.count > 70)
        #expect(
            Set(told.compactMap { $0["rule"].text }) == codes,
            "\(codes.symmetricDifference(told.compactMap { $0["rule"].text }))")
        #expect(told.count == codes.count)
        for line in told {
            for part in ["meaning", "remedy"] {
                let text = line[part].text ?? ""
                #expect(text.count > 10 && text.hasSuffix("."), "\(line["rule"].text ?? "") \(part)")
            }
        }
    }

    @Test func `one rule is told in the language of the configuration or another`() throws {
        let world = try World()
        try world.add("language: da")
        let danish = try world.run(["rules", "unit.name-empty"], today: nil)
        #expect(danish.status == 0 && danish.output.contains("En enhed har intet navn."))
        let english = try world.run(["rules", "unit.name-empty", "--language", "en"], today: nil)
        #expect(english.output.contains("A unit has no name.") && english.output.contains("error, withheld"))
        let wrong = try world.run(["rules", "unit.name-emty"], today: nil)
        #expect(wrong.status == 1 && wrong.errors.contains("did you mean unit.name-empty?"))
    }

    private static var nameless: Export {
        var export = Export.small
        export.alter(unit: "403") { $0.name = " " }
        return export
    }

    @Test func `a rule of objects that is lowered publishes what it withheld and back`() throws {
        let world = try World()
        try world.importing(Export.small)
        #expect(try world.importing(Self.nameless, today: World.secondDay).json["version"].number == 1)
        #expect(try world.rule("unit.name-empty") == ["error"])
        try world.add("rules: {unit.name-empty: warning}")
        // The very same file: what it says is published now.
        #expect(try world.importing("hr=export.xml", today: World.secondDay).json["version"].number == 2)
        #expect(try world.rule("unit.name-empty") == ["warning"])
        try world.alter("rules: {unit.name-empty: warning}", "rules: {unit.name-empty: off}")
        try world.importing("hr=export.xml", today: World.secondDay)
        #expect(try world.rule("unit.name-empty") == [])
        try world.expectVerified()
    }

    @Test func `a rule of records that is raised withholds the record and back`() throws {
        let world = try World()
        var export = Export.small
        export.alter(unit: "403") { $0.ean = "5790000000001" }
        #expect(try world.importing(export).json["changes"]["unit"]["created"].number == 3)
        #expect(try world.rule("record.ean-check") == ["warning"])
        try world.add("rules: {record.ean-check: error}")
        export.alter(unit: "403") { $0.name = "Et andet navn" }
        try world.importing(export, today: World.secondDay)
        #expect(try world.rule("record.ean-check") == ["error"])
        #expect(try world.periods("unit", "403")?.first?["attributes"]["name"].text == "Børnehuset Æblehaven")
        try world.alter("rules: {record.ean-check: error}", "rules: {record.ean-check: {except: [\"5790?????????\"]}}")
        try world.importing("hr=export.xml", today: World.secondDay)
        #expect(try world.rule("record.ean-check") == [])
        #expect(try world.periods("unit", "403")?.first?["attributes"]["name"].text == "Et andet navn")
    }

    @Test func `an employment that nobody altered is told when its unit is to close and no more when it is not`() throws
    {
        let world = try World()
        try world.importing(Export.small)
        var closing = Export.small
        closing.alter(unit: "403") { $0.end = "2026-12-31" }
        try world.importing(closing, today: World.secondDay, name: "day2.xml")
        #expect(try world.rule("engagement.unit-ended") == ["warning"])
        try world.importing(Export.small, today: "2026-03-04", name: "day3.xml")
        #expect(try world.rule("engagement.unit-ended") == [])
        closing.alter(unit: "403") { $0.end = "9999-12-31" }
        closing.alter(unit: "402") { $0.end = "2026-12-31" }
        try world.importing(closing, today: "2026-03-05", name: "day4.xml")
        #expect(try world.rule("engagement.unit-ended").count == 2)
        #expect(try world.rule("unit.parent-ended") == ["warning"])
        try world.expectVerified()
    }
}

extension World {
    /// Adds a line to the configuration.
    func add(_ line: String) throws {
        try configure(String(contentsOfFile: path("fordeler.yaml"), encoding: .utf8) + "\n\(line)\n")
    }

    /// Puts a text of the configuration in the place of another.
    func alter(_ text: String, _ other: String) throws {
        try configure(String(contentsOfFile: path("fordeler.yaml"), encoding: .utf8).replacing(text, with: other))
    }

    /// The severities of a rule's findings in the newest candidate.
    fileprivate func rule(_ code: String) throws -> [String] {
        let newest = try #require(try run("candidates", "--json").lines.first?["candidate"].text)
        return try findings("candidate:\(newest)").filter { $0["rule"].text == code }.compactMap { $0["severity"].text }
    }
}

import Foundation
import Testing

/// A mistake in a configuration or a mapping is told with its file and line before anything is done.
struct ConfigurationMistakeTests {
    /// A line that is put in place of another, and what must be said.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let name: String
        let instead: String
        let text: String
        /// A word that must stand in the message.
        let word: String
        /// The line on which the mistake stands, counted from that line.
        let offset: Int
        var testDescription: String { name }

        init(_ name: String, _ instead: String, _ text: String, _ word: String, offset: Int = 0) {
            (self.name, self.instead, self.text, self.word, self.offset) = (name, instead, text, word, offset)
        }
    }

    private static let configuration = """
        state: state
        timeZone: Europe/Copenhagen
        authority:
          name: Søløkke Kommune
          cvr: "99000001"
        sources:
          hr:
            mapping: kmd-opus
            files: drop/ZLPE*.xml
            publish: automatic

        """

    static let mistakes = [
        Mistake("an unknown key", "state: state", "state: state\ncolour: red", "colour", offset: 1),
        Mistake(
            "a list in place of a path", "state: state", "state: state\nauditHead: [a]", "expected a text", offset: 1),
        Mistake("no versions", "state: state", "state: state\nretention: {versions: 0}", "1000000", offset: 1),
        Mistake(
            "days that are no number", "state: state", "state: state\nretention: {days: two}", "days is", offset: 1),
        Mistake(
            "another word for off", "state: state", "state: state\nretention: never", "retention is off", offset: 1),
        Mistake(
            "an unknown key of retention", "state: state", "state: state\nretention: {weeks: 3}", "weeks", offset: 1),
        Mistake(
            "an unknown rule", "state: state", "state: state\nrules: {unit.name-emty: off}",
            "did you mean unit.name-empty", offset: 1),
        Mistake(
            "a rule that must be kept", "state: state", "state: state\nrules: {unit.cycle: warning}",
            "unit.cycle cannot be warning", offset: 1),
        Mistake(
            "an unknown severity", "state: state", "state: state\nrules: {unit.name-empty: bad}", "off, info",
            offset: 1),
        Mistake(
            "an error that holds nothing", "state: state", "state: state\nrules: {unit.excluded: error}",
            "and not error", offset: 1),
        Mistake(
            "a limit of a rule without one", "state: state", "state: state\nrules: {unit.name-empty: {limit: 3}}",
            "has no limit", offset: 1),
        Mistake(
            "a limit that is no number", "state: state", "state: state\nrules: {unit.too-deep: {limit: many}}",
            "limit is a number", offset: 1),
        Mistake(
            "exceptions of a rule without values", "state: state",
            "state: state\nrules: {unit.too-deep: {except: [\"6?\"]}}", "judges no values", offset: 1),
        Mistake(
            "a whole number as an exception", "state: state",
            "state: state\nrules: {record.cpr-form: {except: [\"6101800011\"]}}", "list of forms", offset: 1),
        Mistake("an unknown language", "state: state", "state: state\nlanguage: fi", "da, sv, nb, en", offset: 1),
        Mistake("an unknown key of the authority", "  name: Søløkke Kommune", "  nmae: Søløkke Kommune", "nmae"),
        Mistake("an unknown key of a source", "    publish: automatic", "    publsh: automatic", "publsh"),
        Mistake("a cvr that is too short", "  cvr: \"99000001\"", "  cvr: \"9900001\"", "eight digits"),
        Mistake("a cvr of letters", "  cvr: \"99000001\"", "  cvr: \"DK990001\"", "eight digits"),
        Mistake("an unknown mapping", "    mapping: kmd-opus", "    mapping: kmd-opas", "kmd-opas"),
        Mistake(
            "a mapping file that is not there", "    mapping: kmd-opus", "    mapping: maps/none.yaml", "none.yaml"),
        Mistake("an unknown time zone", "timeZone: Europe/Copenhagen", "timeZone: Europe/Kjøbenhavn", "time zone"),
        Mistake("an unknown way to publish", "    publish: automatic", "    publish: maybe", "automatic or manual"),
        Mistake(
            "an exclusion that is no list", "    publish: automatic", "    exclude: \"1300\"", "a list of units"),
        Mistake(
            "a unit of an unknown source", "    publish: automatic", "    exclude: [{hs: \"1300\"}]",
            "there is no source hs"),
        Mistake(
            "a place beneath its own unit", "    publish: automatic", "    beneath: {hr: \"1\"}", "another source"),
        Mistake(
            "a unit that is none", "    publish: automatic", "    scope: [\"1\", [2]]", "a list of units"),
        Mistake("an unknown extent", "    publish: automatic", "    exports: weekly", "full or delta"),
        Mistake(
            "deltas that are downloaded", "    files: drop/ZLPE*.xml",
            "    exports: delta\n    schedule: every 15m\n    download: {url: \"https://exports.example/\"}",
            "would be lost",
            offset: 2),
        Mistake("a time that no clock shows", "    publish: automatic", "    schedule: \"25:00\"", "is no time"),
        Mistake(
            "files and a download", "    publish: automatic",
            "    schedule: every 15m\n    download: {url: \"https://exports.example/\"}", "not both", offset: -1),
        Mistake(
            "a download without a schedule", "    files: drop/ZLPE*.xml",
            "    download: {url: \"https://exports.example/\"}", "needs a schedule"),
        Mistake(
            "a download in clear", "    files: drop/ZLPE*.xml",
            "    schedule: every 15m\n    download: {url: \"http://exports.example/\"}", "begin with https", offset: 1),
        Mistake(
            "a download without an address", "    files: drop/ZLPE*.xml",
            "    schedule: every 15m\n    download: {tokenFile: none}", "url is missing", offset: 1),
        Mistake(
            "a token that is not there", "    files: drop/ZLPE*.xml",
            "    schedule: every 15m\n    download: {url: \"https://exports.example/\", tokenFile: none}",
            "none cannot be read", offset: 1),
        Mistake(
            "a pause of a download", "    files: drop/ZLPE*.xml",
            "    schedule: every 15m\n    quiet: 5\n    download: {url: \"https://exports.example/\"}",
            "quiet is for files",
            offset: 1),
        Mistake("a key twice", "state: state", "state: state\nstate: other", "state stands here twice"),
        Mistake("a broken line", "  hr:", "  hr: }", "no valid YAML"),
        Mistake("no sources", "sources:", "sources:\nstuff:", "stuff", offset: 2),
    ]

    static let missing = [
        "state: state", "timeZone: Europe/Copenhagen", "  name: Søløkke Kommune", "    mapping: kmd-opus",
    ]

    static let mappingMistakes = [
        Mistake("an unknown attribute", "          name: longName", "          naem: longName", "naem"),
        Mistake("an unknown kind", "      - kind: unit", "      - kind: department", "department"),
        Mistake(
            "an unknown key", "        key: \"@id\"", "        key: \"@id\"\n        colour: red", "colour", offset: 1),
        Mistake(
            "a duplicated key", "          name: longName", "          name: longName\n          name: shortName",
            "name stands here twice"),
        Mistake("an unknown format", "format: xml", "format: edifact", "format is xml or csv"),
        Mistake("another word for a flag", "        shared: true", "        shared: perhaps", "shared"),
        Mistake("a ratio of one number", "{ratio: [numerator, denominator]}", "{ratio: [numerator]}", "ratio"),
    ]

    /// Expects status 1, and a message that names the file with the line of the mistake.
    private func expectTold(_ world: World, file: String, line: Int?, word: String) throws {
        for words in [["import"], ["versions"], ["verify"]] {
            let outcome = try world.run(words)
            #expect(outcome.status == 1 && outcome.output.isEmpty)
            let place = line.map { "\(file):\($0):" } ?? "\(file):"
            #expect(outcome.errors.contains(place), "\(place) in \(outcome.errors)")
            #expect(outcome.errors.contains(word))
        }
        #expect(!FileManager.default.fileExists(atPath: world.state.path))
    }

    @Test func `the configuration without a mistake is accepted`() throws {
        let world = try World()
        try world.configure(Self.configuration)
        let without = try world.run("import")
        #expect(without.status == 1 && without.errors.contains("drop"))
        try FileManager.default.createDirectory(
            at: world.folder.appendingPathComponent("drop"), withIntermediateDirectories: false)
        let outcome = try world.run("import")
        #expect(outcome.status == 1 && outcome.errors.contains("no file matches"))
        #expect(try world.importing(Export.small).status == 0)
    }

    @Test(arguments: mistakes) func `a mistake in the configuration is told with its line`(mistake: Mistake) throws {
        let world = try World()
        let text = Self.configuration.replacing(mistake.instead, with: mistake.text, maxReplacements: 1)
        try world.configure(text)
        let line = Self.configuration.line(of: mistake.instead) + mistake.offset
        try expectTold(world, file: "fordeler.yaml", line: line, word: mistake.word)
    }

    @Test(arguments: missing) func `a key that is missing is named`(line: String) throws {
        let world = try World()
        try world.configure(Self.configuration.replacing(line + "\n", with: "", maxReplacements: 1))
        let key = try #require(line.split(separator: ":").first).trimmingCharacters(in: .whitespaces)
        try expectTold(world, file: "fordeler.yaml", line: nil, word: "\(key) is missing")
    }

    @Test func `a configuration that is not there is named`() throws {
        let world = try World()
        try FileManager.default.removeItem(at: world.folder.appendingPathComponent("fordeler.yaml"))
        let outcome = try world.run("versions")
        #expect(outcome.status == 1 && outcome.errors.contains("fordeler.yaml"))
    }

    @Test(arguments: mappingMistakes) func `a mistake in a mapping is told with its line`(mistake: Mistake) throws {
        let world = try World()
        let shipped = World.package.appendingPathComponent("Mappings/kmd-opus.yaml")
        let mapping = String(decoding: try Data(contentsOf: shipped), as: UTF8.self)
        #expect(mapping.contains(mistake.instead))
        try world.write(mapping.replacing(mistake.instead, with: mistake.text, maxReplacements: 1), "own.yaml")
        try world.configure(Self.configuration.replacing("kmd-opus", with: "own.yaml"))
        let line = mapping.line(of: mistake.instead) + mistake.offset
        try expectTold(world, file: "own.yaml", line: line, word: mistake.word)
    }

    @Test func `a command that nobody knows is told with status 1`() throws {
        let world = try World()
        for words in [
            ["imprt"], ["import", "--jsn"], ["import", "hr"], ["import", "nobody=file.xml"], ["diff", "1"],
        ] {
            let outcome = try world.run(words)
            #expect(outcome.status == 1 && outcome.output.isEmpty && !outcome.errors.isEmpty, "\(words)")
        }
        #expect(try world.run(["versions"], today: "2026-02-30").status == 1)
    }
}

import Foundation
import Mapping
import OrganisationModel
import SourceExports
import Testing

struct MappingDocumentTests {
    private static let good = """
        mapping: hr
        describes: an HR system
        format: xml
        root: export
        placeholders:
          phone: ["0", "00"]
        records:
          person:
            kind: person
            key: "@id"
            endedWhen: {field: "@action", equals: leave}
            objects:
              - kind: person
                key: "@id"
                shared: true
                when: {field: active, equals: "1"}
                effective: {from: [first, second], to: last, withoutFrom: withhold}
                attributes:
                  givenName: {join: [name/@first, {text: x}], with: "-"}
                  surname: name

        """

    @Test func goodDocument_isRead() throws {
        let document = try MappingDocument(yaml: Self.good, file: "hr.yaml")
        guard case .xml(let root) = document.documents[0].format else { throw Surprise() }
        #expect(document.name == "hr" && root == "export" && document.text == Self.good)
        let program = MappingProgram(document, source: "s", secret: [1], authority: Authority(name: "K", cvr: "1"))
        #expect(program.shapes.map(\.element) == ["person"])
        #expect(
            program.shapes[0].fields == ["@id", "@action", "active", "first", "second", "last", "name/@first", "name"])
    }

    /// What is written in the place of what, on which line it is a mistake, and words that the message has.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let old: String
        let new: String
        let line: Int
        let words: [String]

        init(_ old: String, _ new: String, _ line: Int, _ words: String...) {
            (self.old, self.new, self.line, self.words) = (old, new, line, words)
        }

        var testDescription: String { "\(old) -> \(new)" }
    }

    @Test(arguments: [
        Mistake("mapping: hr", "name: hr", 1, "name is not known here", "mapping, describes, format"),
        Mistake("mapping: hr\n", "", 1, "mapping is missing"),
        Mistake("format: xml\n", "", 1, "format is missing"),
        Mistake("format: xml", "format: fixed", 3, "format is xml or csv"),
        Mistake("format: xml", "format: [xml]", 3, "expected a text"),
        // To YAML keys with other tags are others.
        Mistake("format: xml", "!x mapping: b\nformat: xml", 3, "mapping stands here twice"),
        Mistake("an HR system", "an HR\u{1} system", 2, "control characters"),
        Mistake("surname: name", "surname: \"name[3000000000]\"", 20, "is no field"),
        Mistake(
            "surname: name", "surname: {part: name, separator: a, number: -9223372036854775808}", 20,
            "number counts from 1"),
        Mistake("root: export\n", "", 1, "root is missing"),
        Mistake("phone: [\"0\", \"00\"]", "phone: {a: b}", 6, "expected a text"),
        Mistake("placeholders:\n  phone: [\"0\", \"00\"]", "placeholders: none", 5, "expected keys and values"),
        Mistake("    kind: person\n    key", "    key", 9, "kind is missing"),
        Mistake(
            "    kind: person\n    key", "    kind: people\n    key", 9, "people is no kind of object",
            "organisation, unit, person"),
        Mistake("    key: \"@id\"\n    endedWhen", "    endedWhen", 9, "key is missing"),
        Mistake(
            "endedWhen: {field: \"@action\", equals: leave}", "endedWhen: {field: \"@action\"}", 11,
            "one of equals, matches, sameAs and is"
        ),
        Mistake("endedWhen: {field: \"@action\", equals: leave}", "endedWhen: leave", 11, "expected keys and values"),
        Mistake("    objects:\n", "    objects: []\n    more:\n", 13, "more is not known here", "endedWhen, except"),
        Mistake("shared: true", "shared: maybe", 15, "shared is true, false or daily"),
        Mistake("active, equals", "active, is: 1, equals", 16, "one of equals, matches, sameAs and is"),
        Mistake("withoutFrom: withhold", "withoutFrom: never", 17, "withoutFrom is withhold or open"),
        Mistake("to: last", "to: [last]", 17, "expected a field, or one of"),
        Mistake(
            "effective: {from", "effective: {since: x, from", 17, "since is not known here",
            "from, to, until, withoutFrom"),
        Mistake("surname: name", "lastName: name", 20, "person has no attribute lastName", "givenName, surname"),
        Mistake(
            "surname: name", "surname: {joined: [a]}", 20, "expected a field, or one of: text, join, firstOf, ratio"),
        Mistake("surname: name", "surname: {}", 20, "expected a field, or one of"),
        Mistake("surname: name", "surname: {join: []}", 20, "join is a list"),
        Mistake("surname: name", "surname: {join: a}", 20, "join is a list"),
        Mistake("surname: name", "surname: {ratio: [a]}", 20, "ratio is [numerator, denominator]"),
        Mistake("surname: name", "surname: {ratio: [a, b, c]}", 20, "ratio is [numerator, denominator]"),
        Mistake("surname: name", "surname: {text: a, join: [b]}", 20, "join is not known here; allowed: text"),
        Mistake("surname: name", "surname: {text: a, with: b}", 20, "with is not known here"),
        Mistake("surname: name", "surname: name//first", 20, "name//first is no field", "name/@attribute"),
        Mistake("surname: name", "surname: a/@b/c", 20, "a/@b/c is no field"),
        Mistake("surname: name", "surname: \"@\"", 20, "is no field"),
        Mistake("surname: name", "surname: name/@", 20, "is no field"),
        Mistake("surname: name", "surname: \"\"", 20, "is no field"),
        Mistake("surname: name", "surname: [a, b]", 20, "expected a field, or one of"),
        Mistake("from: [first, second]", "from: [first, second/]", 17, "second/ is no field"),
        Mistake("        shared: true\n", "        sharing:\n          deep: true\n", 15, "sharing is not known here"),
    ])
    func badDocument_isRefused_withItsLineAndWords(_ mistake: Mistake) throws {
        let place = try #require(Self.good.range(of: mistake.old))
        let text = Self.good.replacingCharacters(in: place, with: mistake.new)
        let error = #expect(throws: FordelerError(.init("mapping.invalid"), "")) {
            _ = try MappingDocument(yaml: text, file: "bad.yaml")
        }
        let message = error?.message ?? ""
        #expect(message.hasPrefix("bad.yaml:\(mistake.line): "), "\(message)")
        for word in mistake.words { #expect(message.contains(word), "\(message)") }
    }

    @Test(arguments: [
        "", "- a\n- b", "text", "mapping: [", "mapping: a\nmapping: b", "\t", "a: &a [*a]", "---\na: 1\n---\nb: 2",
    ])
    func whatIsNoMapping_isRefused(_ text: String) {
        let error = #expect(throws: FordelerError(.init("mapping.invalid"), "")) {
            _ = try MappingDocument(yaml: text, file: "bad.yaml")
        }
        #expect(error?.message.hasPrefix("bad.yaml:") ?? false)
    }

    @Test func emptyObjectLists_areRefused() throws {
        let text = "mapping: a\nformat: xml\nroot: r\nrecords:\n  u:\n    kind: unit\n    key: k\n    objects: []\n"
        let error = #expect(throws: FordelerError.self) { _ = try MappingDocument(yaml: text, file: "m") }
        #expect(error?.message == "m:8: objects is a list of 1 to 100 objects")
    }

    @Test func mappingsOfTheProject_areGood() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Mappings")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
        #expect(!names.isEmpty)
        for name in names {
            let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            let document = try MappingDocument(yaml: text, file: name)
            #expect(name == document.name + ".yaml")
        }
    }

    @Test func seed_dependsOnMappingSecretAndAuthority() throws {
        let document = try MappingDocument(yaml: Self.good, file: "a")
        let commented = try MappingDocument(yaml: Self.good + "# more\n", file: "a")
        let seeds = [
            MappingProgram(document, source: "s", secret: [1], authority: Authority(name: "K", cvr: "1")),
            MappingProgram(commented, source: "s", secret: [1], authority: Authority(name: "K", cvr: "1")),
            MappingProgram(document, source: "s", secret: [2], authority: Authority(name: "K", cvr: "1")),
            MappingProgram(document, source: "s", secret: [1], authority: Authority(name: "L", cvr: "1")),
            MappingProgram(document, source: "s", secret: [1], authority: Authority(name: "K", cvr: "2")),
        ].map(\.seed)
        #expect(Set(seeds).count == 5)
    }
}

/// The document was read as something else.
private struct Surprise: Error {}

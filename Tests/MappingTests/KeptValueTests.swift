import Mapping
import OrganisationModel
import Testing

/// A value that may be that of the last accepted export.
struct KeptValueTests {
    private static func source(_ name: String = "{firstOf: [a, {kept: name}]}", more: String = "") throws -> Source {
        try Source(attributes: "name: \(name), shortName: b\(more)")
    }

    private func name(_ source: Source, _ inside: String) throws -> Value? {
        try name(source, source.organisation("<u id='1'>\(inside)</u>"))
    }

    private func name(_ source: Source, _ organisation: Organisation) throws -> Value? {
        let entry = try #require(organisation.entry(source.id("1")))
        return organisation.state(of: entry)?.periods(Schema.standard[.unit]).last?["name"]
    }

    @Test func newRecord_hasNothingToKeep() throws {
        #expect(try name(Self.source(), "<b>x</b>") == nil)
    }

    @Test func keptValue_isThatOfTheAcceptedExport_notOfOneThatWaits() throws {
        let source = try Self.source()
        try source.accept("<u id='1'><a>first</a></u>")
        #expect(try name(source, "<a>second</a>") == .text("second"))
        #expect(try name(source, "<b>x</b>") == .text("first"))
    }

    @Test func keptValue_staysWhileItIsKept_andGoesWithTheRecord() throws {
        let source = try Self.source()
        try source.accept("<u id='1'><a>first</a></u>")
        try source.accept("<u id='1'><b>x</b></u>")
        try source.accept("<u id='1'><b>y</b></u>")
        #expect(try name(source, "<b>z</b>") == .text("first"))
        try source.accept("<u id='2'><a>other</a></u>")
        #expect(try name(source, "<b>z</b>") == nil)
    }

    private func delta(
        _ source: Source, _ inside: String, onto waiting: (Overlay, ClaimBuffer)? = nil
    ) throws -> (Overlay, ClaimBuffer) {
        try source.overlay(
            files: [("d.xml", "<r><u id='1'>\(inside)</u></r>")], extent: .delta(waiting: waiting?.0),
            buffer: waiting?.1 ?? ClaimBuffer())
    }

    @Test func keptValueOfADelta_isThatOfWhatWaits() throws {
        let source = try Self.source()
        try source.accept("<u id='1'><a>first</a></u>")
        let waiting = try delta(source, "<a>second</a>")
        let (overlay, buffer) = try delta(source, "<b>x</b>", onto: waiting)
        #expect(try name(source, source.organisation([overlay], buffer)) == .text("second"))
        let (alone, other) = try delta(source, "<b>x</b>")
        #expect(try name(source, source.organisation([alone], other)) == .text("first"))
    }

    @Test func recordThatIsAgainAsItWasAccepted_keepsWhatWaited() throws {
        let source = try Self.source()
        try source.accept("<u id='1'><a>first</a></u>")
        try source.accept("<u id='1'><b>x</b></u>")
        let waiting = try delta(source, "<a>second</a>")
        let (overlay, buffer) = try delta(source, "<b>x</b>", onto: waiting)
        #expect(try name(source, source.organisation([overlay], buffer)) == .text("second"))
        source.store.accept(overlay, buffer)
        #expect(try delta(source, "<b>x</b>").0.isUnchanged)
        #expect(try name(source, "<b>y</b>") == .text("second"))
    }

    @Test func keptValue_isThatOfTheSameObjectAndAttribute() throws {
        let source = try Source(
            """
            mapping: test
            format: xml
            root: r
            records:
              u:
                kind: unit
                key: "@id"
                objects:
                  - {kind: unit, key: "@id", attributes: {name: {firstOf: [a, {kept: name}]}}}
                  - {kind: unit, key: {join: ["@id", {text: x}]}, attributes: {name: {firstOf: [b, {kept: name}]}, shortName: a}}
                  - {kind: person, key: "@id", attributes: {givenName: {firstOf: [c, {kept: givenName}]}}}
            """)
        try source.accept("<u id='1'><a>A</a><b>B</b><c>C</c></u>")
        let organisation = try source.organisation("<u id='1'/>")
        func value(_ key: String, _ kind: Kind, _ name: String) throws -> Value? {
            let entry = try #require(organisation.entry(source.id(key, kind)))
            return organisation.state(of: entry)?.periods(Schema.standard[kind]).first?[name]
        }
        #expect(try value("1", .unit, "name") == .text("A"))
        #expect(try value("1 x", .unit, "name") == .text("B"))
        #expect(try value("1 x", .unit, "shortName") == nil)
        #expect(try value("1", .person, "givenName") == .text("C"))
    }

    @Test func keptValue_canBePartOfAnother_andLeavesTheRestAsItIs() throws {
        let source = try Self.source("{if: {field: a, equals: none}, then: {upper: {kept: name}}, else: a}")
        try source.accept("<u id='1'><a>first</a></u>")
        #expect(try name(source, "<a>none</a><b>x</b>") == .text("FIRST"))
    }

    @Test func withheldRecord_keepsNothing() throws {
        let source = try Self.source()
        try source.accept("<u id='1'><a>first</a></u>")
        try source.accept("<u id='1'><f>never</f></u>")
        #expect(try name(source, "<b>x</b>") == nil)
    }

    @Test(arguments: [
        "name: {kept: shortName}", "name: {kept: zz}", "parent: {kept: parent}", "parent: {uuid: {kept: parent}}",
        "name: {if: {value: {kept: name}, is: present}, then: a}",
    ]) func keptValue_ofAnythingElse_isAMistake(_ attributes: String) {
        #expect(throws: FordelerError.self) { try Source(attributes: attributes) }
    }

    @Test(arguments: ["key: {kept: name}", "uuid: {kept: name}", "when: {value: {kept: name}, is: present}"])
    func keptOutsideOfAValue_isAMistake(_ line: String) {
        let key = line.hasPrefix("key") ? "" : "key: id, "
        #expect(throws: FordelerError.self) {
            try Source(
                """
                mapping: test
                format: xml
                root: r
                records:
                  u:
                    kind: unit
                    key: id
                    objects:
                      - {kind: unit, \(key)\(line), attributes: {name: a}}
                """)
        }
    }
}

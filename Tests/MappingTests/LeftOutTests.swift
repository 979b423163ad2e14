import Foundation
@testable import Mapping
import OrganisationModel
import Testing

/// What conditions leave out stays to be found.
struct LeftOutTests {
    private static let mapping = """
        mapping: test
        format: xml
        root: r
        records:
          e:
            kind: engagement
            key: "@id"
            except: {field: "@sort", equals: guest}
            objects:
              - {kind: engagement, key: "@id", attributes: {title: t}}
              - kind: function
                key: {join: [{text: manager}, "@id"], with: ":"}
                when: {field: "@boss", equals: "true"}
                attributes: {functionType: {text: manager}}
              - kind: user
                key: u
                when: {field: "@it", equals: "true"}
                attributes:
                  accountName: u
                  person:
                    find: [{kind: person, attribute: cpr, equals: c}]
        """

    private func parts(_ record: String) throws -> (source: Source, parts: [Lineage.Part], flags: [UInt8]) {
        let source = try Source(Self.mapping)
        let (overlay, buffer) = try source.overlay(record)
        let claim = try #require(overlay.altered.first)
        var reader = Claim.Reader(buffer[claim.reference])
        _ = reader.recordKey()
        #expect(reader.findings().isEmpty)
        let flags = (0..<reader.objectCount()).map { _ in reader.object().flags }
        return (source, Lineage(source.program).parts(claim, buffer), flags)
    }

    @Test func objectWithAKeyOfItsOwn_isNamed_andTheOneWithTheRecordsKeyIsNot() throws {
        let (source, parts, flags) = try parts("<e id=\"1\"><t>T</t><u>A1</u></e>")
        #expect(parts.map(\.kind) == [.engagement, .user] && flags == [0, Claim.leftOut])
        let conditions = Lineage(source.program).conditions(leavingOut: parts[1], flags: flags[1])
        #expect(conditions.map(\.word) == ["when"])
        #expect(
            conditions.first?.mappingLine
                == Self.mapping.components(separatedBy: "\n").firstIndex { $0.contains("@it") }.map { $0 + 1 })
        #expect(conditions.first?.expression == "{field: \"@it\", equals: \"true\"}")
    }

    @Test func exceptedRecord_namesItsFirstObjectAndThoseWithKeysOfTheirOwn() throws {
        let (source, parts, flags) = try parts("<e id=\"1\" sort=\"guest\" boss=\"true\"><u>A1</u></e>")
        #expect(parts.map(\.kind) == [.engagement, .user])
        #expect(flags == [Claim.leftOut | Claim.excepted, Claim.leftOut | Claim.excepted])
        let conditions = Lineage(source.program).conditions(leavingOut: parts[1], flags: flags[1])
        #expect(conditions.map(\.word) == ["except"] && conditions.first?.mappingLine == 8)
    }

    @Test func leftOutObject_isNotInTheOrganisation() throws {
        let source = try Source(Self.mapping)
        let (overlay, buffer) = try source.overlay("<e id=\"1\"><u>A1</u></e>", "<e id=\"2\" sort=\"guest\"/>")
        let organisation = Organisation(buffer: buffer)
        let file = organisation.addFile(source: "hr", file: "e.xml")
        for claim in overlay.altered { organisation.add(claim.reference, file: file, line: claim.line) }
        organisation.seal()
        #expect(organisation.entries(of: .user).isEmpty && organisation.entries(of: .engagement).count == 1)
    }

    @Test func place_leadsFromAnObjectsKeyToTheClaimOfItsRecord() throws {
        let source = try Source(Self.mapping)
        let (overlay, buffer) = try source.overlay("<e id=\"1\"><t>T</t></e>", "<e id=\"2\" sort=\"guest\"/>")
        let lineage = Lineage(source.program)
        let place = try #require(lineage.places(of: .function, key: "manager:1").first)
        #expect(place.element == "e" && place.recordKey == "1" && place.recordKind == .engagement)
        let claim = try #require(overlay.altered.first { place.claimKeys.contains($0.key) })
        let conditions = lineage.conditions(leavingOut: buffer[claim.reference], at: place)
        #expect(conditions.map(\.expression) == ["{field: \"@boss\", equals: \"true\"}"])
        let excepted = try #require(lineage.places(of: .function, key: "manager:2").first)
        let other = try #require(overlay.altered.first { excepted.claimKeys.contains($0.key) })
        #expect(lineage.conditions(leavingOut: buffer[other.reference], at: excepted).map(\.word) == ["except"])
        #expect(lineage.places(of: .user, key: "A1").isEmpty)
        #expect(lineage.conditions(making: .user).map(\.element) == ["e"])
    }

    @Test func lookedUpRelation_hasALineInTheMapping() throws {
        let (source, parts, _) = try parts("<e id=\"1\" it=\"true\"><t>T</t><u>A1</u><c>0101010101</c></e>")
        let person = try #require(Schema.standard[.user].attribute(named: "person"))
        let origins = Lineage(source.program).origins(of: person, in: parts[1])
        #expect(origins.map(\.mappingLine) == [Self.mapping.components(separatedBy: "\n").count - 1])
        #expect(origins.first?.fields == ["c"])
    }

    // MARK: Keys

    private func form(_ yaml: String) throws -> KeyForm? {
        let mapping = try MappingDocument(
            yaml: """
                mapping: test
                format: xml
                root: r
                records:
                  e:
                    kind: unit
                    key: "@id"
                    objects: [{kind: unit, key: \(yaml), attributes: {name: n}}]
                """, file: "m.yaml")
        return KeyForm(of: mapping.records[0].objects[0].key, recordKey: mapping.records[0].key)
    }

    @Test(arguments: [
        ("\"@id\"", "17", "17"), ("{join: [{text: a}, \"@id\"], with: \":\"}", "a:17", "17"),
        ("{join: [\"@id\", {text: b}], with: -}", "17-b", "17"),
        ("{join: [{text: a}, \"@id\", {text: b}], with: \"\"}", "a17b", "17"),
    ])
    func keyOfAnObject_leadsBackToThatOfItsRecord(_ yaml: String, _ key: String, _ recordKey: String) throws {
        #expect(try form(yaml)?.recordKey(of: key) == recordKey)
    }

    @Test(arguments: ["b:17", "a:", "a", "", "17"])
    func keyOfAnotherForm_leadsNowhere(_ key: String) throws {
        #expect(try form("{join: [{text: a}, \"@id\"], with: \":\"}")?.recordKey(of: key) == nil)
    }

    @Test(arguments: ["n", "{join: [\"@id\", n]}", "{join: [\"@id\", \"@id\"]}", "{upper: \"@id\"}", "{text: x}"])
    func keyOfSomethingElse_hasNoForm(_ yaml: String) throws {
        #expect(try form(yaml) == nil)
    }
}

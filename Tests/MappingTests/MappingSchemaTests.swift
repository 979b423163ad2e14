import Foundation
import Mapping
import OrganisationModel
import Testing
import Yams

/// Mappings/mapping.schema.json is for editors; the parser decides. Both know the same language.
struct MappingSchemaTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Mappings")

    private static func schema() throws -> JSONSchema {
        try JSONSchema(Data(contentsOf: folder.appendingPathComponent("mapping.schema.json")))
    }

    /// What the parser says about a mapping; empty when it is in order.
    private static func complaint(_ yaml: String) -> String {
        do {
            _ = try MappingDocument(yaml: yaml, file: "m.yaml")
            return ""
        } catch {
            return "\(error)"
        }
    }

    private static func mapping(_ object: String, record: String = "", top: String = "") -> String {
        """
        mapping: m
        format: xml
        root: r
        tables: {t: {a: b}}
        \(top)
        records:
          u:
            kind: unit
            key: id
            \(record)
            objects:
              - \(object)
        """
    }

    private static func object(_ key: String) -> String {
        mapping("{kind: unit, key: \(key), attributes: {}}")
    }

    private static func when(_ condition: String) -> String {
        mapping("{kind: unit, key: id, when: \(condition), attributes: {}}")
    }

    /// A mapping in which `zz` stands where it is not known, and where the schema lists what is known there.
    private static let places: [(String, String)] = [
        ("", mapping("{kind: unit, key: id, attributes: {}}", top: "zz: 1")),
        ("$defs/document", "mapping: m\nformat: xml\ndocuments: {a: {zz: 1}}"),
        ("$defs/record", mapping("{kind: unit, key: id, attributes: {}}", record: "zz: 1")),
        ("$defs/timeline", mapping("{kind: unit, key: id, attributes: {}}", record: "timelines: {p: {zz: 1}}")),
        ("$defs/object", mapping("{zz: 1}")),
        ("$defs/effective", mapping("{kind: unit, key: id, effective: {zz: 1}, attributes: {}}")),
        ("$defs/addition", mapping("{kind: engagement, find: {zz: 1}, attributes: {}}")),
        ("$defs/condition", when("{zz: 1}")),
        ("$defs/relation", mapping("{kind: unit, key: id, attributes: {parent: {uuid: a, zz: 1}}}")),
        ("$defs/search", mapping("{kind: user, key: id, attributes: {person: {find: [], zz: 1}}}")),
        ("$defs/lookup", mapping("{kind: user, key: id, attributes: {person: {find: [{zz: 1}]}}}")),
    ]

    @Test func everyPlace_knowsTheSameKeys() throws {
        let schema = try Self.schema()
        for (place, yaml) in Self.places {
            let complaint = Self.complaint(yaml)
            let parts = complaint.components(separatedBy: "allowed: ")
            let known = Set((parts.count == 2 ? parts[1] : "").components(separatedBy: ", "))
            #expect(known == schema.keys(at: place), "\(place): \(complaint)")
        }
    }

    @Test func everyFormOfAnExpression_isInTheSchema_withTheSameKeys() throws {
        let schema = try Self.schema()
        let complaint = Self.complaint(Self.object("{zz: 1}"))
        let known = complaint.components(separatedBy: "one of: ").last?.components(separatedBy: ", ") ?? []
        #expect(known.count > 15)
        #expect(Set(schema.forms.keys) == Set(known))
        for form in known {
            let complaint = Self.complaint(Self.object("{\(form): a, zz: 1}"))
            let keys = Set(complaint.components(separatedBy: "allowed: ").last?.components(separatedBy: ", ") ?? [])
            #expect(keys == schema.forms[form], "\(form): \(complaint)")
        }
    }

    @Test func choices_areThoseOfTheParser() throws {
        let schema = try Self.schema()
        #expect(schema.choices(at: "$defs/kind") == Kind.allCases.map(\.name))
        let form = Self.complaint(Self.object("{date: a, forms: zz}"))
        #expect(form.hasSuffix("known: " + schema.choices(at: "$defs/dateForm").joined(separator: ", ")), "\(form)")
        let encoding = Self.complaint("mapping: m\nformat: csv\nencoding: zz\nrecords: {}")
        #expect(
            encoding.hasSuffix("known: " + schema.choices(at: "properties/encoding").joined(separator: ", ")),
            "\(encoding)")
    }

    @Test func everyShippedMapping_isValid() throws {
        let schema = try Self.schema()
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter {
            $0.hasSuffix(".yaml")
        }
        #expect(names.count > 1)
        for name in names {
            let text = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
            let node = try #require(try Yams.compose(yaml: text))
            #expect(schema.mistakes(in: node) == [], "\(name)")
        }
    }

    /// Each is a mistake to both.
    @Test(arguments: [
        "{kind: team, key: id, attributes: {}}", "{kind: unit, attributes: {}}", "{kind: unit, key: id}",
        "{kind: unit, key: {join: a}, attributes: {}}", "{kind: unit, key: {bit: a}, attributes: {}}",
        "{kind: unit, key: {if: {field: a, is: present}}, attributes: {}}",
        "{kind: unit, key: id, shared: weekly, attributes: {}}",
        "{kind: unit, key: id, when: {field: a}, attributes: {}}",
        "{kind: unit, key: id, when: {field: a, equals: b, is: present}, attributes: {}}",
        "{kind: unit, key: id, when: {all: [], field: a}, attributes: {}}",
        "{kind: unit, key: {date: a, forms: [never]}, attributes: {}}",
        "{kind: unit, key: id, effective: {from: a, withoutFrom: always}, attributes: {}}",
        "{kind: unit, key: {ratio: [a]}, attributes: {}}", "{kind: unit, key: {pad: a, to: 0}, attributes: {}}",
        "{kind: user, key: id, attributes: {person: {find: []}}}", "{kind: unit, key: [id], attributes: {}}",
        "{kind: unit, key: id, attributes: {name: {kept: [name]}}}",
    ]) func mistake_isOneToBoth(_ object: String) throws {
        let yaml = Self.mapping(object)
        #expect(Self.complaint(yaml) != "")
        let node = try #require(try Yams.compose(yaml: yaml))
        #expect(try Self.schema().mistakes(in: node) != [])
    }

    /// Each is in order to both.
    @Test(arguments: [
        "{kind: unit, key: id, attributes: {name: {firstOf: [a, {text: b}]}}}",
        "{kind: unit, key: id, attributes: {name: {if: {field: a, is: present}, then: a, else: {kept: name}}}}",
        "{kind: unit, key: {lookup: {lower: a}, in: t, else: keep}, shared: daily, attributes: {}}",
        "{kind: unit, key: {lookup: a, in: t, else: {text: c}}, fallback: true, attributes: {}}",
        "{kind: unit, key: {part: a, separator: \";\", number: -1}, attributes: {parent: {uuid: p}}}",
        "{kind: unit, key: {name: {slice: a, from: 2}, attribute: OU}, attributes: {}}",
        "{kind: unit, key: id, when: {all: [{field: a, matches: \"x*\"}, {not: {value: {upper: a}, equals: [B, C]}}]}, attributes: {}}",
        "{kind: unit, key: id, when: {field: a, sameAs: {upper: b}}, attributes: {}}",
        "{kind: unit, key: id, effective: {from: [a, {date: b, forms: fileTime}], until: c}, attributes: {}}",
        "{kind: engagement, find: {attribute: employeeNumber, equals: {pad: a, to: 5}}, attributes: {email: m}}",
        "{kind: user, key: id, uuid: {guid: g}, attributes: {person: {find: [{kind: person, attribute: cpr, equals: c}]}}}",
    ]) func goodObject_isOneToBoth(_ object: String) throws {
        let yaml = Self.mapping(object)
        #expect(Self.complaint(yaml) == "")
        let node = try #require(try Yams.compose(yaml: yaml))
        #expect(try Self.schema().mistakes(in: node) == [])
    }
}

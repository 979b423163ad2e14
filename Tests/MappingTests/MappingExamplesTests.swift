import Foundation
import Mapping
import OrganisationModel
import Testing

/// What Mappings/README.md shows is tried here, as it stands there.
struct MappingExamplesTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Mappings")

    private static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    /// A section of the README, without its heading.
    private static func section(_ heading: String) throws -> String {
        let parts = try text("README.md").components(separatedBy: "\n## ")
        return try #require(parts.first { $0.hasPrefix(heading + "\n") })
    }

    /// The fenced YAML of a section.
    private static func yaml(_ heading: String) throws -> String {
        let parts = try section(heading).components(separatedBy: "```yaml\n")
        return try #require(parts.dropFirst().first).components(separatedBy: "```")[0]
    }

    private static func organisation(_ source: Source, _ document: String, accept: Bool = false) throws -> Organisation
    {
        let (overlay, buffer) = try source.overlay(documents: [document])
        let organisation = try Resolution(
            authority: source.authority, store: source.store, register: EmptyRegister(), overlays: [overlay],
            buffer: buffer, identity: source.identity, precedence: Precedence(), isWhole: true
        ).organisation()
        if accept { source.store.accept(overlay, buffer) }
        return organisation
    }

    private static func periods(_ organisation: Organisation, _ id: ObjectID, _ kind: Kind) throws -> [StatePeriod] {
        let entry = try #require(organisation.entry(id))
        return organisation.state(of: entry)?.periods(Schema.standard[kind]) ?? []
    }

    // MARK: Records that are left out

    private static func employee(_ id: String, client: String = "813", _ fields: String...) -> String {
        "<employee id='\(id)' client='\(client)'><entryDate>2020-01-01</entryDate><cpr>61017011\(id)</cpr>"
            + "\(fields.joined())</employee>\n"
    }

    private static let inUnit = "<orgUnit>1</orgUnit>"
    private static let employees = [
        employee("70", "<positionId>500</positionId><position>Lærer</position>", inUnit),
        employee("71", "<position>Annulleret</position>", inUnit),
        employee("72", "<position>Lærervikar</position>", inUnit),
        employee("73", "<workContract>08</workContract><position>Rektor</position>", inUnit),
        employee("74", client: "814", "<position>Lærer</position>", inUnit),
        employee("75", "<position>Lærer</position>"),
    ].joined()
    private static let leftOut = [
        "positions by number": ["70"],
        "positions by name": ["71"],
        "positions with a word in their name": ["72"],
        "several of these": ["70", "72"],
        "pensions, by the contract": ["73"],
        "what is of another client": ["74"],
        "what belongs to no unit": ["75"],
    ]

    @Test func everyExampleOfExcept_leavesOutItsRecordsAndNoOther() throws {
        let rows = try Self.section("Leaving records out, and keeping names").split(separator: "\n").compactMap {
            line -> (what: String, line: String)? in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 2, cells[1].hasPrefix("`except:") else { return nil }
            return (cells[0], cells[1].trimmingCharacters(in: ["`"]))
        }
        #expect(Set(rows.map(\.what)) == Set(Self.leftOut.keys))
        let place = "  employee:\n    kind: engagement\n"
        let shipped = try Self.text("kmd-opus.yaml")
        #expect(shipped.contains(place))
        for row in rows {
            let source = try Source(shipped.replacing(place, with: "\(place)    \(row.line)\n"))
            let export = "<kmd><orgUnit id='1'><longName>By</longName></orgUnit>\n\(Self.employees)</kmd>"
            let organisation = try Self.organisation(source, export)
            let missing = ["70", "71", "72", "73", "74", "75"].filter { !organisation.has(source.id($0, .engagement)) }
            #expect(missing == Self.leftOut[row.what], "\(row.what)")
        }
    }

    // MARK: Names that are none

    @Test func nameThatIsNone_isNotTaken_theOneBeforeStays_andANewEmploymentTakesTheProfession() throws {
        let line = try Self.yaml("Leaving records out, and keeping names").trimmingCharacters(in: .newlines)
        let shipped = try Self.text("kmd-opus.yaml")
        #expect(shipped.contains("title: position\n"))
        let source = try Source(shipped.replacing("title: position\n", with: line + "\n"))
        func titles(_ first: String, _ second: String = "") throws -> [String] {
            let units =
                "<orgUnit id='1'><longName>By</longName></orgUnit><orgUnit id='2'><longName>Skole</longName></orgUnit>"
            let employees = Self.employee("70", first) + (second.isEmpty ? "" : Self.employee("71", second))
            let organisation = try Self.organisation(source, "<kmd>\(units)\n\(employees)</kmd>", accept: true)
            return try ["70", "71"].prefix(second.isEmpty ? 1 : 2).map { key in
                let period = try #require(
                    Self.periods(organisation, source.id(key, .engagement), .engagement).first)
                let unit = period["unit"] == .reference(source.id("2")) ? "2" : "1"
                guard case .text(let title) = period["title"] else { return "none \(unit)" }
                return "\(title) \(unit)"
            }
        }
        func fields(_ position: String, _ unit: String, job: String = "Pædagog") -> String {
            "<position>\(position)</position><job>\(job)</job><orgUnit>\(unit)</orgUnit>"
        }
        #expect(try titles(fields("Lærer", "1")) == ["Lærer 1"])
        #expect(try titles(fields("Annulleret", "2"), fields("Ukendt", "1")) == ["Lærer 2", "Pædagog 1"])
        #expect(try titles(fields("Ukendt", "1", job: "Andet"), fields("Ukendt", "1")) == ["Lærer 1", "Pædagog 1"])
        #expect(try titles(fields("Rektor", "1"), fields("Tolk", "1")) == ["Rektor 1", "Tolk 1"])
    }

    // MARK: Addresses by role

    @Test func addressesAndNumbersWithARole_fillTheAttributeOfTheRole_onTheirDays() throws {
        let source = try Source(Self.yaml("Addresses and numbers by their role"))
        func contact(_ role: String, _ value: String, from: String, to: String = "") -> String {
            "<contact role='\(role)'><value>\(value)</value><from>\(from)</from><to>\(to)</to></contact>"
        }
        let organisation = try Self.organisation(
            source,
            """
            <units><unit id='1'><name>By</name></unit><unit id='2'><name>Skole</name><above>1</above>
            \(contact("visit", "Vej 3", from: "2026-07-01"))
            \(contact("post", "Torvet 1", from: "2020-01-01"))
            \(contact("visit", "Vej 2", from: "2020-01-01", to: "2026-06-30"))
            \(contact("ean", "5790000000012", from: "2026-01-01", to: "2026-12-31"))
            \(contact("fax", "1", from: "2020-01-01"))
            </unit></units>
            """)
        let told = try Self.periods(organisation, source.id("2"), .unit).map { period in
            let values = ["name", "address", "visitingAddress", "ean"].map { name in
                guard case .text(let text) = period[name] else { return "-" }
                return text
            }
            return "\(period.period.from) " + values.joined(separator: ", ")
        }
        #expect(
            told == [
                "open Skole, -, -, -", "2020-01-01 Skole, Torvet 1, Vej 2, -",
                "2026-01-01 Skole, Torvet 1, Vej 2, 5790000000012", "2026-07-01 Skole, Torvet 1, Vej 3, 5790000000012",
                "2027-01-01 Skole, Torvet 1, Vej 3, -",
            ])
    }

    @Test func everyWholeMapping_isInOrder() throws {
        let blocks = try Self.text("README.md").components(separatedBy: "```yaml\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
        let whole = blocks.filter { $0.hasPrefix("mapping:") }
        #expect(whole.count > 2)
        for yaml in whole { #expect(throws: Never.self) { try MappingDocument(yaml: yaml, file: "README.md") } }
    }

    /// A role that the README names is an attribute, and each mapping that it names fills it.
    @Test func everyRoleOfTheTable_isAnAttribute() throws {
        let rows = try Self.section("Addresses and numbers by their role").split(separator: "\n").filter {
            $0.hasPrefix("| ") && $0.contains("`")
        }
        #expect(rows.count > 8)
        for row in rows {
            let cell = row.split(separator: "|")[1]
            var kind = Kind.unit
            for name in cell.split(separator: "`").enumerated().filter({ $0.offset % 2 == 1 }).map(\.element) {
                let parts = name.split(separator: ".").map(String.init)
                if parts.count == 2 { kind = try #require(Kind(name: parts[0])) }
                let attribute = try #require(parts.last)
                #expect(Schema.standard[kind].attribute(named: attribute) != nil, "\(name)")
            }
        }
    }
}

import Mapping
import OrganisationModel
import SourceExports
import Testing

/// Records with periods in them, objects of several records, and exports of several documents.
@Suite struct TimelineTests {
    private static let payroll = """
        mapping: payroll
        format: xml
        documents:
          jobs:
            root: r
            records:
              p/job:
                kind: engagement
                key: id
                timelines:
                  place: {from: from, to: to}
                  state: {from: from, to: to}
                objects:
                  - kind: engagement
                    key: id
                    shared: true
                    when: {field: state/code, equals: ["1", "3"]}
                    effective: {from: hired}
                    attributes: {title: place/title, statusCode: state/code, employeeNumber: id, person: ancestor::p/cpr}
          people:
            root: people
            required: false
            records:
              p/job:
                kind: engagement
                key: id
                objects:
                  - {kind: engagement, key: id, shared: true, fallback: true, attributes: {phone: phone, title: title}}
        """

    private func periods(_ documents: String..., key: String = "7") throws -> [String] {
        let source = try Source(Self.payroll)
        let (overlay, buffer) = try source.overlay(documents: documents)
        let organisation = try Resolution(
            authority: source.authority, store: source.store, register: EmptyRegister(), overlays: [overlay],
            buffer: buffer, identity: source.identity, precedence: Precedence(), isWhole: true
        ).organisation()
        guard let entry = organisation.entry(source.id(key, .engagement)), let state = organisation.state(of: entry)
        else { return [] }
        return state.periods(Schema.standard[.engagement]).map { period in
            let values = ["title", "statusCode", "phone"].map { name -> String in
                guard case .text(let text) = period[name] else { return "-" }
                return text
            }
            return "\(period.period.from) \(period.period.to) " + values.joined(separator: " ")
        }
    }

    private func job(_ parts: String, hired: String = "2020-01-01") -> String {
        "<r><p><cpr>0101010000</cpr><job><id>7</id><hired>\(hired)</hired>\(parts)</job></p></r>"
    }

    private func place(_ from: String, _ to: String, _ title: String) -> String {
        "<place><from>\(from)</from><to>\(to)</to><title>\(title)</title></place>"
    }

    private func state(_ from: String, _ to: String, _ code: String) -> String {
        "<state><from>\(from)</from><to>\(to)</to><code>\(code)</code></state>"
    }

    @Test func eachBeginningAndEndOfATimeline_makesAPeriod() throws {
        let parts =
            place("2020-01-01", "2021-12-31", "A") + place("2022-01-01", "9999-12-31", "B")
            + state("2020-01-01", "2022-06-30", "1") + state("2022-07-01", "2022-12-31", "3")
        #expect(
            try periods(job(parts)) == [
                "2020-01-01 2022-01-01 A 1 -", "2022-01-01 2022-07-01 B 1 -", "2022-07-01 2023-01-01 B 3 -",
            ])
    }

    @Test func daysOnWhichTheConditionDoesNotHold_areNotInEffect() throws {
        let parts =
            place("2020-01-01", "9999-12-31", "A") + state("2020-01-01", "2020-12-31", "1")
            + state("2021-01-01", "2021-12-31", "8") + state("2022-01-01", "9999-12-31", "1")
        #expect(try periods(job(parts)) == ["2020-01-01 2021-01-01 A 1 -", "2022-01-01 open A 1 -"])
        #expect(try periods(job(place("2020-01-01", "9999-12-31", "A") + state("2020-01-01", "9999-12-31", "S"))) == [])
        #expect(try periods(job(place("2020-01-01", "9999-12-31", "A"))) == [])
    }

    @Test func periodsThatSayTheSame_areOne() throws {
        let parts =
            place("2020-01-01", "2020-12-31", "A") + place("2021-01-01", "9999-12-31", "A")
            + state("1900-01-01", "9999-12-31", "1")
        #expect(try periods(job(parts)) == ["2020-01-01 open A 1 -"])
        #expect(try periods(job(parts, hired: "2020-06-01")) == ["2020-06-01 open A 1 -"])
    }

    @Test func overlappingPeriods_areToldAndTheOneThatBeginsLastCounts() throws {
        let parts =
            place("2021-01-01", "9999-12-31", "B") + place("2020-01-01", "9999-12-31", "A")
            + state("2020-01-01", "9999-12-31", "1")
        #expect(try periods(job(parts)) == ["2020-01-01 2021-01-01 A 1 -", "2021-01-01 open B 1 -"])
        let source = try Source(Self.payroll)
        let (overlay, buffer) = try source.overlay(documents: [job(parts)])
        let claim = try #require(overlay.altered.first)
        var reader = Claim.Reader(buffer[claim.reference])
        _ = reader.recordKey()
        #expect(reader.findings().map(\.code) == ["record.timeline-overlap"])
    }

    @Test func anotherPeriodOfATimeline_isAnAlteredRecord_andTheSameIsNot() throws {
        let source = try Source(Self.payroll)
        let parts = place("2020-01-01", "9999-12-31", "A") + state("2020-01-01", "9999-12-31", "1")
        let (first, buffer) = try source.overlay(documents: [job(parts)])
        source.store.accept(first, buffer)
        #expect(try source.overlay(documents: [job(parts)]).0.isUnchanged)
        #expect(try !source.overlay(documents: [job(parts.replacing("9999-12-31", with: "2030-12-31"))]).0.isUnchanged)
    }

    // MARK: Documents

    @Test func aSecondDocument_onlyFillsInWhatTheFirstLeavesOpen() throws {
        let parts = place("2020-01-01", "2020-12-31", "A") + state("2020-01-01", "9999-12-31", "1")
        let people =
            "<people><p><job><id>7</id><phone>1234</phone><title>T</title></job><job><id>8</id></job></p></people>"
        #expect(try periods(job(parts), people) == ["2020-01-01 open T 1 1234"])
        #expect(try periods(job(parts), people, key: "8") == [])
    }

    @Test func anExportWithoutARequiredDocument_isIncomplete() throws {
        let source = try Source(Self.payroll)
        let problem = #expect(throws: ExportProblem.self) { _ = try source.overlay(documents: ["<people/>"]) }
        #expect(problem?.rule == .incomplete && problem?.message.contains("jobs") == true)
        #expect(throws: ExportProblem.self) { _ = try source.overlay(documents: ["<other/>"]) }
    }

    @Test func csvDocuments_areToldApartByTheirNames() throws {
        let source = try Source(
            """
            mapping: two
            format: csv
            documents:
              units:
                file: "units*.csv"
                records: {u: {kind: unit, key: id, objects: [{kind: unit, key: id, attributes: {name: name}}]}}
              tasks:
                file: "tasks*.csv"
                records: {t: {kind: task, key: id, objects: [{kind: task, key: id, attributes: {title: name}}]}}
            """)
        let files = [("units-1.csv", "id,name\n1,A\n"), ("tasks-1.csv", "id,name\n1,B\n")]
        let (overlay, _) = try source.overlay(files: files)
        #expect(overlay.altered.count == 2 && overlay.records == 2)
        let problem = #expect(throws: ExportProblem.self) {
            _ = try source.overlay(files: files + [("people.csv", "id,name\n1,C\n")])
        }
        #expect(problem?.rule == .unknownDocument)
        #expect(throws: ExportProblem.self) { _ = try source.overlay(files: Array(files.prefix(1))) }
    }

    // MARK: Day by day

    private func units(_ records: String) throws -> [String] {
        let source = try Source(
            """
            mapping: units
            format: xml
            root: r
            records:
              d:
                kind: unit
                key: {join: ["@id", from]}
                objects:
                  - {kind: unit, key: "@id", shared: daily, effective: {from: from, to: to}, attributes: {name: name, shortName: short}}
                  - {kind: unit, key: "@id", shared: daily, fallback: true, attributes: {unitType: {text: rest}, shortName: {text: none}}}
            """)
        let organisation = try source.organisation(records)
        guard let entry = organisation.entry(source.id("1")), let state = organisation.state(of: entry) else {
            return []
        }
        return state.periods(Schema.standard[.unit]).map { period in
            let values = ["name", "shortName", "unitType"].map { name -> String in
                guard case .text(let text) = period[name] else { return "-" }
                return text
            }
            return "\(period.period.from) \(period.period.to) " + values.joined(separator: " ")
        }
    }

    private func unit(_ from: String, _ to: String, _ name: String, _ short: String = "") -> String {
        "<d id='1'><from>\(from)</from><to>\(to)</to><name>\(name)</name><short>\(short)</short></d>"
    }

    @Test func recordsOfOneUnitOnDifferentDays_areItsPeriods() throws {
        let both = unit("2020-01-01", "2020-12-31", "A", "a") + unit("2021-01-01", "9999-12-31", "B")
        #expect(try units(both) == ["2020-01-01 2021-01-01 A a rest", "2021-01-01 open B none rest"])
        let apart = unit("2020-01-01", "2020-06-30", "A", "a") + unit("2021-01-01", "9999-12-31", "B", "b")
        #expect(try units(apart) == ["2020-01-01 2020-07-01 A a rest", "2021-01-01 open B b rest"])
    }

    @Test func onADayOfTwoRecords_theOneThatBeganLastCountsAndTheOtherFillsIn() throws {
        let both = unit("2021-01-01", "9999-12-31", "B") + unit("2020-01-01", "9999-12-31", "A", "a")
        #expect(try units(both) == ["2020-01-01 2021-01-01 A a rest", "2021-01-01 open B a rest"])
    }

    @Test func theOrderOfRecords_doesNotCount() throws {
        let (a, b) = (unit("2020-01-01", "2022-12-31", "A", "a"), unit("2020-01-01", "2021-12-31", "B"))
        #expect(try units(a + b) == units(b + a))
        #expect(try units(a + a + b) == units(b + a))
    }

    // MARK: What is left out

    @Test func aRecordThatIsExcepted_makesNothingAndIsNotGone() throws {
        let source = try Source(attributes: "name: a", more: "except: {field: a, matches: \"annul*\"}")
        try source.accept("<u id='1'><a>Skole</a></u><u id='2'><a>Annulleret</a></u>")
        let organisation = try source.organisation("<u id='1'><a>Annulleret</a></u><u id='2'><a>Annulleret</a></u>")
        #expect(!organisation.has(source.id("1")) && !organisation.has(source.id("2")))
        let (overlay, _) = try source.overlay("<u id='1'><a>Skole</a></u><u id='2'><a>Annulleret</a></u>")
        #expect(overlay.isUnchanged && overlay.records == 2)
    }

    @Test func anEndThatNoLongerCounts_isNotMovedByADay() throws {
        let source = try Source(attributes: "name: a", effective: "{until: t}")
        let period = try #require(try source.period("<a>x</a><t>2026-05-01</t>"))
        #expect(period.period.to == Day(parsing: "2026-05-01"))
    }

    @Test func aRelationByUUID_leadsToTheObjectWithThatUUID() throws {
        let source = try Source(attributes: "name: a, parent: {uuid: p}")
        let id = "5f1c9c2e-1f53-4a1e-9a57-0a2a6f1c0001"
        #expect(try source.period("<p>\(id)</p>")?["parent"] == ObjectID(id).map { .reference($0) })
        #expect(try source.period("<p>{\(id)}</p>")?["parent"] == ObjectID(id).map { .reference($0) })
        #expect(try source.findings("<p>none</p>") == ["record.value-impossible"])
    }
}

import Mapping
import OrganisationModel
import RegisterFixtures
import SourceExports
import Testing

/// Documents that name only what changed of a record.
struct ChangesReadingTests {
    static let payroll = """
        mapping: payroll
        format: xml
        placeholders: {"*": [Empty]}
        documents:
          places:
            root: places
            records:
              place: {kind: unit, key: id, objects: [{kind: unit, key: id, attributes: {name: name}}]}
          jobs:
            root: jobs
            changes: [changed, changedAtDate]
            required: false
            records:
              p/job:
                kind: engagement
                key: {join: [/*/head/town, id], with: "."}
                timelines:
                  place: {from: from, to: to}
                  state: {from: from, to: to}
                objects:
                  - kind: engagement
                    key: id
                    shared: true
                    when: {field: state/code, equals: ["1", "3"]}
                    effective: {from: hired}
                    attributes:
                      title: place/title
                      statusCode: state/code
                      contract: phone
                      employeeNumber: id
        """

    private func document(_ root: String, _ jobs: String) -> String {
        "<\(root)><head><town>T</town></head><p>\(jobs)</p></\(root)>"
    }

    private func job(_ parts: String, id: String = "7") -> String {
        "<job><id>\(id)</id>\(parts)</job>"
    }

    private func place(_ from: String, _ to: String, _ title: String) -> String {
        "<place><from>\(from)</from><to>\(to)</to><title>\(title)</title></place>"
    }

    private func state(_ from: String, _ to: String, _ code: String) -> String {
        "<state><from>\(from)</from><to>\(to)</to><code>\(code)</code></state>"
    }

    private let places = "<places><place><id>1</id><name>One</name></place></places>"

    /// A source that knows one job, always in state 1 and at place A.
    private func begun(_ parts: String = "") throws -> Source {
        let source = try Source(Self.payroll)
        let known =
            "<hired>2020-01-01</hired><phone>11</phone>" + place("2020-01-01", "9999-12-31", "A")
            + state("2020-01-01", "9999-12-31", "1")
        let (overlay, buffer) = try source.overlay(documents: [places, document("jobs", job(known + parts))])
        source.store.accept(overlay, buffer)
        return source
    }

    private func change(
        _ source: Source, _ documents: String..., onto waiting: (Overlay, ClaimBuffer)? = nil
    ) throws -> (Overlay, ClaimBuffer) {
        try source.overlay(
            files: documents.enumerated().map { ("\($0.offset).xml", $0.element) },
            extent: .delta(waiting: waiting?.0), buffer: waiting?.1 ?? ClaimBuffer())
    }

    private func accept(_ source: Source, _ documents: String...) throws {
        for document in documents {
            let (overlay, buffer) = try change(source, document)
            source.store.accept(overlay, buffer)
        }
    }

    private func periods(_ source: Source, id: String = "7") throws -> [String] {
        try Self.periods(source.organisation(), source.id(id, .engagement))
    }

    static func periods(_ organisation: Organisation, _ id: ObjectID) -> [String] {
        guard let entry = organisation.entry(id), let state = organisation.state(of: entry) else { return [] }
        return state.periods(Schema.standard[.engagement]).map { period in
            let values = ["title", "statusCode", "contract"].map { name -> String in
                guard case .text(let text) = period[name] else { return "-" }
                return text
            }
            return "\(period.period.from) \(period.period.to) " + values.joined(separator: " ")
        }
    }

    @Test func daysOfATimelineThatIsNamed_areReplaced_andTheRestStays() throws {
        let source = try begun()
        try accept(source, document("changed", job(place("2026-03-01", "2026-05-31", "B"))))
        #expect(
            try periods(source)
                == [
                    "2020-01-01 2026-03-01 A 1 11", "2026-03-01 2026-06-01 B 1 11", "2026-06-01 9999-12-31 A 1 11",
                ].map(Self.open))
        try accept(source, document("changedAtDate", job(place("2026-05-01", "9999-12-31", "C"))))
        #expect(
            try periods(source)
                == [
                    "2020-01-01 2026-03-01 A 1 11", "2026-03-01 2026-05-01 B 1 11", "2026-05-01 9999-12-31 C 1 11",
                ].map(Self.open))
    }

    /// How an open end is written.
    private static func open(_ line: String) -> String {
        line.replacing("9999-12-31", with: Day.distantFuture.description)
    }

    @Test func stateThatIsNoEmployment_endsIt() throws {
        let source = try begun()
        try accept(source, document("changed", job(state("2026-03-01", "9999-12-31", "8"))))
        #expect(try periods(source) == ["2020-01-01 2026-03-01 A 1 11"])
    }

    @Test func fieldsThatAreNamed_replace_andThoseThatSayNothingStay() throws {
        let source = try begun()
        try accept(source, document("changed", job("<phone>22</phone>")))
        #expect(try periods(source) == [Self.open("2020-01-01 9999-12-31 A 1 22")])
        try accept(source, document("changedAtDate", job("<phone>Empty</phone>")))
        #expect(try periods(source) == [Self.open("2020-01-01 9999-12-31 A 1 -")])
        try accept(source, document("changed", job("<phone>33</phone>")), document("changed", job("<phone/>")))
        #expect(try periods(source) == [Self.open("2020-01-01 9999-12-31 A 1 -")])
    }

    @Test func changeOfSomethingUnknown_isNew() throws {
        let source = try begun()
        let new =
            "<hired>2026-02-01</hired>" + place("2026-02-01", "9999-12-31", "N")
            + state("2026-02-01", "9999-12-31", "1")
        try accept(source, document("changed", job(new, id: "8")))
        #expect(try periods(source, id: "8") == [Self.open("2026-02-01 9999-12-31 N 1 -")])
        #expect(try periods(source).count == 1)
    }

    @Test func severalPieces_areMerged_inOneDocument_inSeveral_andWithWhatWaits() throws {
        let source = try begun()
        let first = try change(
            source,
            document(
                "changed",
                job(place("2026-03-01", "9999-12-31", "B")) + job("<phone>22</phone>")
                    + job("<hired>2026-02-01</hired>" + state("2026-02-01", "9999-12-31", "1"), id: "8")
                    + job(place("2026-02-01", "9999-12-31", "N"), id: "8")),
            document("changedAtDate", job(state("2026-04-01", "9999-12-31", "3"))))
        let (overlay, buffer) = try change(source, document("changed", job("<phone>33</phone>")), onto: first)
        let organisation = try source.organisation([overlay], buffer)
        #expect(
            Self.periods(organisation, source.id("7", .engagement))
                == [
                    "2020-01-01 2026-03-01 A 1 33", "2026-03-01 2026-04-01 B 1 33", "2026-04-01 9999-12-31 B 3 33",
                ].map(Self.open))
        #expect(
            Self.periods(organisation, source.id("8", .engagement)) == [Self.open("2026-02-01 9999-12-31 N 1 -")])
    }

    @Test func fullFormInADelta_replacesItsRecords_andRemovesNothing() throws {
        let source = try begun()
        try accept(source, "<places><place><id>2</id><name>Two</name></place></places>")
        let organisation = try source.organisation()
        #expect(organisation.has(source.id("1")) && organisation.has(source.id("2")))
        try accept(source, document("jobs", job("<hired>2020-01-01</hired>" + state("2020-01-01", "9999-12-31", "1"))))
        #expect(try periods(source) == [Self.open("2020-01-01 9999-12-31 - 1 -")])
    }

    @Test func fullExportThatSaysWhatIsKnown_isUnchanged() throws {
        let source = try begun()
        try accept(source, document("changed", job(place("2026-03-01", "9999-12-31", "B") + "<phone>22</phone>")))
        let all =
            "<hired>2020-01-01</hired><phone>22</phone>" + state("2020-01-01", "9999-12-31", "1")
            + place("2020-01-01", "2026-02-28", "A") + place("2026-03-01", "9999-12-31", "B")
        #expect(try source.overlay(documents: [places, document("jobs", job(all))]).0.isUnchanged)
    }

    @Test func otherMapping_stillFindsWhatWasKept() throws {
        let source = try begun()
        let other = try Source(
            Self.payroll.replacing("attributes:\n", with: "attributes:\n              email: mail\n")
                .replacing("              title: place/title\n", with: ""))
        // As many files as the other one has.
        let (both, buffer) = try change(source, places, places)
        other.store.accept(both, buffer)
        other.store.rows = source.store.rows
        try accept(other, document("changed", job("<mail>a@b.example</mail>")))
        #expect(try periods(other) == [Self.open("2020-01-01 9999-12-31 - 1 11")])
    }

    @Test func recordWithAMistake_isKeptToo_soThatTheCorrectionIsMerged() throws {
        let source = try begun()
        try accept(source, document("changed", job(place("2026-02-30", "9999-12-31", "B"))))
        #expect(try source.organisation().recordFindings().map(\.rule.code).contains("record.date-impossible"))
        try accept(
            source,
            document("jobs", job("<hired>2020-01-01</hired>" + state("2020-01-01", "9999-12-31", "1"))))
        #expect(try source.organisation().recordFindings().isEmpty)
    }

    @Test func changesInAFullExport_areRefused() throws {
        let source = try begun()
        #expect {
            try source.overlay(documents: [places, document("changed", job(""))])
        } throws: { error in
            (error as? ExportProblem)?.rule == .changesOnly
        }
    }

    @Test func documentsTell_whetherTheyAreAFullExport() throws {
        let mapping = try MappingDocument(yaml: Self.payroll, file: "m.yaml")
        func isFull(_ documents: String...) -> Bool {
            mapping.isFull(
                documents.compactMap { text in
                    var bytes = Array(text.utf8)[...]
                    return mapping.form { target in
                        let piece = bytes.prefix(target.count)
                        target.copyBytes(from: piece)
                        bytes = bytes.dropFirst(piece.count)
                        return piece.count
                    }
                })
        }
        #expect(isFull(places, document("jobs", "")))
        #expect(!isFull(places) && !isFull(document("jobs", "")), "what may be missing, and has changes, is missed")
        #expect(!isFull(places, document("changed", "")))
        #expect(!isFull(places, document("jobs", ""), document("changedAtDate", "")))
        #expect(!isFull("<other/>", "no xml") && !isFull())
    }

    @Test(
        arguments: [
            ("changes: [changed", "changes: [jobs, changed", "two have the same"),
            ("changes: [changed", "changes: [places, changed", "two have the same"),
            ("/*/head/town", "ancestor::jobs/head/town", "write /*/head/town"),
            (
                "kind: engagement\n        key",
                "kind: engagement\n        endedWhen: {field: x, is: present}\n        key", "endedWhen"
            ),
        ])
    func mistakes_areToldWithTheirLine(_ old: String, _ new: String, _ message: String) throws {
        let text = Self.payroll.replacing(old, with: new)
        #expect(text != Self.payroll)
        #expect {
            try MappingDocument(yaml: text, file: "m.yaml")
        } throws: { error in
            "\(error)".contains("m.yaml:") && "\(error)".contains(message)
        }
    }

    @Test("Random changes of random days: as the full document afterwards", arguments: Rounds.seeds(150, soak: 10_000))
    func changesEqualFullDocuments(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let first = Day(number: 20_000)
        var titles = (0..<30).map { _ in random.pick(["A", "B"]) }
        var codes = (0..<30).map { _ in random.pick(["1", "3", "8"]) }
        /// The days as the source writes them, the last of which goes on for ever.
        func spans(_ values: [String], _ days: Range<Int>, _ write: (String, String, String) -> String) -> String {
            var text = ""
            var start = days.lowerBound
            for day in days where day + 1 == days.upperBound || values[day + 1] != values[day] {
                let end = day + 1 == values.count ? "9999-12-31" : first.advanced(by: Int32(day)).description
                text += write(first.advanced(by: Int32(start)).description, end, values[day])
                start = day + 1
            }
            return text
        }
        func whole() -> String {
            document("jobs", job(spans(titles, 0..<30, place) + spans(codes, 0..<30, state)))
        }
        let source = try Source(Self.payroll)
        var waiting: (Overlay, ClaimBuffer)?
        let (overlay, buffer) = try source.overlay(documents: [places, whole()])
        source.store.accept(overlay, buffer)
        for _ in 0..<6 {
            let start = random.number(0...29)
            let days = start..<random.number(start + 1...30)
            var parts = ""
            if random.once(in: 2) {
                for day in days { titles[day] = random.pick(["A", "B", "C"]) }
                parts += spans(titles, days, place)
            }
            if random.once(in: 2) {
                for day in days { codes[day] = random.pick(["1", "3", "8"]) }
                parts += spans(codes, days, state)
            }
            waiting = try change(source, document("changed", job(parts)), onto: waiting)
            let here = try waiting.map { try source.organisation([$0.0], $0.1) }
            let there = try source.overlay(documents: [places, whole()])
            let id = source.id("7", .engagement)
            #expect(
                try here.map { Self.periods($0, id) } == Self.periods(source.organisation([there.0], there.1), id),
                "seed \(seed)")
            if random.once(in: 2), let (overlay, buffer) = waiting {
                source.store.accept(overlay, buffer)
                waiting = nil
            }
        }
    }
}

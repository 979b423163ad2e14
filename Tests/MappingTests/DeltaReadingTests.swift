import Mapping
import OrganisationModel
import Testing

/// Exports that hold only what is new or altered.
struct DeltaReadingTests {
    private let records = (1...5).map { "<u id='\($0)'><n>name \($0)</n></u>\n" }

    private func source() throws -> Source {
        try Source(attributes: "name: n, parent: parent", more: "endedWhen: {field: \"@action\", equals: leave}")
    }

    private func delta(
        _ source: Source, _ records: String, onto waiting: (Overlay, ClaimBuffer)? = nil, name: String = "delta.xml"
    ) throws -> (Overlay, ClaimBuffer) {
        try source.overlay(
            files: [(name, "<r>\n\(records)</r>")], extent: .delta(waiting: waiting?.0),
            buffer: waiting?.1 ?? ClaimBuffer())
    }

    private func acceptDelta(_ source: Source, _ records: String, name: String = "delta.xml") throws {
        let (overlay, buffer) = try delta(source, records, name: name)
        source.store.accept(overlay, buffer)
    }

    private func names(_ organisation: Organisation, _ source: Source) -> [String: String] {
        var names: [String: String] = [:]
        for key in (1...9).map(String.init) {
            guard let entry = organisation.entry(source.id(key)), organisation.isPresent(entry) else { continue }
            let period = organisation.state(of: entry)?.periods(Schema.standard[.unit]).last
            names[key] = period?["name"]?.description ?? ""
        }
        return names
    }

    @Test func recordsThatAreNotNamed_stay_whateverIsConfirmed() throws {
        let source = try source()
        try source.accept(records.joined())
        let (overlay, buffer) = try delta(source, "<u id='2'><n>new</n></u><u id='9'><n>nine</n></u>")
        #expect(overlay.isDelta && overlay.absent.isEmpty && overlay.altered.map(\.replaces) == [2, nil])
        #expect(overlay.unchanged.map(\.row) == [1, 3, 4, 5] && overlay.records == 6)
        let found = names(try source.organisation([overlay], buffer), source)
        #expect(found == ["1": "name 1", "2": "new", "3": "name 3", "4": "name 4", "5": "name 5", "9": "nine"])
    }

    @Test func emptyDelta_isNoMistake_andChangesNothing() throws {
        let source = try source()
        try source.accept(records.joined())
        let (overlay, _) = try delta(source, "")
        #expect(overlay.isUnchanged && overlay.unchanged.count == 5)
    }

    @Test func firstDelta_isTheFirstContent() throws {
        let source = try source()
        try acceptDelta(source, records[0])
        try acceptDelta(source, records[1])
        #expect(names(try source.organisation(), source) == ["1": "name 1", "2": "name 2"])
    }

    @Test func placesAre_thoseOfTheExportThatNamedARecordLast() throws {
        let source = try source()
        try source.accept(records.joined())
        try acceptDelta(source, "<u id='2'><n>new</n></u>\n<u id='3'><n>name 3</n></u>", name: "one.xml")
        try acceptDelta(source, "\n\n<u id='4'><n>new</n></u>", name: "two.xml")
        let organisation = try source.organisation()
        let places = try ["1", "2", "3", "4"].map { key in
            let location = organisation.locations(of: try #require(organisation.entry(source.id(key)))).first
            return "\(location?.file ?? ""):\(location?.line ?? 0)"
        }
        #expect(places == ["0.xml:2", "one.xml:2", "one.xml:3", "two.xml:4"])
    }

    @Test func valuesThatComeAgain_areTakenAgain() throws {
        let source = try source()
        try source.accept(records.joined())
        for name in ["a", "b", "a"] {
            try acceptDelta(source, "<u id='1'><n>\(name)</n></u>")
            #expect(names(try source.organisation(), source)["1"] == name)
        }
    }

    @Test func delta_isAddedToWhatWaits() throws {
        let source = try source()
        try source.accept(records.joined())
        let first = try delta(
            source, "<u id='1'><n>a</n></u><u id='2'><n>b</n></u><u id='8'><n>h</n></u>", name: "1.xml")
        let second = try delta(
            source, "\n<u id='2'><n>c</n></u><u id='8'><n>h</n></u><u id='9'/>", onto: first, name: "2.xml")
        let (overlay, buffer) = second
        #expect(overlay.files.map(\.name) == ["1.xml", "2.xml"])
        #expect(Dictionary(grouping: overlay.altered, by: \.replaces).mapValues(\.count) == [1: 1, 2: 1, nil: 2])
        let found = names(try source.organisation([overlay], buffer), source)
        #expect(
            found["1"] == "a" && found["2"] == "c" && found["8"] == "h" && found["3"] == "name 3" && found["9"] != nil)
        let organisation = try source.organisation([overlay], buffer)
        let files = try ["1", "2", "8", "3"].map { key in
            organisation.locations(of: try #require(organisation.entry(source.id(key)))).first?.file
        }
        #expect(files == ["1.xml", "2.xml", "2.xml", "0.xml"])
        source.store.accept(overlay, buffer)
        #expect(names(try source.organisation(), source) == found)
    }

    @Test func whatWaitsAndIsTakenBack_isAsItWasAccepted() throws {
        let source = try source()
        try source.accept(records.joined())
        let first = try delta(source, "<u id='1'><n>a</n></u><u id='2' action='leave'/>")
        let (back, _) = try delta(source, records[0] + records[1], onto: first)
        #expect(back.isUnchanged && back.unchanged.map(\.row) == [1, 2, 3, 4, 5])
        let (full, _) = try source.overlay(records.joined())
        #expect(full.isUnchanged && !full.isDelta, "a full export takes the place of what waits")
    }

    @Test func stub_endsWhatWaits() throws {
        let source = try Source(
            attributes: "name: n", effective: "{from: f, to: t}",
            more: "endedWhen: {field: \"@action\", equals: leave}")
        try source.accept("<u id='1'><n>a</n><f>2020-01-01</f></u>")
        let waiting = try delta(source, "<u id='1'><n>b</n><f>2020-01-01</f></u><u id='2'><n>c</n></u>")
        let (overlay, buffer) = try delta(
            source, "<u id='1' action='leave'/><u id='2' action='leave'/><u id='3' action='leave'/>", onto: waiting)
        #expect(overlay.altered.count == 2)
        let organisation = try source.organisation([overlay], buffer)
        for (key, name) in ["1": "b", "2": "c"] {
            let entry = try #require(organisation.entry(source.id(key)))
            let period = try #require(organisation.state(of: entry)?.periods(Schema.standard[.unit]).first)
            #expect(period["name"] == .text(name) && period.period.to == Day(parsing: "2026-06-01"))
        }
    }

    @Test func recordWhoseObjectsDoNotHold_takesThemAway() throws {
        let source = try Source(
            """
            mapping: actions
            format: xml
            root: r
            records:
              u:
                kind: unit
                key: "@id"
                objects:
                  - kind: unit
                    key: "@id"
                    when: {not: {field: action, equals: deleted}}
                    attributes: {name: n}
            """)
        try source.accept(records.joined())
        try acceptDelta(source, "<u id='2'><action>deleted</action></u>")
        #expect(names(try source.organisation(), source).keys.sorted() == ["1", "3", "4", "5"])
        try acceptDelta(source, records[1])
        #expect(names(try source.organisation(), source).count == 5)
    }

    @Test func recordsOfOneKey_areReplacedTogether() throws {
        let source = try source()
        try source.accept("<u id='1'><n>a</n></u><u id='1'><n>b</n></u><u id='1'><n>c</n></u>" + records[1])
        let first = try delta(source, "<u id='1'><n>a</n></u><u id='1'><n>x</n></u>")
        #expect(first.0.absent == [3] && first.0.altered.map(\.replaces) == [2])
        let (second, buffer) = try delta(source, "<u id='1'><n>y</n></u>", onto: first)
        #expect(second.absent == [2, 3] && second.altered.map(\.replaces) == [1])
        source.store.accept(second, buffer)
        #expect(source.store.rows.count == 2)
        let waiting = try delta(source, "<u id='7'/><u id='7'/><u id='7'/>")
        #expect(try delta(source, "<u id='7'/>", onto: waiting).0.altered.count == 1)
    }

    @Test func recordOfSomebodySuppressed_countsAsGone() throws {
        let source = try source()
        try source.accept(records.joined())
        source.store.suppressed = [source.id("2"), source.id("7")]
        let waiting = try delta(source, "<u id='2'><n>x</n></u><u id='7'/>")
        #expect(waiting.0.absent == [2] && waiting.0.altered.isEmpty)
        #expect(try delta(source, "<u id='2'><n>y</n></u>", onto: waiting).0.absent == [2])
    }

    @Test func recordWithoutKey_isAFinding_andTakesNothingAway() throws {
        let source = try source()
        try source.accept(records.joined())
        try acceptDelta(source, "<u><n>a</n></u>")
        #expect(try source.organisation().recordFindings().map(\.rule) == [.keyMissing])
        try acceptDelta(source, "<u><n>a</n></u>" + records[0])
        let organisation = try source.organisation()
        #expect(organisation.recordFindings().count == 1 && names(organisation, source).count == 5)
        try source.accept(records.joined())
        #expect(try source.organisation().recordFindings().isEmpty)
    }

    @Test func recordWithoutKey_thatAFullExportLackedAndWaits_isThereAgain() throws {
        let source = try source()
        try source.accept("<u><n>a</n></u>" + records[0])
        let waiting = try source.overlay(records[0])
        #expect(waiting.0.absent == [1])
        let (overlay, _) = try delta(source, "<u><n>a</n></u>", onto: waiting)
        #expect(overlay.absent.isEmpty && overlay.unchanged.map(\.row) == [1, 2])
    }

    @Test func changedMapping_mapsOnlyWhatIsNamed_andTheSeedTells() throws {
        let source = try source()
        try source.accept(records.joined())
        let other = try Source(attributes: "name: \"@id\", parent: parent")
        let (overlay, _) = try other.overlay(
            files: [("d.xml", "<r>\(records[0])</r>")], extent: .delta(waiting: nil))
        #expect(overlay.seed.starts(with: other.program.seed))
        other.store.accept(try source.overlay(records.joined()).0, ClaimBuffer())
        #expect(try !other.overlay(files: [], extent: .delta(waiting: nil)).0.seed.starts(with: other.program.seed))
    }
}

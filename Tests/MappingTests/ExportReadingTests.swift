import Mapping
import OrganisationModel
import SourceExports
import Testing

struct ExportReadingTests {
    private let records = (1...20).map { "<u id='\($0)'><n>name \($0)</n></u>\n" }

    private func source() throws -> Source {
        try Source(attributes: "name: n, parent: parent")
    }

    @Test func sameExport_changesNothing_inAnyOrder() throws {
        let source = try source()
        try source.accept(records.joined())
        for order in [records, records.reversed(), Array(records[7...] + records[..<7])] {
            let (overlay, _) = try source.overlay(order.joined())
            #expect(overlay.isUnchanged && overlay.records == 20 && overlay.unchanged.count == 20)
        }
    }

    @Test func fieldsThatTheMappingDoesNotRead_doNotCount() throws {
        let source = try source()
        try source.accept("<u id='1'><n>x</n><other>1</other></u>")
        #expect(try source.overlay("<u id='1' z='z'><other>2</other><n> x </n></u>").0.isUnchanged)
    }

    @Test func alteredAddedAndAbsentRecords_areTold() throws {
        let source = try source()
        try source.accept(records.joined())
        let changed = records[0] + "<u id='2'><n>new</n></u>" + records[3...].joined() + "<u id='99'/>"
        let (overlay, _) = try source.overlay(changed)
        #expect(overlay.records == 20 && overlay.unchanged.count == 18)
        #expect(overlay.altered.map(\.replaces) == [2, nil] && overlay.absent == [3])
        #expect(overlay.altered.map(\.line) == [3, 20])
        let found = try source.organisation(changed)
        #expect(!found.has(source.id("3")) && found.has(source.id("99")))
    }

    @Test func records_ofOneKey_areKeptApart() throws {
        let source = try source()
        let twice = "<u id='1'><n>a</n></u><u id='1'><n>b</n></u><u id='1'><n>a</n></u>"
        let found = try source.organisation(twice)
        #expect(found.claimCount(of: try #require(found.entry(source.id("1")))) == 3)
        try source.accept(twice)
        #expect(try source.overlay(twice).0.isUnchanged)
        let (fewer, _) = try source.overlay("<u id='1'><n>a</n></u><u id='1'><n>b</n></u>")
        #expect(fewer.absent == [3] && fewer.unchanged.count == 2)
    }

    @Test func recordsWithoutKey_areFindings_andStayTheSameTomorrow() throws {
        let source = try source()
        let keyless = "<u><n>a</n></u><u><n>a</n></u><u id=' '><n>b</n></u>"
        let found = try source.organisation(keyless)
        #expect(found.recordFindings().map(\.rule) == [.keyMissing, .keyMissing, .keyMissing])
        #expect(found.entries(of: .unit).isEmpty)
        try source.accept(keyless)
        #expect(try source.overlay(keyless).0.isUnchanged)
        // While one has no key, nobody knows which of the others is gone.
        #expect(try source.overlay("<u id=' '><n>b</n></u>").0.absent.isEmpty)
        #expect(try source.overlay("<u id='9'><n>b</n></u>").0.absent.count == 3)
    }

    @Test func recordThatEndedWithAStub_staysEnded_whenTheStubIsGone_andRecordsWithoutOneAreAbsent() throws {
        let source = try Source(
            attributes: "name: n", more: "endedWhen: {field: \"@action\", equals: leave}")
        try source.accept("<u id='1'><n>a</n></u><u id='2'><n>b</n></u><u id='3'><n>c</n></u>")
        try source.accept("<u id='1'><n>a</n></u><u id='2' action='leave'/><u id='3'><n>c</n></u>")
        let (overlay, _) = try source.overlay("<u id='1'><n>a</n></u>")
        #expect(overlay.absent == [3] && overlay.altered.isEmpty)
        let organisation = try source.organisation("<u id='1'><n>a</n></u>")
        #expect(organisation.entries(of: .unit).count == 2)
        let (back, _) = try source.overlay("<u id='1'><n>a</n></u><u id='2'><n>b</n></u><u id='3'><n>c</n></u>")
        #expect(back.altered.map(\.replaces) == [2])
    }

    @Test func severalFiles_areOneExport() throws {
        let source = try source()
        let (overlay, _) = try source.overlay(records[0], records[1] + records[2], "")
        #expect(overlay.altered.map(\.file) == [0, 1, 1] && overlay.files.map(\.name) == ["0.xml", "1.xml", "2.xml"])
        #expect(overlay.records == 3)
    }

    @Test func exportWithoutRecords_isRefused() throws {
        let source = try source()
        do {
            _ = try source.overlay("<other id='1'/>", "")
            Issue.record("it was accepted")
        } catch let problem as ExportProblem {
            #expect(problem.rule == .empty && problem.line == 0)
        }
    }

    @Test func keysOfDifferentElements_doNotMeet() throws {
        let source = try Source(
            """
            mapping: two
            format: xml
            root: r
            records:
              a: {kind: unit, key: "@id", objects: [{kind: unit, key: "@id", attributes: {name: n}}]}
              b: {kind: task, key: "@id", objects: [{kind: task, key: "@id", attributes: {title: n}}]}
            """)
        let both = "<a id='1'><n>x</n></a><b id='1'><n>x</n></b>"
        let found = try source.organisation(both)
        #expect(found.has(source.id("1")) && found.has(source.id("1", .task)))
        try source.accept(both)
        #expect(try source.overlay("<b id='1'><n>x</n></b>").0.absent == [1])
    }

    @Test func joinedKey_mayStandInTheRecordsOwnMapping() throws {
        let source = try Source(
            """
            mapping: joined
            format: xml
            root: r
            records:
              u:
                kind: unit
                key: {join: [a, b], with: "-"}
                objects:
                  - {kind: unit, key: {join: [a, b], with: "-"}, attributes: {name: {join: [a, b], with: " "}}}
            """)
        let found = try source.organisation("<u><a>1</a><b>2</b></u>")
        let entry = try #require(found.entry(source.id("1-2")))
        #expect(found.state(of: entry)?.periods(Schema.standard[.unit]).first?["name"] == .text("1 2"))
    }

    @Test func changedMapping_altersEveryRecord_butKeepsItsRow() throws {
        let source = try source()
        try source.accept("<u id='1'><n>x</n></u>")
        let other = try Source(attributes: "name: n, parent: parent, ean: e")
        #expect(other.program.seed != source.program.seed)
        other.store.rows = source.store.rows
        #expect(try other.overlay("<u id='1'><n>x</n></u>").0.altered.map(\.replaces) == [1])
    }

    // MARK: The organisation and its changes

    private final class MemoryRegister: Register {
        var objects: [RegisteredObject] = []
        func object(_ id: ObjectID) -> RegisteredObject? { objects.first { $0.id == id } }
        func forEachObject(_ body: (RegisteredObject) throws -> Void) throws {
            for object in objects.sorted(by: { $0.id < $1.id }) { try body(object) }
        }
    }

    @Test func changes_leadFromTheRegisterToTheOrganisation() throws {
        let source = try source()
        let register = MemoryRegister()
        let first = try source.organisation(records.joined())
        for text in [
            records.joined(), records[0] + "<u id='2'><n>new</n></u>" + records[3...].joined() + "<u id='99'/>",
            records[4],
        ] {
            let organisation = try source.organisation(text)
            let changes = try ResolvedChanges(organisation: organisation, register: register)
            var seen: [ObjectChange] = []
            try changes.forEach({ seen.append($0) })
            #expect(seen.map(\.id) == seen.map(\.id).sorted())
            #expect(try changes.counts(.standard) == counted(seen))
            for change in seen {
                #expect(register.object(change.id)?.state == change.before && change.before != change.after)
                register.objects.removeAll { $0.id == change.id }
                if let after = change.after {
                    register.objects.append(
                        RegisteredObject(
                            id: change.id, kind: change.kind, source: change.source, key: change.key, state: after))
                }
            }
            let again = try ResolvedChanges(organisation: organisation, register: register)
            #expect(try again.counts(.standard).isEmpty)
        }
        #expect(
            register.objects.count == 2
                && first.has(source.identity.id(kind: .organisation, source: "configuration", key: "29189846")))
    }

    private func counted(_ changes: [ObjectChange]) -> ChangeCounts {
        var counts = ChangeCounts()
        for change in changes {
            for label in change.labels(.standard) { counts.add(label, change.kind) }
        }
        return counts
    }
}

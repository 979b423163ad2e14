import Mapping
import OrganisationModel
import Testing

/// Mistakes in documents that name only what changed of a record.
struct ChangeFindingTests {
    private let places = "<places><place><id>1</id><name>One</name></place></places>"

    private func document(_ root: String, _ parts: String, id: String = "7") -> String {
        "<\(root)><head><town>T</town></head>\n<p><job><id>\(id)</id>\(parts)</job></p></\(root)>"
    }

    private func place(_ from: String, _ to: String, _ title: String) -> String {
        "<place><from>\(from)</from><to>\(to)</to><title>\(title)</title></place>"
    }

    private func state(_ from: String) -> String {
        "<state><from>\(from)</from><to>9999-12-31</to><code>1</code></state>"
    }

    private var known: String {
        "<hired>2020-01-01</hired><phone>11</phone>" + place("2020-01-01", "9999-12-31", "A") + state("2020-01-01")
    }

    /// A source that knows one job, always at place A.
    private func begun() throws -> Source {
        let source = try Source(ChangesReadingTests.payroll)
        let (overlay, buffer) = try source.overlay(documents: [places, document("jobs", known)])
        source.store.accept(overlay, buffer)
        return source
    }

    private func read(
        _ source: Source, _ file: String, _ parts: String, id: String = "7",
        onto waiting: (Overlay, ClaimBuffer)? = nil
    ) throws -> (Overlay, ClaimBuffer) {
        try source.overlay(
            files: [(file, document("changed", parts, id: id))], extent: .delta(waiting: waiting?.0),
            buffer: waiting?.1 ?? ClaimBuffer())
    }

    private func accept(_ source: Source, _ file: String, _ parts: String, id: String = "7") throws {
        let (overlay, buffer) = try read(source, file, parts, id: id)
        source.store.accept(overlay, buffer)
    }

    /// Rule and place of each finding.
    private func findings(_ organisation: Organisation) -> [String] {
        organisation.recordFindings().map { "\($0.rule.code) \($0.location.file):\($0.location.line)" }.sorted()
    }

    private func periods(_ source: Source) throws -> [String] {
        try ChangesReadingTests.periods(source.organisation(), source.id("7", .engagement))
    }

    private let impossible = "record.date-impossible bad.xml:2"
    private let overlap = "record.timeline-overlap bad.xml:2"

    // MARK: Days

    @Test func dayThatIsNone_isMendedByAChangeThatCoversIt_andBlamedWhereItStands() throws {
        let source = try begun()
        try accept(source, "bad.xml", place("01.03.2026", "9999-12-31", "B"))
        #expect(try findings(source.organisation()) == [impossible, overlap])
        try accept(source, "other.xml", "<phone>22</phone>")
        #expect(try findings(source.organisation()) == [impossible, overlap], "the mistake stands in bad.xml")
        #expect(try periods(source).isEmpty)
        try accept(source, "mended.xml", place("2026-03-01", "9999-12-31", "B"))
        #expect(try findings(source.organisation()) == [])
        #expect(
            try periods(source)
                == ["2020-01-01 2026-03-01 A 1 22", "2026-03-01 \(Day.distantFuture) B 1 22"])
    }

    @Test func mistakeThatWaits_isBlamedAndMendedInTheSameWay() throws {
        let source = try begun()
        let bad = try read(source, "bad.xml", place("2026-03-01", "31.12.2026", "B"))
        let other = try read(source, "other.xml", "<phone>22</phone>", onto: bad)
        #expect(try findings(source.organisation([other.0], other.1)) == [impossible, overlap])
        let mended = try read(source, "mended.xml", place("2026-03-01", "2026-12-31", "B"), onto: other)
        #expect(try findings(source.organisation([mended.0], mended.1)) == [])
    }

    @Test func mistakeOnOtherDays_stays() throws {
        let source = try begun()
        try accept(source, "bad.xml", place("01.03.2026", "9999-12-31", "B"))
        try accept(source, "other.xml", place("2027-01-01", "2027-01-31", "C"))
        #expect(try findings(source.organisation()) == [impossible, overlap])
    }

    @Test func mistakeWithoutAnyDay_isMendedByTheNextWord() throws {
        let source = try begun()
        try accept(source, "bad.xml", place("01.03.2026", "never", "B"))
        #expect(try findings(source.organisation()).contains(impossible))
        try accept(source, "mended.xml", place("2026-03-01", "2026-03-31", "B"))
        #expect(try findings(source.organisation()) == [])
    }

    @Test func mistakeThatIsMadeAgain_isBlamedOnTheLaterFile_andOnceOnly() throws {
        let source = try begun()
        try accept(source, "0.xml", place("01.03.2026", "9999-12-31", "B"))
        try accept(source, "bad.xml", place("01.03.2026", "9999-12-31", "C"))
        #expect(try findings(source.organisation()) == [impossible, overlap])
        let size = source.store.rows.values.map(\.claim.count).max()
        try accept(source, "again.xml", place("01.03.2026", "9999-12-31", "C"))
        #expect(try findings(source.organisation()) == [impossible, overlap])
        #expect(source.store.rows.values.map(\.claim.count).max() == size)
        try accept(source, "mended.xml", place("2026-03-01", "9999-12-31", "C"))
        #expect(try findings(source.organisation()) == [])
    }

    @Test func changeThatSaysNothingNew_isNotWhereTheObjectStands() throws {
        let source = try begun()
        try accept(source, "first.xml", "<phone>22</phone>")
        try accept(source, "again.xml", "<phone>22</phone>")
        let organisation = try source.organisation()
        let entry = try #require(organisation.entry(source.id("7", .engagement)))
        #expect(organisation.locations(of: entry).map(\.file) == ["first.xml"])
    }

    // MARK: Unknown records

    private let unknown = "record.change-of-unknown first.xml:2"

    @Test func changeOfARecordThatWasNeverRead_isTold_untilItIsRead() throws {
        let source = try begun()
        try accept(source, "first.xml", place("2026-03-01", "9999-12-31", "B"), id: "8")
        try accept(source, "second.xml", state("2026-03-01"), id: "8")
        try accept(source, "third.xml", state("2026-03-01"), id: "8")
        #expect(try findings(source.organisation()) == [unknown])
        // The record as a whole says the same, and is known then.
        let all = document("jobs", place("2026-03-01", "9999-12-31", "B") + state("2026-03-01"), id: "8")
        let (overlay, buffer) = try source.overlay(
            files: [("all.xml", all)], extent: .delta(waiting: nil))
        #expect(try findings(source.organisation([overlay], buffer)) == [])
        source.store.accept(overlay, buffer)
        try accept(source, "fourth.xml", "<phone>33</phone>", id: "8")
        #expect(try findings(source.organisation()) == [])
    }

    @Test func changeThatTellsWhenARecordBegan_isOfANewOne() throws {
        let source = try begun()
        try accept(source, "first.xml", state("2026-03-01"), id: "8")
        #expect(try findings(source.organisation()) == [unknown])
        try accept(source, "second.xml", "<hired>2026-03-01</hired>", id: "8")
        #expect(try findings(source.organisation()) == [])
        try accept(source, "third.xml", "<hired>2026-04-01</hired>" + state("2026-04-01"), id: "9")
        #expect(try findings(source.organisation()) == [])
    }

    // MARK: Records without a key

    @Test func recordWithoutAKey_saysWhatFollows_inADeltaAndInAFullExport() throws {
        let source = try begun()
        let (overlay, buffer) = try source.overlay(
            files: [("c.xml", "<places><place><name>Two</name></place></places>")], extent: .delta(waiting: nil))
        let told = try #require(source.organisation([overlay], buffer).recordFindings().first)
        #expect(told.rule.code == "record.key-missing" && told.message.contains("until a full export"))
        #expect(!told.message.contains("taken for gone"))
        let full = try source.overlay(documents: [
            "<places><place><name>Two</name></place></places>", document("jobs", known),
        ])
        let message = try source.organisation([full.0], full.1).recordFindings().first?.message
        #expect(message?.contains("taken for gone") == true)
    }
}

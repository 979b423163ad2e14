@testable import Mapping
import OrganisationModel
import Testing

/// Records of which documents name only what changed, next to values that are kept and to the scopes of sources.
struct MergedRecordTests {
    private static let mapping = """
        mapping: payroll
        format: xml
        root: all
        changes: [changed]
        placeholders: {title: [Annulleret]}
        records:
          job:
            kind: engagement
            key: id
            objects:
              - kind: engagement
                key: id
                attributes: {title: {firstOf: [title, {kept: title}]}, phone: phone}
          place:
            kind: unit
            key: id
            objects:
              - {kind: unit, key: id, when: {not: {field: state, equals: closed}}, attributes: {name: name}}
        """

    private func begun() throws -> Source {
        let source = try Source(Self.mapping)
        let (overlay, buffer) = try source.overlay(documents: [
            "<all><job><id>7</id><title>Lærer</title><phone>11</phone></job>"
                + "<place><id>1</id><name>By</name></place></all>"
        ])
        source.store.accept(overlay, buffer)
        return source
    }

    private func change(
        _ source: Source, _ record: String, onto waiting: (Overlay, ClaimBuffer)? = nil
    ) throws -> (Overlay, ClaimBuffer) {
        try source.overlay(
            files: [("c.xml", "<changed>\(record)</changed>")], extent: .delta(waiting: waiting?.0),
            buffer: waiting?.1 ?? ClaimBuffer())
    }

    private func job(_ source: Source, _ overlay: Overlay, _ buffer: ClaimBuffer) throws -> [Value?] {
        let organisation = try source.organisation([overlay], buffer)
        let entry = try #require(organisation.entry(source.id("7", .engagement)))
        let period = organisation.state(of: entry)?.periods(Schema.standard[.engagement]).last
        return [period?["title"], period?["phone"]]
    }

    @Test func changeThatTakesANameAway_keepsTheOneBefore_alsoThroughLaterChanges() throws {
        let source = try begun()
        for (record, phone) in [("<title>Annulleret</title>", "11"), ("<phone>12</phone>", "12")] {
            let (overlay, buffer) = try change(source, "<job><id>7</id>\(record)</job>")
            #expect(try job(source, overlay, buffer) == [.text("Lærer"), .text(phone)])
            source.store.accept(overlay, buffer)
        }
    }

    @Test func changeOnWhatWaits_keepsTheNameThatWaits() throws {
        let source = try begun()
        let waiting = try change(source, "<job><id>7</id><title>Rektor</title></job>")
        let (overlay, buffer) = try change(source, "<job><id>7</id><title>Annulleret</title></job>", onto: waiting)
        #expect(try job(source, overlay, buffer) == [.text("Rektor"), .text("11")])
    }

    @Test func unitThatARecordDoesNotMake_isNotOneThatTheConfigurationNames() throws {
        let source = try begun()
        let name = UnitName(source: "hr", key: "1")
        func units(_ overlay: Overlay, _ buffer: ClaimBuffer) -> Set<ObjectID> {
            var places = UnitPlaces(Precedence(scopes: UnitScopes(excluded: [name])), schema: .standard)
            for claim in overlay.altered { places.read(buffer[claim.reference], of: "hr") }
            return places.units(named: name)
        }
        let renamed = try change(source, "<place><id>1</id><name>Byen</name></place>")
        #expect(units(renamed.0, renamed.1) == [source.id("1")])
        let closed = try change(source, "<place><id>1</id><state>closed</state></place>")
        #expect(closed.0.altered.count == 1 && units(closed.0, closed.1).isEmpty)
    }
}

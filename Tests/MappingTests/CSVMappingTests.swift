import Mapping
import OrganisationModel
import SourceExports
import Testing

/// What a mapping says about the columns of a csv file, and exports that hold next to nothing.
struct CSVMappingTests {
    private static func mapping(_ more: String = "") -> String {
        """
        mapping: accounts
        format: csv
        \(more)
        records:
          account:
            kind: unit
            key: id
            objects: [{kind: unit, key: id, attributes: {name: name}}]
        """
    }

    /// Reads a file as a whole export.
    private func reading(_ text: String, of source: Source) throws -> (ExportReading, Overlay) {
        let reading = try ExportReading(
            program: source.program, identity: source.identity, store: source.store, buffer: ClaimBuffer(),
            today: Day(parsing: "2026-06-01") ?? .distantPast)
        let bytes = Array(text.utf8)
        var offset = 0
        try reading.read(named: "1.csv") { buffer in
            let count = min(buffer.count, bytes.count - offset)
            buffer.copyBytes(from: bytes[offset..<offset + count])
            offset += count
            return count
        } describe: {
            ExportFile(name: "a.csv", digest: [], byteCount: bytes.count)
        }
        return (reading, try reading.finish())
    }

    private func refusal(_ text: String, of source: Source) -> ExportProblem? {
        do {
            _ = try reading(text, of: source)
            return nil
        } catch {
            return error as? ExportProblem
        }
    }

    // MARK: The document

    @Test(arguments: [
        ("header: first", 1), ("header: [id, \"\", name]", 0), ("header: {optional: [id, name, x]}", 0),
        ("shortRows: accept", 1), ("shortRows: refuse\nheader: first", 1),
    ])
    func columns_areReadAsTheDocumentSays(_ more: String, _ named: Int) throws {
        let source = try Source(Self.mapping(more))
        let text = (named == 1 ? "id;y;name\n" : "") + "1;x;a\n2;;b\n"
        let expected = more.contains("name, x") ? "x" : "a"
        let (reading, overlay) = try reading(text, of: source)
        #expect(overlay.records == 2)
        #expect(reading.forms.map(\.description) == ["ASCII, \";\", 3 columns" + (named == 1 ? "" : ", no header")])
        #expect(expected == "x" || overlay.altered.map(\.line) == (named == 1 ? [2, 3] : [1, 2]))
    }

    @Test func lackingColumns_areTold() throws {
        let source = try Source(Self.mapping("mayLack: [name]"))
        let (reading, overlay) = try reading("id;y\n1;a\n", of: source)
        #expect(overlay.records == 1)
        #expect(reading.forms.map(\.description) == ["ASCII, \";\", 2 columns, without name"])
    }

    @Test(arguments: [
        ("mayLack: [id]", "mayLack names id, which is a key"), ("mayLack: [x]", "x, which the mapping does not read"),
        ("header: second", "header is first, a list of names, or {optional: [...]}"),
        ("header: []", "1 to 10000 names"),
        ("header: {optional: id}", "1 to 10000 names"), ("header: {maybe: [id]}", "maybe is not known here"),
        ("header: [id, name, id]", "id stands here twice"), ("header: [id]", "does not name the column name"),
        ("header: {optional: [id, x]}", "does not name the column name"),
        ("header: [\"\", \"\"]", "no column has a name"),
        ("header: [[id], name]", "expected a text"), ("shortRows: yes", "accept or refuse"),
        ("shortRows: [accept]", "a text"),
    ])
    func mistakes_areToldWithTheirLine(_ more: String, _ words: String) throws {
        let error = #expect(throws: FordelerError(.init("mapping.invalid"), "")) {
            _ = try MappingDocument(yaml: Self.mapping(more), file: "m.yaml")
        }
        #expect(
            error?.message.hasPrefix("m.yaml:3: ") ?? false && error?.message.contains(words) ?? false,
            "\(error?.message ?? "")")
    }

    @Test(arguments: ["header: first", "shortRows: accept", "mayLack: [k]"]) func keysOfCSV_doNotBelongToXML(
        _ more: String
    ) throws {
        let text =
            "mapping: a\nformat: xml\nroot: r\n\(more)\nrecords:\n  u: {kind: unit, key: k, objects: [{kind: unit, key: k, attributes: {}}]}\n"
        let error = #expect(throws: FordelerError.self) { _ = try MappingDocument(yaml: text, file: "m") }
        #expect(
            error?.message.hasPrefix("m:4: ") ?? false
                && error?.message.hasSuffix("does not belong to this format") ?? false)
    }

    // MARK: Exports that say nothing

    @Test(arguments: ["id;name\n", "id;name\r\n\r\n\n", "\u{FEFF}#TYPE x\r\nid;name\r\n"])
    func headerAlone_isRefused(_ text: String) throws {
        let found = try #require(refusal(text, of: Source(Self.mapping())))
        #expect(found.rule == .empty && found.message.contains("no record"))
        let optional = try Source(Self.mapping("header: {optional: [id, name]}"))
        #expect(refusal(text, of: optional)?.rule == .empty)
    }

    @Test(.timeLimit(.minutes(1))) func millionRecordsWithoutAKey_areRefused() throws {
        let rows = String(repeating: ";a\n", count: 1_000_000)
        let found = try #require(refusal("id;name\n" + rows, of: Source(Self.mapping())))
        #expect(found.rule == .keysMissing && found.line == 10_002 && found.message.contains("`key`"))
        let few = try reading("id;name\n1;a\n" + rows.prefix(3 * 10_000), of: Source(Self.mapping())).1
        #expect(few.records == 10_001)
    }

    // The work was once the square of the number.
    @Test(.timeLimit(.minutes(1))) func manyRecordsWithOneKey_areEachRead() throws {
        let source = try Source(Self.mapping())
        let text = "id;name\n" + String(repeating: "1;a\n", count: 20_000)
        let (_, overlay) = try reading(text, of: source)
        #expect(overlay.altered.count == 20_000 && Set(overlay.altered.map(\.key.bytes)).count == 20_000)
    }

    @Test func recordsWithOneKey_areFoundAgain_inTheirOrder() throws {
        let source = try Source(Self.mapping())
        let buffer = ClaimBuffer()
        let first = try ExportReading(
            program: source.program, identity: source.identity, store: source.store, buffer: buffer,
            today: Day(parsing: "2026-06-01") ?? .distantPast)
        var texts = ["id;name\n1;a\n1;b\n2;c\n1;d\n;e\n;e\n"]
        try first.read(named: "1.csv") { buffer in
            guard let text = texts.popLast() else { return 0 }
            buffer.copyBytes(from: Array(text.utf8))
            return text.utf8.count
        } describe: {
            ExportFile(name: "a.csv", digest: [], byteCount: 0)
        }
        source.store.accept(try first.finish(), buffer)
        let same = try reading("id;name\n1;a\n1;b\n2;c\n1;d\n;e\n;e\n", of: source).1
        #expect(same.isUnchanged && same.unchanged.map(\.line) == [2, 3, 4, 5, 6, 7])
        let altered = try reading("id;name\n1;a\n1;x\n2;c\n1;d\n;e\n", of: source).1
        #expect(altered.altered.map(\.replaces) == [2] && altered.absent.isEmpty)
    }
}

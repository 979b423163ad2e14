import OrganisationModel
import SourceExports
import Testing

/// What is known of a file before any mapping is.
struct OutlineTests {
    private static func filling(_ text: String, chunk: Int = 7) -> (UnsafeMutableRawBufferPointer) throws -> Int {
        var rest = Array(text.utf8)[...]
        return { buffer in
            let piece = rest.prefix(min(chunk, buffer.count))
            buffer.copyBytes(from: piece)
            rest = rest.dropFirst(piece.count)
            return piece.count
        }
    }

    private static func outline(_ text: String) throws -> XMLOutline {
        try XMLOutline(from: filling(text))
    }

    private static func rule(_ text: String) -> String {
        do {
            _ = try outline(text)
            return ""
        } catch {
            return (error as? ExportProblem)?.rule.code ?? "\(error)"
        }
    }

    @Test func elements_areCounted_byTheirWayFromTheRoot() throws {
        let outline = try Self.outline("<r><a x='1'><n>t</n></a><a y='2'/><b><a><n/></a></b></r>")
        let ways = outline.elements.indices.map { outline.path(to: $0) }
        #expect(ways == [".", "a", "a/n", "b", "b/a", "b/a/n"])
        #expect(outline.elements.map(\.count) == [1, 2, 1, 1, 1, 1])
        #expect(outline.elements.map(\.mostInParent) == [0, 2, 1, 1, 1, 1])
        #expect(outline.elements[1].attributes == ["x", "y"])
        #expect(outline.elements[2].hasText)
        #expect(!outline.elements[5].hasText)
    }

    @Test func elementWithinItsOwnName_isOneWithIt_atAnyDepth() throws {
        let outline = try Self.outline("<r><u><list><u><p/></u><u/></list></u></r>")
        #expect(outline.elements.map(\.name) == ["r", "u", "list", "p"])
        #expect(outline.elements[1].isNested)
        #expect(outline.elements[1].count == 3)
        #expect(outline.elements[1].mostInParent == 2)
        #expect(outline.path(to: 1) == "//u")
        #expect(outline.path(to: 3) == "//u/p")
    }

    @Test func whatStandsBehindAnother_isKnown() throws {
        let outline = try Self.outline("<r><u><id/><list/><name/></u></r>")
        let names = Dictionary(uniqueKeysWithValues: outline.elements.enumerated().map { ($1.name, $0) })
        #expect(outline.elements[names["id"] ?? 0].follows.isEmpty)
        #expect(outline.elements[names["name"] ?? 0].follows == [names["id"] ?? 0, names["list"] ?? 0])
    }

    @Test(arguments: [
        ("<r><a></r>", "xml.not-well-formed"), ("", "xml."), ("<!DOCTYPE r><r/>", "xml.doctype"),
        ("<r>" + String(repeating: "<a>", count: 300), "xml.too-large"),
        ("<r><a b='" + String(repeating: "x", count: 70_000) + "'/></r>", "xml.too-large"),
    ]) func whatIsNoExport_isRefused(_ text: String, _ code: String) {
        #expect(Self.rule(text).hasPrefix(code), "\(Self.rule(text))")
    }

    @Test func firstRow_isSplit_asTheReaderSplitsIt() throws {
        let names = try CSVColumnNames(from: Self.filling("\u{FEFF}\"a;\"\"b\"\"\";æ ;;\"x\r\ny\"\r\n1;2;3;4\r\n"))
        #expect(names.delimiter == UInt8(ascii: ";"))
        #expect(names.names == ["a;\"b\"", "æ ", "", "x\r\ny"])
    }

    @Test func typeLineAndBlankLines_areNoFirstRow() throws {
        #expect(try CSVColumnNames(from: Self.filling("#TYPE X\n\n\na,b\n")).names == ["a", "b"])
        #expect(try CSVColumnNames(from: Self.filling("a\tb")).names == ["a", "b"])
        #expect(throws: ExportProblem.self) { try CSVColumnNames(from: Self.filling("\n\n")) }
        #expect(throws: ExportProblem.self) { try CSVColumnNames(from: Self.filling("")) }
    }
}

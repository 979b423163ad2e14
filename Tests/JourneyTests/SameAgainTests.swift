import Foundation
import Testing

/// Exports that say what was said before.
struct SameAgainTests {
    @Test func `the same file again is unchanged and leaves no version`() throws {
        let world = try World()
        try world.importing(Export.small)
        let before = try world.run("versions", "--json").output
        let again = try world.importing("hr=export.xml", today: World.secondDay)
        #expect(again.status == 0 && again.json["verdict"].text == "unchanged" && again.json["version"].number == 1)
        #expect(again.json["sources"]["hr"]["unchanged"].number == again.json["sources"]["hr"]["records"].number)
        #expect(try world.run("versions", "--json").output == before)
        try world.expectVerified()
    }

    /// Other bytes that mean the same.
    static let rewritings: [String] = [
        "lastChanged", "order", "indentation", "CDATA", "entities", "ISO-8859-1", "UTF-16",
    ]

    private func rewrite(_ way: String) throws -> [UInt8] {
        var export = Export.small
        let text = export.text
        switch way {
        case "lastChanged":
            return Array(text.replacing("lastChanged=\"2024", with: "lastChanged=\"2026").utf8)
        case "order":
            export.units.reverse()
            export.employees.reverse()
            return Array(export.text.utf8)
        case "indentation":
            return Array(text.replacing("\n", with: "\r\n").replacing("  <", with: "\t\t<").utf8)
        case "CDATA":
            return Array(text.replacing("Center for Dagtilbud", with: "Center <![CDATA[for]]> Dagtilbud").utf8)
        case "entities":
            return Array(text.replacing("Æbelø", with: "&#198;bel&#xF8;").utf8)
        case "ISO-8859-1":
            return Array(try #require(text.replacing("utf-8", with: "ISO-8859-1").data(using: .isoLatin1)))
        default:
            return [0xFF, 0xFE]
                + Array(try #require(text.replacing("utf-8", with: "UTF-16").data(using: .utf16LittleEndian)))
        }
    }

    @Test(arguments: rewritings) func `other bytes that mean the same are unchanged`(way: String) throws {
        let world = try World()
        try world.importing(Export.small)
        let bytes = try rewrite(way)
        #expect(bytes != Array(Export.small.text.utf8))
        try world.write(bytes, "again.xml")
        let again = try world.importing("hr=again.xml", today: World.secondDay)
        #expect(again.status == 0 && again.json["verdict"].text == "unchanged" && again.json["version"].number == 1)
        #expect(try world.version() == 1)
        try world.expectVerified()
    }
}

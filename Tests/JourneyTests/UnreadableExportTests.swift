import Foundation
import Testing

/// A file that cannot be read to its end changes nothing, and leaves nothing to clear away.
struct UnreadableExportTests {
    /// A file that is refused, and the rules one of which must say so.
    struct Damage: Sendable, CustomTestStringConvertible {
        let name: String
        let rules: Set<String>
        /// The line where the finding must point; nil when any line from 1 will do.
        let line: Int?
        let bytes: @Sendable () -> [UInt8]
        var testDescription: String { name }

        init(_ name: String, _ rules: Set<String>, line: Int? = nil, _ bytes: @escaping @Sendable () -> [UInt8]) {
            (self.name, self.rules, self.line, self.bytes) = (name, rules, line, bytes)
        }
    }

    private static let small = Export.small.text
    private static let cut: Set<String> = ["xml.truncated", "xml.not-well-formed"]

    /// The small export up to, and so many bytes into, the first occurrence of a text.
    private static func cutting(_ text: String, at mark: String, bytes: Int) -> [UInt8] {
        guard let range = text.range(of: mark) else { preconditionFailure("the export has no \(mark)") }
        return Array(text[..<range.lowerBound].utf8) + Array(mark.utf8.prefix(bytes))
    }

    /// A document of the mapping's root with something inside.
    private static func kmd(_ inside: String, encoding: String = "utf-8") -> [UInt8] {
        Array("<?xml version=\"1.0\" encoding=\"\(encoding)\"?>\n<kmd>\n\(inside)</kmd>\n".utf8)
    }

    /// Bytes written as hexadecimal digits.
    private static func bytes(_ digits: String) -> [UInt8] {
        stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(digits.dropFirst($0).prefix(2), radix: 16) }
    }

    private static let unit = UnitRecord("401", under: "", "Søløkke Kommune").text

    static let truncations = [
        Damage("inside a start tag", cut, line: small.line(of: "id=\"70002\"")) {
            cutting(small, at: "<employee id=\"70002\" client", bytes: 20)
        },
        Damage("inside an end tag", cut, line: small.line(of: "Bjørn")) {
            cutting(small, at: "</firstName>\n  <lastName>Æbelø", bytes: 6)
        },
        Damage("inside text", cut, line: small.line(of: "Æbelø")) { cutting(small, at: "Æbelø", bytes: 4) },
        Damage("between records", cut) { cutting(small, at: " <employee id=\"70003\"", bytes: 0) },
        Damage("inside CDATA", cut) {
            cutting(small.replacing("Cecilie", with: "<![CDATA[Cecilie]]>"), at: "<![CDATA[Cecilie", bytes: 12)
        },
        Damage("inside a character of two bytes", cut, line: small.line(of: "Æbelø")) {
            cutting(small, at: "Æbelø", bytes: 1)
        },
    ]

    static let refusals = [
        Damage("DOCTYPE with entities", ["xml.doctype"]) {
            Array(
                """
                <?xml version="1.0"?>
                <!DOCTYPE kmd [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c SYSTEM "/etc/passwd">]>
                <kmd><orgUnit id="401"><longName>&b;&c;</longName></orgUnit></kmd>
                """.utf8)
        },
        Damage("wrong root", ["xml.wrong-root"]) { Array("<?xml version=\"1.0\"?>\n<kmds>\n\(unit)</kmds>\n".utf8) },
        Damage("empty file", cut) { [] },
        Damage("white space only", cut) { Array("\n\n  \n".utf8) },
        Damage("no records", ["export.empty"]) { kmd("") },
        Damage("records of other names only", ["export.empty"]) { kmd("<orgUnits id=\"1\"/>\n") },
        Damage("UTF-7", ["xml.encoding"]) { kmd(unit.replacing("Søløkke", with: "S+APg-l"), encoding: "UTF-7") },
        Damage("EBCDIC named in an ASCII document", ["xml.encoding", "xml.not-well-formed"]) {
            kmd(unit, encoding: "IBM037")
        },
        Damage("EBCDIC that does not say so", ["xml.encoding"]) {
            bytes(
                "4C6FA7949340A58599A28996957E7FF14BF07F6F6E4C9294846E4C969987E49589A34089847E7FF17F6E4C93"
                    + "969587D58194856EC14C6193969587D58194856E4C61969987E49589A36E4C619294846E")
        },
        Damage("EBCDIC that says so", ["xml.encoding"]) {
            bytes(
                "4C6FA7949340A58599A28996957E7FF14BF07F4085958396848995877E7FC9C2D4F0F3F77F6F6E4C9294846E"
                    + "4C969987E49589A34089847E7FF17F6E4C93969587D58194856EC14C6193969587D58194856E4C61969987E4"
                    + "9589A36E4C619294846E")
        },
        Damage("an encoding nobody knows", ["xml.encoding"]) { kmd(unit, encoding: "X-KLINGON") },
        Damage("invalid UTF-8", ["xml.not-well-formed", "xml.encoding"]) {
            kmd(" <!-- -->\n").dropLast(7) + [0x3C, 0x61, 0x3E, 0xC3, 0x28, 0x3C, 0x2F, 0x61, 0x3E]
                + Array("</kmd>".utf8)
        },
        Damage("a start tag of 200 KB", ["xml.too-large"]) {
            kmd(" <orgUnit id=\"401\" \((0..<20_000).map { "a\($0)=\"\"" }.joined(separator: " "))/>\n")
        },
        Damage("a hundred thousand levels", ["xml.too-large", "xml.not-well-formed"]) {
            kmd(String(repeating: "<a>", count: 100_000) + String(repeating: "</a>", count: 100_000))
        },
        Damage("two roots", ["xml.not-well-formed"]) { kmd(unit) + Array("<kmd/>".utf8) },
        Damage("no XML at all", ["xml.not-well-formed"]) { Array("id;name\n401;Kommune\n".utf8) },
    ]

    /// Imports a good file, then a bad one, then a good one again.
    private func expectRefused(_ rules: Set<String>, line: Int?, _ place: (World) throws -> Void) throws {
        let world = try World()
        try world.importing(Export.small)
        try place(world)
        let outcome = try world.importing("hr=bad.xml", today: World.secondDay)
        #expect(outcome.status == 3 && outcome.json["verdict"].text == "rejected")
        #expect(outcome.json["version"].number == 1 && outcome.json["changes"].keys.isEmpty)
        let findings = try world.findings("candidate:\(outcome.json["candidate"].text ?? "")")
        #expect(findings.count == 1)
        let finding = try #require(findings.first)
        #expect(
            rules.contains(finding["rule"].text ?? ""), "\(finding["rule"].text ?? "") \(finding["message"].text ?? "")"
        )
        #expect(finding["file"].text == "bad.xml" && finding["source"].text == "hr")
        if let line { #expect(finding["line"].number == line, "\(finding["message"].text ?? "")") }
        #expect(try world.version() == 1)
        try world.expectVerified()

        var next = Export.small
        next.units[2].name = "Børnehuset Solsikken"
        let good = try world.importing(next, today: World.secondDay)
        #expect(good.status == 0 && good.json["verdict"].text == "published" && good.json["version"].number == 2)
        try world.expectVerified()
    }

    @Test(arguments: truncations)
    func `a file that breaks off is refused with its line and the next good one publishes`(damage: Damage) throws {
        try expectRefused(damage.rules, line: damage.line) { try $0.write(damage.bytes(), "bad.xml") }
    }

    @Test(arguments: refusals)
    func `a file that is no export is refused by its rule and the next good one publishes`(damage: Damage) throws {
        try expectRefused(damage.rules, line: damage.line) { try $0.write(damage.bytes(), "bad.xml") }
    }

    @Test func `a symbolic link is not followed`() throws {
        try expectRefused(["export.unreadable"], line: nil) { world in
            let link = world.folder.appendingPathComponent("bad.xml")
            try world.write(Export.small, "target.xml")
            try FileManager.default.createSymbolicLink(
                at: link, withDestinationURL: world.folder.appendingPathComponent("target.xml"))
        }
    }

    @Test func `a folder in place of a file is refused`() throws {
        try expectRefused(["export.unreadable"], line: nil) { world in
            try FileManager.default.createDirectory(
                at: world.folder.appendingPathComponent("bad.xml"), withIntermediateDirectories: false)
        }
    }

    @Test func `a pipe nobody writes to is refused at once`() throws {
        try expectRefused(["export.unreadable"], line: nil) { world in
            #expect(mkfifo(world.folder.appendingPathComponent("bad.xml").path, 0o600) == 0)
        }
    }

    @Test func `a missing file is refused`() throws {
        try expectRefused(["export.unreadable"], line: nil) { _ in }
    }

    @Test func `when one of two sources cannot be read nothing of either is published`() throws {
        let world = try World(["hr": "automatic", "extra": "automatic"])
        try world.write(Export.small, "hr.xml")
        try world.write(Self.cutting(Self.small, at: "Æbelø", bytes: 1), "extra.xml")
        let outcome = try world.importing("hr=hr.xml", "extra=extra.xml")
        #expect(outcome.status == 3 && outcome.json["version"].number == 0)
        #expect(try world.version() == 0)
        #expect(try world.findings("candidate:1").map { $0["source"].text } == ["extra"])
        #expect(try !world.knows("unit", "401"))
        let alone = try world.importing("hr=hr.xml")
        #expect(alone.status == 0 && alone.json["version"].number == 1)
        try world.expectVerified()
    }
}

import OrganisationModel
import SourceExports
import Testing

/// XML that must be refused, in the forms that hide it.
struct HostileDocumentTests {
    /// Why a document is refused; nil when it is read to its end. The one place that knows the reader.
    private func refusal(_ bytes: [UInt8]) -> ExportProblem? {
        problem(bytes, chunk: 4096)
    }

    private static let laughs =
        "<!DOCTYPE kmd [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><kmd><person><name>&b;</name></person></kmd>"

    @Test(arguments: [
        Array(laughs.utf8), Array("\u{FEFF}\(laughs)".utf8), utf16(laughs), utf16(laughs, bigEndian: true),
        Array("<?xml version='1.0' encoding='ISO-8859-1' standalone='yes'?>\n<!-- x -->\n<?x y?>\n\(laughs)".utf8),
        Array("<!DOCTYPE kmd []><kmd/>".utf8), Array("<!DOCTYPE kmd PUBLIC '-//X//Y' 'file:///dev/zero'><kmd/>".utf8),
        Array("<!DOCTYPE kmd [<!ATTLIST person id CDATA 'x'>]><kmd><person/></kmd>".utf8),
        Array("<!DOCTYPE kmd [<!ENTITY % a '<!ENTITY &#37; b SYSTEM \"file:///etc/passwd\">'> %a; %b;]><kmd/>".utf8),
    ])
    func everyDoctype_isRefused_whereverAndHoweverItIsWritten(_ bytes: [UInt8]) throws {
        let found = try #require(refusal(bytes))
        #expect(found.rule == .doctype && found.line >= 1, "\(found)")
    }

    @Test(arguments: [
        ("<kmd/>\n<?xml version='1.0'?>\n<kmd/>", 2), ("<kmd/>\n<!DOCTYPE kmd>\n", 2), ("<kmd/>\u{0}", 1),
        ("\n<?xml version='1.0'?><kmd/>", 2), ("<kmd>\n<person id=1/></kmd>", 2), ("<kmd>\n<person id/></kmd>", 2),
        ("<kmd>\n<a:b:c/></kmd>", 2), ("<kmd>\n<person id='<'/></kmd>", 2), ("<kmd>\n]]></kmd>", 2),
        ("<kmd>\n<!-- a -- b --></kmd>", 2), ("<kmd>\n<?xml version='1.0'?></kmd>", 2), ("<kmd>\n<1/></kmd>", 2),
        ("<kmd>\n<person>&#x110000;</person></kmd>", 2), ("<kmd>\n<person>&#xFFFF;</person></kmd>", 2),
        ("<kmd>\n<x:person/></kmd>", 2), ("<kmd xmlns:xml='u'>\n</kmd>", 1),
    ])
    func whatIsNotWellFormed_isRefusedWithItsLine(_ text: String, _ line: Int) throws {
        // A prefix that nothing declares is no mistake of XML itself.
        guard let found = refusal(Array(text.utf8)) else {
            #expect(text.contains(":"))
            return
        }
        #expect(found.rule == .notWellFormed && found.line >= 1 && found.line <= line, "\(found)")
    }

    @Test(arguments: [
        "<kmd>\n<person><name>x&am", "<kmd>\n<person id='&", "<kmd>\n<?x", "<kmd>\n<!", "<kmd>\n<person><name>x]]",
        "<kmd>\n<",
    ])
    func documentThatBreaksOff_isRefused(_ text: String) throws {
        let found = try #require(refusal(Array(text.utf8)))
        #expect([.truncated, .notWellFormed].contains(found.rule) && found.line == 2, "\(found)")
    }

    @Test(arguments: 1...5) func encodingWithoutMark_isRefused_howeverFewBytesComeAtATime(_ chunk: Int) {
        for bytes in [utf16("<kmd/>", mark: false), utf16("<kmd/>", bigEndian: true, mark: false), [0xFF, 0xFE, 0, 0]] {
            #expect(problem(bytes, chunk: chunk)?.rule == .encoding)
        }
    }

    @Test(arguments: [
        "UTF-7", "utf-7", "UTF-32", "UCS-4", "EBCDIC-CP-US", "IBM037", "ISO-2022-JP", "HZ", "GB18030", "SHIFT_JIS", "x",
    ])
    func encodings_thatNoSourceWrites_areRefused(_ name: String) throws {
        let text = "<?xml version='1.0' encoding='\(name)'?>\n<kmd><person id='+ADw-'/></kmd>"
        let found = try #require(refusal(Array(text.utf8)))
        #expect([.encoding, .notWellFormed].contains(found.rule), "\(found)")
        #expect(
            found.rule == .encoding || name.contains("EBCDIC") || name == "IBM037" || name.hasPrefix("U"), "\(found)")
    }

    @Test func whatStandsBehindANUL_isNotPassedOver() throws {
        for text in [
            "<kmd/>\u{0}", "<kmd/>\n\u{0}<kmd><person/></kmd>", "<kmd/>" + String(repeating: "\u{0}", count: 1 << 20),
        ] {
            for bytes in [Array(text.utf8), utf16(text), utf16(text, bigEndian: true)] {
                let found = refusal(bytes)
                #expect(found?.rule == .notWellFormed && found?.line ?? 0 >= 1, "\(found as Any)")
            }
        }
        // No NUL, but bytes that are.
        #expect(refusal(utf16("<kmd><person id='\u{100}\u{1}00'/></kmd>".replacing("\u{1}", with: "Ā"))) == nil)
    }

    @Test func xInclude_ofAFile_givesNothingOfIt() throws {
        let text = """
            <kmd xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd" parse="text"/>\
            <person id="1"><name>a<xi:include href="/etc/hostname" parse="text"><xi:fallback>b</xi:fallback></xi:include></name>\
            </person></kmd>
            """
        #expect(try read(text).map(\.fields).first?.prefix(2) == ["1", "ab"])
    }

    @Test(.timeLimit(.minutes(1))) func limits_holdAlsoWhereNothingIsRead() throws {
        let instructions = "<kmd>\n" + String(repeating: "<?x y?>", count: 200_000)
        #expect(refusal(Array(instructions.utf8))?.rule == .truncated)
        let tag = "<a " + (0..<6_000).map { "xmlns:a\($0)='u' " }.joined() + "/>"
        #expect(refusal(Array("<kmd>\(tag)</kmd>".utf8))?.rule == .tooLarge)
        let names = "<kmd>" + (0..<100_000).map { "<n\($0)/>" }.joined()
        #expect(refusal(Array(names.utf8))?.rule == .truncated)
    }
}

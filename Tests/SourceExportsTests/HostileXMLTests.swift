import OrganisationModel
import SourceExports
import Testing

/// Every input that must be refused, with its rule and its line.
struct HostileXMLTests {
    struct Hostile: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let rules: [Rule]
        let line: Int?

        init(_ name: String, _ text: String, _ rules: Rule..., line: Int? = 1) {
            self.init(name, bytes: Array(text.utf8), rules, line: line)
        }

        init(_ name: String, bytes: [UInt8], _ rules: [Rule], line: Int? = 1) {
            self.name = name
            self.bytes = bytes
            self.rules = rules
            self.line = line
        }

        var testDescription: String { name }
    }

    private static func repeated(_ text: String, _ count: Int) -> String {
        String(repeating: text, count: count)
    }

    private static let entities = (1...9).map { "<!ENTITY l\($0) \"\(repeated("&l\($0 - 1);", 10))\">" }.joined(
        separator: "\n")
    private static let document = "<kmd>\n<person id='æ'><name><![CDATA[x]]>y</name></person>\n</kmd>"

    private static let all = [
        Hostile(
            "billion laughs",
            "<?xml version='1.0'?>\n<!DOCTYPE kmd [\n<!ENTITY l0 \"lol\">\n\(entities)]><kmd>&l9;</kmd>", .doctype,
            line: 2),
        Hostile(
            "quadratic blow-up",
            "<!DOCTYPE kmd [<!ENTITY a \"\(repeated("a", 50_000))\">]><kmd>\(repeated("&a;", 1000))</kmd>", .doctype,
            .tooLarge, line: nil),
        Hostile(
            "external entity",
            "<!DOCTYPE kmd [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><kmd><person><name>&e;</name></person></kmd>",
            .doctype),
        Hostile("parameter entity", "<!DOCTYPE kmd [<!ENTITY % p SYSTEM 'http://127.0.0.1:9/x'> %p;]><kmd/>", .doctype),
        Hostile("external subset", "\n<!DOCTYPE kmd SYSTEM 'http://127.0.0.1:9/x.dtd'><kmd/>", .doctype, line: 2),
        Hostile("plain doctype", "<!DOCTYPE kmd><kmd/>", .doctype),
        Hostile("undeclared entity", "<kmd>\n<person id='&e;'/></kmd>", .notWellFormed, line: 2),
        Hostile("16 MB attribute", "<kmd>\n<person id='\(repeated("x", 16 << 20))'/></kmd>", .tooLarge, line: nil),
        Hostile(
            "200,000 attributes", "<kmd><person \((0..<200_000).map { "a\($0)='' " }.joined())/></kmd>", .tooLarge,
            line: nil),
        Hostile(
            "200,000 namespaces", "<kmd><person \((0..<200_000).map { "xmlns:a\($0)='u' " }.joined())/></kmd>",
            .tooLarge, line: nil),
        Hostile("endless instruction", "<?\(repeated("x", 1 << 20))", .tooLarge, line: nil),
        Hostile("depth 100,000", "<kmd>\n<person>\(repeated("<a>", 100_000))", .tooLarge, line: 2),
        Hostile("depth outside of records", "<kmd>\n\(repeated("<a>", 100_000))", .tooLarge, line: 2),
        Hostile("16 MB of text", "<kmd><person>\n<name>\(repeated("<b>x</b>", 5 << 20))", .tooLarge, line: 2),
        Hostile("NUL", "<kmd>\n<person id='\u{0}'/></kmd>", .notWellFormed, line: 2),
        Hostile("NUL in text", "<kmd>\n<person><name>\u{0}</name></person></kmd>", .notWellFormed, line: 2),
        Hostile("control character", "<kmd>\n<person><name>\u{1B}[31m</name></person></kmd>", .notWellFormed, line: 2),
        Hostile(
            "control character by number", "<kmd>\n<person><name>&#27;</name></person></kmd>", .notWellFormed, line: 2),
        Hostile("NUL by number", "<kmd>\n<person id='&#0;'/></kmd>", .notWellFormed, line: 2),
        Hostile("surrogate by number", "<kmd>\n<person id='&#xD800;'/></kmd>", .notWellFormed, line: 2),
        Hostile("empty", "", .truncated, line: nil),
        Hostile("blank", "  \n ", .truncated, .notWellFormed, line: nil),
        Hostile("no XML", "id;name\n1;x\n", .notWellFormed),
        Hostile("declaration only", "<?xml version='1.0'?>\n", .truncated, line: nil),
        Hostile("cut in a tag", "<kmd>\n<person id='1'", .truncated, line: 2),
        Hostile("cut in a name", "<kmd>\n<pers", .truncated, line: 2),
        Hostile("cut in an attribute", "<kmd>\n<person id='1", .truncated, line: 2),
        Hostile("cut in text", "<kmd>\n<person><name>Ås", .truncated, line: 2),
        Hostile("cut in CDATA", "<kmd>\n<person><name><![CDATA[x", .truncated, line: 2),
        Hostile("cut in a comment", "<kmd>\n<!-- x", .truncated, line: 2),
        Hostile("cut after a record", "<kmd>\n<person/>\n", .truncated, line: 3),
        Hostile("cut in an end tag", "<kmd>\n<person></pers", .truncated, .notWellFormed, line: 2),
        Hostile(
            "cut in a character", bytes: Array("<kmd>\n<person><name>".utf8) + [0xC3], [.truncated, .notWellFormed],
            line: 2),
        Hostile("cut in UTF-16", bytes: utf16(document).dropLast(), [.truncated, .notWellFormed], line: nil),
        Hostile(
            "wrong declaration", bytes: latin1("<?xml version='1.0' encoding='UTF-8'?>\n<kmd><person id='æ'/></kmd>"),
            [.notWellFormed], line: 2),
        Hostile(
            "declared UTF-16, is UTF-8", "<?xml version='1.0' encoding='UTF-16'?>\n<kmd/>", .notWellFormed, .encoding,
            line: nil),
        Hostile(
            "UTF-16 without mark", bytes: utf16(document, mark: false), [.notWellFormed, .truncated, .encoding],
            line: nil),
        Hostile(
            "UTF-16 declared, without mark",
            bytes: utf16("<?xml version='1.0' encoding='UTF-16'?>" + document, mark: false),
            [.notWellFormed, .truncated, .encoding], line: nil),
        Hostile(
            "UTF-32", bytes: document.unicodeScalars.flatMap { [0, 0, 0, UInt8(truncatingIfNeeded: $0.value)] },
            [.encoding, .notWellFormed, .truncated], line: nil),
        Hostile(
            "UTF-32 with declaration",
            bytes: ("<?xml version='1.0'?>" + document).unicodeScalars.flatMap {
                [UInt8(truncatingIfNeeded: $0.value), 0, 0, 0]
            }, [.encoding, .notWellFormed, .truncated], line: nil),
        Hostile("UTF-7", "<?xml version='1.0' encoding='UTF-7'?>\n<kmd><person id='+AOY-'/></kmd>", .encoding, line: 1),
        Hostile(
            "lone surrogate in UTF-8",
            bytes: Array("<kmd>\n<person id='".utf8) + [0xED, 0xA0, 0x80] + Array("'/></kmd>".utf8), [.notWellFormed],
            line: 2),
        Hostile(
            "lone surrogate in UTF-16",
            bytes: utf16("<kmd>\n<person id='") + [0x00, 0xD8] + utf16("'/></kmd>", mark: false),
            [.notWellFormed, .truncated], line: nil),
        Hostile(
            "invalid UTF-8",
            bytes: Array("<kmd>\n<person><name>".utf8) + [0xFF, 0xFE] + Array("</name></person></kmd>".utf8),
            [.notWellFormed], line: 2),
        Hostile(
            "overlong UTF-8", bytes: Array("<kmd>\n<person id='".utf8) + [0xC0, 0xAF] + Array("'/></kmd>".utf8),
            [.notWellFormed], line: 2),
        Hostile("two documents", "<kmd>\n</kmd>\n<kmd></kmd>", .notWellFormed, line: 3),
        Hostile("text after the end", "<kmd>\n</kmd>\nx", .notWellFormed, line: 3),
        Hostile("crossed tags", "<kmd>\n<person><name></person></name></kmd>", .notWellFormed, line: 2),
        Hostile("repeated attribute", "<kmd>\n<person id='1' id='2'/></kmd>", .notWellFormed, line: 2),
        Hostile("naked ampersand", "<kmd>\n<person id='A & B'/></kmd>", .notWellFormed, line: 2),
        Hostile("another root", "<!-- x -->\n<sapExport><person/></sapExport>", .wrongRoot, line: 2),
    ]

    @Test(.timeLimit(.minutes(1)), arguments: all)
    func hostileInput_isRefused_withItsRuleAndLine(_ hostile: Hostile) throws {
        let found = try #require(problem(hostile.bytes, chunk: 64 * 1024))
        #expect(hostile.rules.contains(found.rule), "\(found)")
        if let line = hostile.line { #expect(found.line == line, "\(found)") }
        #expect(!found.message.isEmpty && found.message.unicodeScalars.allSatisfy { $0.value >= 0x20 }, "\(found)")
    }

    @Test func cutAnywhere_isNeverReadToTheEnd() {
        let bytes = Array(Self.document.utf8)
        for count in bytes.indices {
            #expect(problem(Array(bytes[..<count])) != nil, "cut after \(count) bytes")
        }
        #expect(problem(bytes) == nil)
    }

    @Test func xInclude_isNotFollowed() throws {
        let found = try fields(
            "<name><xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='/etc/passwd' parse='text'/></name>")
        #expect(found == [:])
    }

    @Test func refusal_repeatsNothingOfTheDocument() throws {
        let found = try #require(problem("<kmd>\n<person cpr='0101701234' cpr='0101701234'/></kmd>"))
        #expect(!found.message.contains("0101701234"))
    }
}

import OrganisationModel
import SourceExports
import Testing

struct XMLExportReaderTests {
    // MARK: Fields

    @Test func fields_areAttributesChildrenAndAttributesOfChildren() throws {
        let found = try fields(
            "<name lang='da'>Åse</name><other>x</other><post code='8000'>Aarhus</post>",
            attributes: "id='1' kind='k' x='y'")
        #expect(
            found == [
                "@id": "1", "@kind": "k", "name": "Åse", "name/@lang": "da", "post": "Aarhus", "post/@code": "8000",
            ])
    }

    @Test(arguments: [
        "", "<name/>", "<name></name>", "<name> \n\t</name>", "<other>x</other>", "<a><name>deep</name></a>",
    ])
    func field_thatIsAbsentEmptyOrBlank_isNil(_ inside: String) throws {
        #expect(try fields(inside)["name"] == nil)
    }

    @Test(arguments: [
        ("<name>  Åse \n</name>", "Åse"), ("<name>a  b</name>", "a  b"), ("<name>A &amp; B</name>", "A & B"),
        ("<name>&#230;&#xE6;&lt;&gt;&quot;&apos;</name>", "ææ<>\"'"),
        ("<name><![CDATA[a < b & \"c\"]]></name>", "a < b & \"c\""),
        ("<name>a<![CDATA[b]]>c</name>", "abc"), ("<name>a<b>b<c>c</c></b>d</name>", "abcd"),
        ("<name>a<!-- no -->b<?pi no?>c</name>", "abc"), ("<name>&amp;amp;</name>", "&amp;"),
        ("<name>first</name><name>second</name>", "first"), ("<post><name>deep</name></post><name>own</name>", "own"),
        ("<n:name xmlns:n='urn:n'>spaced</n:name>", "spaced"), ("<name>😀\u{10FFFD}</name>", "😀\u{10FFFD}"),
    ])
    func text_ofAChild_isDecoded(_ inside: String, _ expected: String) throws {
        #expect(try fields(inside)["name"] == expected)
    }

    @Test(arguments: [
        ("id='A &amp; B'", "A & B"), ("id='&amp;#38;'", "&#38;"), ("id='&#38;&#230;&lt;&quot;&apos;&gt;'", "&æ<\"'>"),
        ("id='a>b'", "a>b"), ("id=' x '", "x"), ("id='a\n\tb'", "a  b"), ("id='&amp;&amp;&amp;amp;'", "&&&amp;"),
        ("id='first' n:id='second' xmlns:n='urn:n'", "first"), ("id=\"it's\"", "it's"),
    ])
    func text_ofAnAttribute_isDecoded(_ attributes: String, _ expected: String) throws {
        #expect(try fields("", attributes: attributes)["@id"] == expected)
    }

    @Test func repeatedChild_withOtherAttributes_countsOnceWithBoth() throws {
        let found = try fields("<post code='1'>A</post><post code='2'>B</post>")
        #expect(found["post"] == "A" && found["post/@code"] == "1")
    }

    @Test func repeatedChildren_doNotAddUp() throws {
        let child = "<post code='\(String(repeating: "x", count: 1000))'/>"
        #expect(try fields(String(repeating: child, count: 10_000))["post/@code"]?.count == 1000)
    }

    // MARK: Records

    @Test func childNamedLikeARecord_isNoRecord() throws {
        let seen = try read("<kmd><person id='1'><person id='2'><name>x</name></person></person><person id='3'/></kmd>")
        #expect(seen.map { $0.fields[0] } == ["1", "3"] && seen.map { $0.fields[1] } == [nil, nil])
    }

    @Test func elementsThatAreNoRecords_arePassedOver() throws {
        let seen = try read("<kmd><head><person id='0'/></head>text<person id='1'/><foot/></kmd>")
        #expect(seen.map { $0.fields[0] } == ["1"])
    }

    @Test func recordsOfSeveralShapes_keepTheirOrder() throws {
        let shapes = [
            RecordShape(element: "unit", fields: ["@id"]), RecordShape(element: "person", fields: ["name", "@id"]),
        ]
        let text = "<kmd><person id='1'><name>n</name></person><unit id='2'/><person/></kmd>"
        let seen = try read(Array(text.utf8), shapes: shapes)
        #expect(seen.map(\.shape) == [1, 0, 1])
        #expect(seen.map(\.fields) == [["n", "1"], ["2"], [nil, nil]])
    }

    @Test func line_isThatOnWhichTheStartTagEnds() throws {
        let seen = try read(
            "<?xml version='1.0'?>\n<kmd>\n\n<person id='1'/><person\nid='2'>\n<name>\n</name></person>\n<person/></kmd>"
        )
        #expect(seen.map(\.line) == [4, 5, 8])
    }

    @Test func line_beyond65535_isRight() throws {
        let text = "<kmd>" + String(repeating: "\n", count: 99_999) + "<person id='1'/></kmd>"
        #expect(try read(text).map(\.line) == [100_000])
    }

    @Test func childrenInAnyOrder_areFound() throws {
        let children = ["<name lang='l'>n</name>", "<post code='c'>p</post>", "<other/>"]
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let found = try fields(order.map { children[$0] }.joined())
            #expect(found == ["name": "n", "name/@lang": "l", "post": "p", "post/@code": "c"])
        }
    }

    // MARK: Encodings

    private static let danish = "<kmd>\n<person id='æøå'><name lang='Å'>Ærø ĸ€😀</name></person></kmd>"

    @Test func utf8AndUtf16_giveTheSameRecords() throws {
        let expected = try read(Self.danish)
        #expect(expected.first?.fields == ["æøå", "Ærø ĸ€😀", nil, nil, nil, "Å"])
        let head = "<?xml version='1.0' encoding='UTF-16'?>"
        #expect(try read([0xEF, 0xBB, 0xBF] + Array(Self.danish.utf8)) == expected)
        #expect(try read(utf16(Self.danish)) == expected)
        #expect(try read(utf16(Self.danish, bigEndian: true)) == expected)
        #expect(try read(utf16(head + Self.danish)) == expected)
        #expect(try read(utf16(head + Self.danish, bigEndian: true)) == expected)
    }

    @Test func singleByteEncodings_areDecoded() throws {
        let body = "<kmd><person id='æøå'><name>ÆØÅ é</name></person></kmd>"
        for name in ["ISO-8859-1", "iso-8859-1", "windows-1252", "Windows-1252"] {
            let seen = try read(latin1("<?xml version='1.0' encoding='\(name)'?>" + body))
            #expect(seen.first?.fields[0] == "æøå" && seen.first?.fields[1] == "ÆØÅ é")
        }
        let euro =
            latin1("<?xml version='1.0' encoding='windows-1252'?><kmd><person id='") + [0x80] + latin1("'/></kmd>")
        #expect(try read(euro).first?.fields[0] == "€")
    }

    @Test(arguments: [
        "ISO-8859-2", "ISO-8859-15", "UTF-7", "IBM037", "EBCDIC-CP-DK", "Shift_JIS", "UCS-4", "no-such-encoding",
    ])
    func otherEncodings_areRefused(_ name: String) {
        let found = problem("<?xml version='1.0' encoding='\(name)'?><kmd><person id='1'/></kmd>")
        // Some of these make nonsense of the rest before their name is known.
        #expect(found?.rule == .encoding || found?.rule == .notWellFormed, "\(name)")
        #expect(found?.line == 1)
    }

    // MARK: Chunks

    @Test(arguments: 1...50) func chunksOfAnySize_giveTheSameRecords(_ chunk: Int) throws {
        let text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- a > b < c " d -->
            <kmd xmlns:n="urn:n">
              <person id="1 &amp; 2" kind='a>b'><name lang="da">Ærø &#230;<![CDATA[<x y="]]>😀</name></person>
              <n:person n:id="2"><post code="1">P</post><!-- <person id="no"> --></n:person>
              <person id="3"/>
            </kmd>
            """
        let expected = [
            Seen(line: 4, fields: ["1 & 2", "Ærø æ<x y=\"😀", nil, nil, "a>b", "da"]),
            Seen(line: 5, fields: ["2", nil, "1", "P", nil, nil]),
            Seen(line: 6, fields: ["3", nil, nil, nil, nil, nil]),
        ]
        #expect(try read(text, chunk: chunk) == expected)
        #expect(try read(utf16(text.replacingOccurrences(of: "UTF-8", with: "UTF-16")), chunk: chunk) == expected)
        for broken in ["<kmd>\n<person>\n</kmd>", "<kmd>\n<person>", "<!DOCTYPE kmd><kmd/>"] {
            let whole = problem(broken)
            #expect(
                problem(broken, chunk: chunk)?.rule == whole?.rule && problem(broken, chunk: chunk)?.line == whole?.line
            )
        }
    }

    // MARK: Errors of the caller

    private struct Stop: Error, Equatable {
        let number: Int
    }

    @Test func errorOfTheReceiver_endsTheReading() throws {
        let bytes = Array("<kmd><person/><person/><person/></kmd>".utf8)
        var calls = 0
        var isRead = false
        #expect(throws: Stop(number: 2)) {
            let fill = { (buffer: UnsafeMutableRawBufferPointer) -> Int in
                if isRead { return 0 }
                isRead = true
                buffer.copyBytes(from: bytes)
                return bytes.count
            }
            try XMLExportReader(root: "kmd", shapes: [persons]).read(from: fill) { _ in
                calls += 1
                if calls == 2 { throw Stop(number: calls) }
            }
        }
        #expect(calls == 2)
    }

    @Test(arguments: [0, 1, 2]) func errorOfTheSource_endsTheReading(_ good: Int) {
        let parts = ["<kmd><person id='1'/>", "<person id='2'>"]
        var calls = 0
        #expect(throws: Stop(number: good)) {
            let fill = { (buffer: UnsafeMutableRawBufferPointer) throws -> Int in
                guard calls < good else { throw Stop(number: calls) }
                buffer.copyBytes(from: parts[calls].utf8)
                calls += 1
                return parts[calls - 1].utf8.count
            }
            try XMLExportReader(root: "kmd", shapes: [persons]).read(from: fill) { _ in }
        }
    }
}

extension String {
    fileprivate func replacingOccurrences(of old: String, with new: String) -> String {
        split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
}

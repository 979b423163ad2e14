import OrganisationModel
import SourceExports
import Testing

/// Files whose columns the mapping names, and rows that leave out what is empty at their end.
struct CSVHeaderTests {
    private static let given = CSVExportReader.Format(header: .given(["id", "", "name"]))
    private static let optional = CSVExportReader.Format(header: .optional(["id", "", "name"]))
    private static let short = CSVExportReader.Format(acceptsShortRows: true)

    // MARK: Columns that the mapping names

    @Test(arguments: [
        "1;x;Åse\n2;;Bo\n", "1,x,Åse\r\n2,,Bo\r\n", "1\tx\tÅse\n2\t\tBo\n", "\"1\";\"x\r\ny\";\"Åse\"\n\n2;;Bo\n",
        "\u{FEFF}1;x;Åse\n2;;Bo\n", "#TYPE x\n\n 1 ;x; Åse\n2;;Bo\n",
        // The delimiter that makes three fields, not the one that stands most often.
        "1;a,b,c,d,e;Åse\n2;;Bo\n",
    ])
    func fileWithoutAHeader_isReadByTheNamesOfTheMapping(_ text: String) throws {
        for format in [Self.given, Self.optional] {
            for chunk in [1, 5, .max] {
                let found = try readCSV(text, chunk: chunk, format: format)
                #expect(found.rule == nil && found.seen.map(\.fields) == [["1", "Åse"], ["2", "Bo"]])
            }
        }
    }

    @Test(arguments: [
        "id;;name\n1;x;Åse\n", "\"ID\",\"\",\" Name \"\r\n1,x,Åse\r\n", "#TYPE x\nid\t\tname\n1\tx\tÅse\n",
    ])
    func header_thatMayBeThere_isPassedOver(_ text: String) throws {
        #expect(try rows(text, format: Self.optional) == [["1", "Åse"]])
        let refused = try readCSV(text, format: Self.given)
        #expect(
            refused.rule == .headerUnexpected && refused.seen.isEmpty && refused.line == (text.hasPrefix("#") ? 2 : 1))
    }

    // What is read as a record that is none would be an object that nobody has.
    @Test(arguments: [
        "name;;id\nÅse;x;1\n", "id;phone;name\n1;2;Åse\n", "id;name\n1;Åse\n", "id;;name;mail\n1;x;Åse;y\n",
    ])
    func headerOfOtherColumns_isNeverARecord(_ text: String) throws {
        for format in [Self.given, Self.optional] {
            #expect(try readCSV(text, format: format).rule == .headerUnexpected)
        }
    }

    @Test func value_thatIsAlsoANameOfAColumn_isAValue() throws {
        #expect(try rows("1;x;name\n2;y;Bo\n", format: Self.optional) == [["1", "name"], ["2", "Bo"]])
        #expect(try rows("id;name\n1;Åse\n", format: Self.short) == [["1", "Åse"]])
    }

    @Test(arguments: [
        ("1;x\n2;;Bo\n", Rule.rowLength, 1), ("1;x;Åse;y\n", .rowLength, 1), ("1;x;Åse\n2;y\n3;;Bo\n", .rowLength, 2),
        ("1;x;Åse\n2;y;Bo;z\n", .rowLength, 2), ("1;x;Åse\n2;y\n", .csvTruncated, 2), ("1;x;Åse", .csvTruncated, 1),
        ("1;x\n", .csvTruncated, 1), ("", .headerMissing, 0), ("\n\n", .headerMissing, 0),
        ("1;\"x;Åse\n", .csvTruncated, 1),
        ("1;\u{0};Åse\n", .csvEncoding, 1),
    ])
    func fileWithoutAHeader_isRefusedAsAnyOther(_ text: String, _ rule: Rule, _ line: Int) throws {
        for format in [Self.given, Self.optional] {
            for chunk in [1, .max] {
                let found = try readCSV(text, chunk: chunk, format: format)
                #expect(found.rule == rule && found.line == line, "\(found)")
            }
        }
    }

    @Test func column_thatTheMappingReadsAndDoesNotName_isRefused() throws {
        let found = try readCSV("1;x;Åse\n", fields: ["id", "mail"], format: Self.given)
        #expect(found.rule == .columnMissing && found.message.contains("\"mail\""))
        #expect(try rows("1;x;Åse\n", fields: ["name", "id", "name"], format: Self.given) == [["Åse", "1", "Åse"]])
    }

    // MARK: Short rows

    @Test(
        arguments: [
            ("id;name;x\n1\n2;b\n3;c;d\n", [["1", nil], ["2", "b"], ["3", "c"]]),
            ("x;name;id\na\nb;c;1\nd;e\n", [[nil, nil], ["1", "c"], [nil, "e"]]),
            ("id;name\r\n1;a;\r\n2;b;;;\"\";\r\n\r\n3\r\n", [["1", "a"], ["2", "b"], ["3", nil]]),
            ("id;name\n\"1\"\n\"2\";\"b\"\n", [["1", nil], ["2", "b"]]),
        ] as [(String, [[String?]])])
    func rowsThatLeaveOutEmptyFields_areRead_whereTheMappingAcceptsThem(_ text: String, _ expected: [[String?]]) throws
    {
        for chunk in [1, 3, .max] {
            let found = try readCSV(text, chunk: chunk, format: Self.short)
            #expect(found.rule == nil && found.seen.map(\.fields) == expected, "\(found.message)")
        }
        #expect(try [.rowLength, .csvTruncated].contains(readCSV(text).rule))
    }

    @Test(arguments: [
        ("id;name\n1;a;b\n", Rule.rowLength, 2), ("id;name\n1;a;;b\n", .rowLength, 2),
        ("id;name\n1;a;\" \"\n", .rowLength, 2),
        ("id;name\n1\n2;a;\"b\n\"\n", .rowLength, 3), ("id;name\n1", .csvTruncated, 2),
        ("id;name\n1;a\n2", .csvTruncated, 3),
        ("id;name\n1;\"a\n", .csvTruncated, 2), ("id;name\n1;a;\u{0}\n", .csvEncoding, 2),
        ("id;name\n1;a;b\"\n", .rowLength, 2),
        ("id;name\n1;a\r2\n", .lineEnd, 2),
    ])
    func shortRows_forgiveNothingElse(_ text: String, _ rule: Rule, _ line: Int) throws {
        for chunk in [1, .max] {
            let found = try readCSV(text, chunk: chunk, format: Self.short)
            #expect(found.rule == rule && found.line == line, "\(found)")
        }
    }

    @Test func shortRows_areAcceptedFromTheFirstRowOn_whereNoneNamesTheColumns() throws {
        let format = CSVExportReader.Format(
            delimiter: 0x3B, header: .given(["id", "x", "name"]), acceptsShortRows: true)
        #expect(try rows("1\n2;;b;;\n", format: format) == [["1", nil], ["2", "b"]])
        #expect(try rows("2;;b;;\n1\n", format: format) == [["2", "b"], ["1", nil]])
        #expect(try readCSV("2;;b;c\n", format: format).rule == .rowLength)
    }

    @Test(.timeLimit(.minutes(1))) func endlessEmptyFields_areRefusedByTheLimitOfARow() throws {
        let found = try readCSV("id;name\n1" + String(repeating: ";", count: 17 << 20) + "\n", format: Self.short)
        #expect(found.rule == .csvTooLarge && found.line == 2)
    }

    @Test func columnThatMayBeLacking_isAbsent_andOthersAreMissed() throws {
        let format = CSVExportReader.Format(optionalColumns: ["name"])
        #expect(try rows("id;x\n1;a\n2;b\n", format: format) == [["1", nil], ["2", nil]])
        #expect(try rows("id;name\n1;a\n", format: format) == [["1", "a"]])
        #expect(try readCSV("key;name\n1;a\n", format: format).rule == .columnMissing)
        #expect(try readCSV("id;name;name\n1;a;b\n", format: format).rule == .columnRepeated)
    }

    // MARK: What is told

    private func form(_ bytes: [UInt8], _ format: CSVExportReader.Format = .init()) throws -> String? {
        let reader = CSVExportReader(shape: RecordShape(element: "", fields: ["id"]), format: format)
        var isRead = false
        try? reader.read { buffer in
            if isRead { return 0 }
            isRead = true
            buffer.copyBytes(from: bytes)
            return bytes.count
        } _: { _ in
        }
        return reader.form?.description
    }

    @Test func form_tellsWhatWasFound() throws {
        func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }
        #expect(try form(utf8("\u{FEFF}id;name\n1;a\n")) == "UTF-8 with byte order mark, \";\", 2 columns")
        #expect(try form(utf8("id,name,\n1,å,\n")) == "UTF-8, \",\", 3 columns")
        #expect(try form(latin1("#TYPE x\nid\tname\n1\tå\n")) == "Windows-1252, tab, 2 columns, header on line 2")
        #expect(try form(latin1("id\n1å\n"), .init(encoding: .latin1)) == "ISO-8859-1, 1 column")
        #expect(try form(utf16("id;name\n1;a\n", bigEndian: true)) == "UTF-16 with byte order mark, \";\", 2 columns")
        #expect(
            try form(utf8("1;a\n"), .init(header: .optional(["id", "name"]))) == "ASCII, \";\", 2 columns, no header")
        // Also of a file that is refused, as far as it was read.
        #expect(try form(utf8("id;name\n1\n")) == "ASCII, \";\", 2 columns")
        #expect(try form([]) == "ASCII")
    }
}

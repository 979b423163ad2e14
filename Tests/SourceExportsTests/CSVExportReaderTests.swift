import OrganisationModel
import SourceExports
import Testing

struct CSVExportReaderTests {
    // MARK: Fields

    @Test(arguments: [
        ("1;Åse\n", "Åse"), ("1;\"Åse\"\n", "Åse"), ("1;\"a;b\"\n", "a;b"), ("1;\"a\"\"b\"\n", "a\"b"),
        ("1;\"\"\"\"\n", "\""), ("1;\"\"\"a\"\"\"\n", "\"a\""), ("1;\"a\r\nb\"\n", "a\r\nb"), ("1;\"a\nb\"\n", "a\nb"),
        ("1;\"a\rb\"\n", "a\rb"), ("1;  a b \n", "a b"), ("1;\" \r\n a\t\"\n", "a"), ("1;a,b\tc\n", "a,b\tc"),
        ("1;=1+1\n", "=1+1"), ("1;\"@SUM(A1)\"\n", "@SUM(A1)"), ("1;-1\n", "-1"), ("1;+45 33\n", "+45 33"),
        ("1;a\\\n", "a\\"), ("1;😀\u{10FFFD}\n", "😀\u{10FFFD}"),
        ("1;'it''s'\n", "'it''s'"), ("1;abcdefghijklmnopqrstuvwxyz\n", "abcdefghijklmnopqrstuvwxyz"),
        ("1;\"abcdefghijklmnop\"\"qrstuvwxyz\"\n", "abcdefghijklmnop\"qrstuvwxyz"), ("1;\u{1B}[31m\n", "\u{1B}[31m"),
        ("1;a\u{FEFF}b\n", "a\u{FEFF}b"), ("1;\u{FEFF}b\n", "\u{FEFF}b"),
    ])
    func text_isUnquotedAndTrimmed_andElseKeptAsItIs(_ row: String, _ expected: String) throws {
        #expect(try rows("id;name\n" + row) == [["1", expected]])
    }

    @Test(arguments: ["1;\n", "1;\"\"\n", "1;  \n", "1;\" \r\n\t\"\n"])
    func field_thatIsEmptyOrBlank_isNil(_ row: String) throws {
        #expect(try rows("id;name\n" + row) == [["1", nil]])
    }

    @Test func columns_thatAreNotWanted_arePassedOver() throws {
        let text = "x,name,,id,x,\n\"a\"\"\r\n,b\",Åse,ø,1,,\n,,,,,\n"
        #expect(try rows(text) == [["1", "Åse"], [nil, nil]])
    }

    @Test func columnThatTwoFieldsName_isReadIntoBoth() throws {
        let text = "id;name\nlonger;a\n1;b\n;c\n"
        #expect(
            try rows(text, fields: ["id", "name", "id"]) == [
                ["longer", "a", "longer"], ["1", "b", "1"], [nil, "c", nil],
            ])
    }

    @Test func fields_followTheShape_notTheHeader() throws {
        #expect(try rows("name;id\nÅse;1\n", fields: ["id", "name", "id"]) == [["1", "Åse", "1"]])
        #expect(try rows("name;id\nÅse;1\n", fields: []) == [[]])
    }

    // MARK: Header

    @Test(arguments: [
        "id;name\n1;a,b\n", "id,name\n1,\"a,b\"\n", "id\tname\n1\ta,b\n", "\"id\";\"name\"\n\"1\";\"a,b\"\n",
        " id ; name \n1;a,b\n", "\u{FEFF}id;name\n1;a,b\n", "\u{FEFF}\"id\";\"name\"\n1;a,b\n",
        "\r\n\nid;name\r\n1;a,b\r\n", "id;name;\"a,b,c,d\"\n1;a,b;\n", "id;name;\"x\r\ny\"\n1;a,b;\n",
        "#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser\r\nid;name\n1;a,b\n",
        "\u{FEFF}#TYPE a,b,c,\"d\r\n\nid;name\n1;a,b\n",
    ])
    func header_namesTheColumnsAndShowsTheDelimiter(_ text: String) throws {
        #expect(try rows(text) == [["1", "a,b"]])
    }

    @Test func delimiter_thatIsGiven_isNotGuessed() throws {
        let text = "id|name;a;b;c\n1|x\n"
        #expect(try rows(text, fields: ["id"], format: .init(delimiter: 0x7C)) == [["1"]])
        #expect(try readCSV(text, fields: ["id"]).rule == .columnMissing)
    }

    @Test func delimiter_ofOneColumn_doesNotMatter() throws {
        #expect(try rows("id\n1\n\n2\n", fields: ["id"]) == [["1"], ["2"]])
    }

    @Test func canDelimit_isTrueOfASCII_butNotOfQuotesAndLineEnds() {
        let refused = (UInt8.min...UInt8.max).filter { !CSVExportReader.Format.canDelimit($0) }
        #expect(refused == [0, 0x0A, 0x0D, 0x22] + Array(0x80...0xFF))
    }

    @Test(arguments: ["Id;name\n1;x\n", "id;nam\n", "id\n1\n", "1;Åse\n2;Bo\n", "id;na\u{308}me\n"])
    func column_thatTheHeaderLacks_isRefusedByName(_ text: String) throws {
        let outcome = try readCSV("\n" + text)
        #expect(outcome.rule == .columnMissing && outcome.line == 2)
        #expect(outcome.message.contains("\"name\"") || outcome.message.contains("\"id\""))
        #expect(!outcome.message.contains("Åse"))
    }

    @Test func columnName_inAMessage_isShortAndHoldsNoNumberOfAPerson() throws {
        let name = "010170-1234\n" + String(repeating: "x", count: 100)
        let message = try readCSV("id;name\n", fields: [name]).message
        #expect(!message.contains("1234") && !message.contains("\n"))
        #expect(message.contains("x...") && !message.contains(String(repeating: "x", count: 60)))
        let many = try readCSV("id;name\n", fields: (0..<1000).map { "column \($0)" }).message
        #expect(many.contains("column 4") && many.contains("995 more") && many.count < 600)
    }

    @Test func column_thatIsWantedAndStandsTwice_isRefusedByName() throws {
        let outcome = try readCSV("id;name;name\n1;a;b\n")
        #expect(outcome.rule == .columnRepeated && outcome.line == 1 && outcome.message.contains("\"name\""))
        #expect(try rows("id;x;x;;\n1;a;b;;\n", fields: ["id"]) == [["1"]])
    }

    @Test func headerAlone_givesNoRecord() throws {
        #expect(try rows("id;name\r\n") == [])
        #expect(try rows("id;name\n\n\r\n") == [])
    }

    // MARK: Lines

    @Test func line_isThatOnWhichTheRowBegins() throws {
        let text = "#TYPE x\r\n\nid;\"na\nme\"\n1;a\r\n\n2;\"a\nb\r\nc\"\n\r\n3;\"x\"\n"
        let outcome = try readCSV(text, fields: ["id"])
        #expect(outcome.seen.map(\.line) == [5, 7, 11] && outcome.rule == nil)
    }

    @Test func lineEnds_ofBothKinds_mayBeMixed() throws {
        #expect(try rows("id;name\r\n1;a\n2;\"b\"\r\n3;c\n") == [["1", "a"], ["2", "b"], ["3", "c"]])
    }

    // MARK: Errors of others

    private struct Stop: Error {}

    @Test func error_ofTheReceiver_endsTheReadingUnchanged() throws {
        var records = 0
        var calls = 0
        let reader = CSVExportReader(shape: RecordShape(element: "", fields: ["id"]))
        #expect(throws: Stop.self) {
            try reader.read { buffer in
                calls += 1
                buffer.copyBytes(from: Array("id\n1\n2\n".utf8))
                return 7
            } _: { _ in
                records += 1
                throw Stop()
            }
        }
        #expect(records == 1 && calls == 1)
    }

    @Test func error_ofTheFile_endsTheReadingUnchanged() throws {
        let reader = CSVExportReader(shape: RecordShape(element: "", fields: ["id"]))
        #expect(throws: Stop.self) { try reader.read(from: { _ in throw Stop() }, { _ in }) }
    }
}

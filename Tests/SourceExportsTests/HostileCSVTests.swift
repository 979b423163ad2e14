import OrganisationModel
import SourceExports
import Testing

/// Every input that must be refused, with its rule and its line.
struct HostileCSVTests {
    struct Hostile: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let rule: Rule
        let line: Int

        init(_ name: String, _ text: String, _ rule: Rule, line: Int) {
            self.name = name
            self.text = text
            self.rule = rule
            self.line = line
        }

        var testDescription: String { name }
    }

    private static func repeated(_ text: String, _ count: Int) -> String {
        String(repeating: text, count: count)
    }

    private static let all = [
        Hostile("empty", "", .headerMissing, line: 0),
        Hostile("byte order mark only", "\u{FEFF}", .headerMissing, line: 0),
        Hostile("blank lines only", "\r\n\n\r\n", .headerMissing, line: 0),
        Hostile("type line only", "#TYPE x\r\n", .headerMissing, line: 0),
        Hostile("cut in the type line", "#TYPE x", .csvTruncated, line: 1),
        Hostile("cut in the header", "\nid;na", .csvTruncated, line: 2),
        Hostile("cut in a quoted header", "\"id\";\"na", .csvTruncated, line: 1),
        Hostile("spaces for a header", "  \n", .columnMissing, line: 1),
        Hostile("unbalanced quote", "id;name\n1;\"a\n2;b\n3;c\n", .csvTruncated, line: 2),
        Hostile("unbalanced quote further on", "id;name\n1;\"a\n2;\"b\"\n", .misplacedQuote, line: 3),
        Hostile("unbalanced quote in a later field", "id;name\n\"1\n1\";\"a\n", .csvTruncated, line: 3),
        Hostile("text behind a quote", "id;name\n1;\"a\"b\n", .misplacedQuote, line: 2),
        Hostile("space behind a quote", "id;name\n1;\"a\" \n", .misplacedQuote, line: 2),
        Hostile("text behind a quote with line breaks", "id;name\n1;\"a\n\n\"b\n", .misplacedQuote, line: 4),
        Hostile("quote inside a field", "id;name\n1;a\"b\"\n", .misplacedQuote, line: 2),
        Hostile("quote behind a space", "id;name\n1; \"b\"\n", .misplacedQuote, line: 2),
        Hostile("quote in a header", "id;na\"me\n1;a\n", .misplacedQuote, line: 1),
        Hostile("mark before a quote", "id;name\n\u{FEFF}\"1\";a\n", .csvEncoding, line: 2),
        Hostile("joined files", "\u{FEFF}id;name\n1;a\n\u{FEFF}id;name\n2;b\n", .csvEncoding, line: 3),
        Hostile("doubled mark", "\u{FEFF}\u{FEFF}id;name\n1;a\n", .csvEncoding, line: 1),
        Hostile("mark inside a field", "id;name\n1;a\n2\u{FEFF};\"b\"\"\n", .csvTruncated, line: 3),
        Hostile("lone carriage return", "id;name\r\n1;a\r2;b\n", .lineEnd, line: 2),
        Hostile("lone carriage return behind a quote", "id;name\r\n1;\"a\"\r2;b\n", .lineEnd, line: 2),
        Hostile("lone carriage return in a field", "id;name\r\n1\r;a\r\n", .lineEnd, line: 2),
        Hostile("lone carriage return on a blank line", "id;name\r\n\r1;a\r\n", .lineEnd, line: 2),
        Hostile("doubled carriage return", "id;name\r\n1;a\r\r\n", .lineEnd, line: 2),
        Hostile("carriage returns only", "id;name\r1;a\r", .lineEnd, line: 1),
        Hostile("NUL", "id;name\n1;a\u{0}b\n", .csvEncoding, line: 2),
        Hostile("NUL inside quotes", "id;name\n1;\"a\n\u{0}b\"\n", .csvEncoding, line: 3),
        Hostile("NUL in a column that is not read", "id;x;name\n1;\u{0};b\n", .csvEncoding, line: 2),
        Hostile("NUL in a header", "id;na\u{0}me\n1;b\n", .csvEncoding, line: 1),
        Hostile("too few fields", "id;name;x\n1;a\n2;b;\n", .rowLength, line: 2),
        Hostile("too few fields before a blank line", "id;name;x\n1;a\n\n2;b;\n", .rowLength, line: 2),
        Hostile("too few fields at the end", "id;name;x\n1;a;\n2;b\n\n", .csvTruncated, line: 3),
        Hostile("spaces at the end", "id;name\n1;a\n  \n", .csvTruncated, line: 3),
        Hostile("too many fields", "id;name\n1;a;\n", .rowLength, line: 2),
        Hostile("delimiter that is not quoted", "id,name\n1,Hansen, Hans\n", .rowLength, line: 2),
        Hostile("no line break at the end", "id;name\n1;a\n2;b", .csvTruncated, line: 3),
        Hostile("carriage return at the end", "id;name\r\n1;a\r\n2;b\r", .csvTruncated, line: 3),
        Hostile("carriage return on the last line", "id;name\r\n1;a\r\n\r", .csvTruncated, line: 3),
        Hostile("no line break behind a quote", "id;name\n1;\"a\"", .csvTruncated, line: 2),
        Hostile("10 MB field", "id;name\n1;\(repeated("x", 10 << 20))\n", .csvTooLarge, line: 2),
        Hostile("10 MB quoted field", "id;name\n1;\"\(repeated("x\n", 5 << 20))\"\n", .csvTooLarge, line: 2),
        Hostile("17 MB in columns that are not read", "id;x;name\n1;\(repeated("x", 17 << 20))", .csvTooLarge, line: 2),
        Hostile("17 MB of quoted lines", "id;x;name\n1;\"\(repeated("a\n", 9 << 20))", .csvTooLarge, line: 2),
        Hostile("17 MB row of right form", "id;x;name\n1;\(repeated("x", 17 << 20));\n", .csvTooLarge, line: 2),
        Hostile("a million columns", repeated("c;", 1_000_000) + "\n", .csvTooLarge, line: 1),
        Hostile("5 MB header", repeated("x", 5 << 20) + "\n", .csvTooLarge, line: 1),
        Hostile("endless header", "\"" + repeated("x\n", 5 << 20), .csvTooLarge, line: 1),
        Hostile("a million fields", "id;name\n" + repeated("c;", 1_000_000) + "\n", .rowLength, line: 2),
        Hostile("XML", "<?xml version='1.0'?>\n<kmd/>\n", .columnMissing, line: 1),
    ]

    @Test(.timeLimit(.minutes(1)), arguments: all)
    func hostileInput_isRefused_withItsRuleAndLine(_ hostile: Hostile) throws {
        for chunk in [.max, 997] {
            let found = try readCSV(hostile.text, chunk: chunk)
            #expect(found.rule == hostile.rule && found.line == hostile.line, "\(found.message)")
            #expect(
                !found.message.isEmpty && found.message.unicodeScalars.allSatisfy { $0.value >= 0x20 },
                "\(found.message)")
        }
    }

    @Test func limits_areNotPassed_byWhatTheyAllow() throws {
        let field = Self.repeated("x", (4 << 20) - 1)
        #expect(try rows("id;name\n1;\(field)\n") == [["1", field]])
        let names = "id;name;" + (3...10_000).map { "c\($0)" }.joined(separator: ";") + "\n"
        #expect(try rows(names + "1;a" + Self.repeated(";", 9_998) + "\n") == [["1", "a"]])
        #expect(try readCSV("x;" + names).rule == .csvTooLarge)
        // A row of exactly 16 MiB, its line break included.
        let row = "1;\(Self.repeated("x", (16 << 20) - 4));"
        #expect(try rows("id;x;name\n\(row)\n") == [["1", nil]])
        #expect(try readCSV("id;x;name\n\(row)y\n").rule == .csvTooLarge)
    }

    @Test(arguments: [
        "id;name;x\r\n1;\"Åse\r\n\"\"A\"\"\";æ\r\n\r\n2;\"b\";\r\n", "#TYPE x\n\nid,name\n1,\"a\nb\"\n2,\n\n",
        "id;name\n\"1\";x\n\"2\";y\n",
    ])
    func file_thatIsCutAnywhere_isRefused_unlessBetweenTwoRows(_ text: String) throws {
        let windows1252 = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        for bytes in [Array(text.utf8), Array("\u{FEFF}\(text)".utf8), utf16(text), windows1252] {
            let whole = try readCSV(bytes)
            #expect(whole.rule == nil && whole.seen.count == 2)
            var ends: [Int] = []
            for count in bytes.indices {
                let cut = try readCSV(Array(bytes[..<count]))
                #expect(cut.seen == Array(whole.seen.prefix(cut.seen.count)), "cut after \(count) bytes")
                guard cut.rule == nil else {
                    #expect([.csvTruncated, .headerMissing].contains(cut.rule), "cut after \(count) bytes")
                    continue
                }
                ends.append(count)
                let isUTF16 = bytes.starts(with: [0xFF, 0xFE])
                #expect(bytes[count - (isUTF16 ? 2 : 1)] == 0x0A, "cut after \(count) bytes")
            }
            // Behind the header, behind the first row, and before or behind a blank line.
            let blanks = text.contains("\r\n\r\n") || text.hasSuffix("\n\n") ? 1 : 0
            #expect(ends.count == 2 + blanks, "\(ends)")
        }
    }

    @Test(arguments: [
        "id;name\n0101701234;010170-1234;x\n", "id;name\n0101701234\n0101701234;x\n",
        "id;name\n0101701234;\"a\"0101701234\n",
        "id;name\n0101701234;\"0101701234", "id;name\n0101701234;x", "0101701234;x\n0101701234;y\n",
        "id;name\n0101701234;\u{0}\n", "id;name\r\n0101701234;x\r0101701234\n", "id;id;name\n0101701234;x;\n",
        "id;name\n0101701234\n",
    ])
    func refusal_repeatsNothingOfTheRows(_ text: String) throws {
        let outcome = try readCSV(text)
        #expect(outcome.rule != nil && !outcome.message.contains("1234") && !outcome.message.contains("010170"))
    }
}

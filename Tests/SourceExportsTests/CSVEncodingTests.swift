import OrganisationModel
import SourceExports
import Testing

struct CSVEncodingTests {
    private static func file(_ name: [UInt8]) -> [UInt8] {
        Array("id;name\n1;".utf8) + name + [0x0A]
    }

    @Test(
        arguments: [
            ([0xC5, 0x73, 0x65], "Åse"), ([0xC3, 0x85, 0x73, 0x65], "Åse"), ([0x80, 0x20, 0x96], "€ –"),
            ([0xE2, 0x82, 0xAC], "€"), ([0xF0, 0x9F, 0x98, 0x80], "😀"), ([0xE2, 0x82], "â‚"),
            ([0xC3, 0x73], "Ãs"), ([0xC5, 0xC3, 0x85], "ÅÃ…"), ([0xFF, 0xFE], "ÿþ"), ([0xE6, 0xF8, 0xE5], "æøå"),
        ] as [([UInt8], String)])
    func firstCharacterOutsideASCII_decidesBetweenUTF8AndWindows1252(_ bytes: [UInt8], _ expected: String) throws {
        #expect(try rows(Self.file(bytes)) == [["1", expected]])
        #expect(try readCSV(Self.file(bytes), chunk: 1).seen.map(\.fields) == [["1", expected]])
    }

    @Test func windows1252_hasTheCharactersThatItsTableNames() throws {
        let bytes = (0x80...0xFF).map { UInt8($0) }.filter { ![0x81, 0x8D, 0x8F, 0x90, 0x9D].contains($0) }
        let high = String(String.UnicodeScalarView((0xA0...0xFF).compactMap(UnicodeScalar.init)))
        #expect(
            try rows(Self.file([0x78] + bytes + [0x78])) == [["1", "x€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ\(high)x"]])
    }

    @Test(arguments: [false, true]) func utf16_withAMark_isRead(_ bigEndian: Bool) throws {
        let text = "#TYPE x\r\n\"id\";\"name\"\r\n\"1\";\"Åse € 😀\"\r\n"
        #expect(try rows(utf16(text, bigEndian: bigEndian)) == [["1", "Åse € 😀"]])
        let outcome = try readCSV(utf16(text, bigEndian: bigEndian), chunk: 1)
        #expect(outcome.seen == [Seen(line: 3, fields: ["1", "Åse € 😀"])])
    }

    @Test func encoding_thatIsGiven_isBelieved() throws {
        let bytes = Self.file([0xC3, 0x85])
        #expect(try rows(bytes, format: .init(encoding: .utf8)) == [["1", "Å"]])
        #expect(try rows(bytes, format: .init(encoding: .windows1252)) == [["1", "Ã…"]])
        #expect(try rows(Self.file([0xC3, 0xB8]), format: .init(encoding: .latin1)) == [["1", "Ã¸"]])
    }

    @Test(arguments: CSVExportReader.Format.Encoding.allCases)
    func mark_countsMoreThanTheGivenEncoding(_ encoding: CSVExportReader.Format.Encoding) throws {
        let format = CSVExportReader.Format(encoding: encoding)
        #expect(try rows([0xEF, 0xBB, 0xBF] + Self.file(Array("Å".utf8)), format: format) == [["1", "Å"]])
        #expect(try rows(utf16("id;name\n1;Å\n"), format: format) == [["1", "Å"]])
    }

    @Test(
        arguments: [
            (nil, [0xC3, 0x85, 0x0A, 0xC5], 3), (nil, [0xC5, 0x0A, 0x81, 0x20], 3), (nil, [0xC5, 0x20, 0x9D], 2),
            (.utf8, [0xC5, 0x73], 2), (.utf8, [0xC0, 0xAF], 2), (.utf8, [0xED, 0xA0, 0x80], 2), (.utf8, [0xFF], 2),
            (.utf8, [0xF4, 0x90, 0x80, 0x80], 2), (.utf8, [0xE0, 0x80, 0x80], 2), (.utf8, [0x80], 2),
            (.utf8, [0xF5, 0x80, 0x80, 0x80], 2), (.utf8, [0xF0, 0x80, 0x80, 0x80], 2), (.utf8, [0xE2, 0x82], 2),
            (.windows1252, [0x81], 2), (.windows1252, [0x8D], 2), (.windows1252, [0x8F], 2), (.windows1252, [0x90], 2),
            (.latin1, [0x80], 2), (.latin1, [0x9F], 2), (.utf16, [0x78], 1), (nil, [0x78, 0x00], 2), (nil, [0x00], 2),
            (.latin1, [0x00], 2),
        ] as [(CSVExportReader.Format.Encoding?, [UInt8], Int)])
    func bytes_thatAreNoTextOfTheEncoding_areRefusedWithTheirLine(
        _ encoding: CSVExportReader.Format.Encoding?, _ bytes: [UInt8], _ line: Int
    ) throws {
        // A line feed among the bytes begins a row of its own.
        let pieces = bytes.split(separator: 0x0A).map(Array.init)
        let file = Array("id;name\n".utf8) + pieces.flatMap { Array("1;".utf8) + $0 + [0x0A] }
        for chunk in [1, 2, 3, .max] {
            let outcome = try readCSV(file, chunk: chunk, format: .init(encoding: encoding))
            #expect(outcome.rule == .csvEncoding && outcome.line == line, "\(outcome)")
        }
    }

    @Test func utf16_withHalfACharacterAlone_isRefused() throws {
        for lone: [UInt8] in [[0x00, 0xD8], [0x00, 0xDC]] {
            let bytes = utf16("id;name\n1;") + lone + utf16("x\n", mark: false)
            let outcome = try readCSV(bytes)
            #expect(outcome.rule == .csvEncoding && outcome.line == 2)
        }
    }

    @Test func utf16_withoutAMark_isRefused() throws {
        for bigEndian in [false, true] {
            let bytes = utf16("id;name\n1;x\n", bigEndian: bigEndian, mark: false)
            let outcome = try readCSV(bytes)
            #expect(outcome.rule == .csvEncoding && outcome.line == 1 && outcome.message.contains("byte order mark"))
        }
    }

    @Test func utf32_isRefused() throws {
        let bytes: [UInt8] = "\u{FEFF}id;name\n".unicodeScalars.flatMap { scalar in
            [UInt8(truncatingIfNeeded: scalar.value), UInt8(truncatingIfNeeded: scalar.value >> 8), 0, 0]
        }
        #expect(try readCSV(bytes).rule == .csvEncoding)
    }
}

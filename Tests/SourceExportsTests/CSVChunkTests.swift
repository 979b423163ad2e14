import OrganisationModel
import SourceExports
import Testing

/// Chance that is the same in every run (SplitMix64).
private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    mutating func pick<T>(_ all: [T]) -> T {
        all[Int.random(in: all.indices, using: &self)]
    }

    mutating func text(_ alphabet: [String], upTo count: Int) -> String {
        (0..<Int.random(in: 0...count, using: &self)).map { _ in pick(alphabet) }.joined()
    }
}

struct CSVChunkTests {
    /// A table, as a file and as what must be read from it.
    private struct Table {
        var text = ""
        var seen: [Seen] = []
    }

    private static let letters = [
        "a", "é", "€", " ", ";", ",", "\t", "\"", "\r", "\n", "\r\n", "æøå", "abcdefghijk", "=",
    ]

    private static func table(_ dice: inout Dice) -> Table {
        let delimiter = dice.pick([";", ",", "\t"])
        let columns = ["", "x", "id", "", "name", "x;y,z"].shuffled(using: &dice)
        var table = Table()
        func write(_ row: [String], _ dice: inout Dice) {
            let cells = row.map { cell in
                let mustQuote = cell.utf8.contains { Array(";,\t\"\r\n".utf8).contains($0) }
                guard mustQuote || Bool.random(using: &dice) else { return cell }
                return "\"\(cell.replacing("\"", with: "\"\""))\""
            }
            table.text += cells.joined(separator: delimiter) + dice.pick(["\n", "\r\n", "\r\n\n"])
        }
        write(columns, &dice)
        for _ in 0..<Int.random(in: 0...5, using: &dice) {
            let row = columns.map { _ in dice.text(letters, upTo: 12) }
            let line = 1 + table.text.utf8.count { $0 == 0x0A }
            let fields = ["id", "name"].map { name -> String? in
                let value = row[columns.firstIndex(of: name) ?? 0].unicodeScalars
                let isSpace = { (scalar: UnicodeScalar) in " \t\r\n".unicodeScalars.contains(scalar) }
                let start = value.drop(while: isSpace)
                let end = start.lastIndex { !isSpace($0) }
                return end.map { String(start[...$0]) }
            }
            table.seen.append(Seen(line: line, fields: fields))
            write(row, &dice)
        }
        return table
    }

    private static func windows1252(_ text: String) -> [UInt8] {
        text.unicodeScalars.map { $0 == "€" ? 0x80 : UInt8(truncatingIfNeeded: $0.value) }
    }

    @Test(arguments: 0..<60) func randomTable_isReadAsItWasWritten_inAnyEncodingAndChunks(_ seed: Int) throws {
        var dice = Dice(state: UInt64(seed))
        let table = Self.table(&dice)
        let utf8 = CSVExportReader.Format(encoding: .utf8)
        let files: [([UInt8], CSVExportReader.Format)] = [
            (Array(table.text.utf8), utf8), (Array("\u{FEFF}\(table.text)".utf8), .init()),
            (utf16(table.text), .init()), (utf16(table.text, bigEndian: true), .init()),
            (Self.windows1252(table.text), .init(encoding: .windows1252)),
        ]
        for (bytes, format) in files {
            for chunk in [1, Int.random(in: 2...40, using: &dice), .max] {
                let outcome = try readCSV(bytes, chunk: chunk, format: format)
                #expect(outcome == CSVOutcome(seen: table.seen), "\(table.text.debugDescription) in chunks of \(chunk)")
            }
        }
    }

    @Test(arguments: 0..<60) func randomBytes_giveTheSame_howeverTheyAreSliced(_ seed: Int) throws {
        var dice = Dice(state: UInt64(seed) + 1_000_000)
        let parts: [[UInt8]] =
            [
                "1;a\n", "1;\"a\"\r\n", "a", ";", "\"", "\n", "\r\n", "\r", "é", "€", "😀", "\u{FEFF}", "1;2\n", "1;2\n",
                "1;2\n",
            ]
            .map { Array($0.utf8) } + [[0xC5], [0x81], [0xE2, 0x82], [0xF0, 0x9F], [0]]
        let heads: [[UInt8]] = [
            Array("id;name\n".utf8), Array("id;name\r\n".utf8), Array("\u{FEFF}id;name\n".utf8), Array("#TYPE \n".utf8),
            [],
            [0xFF, 0xFE], [0xEF, 0xBB],
        ]
        for _ in 0..<40 {
            let bytes = dice.pick(heads) + (0..<Int.random(in: 0...12, using: &dice)).flatMap { _ in dice.pick(parts) }
            let whole = try readCSV(bytes)
            for chunk in [1, 2, 3, Int.random(in: 4...20, using: &dice)] {
                #expect(try readCSV(bytes, chunk: chunk) == whole, "\(bytes) in chunks of \(chunk)")
            }
        }
    }

    @Test func fileOfManyChunks_isReadWhole() throws {
        let count = 60_000
        let text = "id;name\r\n" + (0..<count).map { "\"\($0)\";\"Åse \"\"\($0)\"\"\"\r\n" }.joined()
        let outcome = try readCSV(text)
        #expect(outcome.rule == nil && outcome.seen.count == count)
        #expect(outcome.seen.allSatisfy { $0.fields == ["\($0.line - 2)", "Åse \"\($0.line - 2)\""] })
    }
}

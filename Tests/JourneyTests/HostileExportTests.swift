import Foundation
import Testing

/// Whatever lies in a drop folder costs no more than two seconds of a processor and 64 MB.
struct HostileExportTests {
    struct Hostile: Sendable, CustomTestStringConvertible {
        let name: String
        let source: String
        let rule: String
        let bytes: @Sendable (World) throws -> [UInt8]
        var testDescription: String { name }

        init(_ name: String, _ source: String, _ rule: String, _ bytes: @escaping @Sendable (World) throws -> [UInt8]) {
            (self.name, self.source, self.rule, self.bytes) = (name, source, rule, bytes)
        }
    }

    private static let columns =
        "\"Enabled\",\"ObjectGUID\",\"SamAccountName\",\"Name\",\"Title\",\"EmployeeID\",\"EmailAddress\",\"OfficePhone\"\r\n"
    private static let account =
        "\"True\",\"6f1c9c2e-1f53-4a1e-9a57-0a2a6f1c0001\",\"soag\",\"Bo Å\",,\"1001\",\"soag@by.example\",\"33 34 94 00\"\r\n"
    private static let keyless = "\"True\",,\"soag\",,,\"1001\",,\r\n"

    private static func repeated(_ text: String, _ count: Int) -> [UInt8] {
        Array(String(repeating: text, count: count).utf8)
    }

    private static func kmd(_ inside: [UInt8]) -> [UInt8] {
        Array("<?xml version=\"1.0\"?>\n<kmd>\n".utf8) + inside
    }

    static let all = [
        Hostile("gzip bomb of accounts", "ad", "gzip.too-large") { world in
            let rows = try world.gzipped(repeated(account, 10_000))
            return try world.gzipped(Array(columns.utf8)) + [[UInt8]](repeating: rows, count: 1000).joined()
        },
        Hostile("gzip bomb of units", "hr", "gzip.too-large") { world in
            let units = try world.gzipped(repeated("<orgUnit id=\"1\"><longName>a</longName></orgUnit>\n", 20_000))
            return try world.gzipped(kmd([])) + [[UInt8]](repeating: units, count: 1000).joined()
        },
        Hostile("gzip bomb of blank lines", "ad", "gzip.too-large") { world in
            let blank = try world.gzipped(repeated("\r\n", 1 << 20))
            return try world.gzipped(Array(columns.utf8)) + [[UInt8]](repeating: blank, count: 1000).joined()
        },
        Hostile("gzip of nothing, a million times", "hr", "gzip.damaged") { world in
            Array([[UInt8]](repeating: try world.gzipped([]), count: 1_000_000).joined())
        },
        Hostile("a million rows without a key", "ad", "export.keys-missing") { _ in
            Array(columns.utf8) + repeated(keyless, 1_000_000)
        },
        Hostile("a million records without a key", "hr", "export.keys-missing") { _ in
            kmd(repeated("<orgUnit><longName>a</longName></orgUnit>\n", 1_000_000))
        },
        Hostile("10 MB field", "ad", "csv.too-large") { _ in
            Array("\(columns)\"True\",\"".utf8) + repeated("a\n", 5 << 20)
        },
        Hostile("a million columns", "ad", "csv.too-large") { _ in repeated("c,", 1_000_000) },
        Hostile("a million fields", "ad", "csv.row-length") { _ in Array(columns.utf8) + repeated("c,", 1_000_000) },
        Hostile("16 MB attribute", "hr", "xml.too-large") { _ in
            kmd(Array("<orgUnit id=\"".utf8) + repeated("x", 16 << 20))
        },
        Hostile("200,000 attributes", "hr", "xml.too-large") { _ in
            kmd(Array("<orgUnit \((0..<200_000).map { "a\($0)=\"\"" }.joined(separator: " "))/>".utf8))
        },
        Hostile("200,000 namespaces", "hr", "xml.too-large") { _ in
            kmd(Array("<orgUnit \((0..<200_000).map { "xmlns:a\($0)=\"u\"" }.joined(separator: " "))/>".utf8))
        },
        Hostile("depth 100,000", "hr", "xml.too-large") { _ in kmd(repeated("<a>", 100_000)) },
        Hostile("30 MB of text", "hr", "xml.too-large") { _ in
            kmd(Array("<orgUnit id=\"1\"><longName>".utf8) + repeated("a", 30 << 20))
        },
    ]

    private func cost(_ world: World, _ file: String) throws -> Cost {
        let words = ["import", file, "--json", "--config", world.path("fordeler.yaml"), "--today", World.firstDay]
        return try Spawn.measure(World.program, words, folder: world.folder)
    }

    @Test(arguments: all)
    func `a hostile export is refused by its rule, soon and in little memory`(hostile: Hostile) throws {
        let world = try World.withTwoSources()
        try world.write(Export.small, "small.xml")
        let idle = try cost(world, "hr=\(world.path("small.xml"))")
        #expect(idle.outcome.status == 0, "\(idle.outcome.errors)")
        try world.write(hostile.bytes(world), "hostile")
        let found = try cost(world, "\(hostile.source)=\(world.path("hostile"))")
        #expect(found.outcome.status == 3, "\(found.outcome.output)\(found.outcome.errors)")
        #expect(found.outcome.json["findings"].list.compactMap { $0["rule"].text } == [hostile.rule])
        #expect(found.cpu - idle.cpu < 2, "\(found.cpu) and \(idle.cpu) seconds")
        #expect(found.memory - idle.memory < 64 << 20, "\(found.memory >> 20) and \(idle.memory >> 20) MB")
        #expect(try world.version() == 1)
    }
}

import Foundation
import Testing

/// Exports that are compressed with gzip, at the command line and in the daemon.
struct CompressedExportTests {
    @Test func `a compressed export is read as what it holds`() throws {
        let world = try World()
        try world.write(Export.small, "small.xml")
        try world.write(world.gzipped("small.xml"), "packed.xml.gz")
        let outcome = try world.importing("hr=packed.xml.gz")
        #expect(outcome.json["verdict"].text == "published")
        #expect(outcome.json["sources"]["hr"]["files"].list.map { $0["form"].text } == ["gzip, utf-8, <kmd>"])
        #expect(try world.importing("hr=small.xml").json["verdict"].text == "unchanged")
        #expect(
            try world.run("import", "hr=\(world.path("packed.xml.gz"))").output.contains(
                "packed.xml.gz: gzip, utf-8, <kmd>"))
        try world.expectVerified()
    }

    @Test func `the very same compressed file is not even read again`() throws {
        let world = try World()
        try world.write(Export.small, "small.xml")
        try world.write(world.gzipped("small.xml"), "packed.xml.gz")
        try world.importing("hr=packed.xml.gz")
        let again = try world.importing("hr=packed.xml.gz")
        #expect(again.json["verdict"].text == "unchanged" && again.json["candidate"].text == "1")
        #expect(again.json["sources"]["hr"]["files"].list.isEmpty)
    }

    @Test func `a compressed export that is cut, altered or goes on is refused, and a good one publishes`() throws {
        let world = try World()
        try world.write(Export.small, "small.xml")
        let packed = try world.gzipped("small.xml")
        var altered = packed
        altered[packed.count - 6] ^= 1
        for (bytes, rule) in [
            (Array(packed.dropLast()), "gzip.truncated"), (Array(packed.prefix(packed.count / 2)), "gzip.truncated"),
            (altered, "gzip.damaged"), (packed + [0x0A], "gzip.damaged"), ([0x1F, 0x8B], "gzip.truncated"),
            ([0x1F, 0x8B, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00], "gzip.damaged"),
        ] {
            try world.write(bytes, "bad.xml.gz")
            let outcome = try world.importing("hr=bad.xml.gz")
            #expect(
                outcome.status == 3 && outcome.json["findings"].list.map { $0["rule"].text } == [rule],
                "\(outcome.output)")
            #expect(try world.version() == 0)
        }
        try world.write(packed, "good.xml.gz")
        #expect(try world.importing("hr=good.xml.gz").json["verdict"].text == "published")
    }

    @Test func `the daemon reads compressed files and tells how they were written`() throws {
        let world = try World.forDaemon()
        world.guardSecrets(Export.small.cprs)
        try world.write(Export.small, "small.xml")
        let packed = try world.gzipped("small.xml")
        func drop(_ bytes: [UInt8], _ name: String) throws {
            try world.write(bytes, "part")
            try world.setModified(world.path("part"), world.clock - 60)
            #expect(rename(world.path("part"), world.dropped(name)) == 0)
        }
        try drop(packed, "ZLPE20260301.xml")
        let daemon = try RunningDaemon(world)
        try daemon.settle()
        #expect(try daemon.verdicts() == ["published"])
        #expect(try daemon.run("run", "show", "1").output.contains("  ZLPE20260301.xml: gzip, utf-8, <kmd>\n"))
        #expect(try daemon.run("run", "show", "1", "--json").json["form"].text == "gzip, utf-8, <kmd>")
        try drop(Array(packed.dropLast(9)), "ZLPE20260302.xml")
        try daemon.settle()
        let newest = try #require(try daemon.runs().last)
        #expect(
            newest["file"].text == "ZLPE20260302.xml" && newest["verdict"].text == "rejected"
                && newest["form"].text == nil)
        #expect(try daemon.run("run", "show", "2").output.contains("gzip.truncated"))
        #expect(daemon.end() == 0)
    }
}

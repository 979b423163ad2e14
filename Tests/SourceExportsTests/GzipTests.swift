import OrganisationModel
import Testing

@testable import SourceExports

struct GzipTests {
    private static let text = Array("id;name\n1;Åse Ågård\n2;Bo Bang Bang Bang\n".utf8)
    /// Grows neither much nor little when it is compressed.
    private static let long = (0..<100_000).flatMap { Array("\($0 &* 7_919);Åse \($0 % 31)\n".utf8) }

    // MARK: What is read

    @Test(arguments: [[], [0x1F], [0x1F, 0x00], [0x1F, 0x8C, 0x08], [0x8B, 0x1F], text, long])
    func file_thatIsNotCompressed_isHandedOnAsItIs(_ bytes: [UInt8]) throws {
        for (chunk, room) in [(1, 2), (3, 7), (.max, 4096)] where bytes.count < 1000 || room > 7 {
            let found = try unpack(bytes, chunk: chunk, room: room)
            #expect(found.bytes == bytes && found.rule == nil)
        }
    }

    @Test(arguments: [[], [0x78], text, long])
    func compressedFile_isDecompressed_howeverItIsSliced(_ bytes: [UInt8]) throws {
        for level: Int32 in [0, 1, 9] {
            let file = try gzip(bytes, level: level)
            for (chunk, room) in [(1, 3), (5, 4096), (.max, 2), (.max, 300_000)] where bytes.count < 1000 || room > 4096
            {
                let found = try unpack(file, chunk: chunk, room: room)
                #expect(found.bytes == bytes && found.rule == nil && found.taken == file.count)
            }
        }
    }

    @Test func severalMembers_areOneFile() throws {
        let pieces = [
            Array(Self.text.prefix(9)), [], Array(Self.text.dropFirst(9).prefix(1)), Array(Self.text.dropFirst(10)),
        ]
        let file = try pieces.flatMap { try gzip($0) }
        for chunk in [1, 17, 40, .max] {
            let found = try unpack(file, chunk: chunk, room: 5)
            #expect(found.bytes == Self.text && found.rule == nil)
        }
    }

    @Test func fieldsOfTheHeader_arePassedOver() throws {
        var file = try gzip(Self.text)
        // Extra field, name and comment (RFC 1952, section 2.3).
        file[3] = 0x1C
        file.insert(contentsOf: [3, 0, 1, 2, 3] + Array("a.csv\0".utf8) + Array("by\0".utf8), at: 10)
        #expect(try unpack(file, chunk: 1, room: 11).bytes == Self.text)
    }

    @Test func whatComesOut_isNotDecompressedAgain() throws {
        let once = try gzip(Self.text)
        #expect(try unpack(gzip(once)).bytes == once)
    }

    @Test func readers_readWhatComesOut() throws {
        let document = Array("<?xml version='1.0' encoding='ISO-8859-1'?>\n<kmd>\n<person id='1'/></kmd>".utf8)
        for (bytes, isXML) in [(document, true), (utf16("id;name\n1;Å\n"), false)] {
            let file = try gzip(bytes)
            var isRead = false
            let input = ExportInput { buffer in
                if isRead { return 0 }
                isRead = true
                buffer.copyBytes(from: file)
                return file.count
            }
            var lines: [Int] = []
            if isXML {
                try XMLExportReader(root: "kmd", shapes: [persons]).read(from: input.read) { lines.append($0.line) }
            } else {
                try CSVExportReader(shape: RecordShape(element: "", fields: ["id"])).read(from: input.read) {
                    lines.append($0.line)
                }
            }
            try input.finish()
            #expect(lines == [isXML ? 3 : 2] && input.isCompressed)
        }
    }

    private struct Stop: Error {}

    @Test func errorOfTheFile_passesUnchanged() throws {
        let file = try gzip(Self.text)
        var offset = 0
        let input = ExportInput { buffer in
            guard offset < 20 else { throw Stop() }
            buffer[0] = file[offset]
            offset += 1
            return 1
        }
        #expect(throws: Stop.self) { try input.finish(after: 1000) }
    }

    // MARK: What is refused

    @Test func file_thatIsCutAnywhere_isTruncated_unlessBetweenTwoMembers() throws {
        let (first, second) = (try gzip(Array(Self.text.prefix(20))), try gzip(Array(Self.text.dropFirst(20))))
        let file = first + second
        for count in 2..<file.count {
            let found = try unpack(Array(file[..<count]))
            #expect(found.rule == (count == first.count ? nil : .gzipTruncated), "cut after \(count) bytes")
            #expect(Self.text.starts(with: found.bytes))
        }
    }

    @Test func byte_thatIsFlipped_isNoticed_unlessItChangesNothing() throws {
        let file = try gzip(Self.text)
        for index in 2..<file.count {
            for bit: UInt8 in [1, 0x10, 0x80] {
                var damaged = file
                damaged[index] ^= bit
                let found = try unpack(damaged)
                if found.rule == nil {
                    #expect(found.bytes == Self.text, "byte \(index)")
                } else {
                    #expect([.gzipDamaged, .gzipTruncated].contains(found.rule), "byte \(index)")
                }
            }
        }
    }

    @Test(arguments: [
        [0x00], [0x0A], [0x00, 0x00, 0x00, 0x00], Array("id;name\n".utf8), [0x1F, 0x8C], [0x1F, 0x8B, 0x07, 0, 0, 0],
    ])
    func whatFollowsTheLastMember_isRefused(_ rest: [UInt8]) throws {
        for chunk in [1, .max] { #expect(try unpack(gzip(Self.text) + rest, chunk: chunk).rule == .gzipDamaged) }
    }

    @Test(.timeLimit(.minutes(1))) func bomb_isRefusedBeforeMuchOfItIsRead() throws {
        // 64 MiB of one row, in 64 KB; and the same made of a thousand members.
        let member = try gzip(Array(repeating: Array("1;Åse\n".utf8), count: 150_000).flatMap { $0 }, level: 9)
        for file in [
            try gzip([UInt8](repeating: 0x20, count: 64 << 20), level: 9),
            Array(repeating: member, count: 1000).flatMap { $0 },
        ] {
            let found = try unpack(file)
            #expect(found.rule == .gzipTooLarge)
            #expect(found.bytes.count <= GzipStream.ratioBytesMin + 256 * 1024)
        }
    }

    @Test func uniformExport_isRead_upToTheRatio() throws {
        let small = [UInt8](repeating: 0x20, count: GzipStream.ratioBytesMin)
        #expect(try unpack(gzip(small, level: 9)).bytes.count == small.count)
        // Real text and many blanks: about a hundred times.
        let blanks = [UInt8](repeating: 0x20, count: 9_000)
        let mixed = (0..<300).flatMap { line in
            (0..<12).flatMap { Array("\(line &* 7_919 &* ($0 + 3) % 99_991);".utf8) } + blanks
        }
        let file = try gzip(mixed, level: 9)
        #expect(mixed.count > 50 * file.count && mixed.count > 2 * GzipStream.ratioBytesMin)
        #expect(try unpack(file).bytes == mixed)
    }

    @Test func fileThatHoldsNextToNothing_isRefusedSoon() throws {
        let header: [UInt8] = [0x1F, 0x8B, 8, 8, 0, 0, 0, 0, 0, 3]
        let emptyBlock: [UInt8] = [0, 0, 0, 0xFF, 0xFF]
        let emptyBlocks: [UInt8] =
            [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + [[UInt8]](repeating: emptyBlock, count: 300_000).joined()
        let emptyMembers = [[UInt8]](repeating: try gzip([]), count: 80_000).flatMap { $0 }
        for file in [header + [UInt8](repeating: 0x78, count: 3 << 20), emptyBlocks, emptyMembers] {
            let found = try unpack(file)
            #expect(found.rule == .gzipDamaged && found.bytes.isEmpty)
            #expect(found.taken <= GzipStream.idleBytesMax + 256 * 1024)
        }
    }
}

extension ExportInput {
    /// Reads on for so many calls.
    fileprivate func finish(after calls: Int) throws {
        try withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { buffer in
            for _ in 0..<calls where try read(buffer) == 0 { return }
        }
    }
}

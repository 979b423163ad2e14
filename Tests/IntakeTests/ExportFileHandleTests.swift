import Crypto
import Foundation
import Intake
import OrganisationModel
import SourceExports
import Testing

/// A folder of its own for one test, gone when the test is over.
final class Scratch {
    let path: String

    init() throws {
        var template = Array((FileManager.default.temporaryDirectory.path + "/intake-XXXXXX").utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        path = try #require(made)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String, _ bytes: [UInt8] = [1, 2, 3]) throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(filePath: file))
        return file
    }
}

struct ExportFileHandleTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func read(_ handle: ExportFileHandle) throws -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 10_000)
        while case let count = try buffer.withUnsafeMutableBytes({ try handle.fill($0) }), count > 0 {
            all += buffer[..<count]
        }
        return all
    }

    private func refusal(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            let problem = error as? ExportProblem
            return problem?.rule == .unreadable ? problem?.message : "another error: \(error)"
        }
    }

    private func refusal(opening path: String) -> String? {
        refusal { _ = try ExportFileHandle(path: path) }
    }

    @Test(arguments: [0, 1, 9_999, 10_000, 10_001, 600_000])
    func file_isReadAndHashedWhole(_ count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let handle = try ExportFileHandle(path: try scratch.file("export.xml", bytes))
        #expect(handle.byteCount == count && handle.name == "export.xml")
        #expect(try handle.digest() == Array(SHA256.hash(data: bytes)))
        #expect(try read(handle) == bytes)
    }

    @Test(arguments: [1, 10_000, 600_000])
    func file_hashedWhileItIsRead_hasTheSameDigest(_ count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let handle = try ExportFileHandle(path: try scratch.file("export.xml", bytes))
        #expect(try read(handle) == bytes)
        #expect(try handle.digest() == Array(SHA256.hash(data: bytes)))
    }

    @Test func fileReadInPart_hasNoDigest() throws {
        let handle = try ExportFileHandle(path: try scratch.file("export.xml", [UInt8](repeating: 7, count: 600_000)))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 16)
        defer { buffer.deallocate() }
        _ = try handle.fill(buffer)
        #expect(refusal { _ = try handle.digest() } != nil)
    }

    @Test func links_areNotFollowed() throws {
        let target = try scratch.file("real.xml")
        let link = scratch.path + "/link.xml"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        #expect(refusal(opening: link)?.contains("symbolic link") ?? false)
        let loop = scratch.path + "/loop.xml"
        try FileManager.default.createSymbolicLink(atPath: loop, withDestinationPath: loop)
        #expect(refusal(opening: loop)?.contains("symbolic link") ?? false)
        let dangling = scratch.path + "/dangling.xml"
        try FileManager.default.createSymbolicLink(atPath: dangling, withDestinationPath: scratch.path + "/none")
        #expect(refusal(opening: dangling)?.contains("symbolic link") ?? false)
    }

    @Test(.timeLimit(.minutes(1))) func whatIsNoRegularFile_isRefusedAtOnce() throws {
        let fifo = scratch.path + "/fifo.xml"
        #expect(mkfifo(fifo, 0o600) == 0)
        for path in [fifo, scratch.path, "/dev/null", "/dev/zero", "/dev/tty"] {
            #expect(refusal(opening: path) != nil, "\(path)")
        }
        #expect(
            refusal(opening: fifo) == "It is no regular file."
                && refusal(opening: scratch.path) == "It is a folder. Name the file in it.")
    }

    @Test func missingFile_isRefused() {
        #expect(refusal(opening: scratch.path + "/none.xml")?.hasPrefix("The file cannot be opened: ") ?? false)
        #expect(refusal(opening: "") != nil)
    }

    @Test func unreadableFile_isRefused() throws {
        let path = try scratch.file("closed.xml")
        #expect(chmod(path, 0) == 0)
        // The superuser reads everything.
        if getuid() != 0 { #expect(refusal(opening: path) != nil) }
    }

    @Test func fileThatGrowsWhileItIsRead_isRefused() throws {
        let path = try scratch.file("export.xml", [UInt8](repeating: 7, count: 20_000))
        let handle = try ExportFileHandle(path: path)
        let more = try #require(FileHandle(forWritingAtPath: path))
        try more.seekToEnd()
        try more.write(contentsOf: Data([8]))
        #expect(refusal { _ = try read(handle) }?.contains("changed") ?? false)
    }

    @Test func fileThatShrinksWhileItIsRead_isRefused() throws {
        let path = try scratch.file("export.xml", [UInt8](repeating: 7, count: 20_000))
        let handle = try ExportFileHandle(path: path)
        #expect(truncate(path, 15_000) == 0)
        #expect(refusal { _ = try read(handle) }?.contains("changed") ?? false)
    }

    @Test func fileThatIsReplacedOrVanishes_isReadAsItWasOpened() throws {
        let bytes = [UInt8](repeating: 7, count: 20_000)
        let path = try scratch.file("export.xml", bytes)
        let handle = try ExportFileHandle(path: path)
        let other = try scratch.file("other.xml", [1])
        #expect(rename(other, path) == 0)
        #expect(try read(handle) == bytes)
        let gone = try ExportFileHandle(path: path)
        try FileManager.default.removeItem(atPath: path)
        #expect(try read(gone) == [1])
    }

    @Test(arguments: [
        ("a\nb.xml", "a?b.xml"), ("a\u{1B}[31mb", "a?[31mb"), ("a\u{9B}b", "a?b"), ("æøå 1.xml", "æøå 1.xml"),
        ("a\u{7F}", "a?"),
    ])
    func name_showsNoControlCharacters(_ name: String, _ shown: String) throws {
        #expect(try ExportFileHandle(path: try scratch.file(name)).name == shown)
    }
}

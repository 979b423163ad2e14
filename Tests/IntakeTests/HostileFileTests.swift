import Foundation
import Intake
import OrganisationModel
import SourceExports
import Testing

/// What somebody may do to files in a drop folder, beside what `ExportFileHandleTests` and `DropFolderTests` know.
struct HostileFileTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func read(_ handle: ExportFileHandle) throws -> Int {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 10_000, alignment: 16)
        defer { buffer.deallocate() }
        var total = 0
        while case let count = try handle.fill(buffer), count > 0 { total += count }
        return total
    }

    private func refusal(_ body: () throws -> Void) -> ExportProblem? {
        do {
            try body()
            return nil
        } catch {
            return error as? ExportProblem
        }
    }

    @Test(arguments: [
        "..xml", "...xml", "..\\..\\etc\\passwd.xml", "%2e%2e%2fetc%2fpasswd.xml", "~root.xml", "-rf.xml",
        "$(reboot).xml", "*.xml",
    ])
    func nameThatLooksLikeAPath_isOnlyAName(_ name: String) throws {
        let path = try scratch.file(name, [7])
        _ = try scratch.file("other.xml", [8])
        let listed =
            try DropFolder.files(matching: scratch.path + "/*.xml")
            + DropFolder.files(matching: scratch.path + "/.*.xml")
        #expect(listed.contains { $0.name == name && $0.path == path })
        #expect(try ExportFileHandle(path: path).name == name)
        #expect(try read(ExportFileHandle(path: path)) == 1)
    }

    @Test func pattern_neverLeavesItsFolder() throws {
        try #require(mkdir(scratch.path + "/drop", 0o700) == 0 && mkdir(scratch.path + "/drop/inner", 0o700) == 0)
        _ = try scratch.file("outside.xml")
        _ = try scratch.file("drop/inner/deep.xml")
        #expect(symlink("..", scratch.path + "/drop/up.xml") == 0)
        #expect(try DropFolder.files(matching: scratch.path + "/drop/*").map(\.problem) == ["it is a symbolic link"])
        #expect(try DropFolder.files(matching: scratch.path + "/drop/.*").isEmpty)
    }

    // Somebody swaps the file after it was listed and before it is opened.
    @Test(.timeLimit(.minutes(1))) func fileThatBecomesAnotherThing_isRefused() throws {
        let path = try scratch.file("e.xml")
        #expect(try DropFolder.files(matching: path).map(\.problem) == [nil])
        let swaps: [() -> Int32] = [
            { symlink("/etc/hostname", path) }, { mkfifo(path, 0o600) }, { mkdir(path, 0o700) },
            { symlink("e.xml", path) },
        ]
        for swap in swaps {
            #expect(remove(path) == 0 && swap() == 0)
            #expect(refusal { _ = try ExportFileHandle(path: path) }?.rule == .unreadable)
        }
        #expect(remove(path) == 0)
        #expect(refusal { _ = try ExportFileHandle(path: path) }?.rule == .unreadable)
    }

    @Test func fileThatIsOverwrittenWithAsManyBytes_isRefused() throws {
        let path = try scratch.file("e.xml", [UInt8](repeating: 7, count: 50_000))
        let handle = try ExportFileHandle(path: path)
        let digest = try handle.digest()
        let other = try #require(FileHandle(forWritingAtPath: path))
        try other.seek(toOffset: 40_000)
        try other.write(contentsOf: Data([8]))
        // The clock of a file system may be coarse.
        var times = [timespec(tv_sec: 1, tv_nsec: 2), timespec(tv_sec: 1, tv_nsec: 2)]
        #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)
        let problem = refusal { _ = try read(handle) }
        #expect(problem?.rule == .unreadable && problem?.message.contains("changed") ?? false && digest.count == 32)
    }

    @Test func fileBeyondTheLimit_isRefusedBeforeItIsRead() throws {
        let path = try scratch.file("e.xml")
        // Without blocks on the disk.
        #expect(truncate(path, off_t(ExportFileHandle.byteCountMax) + 1) == 0)
        let problem = refusal { _ = try ExportFileHandle(path: path) }
        #expect(problem?.rule == .unreadable && problem?.message.contains("larger than") ?? false)
    }

    @Test func compressedFile_thatGrowsOrIsCutWhileItIsRead_isRefused() throws {
        for isGrowing in [true, false] {
            // A gzip file whose header says that a name follows.
            let bytes = [0x1F, 0x8B, 8, 8, 0, 0, 0, 0, 0, 3] + [UInt8](repeating: 0x78, count: 300_000)
            let path = try scratch.file("e.xml.gz", bytes)
            let handle = try ExportFileHandle(path: path)
            let input = ExportInput { buffer in
                let count = try handle.fill(buffer)
                if isGrowing {
                    let more = try #require(FileHandle(forWritingAtPath: path))
                    try more.seekToEnd()
                    try more.write(contentsOf: Data(bytes))
                } else {
                    truncate(path, 10)
                }
                return count
            }
            let problem = refusal {
                try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { _ = try input.read($0) }
            }
            #expect(problem?.rule == .unreadable && problem?.message.contains("changed") ?? false)
            #expect(remove(path) == 0)
        }
    }
}

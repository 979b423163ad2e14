import Foundation
import Intake
import OrganisationModel
import Testing

struct DropFolderTests {
    private let scratch: Scratch
    private let zone = LocalClock.copenhagen

    init() throws {
        scratch = try Scratch()
    }

    private func names(_ pattern: String) throws -> [String] {
        try DropFolder.files(matching: scratch.path + "/" + pattern).map(\.name)
    }

    private func problem(_ name: String) throws -> String? {
        try DropFolder.files(matching: scratch.path + "/*").first { $0.name == name }?.problem
    }

    @Test func newest_isTheLastInTheOrderOfExports() throws {
        // Written in another order than that of their times.
        for name in [
            "e_2026-01-02.xml", "e_20261130.xml", "e_2026-02-28.xml", "x_2027-01-01.xml", "e_2027-01-01.txt",
            ".e_2028-01-01.xml",
        ] {
            _ = try scratch.file(name)
        }
        func newest(_ pattern: String) throws -> String? {
            try DropFolder.newest(DropFolder.files(matching: scratch.path + "/" + pattern), in: zone)
        }
        #expect(try newest("e_*.xml") == scratch.path + "/e_20261130.xml")
        #expect(try newest("e_2026-0[12]-??.xml") == scratch.path + "/e_2026-02-28.xml")
        #expect(try newest("x_*") == scratch.path + "/x_2027-01-01.xml")
        #expect(try newest("f*.xml") == nil)
    }

    @Test func newestWithAProblem_isNotPassedOver() throws {
        let real = try scratch.file("e_20260301.xml")
        let link = scratch.path + "/e_20260302.xml"
        #expect(symlink(real, link) == 0)
        #expect(try DropFolder.newest(DropFolder.files(matching: scratch.path + "/e_*.xml"), in: zone) == link)
    }

    @Test func file_isDescribed() throws {
        let path = try scratch.file("e.xml", [1, 2, 3, 4])
        var times = [timespec(tv_sec: 1, tv_nsec: 2), timespec(tv_sec: 1_772_500_000, tv_nsec: 123_456_789)]
        #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)
        let file = try #require(try DropFolder.files(matching: scratch.path + "/e.xml").first)
        #expect(file.path == path && file.name == "e.xml" && file.byteCount == 4 && file.problem == nil)
        #expect(file.modified == 1_772_500_000_123_456_789 && file.inode > 0)
    }

    @Test func entryAtAPath_isThatFileOrFolderAlone() throws {
        let odd = try scratch.file("a*[1]\\?.xml", [1])
        _ = try scratch.file("ab1?.xml")
        #expect(try DropFolder.entry(at: odd)?.path == odd)
        #expect(try DropFolder.entry(at: scratch.path + "/*.xml") == nil)
        #expect(try DropFolder.entry(at: scratch.path + "/nothing") == nil)
        let folder = (scratch.path as NSString).lastPathComponent
        #expect(try DropFolder.entry(at: scratch.path + "//")?.name == folder)
        #expect(throws: FordelerError.self) { try DropFolder.entry(at: scratch.path + "/nowhere/e.xml") }
    }

    @Test func whatIsNoRegularFile_hasAProblem() throws {
        let real = try scratch.file("real.xml")
        #expect(symlink(real, scratch.path + "/link.xml") == 0)
        #expect(symlink("loop.xml", scratch.path + "/loop.xml") == 0)
        #expect(symlink("/dev/zero", scratch.path + "/zero.xml") == 0)
        #expect(symlink(".", scratch.path + "/here.xml") == 0)
        #expect(mkfifo(scratch.path + "/fifo.xml", 0o600) == 0)
        for name in ["link.xml", "loop.xml", "zero.xml", "here.xml"] {
            #expect(try problem(name) == "it is a symbolic link", "\(name)")
        }
        #expect(try problem("fifo.xml") == "it is a FIFO")
        #expect(try problem("real.xml") == nil)
        #expect(try names("*").count == 6)
        #expect(try DropFolder.files(matching: "/dev/null").map(\.problem) == ["it is a device"])
    }

    @Test func socket_hasAProblem() throws {
        let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array((scratch.path + "/socket.xml").utf8)
        try #require(path.count < 100)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let bound = withUnsafeBytes(of: &address) { bytes in
            bind(socket, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
        #expect(bound == 0)
        #expect(try problem("socket.xml") == "it is a socket")
    }

    @Test func folders_areLeftOut() throws {
        #expect(mkdir(scratch.path + "/archive.xml", 0o700) == 0)
        _ = try scratch.file("e.xml")
        _ = try scratch.file("archive.xml/old.xml")
        #expect(try names("*") == ["e.xml"] && names(".*") == [])
    }

    @Test func hostileNames_areListedAndShownSafely() throws {
        _ = try scratch.file("a\nb\u{1B}[31m.xml")
        let bytes = Array(scratch.path.utf8) + Array("/x\u{1B}".utf8) + [0xFF, 0xFE, 0]
        let descriptor = bytes.map(CChar.init(bitPattern:)).withUnsafeBufferPointer { name in
            name.baseAddress.map { open($0, O_CREAT | O_WRONLY, 0o600) } ?? -1
        }
        #expect(descriptor >= 0 && close(descriptor) == 0)
        let files = try DropFolder.files(matching: scratch.path + "/*")
        #expect(files.map(\.shownName) == ["a?b?[31m.xml", "x?\u{FFFD}\u{FFFD}"])
        #expect(files.map(\.problem) == [nil, "its name is no UTF-8"])
        #expect(files[0].name == "a\nb\u{1B}[31m.xml")
    }

    @Test func namesOfFullLength_areWhole() throws {
        let name = String(repeating: "n", count: 255)
        _ = try scratch.file(name)
        #expect(try names("n*") == [name])
    }

    @Test func patternWithoutAFolder_isAboutTheWorkingFolder() throws {
        #expect(try DropFolder.files(matching: "no such *.file") == [])
        #expect(try DropFolder.files(matching: "/no such *.file") == [])
    }

    @Test func filesThatVanishWhileTheyAreListed_areLeftOut() throws {
        let path = scratch.path
        let failures = FailureCount()
        DispatchQueue.concurrentPerform(iterations: 2) { half in
            if half == 0 {
                for _ in 0..<20 {
                    // Many, so that some vanish between the listing of names and the look at each.
                    let names = (0..<300).map { path + "/e\($0)" }
                    for name in names {
                        let descriptor = open(name, O_CREAT | O_WRONLY, 0o600)
                        if descriptor >= 0 { close(descriptor) }
                    }
                    for name in names { unlink(name) }
                }
            } else {
                for _ in 0..<300 where (try? DropFolder.files(matching: path + "/*")) == nil { failures.add() }
            }
        }
        #expect(failures.count == 0)
    }

    @Test func folderThatCannotBeRead_isAnErrorAndNotEmpty() throws {
        let file = try scratch.file("e.xml")
        let closed = scratch.path + "/closed"
        #expect(mkdir(closed, 0) == 0)
        // The superuser reads everything.
        let folders = [scratch.path + "/none", file] + (getuid() == 0 ? [] : [closed])
        for folder in folders {
            let error = #expect(throws: FordelerError.self) { _ = try DropFolder.files(matching: folder + "/e.xml") }
            #expect(error?.code.name == "intake.folder-unreadable")
        }
    }

    @Test func starInTheFolder_isNotExpanded() throws {
        _ = try scratch.file("e.xml")
        #expect(throws: FordelerError.self) {
            _ = try DropFolder.newest(DropFolder.files(matching: scratch.path + "*/e.xml"), in: zone)
        }
    }
}

/// Counts from several threads.
private final class FailureCount: @unchecked Sendable {
    private let lock = NSLock()
    private var value = 0

    func add() {
        lock.withLock { value += 1 }
    }

    var count: Int {
        lock.withLock { value }
    }
}

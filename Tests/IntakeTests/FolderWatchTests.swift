import Foundation
import Intake
import OrganisationModel
import Testing

struct FolderWatchTests {
    private let scratch: Scratch
    private let drop: String

    init() throws {
        scratch = try Scratch()
        drop = scratch.path + "/drop"
        try #require(mkdir(drop, 0o700) == 0)
    }

    private func watch() throws -> FolderWatch {
        try FolderWatch(patterns: [drop + "/*.xml"])
    }

    /// Whether the descriptor says that there is something to drain.
    private func isReadable(_ watch: FolderWatch) -> Bool {
        var one = pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&one, 1, 0) == 1
    }

    @Test func nothing_isNoChangeAndDoesNotBlock() throws {
        let watch = try watch()
        #expect(!isReadable(watch) && watch.unwatched.isEmpty)
        let changes = try watch.drain()
        #expect(changes.folders.isEmpty && changes.renamed.isEmpty && !changes.isIncomplete)
        #expect(fcntl(watch.descriptor, F_GETFD) & FD_CLOEXEC != 0)
    }

    @Test func fileThatIsWritten_changesTheFolder() throws {
        let watch = try watch()
        let descriptor = open(drop + "/e.xml", O_CREAT | O_WRONLY, 0o600)
        #expect(isReadable(watch))
        #expect(try watch.drain().folders == [drop])
        #expect(write(descriptor, "x", 1) == 1)
        #expect(try watch.drain().folders.isEmpty)
        close(descriptor)
        let changes = try watch.drain()
        #expect(changes.folders == [drop] && changes.renamed.isEmpty && !changes.isIncomplete)
    }

    @Test func whatIsRenamedIntoPlace_isNamed_foldersToo() throws {
        let watch = try watch()
        #expect(rename(try scratch.file("a"), drop + "/æ\n.xml") == 0)
        #expect(rename(try scratch.file("drop/b.part"), drop + "/b.xml") == 0)
        #expect(mkdir(scratch.path + "/c", 0o700) == 0 && rename(scratch.path + "/c", drop + "/c.xml") == 0)
        let changes = try watch.drain()
        #expect(changes.folders == [drop] && changes.renamed == [drop + "/æ\n.xml", drop + "/b.xml", drop + "/c.xml"])
        #expect(changes.renamed.isSuperset(of: try DropFolder.files(matching: drop + "/*.xml").map(\.path)))
    }

    @Test func nameThatIsNoUTF8_changesTheFolderOnly() throws {
        let watch = try watch()
        let bytes = (Array(drop.utf8) + [0x2F, 0xFF, 0]).map(CChar.init(bitPattern:))
        let from = try scratch.file("a")
        #expect(bytes.withUnsafeBufferPointer { name in name.baseAddress.map { rename(from, $0) } } == 0)
        let changes = try watch.drain()
        #expect(changes.folders == [drop] && changes.renamed.isEmpty)
    }

    @Test func severalSpellingsOfOneFolder_areAllTold() throws {
        let other = scratch.path + "/./drop"
        let watch = try FolderWatch(patterns: [drop + "/*.xml", other + "/*.csv", drop + "/*.csv"])
        #expect(rename(try scratch.file("a"), drop + "/a.xml") == 0)
        let changes = try watch.drain()
        #expect(changes.folders == [drop, other] && changes.renamed == [drop + "/a.xml", other + "/a.xml"])
        #expect(rmdir(drop) != 0 && unlink(drop + "/a.xml") == 0 && rmdir(drop) == 0)
        #expect(try watch.drain().isIncomplete)
        #expect(Set(watch.unwatched.keys) == [drop, other])
    }

    @Test func folderThatComesLater_isWatchedFromTheNextRenewalOn() throws {
        let later = scratch.path + "/later"
        let watch = try FolderWatch(patterns: [drop + "/*", later + "/*"])
        #expect(watch.unwatched.keys.sorted() == [later] && watch.renew().isEmpty)
        #expect(mkdir(later, 0o700) == 0)
        #expect(watch.renew() == [later] && watch.unwatched.isEmpty && watch.renew().isEmpty)
        _ = try scratch.file("later/e.xml")
        #expect(try watch.drain().folders == [later])
    }

    @Test func folderThatIsReplaced_isWatchedAnew() throws {
        let watch = try watch()
        #expect(rename(drop, scratch.path + "/old") == 0 && mkdir(drop, 0o700) == 0)
        let changes = try watch.drain()
        #expect(changes.isIncomplete && changes.folders == [drop] && watch.unwatched.keys.sorted() == [drop])
        #expect(watch.renew() == [drop])
        _ = try scratch.file("old/e.xml")
        #expect(try watch.drain().folders.isEmpty)
        _ = try scratch.file("drop/e.xml")
        #expect(try watch.drain().folders == [drop])
    }

    @Test func folderWhoseParentIsReplaced_isNoticedByARenewal() throws {
        let inner = drop + "/inner"
        #expect(mkdir(inner, 0o700) == 0)
        let watch = try FolderWatch(patterns: [inner + "/*"])
        #expect(rename(drop, scratch.path + "/old") == 0)
        #expect(watch.renew().isEmpty && watch.unwatched.keys.sorted() == [inner])
        #expect(mkdir(drop, 0o700) == 0 && mkdir(inner, 0o700) == 0)
        #expect(watch.renew() == [inner])
        _ = try scratch.file("old/inner/e.xml")
        #expect(try watch.drain().folders.isEmpty)
        // What is no longer watched costs nothing.
        let state = try String(contentsOfFile: "/proc/self/fdinfo/\(watch.descriptor)", encoding: .utf8)
        #expect(state.components(separatedBy: "inotify wd:").count == 2)
    }

    @Test func fileInTheFoldersPlace_isNotWatched() throws {
        let watch = try FolderWatch(patterns: [try scratch.file("file") + "/*"])
        #expect(watch.unwatched.values.sorted() == ["Not a directory"])
    }

    @Test func moreChangesThanTheQueueHolds_areTold() throws {
        let limit = try String(contentsOfFile: "/proc/sys/fs/inotify/max_queued_events", encoding: .utf8)
        let most = try #require(Int(limit.trimmingCharacters(in: .whitespacesAndNewlines)))
        // A system that was set to hold far more is not filled up.
        guard most <= 100_000 else { return }
        let watch = try watch()
        let (one, other) = (try scratch.file("drop/a"), drop + "/b")
        // Each renaming is one event, and never the same as the one before.
        for round in 0...most {
            #expect((round % 2 == 0 ? rename(one, other) : rename(other, one)) == 0)
        }
        var isIncomplete = false
        while isReadable(watch) {
            let changes = try watch.drain()
            #expect(changes.folders == [drop])
            isIncomplete = isIncomplete || changes.isIncomplete
        }
        #expect(isIncomplete)
        #expect(rename(drop + (most % 2 == 0 ? "/b" : "/a"), drop + "/c") == 0)
        #expect(try watch.drain().renamed == [drop + "/c"])
    }
}

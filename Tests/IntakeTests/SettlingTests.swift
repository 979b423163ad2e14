import Foundation
import Intake
import Testing

struct SettlingTests {
    private let now = Date(timeIntervalSince1970: 1_772_500_000)

    /// - Parameter age: seconds since it was modified.
    private func file(
        _ name: String = "e.xml", _ byteCount: Int = 10, age: TimeInterval = 0, inode: UInt64 = 1,
        problem: String? = nil
    ) -> DroppedFile {
        DroppedFile(
            path: "drop/" + name, name: name, byteCount: byteCount,
            modified: Int((now.timeIntervalSince1970 - age) * 1e9), inode: inode, problem: problem)
    }

    @Test func fileThatIsNew_isReadyWhenItWasQuiet() {
        var settling = Settling()
        settling.observe([file(age: 3)], renamed: [], now: now)
        #expect(settling.ready(now: now).isEmpty && settling.nextReady(now: now) == now + 7)
        settling.observe([file(age: 3)], renamed: [], now: now + 5)
        #expect(settling.ready(now: now + 6.9).isEmpty)
        #expect(settling.ready(now: now + 7) == [file(age: 3)] && settling.nextReady(now: now + 7) == nil)
    }

    @Test func fileThatIsOldOrRenamed_isReadyAtOnce() {
        var settling = Settling()
        let files = [file("a", age: 10), file("b", age: 1), file("c", age: 1)]
        settling.observe(files, renamed: ["drop/b"], now: now)
        #expect(settling.ready(now: now) == Array(files[0...1]))
        settling.observe(files, renamed: ["drop/c"], now: now)
        #expect(settling.ready(now: now) == files)
    }

    @Test func fileThatChanges_waitsAnew() {
        var settling = Settling(quiet: 5)
        settling.observe([file(age: 100)], renamed: [], now: now)
        // Longer, though its time says that it is old.
        settling.observe([file("e.xml", 11, age: 99)], renamed: [], now: now)
        #expect(settling.ready(now: now + 4).isEmpty && settling.nextReady(now: now) == now + 5)
        settling.observe([file("e.xml", 11, age: 98)], renamed: [], now: now + 4)
        #expect(settling.ready(now: now + 8).isEmpty && settling.ready(now: now + 9).count == 1)
    }

    @Test func fileThatGrowsAfterItWasRenamed_waitsAnew() {
        var settling = Settling()
        settling.observe([file()], renamed: ["drop/e.xml"], now: now)
        settling.observe([file("e.xml", 20)], renamed: [], now: now + 1)
        #expect(settling.ready(now: now + 1).isEmpty)
    }

    @Test func fileInThePlaceOfAnother_isNew() {
        var settling = Settling()
        settling.observe([file(age: 100, inode: 1)], renamed: [], now: now)
        settling.observe([file(age: 2, inode: 2)], renamed: [], now: now)
        #expect(settling.ready(now: now).isEmpty && settling.nextReady(now: now) == now + 8)
    }

    @Test func fileThatVanishes_isForgotten() {
        var settling = Settling()
        settling.observe([file("a", age: 100), file("b")], renamed: [], now: now)
        settling.observe([], renamed: ["drop/a"], now: now)
        #expect(settling.ready(now: now + 100).isEmpty && settling.nextReady(now: now) == nil)
        settling.observe([file("b")], renamed: [], now: now)
        #expect(settling.ready(now: now).isEmpty)
    }

    @Test func fileFromTheFuture_countsFromWhenItWasSeen() {
        var settling = Settling()
        settling.observe([file(age: -86_400)], renamed: [], now: now)
        #expect(settling.nextReady(now: now) == now + 10)
        settling.observe([file(age: -86_400)], renamed: [], now: now + 10)
        #expect(settling.ready(now: now + 10).count == 1)
    }

    @Test func clockThatIsSetBack_delaysNothingBeyondTheQuietTime() {
        var settling = Settling()
        settling.observe([file("a", age: 3), file("b", age: 30)], renamed: [], now: now)
        settling.observe([file("a", age: 3), file("b", age: 30)], renamed: [], now: now + 5)
        let before = now - 86_400
        #expect(settling.nextReady(now: before) == before + 10)
        settling.observe([file("a", age: 3), file("b", age: 30)], renamed: [], now: before)
        // What was ready stays so.
        #expect(settling.ready(now: before).map(\.name) == ["b"] && settling.nextReady(now: before) == before + 10)
        settling.observe([file("a", age: 3), file("b", age: 30)], renamed: [], now: before + 10)
        #expect(settling.ready(now: before + 10).count == 2)
    }

    @Test func fileWithAProblem_isReadyAtOnceSoThatItIsTold() {
        var settling = Settling()
        settling.observe([file(problem: "it is a FIFO")], renamed: [], now: now)
        #expect(settling.ready(now: now).map(\.problem) == ["it is a FIFO"])
    }

    @Test(arguments: [Int.min, Int.max]) func extremeTimes_endNoProgram(_ modified: Int) {
        var settling = Settling()
        let file = DroppedFile(path: "e", name: "e", byteCount: 0, modified: modified, inode: 1)
        settling.observe([file], renamed: [], now: now)
        #expect(settling.ready(now: now + 10) == [file])
        #expect(file.precedes(file, in: .gmt) == false)
    }
}

public import Foundation

/// Which files of one source are complete: those that were renamed into place, and those that nobody has changed for
/// some seconds.
///
/// Observe the whole list of the source each time something may have changed, and whenever ``nextReady(now:)`` says so.
public struct Settling: Sendable {
    /// A path alone is not enough: the file behind it may be replaced.
    private struct Key: Hashable {
        let path: String
        let inode: UInt64
    }

    private struct Wait {
        let file: DroppedFile
        let until: Date
    }

    private let quiet: TimeInterval
    private var waits: [Wait] = []

    /// - Parameter quiet: the seconds for which size and modification time stay the same before a file is ready.
    public init(quiet: TimeInterval = 10) {
        self.quiet = quiet
    }

    /// Takes note of what is there now; files that are no longer listed are forgotten.
    ///
    /// A file that was modified long ago when it is first seen is ready at once, and so is one with a problem: its reader
    /// tells it. A modification time in the future counts from when it was first seen. No file waits longer than `quiet`
    /// seconds from now, even when the clock was set back.
    /// - Parameter renamed: the paths of files that were renamed into the folder since the last time.
    public mutating func observe(_ files: [DroppedFile], renamed: Set<String>, now: Date) {
        let before = Dictionary(waits.map { (Settling.key($0.file), $0) }, uniquingKeysWith: { first, _ in first })
        waits = files.map { file in
            Wait(file: file, until: until(file, before[Settling.key(file)], renamed.contains(file.path), now))
        }
    }

    private func until(_ file: DroppedFile, _ before: Wait?, _ isRenamed: Bool, _ now: Date) -> Date {
        if isRenamed || file.problem != nil { return .distantPast }
        let latest = now + quiet
        guard let before else {
            let modified = Date(timeIntervalSince1970: Double(file.modified) / 1e9)
            return modified > now ? latest : modified + quiet
        }
        guard before.file.byteCount == file.byteCount, before.file.modified == file.modified else { return latest }
        // Once ready it stays so, whatever the clock does.
        return before.until <= now ? .distantPast : min(before.until, latest)
    }

    private static func key(_ file: DroppedFile) -> Key {
        Key(path: file.path, inode: file.inode)
    }

    /// The files that may be read, in the order in which they were observed.
    public func ready(now: Date) -> [DroppedFile] {
        waits.filter { $0.until <= now }.map(\.file)
    }

    /// When to observe again, because one more file may be ready then; nil when none waits.
    public func nextReady(now: Date) -> Date? {
        waits.map(\.until).filter { $0 > now }.min().map { min($0, now + quiet) }
    }
}

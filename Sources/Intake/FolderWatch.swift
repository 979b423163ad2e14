import Foundation
import OrganisationModel

/// Tells when something comes into the folders of some patterns, by inotify.
///
/// It only says when to look: folders on network file systems change without a word, so they are to be listed now and then
/// in any case. Not for use by several threads at once.
public final class FolderWatch {
    /// What has happened since the last time. Folders and paths are written as in the patterns.
    public struct Changes: Hashable, Sendable {
        /// The folders to be listed anew.
        public internal(set) var folders: Set<String> = []
        /// The paths of what was renamed into them; they were complete when they came.
        public internal(set) var renamed: Set<String> = []
        /// Some changes are not told, because there were too many or because a folder went away. `folders` names all it
        /// may be about.
        public internal(set) var isIncomplete = false
    }

    private struct Folder: Hashable {
        let path: String
        let prefix: String
    }

    /// Readable when there is something to drain; never blocks. It is closed with this object.
    public let descriptor: Int32
    private let folders: Set<Folder>
    /// Several spellings may mean one folder.
    private var watches: [Folder: Int32] = [:]
    /// The folders that cannot be watched, and why; ``renew()`` tries them again.
    public private(set) var unwatched: [String: String] = [:]

    private static let bufferSize = 64 * 1024
    /// A folder that changes without end must not hold its watcher; what is left makes the descriptor readable again.
    private static let readsPerDrain = 16

    /// Watches the folders that are there; the others are in ``unwatched``.
    /// - Throws: ``FordelerError`` `intake.watch-unavailable` when the system has no more watchers.
    public init(patterns: [String]) throws {
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else {
            throw FordelerError(
                .init("intake.watch-unavailable"),
                "Folders cannot be watched (\(String(cString: strerror(errno)))). "
                    + "Raise fs.inotify.max_user_instances or the limit of open files")
        }
        folders = Set(
            patterns.map { text in
                let pattern = DropPattern(text)
                return Folder(path: pattern.folder, prefix: pattern.prefix)
            })
        renew()
    }

    deinit {
        close(descriptor)
    }

    /// Watches what was not there before, and folders that another has taken the place of.
    /// - Returns: the folders that are watched from now on: files may have come before, so they are to be listed.
    @discardableResult
    public func renew() -> Set<String> {
        let interest =
            IN_MOVED_TO | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK
        var new: Set<String> = []
        unwatched = [:]
        for folder in folders {
            // The same folder gets the same number again.
            let watch = inotify_add_watch(descriptor, folder.path, UInt32(interest))
            let old = watches[folder]
            if watch < 0 {
                unwatched[folder.path] = String(cString: strerror(errno))
                watches[folder] = nil
            } else {
                watches[folder] = watch
                if watch != old { new.insert(folder.path) }
            }
            if let old, old != watch { end(old) }
        }
        return new
    }

    /// Ends a watch that no spelling needs any more.
    private func end(_ watch: Int32) {
        if !watches.values.contains(watch) { inotify_rm_watch(descriptor, watch) }
    }

    /// What has happened since the last time; empty when nothing has.
    /// - Throws: ``FordelerError`` `intake.watch-unavailable`.
    public func drain() throws -> Changes {
        var changes = Changes()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: FolderWatch.bufferSize, alignment: 8)
        defer { buffer.deallocate() }
        for _ in 0..<FolderWatch.readsPerDrain {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { break }
            guard count > 0 else {
                throw FordelerError(
                    .init("intake.watch-unavailable"),
                    "The watcher of the folders failed (\(String(cString: strerror(errno)))). Restart the program")
            }
            take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), &changes)
        }
        return changes
    }

    /// Events as the system writes them: watch, mask, cookie and length of the name, 32 bits each, then the name and NULs.
    private func take(_ bytes: UnsafeRawBufferPointer, _ changes: inout Changes) {
        var place = 0
        while place + 16 <= bytes.count {
            let watch = bytes.loadUnaligned(fromByteOffset: place, as: Int32.self)
            let mask = Int32(truncatingIfNeeded: bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self))
            let length = Int(bytes.loadUnaligned(fromByteOffset: place + 12, as: UInt32.self))
            let end = min(place + 16 + length, bytes.count)
            take(watch, mask, bytes[(place + 16)..<end].prefix { $0 != 0 }, &changes)
            place = end
        }
    }

    private func take(_ watch: Int32, _ mask: Int32, _ name: Slice<UnsafeRawBufferPointer>, _ changes: inout Changes) {
        if mask & IN_Q_OVERFLOW != 0 {
            changes.folders.formUnion(folders.map(\.path))
            changes.isIncomplete = true
            return
        }
        for folder in watches.filter({ $0.value == watch }).keys {
            changes.folders.insert(folder.path)
            if mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED) != 0 {
                changes.isIncomplete = true
                watches[folder] = nil
                unwatched[folder.path] = "it went away"
                end(watch)
            } else if mask & IN_MOVED_TO != 0,
                let text = String(validating: name, as: UTF8.self)
            {
                changes.renamed.insert(folder.prefix + text)
            }
        }
    }
}

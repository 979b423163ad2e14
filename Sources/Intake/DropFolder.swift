public import Foundation
public import OrganisationModel

/// The folder into which a source puts its exports.
public enum DropFolder {
    /// The path of the file that is last in the order of exports among those that match; nil when none does. It may have
    /// a problem, which its reader tells: an older file in its place would be the wrong organisation.
    /// - Parameters:
    ///   - pattern: a path whose last part may hold `*`, `?` and `[...]`.
    ///   - zone: in which the times in names are.
    /// - Throws: ``FordelerError`` `intake.folder-unreadable`; a folder that cannot be read is not an empty one.
    public static func newest(matching pattern: String, in zone: TimeZone) throws -> String? {
        try files(matching: pattern).max { $0.precedes($1, in: zone) }?.path
    }

    /// All files that match, by the bytes of their names; those that will never be read tell why. Folders are left out.
    /// - Parameter pattern: as for ``newest(matching:in:)``. A leading dot is only matched by a dot.
    /// - Throws: ``FordelerError`` `intake.folder-unreadable`.
    public static func files(matching pattern: String) throws -> [DroppedFile] {
        let pattern = DropPattern(pattern)
        guard let folder = opendir(pattern.folder) else { throw unreadable(pattern.folder) }
        defer { closedir(folder) }
        var files: [DroppedFile] = []
        while true {
            errno = 0
            guard let entry = readdir(folder) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            let terminated = name.map(CChar.init(bitPattern:)) + [0]
            guard fnmatch(pattern.name, terminated, FNM_PERIOD) == 0 else { continue }
            var status = stat()
            guard fstatat(dirfd(folder), terminated, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                // Gone since it was listed.
                if errno == ENOENT { continue }
                throw unreadable(pattern.folder)
            }
            if status.st_mode & S_IFMT != S_IFDIR { files.append(file(pattern, name, status)) }
        }
        guard errno == 0 else { throw unreadable(pattern.folder) }
        return files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private static func file(_ pattern: DropPattern, _ bytes: [UInt8], _ status: stat) -> DroppedFile {
        let valid = String(validating: bytes, as: UTF8.self)
        let name = valid ?? String(decoding: bytes, as: UTF8.self)
        let (seconds, tooFar) = status.st_mtim.tv_sec.multipliedReportingOverflow(by: 1_000_000_000)
        let (nanoseconds, justTooFar) = seconds.addingReportingOverflow(status.st_mtim.tv_nsec)
        let clamped = status.st_mtim.tv_sec < 0 ? Int.min : Int.max
        return DroppedFile(
            path: pattern.prefix + name, name: name, byteCount: Int(status.st_size),
            modified: tooFar || justTooFar ? clamped : nanoseconds, inode: UInt64(status.st_ino),
            problem: problem(status.st_mode & S_IFMT) ?? (valid == nil ? "its name is no UTF-8" : nil))
    }

    private static func problem(_ type: mode_t) -> String? {
        switch type {
        case S_IFREG: nil
        case S_IFLNK: "it is a symbolic link"
        case S_IFIFO: "it is a FIFO"
        case S_IFSOCK: "it is a socket"
        case S_IFCHR, S_IFBLK: "it is a device"
        default: "it is no regular file"
        }
    }

    private static func unreadable(_ folder: String) -> FordelerError {
        let reason = String(cString: strerror(errno))
        return FordelerError(
            .folderUnreadable,
            "\(folder) cannot be read (\(reason)). Check that it is there, and its rights")
    }
}

/// A path whose last part may hold wildcards.
struct DropPattern {
    /// The folder for the system; `.` when the pattern names none.
    let folder: String
    /// What stands before the name of each file.
    let prefix: String
    let name: String

    init(_ pattern: String) {
        let slash = pattern.lastIndex(of: "/")
        prefix = slash.map { String(pattern[...$0]) } ?? ""
        name = slash.map { String(pattern[pattern.index(after: $0)...]) } ?? pattern
        folder = prefix.isEmpty ? "." : prefix == "/" ? "/" : String(prefix.dropLast())
    }
}

extension FordelerError.Code {
    /// A folder that cannot be read is not an empty one.
    public static let folderUnreadable = FordelerError.Code("intake.folder-unreadable")
}

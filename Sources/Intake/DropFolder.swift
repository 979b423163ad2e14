public import Foundation
public import OrganisationModel

/// The folder into which a source puts its exports.
public enum DropFolder {
    /// What is last in the order of exports; nil of nothing. It may have a problem, which its reader tells: an older one in its
    /// place would be the wrong organisation.
    /// - Parameter zone: in which the times in names are.
    public static func newest(_ files: [DroppedFile], in zone: TimeZone) -> String? {
        files.max { $0.precedes($1, in: zone) }?.path
    }

    /// All files that match, by the bytes of their names; those that will never be read tell why. Folders are left out.
    /// - Parameter pattern: a path whose last part may hold `*`, `?` and `[...]`. A leading dot is only matched by a dot.
    /// - Throws: ``FordelerError`` `intake.folder-unreadable`; a folder that cannot be read is not an empty one.
    public static func files(matching pattern: String) throws -> [DroppedFile] {
        try files(matching: DropPattern(pattern))
    }

    private static func files(matching pattern: DropPattern) throws -> [DroppedFile] {
        try entries(pattern).filter { $0.status.st_mode & S_IFMT != S_IFDIR }.map {
            file(pattern, $0.name, $0.status)
        }
    }

    /// All folders that match and hold something: exports of several files. Each is told as one file, as large as all files in it
    /// together and as old as the newest of them; one that holds anything but regular files will never be read.
    /// - Parameter pattern: as for ``files(matching:)``.
    /// - Throws: ``FordelerError`` `intake.folder-unreadable`.
    public static func folders(matching pattern: String) throws -> [DroppedFile] {
        try folders(matching: DropPattern(pattern))
    }

    private static func folders(matching pattern: DropPattern) throws -> [DroppedFile] {
        try entries(pattern).filter { $0.status.st_mode & S_IFMT == S_IFDIR }.compactMap { entry in
            let folder = file(pattern, entry.name, entry.status)
            // By another name than its own it could not be opened.
            if String(validating: entry.name, as: UTF8.self) == nil { return folder }
            let within = try contents(of: folder.path)
            if within.isEmpty { return nil }
            let problem = within.first { $0.problem != nil }.map { "\($0.shownName) in it: \($0.problem ?? "")" }
            return DroppedFile(
                path: folder.path, name: folder.name, byteCount: within.reduce(0) { $0 + $1.byteCount },
                modified: within.map(\.modified).max() ?? folder.modified, inode: folder.inode, problem: problem)
        }
    }

    /// The file or folder at a path, as ``files(matching:)`` or ``folders(matching:)`` tells it; nil when nothing is there. Wildcards
    /// in its name are letters like others.
    /// - Throws: ``FordelerError`` `intake.folder-unreadable`.
    public static func entry(at path: String) throws -> DroppedFile? {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let name = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        let escaped = path[name...].map { "*?[\\".contains($0) ? "\\\($0)" : String($0) }.joined()
        return try entry(DropPattern(path[..<name] + escaped))
    }

    private static func entry(_ pattern: DropPattern) throws -> DroppedFile? {
        try files(matching: pattern).first ?? folders(matching: pattern).first
    }

    /// The files for which a path stands: those in it, in the order of their names, when it is a folder; else itself.
    /// - Throws: ``FordelerError`` `intake.folder-unreadable`.
    public static func files(at path: String) throws -> [String] {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [path] }
        return try contents(of: path).map(\.path)
    }

    private static func contents(of folder: String) throws -> [DroppedFile] {
        let pattern = DropPattern(folder + "/*")
        return try entries(pattern).map { file(pattern, $0.name, $0.status) }
    }

    private static func entries(_ pattern: DropPattern) throws -> [(name: [UInt8], status: stat)] {
        guard let folder = opendir(pattern.folder) else { throw unreadable(pattern.folder) }
        defer { closedir(folder) }
        var found: [(name: [UInt8], status: stat)] = []
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
            found.append((name, status))
        }
        guard errno == 0 else { throw unreadable(pattern.folder) }
        return found.sorted { $0.name.lexicographicallyPrecedes($1.name) }
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
            problem: valid == nil ? "its name is no UTF-8" : problem(status.st_mode & S_IFMT))
    }

    private static func problem(_ type: mode_t) -> String? {
        switch type {
        case S_IFREG: nil
        case S_IFLNK: "it is a symbolic link"
        case S_IFIFO: "it is a FIFO"
        case S_IFSOCK: "it is a socket"
        case S_IFCHR, S_IFBLK: "it is a device"
        case S_IFDIR: "it is a folder"
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

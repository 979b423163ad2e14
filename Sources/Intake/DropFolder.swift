import Foundation

/// The folder into which a source puts its exports.
public enum DropFolder {
    /// The file whose name sorts last among those that match; names carry the time of the export. Nil when none does.
    /// - Parameter pattern: a path whose last part may hold `*`, `?` and `[...]`.
    public static func newest(matching pattern: String) -> String? {
        let folder = (pattern as NSString).deletingLastPathComponent
        let name = (pattern as NSString).lastPathComponent
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        let newest = files.filter { fnmatch(name, $0, FNM_PERIOD) == 0 }.max()
        return newest.map { folder.isEmpty ? $0 : folder + "/" + $0 }
    }
}

import Foundation
import OrganisationModel

/// The folder into which a source puts its exports.
public enum DropFolder {
    /// The file whose name sorts last among those that match; names carry the time of the export. Nil when none does.
    /// - Parameter pattern: a path whose last part may hold `*`, `?` and `[...]`.
    /// - Throws: ``FordelerError`` `intake.folder-unreadable`; a folder that cannot be read is not an empty one.
    public static func newest(matching pattern: String) throws -> String? {
        let folder = (pattern as NSString).deletingLastPathComponent
        let name = (pattern as NSString).lastPathComponent
        let place = folder.isEmpty ? "." : folder
        guard let files = try? FileManager.default.contentsOfDirectory(atPath: place) else {
            throw FordelerError(
                .init("intake.folder-unreadable"), "\(place) cannot be read. Check that it is there, and its rights")
        }
        let newest = files.filter { fnmatch(name, $0, FNM_PERIOD) == 0 }.max()
        return newest.map { folder.isEmpty ? $0 : folder + "/" + $0 }
    }
}

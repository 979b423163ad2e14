import Crypto
import Foundation
public import OrganisationModel

/// Where the exports lie that were downloaded for one source: `downloads/SOURCE` in the folder of the state.
///
/// Their names carry the time at which they came, each later than the one before, whatever the clock does. From there on
/// it is a drop folder like any other.
public struct DownloadFolder: Hashable, Sendable {
    /// So many of the newest files are kept: the last one, and those that are read when it is refused.
    public static let filesKept = 3

    public let path: String
    private let source: String
    /// What the names end with, such as `.xml`.
    private let ending: String

    /// - Parameters:
    ///   - state: the folder of the state.
    ///   - source: a name that can be that of a folder.
    public init(state: String, source: String, ending: String) {
        path = DownloadFolder.all(state) + "/" + source
        (self.source, self.ending) = (source, ending)
    }

    /// What ``DropFolder`` finds the files by; none of them was ever there by this name in part.
    public var pattern: String { path + "/" + source + "-*" + ending }

    var part: String { path + "/.part" }
    var note: String { path + "/" + Self.noteName }
    private static let noteName = ".last"

    /// Makes the folder, where it is not there, for its owner only.
    /// - Throws: ``FordelerError`` `download.unwritable`.
    public func create() throws {
        for folder in [(path as NSString).deletingLastPathComponent, path] where mkdir(folder, 0o700) != 0 {
            guard errno == EEXIST else { throw unwritable() }
        }
    }

    /// Begins to take a document. What an earlier attempt left is overwritten: one at a time.
    /// - Throws: ``FordelerError`` `download.unwritable`.
    public func begin() throws -> ArrivingFile {
        try create()
        return try ArrivingFile(self)
    }

    /// What was noted of the newest file, while that is there; nil for another address.
    public func last(from url: String) -> DownloadNote? {
        noted(from: url).flatMap { has($0) ? $0 : nil }
    }

    /// The same, whether or not the file is there.
    func noted(from url: String) -> DownloadNote? {
        guard let data = FileManager.default.contents(atPath: note),
            let note = try? JSONDecoder().decode(DownloadNote.self, from: data), note.address == Self.digest(url),
            note.file.hasSuffix(ending)
        else { return nil }
        return note
    }

    func has(_ note: DownloadNote) -> Bool {
        FileManager.default.fileExists(atPath: path + "/" + note.file)
    }

    /// A name for a file that came at an instant; later than those of the files that are there.
    func name(at time: Date) throws -> String {
        let newest = try DropFolder.files(matching: pattern).compactMap {
            NameTime.last(in: $0.name)?.instant(in: .gmt)
        }
        let second = Date(timeIntervalSince1970: time.timeIntervalSince1970.rounded(.down))
        let time = newest.max().map { max(second, $0 + 1) } ?? second
        let text = time.formatted(.iso8601).replacing(/[-:]/, with: "")
        return "\(source)-\(text)\(ending)"
    }

    /// Deletes all files but the newest ones.
    func removeOld() throws {
        let files = try DropFolder.files(matching: pattern).sorted { $0.precedes($1, in: .gmt) }
        for file in files.dropLast(Self.filesKept) { try Self.remove(file.path) }
    }

    func unwritable() -> FordelerError {
        FordelerError(
            .downloadUnwritable, "\(path) cannot be written: \(String(cString: strerror(errno))). Nothing was taken")
    }

    static func digest(_ text: String) -> String {
        Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString()
    }

    // MARK: All sources

    private static func all(_ state: String) -> String { state + "/downloads" }

    /// All that was downloaded into a state, also in part, and by sources that are not configured any more; not the notes, which
    /// hold hashes.
    /// - Throws: when a folder cannot be listed.
    public static func files(state: String) throws -> [String] {
        try folders(state).flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: folder).sorted().filter { $0 != noteName }.map {
                folder + "/" + $0
            }
        }
    }

    /// Deletes all of that; a download that is under way comes to nothing.
    /// - Throws: ``FordelerError`` `download.unwritable`.
    public static func removeAll(state: String) throws {
        for file in try files(state: state) { try remove(file) }
    }

    /// Deletes what sources left that download no more.
    /// - Parameter sources: those that do.
    /// - Throws: ``FordelerError`` `download.unwritable`.
    public static func removeOthers(state: String, than sources: [String]) throws {
        for folder in try folders(state) where !sources.contains((folder as NSString).lastPathComponent) {
            try remove(folder)
        }
    }

    private static func folders(_ state: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: all(state)) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: all(state)).sorted().map { all(state) + "/" + $0 }
    }

    /// What is gone already is gone.
    private static func remove(_ path: String) throws {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch let error as CocoaError where error.code == .fileNoSuchFile {
        } catch {
            throw FordelerError(.downloadUnwritable, "\(path) cannot be deleted: \(error.localizedDescription)")
        }
    }
}

extension FordelerError.Code {
    public static let downloadUnwritable = FordelerError.Code("download.unwritable")
}

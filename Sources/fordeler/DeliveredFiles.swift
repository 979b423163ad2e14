import Foundation
import Intake
import Mapping
import SourceExports

/// The files of one export, as they are named on the command line or lie in a drop folder.
enum DeliveredFiles {
    /// A folder stands for the files in it, in the order of their names.
    /// - Throws: ``ExportProblem`` `export.unreadable` when a folder cannot be read.
    static func at(_ paths: [String]) throws -> [String] {
        do {
            return try paths.flatMap(DropFolder.files(at:))
        } catch {
            throw ExportProblem(rule: .unreadable, line: 0, message: "The folder cannot be read (\(error)).")
        }
    }

    /// The path by which a file is known, from whatever folder it is named. Steps upwards stay: there may be links.
    static func known(_ path: String) -> String {
        let absolute = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        return "/" + absolute.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    /// The files that a mapping reads: a folder is an export only where it wants several documents.
    static func at(_ paths: [String], for mapping: MappingDocument) throws -> [String] {
        mapping.documents.count > 1 ? try at(paths) : paths
    }
}

import Intake
import Mapping
import SourceExports
import Versioning

extension Configuration.Source {
    /// Whether these files are a full export: of a source that delivers deltas only when its mapping tells by the documents.
    /// - Throws: ``ExportProblem`` when a file cannot be opened.
    func isFullExport(_ paths: [String]) throws -> Bool {
        guard deliversDeltas else { return true }
        guard mapping.hasChanges else { return false }
        let forms = try paths.compactMap { path in
            let handle = try ExportFileHandle(path: path)
            return mapping.form { try handle.fill($0) }
        }
        return mapping.isFull(forms)
    }

    /// Whether the file of a run, or the files in its folder, are a full export; false when that cannot be told.
    func isFullExport(_ run: Run) -> Bool {
        guard let paths = deliversFolders ? try? DropFolder.files(at: run.file.path) : [run.file.path] else {
            return false
        }
        return (try? isFullExport(paths)) ?? false
    }
}

import Foundation
import Intake
import Mapping
import OrganisationModel
import Transports
import Yams

extension Configuration {
    /// How the exports of a source are fetched, and where they lie then.
    struct Download {
        let server: HTTPDownload
        let folder: DownloadFolder
    }
}

extension ConfigurationReader {
    func download(
        _ node: Node, _ source: String, _ mapping: MappingDocument, _ siblings: Fields, _ state: String
    ) throws -> Configuration.Download {
        if let files = siblings.values["files"] {
            throw mistake(files, "a source has files or download, not both")
        }
        if let quiet = siblings.values["quiet"] {
            throw mistake(quiet, "quiet is for files; a download is read when all of it has come")
        }
        guard mapping.documents.count == 1 else {
            throw mistake(node, "the exports of \(mapping.name) have several files, and one is downloaded. Use files")
        }
        guard siblings.values["schedule"] != nil else {
            throw mistake(node, "a download needs a schedule, such as every 15m")
        }
        let fields = try fields(node, ["url", "tokenFile", "certificateAuthority"])
        let url = try fields.required("url")
        let authority = try fields.values["certificateAuthority"].map { path(try text($0)) }
        let token = try fields.values["tokenFile"].map(secret)
        let ending =
            switch mapping.documents[0].format {
            case .xml: ".xml"
            case .csv: ".csv"
            }
        do {
            return Configuration.Download(
                server: try HTTPDownload(url: text(url), token: token, certificateAuthority: authority),
                folder: DownloadFolder(state: state, source: source, ending: ending))
        } catch let error as FordelerError where error.code == .badDownload {
            throw mistake(url, error.message)
        }
    }
}

/// An export that came whole and has not its place yet.
struct FetchedExport {
    private let download: Configuration.Download
    private let document: ArrivingFile
    private let mark: HTTPDownload.Mark

    /// Fetches what lies at the source's address. One at a time for each source.
    /// - Returns: nil when it is what was fetched last.
    /// - Throws: ``FordelerError`` `download.failed`, `download.refused`, `download.unwritable`, `download.interrupted`.
    init?(_ source: Configuration.Source, isStopping: @escaping () -> Bool) throws {
        guard let download = source.download else { return nil }
        do {
            let (server, folder) = (download.server, download.folder)
            let last = folder.last(from: server.url)
            let document = try folder.begin()
            let known = last.map { HTTPDownload.Mark(tag: $0.tag, modified: $0.modified) } ?? .none
            guard
                let mark = try server.fetch(
                    unless: known == .none ? nil : known, byteCountMax: ExportFileHandle.byteCountMax,
                    isStopping: isStopping, into: document.append)
            else { return nil }
            (self.download, self.document, self.mark) = (download, document, mark)
        } catch let error as FordelerError {
            throw FordelerError(error.code, "\(source.name): \(error.message)")
        }
    }

    /// Puts it where the source's files are read.
    /// - Parameter time: now.
    func place(at time: Date) throws -> ArrivingFile.Placed {
        try document.place(at: time, from: download.server.url, tag: mark.tag, modified: mark.modified)
    }
}

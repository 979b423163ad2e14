import Foundation
import Intake
import OrganisationModel
import Storage
import Transports
import Versioning

/// What a command downloads before it reads it.
struct Fetching {
    private let session: Session
    private let sources: [Configuration.Source]

    init(_ session: Session, _ sources: [Configuration.Source]) {
        (self.session, self.sources) = (session, sources)
    }

    /// Fetches everything, while others go on, and then runs `body` while nobody else works on the register.
    /// - Throws: ``FordelerError`` as ``FetchedExport``, and what `body` throws.
    func run(_ body: (Fetching) throws -> Void) throws {
        guard let daemon = session.daemon else { return try fetch({ false }, body) }
        try daemon.downloads.alone(sources.map(\.name), isStopping: { daemon.isStopping }) {
            try fetch({ daemon.isStopping }, body)
        }
    }

    private func fetch(_ isStopping: @escaping () -> Bool, _ body: (Fetching) throws -> Void) throws {
        let exports = try sources.map { source in
            let export = try FetchedExport(source, isStopping: isStopping)
            session.daemon?.health.clear(.download(source.name))
            return export
        }
        try session.alone {
            for export in exports { _ = try export?.place(at: now) }
            try body(self)
        }
    }

    private var now: Date {
        get throws { try Date(session.workplace.time, strategy: .iso8601) }
    }

    private func newest(_ source: Configuration.Source) throws -> DroppedFile {
        let files = try source.files.map { try DropFolder.files(matching: $0) } ?? []
        guard let newest = files.max(by: { $0.precedes($1, in: .gmt) }) else {
            throw FordelerError(.downloadFailed, "\(source.name): what was downloaded is not there any more. Try again")
        }
        return newest
    }

    /// Where the newest export of a source lies.
    func path(of source: Configuration.Source) throws -> String {
        try newest(source).path
    }
}

import Crypto
public import Foundation
import OrganisationModel

/// What is remembered of the newest file of a ``DownloadFolder``, beside it.
public struct DownloadNote: Codable, Hashable, Sendable {
    /// A hash of the address, which may be a secret.
    let address: String
    let file: String
    /// SHA-256, base 64.
    let digest: String
    /// By what the server knows it again.
    public let tag: String
    public let modified: String
}

/// A document while it comes, under a name that nobody reads. One that is not placed is deleted.
public final class ArrivingFile {
    private let folder: DownloadFolder
    private let descriptor: Int32
    private var hash = SHA256()

    /// What became of a document that came whole.
    public enum Placed: Hashable, Sendable {
        /// The path at which it lies.
        case file(String)
        /// Its bytes are those of the newest file, so it is none of its own. `isAnnounced` when the server calls them by another
        /// name than before: then it delivered anew.
        case same(isAnnounced: Bool)
    }

    init(_ folder: DownloadFolder) throws {
        self.folder = folder
        descriptor = open(folder.part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw folder.unwritable() }
    }

    deinit {
        close(descriptor)
        unlink(folder.part)
    }

    /// Takes the next bytes.
    /// - Throws: ``FordelerError`` `download.unwritable`.
    public func append(_ bytes: UnsafeRawBufferPointer) throws {
        hash.update(bufferPointer: bytes)
        try write(bytes, to: descriptor)
    }

    /// Brings all of it to the disk, and gives it a name by which it is read. Call it once.
    /// - Parameters:
    ///   - time: when it came.
    ///   - url: where it came from.
    ///   - tag: by what the server knows it again; so is `modified`. Empty for nothing.
    /// - Throws: ``FordelerError`` `download.unwritable`, also when it was deleted meanwhile, as by an erasure.
    public func place(at time: Date, from url: String, tag: String, modified: String) throws -> Placed {
        let digest = Data(hash.finalize()).base64EncodedString()
        let last = folder.noted(from: url)
        let isSame = last?.digest == digest
        if let last, isSame, folder.has(last) {
            let isAnnounced = !(tag.isEmpty && modified.isEmpty) && (tag, modified) != (last.tag, last.modified)
            try remember(last.file, digest, url, tag, modified)
            return .same(isAnnounced: isAnnounced)
        }
        // One that was deleted comes back by its name, so that nobody takes it for another delivery.
        let name = try isSame ? last?.file ?? folder.name(at: time) : folder.name(at: time)
        guard fsync(descriptor) == 0 else { throw folder.unwritable() }
        // The note first: of a file that is not there it says nothing, and one without a note would be delivered twice.
        try remember(name, digest, url, tag, modified)
        guard rename(folder.part, folder.path + "/" + name) == 0 else { throw folder.unwritable() }
        try syncNames()
        try folder.removeOld()
        return .file(folder.path + "/" + name)
    }

    private func remember(_ file: String, _ digest: String, _ url: String, _ tag: String, _ modified: String) throws {
        let note = DownloadNote(
            address: DownloadFolder.digest(url), file: file, digest: digest, tag: tag, modified: modified)
        let draft = folder.note + ".new"
        let target = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw folder.unwritable() }
        defer { close(target) }
        try JSONEncoder().encode(note).withUnsafeBytes { try write($0, to: target) }
        guard fsync(target) == 0, rename(draft, folder.note) == 0 else { throw folder.unwritable() }
        try syncNames()
    }

    private func syncNames() throws {
        let names = open(folder.path, O_RDONLY | O_CLOEXEC)
        defer { close(names) }
        guard names >= 0, fsync(names) == 0 else { throw folder.unwritable() }
    }

    private func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw folder.unwritable() }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}

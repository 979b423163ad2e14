import Crypto
import Foundation
import OrganisationModel
import SourceExports

/// One file of an export, opened once, so that what is hashed is what is read: before it is read when somebody asks, else
/// while it is.
///
/// Drop folders are untrusted: only regular files are opened, symbolic links are not followed, and a file that changes
/// while it is read is refused.
public final class ExportFileHandle {
    /// The file's name without its folder; control characters are replaced, because names reach terminals and logs.
    public let name: String
    public let byteCount: Int
    private let descriptor: Int32
    private var hash = SHA256()
    private var known: [UInt8]?
    private let modified: timespec
    private var rest: Int

    /// Larger than any municipality's export; beyond it a mistake is likelier than an organisation.
    public static let byteCountMax = 8 << 30
    private static let chunkSize = 256 * 1024

    /// Opens a file.
    /// - Throws: ``ExportProblem`` `export.unreadable`.
    public init(path: String) throws {
        name = ShownText.cleaned((path as NSString).lastPathComponent)
        // A FIFO without a writer would block the opening for ever.
        descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = errno == ELOOP ? "it is a symbolic link" : String(cString: strerror(errno))
            throw ExportProblem(rule: .unreadable, line: 0, message: "The file cannot be opened: \(reason).")
        }
        do {
            let status = try ExportFileHandle.status(of: descriptor)
            byteCount = Int(status.st_size)
            modified = status.st_mtim
        } catch {
            close(descriptor)
            throw error
        }
        rest = byteCount
    }

    deinit {
        close(descriptor)
    }

    /// SHA-256 of the content. Reads the file when nothing of it has been read yet.
    /// - Throws: ``ExportProblem`` `export.unreadable`, also when it was read in part.
    public func digest() throws -> [UInt8] {
        if let known { return known }
        if rest == 0, byteCount > 0 { return try finishHash() }
        guard rest == byteCount else { throw ExportFileHandle.changed }
        let digest = try ExportFileHandle.hash(descriptor, byteCount)
        known = digest
        return digest
    }

    /// The hash of what was read. A file that was overwritten meanwhile with as many bytes is refused.
    private func finishHash() throws -> [UInt8] {
        try checkModified()
        let digest = Array(hash.finalize())
        known = digest
        return digest
    }

    private func checkModified() throws {
        let now = try ExportFileHandle.status(of: descriptor).st_mtim
        guard now.tv_sec == modified.tv_sec, now.tv_nsec == modified.tv_nsec else { throw ExportFileHandle.changed }
    }

    private static func status(of descriptor: Int32) throws -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            throw ExportProblem(
                rule: .unreadable, line: 0,
                message: isFolder ? "It is a folder. Name the file in it." : "It is no regular file.")
        }
        guard status.st_size <= byteCountMax else {
            throw ExportProblem(rule: .unreadable, line: 0, message: "The file is larger than \(byteCountMax) bytes.")
        }
        return status
    }

    private static func hash(_ descriptor: Int32, _ byteCount: Int) throws -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkSize, alignment: 16)
        defer { buffer.deallocate() }
        var hash = SHA256()
        var total = 0
        while case let got = try read(descriptor, buffer), got > 0 {
            hash.update(data: UnsafeRawBufferPointer(rebasing: buffer[..<got]))
            total += got
        }
        guard total == byteCount, lseek(descriptor, 0, SEEK_SET) == 0 else { throw changed }
        return Array(hash.finalize())
    }

    private static var changed: ExportProblem {
        ExportProblem(
            rule: .unreadable, line: 0, message: "The file changed while it was read. Try again when it is complete.")
    }

    private static func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let got = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
            if got >= 0 { return got }
            guard errno == EINTR else {
                throw ExportProblem(
                    rule: .unreadable, line: 0, message: "Reading failed: \(String(cString: strerror(errno))).")
            }
        }
    }

    /// Puts the next bytes into `buffer`; 0 at the end.
    public func fill(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let got = try ExportFileHandle.read(descriptor, buffer)
        rest -= got
        if known == nil, got > 0 { hash.update(data: UnsafeRawBufferPointer(rebasing: buffer[..<got])) }
        guard rest >= 0, got > 0 || rest == 0 else { throw ExportFileHandle.changed }
        // Overwritten in place with as many bytes: then it was not the file that was hashed.
        if got == 0 { try checkModified() }
        return got
    }
}

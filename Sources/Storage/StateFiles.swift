import Foundation
import OrganisationModel

/// An exclusive lock on the state folder, released by the system when the program ends, however it ends.
final class FolderLock: Sendable {
    private let descriptor: Int32

    init(folder: String) throws {
        let path = folder + "/lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw FordelerError(.storageFailed, "\(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw FordelerError(.stateInUse, "another fordeler is writing to this state; try again when it has ended")
        }
    }

    deinit {
        // A child process that is about to start holds the descriptor for a moment longer, and with it the lock.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}

/// What is done to folders as a whole.
enum StateFolder {
    static func database(_ folder: String) -> String { folder + "/fordeler.sqlite" }
    static func secret(_ folder: String) -> String { folder + "/secret" }
    /// There while a restore puts files in place.
    static func mark(_ folder: String) -> String { folder + "/restoring" }

    /// Where a restore makes ready what it puts in place.
    static func draft(_ folder: String) -> String { folder + "/restore.part" }

    /// All files that make a state; the write-ahead log and its index belong to the database.
    static func files(_ folder: String) -> [String] {
        let database = database(folder)
        return [secret(folder), ErasureLedger.path(folder: folder), database + "-wal", database + "-shm", database]
    }

    /// What a restore left that was cut off before it began to put files in place.
    static func removeDraft(_ folder: String) throws {
        guard FileManager.default.fileExists(atPath: draft(folder)) else { return }
        do {
            try FileManager.default.removeItem(atPath: draft(folder))
        } catch {
            throw FordelerError(.storageFailed, "\(draft(folder)) cannot be removed: \(error.localizedDescription)")
        }
    }

    /// A copy inside of the state would outlive an erasure there, and be taken for a part of it.
    /// - Throws: ``FordelerError`` `backup.inside-state`.
    static func refuseInside(_ folder: String, _ place: String) throws {
        func resolved(_ path: String) -> String {
            let url = URL(fileURLWithPath: path)
            return url.deletingLastPathComponent().resolvingSymlinksInPath().appendingPathComponent(
                url.lastPathComponent
            )
            .path
        }
        let own = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
        guard !(resolved(place) + "/").hasPrefix(own + "/") else {
            throw FordelerError(
                .init("backup.inside-state"), "\(place) lies in the folder of the state. Name a place outside of it")
        }
    }

    /// A state into which a restore has put some of its files is none.
    static func refuseHalf(_ folder: String) throws {
        guard FileManager.default.fileExists(atPath: mark(folder)) else { return }
        throw FordelerError(.stateDamaged, "a restore into \(folder) was cut short. Run fordeler restore again")
    }

    /// Brings the names of a folder's files to the disk.
    static func sync(_ path: String) throws {
        let folder = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(folder) }
        guard folder >= 0, fsync(folder) == 0 else {
            throw FordelerError(.storageFailed, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }
}

/// The register secret: 32 random bytes in a file that its owner alone can read.
enum SecretFile {
    static let byteCount = 32

    static func createFolder(_ path: String) throws {
        if mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw FordelerError(.storageFailed, "\(path) cannot be created: \(String(cString: strerror(errno)))")
        }
    }

    /// - Parameter create: true for a new state. A missing secret beside a database would give every object a new UUID.
    static func read(_ path: String, create: Bool) throws -> [UInt8] {
        if let data = FileManager.default.contents(atPath: path) {
            guard data.count == byteCount else {
                throw FordelerError(.stateDamaged, "\(path) does not hold \(byteCount) bytes. Restore it from a backup")
            }
            return [UInt8](data)
        }
        guard create else {
            throw FordelerError(.stateDamaged, "\(path) is missing or not readable. Restore it from a backup")
        }
        return try write(path)
    }

    /// Writes beside, brings to the disk, and renames, so that the file is whole or not there.
    private static func write(_ path: String) throws -> [UInt8] {
        let secret = RandomBytes.make(byteCount)
        let draft = path + ".new"
        func check(_ condition: Bool) throws {
            guard condition else {
                throw FordelerError(.storageFailed, "\(path) cannot be written: \(String(cString: strerror(errno)))")
            }
        }
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        try check(descriptor >= 0)
        defer { close(descriptor) }
        try check(Foundation.write(descriptor, secret, secret.count) == secret.count)
        try check(fsync(descriptor) == 0)
        try check(rename(draft, path) == 0)
        try StateFolder.sync((path as NSString).deletingLastPathComponent)
        return secret
    }
}

/// Random bytes from the cryptographic generator, fetched many at a time: a million objects need a salt each.
struct RandomBytes {
    private var pool: [UInt8] = []
    private static let poolSize = 16 * 1024

    mutating func next(_ count: Int) -> [UInt8] {
        if pool.count < count { pool = RandomBytes.make(RandomBytes.poolSize) }
        defer { pool.removeLast(count) }
        return Array(pool.suffix(count))
    }

    static func make(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
            guard let start = buffer.baseAddress else { return }
            arc4random_buf(start, count)
            initialised = count
        }
    }
}

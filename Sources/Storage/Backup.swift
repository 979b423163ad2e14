import Distribution
import Foundation
import GRDB
public import OrganisationModel
public import Versioning

// A copy of the whole state in a folder of its own, and back.
extension State {
    /// Copies the state as of one moment, while others read and write, into a new folder: database, secret and ledger. The
    /// folder has its name only when all of it is on the disk.
    /// - Throws: ``FordelerError`` `backup.exists`, `state.disk-full`, `state.failed`.
    public func backUp(to target: String) throws {
        let files = FileManager.default
        guard !files.fileExists(atPath: target) else {
            throw FordelerError(.backupExists, "\(target) exists already. Name a folder that does not")
        }
        // Absolute, and without a slash at its end.
        let place = URL(fileURLWithPath: target).path
        try StateFolder.refuseInside(folder, place)
        let draft = place + ".part"
        do {
            if files.fileExists(atPath: draft) { try files.removeItem(atPath: draft) }
            try SecretFile.createFolder(draft)
            let source = try DatabaseQueue(
                path: StateFolder.database(folder), configuration: Self.configuration(.reading))
            try source.inDatabase { try $0.execute(sql: "VACUUM INTO ?", arguments: [StateFolder.database(draft)]) }
            // After the database: who is erased meanwhile is erased again when this is restored.
            try Data(secret).write(to: URL(fileURLWithPath: StateFolder.secret(draft)))
            try ErasureLedger(folder: draft).append(ledger.rows())
            for path in StateFolder.files(draft) where files.fileExists(atPath: path) { try StateFolder.sync(path) }
            try StateFolder.sync(draft)
            guard rename(draft, place) == 0 else {
                throw FordelerError(
                    .storageFailed, "\(target) cannot be made: \(String(cString: strerror(errno)))")
            }
            try StateFolder.sync(URL(fileURLWithPath: place).deletingLastPathComponent().path)
        } catch let error as DatabaseError {
            throw Self.explained(error)
        } catch let error as CocoaError {
            throw FordelerError(.storageFailed, "\(target) cannot be written: \(error.localizedDescription)")
        }
    }
}

/// Puts a backup in the place of a state, in steps that can be cut off anywhere.
///
/// First a copy is made beside the state, which the caller brings up to date and looks at; then it takes the state's place.
public struct Restoring {
    private let folder: String
    private let lock: FolderLock
    /// Where the copy lies; a state like any other.
    public let draft: String

    /// Copies the backup.
    /// - Parameters:
    ///   - backup: a folder that ``State/backUp(to:)`` made.
    ///   - folder: that of the state, which need not exist. Nobody else may write to it while this lives.
    /// - Throws: ``FordelerError`` `backup.missing`, `state.in-use`, `state.failed`.
    public init(backup: String, into folder: String) throws {
        let files = FileManager.default
        guard files.fileExists(atPath: StateFolder.database(backup)),
            files.fileExists(atPath: StateFolder.secret(backup))
        else { throw FordelerError(.backupMissing, "\(backup) is no backup: it needs fordeler.sqlite and secret") }
        self.folder = folder
        try SecretFile.createFolder(folder)
        lock = try FolderLock(folder: folder)
        draft = StateFolder.draft(folder)
        do {
            if files.fileExists(atPath: draft) { try files.removeItem(atPath: draft) }
            try SecretFile.createFolder(draft)
            for (path, copy) in zip(StateFolder.files(backup), StateFolder.files(draft))
            where files.fileExists(atPath: path) {
                try files.copyItem(atPath: path, toPath: copy)
            }
        } catch let error as CocoaError {
            throw FordelerError(.storageFailed, "\(backup) cannot be copied: \(error.localizedDescription)")
        }
    }

    /// Whether there is a state that would be replaced.
    public var replaces: Bool {
        FileManager.default.fileExists(atPath: StateFolder.database(folder))
    }

    /// Who was erased, as the state that is replaced knows.
    public func replacedLedger() throws -> [ErasureLedger.Row] {
        try ErasureLedger(folder: folder).rows()
    }

    /// Whether what is replaced can be kept in a folder.
    /// - Throws: ``FordelerError`` `backup.inside-state`.
    public func check(keeping kept: String) throws {
        try StateFolder.refuseInside(folder, kept)
    }

    /// Puts the copy in place. It must not be open.
    /// - Parameter kept: a folder into which the files of the state go that is replaced; nil deletes them.
    public func finish(keeping kept: String?) throws {
        let files = FileManager.default
        do {
            try Data().write(to: URL(fileURLWithPath: StateFolder.mark(folder)))
            try StateFolder.sync(folder)
            if let kept { try SecretFile.createFolder(kept) }
            try putAway(kept)
            for (path, place) in zip(StateFolder.files(draft), StateFolder.files(folder))
            where files.fileExists(atPath: path) {
                try StateFolder.sync(path)
                try move(path, to: place)
            }
            try StateFolder.sync(folder)
            try files.removeItem(atPath: StateFolder.mark(folder))
            try StateFolder.removeDraft(folder)
            try StateFolder.sync(folder)
        } catch let error as CocoaError {
            throw FordelerError(.storageFailed, "\(folder) cannot be written: \(error.localizedDescription)")
        }
    }

    /// The ledger stays until another one is put over it: what it says must outlive a crash here.
    private func putAway(_ kept: String?) throws {
        let (files, ledger) = (FileManager.default, ErasureLedger.path(folder: folder))
        let places = kept.map(StateFolder.files)
        for (index, path) in StateFolder.files(folder).enumerated() where files.fileExists(atPath: path) {
            if path == ledger {
                if let places, !files.fileExists(atPath: places[index]) {
                    try files.copyItem(atPath: path, toPath: places[index])
                }
            } else if let places {
                try move(path, to: places[index])
            } else {
                try files.removeItem(atPath: path)
            }
        }
    }

    /// Removes the copy, if it is still there.
    public func removeDraft() throws {
        try StateFolder.removeDraft(folder)
    }

    private func move(_ path: String, to place: String) throws {
        guard rename(path, place) == 0 else {
            throw FordelerError(
                .storageFailed, "\(path) cannot be moved to \(place): \(String(cString: strerror(errno)))")
        }
    }
}

extension StateTransaction {
    /// The step between the numbers of a mailbox before and after a restore: nobody knows how many were given since the
    /// backup, and none may be given twice.
    private static let restoreStep = 1_000_000_000

    /// Makes a copy of an older state one that can be worked with. Every mailbox begins a new epoch at the end of the log, with
    /// numbers that were never given; what was to be published later is not, because nobody knows whether it was since, or was
    /// taken back; and the daemon that ran when the copy was made did not crash. All views must have counted all of the log.
    /// - Returns: each mailbox and the number after which it goes on; and the candidates that are not scheduled any more.
    public func renew(
        actor: Actor, backup: String, time: String
    ) throws -> (mailboxes: [(name: String, after: Int)], unscheduled: [CandidateID]) {
        let running = "SELECT number FROM service WHERE ended IS NULL AND number = (SELECT max(number) FROM service)"
        if let number = try Int.fetchOne(db, sql: running) { try endService(number, time: time) }
        let scheduled = try schedule()
        for publish in scheduled {
            try remove(publish, action: "publish.unscheduled", detail: "a backup was restored", actor, time)
        }
        let renewed = try mailboxes().map { mailbox in
            let highest = try highestNumber(view: mailbox.viewID)
            let after = ((highest + mailbox.offset) / Self.restoreStep + 1) * Self.restoreStep
            try db.execute(
                sql: """
                    UPDATE subscription SET epoch = ?2, offset = ?3, startsAfter = ?4, settledThrough = ?4,
                    checksum = rowChecksum(name, view, ?2, ?3, ?4, ?4, time) WHERE name = ?1
                    """, arguments: [mailbox.name, Self.newEpoch(), after - highest, after])
            return (mailbox.name, after)
        }
        try audit(actor, "state.restored", "version:\(position().version)", backup, time)
        return (renewed, scheduled.map(\.candidate))
    }
}

extension FordelerError.Code {
    public static let backupExists = FordelerError.Code("backup.exists")
    public static let backupMissing = FordelerError.Code("backup.missing")
    public static let backupDamaged = FordelerError.Code("backup.damaged")
}

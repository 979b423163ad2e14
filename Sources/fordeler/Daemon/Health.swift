import OrganisationModel
import Synchronization

/// What is wrong at this moment. One part's recovery says nothing of another.
final class Health: Sendable {
    /// What a problem is about.
    enum Part: Hashable {
        case agenda, clock, day, disk, damage, notices
        case configuration, auditHead
        /// An erasure that was decided and is not done.
        case erasure
        /// The folder of a source, and what becomes of its files.
        case folder(String)
        case source(String)
        /// The server from which a source's exports are fetched.
        case download(String)

        /// Whether all work waits for it. The others concern one source, or a wish of somebody, and the rest goes on.
        var isBlocking: Bool {
            switch self {
            case .agenda, .clock, .day, .disk, .damage: true
            case .notices, .configuration, .auditHead, .erasure, .folder, .source, .download: false
            }
        }
    }

    private let problems = Mutex<[Part: String]>([:])

    /// - Returns: whether it is news.
    func report(_ part: Part, _ error: FordelerError) -> Bool {
        problems.withLock { $0.updateValue(error.description, forKey: part) != error.description }
    }

    func clear(_ parts: Part...) {
        problems.withLock { problems in for part in parts { problems[part] = nil } }
    }

    /// Forgets what is known of all sources; whoever reads them finds out anew.
    func clearSources() {
        problems.withLock { problems in
            problems = problems.filter { part, _ in
                switch part {
                case .folder, .source, .download: false
                default: true
                }
            }
        }
    }

    /// Sentences in the order of their codes; empty when all is well.
    var complaints: [String] {
        problems.withLock { $0.values.sorted() }
    }

    /// Those of ``complaints`` for which all work waits.
    var obstacles: [String] {
        problems.withLock { problems in problems.filter { $0.key.isBlocking }.values.sorted() }
    }

    func has(_ part: Part) -> Bool {
        problems.withLock { $0[part] != nil }
    }
}

extension FordelerError.Code {
    /// Something that is due could not be done; it is tried again.
    static let agendaFailed = FordelerError.Code("agenda.failed")
    /// A source's files cannot be taken, for a reason that is not the file's.
    static let sourceFailed = FordelerError.Code("source.failed")
    /// More days are due than are turned without asking.
    static let dayWaits = FordelerError.Code("day.waits")
    static let clockUnreadable = FordelerError.Code("clock.unreadable")
    static let noticeFailed = FordelerError.Code("notice.failed")
}

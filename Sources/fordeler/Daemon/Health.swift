import OrganisationModel
import Synchronization

/// What keeps the daemon from doing its work at this moment.
final class Health: Sendable {
    private struct Problem: Hashable {
        let code: String
        /// The source that it is about; empty for all.
        let source: String
    }

    private let problems = Mutex<[Problem: String]>([:])

    /// - Returns: whether it is news: a problem that lasts is logged once.
    @discardableResult
    func report(_ error: FordelerError, source: String = "") -> Bool {
        problems.withLock { problems in
            let problem = Problem(code: error.code.name, source: source)
            let text = source.isEmpty ? error.description : "\(source): \(error)"
            return problems.updateValue(text, forKey: problem) != text
        }
    }

    /// - Returns: whether there was such a problem.
    @discardableResult
    func clear(_ code: FordelerError.Code, source: String = "") -> Bool {
        problems.withLock { $0.removeValue(forKey: Problem(code: code.name, source: source)) != nil }
    }

    /// Sentences, in the order of their codes and sources; empty when all is well.
    var complaints: [String] {
        problems.withLock { problems in
            problems.sorted { ($0.key.code, $0.key.source) < ($1.key.code, $1.key.source) }.map(\.value)
        }
    }

    func has(_ code: FordelerError.Code) -> Bool {
        problems.withLock { $0.keys.contains { $0.code == code.name } }
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

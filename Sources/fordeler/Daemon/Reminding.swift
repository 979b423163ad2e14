import Foundation
import Intake
import Logging
import OrganisationModel
import Storage
import Versioning

/// Tells people what has not happened: a file that did not come, a hold that nobody ended. Each once.
struct Reminding {
    private let daemon: Daemon
    private let configuration: Configuration

    init(_ daemon: Daemon) {
        self.daemon = daemon
        configuration = daemon.configuration
    }

    func run(_ now: Date) throws {
        let workplace = try daemon.workplace()
        let notices = Notices(workplace, daemon.state)
        try missedFiles(now, notices)
        try holds(workplace, notices)
    }

    private func missedFiles(_ now: Date, _ notices: Notices) throws {
        for source in configuration.sources {
            guard let expected = source.rhythm.expected else { continue }
            let since = try daemon.state.read { try $0.mark("known:" + source.name) }
            guard let since else {
                try daemon.mark("known:" + source.name, now)
                continue
            }
            let last = try daemon.state.read { try lastDelivered(source.name, $0) }
            let missed = expected.missed(
                at: now, lastReceived: last.flatMap { try? Date($0, strategy: .iso8601) },
                since: Date(timeIntervalSince1970: Double(since)), closed: source.rhythm.closed,
                in: configuration.timeZone)
            let told = try daemon.state.read { try $0.mark("missed:" + source.name) }
            guard let missed, told != Int(missed.timeIntervalSince1970) else { continue }
            try daemon.desk.alone {
                try daemon.state.write {
                    try $0.setMark("missed:" + source.name, Int(missed.timeIntervalSince1970))
                    try $0.tell(
                        notices.missed(source.name, due: missed, last: last), channels: configuration.notify.channels)
                }
            }
            daemon.log.warning(
                "source.file-missed", metadata: ["source": "\(source.name)", "due": "\(missed.formatted(.iso8601))"])
        }
    }

    /// When the last file came, or when a server last said that it delivered the same anew.
    private func lastDelivered(_ source: String, _ transaction: StateTransaction) throws -> String? {
        let same = try transaction.mark(Downloading.sameMark + source).map {
            Date(timeIntervalSince1970: Double($0)).formatted(.iso8601)
        }
        return [try transaction.lastReceived(source: source), same].compactMap { $0 }.max()
    }

    private func holds(_ workplace: Workplace, _ notices: Notices) throws {
        guard try daemon.state.read({ try $0.hasDueReminders(today: workplace.today) }) else { return }
        try daemon.desk.alone {
            try daemon.state.write { transaction in
                for hold in try transaction.dueReminders(today: workplace.today) {
                    try transaction.tell(notices.stillOn(hold), channels: configuration.notify.channels)
                    daemon.log.warning("hold.still-on", metadata: ["source": "\(hold.source)"])
                }
            }
        }
    }
}

import Distribution
import Foundation
import OrganisationModel
import Storage
import Versioning

/// The figures that a monitoring system fetches, in the Prometheus text format 0.0.4. No personal data.
struct Metrics {
    private var output = ""

    var text: [UInt8] { Array(output.utf8) }

    init(_ daemon: Daemon, _ transaction: StateTransaction) throws {
        let now = try daemon.clock.now()
        let (version, day) = try transaction.position()
        gauge("fordeler_ready", "1 when work can be done.", [("", daemon.health.obstacles.isEmpty ? 1 : 0)])
        gauge("fordeler_problems", "What is wrong, as status tells it.", [("", daemon.health.complaints.count)])
        gauge("fordeler_version", "The current version.", [("", version)])
        if let day { gauge("fordeler_register_day", "The register's day, days since 1970.", [("", Int(day.number))]) }
        counter(
            "fordeler_runs_total", "Files of drop folders by verdict.",
            try transaction.runCounts().map {
                (label(("source", $0.source), ("verdict", $0.verdict.rawValue)), $0.count)
            })
        let sources = daemon.configuration.sources.map(\.name)
        gauge(
            "fordeler_last_file_timestamp_seconds", "When the last file of a source was seen.",
            try sources.compactMap { source in
                try transaction.lastReceived(source: source).flatMap { try? Date($0, strategy: .iso8601) }.map {
                    (label(("source", source)), Int($0.timeIntervalSince1970))
                }
            })
        let holds = try transaction.holds().map(\.source)
        gauge(
            "fordeler_source_hold", "1 when a source is on hold.",
            sources.map { (label(("source", $0)), holds.contains($0) ? 1 : 0) })
        gauge(
            "fordeler_candidates_held", "Candidates that wait for a person.",
            [("", try transaction.candidates().count { $0.verdict == .held })])
        gauge("fordeler_pins", "Pinned objects.", [("", try transaction.pins().count)])
        let mailboxes = try transaction.mailboxes().map { ($0, try transaction.lag($0)) }
        gauge(
            "fordeler_mailbox_unsettled_events", "Events that a subscription has not acknowledged.",
            mailboxes.map { (label(("subscription", $0.name)), $1.events) })
        gauge(
            "fordeler_mailbox_oldest_unsettled_seconds", "Age of the oldest of them; 0 when there is none.",
            mailboxes.map { mailbox, lag in
                let oldest = lag.oldest.flatMap { try? Date($0, strategy: .iso8601) }
                return (
                    label(("subscription", mailbox.name)), oldest.map { max(0, Int(now.timeIntervalSince($0))) } ?? 0
                )
            })
        gauge(
            "fordeler_notices", "Notices to people by status.",
            try transaction.noticeCounts().map { (label(("status", $0.status)), $0.count) })
        gauge(
            "fordeler_crashes_day", "Restarts after a crash within the last 24 hours.",
            [("", try transaction.crashes(since: (now - 86_400).formatted(.iso8601)))])
        if let day, version > 0 { figures(try transaction.figures(at: Position(version: version, day: day))) }
        if let free = Self.freeBytes(daemon.configuration.state) {
            gauge("fordeler_disk_free_bytes", "Room that is left for the state.", [("", free)])
        }
    }

    /// The key figures of the whole register.
    private mutating func figures(_ figures: Figures) {
        gauge("fordeler_units", "Units in effect.", [("", figures.unitCount)])
        gauge("fordeler_units_without_manager", "Units without a manager.", [("", figures.unitsWithoutManager)])
        gauge("fordeler_people", "People with an engagement.", [("", figures.people)])
        gauge("fordeler_engagements", "Engagements in effect.", [("", figures.engagements)])
        gauge("fordeler_full_time_equivalents", "Sum of their fractions.", [("", figures.fullTimeText)])
        gauge("fordeler_managers", "Manager functions with a holder.", [("", figures.managers)])
        gauge("fordeler_vacancies", "Functions without a holder.", [("", figures.vacancies)])
        for (name, help, systems) in [
            ("fordeler_accounts", "Accounts by system.", figures.accounts),
            ("fordeler_disabled_accounts", "Disabled accounts by system.", figures.disabledAccounts),
        ] {
            gauge(
                name, help,
                systems.sorted { $0.key < $1.key }.map { (label(("system", Self.escaped($0.key))), $0.value) })
        }
    }

    /// A text that a source gave, as a label may hold it.
    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }

    private static func freeBytes(_ folder: String) -> Int? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }

    private mutating func gauge(_ name: String, _ help: String, _ values: [(String, some CustomStringConvertible)]) {
        family(name, help, "gauge", values)
    }

    private mutating func counter(_ name: String, _ help: String, _ values: [(String, Int)]) {
        family(name, help, "counter", values)
    }

    private mutating func family(
        _ name: String, _ help: String, _ type: String, _ values: [(String, some CustomStringConvertible)]
    ) {
        guard !values.isEmpty else { return }
        output += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        for (label, value) in values { output += "\(name)\(label) \(value)\n" }
    }

    /// Names of sources and subscriptions hold no character that would have to be escaped.
    private func label(_ pairs: (String, String)...) -> String {
        "{" + pairs.map { "\($0)=\"\($1)\"" }.joined(separator: ",") + "}"
    }
}

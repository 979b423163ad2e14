import ArgumentParser
import ChangeEvents
import Foundation
import Intake
import OrganisationModel
import Storage
import Versioning

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Show who did what to what, the newest first.",
        discussion: """
            Examples:
              fordeler audit --action version.published --last 5
              fordeler audit --since 2026-03-01 --by cli:anna --json
            """, subcommands: [List.self], defaultSubcommand: List.self)

    struct List: Command {
        static let configuration = CommandConfiguration(abstract: "List the entries, the newest first.")

        @Option(help: "Only entries with this action, such as version.published.")
        var action: String?

        @Option(help: "Only entries about this, such as version:3 or source:hr.")
        var subject: String?

        @Option(help: "Only what this actor did, such as cli:anna or daemon.")
        var by: String?

        @Option(
            help: ArgumentHelp(
                "Only entries from this day (yyyy-MM-dd) or instant (2026-03-02T01:30:00Z) on.",
                valueName: "day-or-instant"))
        var since: String?

        @Option(help: "At most this many.")
        var last = 100

        @Flag(help: "Print one JSON object a line.")
        var json = false

        @OptionGroup var common: CommonOptions

        static let access = State.Access.reading

        func run(in session: Session) throws {
            guard last >= 0 else { throw FordelerError(.usage, "--last is not negative") }
            let since = try since.map { try Self.instant($0, session.workplace.configuration.timeZone) }
            let state = try session.state(.reading)
            let entries = try state.read {
                try $0.auditEntries(
                    action: action, subject: subject, actor: by.map { Actor($0) }, since: since, limit: last)
            }
            for entry in entries { session.output.line(json ? Self.json(entry) : Self.text(entry)) }
            if entries.isEmpty, !json { session.output.line("no entries") }
        }

        /// An instant as the audit tells it; a day begins at midnight of the time zone.
        private static func instant(_ text: String, _ zone: TimeZone) throws -> String {
            if let day = Day(parsing: text) { return zone.instant(of: day, second: 0).formatted(.iso8601) }
            guard let instant = try? Date(text, strategy: .iso8601) else {
                throw FordelerError(
                    .usage, "--since is a day such as 2026-03-01 or an instant such as 2026-03-02T01:30:00Z")
            }
            return instant.formatted(.iso8601)
        }

        private static func text(_ entry: AuditEntry) -> String {
            RunText.shown(
                "\(entry.number) \(entry.time) \(entry.actor.name) \(entry.action) \(entry.subject)"
                    + (entry.detail.isEmpty ? "" : ": \(entry.detail)"))
        }

        private static func json(_ entry: AuditEntry) -> String {
            var line = JSONBytes()
            line.object { line in
                line.pair("number", entry.number)
                line.pair("time", entry.time)
                line.pair("actor", Masking.redacted(entry.actor.name))
                line.pair("action", entry.action)
                line.pair("subject", Masking.redacted(entry.subject))
                line.pair("detail", Masking.redacted(entry.detail))
            }
            return line.text
        }
    }
}

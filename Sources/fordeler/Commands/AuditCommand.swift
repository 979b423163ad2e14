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
            """, subcommands: [List.self, Head.self, Verify.self, EraseText.self], defaultSubcommand: List.self)

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

    struct Head: Command {
        static let configuration = CommandConfiguration(
            abstract:
                "Show where the audit ends: number and chain hash of the last entry. Keep it where nobody alters it.")

        @Flag(help: "Print one JSON object, as the daemon appends it to the file that auditHead: names.")
        var json = false

        @OptionGroup var common: CommonOptions

        static let access = State.Access.reading

        func run(in session: Session) throws {
            let state = try session.state(.reading)
            guard let head = try state.read({ try $0.auditHead() }) else {
                throw FordelerError(.init("audit.empty"), "nothing was done yet on this state")
            }
            session.output.line(
                json
                    ? AuditHeadFile.line(head)
                    : "\(head.number) \(Hexadecimal.text(head.chain)) \(RunText.shown(head.time))")
        }
    }

    struct Verify: Command {
        static let configuration = CommandConfiguration(
            abstract: "Recompute the chain of the audit. Exit status 1 when anything is wrong.",
            discussion: """
                Without --head, entries that were cut off at the end, and an audit that was made anew, are not noticed.

                Example:
                  fordeler audit verify --head /mnt/witness/audit-head
                """)

        @Option(help: "A file of lines as the daemon appends them: all of them must fit.")
        var head: String?

        @OptionGroup var common: CommonOptions

        static let access = State.Access.reading

        func run(in session: Session) throws {
            let output = session.output
            let lines = try head.map { try AuditHeadFile(path: session.path($0)).lines() } ?? []
            guard head == nil || !lines.isEmpty else {
                throw FordelerError(
                    .headUnreadable, "\(head ?? "") tells no end of the audit. Give the file that auditHead: names")
            }
            let state = try session.state(.reading)
            let ledger = try state.ledger.rows()
            let (report, unfit) = try state.read {
                (try $0.checkAudit(heads: lines.compactMap(\.named)), try $0.textProblems(of: ledger))
            }
            let problems =
                lines.filter { $0.head == nil }.map { "\($0.name) tells no end of an audit" } + report.problems + unfit
            for problem in problems { output.line(problem) }
            guard problems.isEmpty else {
                throw FordelerError(
                    .auditDamaged,
                    "the audit is not what it was. Keep this state and the file as they are, and find out who altered them"
                )
            }
            output.line("\(report.entries) entries" + (head == nil ? "" : ", \(lines.count) lines") + ": all in order")
        }
    }

    struct EraseText: Command {
        static let configuration = CommandConfiguration(
            commandName: "erase-text",
            abstract: "Erase what was said in an entry, because it names somebody. The entry and its hash stay.",
            discussion: """
                The same text goes from versions, holds and approvals too. fordeler erase finds texts with a person's number or \
                full name by itself. Nothing can take it back.

                Example:
                  fordeler audit erase-text 41 --reason "named a citizen"
                """)

        @Argument(help: "The entry's number.")
        var number: Int

        @Option(help: "Why; it stays in the audit. Name nobody in it.")
        var reason = ""

        @OptionGroup var common: CommonOptions

        static let access = State.Access.writing

        func run(in session: Session) throws {
            let state = try session.state(.writing)
            let erasure = Erasure(workplace: session.workplace, state: state)
            let numbers = try erasure.eraseText(of: number, reason: reason)
            for number in numbers { session.output.line("audit entry \(number) lost its text") }
        }
    }
}

import ArgumentParser
import ChangeEvents
import OrganisationModel
import Storage
import Versioning

struct FindingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finding", abstract: "Acknowledge findings, and take that back.",
        subcommands: [Acknowledge.self, Reopen.self])

    struct Acknowledge: Command {
        static let configuration = CommandConfiguration(
            abstract: "Say of a finding that it is known, and why it stays.",
            discussion: """
                It is not listed any more until it goes, says something else, or the day is over. Errors cannot be acknowledged: \
                they hold something back. A finding about a whole export is named export SOURCE.

                Examples:
                  fordeler finding acknowledge user.person-uncorrelated user svc-print --reason "a printer"
                  fordeler finding acknowledge record.phone-form --all --unit 402 --until 2026-09-30 --reason "HR corrects them"
                """)

        @OptionGroup var named: NamedFindings

        @Option(help: "Why they stay. Kept with them and in the audit, where it can be erased.")
        var reason: String

        @Option(help: ArgumentHelp("The last day on which this counts (yyyy-MM-dd).", valueName: "day"))
        var until: String?

        @OptionGroup var common: CommonOptions

        static let access = State.Access.writing

        func run(in session: Session) throws {
            let workplace = session.workplace
            let last = try until.map { text in
                guard let day = Day(parsing: text), day >= workplace.today else {
                    throw FordelerError(.usage, "--until is a day such as 2026-09-30, not before today")
                }
                return day
            }
            guard !reason.allSatisfy(\.isWhitespace) else {
                throw FordelerError(.reasonMissing, "say with --reason why it stays")
            }
            let state = try session.state(.writing)
            let count = try state.write { transaction in
                let groups = try named.groups(session, state, transaction)
                if let error = groups.first(where: { $0[0].finding?.rule.severity == .error }) {
                    throw FordelerError(
                        .init("finding.error"),
                        "\(error[0].identity.rule) is an error and holds something back, so it cannot be acknowledged. "
                            + "Correct it, or make the rule a warning in the configuration")
                }
                for entries in groups {
                    try transaction.acknowledge(
                        entries.compactMap(\.finding), until: last,
                        subject: try named.subject(entries[0].identity, session, state, transaction), reason: reason,
                        actor: workplace.actor, time: workplace.time)
                }
                return groups.count
            }
            try state.checkpoint()
            session.output.line(
                "\(count) \(count == 1 ? "finding" : "findings") acknowledged\(last.map { " until \($0)" } ?? "")")
        }
    }

    struct Reopen: Command {
        static let configuration = CommandConfiguration(
            abstract: "List an acknowledged finding again.",
            discussion: "Example:\n  fordeler finding reopen user.person-uncorrelated user svc-print")

        @OptionGroup var named: NamedFindings

        @Option(help: "Why; it stays in the audit.")
        var reason = ""

        @OptionGroup var common: CommonOptions

        static let access = State.Access.writing

        func run(in session: Session) throws {
            let state = try session.state(.writing)
            let count = try state.write { transaction in
                let acknowledged = try named.groups(session, state, transaction).map { $0[0] }
                    .filter { $0.acknowledgement != nil }
                guard !acknowledged.isEmpty else {
                    throw FordelerError(.init("finding.unknown"), "nobody has acknowledged such a finding")
                }
                for entry in acknowledged {
                    _ = try transaction.reopen(
                        entry.identity, subject: try named.subject(entry.identity, session, state, transaction),
                        reason: reason, actor: session.workplace.actor, time: session.workplace.time)
                }
                return acknowledged.count
            }
            try state.checkpoint()
            session.output.line("\(count) \(count == 1 ? "finding is" : "findings are") listed again")
        }
    }
}

/// Findings of a rule that a command is about.
struct NamedFindings: ParsableArguments {
    @Argument(help: "The rule.")
    var rule: String

    @Argument(help: "The kind of object, or export.")
    var kind: String?

    @Argument(help: "The key, the UUID, or - to read the key from standard input; the source, for export.")
    var key: String?

    @Option(help: "Only findings about what this source says.")
    var source: String?

    @Flag(help: "All findings of the rule.")
    var all = false

    @Option(help: ArgumentHelp("With --all: only what belongs to this unit and all beneath it.", valueName: "key"))
    var unit: String?

    /// The findings of the current version that are meant, those of one identity together.
    /// - Throws: ``FordelerError`` `finding.unknown` when there are none.
    func groups(
        _ session: Session, _ state: State, _ transaction: StateTransaction
    ) throws -> [[FindingBook.Entry]] {
        _ = try RuleCatalogue.entry(rule)
        let names = try all ? nil : names(session, state, transaction)
        guard all || unit == nil else { throw FordelerError(.usage, "--unit goes with --all") }
        guard !all || (kind == nil && key == nil) else { throw FordelerError(.usage, "--all takes no kind and no key") }
        let subtree = try unit.map { try FindingSubtree(key: $0, session, state, transaction) }
        let meant = try FindingBook(transaction, today: session.workplace.today).entries.filter { entry in
            entry.finding != nil && entry.candidate == nil && entry.identity.rule == rule
                && (source.map { $0 == entry.identity.source } ?? true)
                && (names.map { $0(entry.identity) } ?? true) && (subtree?.contains(entry.identity) ?? true)
        }
        guard !meant.isEmpty else {
            throw FordelerError(
                .init("finding.unknown"),
                "no such finding of \(rule) stands in the current version. See: fordeler findings --rule \(rule)")
        }
        return Dictionary(grouping: meant, by: \.identity).sorted { $0.key < $1.key }.map(\.value)
    }

    private func names(
        _ session: Session, _ state: State, _ transaction: StateTransaction
    ) throws -> (FindingIdentity) -> Bool {
        guard let kind, let key else {
            throw FordelerError(.usage, "name a kind and a key, or say --all")
        }
        if kind == "export" { return { $0.kind == nil && $0.source == key } }
        let lookup = try ObjectLookup(kind: kind, key: key, session)
        let ids = try lookup.ids(session.workplace.identity(state), transaction).map(\.description)
        return { $0.kind == lookup.kind && ($0.key == lookup.text || ids.contains($0.key)) }
    }

    /// What the audit calls a finding: no key, which may tell who somebody is and could not be erased.
    func subject(
        _ identity: FindingIdentity, _ session: Session, _ state: State, _ transaction: StateTransaction
    ) throws -> String {
        guard let kind = identity.kind else { return "finding:\(identity.rule) source:\(identity.source)" }
        let computed =
            ObjectID(identity.key)
            ?? session.workplace.identity(state).id(kind: kind, source: identity.source, key: identity.key)
        guard try transaction.origin(of: computed) != nil else { return "finding:\(identity.rule) \(kind.name)" }
        return "finding:\(identity.rule) \(kind.name)/\(computed)"
    }
}

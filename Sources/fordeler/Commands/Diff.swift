import ArgumentParser
import ChangeEvents
import Foundation
import OrganisationModel
import Storage
import Versioning

struct Diff: Command {
    static let configuration = CommandConfiguration(
        abstract: "Show what differs between two versions, or what a candidate would change.",
        discussion: """
            Version 0 is the empty register. Of many objects the counts are told, what is dangerous first; --only opens one of them.

            Examples:
              fordeler diff 1 2
              fordeler diff 2 candidate:7
              fordeler diff 2 candidate:7 --only removed:unit
              fordeler diff 2 candidate:7 --json
            """)

    @Argument(help: "A version.")
    var from: String

    @Argument(help: "A version, or candidate:ID.")
    var to: String

    @Option(help: "Only the objects of one count, such as removed:unit.")
    var only: String?

    @Flag(help: "Only the counts.")
    var counts = false

    @Flag(help: "Everything, however much it is.")
    var all = false

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Flag(help: "Show the keys of people and CPR numbers.")
    var reveal = false

    @Flag(help: "Show where people with a protected address can be found.")
    var protected = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.reading

    func validate() throws {
        guard [only != nil, counts, all].count(where: { $0 }) <= 1 else {
            throw ValidationError("--only, --counts and --all exclude each other")
        }
    }

    func run(in session: Session) throws {
        let output = session.output
        let state = try session.state(.reading)
        try state.read { transaction in
            // By kind and key: the order of ids is another in every register, and means nothing to a reader.
            let changes = try changes(transaction)
            var waiting: (any ChangeSet)?
            if case .candidate = try CandidateOrVersion(argument: to) { waiting = changes }
            let report = DiffReport(
                transaction: transaction, reveal: reveal,
                whereabouts: try Whereabouts(transaction, isShown: protected, changes: waiting), output: output)
            if !json, let restored = try restored(transaction) { output.line(restored) }
            // JSON has everything unless something else is asked for.
            let isWhole = all || json && only == nil && !counts
            let preview = isWhole ? nil : try preview(changes, transaction)
            if let preview, counts || only == nil && preview.total > DiffPreview.objectsTold {
                if json { return output.line(preview.json()) }
                return preview.lines(from, to).forEach(output.line)
            }
            if let only, let preview, !preview.counts.keys.contains(where: { $0.name == only }) {
                let known = preview.counts.keys.sorted().map(\.name).joined(separator: ", ")
                throw FordelerError(
                    .usage, "there is no count \(only) here; known: \(known.isEmpty ? "none" : known)")
            }
            for kind in Kind.allCases {
                var ofKind: [ObjectChange] = []
                try changes.forEach { if $0.kind == kind { ofKind.append($0) } }
                for change in ofKind.sorted(by: { ($0.key, $0.source, $0.id) < ($1.key, $1.source, $1.id) }) {
                    let group = ChangeGroup(change, transaction.schema)
                    if let only, group.name != only { continue }
                    if json {
                        output.line(try report.json(change))
                    } else {
                        try tell(change, only == nil ? nil : preview?.line(change, group), report, output)
                    }
                }
            }
        }
    }

    /// - Parameter line: the change with its paths; nil when it has none.
    private func tell(_ change: ObjectChange, _ line: String?, _ report: DiffReport, _ output: Output) throws {
        guard let line else { return try report.print(change) }
        output.line(line)
        if change.labels(report.transaction.schema).contains(.updated) { try report.print(change) }
    }

    private func preview(_ changes: any ChangeSet, _ transaction: StateTransaction) throws -> DiffPreview? {
        guard case .version(let base) = try CandidateOrVersion(argument: from) else { return nil }
        let day = try transaction.position().day
        return try DiffPreview(changes, base: base, day: day ?? .distantPast, transaction)
    }

    /// What comes back, when the whole difference is a rollback.
    private func restored(_ transaction: StateTransaction) throws -> String? {
        switch try CandidateOrVersion(argument: to) {
        case .candidate(let number):
            return try transaction.candidate(CandidateID(number)).flatMap {
                CandidateReport.restored($0.target, $0.scope)
            }
        case .version(let number):
            guard from == String(number - 1) else { return nil }
            return try transaction.version(number).flatMap { CandidateReport.restored($0.target, $0.scope) }
        }
    }

    private func changes(_ transaction: StateTransaction) throws -> any ChangeSet {
        guard case .version(let base) = try CandidateOrVersion(argument: from) else {
            throw FordelerError(.usage, "compare a version with a candidate, not the other way round")
        }
        try transaction.requireReadable(base)
        switch try CandidateOrVersion(argument: to) {
        case .version(let number):
            try transaction.requireReadable(number)
            return try transaction.changes(from: base, to: number)
        case .candidate(let number):
            let candidate = try transaction.requireCandidate(CandidateID(number))
            if let version = candidate.version {
                try transaction.requireKept(version)
                return try transaction.changes(from: base, to: version)
            }
            guard let changes = try transaction.changeSet(candidate.id) else {
                throw FordelerError(
                    .conflict, "candidate:\(number) is \(candidate.verdict.rawValue); it holds no changes to compare")
            }
            guard candidate.base == base else {
                throw FordelerError(
                    .conflict,
                    "candidate:\(number) was computed against version \(candidate.base). Compare with that one")
            }
            return changes
        }
    }
}

/// How a change is told.
struct DiffReport {
    let transaction: StateTransaction
    let reveal: Bool
    let whereabouts: Whereabouts
    let output: Output

    private func key(_ change: ObjectChange) -> String {
        reveal ? change.key : Masking.shown(change.key, kind: change.kind, schema: transaction.schema)
    }

    private func shown(_ value: Value?, _ attribute: Attribute?) -> Value? {
        guard let value, let attribute, attribute.sensitivity == .cpr, !reveal else { return value }
        return .text(Masking.mask(value.description))
    }

    private func name(_ attribute: Attribute?) -> String {
        attribute?.name ?? "effective"
    }

    /// What an object was before it ended says nothing about the end, so those values are left out.
    private func items(_ change: ObjectChange) throws -> [AttributeChange] {
        let isMasked = try whereabouts.areMasked(change.kind, change.id, [change.before, change.after])
        let all = AttributeChange.between(change.before, change.after, transaction.schema[change.kind])
        let ends = all.filter { $0.attribute == nil && !$0.isInEffectAfterwards }.map(\.period)
        return all.filter { item in
            item.attribute == nil || !ends.contains { $0.from <= item.period.from && item.period.to <= $0.to }
        }.map { isMasked ? $0.masked : $0 }
    }

    func json(_ change: ObjectChange) throws -> String {
        var line = JSONBytes()
        try line.object { line in try write(change, to: &line) }
        return line.text
    }

    func write(_ change: ObjectChange, to line: inout JSONBytes) throws {
        let items = try items(change)
        line.pair("kind", change.kind.name)
        line.pair("id", change.id.description)
        line.pair("key", key(change))
        line.pair("source", change.source)
        line.pair("group", ChangeGroup(change, transaction.schema).name)
        line.key("change")
        line.array { line in for label in change.labels(transaction.schema) { line.value(label.rawValue) } }
        line.key("changes")
        line.array { line in
            for item in items {
                line.object { line in
                    line.pair("attribute", name(item.attribute))
                    if item.attribute == nil {
                        line.pair("from", Value.flag(!item.isInEffectAfterwards))
                        line.pair("to", Value.flag(item.isInEffectAfterwards))
                    } else {
                        line.pair("from", shown(item.from, item.attribute))
                        line.pair("to", shown(item.to, item.attribute))
                    }
                    line.key("period")
                    line.object { line in
                        line.pair("from", item.period.from)
                        line.pair("to", item.period.to)
                    }
                }
            }
        }
    }

    func print(_ change: ObjectChange) throws {
        let labels = change.labels(transaction.schema).map(\.rawValue).joined(separator: " and ")
        let state = change.after ?? change.before
        let schema = transaction.schema[change.kind]
        let last = state?.periods(schema).last
        let title = schema.nameAttributes.compactMap { last?[$0]?.description }.joined(separator: " ")
        // The name of an account is its key.
        let named = title == change.key ? "" : " " + title
        output.line("\(change.kind.name) \(key(change))\(named) from \(change.source): \(labels)")
        guard change.before != nil, change.after != nil else { return }
        for item in try items(change) {
            let days = item.period == .always ? "" : " (\(Table.days(item.period)))"
            if item.attribute == nil {
                output.line("    \(item.isInEffectAfterwards ? "in effect" : "no longer in effect")\(days)")
            } else {
                output.line("    \(name(item.attribute)): \(text(item.from, item)) -> \(text(item.to, item))\(days)")
            }
        }
    }

    /// A relation is told by the name of its target.
    private func text(_ value: Value?, _ item: AttributeChange) -> String {
        guard let value = shown(value, item.attribute) else { return "nothing" }
        guard case .reference(let id) = value, case .reference(let kind) = item.attribute?.type,
            let target = try? transaction.object(id)
        else { return value.description }
        let period = target.state.periods(transaction.schema[kind]).last
        let title = transaction.schema[kind].nameAttributes.compactMap { period?[$0]?.description }
        return "\(Masking.shown(target.key, kind: kind)) \(title.joined(separator: " "))"
    }
}

extension AttributeChange {
    /// Without where its person can be found; that it changed stays.
    fileprivate var masked: AttributeChange {
        attribute.map { telling(from: $0.masked(from), to: $0.masked(to)) } ?? self
    }
}

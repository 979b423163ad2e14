import ArgumentParser
import ChangeEvents
import OrganisationModel
import Storage
import Versioning

struct Corrections: Command {
    static let configuration = CommandConfiguration(
        abstract: "List what editors say, and beside it what the sources say now.",
        discussion: """
            A correction masks what sources say; caught-up: they say the same by now; conflict: a source changed what is masked \
            since the correction was made; expired: its days have gone by; gone: there is no such object any more.
            """)

    @Flag(help: "Only those that somebody should look at: caught-up, conflict, expired, gone.")
    var stale = false

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Flag(help: "Show the keys of people and CPR numbers.")
    var reveal = false

    @Flag(help: "Show where people with a protected address can be found.")
    var protected = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.reading

    func run(in session: Session) throws {
        let state = try session.state(.reading)
        try state.read { transaction in
            let list = try CorrectionList(session.workplace, state, transaction)
            let whereabouts = try Whereabouts(transaction, isShown: protected)
            for item in list.items where !stale || item.standing.isStale {
                let isMasked = try whereabouts.areMasked(
                    item.kept.correction.kind, item.kept.correction.id,
                    [try transaction.object(item.kept.correction.id)?.state])
                let lines = CorrectionLines(
                    item: item, reveal: reveal, isMasked: isMasked, schema: transaction.schema,
                    keys: try keys(item, transaction))
                if json { session.output.line(lines.json) } else { lines.texts.forEach(session.output.line) }
            }
        }
    }

    /// The keys of the objects that relations of a correction name, as they may be shown.
    private func keys(_ item: CorrectionList.Item, _ transaction: StateTransaction) throws -> [ObjectID: String] {
        var keys: [ObjectID: String] = [:]
        for value in item.masked.map(\.value) + item.kept.correction.fields.map(\.value) {
            guard case .reference(let id) = value, let object = try transaction.lastKnown(id) else { continue }
            let isPersonal = transaction.schema[object.kind].hasPersonalKey && !reveal
            keys[id] = isPersonal ? id.description : object.key
        }
        return keys
    }
}

/// How one correction is listed.
private struct CorrectionLines {
    let item: CorrectionList.Item
    let reveal: Bool
    /// Whether it is about somebody who must not be found.
    let isMasked: Bool
    let schema: Schema
    /// Of the objects that relations name.
    let keys: [ObjectID: String]

    private var correction: Correction { item.kept.correction }

    private func key(_ key: String) -> String {
        reveal ? key : Masking.shown(key, kind: correction.kind, schema: schema)
    }

    private func shown(_ value: Value?, _ attribute: Attribute) -> Value? {
        guard let value else { return nil }
        if isMasked, attribute.protection == .whereabouts { return .text(Masking.protected) }
        return attribute.sensitivity == .cpr && !reveal ? .text(Masking.mask(value.description)) : value
    }

    private var values: [(attribute: Attribute, value: Value?)] {
        correction.fields.compactMap { field in
            schema[correction.kind].attribute(number: field.attribute).map { ($0, shown(field.value, $0)) }
        }
    }

    private func text(_ attribute: Attribute, _ value: Value?) -> String {
        var text = value?.description ?? "nothing"
        if case .reference(let id) = value { text = keys[id] ?? text }
        return "\(attribute.name)=\(text)"
    }

    var texts: [String] {
        let kept = item.kept
        let said = values.map(text)
        let days = correction.period.map { [Table.days($0)] } ?? []
        let state = kept.candidate.map {
            kept.row == nil ? ", waits in candidate:\($0)" : ", goes with candidate:\($0)"
        }
        let version = kept.version.map { ", version \($0)" } ?? ""
        let head = ([CorrectionReport.text(correction)] + said + days).joined(separator: " ")
        return [
            "\(correction.number) \(head)",
            "    by \(kept.actor.name), \(kept.time): \(kept.reason)\(version)\(state ?? "")",
        ]
            + (told.map { ["    \($0)"] } ?? [])
    }

    private var told: String? {
        let places = item.locations.map { place in
            let file = RunText.shown(place.file)
            return place.line > 0 ? "\(place.source) (\(file):\(place.line))" : place.source
        }
        let masked = item.masked.map { text($0.attribute, shown($0.value, $0.attribute)) }
        let what = masked.isEmpty ? "" : " " + masked.joined(separator: ", ") + (places.isEmpty ? "" : " of")
        let whose = places.isEmpty ? "" : " " + places.joined(separator: ", ")
        switch item.standing {
        case .masks: return "masks\(what)\(whose)"
        case .conflict: return "conflict: since it was made a source changed what it masks:\(what)\(whose)"
        case .caughtUp:
            return
                "the source says the same now\(whose): fordeler correction withdraw \(correction.number) --reason \"...\""
        case .expired: return "expired; without it the sources say\(what)\(whose)"
        case .gone: return "no source names the object any more"
        case .stands: return nil
        }
    }

    var json: String {
        var line = JSONBytes()
        line.object { write(to: &$0) }
        return line.text
    }

    private func write(to line: inout JSONBytes) {
        let kept = item.kept
        line.pair("correction", String(correction.number))
        line.pair("statement", CorrectionReport.word(correction))
        line.pair("kind", correction.kind.name)
        line.pair("id", correction.id.description)
        line.pair("key", key(correction.key))
        if case .alias(let target, let name) = correction.statement {
            line.pair("for", target.description)
            line.pair("forKey", key(name))
        }
        if let period = correction.period {
            line.pair("from", period.from)
            line.pair("until", period.to)
        }
        line.key("values")
        line.object { line in for (attribute, value) in values { line.pair(attribute.name, value) } }
        line.pair("standing", item.standing.rawValue)
        line.key("masked")
        line.object { line in
            for (attribute, value) in item.masked { line.pair(attribute.name, shown(value, attribute)) }
        }
        line.key("records")
        line.array { line in
            for place in item.locations {
                line.object { line in
                    line.pair("source", place.source)
                    line.pair("file", RunText.shown(place.file))
                    line.pair("line", place.line)
                }
            }
        }
        line.pair("reason", kept.reason)
        line.pair("actor", kept.actor.name)
        line.pair("time", kept.time)
        if let version = kept.version { line.pair("version", version) }
        if let candidate = kept.candidate {
            line.pair("candidate", candidate.description)
            line.pair("waitsTo", kept.row == nil ? "begin" : "end")
        }
    }
}

struct CorrectionGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "correction", abstract: "Take corrections back.", subcommands: [Withdraw.self])

    struct Withdraw: Command {
        static let configuration = CommandConfiguration(
            abstract: "Take corrections back: what the sources say counts again.",
            discussion: "Example:\n  fordeler correction withdraw 12 13 --reason \"HR has it right now\"")

        @Argument(help: "The numbers, as fordeler corrections lists them.")
        var numbers: [Int]

        @OptionGroup var options: CorrectionOptions
        @OptionGroup var common: CommonOptions

        static let access = State.Access.writing

        func run(in session: Session) throws {
            let state = try session.state(.writing)
            let report = try Correcting(workplace: session.workplace, state: state).withdraw(
                numbers, reason: options.reason, isDryRun: options.dryRun)
            try CorrectionReport.finish(report, options, state, session)
        }
    }
}

import ChangeEvents
import Distribution
import Mapping
import OrganisationModel
import Storage
import Versioning

/// How an explanation is told.
struct ExplainReport {
    let explaining: Explaining
    /// Whether keys of people and CPR numbers are shown.
    let reveal: Bool
    private let whereabouts: Whereabouts
    let json: Bool
    /// Only what is in effect on it; nil for all periods.
    private let day: Day?
    /// The only one that is told.
    private let attribute: Attribute?
    let output: Output
    private let mailboxes: [Mailbox]
    private let disclosures: [View: Disclosure]

    private var transaction: StateTransaction { explaining.transaction }
    var schema: Schema { explaining.schema }

    init(
        _ explaining: Explaining, reveal: Bool, whereabouts: Whereabouts, json: Bool, day: Day?, attribute: Attribute?,
        output: Output
    ) throws {
        (self.explaining, self.reveal, self.whereabouts) = (explaining, reveal, whereabouts)
        (self.json, self.day, self.attribute, self.output) = (json, day, attribute, output)
        mailboxes = try explaining.transaction.mailboxes().filter { $0.view.sees(explaining.kind) }
        disclosures = try Dictionary(
            Set(mailboxes.map(\.view)).map { ($0, try Disclosure(view: $0, log: explaining.transaction)) },
            uniquingKeysWith: { first, _ in first })
    }

    // MARK: What is shown

    func shownKey(_ key: String, _ kind: Kind) -> String {
        reveal ? key : Masking.shown(key, kind: kind, schema: schema)
    }

    /// A text of which nobody knows whether it is a number of somebody.
    func shownText(_ text: String) -> String {
        reveal ? text : Masking.redacted(text)
    }

    func shown(_ value: Value, _ attribute: Attribute, isMasked: Bool) -> Value {
        if isMasked, let masked = attribute.masked(value) { return masked }
        return attribute.sensitivity == .cpr && !reveal ? .text(Masking.mask(value.description)) : value
    }

    /// The key and name of a relation's target; nil for other values, and for targets that the version does not have.
    func target(_ value: Value, _ attribute: Attribute, isMasked: Bool) throws -> (key: String, name: String)? {
        guard case .reference(let id) = value, case .reference(let kind) = attribute.type,
            !isMasked || attribute.protection != .whereabouts,
            let target = try transaction.object(id, version: explaining.version)
        else { return nil }
        let period = target.state.periods(schema[kind]).last
        let names = schema[kind].nameAttributes.compactMap { period?[$0]?.description }
        return (shownKey(target.key, kind), names.joined(separator: " "))
    }

    func record(_ naming: Explaining.Naming?, _ recordKey: String) -> String {
        let kind = naming?.part?.recordKind
        let key = reveal ? recordKey : Masking.redacted(Masking.shown(recordKey, kind: kind, schema: schema))
        return [naming?.part?.element, key].compactMap { $0 }.joined(separator: " ")
    }

    /// The subscriptions that see the object, with the attributes that they are told at present.
    func subscriptions(_ id: ObjectID) throws -> [(name: String, attributes: [String])] {
        guard let position = try transaction.newestPosition(), let object = try transaction.object(id) else {
            return []
        }
        return try mailboxes.map { mailbox in
            guard var disclosure = disclosures[mailbox.view] else { return (mailbox.name, []) }
            let told = try disclosure.toldFields(
                of: object.state, object.kind, id, at: Disclosure.Side(position))
            return (mailbox.name, told?.map(\.attribute.name) ?? [])
        }
    }

    static func code(_ standing: Testimony.Standing) -> String {
        switch standing {
        case .counts: "counts"
        case .agrees: "agrees"
        case .notOwner: "owner"
        case .notMaker: "maker"
        case .laterSource: "source"
        case .laterRecord: "record"
        case .shorterLasting: "shorter"
        case .earlierBeginning: "earlier"
        case .fallback: "fallback"
        case .disputed: "disputed"
        case .unprotected: "protection"
        case .corrected: "correction"
        }
    }

    static func sentence(_ standing: Testimony.Standing) -> String {
        switch standing {
        case .counts: "it counts"
        case .agrees: "says the same"
        case .notOwner(let owner): "\(owner) owns the attribute"
        case .notMaker: "the source that makes the object is heard first"
        case .laterSource: "its source is heard later"
        case .laterRecord: "of records that are alike one is taken"
        case .shorterLasting: "the record that lasts longest counts"
        case .earlierBeginning: "the record that begins last counts"
        case .fallback: "it only fills in"
        case .disputed: "records of one source differ, so none counts"
        case .unprotected: "a mark of protection counts"
        case .corrected: "an editor corrected it"
        }
    }

    // MARK: Objects

    func write(_ explained: ExplainedObject) throws {
        let object = explained.object
        let isMasked = try whereabouts.areMasked(object.kind, object.id, [object.state])
        let values = explained.values.filter { value in
            (attribute.map { $0 == value.attribute } ?? true)
                && (day.map { value.period.contains($0) } ?? true)
        }
        let missing = missing(explained, values)
        if json {
            try writeJSON(explained, values, missing, isMasked: isMasked)
        } else {
            try tell(explained, values, missing, isMasked: isMasked)
        }
    }

    /// Why the object does not have what is asked for, or what its records seek.
    private func missing(_ explained: ExplainedObject, _ values: [ExplainedValue]) -> [Missing] {
        var missing = explained.sought.filter { sought in attribute.map { $0 == sought.attribute } ?? true }.map {
            sought in
            Missing(
                attribute: sought.attribute,
                reason: Reason(
                    code: "uncorrelated",
                    message: "Nothing answers to \(sought.texts.map(shownText).joined(separator: ", ")).",
                    remedy:
                        "It is tied as soon as another source names that. Else correct the value in \(sought.location.source).",
                    location: sought.location))
        }
        guard let attribute, missing.isEmpty, !values.contains(where: { $0.value != nil }) else { return missing }
        if values.contains(where: { $0.value == nil }) { return [] }
        if explaining.version != explaining.current {
            return [
                Missing(
                    attribute: attribute,
                    reason: Reason(
                        code: "older",
                        message:
                            "Version \(explaining.version) has no value, and of older versions no claims are kept.",
                        remedy: "Look at: fordeler history."))
            ]
        }
        for naming in explained.namings where naming.periodCount > 0 {
            guard let part = naming.part, let mapped = explaining.mapped[naming.claim.source] else { continue }
            let origins = mapped.lineage.origins(of: attribute, in: part)
            let record = record(naming, naming.recordKey)
            for origin in origins {
                missing.append(
                    Missing(
                        attribute: attribute,
                        reason: Reason(
                            code: "empty",
                            message: "The record (\(record)) says nothing there: \(origin.expression).",
                            remedy:
                                "Have it filled in in \(naming.claim.source), or let the mapping take something else.",
                            location: naming.claim.location, mapping: (mapped.name, origin.mappingLine))))
            }
            if origins.isEmpty {
                missing.append(
                    Missing(
                        attribute: attribute,
                        reason: Reason(
                            code: "not-mapped",
                            message: "The mapping \(mapped.name) does not fill it from the record (\(record)).",
                            remedy: "Let the mapping fill it, if the export holds it.", location: naming.claim.location)
                    ))
            }
        }
        return missing
    }

    struct Missing {
        let attribute: Attribute
        let reason: Reason
    }
}

// MARK: Text

extension ExplainReport {
    private func tell(
        _ explained: ExplainedObject, _ values: [ExplainedValue], _ missing: [Missing], isMasked: Bool
    ) throws {
        let object = explained.object
        output.line(
            "\(object.kind.name) \(shownKey(object.key, object.kind)) from \(object.source), \(object.id), "
                + "version \(explaining.version)")
        for note in explained.notes { tell(note) }
        var period: EffectivePeriod?
        let width = values.map(\.attribute.name.count).max() ?? 0
        for value in values {
            if value.period != period { output.line("  \(Table.days(value.period))") }
            period = value.period
            try tell(value, width, isMasked: isMasked)
        }
        if values.isEmpty, day != nil, attribute == nil { output.line("  not in effect on that day") }
        for one in missing { tell(one.reason, about: one.attribute.name) }
        guard attribute == nil else { return }
        for (name, attributes) in try subscriptions(object.id) {
            output.line(
                "  \(name) receives \(attributes.isEmpty ? "nothing of it today" : attributes.joined(separator: ", "))")
        }
    }

    private func tell(_ value: ExplainedValue, _ width: Int, isMasked: Bool) throws {
        let name = value.attribute.name.padding(to: width)
        let text = try value.value.map { try told($0, value.attribute, isMasked: isMasked) } ?? "(none)"
        output.line("    \(name)  \(text)  <- \(origin(value))")
        let indent = String(repeating: " ", count: width + 6)
        for voice in value.lost {
            let said = try told(voice.value, value.attribute, isMasked: isMasked)
            let what = voice.standing == .agrees ? "also" : "not \(said):"
            let why = voice.standing == .agrees ? "" : ", \(Self.sentence(voice.standing))"
            output.line("\(indent)\(what) \(place(voice))\(why)")
        }
    }

    private func told(_ value: Value, _ attribute: Attribute, isMasked: Bool) throws -> String {
        if let target = try target(value, attribute, isMasked: isMasked) {
            return [target.key, target.name].filter { !$0.isEmpty }.joined(separator: " ")
        }
        return shown(value, attribute, isMasked: isMasked).description
    }

    private func origin(_ value: ExplainedValue) -> String {
        let place = value.voice.map { voice in
            [self.place(voice), mappingText(value.attribute, voice)].compactMap { $0 }.joined(separator: ", ")
        }
        guard let since = value.since else { return "records differ" }
        guard let version = since.version else { return place ?? "an unknown version" }
        let cause = CandidateReport.restored(version.target, version.scope) ?? version.cause.rawValue
        let time =
            "\(since.isPruned ? "version \(version.number) or before" : "version \(version.number)"), "
            + "\(version.time), \(cause) by \(version.actor.name)"
        if let place { return "\(place); \(time)" }
        let files = (try? transaction.files(of: version.candidate)) ?? []
        let names = files.map { "\($0.source) \(RunText.shown($0.name))" }.joined(separator: ", ")
        return "no accepted record says it now; \(time), candidate:\(version.candidate)"
            + (names.isEmpty ? "" : " of \(names)")
    }

    private func place(_ voice: Testimony.Voice) -> String {
        let naming = explaining.naming(voice)
        let record = record(naming, String(decoding: voice.recordKey, as: UTF8.self))
        let way =
            switch voice.way {
            case .named: ""
            case .added(let text): ", added by \(shownText(text))"
            case .found(let texts): ", found by \(texts.map(shownText).joined(separator: " or "))"
            }
        let isNamed = voice.location.line > 0 || voice.location.source == Authority.source
        let line =
            voice.location.line > 0 ? ":\(voice.location.line)" : isNamed ? "" : " (which does not name it any more)"
        return "\(voice.location.source) \(RunText.shown(voice.location.file))\(line) \(record)\(way)"
    }

    private func mappingText(_ attribute: Attribute, _ voice: Testimony.Voice) -> String? {
        guard let mapped = explaining.mapped[voice.location.source] else { return nil }
        guard mapped.isCurrent else { return "\(mapped.name) (changed since: import again to see its line)" }
        let origins = explaining.origins(of: attribute, voice)
        if origins.isEmpty { return mapped.name }
        return origins.map { "\(mapped.name):\($0.mappingLine) \($0.expression)" }.joined(separator: " or ")
    }

    private func tell(_ reason: Reason, about name: String? = nil) {
        let file = reason.location.map { location in
            "\(location.source) \(RunText.shown(location.file))\(location.line > 0 ? ":\(location.line)" : "") "
        }
        let mapping = reason.mapping.map { " [\($0.name):\($0.line)]" } ?? ""
        output.line(
            "  \(name.map { "\($0): " } ?? "")\(file ?? "")[\(reason.code)] \(reason.message)\(mapping) \(reason.remedy)"
        )
    }

    // MARK: What is not there

    /// - Parameter isElsewhere: whether another object of the key was told.
    func write(absent lookup: ObjectLookup, _ reasons: [Reason], isElsewhere: Bool) {
        let key = shownKey(lookup.key, lookup.kind)
        guard json else {
            output.line(
                isElsewhere
                    ? "another \(lookup.kind.name) \(key) is not in version \(explaining.version)"
                    : "\(lookup.kind.name) \(key) is not in version \(explaining.version)")
            return reasons.forEach { tell($0) }
        }
        for reason in reasons {
            var line = JSONBytes()
            line.object { line in
                line.pair("type", "absent")
                line.pair("kind", lookup.kind.name)
                line.pair("key", key)
                line.pair("version", explaining.version)
                write(reason, to: &line)
            }
            output.line(line.text)
        }
    }
}

extension String {
    /// With spaces behind it, to so many characters.
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - count))
    }
}

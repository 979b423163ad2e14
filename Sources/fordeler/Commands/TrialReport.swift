import ChangeEvents
import Foundation
import Mapping
import OrganisationModel
import Versioning

/// How a trial of a mapping is told.
struct TrialReport {
    let trial: MappingTrial
    let mapping: MappingFile
    /// Whether personal values are shown.
    let reveal: Bool
    let json: Bool
    let output: Output

    private var organisation: Organisation { trial.organisation }
    private var schema: Schema { organisation.schema }

    // MARK: The whole

    /// Counts, then at most so many findings of each rule.
    func summarise(limit: Int) {
        let objects = Dictionary(grouping: trial.objects(), by: \.kind).mapValues(\.count)
        let findings = FindingCount.counts(of: trial.findings)
        if json {
            var line = JSONBytes()
            line.object { line in
                line.pair("type", "summary")
                line.pair("mapping", mapping.document.name)
                line.key("files")
                line.array { line in for file in trial.overlay.files { line.value(RunText.shown(file.name)) } }
                line.pair("records", trial.overlay.records)
                line.pair("verdict", trial.isRejected ? "rejected" : "accepted")
                line.key("objects")
                line.object { line in
                    for kind in Kind.allCases { if let count = objects[kind] { line.pair(kind.name, count) } }
                }
                line.key("findings")
                line.array { line in
                    for count in findings {
                        line.object { line in
                            line.pair("rule", count.rule)
                            line.pair("severity", count.severity.rawValue)
                            line.pair("count", count.count)
                        }
                    }
                }
            }
            output.line(line.text)
        } else {
            let files = trial.overlay.files.map { RunText.shown($0.name) }.joined(separator: ", ")
            output.line("\(mapping.document.name): \(trial.overlay.records) records of \(files)")
            let counts = Kind.allCases.compactMap { kind in objects[kind].map { "\(kind.name) \($0)" } }
            output.line("objects: \(counts.isEmpty ? "none" : counts.joined(separator: ", "))")
            let found = findings.map { "\($0.rule) \($0.count)" }
            output.line("findings: \(found.isEmpty ? "none" : found.joined(separator: ", "))")
            output.line(
                trial.isRejected
                    ? "an import into an empty register would be rejected"
                    : "an import into an empty register would be accepted\(trial.hasErrors ? ", in part" : "")")
        }
        writeFindings(limit: limit)
    }

    private func writeFindings(limit: Int) {
        var shown: [String: Int] = [:]
        for finding in trial.findings {
            shown[finding.rule.code, default: 0] += 1
            if shown[finding.rule.code, default: 0] <= limit {
                Self.write(reveal ? finding : masked(finding), json: json, to: output)
            }
        }
        guard !json else { return }
        for (rule, count) in shown.sorted(by: { $0.key < $1.key }) where count > limit {
            output.line("\(count - limit) more of \(rule)")
        }
    }

    /// A number may stand in any column, and the key of an account is the name of somebody, too.
    private func masked(_ finding: Finding) -> Finding {
        let isName = finding.kind.map { schema[$0].nameAttributes.contains(where: \.isPersonal) } ?? false
        let key = isName ? Masking.mask(finding.key) : Masking.redacted(finding.key)
        let message =
            isName && !finding.key.isEmpty ? finding.message.replacing(finding.key, with: key) : finding.message
        return Finding(
            rule: finding.rule, kind: finding.kind, key: key, location: finding.location,
            message: Masking.redacted(message))
    }

    private static func write(_ finding: Finding, json: Bool, to output: Output) {
        guard json else { return FindingReport.write(finding, json: false, to: output) }
        var line = JSONBytes()
        line.object { line in
            line.pair("type", "finding")
            line.pair("rule", finding.rule.code)
            line.pair("severity", finding.rule.severity.rawValue)
            line.pair("kind", finding.kind?.name)
            line.pair("key", finding.key)
            line.pair("file", RunText.shown(finding.location.file))
            line.pair("line", finding.location.line)
            line.pair("message", finding.message)
        }
        output.line(line.text)
    }

    static func unreadable(_ finding: Finding, _ mapping: MappingFile, json: Bool, to output: Output) {
        if json {
            var line = JSONBytes()
            line.object { line in
                line.pair("type", "summary")
                line.pair("mapping", mapping.document.name)
                line.pair("verdict", "unreadable")
            }
            output.line(line.text)
        } else {
            output.line(
                "\(mapping.document.name): the export cannot be read to its end; an import would refuse all of it")
        }
        write(finding, json: json, to: output)
    }

    // MARK: Objects

    /// At most so many of each kind, in full.
    func show(_ objects: [Organisation.Entry], limit: Int) {
        var counts: [Kind: Int] = [:]
        let chosen = objects.filter { entry in
            counts[entry.kind, default: 0] += 1
            return counts[entry.kind, default: 0] <= limit
        }
        for object in trial.explained(chosen) {
            guard let state = organisation.state(of: object.entry) else { continue }
            let periods = state.periods(schema[object.entry.kind])
            if json { write(object, periods) } else { tell(object, periods) }
        }
        guard !json else { return }
        for kind in Kind.allCases {
            if let count = counts[kind], count > limit { output.line("\(count - limit) more of kind \(kind.name)") }
        }
    }

    private func shown(_ value: Value, _ attribute: Attribute) -> Value {
        if reveal { return value }
        if attribute.isPersonal { return .text(Masking.mask(value.description)) }
        if case .text(let text) = value { return .text(Masking.redacted(text)) }
        return value
    }

    /// A key that is personal itself, or also stands in a personal attribute, is stars.
    private func shownKey(_ key: String, _ kind: Kind, _ periods: [StatePeriod]) -> String {
        if reveal { return key }
        let personal = periods.flatMap(\.fields).filter { $0.attribute.isPersonal && !$0.attribute.isReference }
        let isPersonal = personal.contains { $0.value.description.lowercased() == key.lowercased() }
        return isPersonal ? Masking.mask(key) : Masking.redacted(Masking.shown(key, kind: kind, schema: schema))
    }

    private func periods(of entry: Organisation.Entry) -> [StatePeriod] {
        organisation.state(of: entry)?.periods(schema[entry.kind]) ?? []
    }

    /// The key of a relation's target, and its name where that is not personal.
    private func target(_ field: StatePeriod.Field, _ object: MappingTrial.Explained) -> (key: String?, name: String?) {
        guard case .reference(let id) = field.value, case .reference(let kind) = field.attribute.type else {
            return (nil, nil)
        }
        guard let entry = organisation.entry(id) else {
            return (object.targetKey(field).map { shownKey($0, kind, []) }, nil)
        }
        let periods = periods(of: entry)
        let names = schema[kind].nameAttributes.compactMap { name in
            periods.last?[name].map { shown($0, name).description }
        }
        return (
            shownKey(organisation.key(of: entry), kind, periods), names.isEmpty ? nil : names.joined(separator: " ")
        )
    }

    private func tell(_ object: MappingTrial.Explained, _ periods: [StatePeriod]) {
        output.line("")
        let key = shownKey(organisation.key(of: object.entry), object.entry.kind, periods)
        let id = object.hasOwnID ? " \(object.entry.id)" : ""
        output.line("\(object.entry.kind.name) \(key)\(id)")
        for period in periods {
            output.line("  \(Table.days(period.period))")
            for field in period.fields {
                let target = target(field, object)
                let text =
                    target.key.map { ([$0] + [target.name].compactMap { $0 }).joined(separator: " ") }
                    ?? shown(field.value, field.attribute).description
                output.line("    \(field.attribute.name): \(text)\(originText(field, object))")
            }
        }
    }

    private func originText(_ field: StatePeriod.Field, _ object: MappingTrial.Explained) -> String {
        guard let origin = trial.origin(of: field, in: object) else { return "" }
        let mappingName = (mapping.path as NSString).lastPathComponent
        return "  <- \(RunText.shown(origin.location.file)):\(origin.location.line) \(origin.mapping.element), "
            + "\(mappingName):\(origin.mapping.mappingLine) \(origin.mapping.expression)"
    }

    private func write(_ object: MappingTrial.Explained, _ periods: [StatePeriod]) {
        var line = JSONBytes()
        line.object { line in
            line.pair("type", "object")
            line.pair("kind", object.entry.kind.name)
            line.pair("key", shownKey(organisation.key(of: object.entry), object.entry.kind, periods))
            if object.hasOwnID { line.pair("id", object.entry.id.description) }
            line.key("periods")
            line.array { line in
                for period in periods {
                    line.object { line in
                        line.pair("from", period.period.from)
                        line.pair("to", period.period.to)
                        line.key("attributes")
                        line.array { line in
                            for field in period.fields { write(field, object, to: &line) }
                        }
                    }
                }
            }
        }
        output.line(line.text)
    }

    private func write(_ field: StatePeriod.Field, _ object: MappingTrial.Explained, to line: inout JSONBytes) {
        line.object { line in
            line.pair("name", field.attribute.name)
            let target = target(field, object)
            if let key = target.key {
                line.pair("target", key)
                line.pair("targetName", target.name)
            } else {
                line.pair("value", shown(field.value, field.attribute))
            }
            guard let origin = trial.origin(of: field, in: object) else { return }
            line.key("origin")
            line.object { line in
                line.pair("file", RunText.shown(origin.location.file))
                line.pair("line", origin.location.line)
                line.pair("record", origin.mapping.element)
                line.key("fields")
                line.array { line in for name in origin.mapping.fields { line.value(name) } }
                line.pair("mappingLine", origin.mapping.mappingLine)
                line.pair("expression", origin.mapping.expression)
            }
        }
    }
}

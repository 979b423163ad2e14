import ChangeEvents
import Mapping
import OrganisationModel
import Storage
import Versioning

extension ExplainReport {
    func writeJSON(
        _ explained: ExplainedObject, _ values: [ExplainedValue], _ missing: [Missing], isMasked: Bool
    ) throws {
        let object = explained.object
        func line(_ type: String, _ body: (inout JSONBytes) throws -> Void) rethrows {
            var line = JSONBytes()
            try line.object { line in
                line.pair("type", type)
                line.pair("kind", object.kind.name)
                line.pair("id", object.id.description)
                line.pair("key", shownKey(object.key, object.kind))
                line.pair("version", explaining.version)
                try body(&line)
            }
            output.line(line.text)
        }
        for note in explained.notes { line("note") { write(note, to: &$0) } }
        for value in values { try line("value") { try write(value, isMasked: isMasked, to: &$0) } }
        for one in missing {
            line("missing") { line in
                line.pair("attribute", one.attribute.name)
                write(one.reason, to: &line)
            }
        }
        for (name, attributes) in try subscriptions(object.id) {
            line("subscription") { line in
                line.pair("subscription", name)
                line.key("attributes")
                line.array { line in for name in attributes { line.value(name) } }
            }
        }
    }

    private func write(_ value: ExplainedValue, isMasked: Bool, to line: inout JSONBytes) throws {
        line.pair("from", value.period.from)
        line.pair("to", value.period.to)
        line.pair("attribute", value.attribute.name)
        try write(value.value, value.attribute, isMasked: isMasked, to: &line)
        if let voice = value.voice {
            write(voice, value.attribute, to: &line)
        } else {
            line.pair("source", String?.none)
        }
        if let since = value.since { try write(since, to: &line) }
        line.key("lost")
        try line.array { line in
            for voice in value.lost {
                try line.object { line in
                    try write(voice.value, value.attribute, isMasked: isMasked, to: &line)
                    line.pair("why", Self.code(voice.standing))
                    write(voice, value.attribute, to: &line)
                }
            }
        }
    }

    private func write(
        _ value: Value?, _ attribute: Attribute, isMasked: Bool, to line: inout JSONBytes
    ) throws {
        line.pair("value", value.map { shown($0, attribute, isMasked: isMasked) })
        guard let value, let target = try target(value, attribute, isMasked: isMasked) else { return }
        line.pair("targetKey", target.key)
        line.pair("targetName", target.name)
    }

    private func write(_ since: ExplainedValue.Since, to line: inout JSONBytes) throws {
        line.key("since")
        try line.object { line in
            line.pair("version", since.version?.number)
            guard let version = since.version else { return }
            line.key("pruned")
            line.value(since.isPruned)
            line.pair("time", version.time)
            line.pair("cause", version.cause.rawValue)
            line.pair("target", version.target)
            line.pair("actor", version.actor.name)
            line.pair("reason", version.reason)
            line.pair("candidate", version.candidate.description)
            line.key("files")
            let files = try explaining.transaction.files(of: version.candidate)
            line.array { line in for file in files { line.value("\(file.source)/\(RunText.shown(file.name))") } }
        }
    }

    /// Where a value was said, and by which line of the mapping it was made.
    private func write(_ voice: Testimony.Voice, _ attribute: Attribute, to line: inout JSONBytes) {
        let naming = explaining.naming(voice)
        let recordKey = String(decoding: voice.recordKey, as: UTF8.self)
        line.pair("source", voice.location.source)
        line.pair("file", RunText.shown(voice.location.file))
        line.pair("line", voice.location.line)
        line.pair("element", naming?.part?.element)
        line.pair(
            "record",
            reveal
                ? recordKey
                : Masking.redacted(Masking.shown(recordKey, kind: naming?.part?.recordKind, schema: schema)))
        let (way, texts): (String, [String]) =
            switch voice.way {
            case .named: ("named", [])
            case .added(let text): ("added", [text])
            case .found(let texts): ("found", texts)
            }
        line.pair("way", way)
        line.key("by")
        line.array { line in for text in texts { line.value(shownText(text)) } }
        let mapped = explaining.mapped[voice.location.source]
        line.pair("mapping", mapped?.name)
        line.key("mappingChanged")
        line.value(mapped.map { !$0.isCurrent } ?? false)
        line.key("mappingLines")
        line.array { line in
            for origin in explaining.origins(of: attribute, voice) {
                line.object { line in
                    line.pair("line", origin.mappingLine)
                    line.pair("expression", origin.expression)
                }
            }
        }
    }

    func write(_ reason: Reason, to line: inout JSONBytes) {
        line.pair("code", reason.code)
        line.pair("message", reason.message)
        line.pair("remedy", reason.remedy)
        line.pair("source", reason.location?.source)
        line.pair("file", reason.location.map { RunText.shown($0.file) })
        line.pair("line", reason.location?.line)
        line.pair("mapping", reason.mapping?.name)
        line.pair("mappingLine", reason.mapping?.line)
        line.pair("sinceVersion", reason.version)
        line.pair("candidate", reason.candidate?.description)
    }
}

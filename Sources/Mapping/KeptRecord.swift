import OrganisationModel
import SourceExports

/// What a record said, kept behind the objects of its claim where later documents name only what changed of it.
///
/// Layout: the fields, then the occurrences of timelines. Fields and timelines are told by four bytes of a hash of the path by which
/// the mapping names them, so that another mapping still finds them.
struct KeptRecord {
    private let program: MappingProgram.RecordProgram

    init(_ program: MappingProgram.RecordProgram) {
        self.program = program
    }

    /// The texts of a record, its occurrences in the order of timelines and days.
    func texts(_ record: SourceRecord) -> RecordText {
        sorted(RecordText(record))
    }

    // MARK: Merging

    /// What is left of a known record beside a document that says what changed of it: fields of which the document says nothing
    /// else, and of timelines the days that it does not cover.
    func rest(of known: RecordText, beside change: SourceRecord) -> RecordText {
        let new = RecordText(change)
        let fields = known.fields.indices.map { field in
            change.names(field) && new.fields[field] != known.fields[field] ? nil : known.fields[field]
        }
        var rest = known.occurrences
        for occurrence in new.occurrences {
            let days = days(occurrence)
            rest = rest.flatMap { $0.timeline == occurrence.timeline ? without(days, $0) : [$0] }
        }
        return RecordText(fields: fields, occurrences: rest)
    }

    /// What is known of a record once a document said what changed of it.
    func merged(_ change: SourceRecord, with rest: RecordText) -> RecordText {
        let new = RecordText(change)
        let fields = rest.fields.indices.map { change.names($0) ? new.fields[$0] : rest.fields[$0] }
        return sorted(RecordText(fields: fields, occurrences: rest.occurrences + new.occurrences))
    }

    /// From the first day to the day after the last one; nil for one that cannot be read, which the mapper tells.
    private struct Days: Equatable {
        let from: Day?
        let to: Day?

        /// Both, when they can be read and hold a day between them.
        var span: (from: Day, to: Day)? {
            guard let from, let to, from < to else { return nil }
            return (from, to)
        }
    }

    private func days(_ occurrence: RecordText.Occurrence) -> Days {
        let timeline = program.timelines[occurrence.timeline]
        let last = day(timeline.to, occurrence, open: "9999-12-31", .distantFuture)
        return Days(
            from: day(timeline.from, occurrence, open: "1900-01-01", .distantPast),
            to: last == .distantFuture ? last : last?.next)
    }

    /// - Parameter open: the text that stands for no day, as an absent one does.
    private func day(
        _ expression: Expression<Int>, _ occurrence: RecordText.Occurrence, open: String, _ none: Day
    ) -> Day? {
        guard case .field(let slot) = expression, let text = occurrence.fields[slot] else { return none }
        let day = String(decoding: text, as: UTF8.self)
        return day == open || program.placeholders[slot].contains(text) ? none : Day(parsing: day)
    }

    /// What an occurrence still says when others say something about these days.
    private func without(_ days: Days, _ occurrence: RecordText.Occurrence) -> [RecordText.Occurrence] {
        let mistaken = self.days(occurrence)
        guard let own = mistaken.span else { return corrects(days, mistaken) ? [] : [occurrence] }
        guard let days = days.span, days.from < own.to, own.from < days.to else { return [occurrence] }
        let timeline = program.timelines[occurrence.timeline]
        var left: [RecordText.Occurrence] = []
        if own.from < days.from, case .field(let slot) = timeline.to {
            var before = occurrence
            before.fields[slot] = Array(days.from.advanced(by: -1).description.utf8)
            left.append(before)
        }
        if days.to < own.to, case .field(let slot) = timeline.from {
            var after = occurrence
            after.fields[slot] = Array(days.to.description.utf8)
            left.append(after)
        }
        return left
    }

    /// Whether days take the place of others that are none: they cover the end that can be read, or make the same mistake once
    /// more. Where no end can be read nothing tells which days were meant, and the later word counts.
    private func corrects(_ days: Days, _ mistaken: Days) -> Bool {
        guard let span = days.span else { return days == mistaken }
        if let from = mistaken.from, span.from <= from, from < span.to { return true }
        if let to = mistaken.to, span.from < to, to <= span.to { return true }
        return mistaken == Days(from: nil, to: nil)
    }

    private func sorted(_ texts: RecordText) -> RecordText {
        func order(_ occurrence: RecordText.Occurrence) -> (Int, String) {
            guard case .field(let slot) = program.timelines[occurrence.timeline].from else {
                return (occurrence.timeline, "")
            }
            return (occurrence.timeline, String(decoding: occurrence.fields[slot] ?? [], as: UTF8.self))
        }
        let places = texts.occurrences.enumerated().sorted { left, right in
            let (one, other) = (order(left.element), order(right.element))
            return one == other ? left.offset < right.offset : one < other
        }
        return RecordText(fields: texts.fields, occurrences: places.map(\.element))
    }

    // MARK: Bytes

    func bytes(_ texts: RecordText) -> [UInt8] {
        var bytes: [UInt8] = []
        append(texts.fields, to: &bytes)
        Bytes.append(length: texts.occurrences.count, to: &bytes)
        for occurrence in texts.occurrences {
            Bytes.append(Self.number(program.timelines[occurrence.timeline].element), to: &bytes)
            append(occurrence.fields, to: &bytes)
        }
        return bytes
    }

    private func append(_ fields: [[UInt8]?], to bytes: inout [UInt8]) {
        Bytes.append(length: fields.count { $0 != nil }, to: &bytes)
        for (slot, text) in fields.enumerated() {
            guard let text else { continue }
            Bytes.append(Self.number(program.fields[slot]), to: &bytes)
            text.withUnsafeBytes { Bytes.append(field: $0, to: &bytes) }
        }
    }

    /// - Returns: nil when the bytes hold none, as a claim from before.
    func texts(_ bytes: UnsafeRawBufferPointer) -> RecordText? {
        guard !bytes.isEmpty else { return nil }
        let slots = Dictionary(
            program.fields.enumerated().map { (Self.number($1), $0) }, uniquingKeysWith: { first, _ in first })
        let timelines = Dictionary(
            program.timelines.enumerated().map { (Self.number($1.element), $0) },
            uniquingKeysWith: { first, _ in first })
        var reader = ByteReader(bytes)
        func next() -> [[UInt8]?] {
            var fields = [[UInt8]?](repeating: nil, count: program.fields.count)
            for _ in 0..<reader.count() where reader.isIntact {
                let slot = slots[reader.uint32()]
                let text = reader.field()
                if let slot { fields[slot] = Array(text) }
            }
            return fields
        }
        let own = next()
        var occurrences: [RecordText.Occurrence] = []
        for _ in 0..<reader.count() where reader.isIntact {
            let timeline = timelines[reader.uint32()]
            let fields = next()
            if let timeline { occurrences.append(RecordText.Occurrence(timeline: timeline, fields: fields)) }
        }
        return reader.isIntact ? RecordText(fields: own, occurrences: occurrences) : nil
    }

    /// FNV-1a.
    private static func number(_ path: String) -> UInt32 {
        path.utf8.reduce(0x811C_9DC5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    }
}

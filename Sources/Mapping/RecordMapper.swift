public import OrganisationModel
import SourceExports

extension Rule {
    /// The record has no key, so nothing can be said about it tomorrow.
    public static let keyMissing = Rule("record.key-missing", .error, .withhold)
    /// The record lacks the day on which it begins, and the mapping demands one.
    public static let beginningMissing = Rule("record.beginning-missing", .error, .withhold)
    /// A day that does not exist, or is not written as yyyy-MM-dd.
    public static let dateImpossible = Rule("record.date-impossible", .error, .withhold)
    /// The last day lies before the first.
    public static let endBeforeBeginning = Rule("record.end-before-beginning", .error, .withhold)
    /// A value that does not fit its attribute; the object is published without it.
    public static let valueImpossible = Rule("record.value-impossible", .warning, .none)
    /// What the mapping takes for the object's UUID is none.
    public static let uuidImpossible = Rule("record.uuid-impossible", .error, .withhold)
}

/// Turns one source record into the canonical bytes of a claim. Depends on the record alone.
///
/// Not thread-safe: one mapper reads one export.
struct RecordMapper {
    private let program: MappingProgram
    private let identity: Identity
    private(set) var writer = Claim.Writer()
    private var findings: [Claim.StoredFinding] = []
    private var scratch: [UInt8] = []
    /// Ids of what records refer to: many employments name one unit, and an id costs a microsecond.
    private var knownTargets: [Fingerprint: ObjectID] = [:]
    /// The last id of each kind: a record names its person several times.
    private var lastIDs = [(key: [UInt8], id: ObjectID)](
        repeating: ([], ObjectID(high: 0, low: 0)), count: Kind.allCases.count + 1)
    private let targetHasher: FingerprintHasher
    /// Bounds ``knownTargets``; a municipality has a few thousand units.
    private static let knownTargetsMax = 50_000

    init(program: MappingProgram, identity: Identity) {
        self.program = program
        self.identity = identity
        targetHasher = FingerprintHasher(seed: program.fingerprintSeed)
    }

    // MARK: Reading a record

    /// A field's text; nil when it is absent, empty or a placeholder.
    private func value(_ record: SourceRecord, _ slot: Int) -> UnsafeRawBufferPointer? {
        guard let text = record[slot] else { return nil }
        let recordProgram = program.records[record.shape]
        guard recordProgram.hasPlaceholders[slot] else { return text }
        return recordProgram.placeholders[slot].contains { text.elementsEqual($0) } ? nil : text
    }

    func holds(_ condition: MappingProgram.Condition, _ record: SourceRecord) -> Bool {
        value(record, condition.slot)?.elementsEqual(condition.equals) ?? false
    }

    /// Calls `body` with the text of an expression; does not call it when there is none.
    @discardableResult
    mutating func with<Result>(
        _ expression: MappingProgram.Expression, _ record: SourceRecord,
        _ body: (inout RecordMapper, UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result? {
        switch expression {
        case .field(let slot):
            guard let text = value(record, slot) else { return nil }
            if !RecordMapper.hasControl(text) { return try body(&self, text) }
            return try RecordMapper.withoutControls(text).withUnsafeBytes { try body(&self, $0) }
        case .text(let text):
            return try text.withUnsafeBytes { try body(&self, $0) }
        case .join, .ratio, .not:
            var joined: [UInt8] = []
            swap(&joined, &scratch)
            joined.removeAll(keepingCapacity: true)
            let isThere = append(expression, record, to: &joined)
            defer { swap(&joined, &scratch) }
            return isThere ? try joined.withUnsafeBytes { try body(&self, $0) } : nil
        }
    }

    /// True when the text may hold a control character: below U+0020, U+007F, or U+0080 to U+009F, which begin with C2.
    private static func hasControl(_ text: UnsafeRawBufferPointer) -> Bool {
        var isSuspect = false
        for byte in text { isSuspect = isSuspect || byte < 0x20 || byte == 0x7F || byte == 0xC2 }
        return isSuspect
    }

    /// Line breaks and other controls inside a value would break every line-based reader after us; each becomes a space.
    private static func withoutControls(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        let scalars = String(decoding: text, as: UTF8.self).unicodeScalars.map { scalar in
            scalar.properties.generalCategory == .control ? " " : scalar
        }
        return Array(String(String.UnicodeScalarView(scalars)).utf8)
    }

    private mutating func append(
        _ expression: MappingProgram.Expression, _ record: SourceRecord, to bytes: inout [UInt8]
    ) -> Bool {
        switch expression {
        case .join(let parts, let separator):
            var isThere = false
            for part in parts {
                let mark = bytes.count
                if isThere { bytes.append(contentsOf: separator) }
                if append(part, record, to: &bytes) {
                    isThere = true
                } else {
                    bytes.removeSubrange(mark...)
                }
            }
            return isThere
        case .ratio(let numerator, let denominator):
            guard let above = value(record, numerator).flatMap(Decimals.parse),
                let below = value(record, denominator).flatMap(Decimals.parse),
                let ratio = Decimals.divide(above, by: below)
            else { return false }
            bytes.append(contentsOf: Decimals.write(ratio).utf8)
            return true
        case .not(let slot):
            guard let text = value(record, slot) else { return false }
            // What is no flag stays as it is, so that the finding is about the value that was written.
            guard let flag = Self.flag(text) else {
                bytes.append(contentsOf: text)
                return true
            }
            bytes.append(contentsOf: (flag ? "false" : "true").utf8)
            return true
        case .field, .text:
            return with(expression, record) { _, text in bytes.append(contentsOf: text) } != nil
        }
    }

    // MARK: Making a claim

    /// The claim of a record that has a key. Its bytes are in ``writer`` until the next call.
    mutating func map(_ record: SourceRecord, key: UnsafeRawBufferPointer) {
        findings.removeAll(keepingCapacity: true)
        writeClaim(record, key: key, isWithheld: false)
        // One mistake in a record makes the whole record unfit: a person without the employment would be half a truth.
        if findings.contains(where: { $0.fate == .withhold }) {
            writeClaim(record, key: key, isWithheld: true)
        } else if !findings.isEmpty {
            // Values that do not fit are known only after they were read, and findings stand first in a claim.
            writeClaim(record, key: key, isWithheld: false)
        }
    }

    private mutating func writeClaim(_ record: SourceRecord, key: UnsafeRawBufferPointer, isWithheld: Bool) {
        let recordProgram = program.records[record.shape]
        writer.begin(recordKey: key, findings: findings)
        for object in recordProgram.objects {
            if let condition = object.condition, !holds(condition, record) { continue }
            with(object.key, record) { mapper, key in
                mapper.write(object, record, key, recordProgram.kind, isWithheld: isWithheld)
            }
        }
        writer.end()
    }

    /// The claim of a record without a key: nothing but its finding.
    mutating func mapKeyless(_ record: SourceRecord) {
        let recordProgram = program.records[record.shape]
        let finding = Claim.StoredFinding(
            rule: .keyMissing, kind: recordProgram.kind,
            message:
                "A <\(recordProgram.element)> has no key and is left out. As long as it is there, no record that is missing is taken for "
                + "gone. Ask the source to correct it.")
        [UInt8]().withUnsafeBytes { writer.begin(recordKey: $0, findings: [finding]) }
        writer.end()
    }

    private mutating func note(_ rule: Rule, _ kind: Kind, _ message: String) {
        if findings.contains(where: { $0.code == rule.code && $0.message == message }) { return }
        findings.append(Claim.StoredFinding(rule: rule, kind: kind, message: message))
    }

    /// First and last day, the last one made exclusive. 1900-01-01 and 9999-12-31 are open ends.
    private mutating func effectivePeriod(
        _ object: MappingProgram.ObjectProgram, _ record: SourceRecord, kind: Kind
    ) -> (from: Day, to: Day)? {
        var from = Day.distantPast
        if let slot = object.from.first(where: { value(record, $0) != nil }) {
            guard let day = day(record, slot, kind) else { return nil }
            from = day == Self.firstDay ? .distantPast : day
        } else if object.needsBeginning {
            let names = object.from.map { program.records[record.shape].fields[$0] }.joined(separator: ", ")
            note(
                .beginningMissing, kind,
                "\(names) is empty, so the record is left out (or kept as it was). Correct it in the source, or let the "
                    + "mapping take another day.")
            return nil
        }
        var to = Day.distantFuture
        if let slot = object.to, value(record, slot) != nil {
            guard let day = day(record, slot, kind) else { return nil }
            to = day == Self.lastDay ? .distantFuture : day.next
        }
        guard from < to else {
            note(
                .endBeforeBeginning, kind,
                "The last day lies before the first, so the record is left out (or kept as it was). Correct it in the "
                    + "source.")
            return nil
        }
        return (from, to)
    }

    private static let firstDay = Day(year: 1900, month: 1, day: 1)
    private static let lastDay = Day(year: 9999, month: 12, day: 31)

    private mutating func day(_ record: SourceRecord, _ slot: Int, _ kind: Kind) -> Day? {
        guard let text = value(record, slot) else { return nil }
        if let day = Day(parsing: text) { return day }
        let field = program.records[record.shape].fields[slot]
        note(
            .dateImpossible, kind,
            "\(field) is no day of the calendar (yyyy-MM-dd), so the record is left out (or kept as it was). Correct it "
                + "in the source.")
        return nil
    }

    /// The canonical bytes of a value that is neither text nor relation; nil when the text does not fit.
    private static func canonical(_ text: UnsafeRawBufferPointer, _ type: ValueType) -> [UInt8]? {
        switch type {
        case .flag: flag(text).map { Value.flag($0).bytes }
        case .decimal: Decimals.parse(text).map { Array(Decimals.write($0).utf8) }
        case .day: Day(parsing: text).map { Value.day($0).bytes }
        case .text, .reference: Array(text)
        }
    }

    private static func flag(_ text: UnsafeRawBufferPointer) -> Bool? {
        switch String(decoding: text, as: UTF8.self).lowercased() {
        case "true", "1", "yes": true
        case "false", "0", "no": false
        default: nil
        }
    }

    /// The id of the object that a record makes or adds to; nil when its UUID is none.
    private mutating func objectID(
        _ object: MappingProgram.ObjectProgram, _ record: SourceRecord, _ key: UnsafeRawBufferPointer, _ kind: Kind
    ) -> ObjectID? {
        if let value = object.addsBy { return value.id(key) }
        guard let uuid = object.uuid else { return id(object.kind, key) }
        let read = with(uuid, record) { _, text in
            ObjectID(String(decoding: text, as: UTF8.self).trimmingBraces)
        }
        if let id = read ?? nil, id != ObjectID(high: 0, low: 0) { return id }
        note(
            .uuidImpossible, kind,
            "The UUID of the \(object.kind.name) is missing or none, so the record is left out (or kept as it was). Correct "
                + "it in the source.")
        return nil
    }

    private mutating func lookups(_ object: MappingProgram.ObjectProgram, _ record: SourceRecord) -> [LookupText] {
        object.lookups.compactMap { lookup in
            with(lookup.equals, record) { _, text in
                LookupText(lookup: lookup, value: lookup.among.id(text), text: Array(text))
            }
        }
    }

    private struct LookupText {
        let lookup: MappingProgram.CompiledLookup
        let value: ObjectID
        let text: [UInt8]
    }

    private mutating func write(
        _ object: MappingProgram.ObjectProgram, _ record: SourceRecord, _ key: UnsafeRawBufferPointer, _ kind: Kind,
        isWithheld: Bool
    ) {
        var flags: UInt8 = object.isShared ? Claim.shared : 0
        if isWithheld { flags |= Claim.withheld }
        if object.addsBy != nil { flags |= Claim.adds }
        guard let id = objectID(object, record, key, kind) else { return }
        let period = isWithheld ? nil : effectivePeriod(object, record, kind: kind)
        let sought = isWithheld || object.lookups.isEmpty ? [] : lookups(object, record)
        begin(object, flags, id, key, sought[...], [], periodCount: period == nil ? 0 : 1)
        if let period {
            writer.beginPeriod(from: period.from, to: period.to)
            for value in object.values {
                if case .field(let slot) = value.expression {
                    // Nearly all values are single fields; they need no closure.
                    if let text = self.value(record, slot) { writeField(text, value, object.kind) }
                } else {
                    with(value.expression, record) { mapper, text in
                        mapper.noteDamage(text, value, object.kind)
                        mapper.writeValue(text, value, object.kind)
                    }
                }
            }
            writer.endPeriod()
        }
        writer.endObject()
    }

    /// Begins an object with what it looks up; the texts must lie in memory until they are written.
    private mutating func begin(
        _ object: MappingProgram.ObjectProgram, _ flags: UInt8, _ id: ObjectID, _ key: UnsafeRawBufferPointer,
        _ rest: ArraySlice<LookupText>, _ lookups: [Claim.Lookup], periodCount: Int
    ) {
        guard let next = rest.first else {
            return writer.beginObject(
                object.kind, flags: flags, id: id, key: key, lookups: lookups, periodCount: periodCount)
        }
        next.text.withUnsafeBytes { text in
            let lookup = Claim.Lookup(
                relation: next.lookup.relation, kind: next.lookup.among.kind, value: next.value, text: text)
            begin(object, flags, id, key, rest.dropFirst(), lookups + [lookup], periodCount: periodCount)
        }
    }

    private mutating func writeField(
        _ text: UnsafeRawBufferPointer, _ value: MappingProgram.CompiledValue, _ kind: Kind
    ) {
        // Controls may be the very sign of damage.
        noteDamage(text, value, kind)
        guard RecordMapper.hasControl(text) else { return writeValue(text, value, kind) }
        RecordMapper.withoutControls(text).withUnsafeBytes { writeValue($0, value, kind) }
    }

    private mutating func noteDamage(
        _ text: UnsafeRawBufferPointer, _ value: MappingProgram.CompiledValue, _ kind: Kind
    ) {
        guard value.type == .text, let damage = TextDamage(in: text) else { return }
        let name = program.schema[kind].attribute(number: value.number)?.name ?? ""
        note(.textDamaged, kind, damage.message("\(kind.name).\(name)"))
    }

    private mutating func writeValue(
        _ text: UnsafeRawBufferPointer, _ value: MappingProgram.CompiledValue, _ kind: Kind
    ) {
        switch value.type {
        case .text: writer.append(text, number: value.number)
        case .reference(let target): writer.append(target: id(target, text), key: text, number: value.number)
        case .flag, .decimal, .day:
            guard let canonical = Self.canonical(text, value.type) else {
                let name = program.schema[kind].attribute(number: value.number)?.name ?? ""
                return note(
                    .valueImpossible, kind,
                    "The value of \(name) does not fit and is left out. Correct it in the source.")
            }
            canonical.withUnsafeBytes { writer.append($0, number: value.number) }
        }
    }

    private mutating func id(_ kind: Kind, _ key: UnsafeRawBufferPointer) -> ObjectID {
        let slot = Int(kind.rawValue)
        if !key.isEmpty, lastIDs[slot].key.elementsEqual(key) { return lastIDs[slot].id }
        let id = program.schema[kind].hierarchy == nil ? newID(kind, key) : knownID(kind, key)
        lastIDs[slot].key.removeAll(keepingCapacity: true)
        lastIDs[slot].key.append(contentsOf: key)
        lastIDs[slot].id = id
        return id
    }

    private func newID(_ kind: Kind, _ key: UnsafeRawBufferPointer) -> ObjectID {
        identity.id(kind: kind, source: program.source, key: key)
    }

    private mutating func knownID(_ kind: Kind, _ key: UnsafeRawBufferPointer) -> ObjectID {
        var hasher = targetHasher
        withUnsafeBytes(of: kind.rawValue) { hasher.combine($0) }
        hasher.combine(key)
        let fingerprint = hasher.finalize()
        if let known = knownTargets[fingerprint] { return known }
        let id = newID(kind, key)
        if knownTargets.count >= Self.knownTargetsMax { knownTargets.removeAll(keepingCapacity: true) }
        knownTargets[fingerprint] = id
        return id
    }
}

extension String {
    /// Some tools write a UUID in braces.
    fileprivate var trimmingBraces: Substring {
        hasPrefix("{") && hasSuffix("}") ? dropFirst().dropLast() : self[...]
    }
}

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
    /// A document says what changed of a record that was never read.
    public static let changeOfUnknown = Rule("record.change-of-unknown", .warning, .none)
}

/// Turns one source record into the canonical bytes of a claim. Depends on the record alone, and on its last claim where
/// the mapping keeps values of it.
///
/// Not thread-safe: one mapper reads one export.
struct RecordMapper {
    let program: MappingProgram
    private let identity: Identity
    private let longestKey: Int?
    var writer = Claim.Writer()
    private var findings: [Claim.StoredFinding] = []
    var scratch: [UInt8] = []
    /// Ids of what records refer to: many employments name one unit, and an id costs a microsecond.
    private var knownTargets: [Fingerprint: ObjectID] = [:]
    /// The last id of each kind: a record names its person several times.
    private var lastIDs = [(key: [UInt8], id: ObjectID)](
        repeating: ([], ObjectID(high: 0, low: 0)), count: Kind.allCases.count + 1)
    private let targetHasher: FingerprintHasher
    /// Bounds ``knownTargets``; a municipality has a few thousand units.
    private static let knownTargetsMax = 50_000
    /// The last claim of the record, accepted or waiting; empty when there is none, or nothing is kept of it.
    var last: [UInt8] = []
    /// What is written just now.
    var current: (kind: Kind, id: ObjectID, attribute: UInt16) = (.task, ObjectID(high: 0, low: 0), 0)

    init(program: MappingProgram, identity: Identity) {
        self.program = program
        self.identity = identity
        longestKey = RuleEntry.keyLong.flatMap(program.rules.limit)
        targetHasher = FingerprintHasher(seed: program.fingerprintSeed)
    }

    // MARK: Making a claim

    /// The claim of a record that has a key. Its bytes are in ``writer`` until the next call.
    /// - Parameters:
    ///   - earlier: of findings that it had before a document said what changed of it, those that are to stay.
    ///   - isOfUnknown: nothing is known of it but what documents said that changed.
    mutating func map(
        _ record: SourceRecord, key: UnsafeRawBufferPointer, last: [UInt8] = [],
        earlier: [Claim.StoredFinding] = [], isOfUnknown: Bool = false
    ) {
        self.last = last
        findings.removeAll(keepingCapacity: true)
        if isOfUnknown { noteUnknown(program.records[record.shape].kind) }
        writeClaim(record, key: key, isWithheld: false)
        if !earlier.isEmpty {
            findings = findings.map { finding in
                finding.placed(earlier.first { $0.code == finding.code && $0.message == finding.message }?.place)
            }
        }
        // One mistake in a record makes the whole record unfit: a person without the employment would be half a truth.
        if findings.contains(where: { $0.fate == .withhold }) {
            writeClaim(record, key: key, isWithheld: true)
        } else if !findings.isEmpty {
            // Values that do not fit are known only after they were read, and findings stand first in a claim.
            writeClaim(record, key: key, isWithheld: false)
        }
    }

    /// What is found on a record.
    mutating func findings(
        on record: SourceRecord, key: UnsafeRawBufferPointer, last: [UInt8] = []
    ) -> [Claim.StoredFinding] {
        map(record, key: key, last: last)
        return findings
    }

    /// Whether a record lacks a beginning from which the mapping takes that of an object: then it is no new one.
    mutating func lacksBeginning(_ record: SourceRecord) -> Bool {
        let recordProgram = program.records[record.shape]
        if let exception = recordProgram.exception, holds(exception, record) { return false }
        return recordProgram.objects.contains { object in
            object.addsBy == nil && object.flags & Claim.fallback == 0 && !object.from.isEmpty
                && !object.from.contains { isPresent($0, record) }
        }
    }

    private mutating func noteUnknown(_ kind: Kind) {
        note(
            .changeOfUnknown, kind,
            "This says what changed of a record that was never read, and not when it began. Only what it says is known of "
                + "it. Import a full export of \(program.source) that has it, or ask the source why it was not delivered."
        )
    }

    private mutating func writeClaim(_ record: SourceRecord, key: UnsafeRawBufferPointer, isWithheld: Bool) {
        let recordProgram = program.records[record.shape]
        writer.begin(recordKey: key, findings: findings)
        let isExcepted = recordProgram.exception.map { holds($0, record) } ?? false
        for object in recordProgram.objects {
            // A condition on a timeline is judged day by day.
            var isMade = !isExcepted
            if isMade, object.timelines.isEmpty, let condition = object.condition { isMade = holds(condition, record) }
            // A claim that keeps its record names whom it is about, so that an erasure finds it.
            guard isMade || recordProgram.keepsRecord || object.isNamedWhenLeftOut(isExcepted: isExcepted) else {
                continue
            }
            var flags = object.flags
            if isWithheld, isMade || recordProgram.keepsRecord {
                flags |= Claim.withheld
            } else if !isMade {
                flags |= isExcepted ? Claim.excepted : Claim.leftOut
            }
            with(object.key, record) { mapper, key in
                mapper.write(object, record, key, recordProgram.kind, flags: flags, isMade: isMade)
            }
        }
        writer.end()
    }

    /// The claim of a record without a key: nothing but its finding.
    mutating func mapKeyless(_ record: SourceRecord, isDelta: Bool) {
        let recordProgram = program.records[record.shape]
        let consequence =
            isDelta
            ? "Nobody knows which record it changes, so this is told until a full export."
            : "As long as it is there, no record that is missing is taken for gone."
        let finding = Claim.StoredFinding(
            rule: .keyMissing, kind: recordProgram.kind,
            message:
                "A <\(recordProgram.element)> has no key and is left out. \(consequence) Ask the source to correct it.")
        [UInt8]().withUnsafeBytes { writer.begin(recordKey: $0, findings: [finding]) }
        writer.end()
    }

    mutating func note(_ rule: Rule, _ kind: Kind, _ message: String) {
        let made = rule.fate
        guard let rule = program.rules.settled(rule) else { return }
        var message = message
        if made == .none, rule.fate == .withhold {
            message += " The configuration makes this an error, so the record is left out (or kept as it was)."
        }
        if findings.contains(where: { $0.code == rule.code && $0.message == message }) { return }
        findings.append(Claim.StoredFinding(rule: rule, kind: kind, message: message))
    }

    /// First and last day, the last one made exclusive. 1900-01-01 and 9999-12-31 are open ends.
    private mutating func effectivePeriod(
        _ object: MappingProgram.ObjectProgram, _ record: SourceRecord, kind: Kind
    ) -> (from: Day, to: Day)? {
        var from = Day.distantPast
        if let expression = object.from.first(where: { isPresent($0, record) }) {
            guard let day = beginning(expression, record, kind) else { return nil }
            from = day
        } else if object.needsBeginning {
            note(
                .beginningMissing, kind,
                "\(names(object.from, record)) is empty, so the record is left out (or kept as it was). Correct it in the "
                    + "source, or let the mapping take another day.")
            return nil
        }
        var to = Day.distantFuture
        if let expression = object.to, isPresent(expression, record) {
            guard let day = end(expression, record, kind, endsBefore: object.endsBefore) else { return nil }
            to = day
        }
        guard from < to else {
            noteReversed(kind)
            return nil
        }
        return (from, to)
    }

    private mutating func noteReversed(_ kind: Kind) {
        note(
            .endBeforeBeginning, kind,
            "The last day lies before the first, so the record is left out (or kept as it was). Correct it in the "
                + "source.")
    }

    private mutating func isPresent(_ expression: Expression<Int>, _ record: SourceRecord) -> Bool {
        if case .field(let slot) = expression { return value(record, slot) != nil }
        return with(expression, record) { _, _ in true } ?? false
    }

    private func names(_ expressions: [Expression<Int>], _ record: SourceRecord) -> String {
        var names: [String] = []
        for expression in expressions {
            expression.forEachField { names.append(program.records[record.shape].fields[$0]) }
        }
        return names.joined(separator: ", ")
    }

    private static let firstDay = Day(year: 1900, month: 1, day: 1)
    private static let lastDay = Day(year: 9999, month: 12, day: 31)

    mutating func beginning(_ expression: Expression<Int>, _ record: SourceRecord, _ kind: Kind) -> Day? {
        day(expression, record, kind).map { $0 == Self.firstDay ? .distantPast : $0 }
    }

    /// The first day that no longer counts.
    mutating func end(
        _ expression: Expression<Int>, _ record: SourceRecord, _ kind: Kind, endsBefore: Bool = false
    ) -> Day? {
        day(expression, record, kind).map { $0 == Self.lastDay ? .distantFuture : endsBefore ? $0 : $0.next }
    }

    private mutating func day(_ expression: Expression<Int>, _ record: SourceRecord, _ kind: Kind) -> Day? {
        let read = with(expression, record) { _, text in Day(parsing: text) }
        guard let read else { return nil }
        if let day = read { return day }
        note(
            .dateImpossible, kind,
            "\(names([expression], record)) is no day of the calendar (yyyy-MM-dd), so the record is left out (or kept as it "
                + "was). Correct it in the source.")
        return nil
    }

    /// The canonical bytes of a value that is neither text nor relation; nil when the text does not fit.
    private static func canonical(_ text: UnsafeRawBufferPointer, _ type: ValueType) -> [UInt8]? {
        switch type {
        case .flag: Flags.parse(text).map { Value.flag($0).bytes }
        case .decimal: Decimals.parse(text).map { Array(Decimals.write($0).utf8) }
        case .day: Day(parsing: text).map { Value.day($0).bytes }
        case .text, .reference: Array(text)
        }
    }

    /// The id of the object that a record makes or adds to; nil when its UUID is none, which is a mistake of what is made.
    private mutating func objectID(
        _ object: MappingProgram.ObjectProgram, _ record: SourceRecord, _ key: UnsafeRawBufferPointer, _ kind: Kind,
        isMade: Bool
    ) -> ObjectID? {
        if let value = object.addsBy { return value.id(key) }
        guard let uuid = object.uuid else { return id(object.kind, key) }
        let read = with(uuid, record) { _, text in
            ObjectID(String(decoding: text, as: UTF8.self).trimmingBraces)
        }
        if let id = read ?? nil, id != ObjectID(high: 0, low: 0) { return id }
        guard isMade else { return nil }
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
        flags: UInt8, isMade: Bool
    ) {
        guard let id = objectID(object, record, key, kind, isMade: isMade) else { return }
        if isMade { noteLongKey(object.kind, key) }
        (current.kind, current.id) = (object.kind, id)
        let period =
            flags & Claim.withheld != 0 || !isMade ? nil : effectivePeriod(object, record, kind: kind)
        let sought = period == nil || object.lookups.isEmpty ? [] : lookups(object, record)
        if let period, !object.timelines.isEmpty {
            let pieces = pieces(of: object, record, within: period, kind)
            begin(object, flags, id, key, sought[...], [], periodCount: pieces.count)
            for piece in pieces { writer.append(piece) }
            return writer.endObject()
        }
        begin(object, flags, id, key, sought[...], [], periodCount: period == nil ? 0 : 1)
        if let period {
            writer.beginPeriod(from: period.from, to: period.to)
            writeValues(object, record)
            writer.endPeriod()
        }
        writer.endObject()
    }

    /// The keys of people are CPR numbers, and never leave as keys.
    private mutating func noteLongKey(_ kind: Kind, _ key: UnsafeRawBufferPointer) {
        guard let most = longestKey, key.count > most, !program.schema[kind].hasPersonalKey,
            String(decoding: key, as: UTF8.self).count > most
        else { return }
        note(
            .keyLong, kind,
            "The key of this \(kind.name) has more than \(most) characters, which is more than FK Organisation can hold. Let "
                + "the mapping take a shorter one.")
    }

    mutating func writeValues(_ object: MappingProgram.ObjectProgram, _ record: SourceRecord) {
        for value in object.values {
            if case .field(let slot) = value.expression {
                // Nearly all values are single fields; they need no closure.
                if let text = self.value(record, slot) { writeField(text, value, object.kind) }
            } else {
                current.attribute = value.number
                with(value.expression, record) { mapper, text in
                    mapper.noteDamage(text, value, object.kind)
                    mapper.writeValue(text, value, object.kind)
                }
            }
        }
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
        case .text:
            if let form = value.form, let rule = form.broken(by: text) { note(rule, form, text, value, kind) }
            writer.append(text, number: value.number)
        case .reference where value.isUUID:
            guard let id = ObjectID(String(decoding: text, as: UTF8.self).trimmingBraces) else {
                return noteUnfit(value, kind)
            }
            writer.append(target: id, key: text, number: value.number)
        case .reference(let target): writer.append(target: id(target, text), key: text, number: value.number)
        case .flag, .decimal, .day:
            guard let canonical = Self.canonical(text, value.type) else { return noteUnfit(value, kind) }
            canonical.withUnsafeBytes { writer.append($0, number: value.number) }
        }
    }

    private mutating func note(
        _ rule: Rule, _ form: ValueForm, _ text: UnsafeRawBufferPointer, _ value: MappingProgram.CompiledValue,
        _ kind: Kind
    ) {
        let entry = RuleEntry.ofValues.first { $0.rule.code == rule.code }
        guard !(entry.map(program.rules.exceptions) ?? []).contains(where: { $0.fits(text) }) else { return }
        let name = program.schema[kind].attribute(number: value.number)?.name ?? ""
        note(rule, kind, form.message("\(kind.name).\(name)", rule))
    }

    private mutating func noteUnfit(_ value: MappingProgram.CompiledValue, _ kind: Kind) {
        let name = program.schema[kind].attribute(number: value.number)?.name ?? ""
        note(
            .valueImpossible, kind, "The value of \(name) does not fit and is left out. Correct it in the source.")
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

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
        for placeholder in program.records[record.shape].placeholders[slot]
        where text.elementsEqual(placeholder) {
            return nil
        }
        return text
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
            if !text.contains(where: { $0 < 0x20 }) { return try body(&self, text) }
            // Line breaks and tabs inside a value would break every line-based reader after us.
            return try text.map { $0 < 0x20 ? 0x20 : $0 }.withUnsafeBytes { try body(&self, $0) }
        case .text(let text):
            return try text.withUnsafeBytes { try body(&self, $0) }
        case .join, .ratio:
            var joined: [UInt8] = []
            swap(&joined, &scratch)
            joined.removeAll(keepingCapacity: true)
            let isThere = append(expression, record, to: &joined)
            defer { swap(&joined, &scratch) }
            return isThere ? try joined.withUnsafeBytes { try body(&self, $0) } : nil
        }
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
                let below = value(record, denominator).flatMap(Decimals.parse), below != 0
            else { return false }
            bytes.append(contentsOf: Decimals.write(above * Decimals.scale / below).utf8)
            return true
        case .field, .text:
            return with(expression, record) { _, text in bytes.append(contentsOf: text) } != nil
        }
    }

    // MARK: Making a claim

    /// The claim of a record that has a key. Its bytes are in ``writer`` until the next call.
    mutating func map(_ record: SourceRecord, key: UnsafeRawBufferPointer) {
        let recordProgram = program.records[record.shape]
        findings.removeAll(keepingCapacity: true)
        var periods: [(from: Day, to: Day)?] = []
        var count = 0
        for object in recordProgram.objects {
            guard includes(object, record) else {
                periods.append(nil)
                continue
            }
            count += 1
            periods.append(effectivePeriod(object, record, kind: recordProgram.kind))
        }
        noteImpossibleValues(recordProgram, record)
        // One mistake in a record makes the whole record unfit: a person without the employment would be half a truth.
        let isWithheld = findings.contains { $0.fate == .withhold }
        writer.begin(recordKey: key, findings: findings, objectCount: count)
        for (object, period) in zip(recordProgram.objects, periods) where includes(object, record) {
            write(object, record, isWithheld ? nil : period)
        }
    }

    /// The claim of a record without a key: nothing but its finding.
    mutating func mapKeyless(_ record: SourceRecord) {
        let recordProgram = program.records[record.shape]
        let finding = Claim.StoredFinding(
            rule: .keyMissing, kind: recordProgram.kind,
            message:
                "A <\(recordProgram.element)> has no key and is left out. Ask the source to correct it.")
        [UInt8]().withUnsafeBytes { writer.begin(recordKey: $0, findings: [finding], objectCount: 0) }
    }

    private mutating func includes(_ object: MappingProgram.ObjectProgram, _ record: SourceRecord)
        -> Bool
    {
        if let condition = object.condition, !holds(condition, record) { return false }
        return with(object.key, record) { _, _ in } != nil
    }

    private mutating func note(_ rule: Rule, _ kind: Kind, _ message: String) {
        if findings.contains(where: { $0.code == rule.code && $0.message == message }) { return }
        findings.append(Claim.StoredFinding(rule: rule, kind: kind, message: message))
    }

    /// First and last day, the last one made exclusive. 1900-01-01 and 9999-12-31 are open ends.
    private mutating func effectivePeriod(
        _ object: MappingProgram.ObjectProgram, _ record: SourceRecord, kind: Kind
    ) -> (from: Day, to: Day)? {
        let fields = program.records[record.shape].fields
        var from = Day.distantPast
        if let slot = object.from.first(where: { value(record, $0) != nil }) {
            guard let day = day(record, slot, kind) else { return nil }
            from = day == Self.firstDay ? .distantPast : day
        } else if object.needsBeginning {
            let names = object.from.map { fields[$0] }.joined(separator: ", ")
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

    private mutating func noteImpossibleValues(
        _ recordProgram: MappingProgram.RecordProgram, _ record: SourceRecord
    ) {
        for object in recordProgram.objects where includes(object, record) {
            for (attribute, expression) in object.values {
                switch attribute.type {
                case .text, .reference: continue
                case .flag, .decimal, .day: break
                }
                let isFit =
                    with(expression, record) { _, text in Self.canonical(text, attribute.type) != nil }
                    ?? true
                if !isFit {
                    note(
                        .valueImpossible, object.kind,
                        "The value of \(attribute.name) does not fit and is left out. Correct it in the source."
                    )
                }
            }
        }
    }

    /// The canonical bytes of a value that is neither text nor relation; nil when the text does not fit.
    private static func canonical(_ text: UnsafeRawBufferPointer, _ type: ValueType) -> [UInt8]? {
        switch type {
        case .flag:
            switch String(decoding: text, as: UTF8.self).lowercased() {
            case "true", "1", "yes": Value.flag(true).bytes
            case "false", "0", "no": Value.flag(false).bytes
            default: nil
            }
        case .decimal: Decimals.parse(text).map { Array(Decimals.write($0).utf8) }
        case .day: Day(parsing: text).map { Value.day($0).bytes }
        case .text, .reference: Array(text)
        }
    }

    private mutating func write(
        _ object: MappingProgram.ObjectProgram, _ record: SourceRecord, _ period: (from: Day, to: Day)?
    ) {
        var flags: UInt8 = object.isShared ? Claim.shared : 0
        if period == nil { flags |= Claim.withheld }
        let mark = with(object.key, record) { mapper, key in
            let id = mapper.id(object.kind, key)
            return mapper.writer.beginObject(
                object.kind, flags: flags, id: id, key: key, periodCount: period == nil ? 0 : 1)
        }
        guard let mark else { return }
        if let period {
            let present = object.values.filter { isPresent($0, record) }
            writer.beginPeriod(from: period.from, to: period.to, fieldCount: present.count)
            for (attribute, expression) in present {
                with(expression, record) { mapper, text in mapper.writeValue(text, attribute) }
            }
        }
        writer.endObject(mark)
    }

    private mutating func isPresent(
        _ value: (attribute: Attribute, expression: MappingProgram.Expression), _ record: SourceRecord
    ) -> Bool {
        with(value.expression, record) { _, text in
            switch value.attribute.type {
            case .text, .reference: true
            case .flag, .decimal, .day: Self.canonical(text, value.attribute.type) != nil
            }
        } ?? false
    }

    private mutating func writeValue(_ text: UnsafeRawBufferPointer, _ attribute: Attribute) {
        switch attribute.type {
        case .text: writer.append(text, number: attribute.number)
        case .reference(let kind):
            writer.append(target: id(kind, text), key: text, number: attribute.number)
        case .flag, .decimal, .day:
            Self.canonical(text, attribute.type)?.withUnsafeBytes {
                writer.append($0, number: attribute.number)
            }
        }
    }

    private mutating func id(_ kind: Kind, _ key: UnsafeRawBufferPointer) -> ObjectID {
        var hasher = targetHasher
        withUnsafeBytes(of: kind.rawValue) { hasher.combine($0) }
        hasher.combine(key)
        let fingerprint = hasher.finalize()
        if let known = knownTargets[fingerprint] { return known }
        let id = identity.id(kind: kind, source: program.source, key: key)
        if knownTargets.count >= Self.knownTargetsMax { knownTargets.removeAll(keepingCapacity: true) }
        knownTargets[fingerprint] = id
        return id
    }
}

/// Decimal numbers in ten-thousandths, enough for any employment fraction and exact.
enum Decimals {
    static let scale: Int64 = 10_000

    /// Reads digits with at most one comma or point and an optional sign; nil for anything else, for more than twelve digits
    /// before the point or more than four after it that are not zero.
    static func parse(_ text: UnsafeRawBufferPointer) -> Int64? {
        var value: Int64 = 0
        var fraction: Int64 = -1
        var digits = 0
        var isNegative = false
        for (index, byte) in text.enumerated() {
            switch byte {
            case 0x2D where index == 0: isNegative = true
            case 0x2C, 0x2E:
                guard fraction < 0 else { return nil }
                fraction = 0
            case 0x30...0x39:
                digits += 1
                if fraction >= 4 {
                    guard byte == 0x30 else { return nil }
                    continue
                }
                guard digits <= 16 else { return nil }
                value = value * 10 + Int64(byte - 0x30)
                if fraction >= 0 { fraction += 1 }
            default: return nil
            }
        }
        guard digits > 0 else { return nil }
        for _ in max(0, fraction)..<4 {
            guard value < Int64.max / 10 else { return nil }
            value *= 10
        }
        return isNegative ? -value : value
    }

    /// Plain notation with a point, without zeros at the end.
    static func write(_ value: Int64) -> String {
        let whole = String(value.magnitude / UInt64(scale))
        let sign = value < 0 ? "-" : ""
        let rest = value.magnitude % UInt64(scale)
        guard rest > 0 else { return sign + whole }
        var digits = String(rest + UInt64(scale)).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return sign + whole + "." + digits
    }
}

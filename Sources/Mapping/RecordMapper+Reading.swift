import OrganisationModel
import SourceExports

/// What a record says, expression by expression.
extension RecordMapper {
    /// A field's text; nil when it is absent, empty or a placeholder.
    func value(_ record: SourceRecord, _ slot: Int) -> UnsafeRawBufferPointer? {
        guard let text = record[slot] else { return nil }
        let recordProgram = program.records[record.shape]
        guard recordProgram.hasPlaceholders[slot] else { return text }
        return recordProgram.placeholders[slot].contains { text.elementsEqual($0) } ? nil : text
    }

    mutating func holds(_ condition: Condition<Int>, _ record: SourceRecord) -> Bool {
        switch condition {
        case .equals(let value, let texts):
            with(value, record) { _, text in texts.contains { text.elementsEqual($0) } } ?? false
        case .matches(let value, let form): with(value, record) { _, text in hasForm(text, form) } ?? false
        case .isPresent(let value): with(value, record) { _, _ in true } ?? false
        case .same(let left, let right):
            with(left, record) { mapper, text in
                mapper.with(right, record) { _, other in text.elementsEqual(other) } ?? false
            } ?? false
        case .all(let parts): parts.allSatisfy { holds($0, record) }
        case .any(let parts): parts.contains { holds($0, record) }
        case .not(let part): !holds(part, record)
        }
    }

    /// Calls `body` with the text of an expression; does not call it when there is none.
    @discardableResult
    mutating func with<Result>(
        _ expression: Expression<Int>, _ record: SourceRecord,
        _ body: (inout RecordMapper, UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result? {
        switch expression {
        case .field(let slot):
            guard let text = value(record, slot) else { return nil }
            if !RecordMapper.hasControl(text) { return try body(&self, text) }
            return try RecordMapper.withoutControls(text).withUnsafeBytes { try body(&self, $0) }
        case .text(let text):
            return try text.withUnsafeBytes { try body(&self, $0) }
        default:
            var made: [UInt8] = []
            swap(&made, &scratch)
            made.removeAll(keepingCapacity: true)
            let isThere = append(expression, record, to: &made)
            defer { swap(&made, &scratch) }
            return isThere ? try made.withUnsafeBytes { try body(&self, $0) } : nil
        }
    }

    /// True when the text may hold a control character: below U+0020, U+007F, or U+0080 to U+009F, which begin with C2.
    static func hasControl(_ text: UnsafeRawBufferPointer) -> Bool {
        var isSuspect = false
        for byte in text { isSuspect = isSuspect || byte < 0x20 || byte == 0x7F || byte == 0xC2 }
        return isSuspect
    }

    /// Line breaks and other controls inside a value would break every line-based reader after us; each becomes a space.
    static func withoutControls(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        let scalars = String(decoding: text, as: UTF8.self).unicodeScalars.map { scalar in
            scalar.properties.generalCategory == .control ? " " : scalar
        }
        return Array(String(String.UnicodeScalarView(scalars)).utf8)
    }

    /// Appends the text of an expression; false, and nothing is appended, when there is none.
    private mutating func append(_ expression: Expression<Int>, _ record: SourceRecord, to bytes: inout [UInt8]) -> Bool
    {
        let mark = bytes.count
        let isThere = appendUnchecked(expression, record, to: &bytes)
        if !isThere { bytes.removeSubrange(mark...) }
        return isThere
    }

    private mutating func appendUnchecked(
        _ expression: Expression<Int>, _ record: SourceRecord, to bytes: inout [UInt8]
    ) -> Bool {
        switch expression {
        case .field, .text:
            return with(expression, record) { _, text in bytes.append(contentsOf: text) } != nil
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
        case .firstOf(let parts):
            return parts.contains { append($0, record, to: &bytes) }
        case .choice(let condition, let then, let otherwise):
            if holds(condition, record) { return append(then, record, to: &bytes) }
            return otherwise.map { append($0, record, to: &bytes) } ?? false
        case .applied(let function, let argument):
            let mark = bytes.count
            return append(argument, record, to: &bytes) && function.apply(&bytes, from: mark)
        case .ratio(let numerator, let denominator):
            guard let above = decimal(numerator, record), let below = decimal(denominator, record),
                let ratio = Decimals.divide(above, by: below)
            else { return false }
            bytes.append(contentsOf: Decimals.write(ratio).utf8)
            return true
        case .kept:
            return last.withUnsafeBytes { Claim.value(of: current.attribute, in: $0, current.kind, current.id) }.map {
                bytes.append(contentsOf: $0)
            } != nil
        }
    }

    private mutating func decimal(_ expression: Expression<Int>, _ record: SourceRecord) -> Int64? {
        with(expression, record) { _, text in Decimals.parse(text) } ?? nil
    }
}

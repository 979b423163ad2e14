/// What an editor says, before all sources are heard: one statement about one object. It is a claim of the source ``source``.
public struct Correction: Hashable, Sendable {
    /// The name of the source whose claims corrections are. No source of the configuration bears it.
    public static let source = "corrections"

    /// A value of an attribute; nil where it is to have none.
    public struct Field: Hashable, Sendable {
        public let attribute: UInt16
        public let value: Value?
        /// Of a relation, the key by which the editor named its target.
        public let key: String

        public init(attribute: UInt16, value: Value?, key: String = "") {
            (self.attribute, self.value, self.key) = (attribute, value, key)
        }
    }

    public enum Statement: Hashable, Sendable {
        /// The object is made, with these values, for the period.
        case create(EffectivePeriod, [Field])
        /// On the days of the period on which the object is there, it has these values.
        case change(EffectivePeriod, [Field])
        /// On the days of the period the object is not there.
        case close(EffectivePeriod)
        /// What is said of the object counts for the target.
        case alias(ObjectID, key: String)
    }

    /// From 1, none twice; the key of its record.
    public let number: Int
    public let kind: Kind
    public let id: ObjectID
    /// The key by which the editor named the object.
    public let key: String
    public let statement: Statement
    /// What the sources said where the correction masks them, when it was made; nil when it masks nothing.
    public let masked: Fingerprint?

    public init(number: Int, kind: Kind, id: ObjectID, key: String, statement: Statement, masked: Fingerprint? = nil) {
        (self.number, self.kind, self.id, self.key) = (number, kind, id, key)
        (self.statement, self.masked) = (statement, masked)
    }

    /// The days for which it holds; nil when it holds for all.
    public var period: EffectivePeriod? {
        switch statement {
        case .create(let period, _), .change(let period, _), .close(let period): period
        case .alias: nil
        }
    }

    public var fields: [Field] {
        switch statement {
        case .create(_, let fields), .change(_, let fields): fields
        case .close, .alias: []
        }
    }

    /// The objects that its relations name, and of an alias the one that the object counts for.
    public var targets: [ObjectID] {
        if case .alias(let target, _) = statement { return [target] }
        return fields.compactMap { field in
            if case .reference(let target) = field.value { target } else { nil }
        }
    }

    // MARK: As a claim

    /// The claim; its fields stand in the order of their numbers.
    public var claim: [UInt8] {
        var writer = Claim.Writer()
        let recordKey = Array(String(number).utf8)
        recordKey.withUnsafeBytes { writer.begin(recordKey: $0, findings: []) }
        Array(key.utf8).withUnsafeBytes { key in
            switch statement {
            case .create(let period, let fields):
                writer.beginObject(kind, flags: 0, id: id, key: key, periodCount: 1)
                Self.write(period, fields, &writer)
            case .change(let period, let fields):
                writer.beginObject(kind, flags: Claim.corrects, id: id, key: key, periodCount: 1)
                Self.write(period, fields, &writer)
            case .close(let period):
                writer.beginObject(kind, flags: Claim.corrects, id: id, key: key, periodCount: 1)
                Self.write(period, [], &writer)
            case .alias(let target, let name):
                Array(name.utf8).withUnsafeBytes { text in
                    let lookup = Claim.Lookup(relation: 0, kind: kind, value: target, text: text)
                    writer.beginObject(
                        kind, flags: Claim.corrects, id: id, key: key, lookups: [lookup], periodCount: 0)
                }
            }
        }
        writer.endObject()
        writer.end()
        if let masked { writer.keep(masked.bytes) }
        return writer.bytes
    }

    private static func write(_ period: EffectivePeriod, _ fields: [Field], _ writer: inout Claim.Writer) {
        writer.beginPeriod(from: period.from, to: period.to)
        for field in fields.sorted(by: { $0.attribute < $1.attribute }) {
            if case .reference(let target) = field.value {
                Array(field.key.utf8).withUnsafeBytes {
                    writer.append(target: target, key: $0, number: field.attribute)
                }
            } else {
                (field.value?.bytes ?? []).withUnsafeBytes { writer.append($0, number: field.attribute) }
            }
        }
        writer.endPeriod()
    }

    /// Reads a claim of ``source``; nil when it is none.
    public init?(claim: UnsafeRawBufferPointer, schema: Schema = .standard) {
        var reader = Claim.Reader(claim)
        guard let number = Int(String(decoding: reader.recordKey(), as: UTF8.self)) else { return nil }
        _ = reader.findings()
        guard reader.objectCount() == 1 else { return nil }
        var object = reader.object()
        let kept = Claim.kept(in: claim)
        self.init(
            number: number, kind: object.kind, id: object.id, key: String(decoding: object.key, as: UTF8.self),
            statement: .close(.always), masked: Fingerprint(bytes: kept))
        let corrects = Claim.isCorrection(object.flags)
        if corrects, let alias = object.lookups().first {
            self = with(.alias(alias.value, key: String(decoding: alias.text, as: UTF8.self)))
            return
        }
        guard object.periodCount == 1 else { return nil }
        let (from, to, fieldCount) = object.period()
        guard let period = EffectivePeriod(from: from, to: to) else { return nil }
        let fields = (0..<fieldCount).compactMap { _ in Self.field(object.field(), schema[object.kind]) }
        self = with(
            !corrects ? .create(period, fields) : fieldCount == 0 ? .close(period) : .change(period, fields))
    }

    private static func field(
        _ field: (number: UInt16, value: UnsafeRawBufferPointer), _ schema: KindSchema
    ) -> Field? {
        guard let attribute = schema.attribute(number: field.number) else { return nil }
        guard !field.value.isEmpty else { return Field(attribute: field.number, value: nil) }
        guard attribute.isReference else {
            return Value(field.value, type: attribute.type).map { Field(attribute: field.number, value: $0) }
        }
        guard field.value.count >= 16, let id = ObjectID(bytes: UnsafeRawBufferPointer(rebasing: field.value[..<16]))
        else { return nil }
        let key = String(decoding: field.value[16...], as: UTF8.self)
        return Field(attribute: field.number, value: .reference(id), key: key)
    }

    private func with(_ statement: Statement) -> Correction {
        Correction(number: number, kind: kind, id: id, key: key, statement: statement, masked: masked)
    }

    /// The same for another object.
    func about(_ id: ObjectID) -> Correction {
        Correction(number: number, kind: kind, id: id, key: key, statement: statement, masked: masked)
    }
}

public import Crypto

/// One value of an attribute.
public enum Value: Hashable, Sendable {
    case text(String)
    case day(Day)
    case flag(Bool)
    case decimal(String)
    case reference(ObjectID)
    /// A value that is not told: an erasure took it away, or it is withheld. Equal numbers stand for equal values of one
    /// attribute of one object.
    case erased(Int)

    /// The bytes that stand for the value in the canonical form.
    public var bytes: [UInt8] {
        switch self {
        case .text(let text), .decimal(let text): return Array(text.utf8)
        case .flag(let flag): return [flag ? 1 : 0]
        case .reference(let id): return id.bytes
        case .erased: return []
        case .day(let day):
            var bytes: [UInt8] = []
            Bytes.append(day.number, to: &bytes)
            return bytes
        }
    }

    /// Reads the bytes as a value of `type`; nil when they are none.
    public init?(_ bytes: UnsafeRawBufferPointer, type: ValueType) {
        switch type {
        case .text: self = .text(String(decoding: bytes, as: UTF8.self))
        case .decimal: self = .decimal(String(decoding: bytes, as: UTF8.self))
        case .flag:
            guard bytes.count == 1 else { return nil }
            self = .flag(bytes[0] != 0)
        case .day:
            guard bytes.count == 4 else { return nil }
            self = .day(Day(number: Int32(littleEndian: bytes.loadUnaligned(as: Int32.self))))
        case .reference:
            guard let id = ObjectID(bytes: bytes) else { return nil }
            self = .reference(id)
        }
    }
}

extension Value: CustomStringConvertible {
    public var description: String {
        switch self {
        case .text(let text), .decimal(let text): text
        case .day(let day): day.description
        case .flag(let flag): flag ? "true" : "false"
        case .reference(let id): id.description
        case .erased: "(erased)"
        }
    }
}

/// What an object is during one effective period: its attributes and relations in the order of their numbers.
public struct StatePeriod: Hashable, Sendable {
    public struct Field: Hashable, Sendable {
        public let attribute: Attribute
        public let value: Value

        public init(attribute: Attribute, value: Value) {
            self.attribute = attribute
            self.value = value
        }
    }

    public let period: EffectivePeriod
    public let fields: [Field]

    public init(period: EffectivePeriod, fields: [Field]) {
        self.period = period
        self.fields = fields
    }

    public subscript(name: String) -> Value? {
        fields.first { $0.attribute.name == name }?.value
    }

    public subscript(attribute: Attribute) -> Value? {
        fields.first { $0.attribute.number == attribute.number }?.value
    }
}

/// All effective periods of one object in one version, in canonical bytes: equal bytes mean equal content.
///
/// Periods stand in order of time and do not overlap. The personal values stand apart, so that an erasure can take them
/// away and leave the rest, whose digest then still holds (design: state digest with a personal commitment).
public struct ObjectState: Hashable, Sendable {
    /// The periods with all attributes that are not personal.
    public let ordinary: [UInt8]
    /// The personal attributes of the same periods; empty when there are none.
    public let personal: [UInt8]

    /// Trusts that the bytes are canonical, as written by ``StateWriter``.
    public init(ordinary: [UInt8], personal: [UInt8]) {
        self.ordinary = ordinary
        self.personal = personal
    }

    /// The canonical form of periods that are in order and do not overlap.
    public init(_ periods: [StatePeriod]) {
        var writer = StateWriter(periodCount: periods.count)
        for period in periods {
            writer.begin(period.period)
            for field in period.fields.sorted(by: { $0.attribute.number < $1.attribute.number }) {
                field.value.bytes.withUnsafeBytes {
                    writer.append($0, number: field.attribute.number, isPersonal: field.attribute.isPersonal)
                }
            }
            writer.end()
        }
        self = writer.finish()
    }

    /// The periods, decoded. An object whose bytes are damaged answers what could be read; `verify` finds the damage.
    public func periods(_ schema: KindSchema) -> [StatePeriod] {
        ordinary.withUnsafeBytes { ordinary in
            personal.withUnsafeBytes { personal in
                var plain = ByteReader(ordinary)
                var closed = ByteReader(personal)
                let count = plain.count()
                if isErased { _ = closed.byte() }
                let hasPersonal = !personal.isEmpty && closed.count() == count
                var periods: [StatePeriod] = []
                for _ in 0..<count where plain.isIntact {
                    let from = Day(number: plain.int32())
                    let to = Day(number: plain.int32())
                    var fields = ObjectState.fields(&plain, schema)
                    if hasPersonal {
                        fields += ObjectState.fields(&closed, schema, isErased: isErased)
                        fields.sort { $0.attribute.number < $1.attribute.number }
                    }
                    if let period = EffectivePeriod(from: from, to: to) {
                        periods.append(StatePeriod(period: period, fields: fields))
                    }
                }
                return periods
            }
        }
    }

    private static func fields(
        _ reader: inout ByteReader, _ schema: KindSchema, isErased: Bool = false
    ) -> [StatePeriod.Field] {
        let count = reader.count()
        var fields: [StatePeriod.Field] = []
        for _ in 0..<count where reader.isIntact {
            let number = UInt16(truncatingIfNeeded: reader.length())
            let bytes = reader.field()
            if let attribute = schema.attribute(number: number),
                let value = isErased ? Value(erasable: bytes, type: attribute.type) : Value(bytes, type: attribute.type)
            {
                fields.append(StatePeriod.Field(attribute: attribute, value: value))
            }
        }
        return fields
    }

    /// What the object is on `day`; nil when no period covers it.
    public func period(on day: Day, _ schema: KindSchema) -> StatePeriod? {
        periods(schema).first { $0.period.contains(day) }
    }

    /// Whether it is in effect on any day.
    public var hasPeriods: Bool {
        ordinary.first.map { $0 != 0 } ?? false
    }

    /// The attributes on `day` that are not personal, as bytes, in the order of their numbers; no value is made of them. They
    /// live as long as the call.
    /// - Returns: false when no period covers the day.
    public func forEachOrdinaryField(
        on day: Day, _ body: (_ number: UInt16, _ bytes: UnsafeRawBufferPointer) -> Void
    ) -> Bool {
        ordinary.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            let count = reader.count()
            for _ in 0..<count where reader.isIntact {
                let (from, to) = (Day(number: reader.int32()), Day(number: reader.int32()))
                let isWanted = from <= day && day < to
                let fields = reader.count()
                for _ in 0..<fields where reader.isIntact {
                    let number = UInt16(truncatingIfNeeded: reader.length())
                    let field = reader.field()
                    if isWanted { body(number, field) }
                }
                if isWanted { return true }
            }
            return false
        }
    }

    /// Every day on which a period begins or ends, in order, without repeats, open ends left out.
    public var boundaries: [Day] {
        var days: [Day] = []
        ordinary.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            let count = reader.count()
            for _ in 0..<count where reader.isIntact {
                for day in [Day(number: reader.int32()), Day(number: reader.int32())]
                where day.isFinite && day != days.last {
                    days.append(day)
                }
                let fields = reader.count()
                for _ in 0..<fields where reader.isIntact {
                    _ = reader.length()
                    _ = reader.field()
                }
            }
        }
        return days
    }

    /// State digest = SHA-256(ordinary part | commitment), commitment = HMAC-SHA-256(salt of the object, personal part).
    ///
    /// A state without personal values has an empty commitment, so it needs no salt.
    public func digest(salt: [UInt8]) -> [UInt8] {
        withDigest(salt: salt) { Array($0) }
    }

    /// ``digest(salt:)`` without an array for each object.
    public func withDigest<Result>(
        salt: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        var hash = SHA256()
        hash.update(data: ordinary)
        if !personal.isEmpty {
            Commitment.code(for: personal, salt: salt).withUnsafeBytes { hash.update(data: $0) }
        }
        return try hash.finalize().withUnsafeBytes(body)
    }
}

/// HMAC-SHA-256 (RFC 2104) under a salt of at most one block. The library's own sets up a key object for each call, which
/// costs more than the hashing; every object has a key of its own, so that was a tenth of a first import.
public enum Commitment {
    private static let blockSize = 64

    public static func code(for message: [UInt8], salt: [UInt8]) -> SHA256.Digest {
        precondition(salt.count <= blockSize, "a longer key would have to be hashed first")
        var padded = [UInt8](repeating: 0x36, count: blockSize)
        for (index, byte) in salt.enumerated() { padded[index] ^= byte }
        var inner = SHA256()
        inner.update(data: padded)
        inner.update(data: message)
        for index in padded.indices { padded[index] ^= 0x36 ^ 0x5C }
        var outer = SHA256()
        outer.update(data: padded)
        inner.finalize().withUnsafeBytes { outer.update(data: $0) }
        return outer.finalize()
    }
}

/// Writes the canonical form of one object, period by period; fields must come in the order of their numbers.
public struct StateWriter {
    private var ordinary: [UInt8] = []
    private var personal: [UInt8] = []
    private var hasPersonal = false
    private var ordinaryMark = 0
    private var personalMark = 0
    private var ordinaryCount = 0
    private var personalCount = 0

    public init(periodCount: Int) {
        ordinary.reserveCapacity(160)
        personal.reserveCapacity(64)
        Bytes.append(length: periodCount, to: &ordinary)
        Bytes.append(length: periodCount, to: &personal)
    }

    /// Begins the next period in order of time.
    public mutating func begin(_ period: EffectivePeriod) {
        Bytes.append(period.from.number, to: &ordinary)
        Bytes.append(period.to.number, to: &ordinary)
        // The counts of fields are known at the end of the period.
        ordinaryMark = ordinary.count
        personalMark = personal.count
        ordinaryCount = 0
        personalCount = 0
        ordinary.append(0)
        personal.append(0)
    }

    public mutating func append(_ value: UnsafeRawBufferPointer, number: UInt16, isPersonal: Bool) {
        if isPersonal {
            hasPersonal = true
            personalCount += 1
            Bytes.append(length: Int(number), to: &personal)
            Bytes.append(field: value, to: &personal)
        } else {
            ordinaryCount += 1
            Bytes.append(length: Int(number), to: &ordinary)
            Bytes.append(field: value, to: &ordinary)
        }
    }

    /// Ends the period that was begun last.
    public mutating func end() {
        precondition(ordinaryCount < 128 && personalCount < 128, "a kind has at most 127 attributes")
        ordinary[ordinaryMark] = UInt8(ordinaryCount)
        personal[personalMark] = UInt8(personalCount)
    }

    public func finish() -> ObjectState {
        ObjectState(ordinary: ordinary, personal: hasPersonal ? personal : [])
    }
}

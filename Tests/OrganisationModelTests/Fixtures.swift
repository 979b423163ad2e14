import OrganisationModel

/// A small generator whose numbers are the same in every run (xorshift64*).
struct Chance: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }

    mutating func id() -> ObjectID {
        ObjectID(high: next(), low: next())
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    mutating func text() -> String {
        let letters = Array("abcæøå 1-😀\"\\ß")
        return String(
            (0..<Int.random(in: 0...300, using: &self)).map { _ in letters.randomElement(using: &self) ?? "x" })
    }
}

func day(_ text: String) -> Day {
    Day(parsing: text) ?? .distantPast
}

func period(_ from: String, _ to: String) -> EffectivePeriod {
    EffectivePeriod(from: from.isEmpty ? .distantPast : day(from), to: to.isEmpty ? .distantFuture : day(to)) ?? .always
}

func state(_ kind: Kind, _ values: [String: Value]) -> ObjectState {
    ObjectState([statePeriod(kind, .always, values)])
}

func statePeriod(_ kind: Kind, _ period: EffectivePeriod, _ values: [String: Value]) -> StatePeriod {
    let fields = Schema.standard[kind].attributes.compactMap { attribute in
        values[attribute.name].map { StatePeriod.Field(attribute: attribute, value: $0) }
    }
    return StatePeriod(period: period, fields: fields)
}

/// One object of a claim, as a test spells it.
struct ClaimedObject {
    var kind = Kind.unit
    var flags: UInt8 = 0
    var id: ObjectID
    var key = "1"
    var periods: [(from: Day, to: Day, values: [String: Value])] = []
}

func claim(_ recordKey: String, findings: [Claim.StoredFinding] = [], _ objects: [ClaimedObject]) -> [UInt8] {
    var writer = Claim.Writer()
    Array(recordKey.utf8).withUnsafeBytes { writer.begin(recordKey: $0, findings: findings) }
    for object in objects {
        Array(object.key.utf8).withUnsafeBytes {
            writer.beginObject(
                object.kind, flags: object.flags, id: object.id, key: $0, periodCount: object.periods.count)
        }
        for period in object.periods {
            writer.beginPeriod(from: period.from, to: period.to)
            for attribute in Schema.standard[object.kind].attributes {
                guard let value = period.values[attribute.name] else { continue }
                if case .reference(let target) = value {
                    Array("key of target".utf8).withUnsafeBytes {
                        writer.append(target: target, key: $0, number: attribute.number)
                    }
                } else {
                    value.bytes.withUnsafeBytes { writer.append($0, number: attribute.number) }
                }
            }
            writer.endPeriod()
        }
        writer.endObject()
    }
    writer.end()
    return writer.bytes
}

/// An organisation of these claims, one line each.
func organisation(_ claims: [[UInt8]]) -> Organisation {
    let organisation = Organisation(buffer: ClaimBuffer())
    let file = organisation.addFile(source: "hr", file: "export.xml")
    for (index, claim) in claims.enumerated() {
        let reference = claim.withUnsafeBytes { organisation.buffer.append($0) }
        organisation.add(reference, file: file, line: index + 1)
    }
    organisation.seal()
    return organisation
}

extension Organisation {
    /// Whether an object is there; these organisations ask no register, so nothing can fail.
    func has(_ id: ObjectID) -> Bool {
        (try? contains(id)) == true
    }
}

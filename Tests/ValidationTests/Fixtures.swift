import OrganisationModel
import Validation

func day(_ text: String) -> Day {
    Day(parsing: text) ?? (text.isEmpty ? .distantFuture : .distantPast)
}

let identity = Identity(secret: [UInt8](0..<32), authority: "29189846")

func id(_ key: String, _ kind: Kind = .unit) -> ObjectID {
    identity.id(kind: kind, source: "hr", key: key)
}

/// The register as it is, in memory.
struct MemoryRegister: Register {
    var objects: [ObjectID: RegisteredObject] = [:]

    func object(_ id: ObjectID) -> RegisteredObject? { objects[id] }

    func forEachObject(_ body: (RegisteredObject) throws -> Void) throws {
        for (_, object) in objects.sorted(by: { $0.key < $1.key }) { try body(object) }
    }

    mutating func hold(_ kind: Kind, _ key: String, _ values: [String: Value]) {
        let fields = Schema.standard[kind].attributes.compactMap { attribute in
            values[attribute.name].map { StatePeriod.Field(attribute: attribute, value: $0) }
        }
        objects[id(key, kind)] = RegisteredObject(
            id: id(key, kind), kind: kind, source: "hr", key: key,
            state: ObjectState([StatePeriod(period: .always, fields: fields)]))
    }
}

/// One object of a record. A relation is written as the key of its target.
struct Said {
    var kind = Kind.unit
    let key: String
    var flags: UInt8 = 0
    var periods: [(from: Day, to: Day, values: [String: String])]

    static func unit(_ key: String, under parent: String?, name: String? = "name", from: String = "-", to: String = "")
        -> Said
    {
        Said(key: key, periods: [period(parent, name, from, to)])
    }

    /// A unit that moves on a day.
    static func unit(_ key: String, under parent: String?, then next: String?, on day: String) -> Said {
        Said(key: key, periods: [period(parent, "name", "-", day), period(next, "name", day, "")])
    }

    private static func period(_ parent: String?, _ name: String?, _ from: String, _ to: String) -> (
        Day, Day, [String: String]
    ) {
        var values: [String: String] = [:]
        values["name"] = name
        values["parent"] = parent
        return (day(from), day(to), values)
    }

    static func one(_ kind: Kind, _ key: String, flags: UInt8 = 0, to: String = "", _ values: [String: String]) -> Said
    {
        Said(kind: kind, key: key, flags: flags, periods: [(.distantPast, day(to), values)])
    }

    static func person(_ key: String = "0101701234") -> Said {
        one(.person, key, flags: Claim.shared, ["givenName": "Åse"])
    }

    static func person(to: String = "", _ values: [String: String]) -> Said {
        one(.person, "0101701234", flags: Claim.shared, to: to, values)
    }
}

/// An organisation of these records, one line each.
/// - Parameter others: those of a second source, about the same objects.
func organisation(
    _ records: [[Said]], others: [[Said]] = [], findings: [Claim.StoredFinding] = [],
    precedence: Precedence = Precedence()
) -> Organisation {
    let organisation = Organisation(buffer: ClaimBuffer(), precedence: precedence)
    add(records, organisation.addFile(source: "hr", file: "export.xml"), findings, to: organisation)
    if !others.isEmpty {
        add(others, organisation.addFile(source: "schools", file: "schools.xml"), [], to: organisation)
    }
    organisation.seal()
    return organisation
}

private func add(
    _ records: [[Said]], _ file: Int, _ findings: [Claim.StoredFinding], to organisation: Organisation
) {
    for (index, record) in records.enumerated() {
        var writer = Claim.Writer()
        let key = Array(String(index).utf8)
        key.withUnsafeBytes { writer.begin(recordKey: $0, findings: index == 0 ? findings : []) }
        for object in record { write(object, to: &writer) }
        writer.end()
        organisation.add(writer.bytes.withUnsafeBytes { organisation.buffer.append($0) }, file: file, line: index + 1)
    }
}

private func write(_ object: Said, to writer: inout Claim.Writer) {
    Array(object.key.utf8).withUnsafeBytes {
        writer.beginObject(
            object.kind, flags: object.flags, id: id(object.key, object.kind), key: $0,
            periodCount: object.periods.count)
    }
    for (from, to, values) in object.periods {
        writer.beginPeriod(from: from, to: to)
        for attribute in Schema.standard[object.kind].attributes {
            guard let text = values[attribute.name] else { continue }
            Array(text.utf8).withUnsafeBytes { bytes in
                if case .reference(let kind) = attribute.type {
                    writer.append(target: id(text, kind), key: bytes, number: attribute.number)
                } else {
                    writer.append(bytes, number: attribute.number)
                }
            }
        }
        writer.endPeriod()
    }
    writer.endObject()
}

/// Rule and line of each finding about these records.
func judged(
    _ records: [[Said]], others: [[Said]] = [], register: MemoryRegister = MemoryRegister(),
    today: String = "2026-06-01"
) throws -> [String] {
    try Validator(organisation: organisation(records, others: others), register: register, today: day(today)).validate()
        .map { "\($0.rule.code) \($0.location.line)" }
}

func judged(_ units: Said..., today: String = "2026-06-01") throws -> [String] {
    try judged(units.map { [$0] }, today: today)
}

extension Organisation {
    /// Whether an object is there; these organisations ask no register, so nothing can fail.
    func has(_ id: ObjectID) -> Bool {
        (try? contains(id)) == true
    }
}

import Foundation
import Mapping
import OrganisationModel
import RegisterFixtures

/// A small HR export made by hand, and the mapping that reads it.
struct HandmadeExport: Equatable {
    struct Unit: Equatable {
        var id: String
        var name: String
        var parent: String?
        var end: String?
    }

    struct Employee: Equatable {
        var id: String
        var cpr: String
        var firstName: String
        var lastName: String
        var entry: String
        var leave: String?
        var unit: String
        var user: String?
        var isManager: Bool
        var phone: String?
        /// No mapping reads it.
        var lastChanged: String
    }

    enum Record: Equatable {
        case unit(Unit)
        case employee(Employee)
    }

    var records: [Record]

    var xml: String {
        let body = records.map { record in
            switch record {
            case .unit(let unit):
                "<orgUnit id=\"\(unit.id)\">" + Self.element("longName", unit.name)
                    + Self.element("parentOrgUnit", unit.parent) + Self.element("endDate", unit.end) + "</orgUnit>"
            case .employee(let employee):
                "<employee id=\"\(employee.id)\" lastChanged=\"\(employee.lastChanged)\">"
                    + Self.element("cpr", employee.cpr) + Self.element("firstName", employee.firstName)
                    + Self.element("lastName", employee.lastName) + Self.element("entryDate", employee.entry)
                    + Self.element("leaveDate", employee.leave) + Self.element("orgUnit", employee.unit)
                    + Self.element("userId", employee.user) + Self.element("workPhone", employee.phone)
                    + Self.element("isManager", employee.isManager ? "true" : "false") + "</employee>"
            }
        }
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<kmd>\n" + body.joined(separator: "\n") + "\n</kmd>\n"
    }

    private static func element(_ name: String, _ text: String?) -> String {
        guard let text else { return "" }
        let escaped = text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
        return "<\(name)>\(escaped)</\(name)>"
    }

    static func mapping() throws -> MappingDocument {
        try MappingDocument(yaml: mappingText, file: "handmade.yaml")
    }

    private static let mappingText = """
        mapping: handmade
        format: xml
        root: kmd
        placeholders:
          workPhone: ["00000000"]
        records:
          orgUnit:
            kind: unit
            key: "@id"
            objects:
              - kind: unit
                key: "@id"
                effective: {to: endDate}
                attributes:
                  name: longName
                  parent: parentOrgUnit
          employee:
            kind: engagement
            key: "@id"
            objects:
              - kind: person
                key: cpr
                shared: true
                effective: {from: entryDate, to: leaveDate, withoutFrom: withhold}
                attributes:
                  givenName: firstName
                  surname: lastName
                  cpr: cpr
              - kind: engagement
                key: "@id"
                effective: {from: entryDate, to: leaveDate, withoutFrom: withhold}
                attributes:
                  unit: orgUnit
                  person: cpr
                  phone: workPhone
              - kind: user
                key: userId
                shared: true
                effective: {from: entryDate, to: leaveDate, withoutFrom: withhold}
                attributes:
                  accountName: userId
                  person: cpr
              - kind: function
                key: {join: [{text: manager}, "@id"], with: ":"}
                when: {field: isManager, equals: "true"}
                effective: {from: entryDate, to: leaveDate, withoutFrom: withhold}
                attributes:
                  functionType: {text: manager}
                  unit: orgUnit
                  engagement: "@id"
        """
}

/// A random sequence of exports, each made from one before.
struct RandomExports {
    private(set) var random: SeededRandom
    private(set) var history: [HandmadeExport] = []
    /// Whether several records may have one key.
    let hasRepeatedKeys: Bool

    init(seed: UInt64, hasRepeatedKeys: Bool) {
        random = SeededRandom(seed: seed)
        self.hasRepeatedKeys = hasRepeatedKeys
    }

    mutating func withRandom<Result>(_ body: (inout SeededRandom) throws -> Result) rethrows -> Result {
        try body(&random)
    }

    mutating func next() -> HandmadeExport {
        var export = history.last ?? HandmadeExport(records: [])
        if !history.isEmpty, random.once(in: 4) {
            // A, then B, then A again.
            export = random.pick(history)
        } else {
            export.records = export.records.compactMap { record in
                random.once(in: 6) ? nil : random.once(in: 3) ? altered(record) : record
            }
            while export.records.count < 3 || random.once(in: 2) { add(to: &export) }
            if random.once(in: 3) { export.records.shuffle(using: &random) }
        }
        history.append(export)
        return export
    }

    private mutating func add(to export: inout HandmadeExport) {
        let record = newRecord()
        let isKnown = export.records.contains { Self.key($0) == Self.key(record) }
        guard hasRepeatedKeys || !isKnown else {
            if export.records.count >= 3 { return }
            return add(to: &export)
        }
        export.records.insert(record, at: random.number(0...export.records.count))
    }

    private static func key(_ record: HandmadeExport.Record) -> String {
        switch record {
        case .unit(let unit): "unit \(unit.id)"
        case .employee(let employee): "employee \(employee.id)"
        }
    }

    private mutating func newRecord() -> HandmadeExport.Record {
        if random.once(in: 3) {
            return .unit(
                HandmadeExport.Unit(
                    id: "\(random.number(1...6))", name: name(), parent: random.once(in: 3) ? nil : unit(),
                    end: random.once(in: 3) ? day() : nil))
        }
        return .employee(
            HandmadeExport.Employee(
                id: "\(random.number(100...115))", cpr: "010190000\(random.number(1...5))", firstName: name(),
                lastName: name(), entry: day(), leave: random.once(in: 2) ? day() : nil, unit: unit(),
                user: random.once(in: 2) ? "user\(random.number(1...4))" : nil, isManager: random.once(in: 3),
                phone: random.pick([nil, "00000000", "\(random.number(10_000_000...10_000_003))"]), lastChanged: day()))
    }

    private mutating func altered(_ record: HandmadeExport.Record) -> HandmadeExport.Record {
        switch record {
        case .unit(var unit):
            if random.once(in: 2) { unit.name = name() } else { unit.parent = self.unit() }
            return .unit(unit)
        case .employee(var employee):
            switch random.number(0...7) {
            case 0: employee.firstName = name()
            case 1: employee.leave = random.once(in: 2) ? day() : nil
            case 2: employee.unit = unit()
            case 3: employee.user = random.once(in: 2) ? "user\(random.number(1...4))" : nil
            case 4: employee.isManager.toggle()
            case 5: employee.cpr = "010190000\(random.number(1...5))"
            case 6: employee.entry = day()
            default: employee.lastChanged = day()
            }
            return .employee(employee)
        }
    }

    private mutating func name() -> String {
        random.pick(["Åse", "Bo & Co", "a<b", "Carl", "Dorte", "   Else  "])
    }

    private mutating func unit() -> String {
        "\(random.number(1...6))"
    }

    /// Now and then a day that does not exist.
    private mutating func day() -> String {
        random.pick(["2020-01-01", "2023-05-31", "2026-02-28", "1900-01-01", "9999-12-31", "2024-06-01", "2026-02-30"])
    }
}

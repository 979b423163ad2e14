@testable import fordeler
import OrganisationModel
import RegisterFixtures

extension CorrectionRequest {
    /// What an editor of a small world may ask for; some of it cannot be done.
    init(_ world: SmallWorld, objects: [RegisteredObject], today: Day, _ random: inout SeededRandom) {
        let kind: Kind = random.pick([.unit, .unit, .engagement, .engagement, .user, .person])
        let statement = random.pick(
            [Statement.change, .change, .change, .move, .close, .rekey, .rekey, .merge, .merge, .create])
        var days: (from: String?, until: String?) = (nil, nil)
        if ![.rekey, .merge].contains(statement) {
            if random.once(in: 2) { days.from = today.advanced(by: Int32(random.number(-30...10))).description }
            if random.once(in: 3) { days.until = today.advanced(by: Int32(random.number(11...40))).description }
        }
        let target: String =
            switch statement {
            case .move: Self.key(.unit, objects, &random)
            case .rekey:
                random.pick(
                    kind == .unit ? SmallValues.units : kind == .person ? SmallValues.people : SmallValues.employments)
            case .merge: Self.key(kind, objects, &random)
            default: ""
            }
        let key = statement == .create ? "P\(random.number(1...4))" : Self.key(kind, objects, &random)
        self.init(
            statement: statement, kind: kind.name, key: key, values: Self.values(kind, objects, &random),
            target: target,
            source: kind == .user ? nil : "hr", from: days.from, until: days.until)
    }

    private static func key(_ kind: Kind, _ objects: [RegisteredObject], _ random: inout SeededRandom) -> String {
        let ids = objects.filter { $0.kind == kind }.map(\.id.description)
        return ids.isEmpty || random.once(in: 20) ? "77" : random.pick(ids)
    }

    private static func values(
        _ kind: Kind, _ objects: [RegisteredObject], _ random: inout SeededRandom
    ) -> [(name: String, text: String)] {
        func key(_ kind: Kind) -> String { Self.key(kind, objects, &random) }
        switch kind {
        case .unit:
            return random.pick([
                [("name", random.pick(SmallValues.unitNames))], [("phone", random.pick(SmallValues.phones))],
                [("name", "Ny"), ("parent", key(.unit))], [("name", "")],
            ])
        case .engagement:
            return random.pick([
                [("title", random.pick(SmallValues.titles))], [("unit", key(.unit)), ("person", key(.person))],
                [("employeeNumber", random.pick(SmallValues.employments))], [("person", key(.person))],
            ])
        case .user:
            return random.pick([
                [("person", key(.person))], [("person", "")], [("email", random.pick(SmallValues.emails))],
                [("disabled", "true"), ("accountName", random.pick(SmallValues.accountNames))],
            ])
        default:
            return [
                ("callName", random.pick(SmallValues.firstNames)), ("addressProtected", random.pick(["", "true"])),
            ]
        }
    }
}

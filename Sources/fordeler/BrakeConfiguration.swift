import OrganisationModel
import Validation
import Yams

/// The `brakes:` of the configuration: limits for every kind, and under `kinds:` those of one kind.
extension ConfigurationReader {
    private static let limits: [(key: String, counter: BrakeCounter, window: BrakeWindow)] = [
        ("removed", .removed, .publish), ("removed7Days", .removed, .sevenDays), ("moved", .moved, .publish),
        ("unprotected", .unprotected, .publish), ("unprotected7Days", .unprotected, .sevenDays),
        ("damaged", .damaged, .publish), ("reassigned", .reassigned, .publish),
        ("changed", .changed, .publish),
    ]

    func brakes(_ node: Node) throws -> BrakeRules {
        let keys = Self.limits.map(\.key)
        let top = try fields(node, keys + ["kinds"])
        var rules = try limits(top, kind: nil)
        var minimumTotal: [Kind: Int] = [:]
        for (name, node) in try top.values["kinds"].map(pairs) ?? [] {
            guard let kind = Kind(name: name) else {
                let known = Kind.allCases.map(\.name).joined(separator: ", ")
                throw mistake(node, "\(name) is no kind; kinds are \(known)")
            }
            let fields = try fields(node, keys + ["minimum"])
            rules += try limits(fields, kind: kind)
            minimumTotal[kind] = try fields.values["minimum"].map(minimum)
        }
        return BrakeRules(rules, minimumTotal: minimumTotal)
    }

    private func limits(_ fields: Fields, kind: Kind?) throws -> [BrakeRule] {
        try Self.limits.compactMap { key, counter, window in
            guard let node = fields.values[key] else { return nil }
            guard let limit = BrakeLimit(parsing: try text(node)) else {
                throw mistake(node, "\(key) is a number such as 50, a share such as 2.5%, or off")
            }
            return BrakeRule(kind: kind, counter: counter, window: window, limit: limit)
        }
    }

    private func minimum(_ node: Node) throws -> Int {
        guard case .absolute(let count) = BrakeLimit(parsing: try text(node)), count > 0 else {
            throw mistake(node, "minimum is a number of objects from 1")
        }
        return count
    }
}

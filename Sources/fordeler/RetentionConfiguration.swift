import OrganisationModel
import Versioning
import Yams

/// The `retention:` of the configuration.
extension ConfigurationReader {
    /// So many versions, or days, are kept at most: more than any register will have.
    private static let most = 1_000_000

    /// - Returns: nil for `off`, which keeps everything.
    func retention(_ node: Node?) throws -> Retention? {
        var retention = Retention()
        guard let node else { return retention }
        if node.scalar?.string == "off" { return nil }
        let keys: [(String, WritableKeyPath<Retention, Int>)] = [
            ("versions", \.versions), ("days", \.days), ("candidates", \.candidates), ("notices", \.notices),
        ]
        guard node.mapping != nil else {
            throw mistake(node, "retention is off, or has \(keys.map(\.0).joined(separator: ", "))")
        }
        let fields = try fields(node, keys.map(\.0))
        for (key, path) in keys {
            guard let node = fields.values[key] else { continue }
            guard let number = Int(try text(node)), (1...Self.most).contains(number) else {
                let what = key == "versions" ? "versions" : "days"
                throw mistake(node, "\(key) is a number of \(what) from 1 to \(Self.most)")
            }
            retention[keyPath: path] = number
        }
        return retention
    }
}

import Crypto
import Foundation
import Logging
import Mapping
import OrganisationModel
import Yams

/// What differs between two texts of a configuration.
enum ConfigurationDifference {
    /// One line for each value, by its path: `sources.hr.publish: automatic -> manual`.
    static func between(_ old: String, _ new: String) -> [String] {
        let (before, after) = (values(old), values(new))
        return Set(before.keys).union(after.keys).sorted().compactMap { path in
            guard before[path] != after[path] else { return nil }
            return "\(path): \(before[path] ?? "nothing") -> \(after[path] ?? "nothing")"
        }
    }

    private static func values(_ text: String) -> [String: String] {
        var values: [String: String] = [:]
        func walk(_ node: Node, _ path: String) {
            if let mapping = node.mapping {
                for (key, value) in mapping {
                    walk(value, path.isEmpty ? key.string ?? "" : "\(path).\(key.string ?? "")")
                }
            } else if let sequence = node.sequence {
                values[path] = sequence.map { $0.string ?? "..." }.joined(separator: ", ")
            } else {
                values[path] = withoutPath(node.string ?? "")
            }
        }
        // The path of a web address often is a secret; that it differs shows all the same.
        func withoutPath(_ text: String) -> String {
            guard let path = text.firstMatch(of: /^https?:\/\/[^\/]*\/(?=.)/) else { return text }
            let digest = SHA256.hash(data: Data(text.utf8)).prefix(4)
            return "\(path.output)... (\(Hexadecimal.text(Array(digest))))"
        }
        // Both were read before, so a text that is none here has no values.
        if let node = try? Yams.compose(yaml: text) { walk(node, "") }
        return values
    }
}

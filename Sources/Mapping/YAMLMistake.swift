import Yams

/// Why a text is no valid YAML, and where; without the text itself, which the errors of Yams repeat in full.
public struct YAMLMistake {
    /// From 1; 0 when no line can be named.
    public let line: Int
    public let message: String

    public init(_ error: any Error) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            (line, message) = (mark.line, problem)
        case .duplicatedKeysInMapping(let keys, let context):
            (line, message) = (context.mark.line, "\(keys.joined(separator: ", ")) stands here twice")
        case .reader(let problem, _, _, _): (line, message) = (0, problem)
        default: (line, message) = (0, "\(error)")
        }
    }
}

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
        case .reader(let problem, let offset, _, let text):
            (line, message) = (offset.map { text.utf8.prefix($0).count { $0 == 0x0A } + 1 } ?? 0, problem)
        default: (line, message) = (0, "\(error)")
        }
    }
}

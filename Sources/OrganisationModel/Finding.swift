/// How bad a finding is.
public enum Severity: String, Comparable, Sendable, CaseIterable {
    case info, warning, error

    private var rank: Int {
        switch self {
        case .info: 0
        case .warning: 1
        case .error: 2
        }
    }

    public static func < (left: Severity, right: Severity) -> Bool {
        left.rank < right.rank
    }
}

/// What becomes of what a finding is about.
public enum Fate: UInt8, Sendable {
    /// It is published as it is.
    case none = 0
    /// The object stays at its last good state; it is left out when it has none.
    case withhold = 1
    /// Nothing of the candidate is published.
    case block = 2
}

/// A rule that exports or the organisation must keep: a stable code, and what follows when it is broken.
public struct Rule: Hashable, Sendable {
    /// Stable, never reused; shown to people and programs.
    public let code: String
    public let severity: Severity
    public let fate: Fate

    public init(_ code: String, _ severity: Severity, _ fate: Fate) {
        self.code = code
        self.severity = severity
        self.fate = fate
    }
}

/// Where something was read: the source, its file and the line (from 1; 0 when there is none).
public struct SourceLocation: Hashable, Sendable {
    public let source: String
    public let file: String
    public let line: Int

    public init(source: String, file: String, line: Int) {
        self.source = source
        self.file = file
        self.line = line
    }
}

/// One validation result. Never holds a CPR number: a personal key is masked before it gets here.
public struct Finding: Hashable, Sendable {
    public let rule: Rule
    /// Nil when the finding is about a whole export.
    public let kind: Kind?
    /// The source's key of the record or object; empty when there is none.
    public let key: String
    public let location: SourceLocation
    /// One sentence for an administrator: what is wrong, and what to do about it.
    public let message: String

    public init(rule: Rule, kind: Kind?, key: String, location: SourceLocation, message: String) {
        self.rule = rule
        self.kind = kind
        self.key = key
        self.location = location
        self.message = message
    }
}

/// An error that an operator sees: a stable code and a sentence that says what to do. Equal when the codes are.
public struct FordelerError: Error, Hashable, CustomStringConvertible, Sendable {
    public struct Code: Hashable, Sendable {
        public let name: String

        public init(_ name: String) {
            self.name = name
        }
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public static func == (left: FordelerError, right: FordelerError) -> Bool {
        left.code == right.code
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
    }

    public var description: String {
        "\(code.name): \(message)"
    }
}

/// Keys that identify people are never shown unasked.
public enum Masking {
    /// In the place of what would tell where a protected person can be found.
    public static let protected = "(protected)"

    /// As many stars as the key has characters; people are told apart by their UUIDs.
    public static func mask(_ key: String) -> String {
        String(repeating: "*", count: key.count)
    }

    /// The text with stars in the place of everything that has the form of a CPR number (ten digits, or six, a hyphen and
    /// four): for texts that come from an export, where a number may stand in any place.
    public static func redacted(_ text: String) -> String {
        var result: [Character] = []
        var run: [Character] = []
        func flush() {
            let groups = run.split(separator: "-", omittingEmptySubsequences: false)
            for (index, group) in groups.enumerated() {
                func pairs(_ left: Int, _ right: Int) -> Bool {
                    groups.indices.contains(left) && groups.indices.contains(right) && groups[left].count == 6
                        && groups[right].count == 4
                }
                let isNumber = group.count == 10 || pairs(index, index + 1) || pairs(index - 1, index)
                if index > 0 { result.append(pairs(index - 1, index) ? "*" : "-") }
                result += isNumber ? group.map { _ in "*" } : Array(group)
            }
            run = []
        }
        for character in text {
            if ("0"..."9").contains(character) || (character == "-" && !run.isEmpty) {
                run.append(character)
            } else {
                flush()
                result.append(character)
            }
        }
        flush()
        return String(result)
    }

    /// `key` as it may be shown: masked when keys of `kind` are personal. A UUID is nobody's number; it stands where a key went.
    public static func shown(_ key: String, kind: Kind?, schema: Schema = .standard) -> String {
        guard let kind, schema[kind].hasPersonalKey, ObjectID(key) == nil else { return key }
        return mask(key)
    }
}

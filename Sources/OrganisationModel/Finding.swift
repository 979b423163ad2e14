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

    /// In the place of the message of a finding about somebody who was erased.
    public static let erasedMessage = "erased"

    public var isErased: Bool { message == Self.erasedMessage }

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

    /// How CPR numbers are written: the lengths of the groups of digits, each one character from the next.
    private static let forms = [[10], [6, 4], [2, 2, 2, 4]]
    private static let separators: Set<Character> = ["-", " ", ".", "/"]

    /// The text with stars in the place of everything that has the form of a CPR number (ten digits in a row, or in groups such as
    /// `010180-1234` and `01 01 80 1234`): for texts that come from an export, where a number may stand in any place.
    public static func redacted(_ text: String) -> String {
        var characters = Array(text)
        var groups: [Range<Int>] = []
        for (place, character) in characters.enumerated() where ("0"..."9").contains(character) {
            if let last = groups.last, last.upperBound == place {
                groups[groups.count - 1] = last.lowerBound..<place + 1
            } else {
                groups.append(place..<place + 1)
            }
        }
        for first in groups.indices {
            for form in forms where first + form.count <= groups.count {
                let own = groups[first..<first + form.count]
                let isNumber =
                    own.map(\.count) == form
                    && zip(own, own.dropFirst()).allSatisfy { left, right in
                        left.upperBound + 1 == right.lowerBound && separators.contains(characters[left.upperBound])
                    }
                guard isNumber, let last = own.last else { continue }
                for place in own[first].lowerBound..<last.upperBound { characters[place] = "*" }
            }
        }
        return String(characters)
    }

    /// What tells which object a finding is about: its key, or its id where keys are personal or this one has the form of a CPR number.
    /// Unlike stars, an id is the same for one person only.
    public static func subject(_ key: String, kind: Kind, id: ObjectID, schema: Schema = .standard) -> String {
        schema[kind].hasPersonalKey || isCPRNumber(key) ? id.description : key
    }

    /// `key` as it may be shown: masked when keys of `kind` are personal, or when it has the form of a CPR number: a source may
    /// have exchanged two columns. A UUID is nobody's number; it stands where a key went.
    public static func shown(_ key: String, kind: Kind?, schema: Schema = .standard) -> String {
        if ObjectID(key) != nil { return key }
        let isPersonal = kind.map { schema[$0].hasPersonalKey } ?? false
        return isPersonal || isCPRNumber(key) ? mask(key) : key
    }

    /// Ten digits, perhaps with separators between them, of which the first four are a day and a month. In the numbers of invented
    /// people the day may be greater by sixty.
    private static func isCPRNumber(_ text: String) -> Bool {
        let digits = text.filter { !separators.contains($0) }.compactMap { $0.isASCII ? $0.wholeNumberValue : nil }
        guard digits.count == 10, text.allSatisfy({ ("0"..."9").contains($0) || separators.contains($0) }) else {
            return false
        }
        let (day, month) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
        return (1...31).contains(day > 60 ? day - 60 : day) && (1...12).contains(month)
    }
}

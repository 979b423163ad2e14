/// A language in which rules are explained; the raw value is its tag (BCP 47).
public enum Language: String, CaseIterable, Sendable {
    case danish = "da"
    case swedish = "sv"
    case norwegian = "nb"
    case english = "en"
}

/// What a rule means, and what to do where it is broken: one sentence each.
public struct RuleText: Hashable, Sendable {
    public let meaning: String
    public let remedy: String

    public init(_ meaning: String, _ remedy: String) {
        (self.meaning, self.remedy) = (meaning, remedy)
    }
}

/// What a configuration may make of a rule.
public enum RuleAdjustment: Hashable, Sendable {
    /// Nothing: what is published is sound only because the rule is kept.
    case none
    /// A warning, an info, or off; there is nothing that an error of it could hold back.
    case quieter
    /// The same, or an error, which then has this fate.
    case any(asError: Fate)
}

/// A rule with all that is told about it. Each stage keeps the entries of its own rules beside these.
public struct RuleEntry: Sendable {
    /// As it is where the configuration says nothing.
    public let rule: Rule
    public let adjustment: RuleAdjustment
    /// The number that the rule compares with, where the configuration gives no other; nil for a rule without one.
    public let limit: Int?
    /// The values that it lets pass where the configuration names no others; nil for a rule that judges no values.
    public let exceptions: [ValuePattern]?
    private let texts: [Language: RuleText]

    public init(
        _ rule: Rule, _ adjustment: RuleAdjustment = .none, limit: Int? = nil, exceptions: [String]? = nil,
        da: RuleText, sv: RuleText, nb: RuleText, en: RuleText
    ) {
        (self.rule, self.adjustment, self.limit) = (rule, adjustment, limit)
        self.exceptions = exceptions?.compactMap(ValuePattern.init)
        texts = [.danish: da, .swedish: sv, .norwegian: nb, .english: en]
    }

    public func text(_ language: Language) -> RuleText {
        texts[language] ?? RuleText("", "")
    }

    /// The severities that a configuration may give it, the mildest first; nil stands for off.
    public var severities: [Severity?] {
        switch adjustment {
        case .none: [rule.severity]
        case .quieter: [nil, .info, .warning]
        case .any: [nil, .info, .warning, .error]
        }
    }

    /// The rule with another severity: what is no error is published as it is.
    public func rule(as severity: Severity) -> Rule {
        if severity == rule.severity { return rule }
        guard severity == .error, case .any(let fate) = adjustment else { return Rule(rule.code, severity, .none) }
        return Rule(rule.code, .error, fate)
    }
}

extension Kind {
    /// The word for it in a sentence, without article.
    public func word(_ language: Language) -> String {
        let words: [String] =
            switch self {
            case .organisation: ["organisation", "organisation", "organisasjon", "organisation"]
            case .unit: ["enhed", "enhet", "enhet", "unit"]
            case .person: ["person", "person", "person", "person"]
            case .engagement: ["ansættelse", "anställning", "ansettelse", "employment"]
            case .user: ["bruger", "användare", "bruker", "user"]
            case .function: ["funktion", "funktion", "funksjon", "function"]
            case .task: ["opgave", "uppgift", "oppgave", "task"]
            }
        return zip(Language.allCases, words).first { $0.0 == language }?.1 ?? name
    }
}

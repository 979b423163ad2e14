import ArgumentParser
import ChangeEvents
import Foundation
import OrganisationModel

struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Show the rules: what each means, what to do about it, how strict it is.",
        discussion: "Examples:\n  fordeler rules\n  fordeler rules unit.name-empty --language da")

    @Argument(help: "Only this rule.")
    var code: String?

    @Option(help: "da, sv, nb or en; by default that of the configuration.")
    var language: String?

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Option(help: "The configuration file; without one the rules are told as they are by default.")
    var config = "fordeler.yaml"

    func run() throws {
        let isThere = FileManager.default.fileExists(atPath: config)
        let configuration = isThere || config != "fordeler.yaml" ? try Configuration(file: config) : nil
        let settings = configuration?.precedence.rules ?? RuleSettings()
        let language = try language.map(Language.init(argument:)) ?? configuration?.language ?? .english
        for entry in try code.map({ [try RuleCatalogue.entry($0)] }) ?? RuleCatalogue.entries {
            if json {
                Output.process.line(Self.json(entry, settings, language))
            } else {
                Self.lines(entry, settings, language).forEach(Output.process.line)
            }
        }
    }

    private static func lines(_ entry: RuleEntry, _ settings: RuleSettings, _ language: Language) -> [String] {
        let rule = settings.settled(entry.rule)
        let limit = settings.limit(entry).map { ", limit \($0)" } ?? ""
        let standard = rule == entry.rule ? "" : " (by default \(entry.rule.severity.rawValue))"
        let text = entry.text(language)
        return [
            "\(entry.rule.code): \(rule.map { "\($0.severity.rawValue), \($0.fate.word)" } ?? "off")\(limit)\(standard)",
            "  \(text.meaning)", "  \(text.remedy)",
        ]
    }

    private static func json(_ entry: RuleEntry, _ settings: RuleSettings, _ language: Language) -> String {
        let rule = settings.settled(entry.rule)
        let text = entry.text(language)
        var line = JSONBytes()
        line.object { line in
            line.pair("rule", entry.rule.code)
            line.pair("severity", rule?.severity.rawValue ?? "off")
            line.pair("fate", rule?.fate.word)
            line.pair("default", entry.rule.severity.rawValue)
            line.key("allowed")
            line.array { line in for severity in entry.severities { line.value(severity?.rawValue ?? "off") } }
            line.pair("limit", settings.limit(entry))
            line.pair("language", language.rawValue)
            line.pair("meaning", text.meaning)
            line.pair("remedy", text.remedy)
        }
        return line.text
    }
}

extension Language {
    /// Reads a language on the command line.
    init(argument: String) throws {
        guard let language = Language(rawValue: argument) else {
            let known = Language.allCases.map(\.rawValue).joined(separator: ", ")
            throw FordelerError(.usage, "\(argument) is no language here; known: \(known)")
        }
        self = language
    }
}

extension Fate {
    /// What becomes of what broke the rule.
    var word: String {
        switch self {
        case .none: "published"
        case .withhold: "withheld"
        case .block: "blocks"
        }
    }
}

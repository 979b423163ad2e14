import OrganisationModel
import Yams

/// The `rules:` of the configuration: a severity, `off`, or severity, limit and exceptions of single rules.
extension ConfigurationReader {
    func rules(_ node: Node?) throws -> RuleSettings {
        guard let node else { return RuleSettings(RuleCatalogue.entries) }
        var own: [String: RuleSettings.Setting] = [:]
        guard let mapping = node.mapping else { throw mistake(node, "expected rules and what they are to be") }
        for (key, value) in mapping {
            let code = try text(key)
            guard let entry = RuleCatalogue.entries.first(where: { $0.rule.code == code }) else {
                throw mistake(key, RuleCatalogue.unknown(code))
            }
            guard own[code] == nil else { throw mistake(key, "\(code) stands here twice") }
            own[code] = try setting(entry, value)
        }
        return RuleSettings(RuleCatalogue.entries, own)
    }

    func language(_ node: Node) throws -> Language {
        guard let language = Language(rawValue: try text(node)) else {
            let known = Language.allCases.map(\.rawValue).joined(separator: ", ")
            throw mistake(node, "language is one of \(known)")
        }
        return language
    }

    private func setting(_ entry: RuleEntry, _ node: Node) throws -> RuleSettings.Setting {
        guard node.mapping != nil else {
            return RuleSettings.Setting(
                rule: try severity(entry, node), limit: entry.limit, exceptions: entry.exceptions ?? [])
        }
        let code = entry.rule.code
        let fields = try fields(node, ["severity", "limit", "except"])
        let rule = try fields.values["severity"].map { try severity(entry, $0) } ?? entry.rule
        var limit = entry.limit
        if let node = fields.values["limit"] {
            guard limit != nil else { throw mistake(node, "\(code) has no limit") }
            guard let number = Int(try text(node)), (1...10_000).contains(number) else {
                throw mistake(node, "limit is a number from 1 to 10000")
            }
            limit = number
        }
        let excepted = try fields.values["except"].map { try exceptions(entry, $0) } ?? entry.exceptions ?? []
        return RuleSettings.Setting(rule: rule, limit: limit, exceptions: excepted)
    }

    /// Nil for `off`.
    private func severity(_ entry: RuleEntry, _ node: Node) throws -> Rule? {
        let word = try text(node)
        let allowed = entry.severities.map { $0?.rawValue ?? "off" }
        guard entry.adjustment != .none || word == entry.rule.severity.rawValue else {
            throw mistake(
                node,
                "\(entry.rule.code) cannot be \(word): what is published is sound only because this rule is kept. Take the "
                    + "line out")
        }
        guard allowed.contains(word) else {
            throw mistake(node, "\(entry.rule.code) can be \(allowed.joined(separator: ", ")), and not \(word)")
        }
        return Severity(rawValue: word).map(entry.rule(as:))
    }

    private func exceptions(_ entry: RuleEntry, _ node: Node) throws -> [ValuePattern] {
        guard entry.exceptions != nil else {
            throw mistake(node, "\(entry.rule.code) judges no values that could be excepted")
        }
        let form = "expected a list of forms such as [\"6?????????\"], in which ? stands for any one character"
        guard let list = node.sequence else { throw mistake(node, form) }
        return try list.map { item in
            guard let pattern = ValuePattern(try text(item)) else { throw mistake(item, form) }
            return pattern
        }
    }
}

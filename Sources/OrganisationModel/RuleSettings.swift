/// How strictly is judged: each rule of the catalogue as the configuration has it.
public struct RuleSettings: Hashable, Sendable {
    public struct Setting: Hashable, Sendable {
        /// Nil when the rule is off.
        public let rule: Rule?
        /// Nil for a rule without one.
        public let limit: Int?
        /// What the rule lets pass.
        public let exceptions: [ValuePattern]

        public init(rule: Rule?, limit: Int? = nil, exceptions: [ValuePattern] = []) {
            (self.rule, self.limit, self.exceptions) = (rule, limit, exceptions)
        }
    }

    private let settings: [String: Setting]

    /// Every rule as it is by itself.
    public init() {
        settings = [:]
    }

    /// - Parameter own: by code, what stands in place of the defaults.
    public init(_ catalogue: [RuleEntry], _ own: [String: Setting] = [:]) {
        var settings = own
        for entry in catalogue where own[entry.rule.code] == nil {
            settings[entry.rule.code] = Setting(
                rule: entry.rule, limit: entry.limit, exceptions: entry.exceptions ?? [])
        }
        self.settings = settings
    }

    /// The rule as it counts; nil when it is off.
    public func settled(_ rule: Rule) -> Rule? {
        guard let setting = settings[rule.code] else { return rule }
        return setting.rule
    }

    /// The number that a rule compares with.
    public func limit(_ entry: RuleEntry) -> Int? {
        settings[entry.rule.code]?.limit ?? entry.limit
    }

    /// The values that a rule lets pass.
    public func exceptions(_ entry: RuleEntry) -> [ValuePattern] {
        settings[entry.rule.code]?.exceptions ?? entry.exceptions ?? []
    }

    /// Bytes that change whenever one of these rules judges otherwise; of all rules when no codes are given.
    public func canonicalForm(of codes: Set<String>? = nil) -> [UInt8] {
        var bytes: [UInt8] = []
        for (code, setting) in settings.sorted(by: { $0.key < $1.key }) where codes?.contains(code) ?? true {
            let rule = setting.rule.map { "\($0.severity.rawValue) \($0.fate.rawValue)" } ?? "off"
            let limit = setting.limit.map(String.init) ?? ""
            Bytes.append(text: "\(code) \(rule) \(limit)", to: &bytes)
            for pattern in setting.exceptions { Bytes.append(text: pattern.description, to: &bytes) }
        }
        return bytes
    }
}

/// A form of values, in which `?` stands for any one character.
public struct ValuePattern: Hashable, CustomStringConvertible, Sendable {
    public let description: String

    /// - Returns: nil for one that fits everything of its length, and for a whole value: those do not belong into a configuration.
    public init?(_ text: String) {
        guard text.contains("?"), text.contains(where: { $0 != "?" }) else { return nil }
        description = text
    }

    public func fits(_ text: UnsafeRawBufferPointer) -> Bool {
        let form = description.utf8
        return form.count == text.count && zip(form, text).allSatisfy { $0 == 0x3F || $0 == $1 }
    }
}

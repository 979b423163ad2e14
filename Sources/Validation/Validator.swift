public import OrganisationModel

/// Judges the organisation as it should be, before anything of it becomes visible.
///
/// All findings at once. What a rule withholds is put back to its last good state in the organisation itself, so later
/// rules judge what would really be published. Duplicates are settled before the hierarchy is looked at, because which of
/// two rows wins can create or hide a cycle.
public struct Validator {
    private let organisation: Organisation
    private let register: any Register
    private let today: Day

    /// - Parameter today: the hierarchy is judged on this day and on every later day on which a unit begins.
    public init(organisation: Organisation, register: any Register, today: Day) {
        self.organisation = organisation
        self.register = register
        self.today = today
    }

    /// Runs all rules.
    /// - Returns: the findings in the order of source, file and line, so that the same export gives the same list whatever came
    ///   before it.
    public func validate() throws -> [Finding] {
        var findings = organisation.recordFindings()
        try withholdUnfitRecords()
        findings += try settleObjects()
        findings += try CorrectionRules.leaveUnheard(organisation)
        let unknownTarget = UnknownTarget(organisation: organisation, register: register)
        try unknownTarget.keepTargets()
        try letUnitsWait(unknownTarget)
        let tree = UnitTree(organisation: organisation, today: today)
        findings += try MissingParent.findings(tree)
        findings += SelfParent.findings(tree)
        findings += HierarchyCycle.findings(tree)
        findings += SeveralRoots.findings(tree)
        let rules = organisation.precedence.rules
        findings += DeepHierarchy.findings(tree, rules)
        findings += try EndedTarget.findings(tree, rules)
        findings += try unknownTarget.findings()
        let correlated = try Correlation(organisation: organisation, register: register).findings()
        findings += correlated
        // What correlation put back may name something that is gone.
        if correlated.contains(where: { $0.rule.fate == .withhold }) { findings += try unknownTarget.findings() }
        findings += try EndedTarget(organisation: organisation, today: today).findings()
        findings += CorrectionRules.findings(organisation)
        return findings.sorted { left, right in
            let (here, there) = (left.location, right.location)
            if here.source != there.source { return here.source < there.source }
            if here.file != there.file { return here.file < there.file }
            return (here.line, left.rule.code, left.key) < (there.line, right.rule.code, right.key)
        }
    }

    /// An object that several records name stays as it was when one of them is unfit; when the register does not know it
    /// yet, the fit ones make it.
    private func withholdUnfitRecords() throws {
        var cursor = organisation.cursor()
        while let entry = cursor.next() {
            guard organisation.isClaimedWithheld(entry) else { continue }
            let last = try register.object(entry.id)?.state
            if last != nil || !organisation.isPresent(entry) { organisation.replace(entry.id, with: last) }
        }
    }

    /// Beside kept objects, a unit under one that is kept out stays where the register has it, or out of it, too: it must not
    /// hold up everything else.
    private func letUnitsWait(_ unknownTarget: UnknownTarget) throws {
        guard organisation.keepsObjects, let parent = organisation.schema[.unit].hierarchy else { return }
        let units = organisation.entries(of: .unit)
        while true {
            let waiting = try units.filter { entry in
                guard !organisation.isReplaced(entry.id), let state = organisation.state(of: entry) else {
                    return false
                }
                return try state.periods(organisation.schema[.unit]).contains { period in
                    guard period.period.to > today, case .reference(let id) = period[parent] else { return false }
                    return try !organisation.contains(id)
                }
            }
            if waiting.isEmpty { return }
            for entry in waiting { organisation.keep(entry.id, as: try register.object(entry.id)) }
            try unknownTarget.keepTargets()
        }
    }

    private func settleObjects() throws -> [Finding] {
        var findings: [Finding] = []
        var cursor = organisation.cursor()
        while let entry = cursor.next() {
            guard !organisation.isReplaced(entry.id) else { continue }
            let found = [
                SeveralKinds.finding(entry, organisation), SeveralSources.finding(entry, organisation),
                DuplicateKey.finding(entry, organisation), ConflictingClaims.finding(entry, organisation),
                EmptyName.finding(entry, organisation),
            ].compactMap { $0 }
            findings += found
            if found.contains(where: { $0.rule.fate == .withhold }) {
                organisation.replace(entry.id, with: try register.object(entry.id)?.state)
            }
        }
        return findings
    }
}

extension Rule {
    /// The end of a sentence about what broke the rule.
    var consequence: String {
        fate == .withhold ? ", so it is left out (or kept as it was)" : ""
    }
}

extension Organisation {
    /// The rule as the configuration has it; nil when it is off.
    func settled(_ rule: Rule) -> Rule? {
        precedence.rules.settled(rule)
    }

    /// The finding of `rule` about an object, at the place of its first claim that is no fallback, or at another.
    func finding(_ rule: Rule, _ entry: Entry, _ message: String, at place: SourceLocation? = nil) -> Finding {
        noteFinding(about: entry.id)
        return Finding(
            rule: rule, kind: entry.kind,
            key: Masking.subject(key(of: entry), kind: entry.kind, id: entry.id, schema: schema),
            location: place ?? location(of: entry), message: message)
    }
}

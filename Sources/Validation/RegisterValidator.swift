public import OrganisationModel

/// Judges the register as it would be when some of its objects get another state without any claim that asks for it, such as
/// a part of an older version beside the rest of the present one.
///
/// Nobody can say which of two states that do not fit together is the good one, so nothing is withheld: what would withhold
/// an object of an export blocks here. Rules that judge records, or compare them, have nothing to judge.
public struct RegisterValidator {
    private let register: any Register
    private let altered: Set<ObjectID>
    private let today: Day
    private let remedy: String
    private let rules: RuleSettings
    private let known: (ObjectID) throws -> RegisteredObject?
    private let schema: Schema

    /// - Parameters:
    ///   - register: all objects as they would be.
    ///   - altered: the objects that differ from the present register, also those that would be gone.
    ///   - today: the hierarchy is judged on this day and on every later day on which a unit begins.
    ///   - remedy: a sentence that says what to do about whatever is found.
    ///   - rules: as the configuration has them.
    ///   - known: an object that is, or once was, in the register, so that what is gone can be named.
    public init(
        register: any Register, altered: Set<ObjectID>, today: Day, remedy: String,
        rules: RuleSettings = RuleSettings(), known: @escaping (ObjectID) throws -> RegisteredObject?,
        schema: Schema = .standard
    ) {
        (self.register, self.altered, self.today, self.remedy) = (register, altered, today, remedy)
        (self.rules, self.known, self.schema) = (rules, known, schema)
    }

    /// Runs the rules of the hierarchy when a unit is altered, those of names and relations for the altered objects, and
    /// that of relations for whatever names an object that would be gone.
    /// - Returns: the findings in the order of source, kind and key.
    public func validate() throws -> [Finding] {
        let gone = try altered.filter { try register.object($0) == nil }
        let altersUnits = try altered.contains { try known($0)?.kind == .unit }
        let units = Organisation(schema: schema, buffer: ClaimBuffer(), outside: register)
        var findings: [Finding] = []
        try register.forEachObject { object in
            if altersUnits, object.kind == .unit { units.keep(object.id, as: object) }
            let isAltered = altered.contains(object.id)
            guard isAltered || !gone.isEmpty else { return }
            if isAltered, let finding = nameless(object) { findings.append(finding) }
            let unknown = try target(of: object) { id in
                try isAltered ? register.object(id) == nil : gone.contains(id)
            }
            if let (attribute, target) = unknown { findings.append(try finding(object, attribute, target)) }
        }
        if altersUnits {
            units.seal()
            let tree = UnitTree(organisation: units, today: today, remedy: remedy)
            findings += try MissingParent.findings(tree) { try known($0)?.key }
            findings += SelfParent.findings(tree)
            findings += HierarchyCycle.findings(tree)
            findings += SeveralRoots.findings(tree)
        }
        return findings.sorted { left, right in
            let (here, there) = (left.location.source, right.location.source)
            if here != there { return here < there }
            return (left.kind?.rawValue ?? 0, left.key, left.rule.code)
                < (right.kind?.rawValue ?? 0, right.key, right.rule.code)
        }
    }

    private func nameless(_ object: RegisteredObject) -> Finding? {
        guard object.kind == .unit || object.kind == .person else { return nil }
        let names = schema[object.kind].nameAttributes
        let hasName = object.state.periods(schema[object.kind]).allSatisfy { period in
            names.contains { period[$0] != nil }
        }
        guard !hasName, let rule = rules.settled(object.kind == .unit ? EmptyName.unit : EmptyName.person) else {
            return nil
        }
        return rule.fate == .none
            ? finding(rule, object, "The \(object.kind.name) has no name.")
            : finding(
                Self.blocking(rule), object, "The \(object.kind.name) has no name. Nothing is published. \(remedy)")
    }

    /// The first relation, but for the one that forms a hierarchy, to an object of which `isMissing` is true.
    private func target(
        of object: RegisteredObject, where isMissing: (ObjectID) throws -> Bool
    ) rethrows -> (Attribute, ObjectID)? {
        let kindSchema = schema[object.kind]
        for period in object.state.periods(kindSchema) {
            for field in period.fields where field.attribute != kindSchema.hierarchy {
                if case .reference(let id) = field.value, try isMissing(id) { return (field.attribute, id) }
            }
        }
        return nil
    }

    private func finding(_ object: RegisteredObject, _ attribute: Attribute, _ target: ObjectID) throws -> Finding {
        let named = try known(target).map { Masking.shown($0.key, kind: $0.kind, schema: schema) } ?? target.description
        return finding(
            Self.blocking(UnknownTarget.rule(object.kind, attribute)), object,
            "The \(attribute.name) \(Masking.redacted(named)) of this \(object.kind.name) would not be there. Nothing is "
                + "published. \(remedy)")
    }

    private func finding(_ rule: Rule, _ object: RegisteredObject, _ message: String) -> Finding {
        Finding(
            rule: rule, kind: object.kind,
            key: Masking.subject(object.key, kind: object.kind, id: object.id, schema: schema),
            location: SourceLocation(source: object.source, file: "", line: 0), message: message)
    }

    private static func blocking(_ rule: Rule) -> Rule {
        Rule(rule.code, rule.severity, .block)
    }
}

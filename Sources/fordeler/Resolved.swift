import Mapping
import OrganisationModel
import Validation

/// The claims of an organisation, judged by all rules and compared with the register.
struct Judgement {
    let organisation: Organisation
    let findings: [Finding]
    let changes: ResolvedChanges

    init(_ organisation: Organisation, register: any Register, today: Day) throws {
        self.organisation = organisation
        findings = try Validator(organisation: organisation, register: register, today: today).validate()
        changes = try ResolvedChanges(organisation: organisation, register: register)
    }
}

/// What the claims ask for, and, where objects are pinned, what can be done without moving these.
struct Resolved {
    let whole: Judgement
    /// Nil when nothing is pinned.
    let beside: Judgement?
    /// What the claims were read by.
    let resolution: Resolution

    /// The objects whose state beside the pinned ones is not what the claims ask for.
    func differing() throws -> [ObjectID] {
        guard let beside else { return [] }
        var ids = Set(beside.organisation.keptObjects().map(\.id))
        try whole.changes.forEach { ids.insert($0.id) }
        try beside.changes.forEach { ids.insert($0.id) }
        return try ids.filter { try whole.organisation.state(of: $0) != beside.organisation.state(of: $0) }.sorted()
    }

    var idsWithFindings: Set<ObjectID> {
        whole.organisation.idsWithFindings.union(beside?.organisation.idsWithFindings ?? [])
    }
}

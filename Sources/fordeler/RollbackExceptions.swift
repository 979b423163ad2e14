import OrganisationModel

/// What a rollback does not bring back.
enum RollbackExceptions {
    /// The change with the exceptions in it: an account that was disabled since stays so unless it is asked for, and an
    /// address that is protected now stays protected. What is gone counts as it was last.
    /// - Parameter last: the present state, or the one before the object went.
    static func apply(
        to change: ObjectChange, last: @autoclosure () throws -> ObjectState?, includesAccounts: Bool, _ schema: Schema
    ) rethrows -> ObjectChange {
        guard let after = change.after else { return change }
        let kindSchema = schema[change.kind]
        let names = (includesAccounts ? [] : ["disabled"]) + ["addressProtected"]
        let attributes = names.compactMap { kindSchema.attribute(named: $0) }
        guard !attributes.isEmpty, let lastPeriod = try last()?.periods(kindSchema).last else { return change }
        let kept = attributes.filter { lastPeriod[$0] == .flag(true) }
        guard !kept.isEmpty else { return change }
        var periods = after.periods(kindSchema)
        for attribute in kept {
            periods = periods.map { period in
                guard period[attribute] != .flag(true) else { return period }
                let others = period.fields.filter { $0.attribute != attribute }
                return StatePeriod(
                    period: period.period,
                    fields: others + [StatePeriod.Field(attribute: attribute, value: .flag(true))])
            }
        }
        let state = ObjectState(periods)
        guard state != after else { return change }
        return ObjectChange(
            id: change.id, kind: change.kind, source: change.source, key: change.key, before: change.before,
            after: state)
    }
}

import OrganisationModel

/// Which texts of an object lost letters on their way to us.
enum DamagedTexts {
    private struct Damaged: Hashable {
        let attribute: UInt16
        let value: Value
    }

    /// Whether a change brings a damaged text that the object did not have before, on whatever day.
    static func come(with change: ObjectChange, _ schema: KindSchema) -> Bool {
        guard let after = change.after else { return false }
        let new = damaged(after, schema)
        return !new.isEmpty && !new.isSubset(of: change.before.map { damaged($0, schema) } ?? [])
    }

    private static func damaged(_ state: ObjectState, _ schema: KindSchema) -> Set<Damaged> {
        // Most states hold none of the bytes with which damage begins, and need not be spelled out.
        guard mayHold(state.ordinary) || mayHold(state.personal) else { return [] }
        var result: Set<Damaged> = []
        for field in state.periods(schema).flatMap(\.fields) {
            guard case .text(var text) = field.value,
                text.withUTF8({ TextDamage(in: UnsafeRawBufferPointer($0)) }) != nil
            else { continue }
            result.insert(Damaged(attribute: field.attribute.number, value: field.value))
        }
        return result
    }

    private static func mayHold(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes(TextDamage.mayBegin)
    }
}

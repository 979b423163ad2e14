extension ObjectState {
    /// Whether a person is protected on a day: by the period in effect, or, when none is, by any. An erased flag still counts,
    /// so that events that left something out can be counted again.
    public func isProtected(on day: Day, _ schema: KindSchema) -> Bool {
        guard let flag = schema.protectionFlag else { return false }
        return relevant(on: day, schema).contains { $0[flag]?.isSet == true }
    }

    /// Whether any period says that the person is protected.
    public func isEverProtected(_ schema: KindSchema) -> Bool {
        guard let flag = schema.protectionFlag, !personal.isEmpty else { return false }
        if isErased { return periods(schema).contains { $0[flag]?.isSet == true } }
        var isProtected = false
        PersonalFields(personal).forEach { number, value in
            if number == flag.number, value.first == 1 { isProtected = true }
        }
        return isProtected
    }

    /// Where these relations, none of them personal, lead in any period.
    public func everyTarget(of relations: [Attribute]) -> Set<ObjectID> {
        guard !relations.isEmpty else { return [] }
        return ordinary.withUnsafeBytes { bytes in
            var targets: Set<ObjectID> = []
            var reader = ByteReader(bytes)
            for _ in 0..<reader.count() where reader.isIntact {
                (_, _) = (reader.int32(), reader.int32())
                for _ in 0..<reader.count() where reader.isIntact {
                    let number = reader.length()
                    let field = reader.field()
                    guard relations.contains(where: { Int($0.number) == number }) else { continue }
                    if let id = ObjectID(bytes: field) { targets.insert(id) }
                }
            }
            return targets
        }
    }

    /// Where these relations lead on a day: those of the period in effect, or, when none is, of all.
    public func targets(of relations: [Attribute], on day: Day, _ schema: KindSchema) -> [(Attribute, ObjectID)] {
        relevant(on: day, schema).flatMap { $0.targets(of: relations) }
    }

    private func relevant(on day: Day, _ schema: KindSchema) -> [StatePeriod] {
        let periods = periods(schema)
        return periods.first { $0.period.contains(day) }.map { [$0] } ?? periods
    }
}

extension StatePeriod {
    /// Where these relations lead.
    public func targets(of relations: [Attribute]) -> [(Attribute, ObjectID)] {
        relations.compactMap { relation in
            guard case .reference(let id) = self[relation] else { return nil }
            return (relation, id)
        }
    }
}

extension Value {
    /// Of a flag: whether it is true; of an erased one: whether it was.
    fileprivate var isSet: Bool {
        switch self {
        case .flag(let flag): flag
        case .erased(let number): number > 0
        default: false
        }
    }
}

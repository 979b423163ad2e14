public import OrganisationModel

/// Changes a register at random: every kind, several effective periods on both sides of today, moves in a tree of units that
/// never has a cycle, removals and returns.
public struct RandomRegister {
    public private(set) var random: SeededRandom
    private let pool: [Kind: [ObjectID]]
    private let schema = Schema.standard

    public init(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var pool: [Kind: [ObjectID]] = [:]
        for kind in Kind.allCases {
            let count = kind == .organisation ? 1 : random.number(kind == .unit ? 6...14 : 2...6)
            pool[kind] = (0..<count).map { _ in
                // Few leading bits, so that objects meet in one bucket of the content hash.
                ObjectID(high: random.next() & 0xC00F_FFFF_FFFF_FFFF, low: random.next())
            }
        }
        self.pool = pool
        self.random = random
    }

    public mutating func withRandom<Result>(_ body: (inout SeededRandom) throws -> Result) rethrows -> Result {
        try body(&random)
    }

    /// A register that differs from `objects` in some of them.
    public mutating func altered(
        _ objects: [ObjectID: ReferenceRegister.Object], history: [[ObjectID: ReferenceRegister.Object]], today: Day
    ) -> [ObjectID: ReferenceRegister.Object] {
        var result = objects
        // Now and then whole branches, or everything, go at once.
        let removal = random.pick([1, 2, 5, 5, 5])
        let share = removal == 1 ? random.pick([1, 2]) : random.pick([2, 3, 8])
        for kind in Kind.allCases {
            for id in pool[kind] ?? [] where objects.isEmpty ? !random.once(in: 4) : random.once(in: share) {
                let before = result[id]
                result[id] = random.once(in: removal) ? nil : object(id, kind, before, history, today)
                if !isTree(result, kind) { result[id] = before }
            }
        }
        return result
    }

    private mutating func object(
        _ id: ObjectID, _ kind: Kind, _ before: ReferenceRegister.Object?,
        _ history: [[ObjectID: ReferenceRegister.Object]], _ today: Day
    ) -> ReferenceRegister.Object {
        // What it once was comes back.
        if random.once(in: 4), let old = random.pick(history)[id] { return old }
        // Only the periods change.
        let isRetimed = random.once(in: 4)
        var days: [Day] = []
        while days.count < random.pick([2, 2, 3, 4]) {
            let day = today.advanced(by: Int32(random.number(-12...25)))
            if !days.contains(day) { days.append(day) }
        }
        days.sort()
        if random.once(in: 2) { days[0] = .distantPast }
        if random.once(in: 2) { days[days.count - 1] = .distantFuture }
        var periods: [StatePeriod] = []
        for (from, to) in zip(days, days.dropFirst()) {
            guard let period = EffectivePeriod(from: from, to: to) else { continue }
            // A gap between two periods.
            if !periods.isEmpty, random.once(in: 5) { continue }
            let model = isRetimed ? before?.periods.first : random.once(in: 2) ? periods.last : nil
            periods.append(StatePeriod(period: period, fields: fields(kind, like: model?.fields)))
        }
        return ReferenceRegister.Object(kind: kind, periods: periods)
    }

    private mutating func fields(_ kind: Kind, like model: [StatePeriod.Field]?) -> [StatePeriod.Field] {
        schema[kind].attributes.compactMap { attribute in
            if let model, !random.once(in: 4) { return model.first { $0.attribute == attribute } }
            guard random.once(in: 2) || attribute == schema[kind].hierarchy else { return nil }
            return StatePeriod.Field(attribute: attribute, value: value(attribute.type))
        }
    }

    private mutating func value(_ type: ValueType) -> Value {
        switch type {
        case .text: .text(random.pick(["Økonomi", "Skole \"Nord\"", "a\\b", "", "😀", "B", "C", "manager"]))
        case .decimal: .decimal(random.pick(["1", "0.5", "0.7568"]))
        case .flag: .flag(random.once(in: 2))
        case .day: .day(Day(number: Int32(random.number(0...20_000))))
        case .reference(let kind): .reference(random.pick(pool[kind] ?? []))
        }
    }

    /// Whether the hierarchy of a kind is free of cycles on every day.
    private func isTree(_ objects: [ObjectID: ReferenceRegister.Object], _ kind: Kind) -> Bool {
        guard let hierarchy = schema[kind].hierarchy else { return true }
        let members = objects.filter { $0.value.kind == kind }
        let days = Set(members.values.flatMap { $0.periods.map(\.period.from) })
        return days.allSatisfy { day in
            members.keys.allSatisfy { ReferenceRegister.ancestors(of: $0, in: objects, hierarchy, on: day) != nil }
        }
    }
}

extension ReferenceRegister {
    /// The objects above one, nearest first; nil when it stands above itself.
    public static func ancestors(
        of id: ObjectID, in objects: [ObjectID: Object], _ hierarchy: Attribute, on day: Day
    ) -> [ObjectID]? {
        var path: [ObjectID] = []
        var current = id
        while let fields = objects[current]?.fields(on: day),
            case .reference(let parent) = fields.first(where: { $0.attribute == hierarchy })?.value
        {
            if parent == id || path.contains(parent) { return nil }
            path.append(parent)
            current = parent
        }
        return path
    }
}

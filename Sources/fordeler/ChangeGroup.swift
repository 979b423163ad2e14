import OrganisationModel

/// What a change means to whoever decides about it. Each changed object belongs to exactly one group, so counts add up.
struct ChangeGroup: Hashable, Comparable {
    private enum Sort: String {
        case removed, moved, manager, disabled, ended, created, updated
    }

    private let sort: Sort
    let kind: Kind

    /// Such as `removed:unit`.
    var name: String {
        "\(sort.rawValue):\(kind.name)"
    }

    var isRemovedUnit: Bool { kind == .unit && sort == .removed }
    var isMovedUnit: Bool { kind == .unit && sort == .moved }

    init(_ change: ObjectChange, _ schema: Schema) {
        kind = change.kind
        let kindSchema = schema[change.kind]
        let (before, after) = (change.before?.periods(kindSchema).last, change.after?.periods(kindSchema).last)
        if kind == .function, [before, after].contains(where: { $0?["functionType"] == .text("manager") }) {
            sort = .manager
        } else if after == nil {
            sort = .removed
        } else if before == nil {
            sort = .created
        } else if change.labels(schema).contains(.moved) {
            sort = .moved
        } else {
            let ends = after.map(\.period.to) ?? .distantFuture
            let isEnded = ends < (before.map(\.period.to) ?? .distantFuture)
            let isDisabled = after?["disabled"] == .flag(true) && before?["disabled"] != .flag(true)
            sort = isDisabled || kind == .user && isEnded ? .disabled : isEnded ? .ended : .updated
        }
    }

    /// What is dangerous comes first.
    private var place: Int {
        switch (sort, kind) {
        case (.removed, .unit): 0
        case (.moved, _): 1
        case (.manager, _): 2
        case (.disabled, _): 3
        case (.removed, _): 4
        case (.ended, _): 5
        case (.created, _): 6
        case (.updated, _): 7
        }
    }

    /// Whether many of its sort are told on one line.
    var isHarmless: Bool { place > 5 }

    /// The word for several kinds on one line.
    var word: String { sort.rawValue }

    static func < (left: ChangeGroup, right: ChangeGroup) -> Bool {
        (left.place, left.kind) < (right.place, right.kind)
    }
}

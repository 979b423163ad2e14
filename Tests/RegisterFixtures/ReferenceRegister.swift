public import OrganisationModel

/// The register as a dictionary in memory, version by version: what the stored one must agree with.
public struct ReferenceRegister {
    public struct Object: Hashable {
        public let kind: Kind
        public let periods: [StatePeriod]

        public init(kind: Kind, periods: [StatePeriod]) {
            self.kind = kind
            self.periods = periods
        }

        public var state: ObjectState { ObjectState(periods) }

        /// The attributes in effect on a day; nil when the object is not in effect.
        public func fields(on day: Day) -> [StatePeriod.Field]? {
            periods.last { $0.period.from <= day && day < $0.period.to }?.fields
        }
    }

    /// Index 0 is the empty register.
    public private(set) var versions: [[ObjectID: Object]] = [[:]]

    public init() {}

    public var current: [ObjectID: Object] { versions[versions.count - 1] }

    public mutating func publish(_ objects: [ObjectID: Object]) {
        versions.append(objects)
    }

    /// What differs between two versions, in the order of ids.
    public func changes(from: Int, to: Int) -> [ObjectChange] {
        Self.changes(from: versions[from], to: versions[to])
    }

    public static func changes(from old: [ObjectID: Object], to new: [ObjectID: Object]) -> [ObjectChange] {
        Set(old.keys).union(new.keys).sorted().compactMap { id in
            guard old[id] != new[id], let kind = (new[id] ?? old[id])?.kind else { return nil }
            return ObjectChange(
                id: id, kind: kind, source: "hr", key: Self.key(id), before: old[id]?.state, after: new[id]?.state)
        }
    }

    /// The source's key of an object.
    public static func key(_ id: ObjectID) -> String {
        "key-\(id.description.prefix(8))"
    }
}

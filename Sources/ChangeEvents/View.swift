public import OrganisationModel

/// What a subscriber sees of the register: some kinds, and of these some attributes.
public struct View: Hashable, Sendable {
    /// In the order of kinds, at least one.
    public let kinds: [Kind]
    /// Sorted names; an attribute is seen in every kind that has it.
    public let attributes: [String]
    /// Whether it also sees where protected people can be found.
    public let seesProtected: Bool

    /// - Parameters:
    ///   - attributes: nil means all that are in none of the kinds personal or CPR numbers; those are seen only when named.
    ///   - seesProtected: whether the whereabouts of protected people are seen too.
    /// - Throws: ``FordelerError`` `view.invalid` for unknown names.
    public init(
        kinds: [String], attributes: [String]?, seesProtected: Bool = false, schema: Schema = .standard
    ) throws {
        self.seesProtected = seesProtected
        let known = Kind.allCases.map(\.name).joined(separator: ", ")
        self.kinds = try Set(
            kinds.map { name in
                guard let kind = Kind(name: name) else {
                    throw FordelerError(.invalidView, "\(name) is no kind of object; known: \(known)")
                }
                return kind
            }
        ).sorted()
        guard !self.kinds.isEmpty else { throw FordelerError(.invalidView, "name at least one kind: \(known)") }
        let available = self.kinds.flatMap { schema[$0].attributes }
        guard let attributes else {
            // A name may be harmless in one kind and personal in another: a unit's phone, an employee's phone.
            let personal = Set(available.filter(\.isPersonal).map(\.name))
            self.attributes = Set(available.map(\.name)).subtracting(personal).sorted()
            guard !self.attributes.isEmpty else {
                throw FordelerError(
                    .invalidView, "all attributes of these kinds are personal. Name those that the system may have")
            }
            return
        }
        let names = Set(available.map(\.name))
        for name in attributes where !names.contains(name) {
            throw FordelerError(
                .invalidView,
                "no kind of this view has an attribute \(name); known: \(names.sorted().joined(separator: ", "))")
        }
        self.attributes = Set(attributes).sorted()
    }

    /// The one text that stands for the view: equal views have equal texts, and share the counting of events.
    public var definition: String {
        "kinds=\(kinds.map(\.name).joined(separator: ",")) attributes=\(attributes.joined(separator: ","))"
            + (seesProtected ? Self.protectedPart : "")
    }

    private static let protectedPart = " protected=yes"

    /// Reads ``definition``.
    public init(definition: String) throws {
        let seesProtected = definition.hasSuffix(Self.protectedPart)
        let parts = definition.dropLast(seesProtected ? Self.protectedPart.count : 0).split(
            separator: " ", omittingEmptySubsequences: false
        ).map { part in
            part.drop { $0 != "=" }.dropFirst().split(separator: ",").map(String.init)
        }
        guard parts.count == 2 else {
            throw FordelerError(.invalidView, "a stored view is damaged. Run: fordeler verify")
        }
        try self.init(kinds: parts[0], attributes: parts[1], seesProtected: seesProtected)
    }

    public func sees(_ kind: Kind) -> Bool {
        kinds.contains(kind)
    }

    /// What the subscriber sees of an object in a period, whoever it is about.
    func fields(of period: StatePeriod) -> [StatePeriod.Field] {
        period.fields.filter { attributes.contains($0.attribute.name) }
    }
}

extension FordelerError.Code {
    public static let invalidView = FordelerError.Code("view.invalid")
}

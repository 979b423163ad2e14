/// What an object is. The raw value is stored and hashed, so it never changes; the order is that of reference: an object
/// only refers to kinds at or before its own, so tasks come behind units.
public enum Kind: UInt8, Hashable, Comparable, CaseIterable, Sendable {
    case organisation = 1
    case unit = 2
    case person = 3
    case engagement = 4
    case user = 5
    case function = 6
    case task = 7

    /// The word used in configuration, on the command line, in events and in documents.
    public var name: String {
        switch self {
        case .organisation: "organisation"
        case .unit: "unit"
        case .person: "person"
        case .engagement: "engagement"
        case .user: "user"
        case .function: "function"
        case .task: "task"
        }
    }

    public init?(name: String) {
        guard let kind = Kind.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }

    private var place: Int {
        self == .task ? Int(Kind.unit.rawValue) * 2 + 1 : Int(rawValue) * 2
    }

    public static func < (left: Kind, right: Kind) -> Bool {
        left.place < right.place
    }
}

/// How much harm a value can do in the wrong hands; ordered.
public enum Sensitivity: Int, Comparable, Sendable {
    case `public`, `internal`, personal, cpr

    public static func < (left: Sensitivity, right: Sensitivity) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// What a value is made of, and so how it is checked, compared and written.
public enum ValueType: Hashable, Sendable {
    /// UTF-8 text, trimmed, without control characters.
    case text
    case day
    /// `true` or `false`.
    case flag
    /// A decimal number in plain notation with a point, without trailing zeros.
    case decimal
    /// A relation to an object of another or the same kind.
    case reference(Kind)
}

/// What an attribute has to do with people who must not be found.
public enum Protection: Hashable, Sendable {
    case none
    /// The flag that says of a person that they are protected.
    case flag
    /// Tells where a person can be found: workplace, address, telephone, mail.
    case whereabouts
}

/// One attribute or relation of a kind.
public struct Attribute: Hashable, Sendable {
    /// Stored in the canonical form of an object; never changes and is never given to another name.
    public let number: UInt16
    public let name: String
    public let type: ValueType
    public let sensitivity: Sensitivity
    public let protection: Protection

    init(
        number: UInt16, name: String, type: ValueType, sensitivity: Sensitivity, protection: Protection = .none
    ) {
        self.number = number
        self.name = name
        self.type = type
        self.sensitivity = sensitivity
        self.protection = protection
    }

    /// Personal values stand in the part of an object that an erasure can take away.
    public var isPersonal: Bool {
        sensitivity >= .personal
    }

    public var isReference: Bool {
        if case .reference = type { true } else { false }
    }
}

/// All attributes of one kind, and which relation forms its hierarchy.
public struct KindSchema: Sendable {
    public let kind: Kind
    /// In order of their numbers.
    public let attributes: [Attribute]
    /// The relation that makes a tree of this kind, such as a unit's parent.
    public let hierarchy: Attribute?
    /// The attributes that make the name of an object, in order.
    public let nameAttributes: [Attribute]
    /// True when the source's key is a CPR number, which is never shown unasked.
    public let hasPersonalKey: Bool
    /// Says of an object of this kind that it is protected; nil for kinds that cannot be.
    public let protectionFlag: Attribute?
    private let byNumber: [Attribute?]
    private let referenceNumbers: [Bool]
    private let personalNumbers: [Bool]

    fileprivate init(
        _ kind: Kind, hierarchy: String? = nil, name: [String] = ["name"], personalKey: Bool = false,
        _ attributes: [Attribute]
    ) {
        self.kind = kind
        self.attributes = attributes
        self.hierarchy = attributes.first { $0.name == hierarchy }
        nameAttributes = name.compactMap { name in attributes.first { $0.name == name } }
        hasPersonalKey = personalKey
        protectionFlag = attributes.first { $0.protection == .flag }
        var table = [Attribute?](repeating: nil, count: Int(attributes.last?.number ?? 0) + 1)
        for attribute in attributes { table[Int(attribute.number)] = attribute }
        byNumber = table
        referenceNumbers = table.map { $0?.isReference ?? false }
        personalNumbers = table.map { $0?.isPersonal ?? false }
    }

    public func attribute(number: UInt16) -> Attribute? {
        Int(number) < byNumber.count ? byNumber[Int(number)] : nil
    }

    func isReference(_ number: UInt16) -> Bool {
        Int(number) < referenceNumbers.count && referenceNumbers[Int(number)]
    }

    func isPersonal(_ number: UInt16) -> Bool {
        Int(number) < personalNumbers.count && personalNumbers[Int(number)]
    }

    public func attribute(named name: String) -> Attribute? {
        attributes.first { $0.name == name }
    }
}

/// The one description of every kind of object: mapping, validation, comparison, redaction and events are derived from it,
/// so a new attribute is one line here.
public struct Schema: Sendable {
    public let kinds: [KindSchema]
    private let personRelations: [[Attribute]]

    private init(kinds: [KindSchema]) {
        self.kinds = kinds
        // People, and what leads to them, refer only to kinds with smaller raw values, so one pass finds relations that lead on.
        var leading = Set(kinds.filter { $0.protectionFlag != nil }.map(\.kind))
        personRelations = kinds.map { kind in
            let relations = kind.attributes.filter { attribute in
                guard case .reference(let target) = attribute.type else { return false }
                return leading.contains(target)
            }
            if !relations.isEmpty { leading.insert(kind.kind) }
            return relations
        }
    }

    public subscript(kind: Kind) -> KindSchema {
        kinds[Int(kind.rawValue) - 1]
    }

    /// The relations of a kind that lead to a person, by way of others too: an engagement's person, a function's engagement.
    public func personRelations(_ kind: Kind) -> [Attribute] {
        personRelations[Int(kind.rawValue) - 1]
    }

    /// The bytes that change when the meaning of stored objects changes; part of every fingerprint's seed.
    public var canonicalForm: [UInt8] {
        var bytes: [UInt8] = []
        for kind in kinds {
            bytes.append(kind.kind.rawValue)
            for attribute in kind.attributes {
                Bytes.append(UInt32(attribute.number), to: &bytes)
                Bytes.append(
                    text: "\(attribute.name) \(attribute.type) \(attribute.sensitivity)", to: &bytes)
            }
        }
        return bytes
    }

    /// The schema of this program: the kinds of Stoettesystemet Organisation (KOMBIT Anvisninger 1.2.3, chapters 4-6).
    public static let standard = Schema(kinds: [
        KindSchema(
            .organisation,
            [
                Attribute(number: 1, name: "name", type: .text, sensitivity: .public),
                Attribute(number: 2, name: "cvr", type: .text, sensitivity: .public),
            ]),
        KindSchema(
            .unit, hierarchy: "parent",
            [
                Attribute(number: 1, name: "name", type: .text, sensitivity: .public),
                Attribute(number: 2, name: "parent", type: .reference(.unit), sensitivity: .public),
                Attribute(number: 3, name: "losId", type: .text, sensitivity: .public),
                Attribute(number: 4, name: "shortName", type: .text, sensitivity: .public),
                Attribute(number: 5, name: "unitTypeCode", type: .text, sensitivity: .public),
                Attribute(number: 6, name: "unitType", type: .text, sensitivity: .public),
                Attribute(number: 7, name: "address", type: .text, sensitivity: .public),
                Attribute(number: 8, name: "phone", type: .text, sensitivity: .public),
                Attribute(number: 9, name: "cvr", type: .text, sensitivity: .public),
                Attribute(number: 10, name: "ean", type: .text, sensitivity: .public),
                Attribute(number: 11, name: "seNumber", type: .text, sensitivity: .public),
                Attribute(number: 12, name: "pNumber", type: .text, sensitivity: .public),
                Attribute(number: 13, name: "costCentre", type: .text, sensitivity: .internal),
                Attribute(number: 14, name: "email", type: .text, sensitivity: .public),
                Attribute(number: 15, name: "visitingAddress", type: .text, sensitivity: .public),
                Attribute(number: 16, name: "returnAddress", type: .text, sensitivity: .public),
                Attribute(number: 17, name: "url", type: .text, sensitivity: .public),
                Attribute(number: 18, name: "openingHours", type: .text, sensitivity: .public),
            ]),
        KindSchema(
            .person, name: ["givenName", "surname"], personalKey: true,
            [
                Attribute(number: 1, name: "givenName", type: .text, sensitivity: .personal),
                Attribute(number: 2, name: "surname", type: .text, sensitivity: .personal),
                Attribute(number: 3, name: "cpr", type: .text, sensitivity: .cpr),
                Attribute(number: 4, name: "addressProtected", type: .flag, sensitivity: .personal, protection: .flag),
                Attribute(number: 5, name: "callName", type: .text, sensitivity: .personal),
            ]),
        KindSchema(
            .engagement, name: ["title"],
            [
                Attribute(number: 1, name: "title", type: .text, sensitivity: .internal),
                Attribute(
                    number: 2, name: "unit", type: .reference(.unit), sensitivity: .internal, protection: .whereabouts),
                Attribute(number: 3, name: "person", type: .reference(.person), sensitivity: .internal),
                Attribute(number: 4, name: "employeeNumber", type: .text, sensitivity: .internal),
                Attribute(number: 5, name: "positionId", type: .text, sensitivity: .internal),
                Attribute(number: 6, name: "jobId", type: .text, sensitivity: .internal),
                Attribute(number: 7, name: "job", type: .text, sensitivity: .internal),
                Attribute(number: 8, name: "contractCode", type: .text, sensitivity: .internal),
                Attribute(number: 9, name: "contract", type: .text, sensitivity: .internal),
                Attribute(number: 10, name: "fraction", type: .decimal, sensitivity: .internal),
                Attribute(number: 11, name: "phone", type: .text, sensitivity: .personal, protection: .whereabouts),
                Attribute(number: 12, name: "email", type: .text, sensitivity: .personal, protection: .whereabouts),
                Attribute(number: 13, name: "pNumber", type: .text, sensitivity: .internal, protection: .whereabouts),
                Attribute(number: 14, name: "statusCode", type: .text, sensitivity: .internal),
            ]),
        KindSchema(
            .user, name: ["accountName"],
            [
                Attribute(number: 1, name: "accountName", type: .text, sensitivity: .personal),
                Attribute(number: 2, name: "person", type: .reference(.person), sensitivity: .internal),
                Attribute(number: 3, name: "email", type: .text, sensitivity: .personal, protection: .whereabouts),
                Attribute(number: 4, name: "disabled", type: .flag, sensitivity: .internal),
                Attribute(number: 5, name: "system", type: .text, sensitivity: .internal),
                Attribute(number: 6, name: "phone", type: .text, sensitivity: .personal, protection: .whereabouts),
                Attribute(number: 7, name: "mobile", type: .text, sensitivity: .personal, protection: .whereabouts),
                Attribute(number: 8, name: "displayName", type: .text, sensitivity: .personal),
            ]),
        KindSchema(
            .function, name: ["functionType"],
            [
                Attribute(number: 1, name: "functionType", type: .text, sensitivity: .internal),
                Attribute(
                    number: 2, name: "unit", type: .reference(.unit), sensitivity: .internal, protection: .whereabouts),
                Attribute(
                    number: 3, name: "engagement", type: .reference(.engagement), sensitivity: .internal),
                Attribute(number: 4, name: "level", type: .text, sensitivity: .internal),
                Attribute(number: 5, name: "task", type: .reference(.task), sensitivity: .internal),
            ]),
        KindSchema(
            .task, hierarchy: "parent", name: ["title"],
            [
                Attribute(number: 1, name: "title", type: .text, sensitivity: .public),
                Attribute(number: 2, name: "parent", type: .reference(.task), sensitivity: .public),
                Attribute(number: 3, name: "code", type: .text, sensitivity: .public),
                Attribute(number: 4, name: "successors", type: .text, sensitivity: .public),
                Attribute(number: 5, name: "preservation", type: .text, sensitivity: .public),
                Attribute(number: 6, name: "deletionPeriod", type: .text, sensitivity: .public),
            ]),
    ])
}

public import OrganisationModel

/// What an object in effect has to do with figures.
public enum FigurePart: Hashable, Sendable {
    case unit(parent: ObjectID?, type: String)
    /// - Parameter fraction: of full time, in ten-thousandths; nil when it is absent or cannot be one.
    case engagement(unit: ObjectID?, person: ObjectID?, fraction: Int64?)
    /// - Parameter system: empty when none is named.
    case account(person: ObjectID?, system: String, isDisabled: Bool)
    /// - Parameter holder: the engagement of whom has it.
    case function(unit: ObjectID?, holder: ObjectID?, isManager: Bool)
}

/// Reads ``FigurePart`` out of states, attribute by attribute, without decoding the others.
public struct FigureRules: Sendable {
    /// Kinds that are counted.
    public static let kinds: [Kind] = [.unit, .engagement, .user, .function]
    /// More than this, in ten-thousandths of full time, is a mistake and no employment.
    static let fractionMax: Int64 = 1_000_000
    private static let manager = Array("manager".utf8)

    private let unit: (parent: UInt16, type: UInt16, typeCode: UInt16)
    private let engagement: (unit: UInt16, person: UInt16, fraction: UInt16)
    private let user: (person: UInt16, disabled: UInt16, system: UInt16)
    private let function: (type: UInt16, unit: UInt16, engagement: UInt16)

    public init(schema: Schema = .standard) {
        /// No attribute has number 0.
        func number(_ kind: Kind, _ name: String) -> UInt16 {
            schema[kind].attribute(named: name)?.number ?? 0
        }
        unit = (number(.unit, "parent"), number(.unit, "unitType"), number(.unit, "unitTypeCode"))
        engagement = (number(.engagement, "unit"), number(.engagement, "person"), number(.engagement, "fraction"))
        user = (number(.user, "person"), number(.user, "disabled"), number(.user, "system"))
        function = (number(.function, "functionType"), number(.function, "unit"), number(.function, "engagement"))
    }

    /// - Returns: nil for what is not in effect on `day`, and for a kind that is not counted.
    public func part(_ kind: Kind, _ state: ObjectState?, on day: Day) -> FigurePart? {
        guard let state else { return nil }
        switch kind {
        case .unit: return unitPart(state, day)
        case .engagement: return engagementPart(state, day)
        case .user: return accountPart(state, day)
        case .function: return functionPart(state, day)
        case .organisation, .person, .task: return nil
        }
    }

    /// The type is its text, or its code where there is none.
    private func unitPart(_ state: ObjectState, _ day: Day) -> FigurePart? {
        var parent: ObjectID?
        var (type, code) = ("", "")
        let isInEffect = state.forEachOrdinaryField(on: day) { number, bytes in
            if number == unit.parent {
                parent = ObjectID(bytes: bytes)
            } else if number == unit.type {
                type = String(decoding: bytes, as: UTF8.self)
            } else if number == unit.typeCode {
                code = String(decoding: bytes, as: UTF8.self)
            }
        }
        return isInEffect ? .unit(parent: parent, type: type.isEmpty ? code : type) : nil
    }

    private func engagementPart(_ state: ObjectState, _ day: Day) -> FigurePart? {
        var (unit, person): (ObjectID?, ObjectID?)
        var fraction: Int64?
        let isInEffect = state.forEachOrdinaryField(on: day) { number, bytes in
            if number == engagement.unit {
                unit = ObjectID(bytes: bytes)
            } else if number == engagement.person {
                person = ObjectID(bytes: bytes)
            } else if number == engagement.fraction {
                fraction = Decimals.parse(bytes).flatMap { (0...Self.fractionMax).contains($0) ? $0 : nil }
            }
        }
        return isInEffect ? .engagement(unit: unit, person: person, fraction: fraction) : nil
    }

    private func accountPart(_ state: ObjectState, _ day: Day) -> FigurePart? {
        var person: ObjectID?
        var system = ""
        var isDisabled = false
        let isInEffect = state.forEachOrdinaryField(on: day) { number, bytes in
            if number == user.person {
                person = ObjectID(bytes: bytes)
            } else if number == user.disabled {
                isDisabled = bytes.first == 1
            } else if number == user.system {
                system = String(decoding: bytes, as: UTF8.self)
            }
        }
        return isInEffect ? .account(person: person, system: system, isDisabled: isDisabled) : nil
    }

    private func functionPart(_ state: ObjectState, _ day: Day) -> FigurePart? {
        var (unit, holder): (ObjectID?, ObjectID?)
        var isManager = false
        let isInEffect = state.forEachOrdinaryField(on: day) { number, bytes in
            if number == function.type {
                isManager = bytes.elementsEqual(Self.manager)
            } else if number == function.unit {
                unit = ObjectID(bytes: bytes)
            } else if number == function.engagement {
                holder = ObjectID(bytes: bytes)
            }
        }
        return isInEffect ? .function(unit: unit, holder: holder, isManager: isManager) : nil
    }
}

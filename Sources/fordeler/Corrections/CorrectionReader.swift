import Foundation
import Mapping
import OrganisationModel
import Storage

/// Makes corrections of what somebody asks for: looks up what keys mean, and checks values as those of a mapping are.
struct CorrectionReader {
    private let workplace: Workplace
    private let identity: Identity
    private let transaction: StateTransaction
    private let schema: Schema
    private var corrections: [Correction]
    private var aliases: Aliases
    private var nextNumber: Int

    /// - Parameter corrections: those that are accepted or wait; what one of them creates can be corrected.
    init(_ workplace: Workplace, _ state: State, _ transaction: StateTransaction, corrections: [Correction]) throws {
        self.workplace = workplace
        self.transaction = transaction
        self.corrections = corrections
        identity = workplace.identity(state)
        schema = transaction.schema
        aliases = Aliases(corrections)
        nextNumber = try transaction.nextCorrectionNumber()
    }

    /// - Throws: ``FordelerError`` `correction.invalid`, `object.unknown`, `usage`.
    mutating func read(_ request: CorrectionRequest) throws -> Correction {
        let kind = try Kind(argument: request.kind)
        guard kind != .organisation else {
            throw invalid("the organisation is what the configuration says; change it there")
        }
        let correction = try read(request, kind)
        corrections.append(correction)
        aliases = Aliases(corrections)
        nextNumber += 1
        return correction
    }

    private func invalid(_ message: String) -> FordelerError {
        FordelerError(.correctionInvalid, message)
    }

    private func read(_ request: CorrectionRequest, _ kind: Kind) throws -> Correction {
        switch request.statement {
        case .create:
            let key = request.key.trimmingCharacters(in: .whitespaces)
            let fields = try fields(request, kind)
            guard !key.isEmpty, ObjectID(key) == nil, !key.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
                throw invalid("an object that is created needs a key, which is no UUID")
            }
            guard try found(kind, key).isEmpty else {
                throw invalid("there is such \(article(kind)) already: \(shown(key, kind)). Change it instead")
            }
            guard !fields.isEmpty else { throw invalid("say what the \(kind.name) is, such as name=\"...\"") }
            let id = identity.id(kind: kind, source: Correction.source, key: key)
            return made(kind, id, key, .create(try period(request), fields))
        case .change:
            let id = try object(kind, request.key)
            let fields = try fields(request, kind)
            guard !fields.isEmpty else { throw invalid("say what is to change, such as name=\"...\"") }
            return made(kind, id, request.key, .change(try period(request), fields))
        case .close:
            return made(kind, try object(kind, request.key), request.key, .close(try period(request)))
        case .move: return try move(request, kind)
        case .rekey: return try rekey(request, kind)
        case .merge: return try merge(request, kind)
        }
    }

    private func made(_ kind: Kind, _ id: ObjectID, _ key: String, _ statement: Correction.Statement) -> Correction {
        var name = key
        // The key of a person is nothing that has to stand here as well.
        if schema[kind].hasPersonalKey, !isCreated(statement) { name = id.description }
        return Correction(number: nextNumber, kind: kind, id: id, key: name, statement: statement)
    }

    private func isCreated(_ statement: Correction.Statement) -> Bool {
        if case .create = statement { true } else { false }
    }

    private func move(_ request: CorrectionRequest, _ kind: Kind) throws -> Correction {
        let relation = schema[kind].hierarchy ?? schema[kind].attribute(named: "unit")
        guard let relation, case .reference(let target) = relation.type else {
            throw invalid("\(article(kind)) stands beneath nothing, so it cannot be moved")
        }
        let id = try object(kind, request.key)
        let field = try reference(relation, target, request.target)
        return made(kind, id, request.key, .change(try period(request), [field]))
    }

    /// HR gave the object a new key: what the new one names goes on being the old object.
    private func rekey(_ request: CorrectionRequest, _ kind: Kind) throws -> Correction {
        try requireNoDays(request)
        // The old one may be gone already.
        guard let old = try only(kind, request.key, isGoneToo: true) else { throw unknown(kind, request.key) }
        let new = try newID(request, kind, old)
        return try alias(of: new, key: request.target, for: old, named: request.key, kind)
    }

    private func newID(_ request: CorrectionRequest, _ kind: Kind, _ old: ObjectID) throws -> ObjectID {
        if let known = try only(kind, request.target) { return known }
        guard ObjectID(request.target) == nil else { return ObjectID(request.target) ?? old }
        let source = try request.source ?? transaction.lastKnown(old)?.source ?? Correction.source
        guard source != Correction.source else {
            throw invalid("say with --source which source has the new key")
        }
        let name = try workplace.configuration.source(source).name
        return identity.id(kind: kind, source: name, key: request.target)
    }

    private func merge(_ request: CorrectionRequest, _ kind: Kind) throws -> Correction {
        try requireNoDays(request)
        let going = try object(kind, request.key)
        return try alias(
            of: going, key: request.key, for: object(kind, request.target), named: request.target, kind)
    }

    private func alias(
        of id: ObjectID, key: String, for target: ObjectID, named: String, _ kind: Kind
    ) throws -> Correction {
        guard aliases.target(of: id) != aliases.target(of: target) else {
            throw invalid("both keys name one object already")
        }
        let name = schema[kind].hasPersonalKey ? target.description : named
        return made(kind, id, key, .alias(target, key: name))
    }

    private func requireNoDays(_ request: CorrectionRequest) throws {
        guard request.from == nil, request.until == nil else {
            throw invalid("what is one object is so on all days; --from and --until do not belong here")
        }
    }

    // MARK: Values

    private func period(_ request: CorrectionRequest) throws -> EffectivePeriod {
        func day(_ text: String?, _ option: String) throws -> Day? {
            try text.map { text in
                guard let day = Day(parsing: text) else {
                    throw invalid("\(option) is a day such as 2026-03-01, not \(text)")
                }
                return day
            }
        }
        let from = try day(request.from, "from") ?? workplace.today
        let until = try day(request.until, "until") ?? .distantFuture
        guard let period = EffectivePeriod(from: from, to: until) else {
            throw invalid("until is the first day that does not count any more; it lies after from")
        }
        return period
    }

    private func fields(_ request: CorrectionRequest, _ kind: Kind) throws -> [Correction.Field] {
        var seen: Set<String> = []
        return try request.values.map { name, text in
            guard let attribute = schema[kind].attribute(named: name) else {
                let known = schema[kind].attributes.map(\.name).joined(separator: ", ")
                throw invalid("\(name) is no attribute of \(article(kind)); known: \(known)")
            }
            guard seen.insert(name).inserted else { throw invalid("\(name) is named twice") }
            guard !text.isEmpty else { return Correction.Field(attribute: attribute.number, value: nil) }
            if case .reference(let target) = attribute.type { return try reference(attribute, target, text) }
            guard let value = Value(written: text, type: attribute.type) else {
                let shown = attribute.isPersonal ? "what was given for \(name)" : "\(name)=\(text)"
                throw invalid("\(shown) does not fit: \(Self.form(attribute.type))")
            }
            return Correction.Field(attribute: attribute.number, value: value)
        }
    }

    private static func form(_ type: ValueType) -> String {
        switch type {
        case .text: "it is a text on one line"
        case .day: "it is a day such as 2026-03-01"
        case .flag: "it is true or false"
        case .decimal: "it is a number such as 0.5"
        case .reference(let kind): "it is the key of \(kind.name)"
        }
    }

    private func reference(_ relation: Attribute, _ kind: Kind, _ key: String) throws -> Correction.Field {
        let id = try object(kind, key)
        let name = schema[kind].hasPersonalKey ? id.description : key
        return Correction.Field(attribute: relation.number, value: .reference(id), key: name)
    }

    private func article(_ kind: Kind) -> String {
        ("aeiou".contains(kind.name.first ?? " ") && kind != .unit && kind != .user ? "an " : "a ") + kind.name
    }

    private func shown(_ key: String, _ kind: Kind) -> String {
        Masking.redacted(Masking.shown(key, kind: kind, schema: schema))
    }

    // MARK: Keys

    private func object(_ kind: Kind, _ key: String) throws -> ObjectID {
        guard let id = try only(kind, key) else { throw unknown(kind, key) }
        return id
    }

    private func unknown(_ kind: Kind, _ key: String) -> FordelerError {
        FordelerError(
            .unknownObject,
            "there is no \(kind.name) \(shown(key, kind)) in the register, and no correction creates one")
    }

    private func only(_ kind: Kind, _ key: String, isGoneToo: Bool = false) throws -> ObjectID? {
        let found = try found(kind, key, isGoneToo: isGoneToo)
        guard found.count < 2 else {
            throw FordelerError(
                .usage,
                "several objects have the key \(shown(key, kind)). Name one by its UUID: "
                    + found.map(\.description).joined(separator: ", "))
        }
        return found.first
    }

    /// The objects of a key that are in the register, or come with a correction.
    /// - Parameter isGoneToo: those that once were there, too.
    private func found(_ kind: Kind, _ key: String, isGoneToo: Bool = false) throws -> [ObjectID] {
        let lookup = ObjectLookup(kind: kind, text: key)
        var ids = try lookup.ids(identity, transaction).filter { id in
            try (isGoneToo ? transaction.lastKnown(id) : transaction.object(id))?.kind == kind
        }
        let created = corrections.filter { isCreated($0.statement) && $0.kind == kind }
        ids += created.filter { $0.key == key || $0.id.description == key }.map(\.id)
        var seen: Set<ObjectID> = []
        return ids.map(aliases.target).filter { seen.insert($0).inserted }
    }
}

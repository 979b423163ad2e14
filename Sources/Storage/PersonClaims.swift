import Mapping
import OrganisationModel

/// The accepted claims about a person, and what they name: also what the register never held.
struct PersonClaims {
    private(set) var claims: [Holdings.HeldClaim] = []
    private(set) var claimed: [Holdings.Claimed] = []
    /// The objects that are about the person and nobody else.
    private(set) var ids: Set<ObjectID>
    /// The values by which these are found.
    private var values: Set<ObjectID> = []
    private let person: ObjectID
    private let lookedUp: Set<ForeignID>
    private let schema: Schema

    init(_ person: ObjectID, lookedUp: Set<ForeignID>, _ schema: Schema) {
        self.person = person
        self.lookedUp = lookedUp
        self.schema = schema
        ids = [person]
    }

    /// Under which claims about them are found.
    var keys: Set<ClaimKey> {
        Set(ids.union(values).map { ClaimKey($0) })
    }

    mutating func add(_ object: RegisteredObject) {
        ids.insert(object.id)
        values.formUnion(object.state.foreignIDs(object.kind, lookedUp: lookedUp, schema: schema))
    }

    /// Takes a claim that may be about the person, with what else it names that is.
    /// - Parameter known: answers what the register holds or held.
    mutating func take(
        _ claim: UnsafeRawBufferPointer, _ row: Int64, _ source: String,
        known: (ObjectID) throws -> RegisteredObject?
    ) throws {
        var reader = Claim.Reader(claim)
        _ = reader.recordKey()
        _ = reader.findings()
        var mentions: [Mention] = []
        if source == Correction.source, let correction = Correction(claim: claim, schema: schema),
            case .alias(let target, _) = correction.statement
        {
            guard ids.contains(correction.id) || ids.contains(target) else { return }
            // Whom an editor holds for one is erased as one.
            ids.formUnion([correction.id, target])
            return claims.append(Holdings.HeldClaim(row: row, source: source, isEnded: true))
        }
        for _ in 0..<reader.objectCount() where reader.isIntact {
            mentions.append(Mention(reader.object(), lookedUp, schema))
        }
        // A record that was left out keeps what it names, but not how these belong together.
        let isOnePerson = mentions.count { schema[$0.kind].hasPersonalKey } == 1
        var isAbout = false
        // Kinds that refer to others come after these.
        for mention in mentions.sorted(by: { $0.kind < $1.kind }) {
            if ids.contains(mention.id) || values.contains(mention.id) {
                isAbout = true
            } else if mention.isAdding {
                continue
            } else if mention.leads.isDisjoint(with: ids.union(values)),
                !(mention.isWithheld && isAbout && isOnePerson && !schema.personRelations(mention.kind).isEmpty)
            {
                continue
            } else if let object = try known(mention.id), !isUntied(object) {
                continue
            }
            isAbout = true
            if mention.isAdding { continue }
            ids.insert(mention.id)
            values.formUnion(mention.values)
            if try known(mention.id) == nil { note(mention.claimed(source)) }
        }
        guard isAbout else { return }
        let isEnded = source == Correction.source || Claim.isEnded(claim)
        claims.append(Holdings.HeldClaim(row: row, source: source, isEnded: isEnded))
    }

    /// Several records may name one object.
    private mutating func note(_ object: Holdings.Claimed) {
        guard let place = claimed.firstIndex(where: { $0.id == object.id }) else { return claimed.append(object) }
        claimed[place].texts.formUnion(object.texts)
    }

    /// Whether an object refers to nobody.
    private func isUntied(_ object: RegisteredObject) -> Bool {
        object.state.everyTarget(of: schema.personRelations(object.kind)).isEmpty
    }
}

/// What a claim says of one object.
private struct Mention {
    let kind: Kind
    let id: ObjectID
    let key: String
    let isAdding: Bool
    let isWithheld: Bool
    /// The objects that the relations to people name, and the values by which they are looked up.
    private(set) var leads: Set<ObjectID>
    /// The values by which it is found.
    private(set) var values: Set<ObjectID> = []
    private var texts: Set<String> = []

    init(_ object: Claim.ObjectReader, _ lookedUp: Set<ForeignID>, _ schema: Schema) {
        kind = object.kind
        id = object.id
        key = String(decoding: object.key, as: UTF8.self)
        isAdding = object.flags & Claim.adds != 0
        isWithheld = Claim.isWithheld(object.flags)
        let relations = schema.personRelations(object.kind).map(\.number)
        leads = Set(object.lookups().filter { relations.contains($0.relation) }.map(\.value))
        var object = object
        for _ in 0..<object.periodCount {
            for _ in 0..<object.period().fieldCount {
                let (number, value) = object.field()
                if let foreign = lookedUp.first(where: { $0.kind == kind && $0.attribute == number }) {
                    values.insert(foreign.id(value))
                }
                guard let attribute = schema[kind].attribute(number: number) else { continue }
                if relations.contains(number), value.count >= 16 {
                    if let id = ObjectID(bytes: UnsafeRawBufferPointer(rebasing: value[..<16])) { leads.insert(id) }
                } else if attribute.isPersonal, let value = Value(value, type: attribute.type) {
                    texts.insert(value.description)
                }
            }
        }
    }

    func claimed(_ source: String) -> Holdings.Claimed {
        Holdings.Claimed(id: id, kind: kind, source: source, key: key, texts: texts)
    }
}

import Mapping
import OrganisationModel
import Storage
import Versioning

/// Whether the one who acts may make corrections, by what the configuration says of editors.
struct Editors {
    private let workplace: Workplace
    private let state: State
    private let transaction: StateTransaction

    init(_ workplace: Workplace, _ state: State, _ transaction: StateTransaction) {
        (self.workplace, self.state, self.transaction) = (workplace, state, transaction)
    }

    /// - Throws: ``FordelerError`` `correction.denied`, and `object.unknown` when the editor's unit is not there.
    func require(
        _ corrections: [Correction], _ proposing: Proposing, before: StandingCorrections, after: Proposing.Round
    ) throws {
        let editors = workplace.configuration.editing.editors
        if editors.isEmpty { return }
        guard let limit = editors[workplace.actor.name] else {
            throw FordelerError(
                .correctionDenied, "\(workplace.actor.name) is none of the editors that the configuration names")
        }
        guard let key = limit else { return }
        let scope = EditorScope(unit: try unit(key), schema: transaction.schema)
        let standing = Proposing.Round(overlays: [before.overlay], buffer: before.buffer)
        let created = corrections.map(\.id)
        let views = try [standing, after].map { try view(proposing.resolve($0).whole.organisation, created) }
        for correction in corrections {
            let isAllowed = try scope.allows(correction, today: workplace.today, before: views[0], after: views[1])
            guard isAllowed else {
                let shown = Masking.shown(correction.key, kind: correction.kind, schema: transaction.schema)
                throw FordelerError(
                    .correctionDenied,
                    "\(correction.kind.name) \(shown) does not belong to unit \(key), before and after the correction, so "
                        + "\(workplace.actor.name) may not make it. Ask an editor of the whole")
            }
        }
    }

    private func unit(_ key: String) throws -> ObjectID {
        let ids = try ObjectLookup(kind: .unit, text: key).ids(workplace.identity(state), transaction)
            .filter { try transaction.object($0)?.kind == .unit }
        guard ids.count == 1 else {
            throw FordelerError(
                .unknownObject,
                "the configuration limits the editor to unit \(key), and \(ids.isEmpty ? "there is none" : "several have that key")"
            )
        }
        return ids[0]
    }

    private func view(_ organisation: Organisation, _ created: [ObjectID]) throws -> EditorScope.View {
        let register = transaction
        func object(_ id: ObjectID) throws -> (kind: Kind, state: ObjectState)? {
            guard let state = try organisation.state(of: id) else { return nil }
            let kind = try organisation.entry(id)?.kind ?? register.object(id)?.kind
            return kind.map { ($0, state) }
        }
        let relation = transaction.schema.personRelations(.engagement)
        var byPerson: [ObjectID: [ObjectID]] = [:]
        var ids = Set(created)
        try register.forEachObject { object in if object.kind == .engagement { ids.insert(object.id) } }
        for entry in organisation.entries(of: .engagement) { ids.insert(entry.id) }
        for id in ids.sorted() {
            guard let found = try object(id), found.kind == .engagement else { continue }
            for person in found.state.everyTarget(of: relation) { byPerson[person, default: []].append(id) }
        }
        return EditorScope.View(object: object) { byPerson[$0] ?? [] }
    }
}

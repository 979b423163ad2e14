import Mapping
import OrganisationModel
import Storage

/// What editors say, and beside each what the sources say now.
struct CorrectionList {
    enum Standing: String {
        /// The sources say something else, or nothing.
        case masks
        /// The sources say the same by now.
        case caughtUp = "caught-up"
        /// A source changed what is masked since the correction was made.
        case conflict
        /// Its days have gone by.
        case expired
        /// Nothing is there that it could correct.
        case gone
        /// It makes an object, or says that one counts for another.
        case stands

        /// Whether somebody should look at it.
        var isStale: Bool {
            self != .masks && self != .stands
        }
    }

    struct Item {
        let kept: KeptCorrection
        let standing: Standing
        /// What the sources say last of each attribute that it corrects.
        let masked: [(attribute: Attribute, value: Value?)]
        /// Where the records stand that make the object.
        let locations: [SourceLocation]
    }

    let items: [Item]

    init(_ workplace: Workplace, _ state: State, _ transaction: StateTransaction) throws {
        let kept = try transaction.corrections()
        guard !kept.isEmpty else {
            items = []
            return
        }
        let standing = try StandingCorrections(transaction)
        var proposing = Proposing(workplace: workplace, state: state, transaction: transaction)
        let aliases = Aliases(kept.map(\.correction))
        proposing.alsoAltered = Set(kept.flatMap { [$0.correction.id, aliases.target(of: $0.correction.id)] })
        let round = Proposing.Round(overlays: [standing.overlay], buffer: standing.buffer)
        let organisation = try proposing.resolve(round).whole.organisation
        items = kept.map { Self.item($0, aliases, organisation, workplace.today, transaction.schema) }
    }

    private static func item(
        _ kept: KeptCorrection, _ aliases: Aliases, _ organisation: Organisation, _ today: Day, _ schema: Schema
    ) -> Item {
        let own = kept.correction
        var correction = own
        if case .alias = own.statement {
            correction = Correction(
                number: own.number, kind: own.kind, id: aliases.target(of: own.id), key: own.key,
                statement: own.statement)
        }
        let masked = correction.fields.compactMap { field in
            schema[correction.kind].attribute(number: field.attribute).map { attribute in
                (attribute: attribute, value: organisation.lastClaimed(attribute, under: correction))
            }
        }
        let entry = organisation.entry(correction.id)
        var isMade = false
        if case .create = correction.statement { isMade = true }
        return Item(
            kept: kept, standing: standing(correction, entry, organisation, today), masked: isMade ? [] : masked,
            locations: entry.map { organisation.locations(of: $0).filter { $0.source != Correction.source } } ?? [])
    }

    private static func standing(
        _ correction: Correction, _ entry: Organisation.Entry?, _ organisation: Organisation, _ today: Day
    ) -> Standing {
        if let period = correction.period, period.to <= today { return .expired }
        guard let entry, organisation.isClaimed(entry) else { return .gone }
        switch correction.statement {
        case .create, .alias: return .stands
        case .change, .close: break
        }
        if organisation.isCaughtUp(correction) { return .caughtUp }
        if let masked = correction.masked, organisation.masked(by: correction) != masked { return .conflict }
        return .masks
    }
}

import Mapping
import OrganisationModel
import Storage
import Versioning

/// Administrators stop and start the publishing of a source, and editors let single objects go.
struct Release {
    let workplace: Workplace
    let state: State

    /// Stops automatic and scheduled publishing of a source until it is released.
    /// - Returns: false when it was on hold already.
    @discardableResult
    func hold(_ source: String, reason: String) throws -> Bool {
        try Approval.require(reason)
        try workplace.configuration.requireSource(source)
        return try state.write {
            let isNew = try !$0.holds().contains { $0.source == source }
            try $0.hold(
                source, reason: reason, today: workplace.today, actor: workplace.actor, time: workplace.time)
            return isNew
        }
    }

    /// Lets a source publish by itself again, and publishes what waited for nothing else.
    ///
    /// - Parameter exceptPinned: pinned objects stay as they are; else those of this source follow its claims again.
    /// - Returns: what became of the exports that waited, and of the pinned objects; empty when nothing did.
    func release(_ source: String, exceptPinned: Bool) throws -> [Outcome] {
        try workplace.configuration.requireSource(source)
        return try state.write { transaction in
            let pins = try transaction.pins().filter { !$0.isReleased }
            let corrected = source == Correction.source ? try transaction.correctedIDs() : []
            let own = try pins.filter {
                try corrected.contains($0.id) || transaction.origin(of: $0.id)?.source == source
            }
            guard try transaction.holds().contains(where: { $0.source == source }) || (!exceptPinned && !own.isEmpty)
            else { throw FordelerError(.conflict, "\(source) is not on hold") }
            try transaction.release(
                source: source, detail: exceptPinned ? "except pinned" : "", actor: workplace.actor,
                time: workplace.time)
            if !exceptPinned { try transaction.release(own.map(\.id)) }
            return try reconsider(source, transaction)
        }
    }

    /// Lets one object follow its claims again.
    func unpin(_ ids: [ObjectID], reason: String) throws -> [Outcome] {
        try Approval.require(reason)
        return try state.write { transaction in
            let pinned = try transaction.pins().filter { ids.contains($0.id) }
            guard let pin = pinned.first else { throw FordelerError(.conflict, "the object is not pinned") }
            try transaction.release([pin.id])
            try transaction.note(
                workplace.actor, "object.unpinned", "object:\(pin.id)", reason, workplace.time)
            return try reconsider(try transaction.origin(of: pin.id)?.source ?? "", transaction)
        }
    }

    /// Decides anew about what waited: the exports of the source, or, when none waits, what its claims ask for anyway. What
    /// somebody approved for a later time goes on waiting for that.
    private func reconsider(_ source: String, _ transaction: StateTransaction) throws -> [Outcome] {
        let proposing = Proposing(workplace: workplace, state: state, transaction: transaction)
        let deciding = Deciding(workplace: workplace, state: state, transaction: transaction)
        let waiting = try transaction.waiting(source: source)
        let scheduled = try waiting.compactMap(transaction.scheduledPublish)
        let others = waiting.filter { id in !scheduled.contains { $0.candidate == id } }
        let isAnyReleased = try transaction.pins().contains(where: \.isReleased)
        var rounds = try others.map { try proposing.round(of: $0) }
        if rounds.isEmpty, isAnyReleased { rounds = [Proposing.Round(buffer: ClaimBuffer(), sources: [source])] }
        // What is approved for a time is not published before.
        return try scheduled.compactMap { try leave($0, source, transaction) }
            + rounds.map { try deciding.carryOut(proposing.propose($0)) }
    }

    private func leave(
        _ scheduled: ScheduledPublish, _ source: String, _ transaction: StateTransaction
    ) throws -> Outcome? {
        try transaction.withdraw(Waiting.hold(source), from: scheduled.candidate).map {
            Outcome(candidate: $0, version: try transaction.position().version, scheduled: scheduled)
        }
    }
}

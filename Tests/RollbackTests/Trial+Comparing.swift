import ChangeEvents
import Distribution
import OrganisationModel
import RegisterFixtures
import Storage
import Validation
import Versioning

@testable import fordeler

// Everything that the program holds against everything that the reference holds.
extension Trial {
    func compare() throws {
        try compare(state, with: reference)
    }

    func compare(_ state: State, with reference: Reference) throws {
        try state.read { transaction in
            let (version, day) = try transaction.position()
            try demand(version, equals: reference.versions.count - 1, "the version")
            try demand(day, equals: reference.day, "the day")
            try compareRegister(transaction, reference)
            let pins = try transaction.pins()
            try demand(Set(pins.map { name($0.id) }), equals: reference.pins, "pins")
            try demand(
                Set(pins.filter(\.isReleased).map { name($0.id) }), equals: reference.released, "released pins")
            try demand(Set(try transaction.holds().map(\.source)), equals: reference.holds, "holds")
            try compareWaiting(transaction, reference)
            try compareHashes(transaction, reference)
            if let day, version > 0 { try transaction.demandFigures(at: Position(version: version, day: day)) }
        }
    }

    private func compareRegister(_ transaction: StateTransaction, _ reference: Reference) throws {
        var seen: Things = [:]
        var counts: [BrakeScope: Int] = [:]
        try transaction.forEachObject { object in
            seen[name(object.id)] = try thing(object.state, object.kind, source: object.source)
            counts[BrakeScope(source: object.source, kind: object.kind), default: 0] += 1
        }
        let changes = ThingChange.between(reference.register, seen)
        try demand(changes.isEmpty, "the register; expected -> seen:\(Self.listed(changes))")
        try demand(try transaction.objectCounts().filter { $0.value != 0 }, equals: counts, "counts of objects")
        for (name, thing) in seen {
            for target in thing.targets + [thing.fields["parent"]].compactMap({ $0 }) {
                try demand(seen[target] != nil, "\(name) names \(target), which is not there")
            }
        }
    }

    private func compareWaiting(_ transaction: StateTransaction, _ reference: Reference) throws {
        let seen = try held(transaction).map(\.waiting)
        let expected = reference.waiting.map(told)
        func listed(_ waiting: [Reference.Waiting]) -> String {
            waiting.map { candidate in
                "\n    \(candidate.exports.sources.sorted()) \(candidate.waitsFor) target \(candidate.target ?? 0)"
                    + Self.listed(candidate.changes)
            }.joined()
        }
        try demand(
            Set(seen) == Set(expected) && seen.count == expected.count,
            "what waits; expected:\(listed(expected))\n  seen:\(listed(seen))")
    }

    func held() throws -> [Held] {
        try state.read(held)
    }

    private func held(_ transaction: StateTransaction) throws -> [Held] {
        try transaction.candidates().filter { $0.verdict == .held }.map { candidate in
            let sources = try Set(["hr", "ad"].filter { try transaction.waiting(source: $0).contains(candidate.id) })
            var changes: [String: ThingChange] = [:]
            try transaction.changeSet(candidate.id)?.forEach { change in
                changes[name(change.id)] = ThingChange(
                    before: try change.before.map { try thing($0, change.kind, source: change.source) },
                    after: try change.after.map { try thing($0, change.kind, source: change.source) })
            }
            let exports = Exports(
                hr: sources.contains("hr") ? Town() : nil, ad: sources.contains("ad") ? Directory() : nil)
            return Held(
                id: candidate.id,
                waiting: Reference.Waiting(
                    exports: exports, waitsFor: candidate.waitsFor, changes: changes,
                    brakes: candidate.brakes.map(\.name), target: candidate.target,
                    enablesAccounts: candidate.includesAccounts,
                    part: candidate.scope.map { scope in
                        Part(
                            unit: scope.unit?.key, kinds: scope.kinds.map { Set($0.map(\.name)) },
                            sources: scope.sources)
                    }))
        }
    }

    /// Equal content has an equal hash, and other content has another.
    private func compareHashes(_ transaction: StateTransaction, _ reference: Reference) throws {
        let hashes = try transaction.versions().map(\.contentHash)
        guard let last = hashes.last else { return }
        for (number, hash) in hashes.enumerated() {
            try demand(
                hash == last, equals: reference.versions[number + 1] == reference.register,
                "whether version \(number + 1) has the content of the current one")
        }
    }

    // MARK: History

    /// A version read back, on the whole and as seen on a day.
    func compareHistory(version: Int, day: Day) throws {
        try state.read { transaction in
            var seen: Things = [:]
            try transaction.forEachObject(version: version, kinds: Kind.allCases, after: nil) { place, state in
                let name = name(place.id)
                let source = reference.versions[version][name]?.source ?? ""
                seen[name] = try thing(state, place.kind, source: source)
                return true
            }
            let changes = ThingChange.between(reference.versions[version], seen)
            try demand(changes.isEmpty, "version \(version); expected -> seen:\(Self.listed(changes))")
            let view = try View(
                kinds: ["unit", "engagement", "user", "function"], attributes: nil, seesProtected: true)
            try demand(
                try snapshot(view, Position(version: version, day: day), transaction),
                equals: expected(view, Position(version: version, day: day)), "version \(version) on \(day)")
            let position = Position(version: version, day: day)
            if try transaction.isKept(position) { try transaction.demandFigures(at: position) }
        }
    }

    private func snapshot(
        _ view: View, _ position: Position, _ transaction: StateTransaction
    ) throws -> [String: [String: String]] {
        var seen: [String: [String: String]] = [:]
        let delivery = Delivery(log: transaction, source: workplace.eventSource)
        try delivery.snapshot(view: view, at: position) { _, id, fields in seen[name(id)] = self.fields(fields) }
        return seen
    }

    private func expected(_ view: View, _ position: Position) -> [String: [String: String]] {
        reference.versions[position.version].seen(
            on: position.day, kinds: Set(view.kinds.map(\.name)), attributes: Set(view.attributes))
    }

    func verify() throws {
        try demand(try state.read { try $0.verify().problems }, equals: [], "verify")
    }

    // MARK: Mailboxes

    /// A subscriber with a copy of its view.
    struct Box {
        let name: String
        let view: View
        var copy: [String: [String: String]]
        var received = 0
    }

    func open(_ view: View) throws {
        let name = "box\(boxes.count)"
        try state.write {
            _ = try $0.addMailbox(
                name, view: view, source: workplace.eventSource, actor: workplace.actor, time: workplace.time)
        }
        let start = reference.day.map { Position(version: reference.versions.count - 1, day: $0) }
        boxes.append(Box(name: name, view: view, copy: start.map { expected(view, $0) } ?? [:]))
    }

    /// Brings a copy up to date and compares it after every entry.
    func read(_ index: Int, acknowledging: Bool = false) throws {
        var box = boxes[index]
        guard workplace.today.number - (reference.day ?? workplace.today).number <= Waiting.daysToTurnMax else {
            return
        }
        _ = try MailboxRefresh(workplace: workplace, state: state, output: .process).mailbox(box.name)
        reference.turnDays()
        try state.read { transaction in
            let delivery = Delivery(log: transaction, source: workplace.eventSource)
            try delivery.events(delivery.mailbox(box.name), after: box.received, max: .max) { event in
                try demand(event.number, equals: box.received + 1, "the number of an event of \(box.name)")
                box.received = event.number
                try apply(event, to: &box)
            }
            guard let day = reference.day else { return }
            let position = Position(version: reference.versions.count - 1, day: day)
            try demand(box.copy, equals: expected(box.view, position), "\(box.name) at \(position)")
            try demand(try snapshot(box.view, position, transaction), equals: box.copy, "the snapshot at \(position)")
        }
        if acknowledging {
            try state.write { transaction in
                let delivery = Delivery(log: transaction, source: workplace.eventSource)
                _ = try delivery.acknowledge(delivery.mailbox(box.name), through: box.received)
            }
        }
        boxes[index] = box
    }

    private func apply(_ event: ChangeEvent, to box: inout Box) throws {
        switch event.content {
        case .begins: break
        case .completed:
            try demand(
                box.copy, equals: expected(box.view, event.entry.position),
                "\(box.name) after event \(event.number), at \(event.entry.position)")
        case .change(_, let id, _, let before, let after, _):
            let subject = name(id)
            try demand(before.map(fields), equals: box.copy[subject], "before of event \(event.number), \(subject)")
            box.copy[subject] = after.map(fields)
        }
    }
}

import OrganisationModel
import RegisterFixtures

/// What the program should hold, kept in dictionaries: the accepted exports, every version as a whole, pins, holds, and
/// what waits. It knows nothing of how the program does it.
struct Reference {
    /// Something that waits for a person, or for a pin.
    struct Waiting: Hashable {
        var exports = Exports()
        var waitsFor: [String]
        var changes: [String: ThingChange]
        var brakes: [String]
        /// The version that a rollback goes back to.
        var target: Int?
        var enablesAccounts = false
        var part: Part?
    }

    /// What a step leads to.
    struct Expected: Equatable {
        var verdict: String
        var waitsFor: [String] = []
        /// The code of the error that says why nothing was done.
        var refusal: String?

        static func refused(_ code: String) -> Expected {
            Expected(verdict: "", refusal: code)
        }
    }

    struct Rules {
        /// The most objects of a source and kind that may be lost at one publish.
        var removedMax = 2
        /// The sources that publish by hand only.
        var manual: Set<String> = []
        /// The most days that are turned at once.
        let daysMax: Int32 = 14
    }

    var rules = Rules()
    var today: Day
    /// The day of the register; nil before the first version.
    private(set) var day: Day?
    private(set) var accepted = Exports()
    private(set) var versions: [Things] = [[:]]
    /// The sources whose exports are in a version.
    private(set) var sources: [Set<String>] = [[]]
    private(set) var pins: Set<String> = []
    private(set) var released: Set<String> = []
    private(set) var holds: Set<String> = []
    private(set) var waiting: [Waiting] = []

    init(today: Day) {
        self.today = today
    }

    var register: Things { versions[versions.count - 1] }

    // MARK: Rules

    private func brakes(_ changes: [String: ThingChange]) -> [String] {
        guard versions.count > 1 else { return [] }
        let first = max(today, day ?? today)
        var lost: [String: Int] = [:]
        for (name, change) in changes where change.losesSomething(from: first) {
            lost["\(change.before?.source ?? "").\(kind(of: name)).removed", default: 0] += 1
        }
        return lost.filter { $0.value > rules.removedMax }.keys.sorted()
    }

    private func standing(_ sources: Set<String>) -> [String] {
        sources.intersection(holds).sorted().map { "hold:\($0)" }
            + (sources.isDisjoint(with: rules.manual) ? [] : ["manual"])
            + (today.number - (day ?? today).number > rules.daysMax ? ["day"] : [])
    }

    // MARK: Days

    mutating func turnDays() {
        if let day, day < today { self.day = today }
    }

    private mutating func publish(_ things: Things, _ sources: Set<String>) {
        day = max(day ?? today, today)
        versions.append(things)
        self.sources.append(sources)
    }

    /// Pinned is what is not as the exports ask for.
    private mutating func pin() {
        pins = Set(ThingChange.between(register, Wish(accepted).things).keys)
        released = []
    }

    // MARK: Rounds

    /// A round of exports, or of none, when pinned objects were let go.
    mutating func take(_ exports: Exports, of delivered: Set<String>) -> Expected {
        let others = overtaken(by: exports.sources)
        let result = decide(exports, delivered)
        for rest in others { _ = decide(rest, rest.sources) }
        return result
    }

    /// An import: a file that is the last accepted one to the byte is not looked at when nothing is open.
    mutating func importing(_ exports: Exports) -> Expected {
        let same = exports.sources.filter { source in
            exports.only([source]) == accepted.only([source]) && pins.isEmpty
                && !waiting.contains { $0.exports.sources.contains(source) }
        }
        return take(exports.without(same), of: exports.sources)
    }

    /// Takes what waits with an export of these sources away.
    /// - Returns: the exports of other sources among it.
    private mutating func overtaken(by sources: Set<String>) -> [Exports] {
        let old = waiting.filter { !$0.exports.sources.isDisjoint(with: sources) }
        waiting.removeAll { old.contains($0) }
        return old.map { $0.exports.without(sources) }.filter { !$0.isEmpty }
    }

    private mutating func decide(_ exports: Exports, _ delivered: Set<String>) -> Expected {
        let asked = accepted.replaced(by: exports)
        let whole = Wish(asked).things
        let changes = ThingChange.between(register, whole)
        if changes.isEmpty {
            accepted = asked
            (pins, released) = ([], [])
            waiting.removeAll(where: isRest)
            return Expected(verdict: "unchanged")
        }
        let kept = pins.subtracting(released)
        let beside = kept.isEmpty ? nil : Wish(asked, pins: kept, register: register)
        let isPinned = beside.map { $0.things != whole } ?? false
        let fired = brakes(changes)
        let standing = standing(delivered)
        if let beside, isPinned, standing.isEmpty {
            let part = ThingChange.between(register, beside.things)
            if !part.isEmpty, !beside.isBlocked, brakes(part).isEmpty {
                accepted = asked
                publish(beside.things, exports.sources)
                pin()
                keepRest()
                return Expected(verdict: "published", waitsFor: ["pin"])
            }
            if part.isEmpty, waiting.contains(where: { isRest($0) && ($0.changes, $0.brakes) == (changes, fired) }) {
                accepted = asked
                pin()
                return Expected(verdict: "unchanged", waitsFor: ["pin"])
            }
        }
        let reasons = fired.map { "brake:\($0)" } + standing + (isPinned ? ["pin"] : [])
        if reasons.isEmpty {
            accepted = asked
            publish(whole, exports.sources)
            (pins, released) = ([], [])
            waiting.removeAll(where: isRest)
            return Expected(verdict: "published")
        }
        if exports.isEmpty { waiting.removeAll(where: isRest) }
        waiting.append(Waiting(exports: exports, waitsFor: reasons, changes: changes, brakes: fired))
        return Expected(verdict: "held", waitsFor: reasons)
    }

    private func isRest(_ candidate: Waiting) -> Bool {
        candidate.exports.isEmpty && candidate.target == nil
    }

    /// What pins hold up waits as one candidate of its own.
    private mutating func keepRest() {
        let changes = ThingChange.between(register, Wish(accepted).things)
        let fired = brakes(changes)
        if waiting.contains(where: { isRest($0) && ($0.changes, $0.brakes) == (changes, fired) }) { return }
        waiting.removeAll(where: isRest)
        guard !changes.isEmpty else { return }
        waiting.append(
            Waiting(waitsFor: fired.map { "brake:\($0)" } + ["pin"], changes: changes, brakes: fired))
    }

    // MARK: People

    mutating func approve(_ candidate: Waiting) -> Expected {
        guard waiting.contains(candidate) else { return .refused("candidate.conflict") }
        if let target = candidate.target {
            guard let plan = plan(to: target, candidate.part, enablesAccounts: candidate.enablesAccounts), plan.fits
            else { return .refused("candidate.conflict") }
            let fired = brakes(plan.changes)
            guard (plan.changes, fired) == (candidate.changes, candidate.brakes) else {
                waiting.removeAll { $0.target != nil }
                waiting.append(
                    Waiting(
                        waitsFor: fired.map { "brake:\($0)" } + standing([]) + ["manual"], changes: plan.changes,
                        brakes: fired, target: target, enablesAccounts: candidate.enablesAccounts,
                        part: candidate.part))
                return .refused("candidate.conflict")
            }
            carryOut(plan)
            return Expected(verdict: "published")
        }
        let asked = accepted.replaced(by: candidate.exports)
        let whole = Wish(asked).things
        let changes = ThingChange.between(register, whole)
        if changes.isEmpty { return .refused("candidate.conflict") }
        let fired = brakes(changes)
        let isSame = (changes, fired) == (candidate.changes, candidate.brakes)
        waiting.removeAll { $0 == candidate }
        guard isSame else {
            let kept = pins.subtracting(released)
            let isPinned = !kept.isEmpty && Wish(asked, pins: kept, register: register).things != whole
            let reasons =
                fired.map { "brake:\($0)" } + standing(candidate.exports.sources) + (isPinned ? ["pin"] : [])
            waiting.append(
                Waiting(
                    exports: candidate.exports, waitsFor: reasons.isEmpty ? ["manual"] : reasons, changes: changes,
                    brakes: fired))
            return .refused("candidate.conflict")
        }
        accepted = asked
        publish(whole, candidate.exports.sources)
        (pins, released) = ([], [])
        waiting.removeAll(where: isRest)
        return Expected(verdict: "published")
    }

    private struct Plan {
        let target: Int
        let things: Things
        let changes: [String: ThingChange]
        let isPart: Bool

        /// A whole version fits together by itself.
        var fits: Bool { !isPart || things.fit }
    }

    /// The content of the older version, in which people stay protected and accounts disabled that are so now, or were when
    /// they went.
    private func plan(to target: Int, _ part: Part?, enablesAccounts: Bool) -> Plan? {
        var things = part?.restored(from: versions[target], beside: register) ?? versions[target]
        for attribute in ["addressProtected"] + (enablesAccounts ? [] : ["disabled"]) {
            for name in things.keys where lastKnown(name)?.fields[attribute] == "true" {
                things[name]?.fields[attribute] = "true"
            }
        }
        let changes = ThingChange.between(register, things)
        return changes.isEmpty ? nil : Plan(target: target, things: things, changes: changes, isPart: part != nil)
    }

    private mutating func carryOut(_ plan: Plan) {
        let undone = sources[(plan.target + 1)...].reduce(into: Set()) { $0.formUnion($1) }
        let changed = Set(plan.changes.values.compactMap { ($0.before ?? $0.after)?.source })
        holds.formUnion(plan.isPart ? undone.intersection(changed) : undone)
        publish(plan.things, [])
        pin()
        waiting.removeAll { $0.target != nil }
        keepRest()
    }

    mutating func rollBack(to target: Int, _ part: Part?, enablesAccounts: Bool, isPreview: Bool) -> Expected {
        guard target >= 1, target < versions.count - 1 else { return .refused("version.unknown") }
        guard let plan = plan(to: target, part, enablesAccounts: enablesAccounts) else {
            return .refused("candidate.conflict")
        }
        guard plan.fits else { return Expected(verdict: "rejected") }
        let fired = brakes(plan.changes)
        let reasons = fired.map { "brake:\($0)" } + standing([]) + (isPreview ? ["manual"] : [])
        guard reasons.isEmpty else {
            waiting.removeAll { $0.target != nil }
            waiting.append(
                Waiting(
                    waitsFor: reasons, changes: plan.changes, brakes: fired, target: target,
                    enablesAccounts: enablesAccounts, part: part))
            return Expected(verdict: "held", waitsFor: reasons)
        }
        carryOut(plan)
        return Expected(verdict: "published")
    }

    mutating func hold(_ source: String) {
        holds.insert(source)
    }

    /// - Returns: what became of what waited; nil when nothing did.
    mutating func release(_ source: String, exceptPinned: Bool) -> Expected? {
        let own = pins.subtracting(released).filter { self.source(of: $0) == source }
        guard holds.contains(source) || (!exceptPinned && !own.isEmpty) else {
            return .refused("candidate.conflict")
        }
        holds.remove(source)
        if !exceptPinned { released.formUnion(own) }
        return reconsider(source)
    }

    mutating func unpin(_ name: String) -> Expected? {
        guard pins.contains(name) else { return .refused("candidate.conflict") }
        released.insert(name)
        return reconsider(source(of: name))
    }

    /// The source that gave an object last, or would give it.
    private func source(of name: String) -> String {
        (lastKnown(name) ?? Wish(accepted).things[name])?.source ?? ""
    }

    private func lastKnown(_ name: String) -> Thing? {
        versions.last { $0[name] != nil }?[name]
    }

    private mutating func reconsider(_ source: String) -> Expected? {
        let held = waiting.first { $0.exports.sources.contains(source) }
        guard held != nil || !released.isEmpty else { return nil }
        return take(held?.exports ?? Exports(), of: held?.exports.sources ?? [source])
    }
}

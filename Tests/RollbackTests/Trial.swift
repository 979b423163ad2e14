import ChangeEvents
import Distribution
import Foundation
import Mapping
import OrganisationModel
import RegisterFixtures
import Storage
import Versioning

@testable import fordeler

/// The real program on a state of its own, step by step beside the reference.
final class Trial {
    /// Something that a person, a source or the calendar does.
    enum Step {
        case importing(Exports)
        case approve(Reference.Waiting)
        case rollBack(to: Int, Part? = nil, enablesAccounts: Bool = false, isPreview: Bool = false)
        case hold(String)
        case release(String, exceptPinned: Bool)
        case unpin(String)
    }

    /// A candidate that waits as the program holds it.
    struct Held {
        let id: CandidateID
        let waiting: Reference.Waiting
    }

    let folder: TemporaryFolder
    let state: State
    private(set) var workplace: Workplace
    var reference: Reference
    /// Who is who: an object keeps its id for ever.
    private(set) var names: [ObjectID: String] = [:]
    /// What was done, so that a failure tells how it came about.
    private(set) var story: [String] = []
    var boxes: [Box] = []

    init(today: Day = Trial.firstDay, manual: Set<String> = [], removedMax: Int = 2) throws {
        folder = try TemporaryFolder(isInMemory: true)
        state = try State(folder: folder.path + "/state", access: .writing)
        reference = Reference(today: today)
        reference.rules.manual = manual
        reference.rules.removedMax = removedMax
        let file = folder.path + "/fordeler.yaml"
        try Data(Self.configuration(manual: manual, removedMax: removedMax).utf8).write(
            to: URL(fileURLWithPath: file))
        workplace = Workplace(
            configuration: try Configuration(file: file), today: today, time: StateTransaction.timeFixture,
            actor: Actor("test"))
    }

    static let firstDay = Day(number: 20_000)

    private static func configuration(manual: Set<String>, removedMax: Int) -> String {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let sources = [("hr", "kmd-opus"), ("ad", "ad-users-csv")].map { name, mapping in
            let mode = manual.contains(name) ? "manual" : "automatic"
            return "  \(name): {mapping: \"\(root.path)/Mappings/\(mapping).yaml\", publish: \(mode)}\n"
        }.joined()
        return """
            state: state
            timeZone: Europe/Copenhagen
            authority: {name: Søløkke, cvr: "99000001"}
            brakes: {removed: \(removedMax), removed7Days: off, moved: off, unprotected: off, unprotected7Days: off, damaged: off, reassigned: off, changed: off}
            sources:
            \(sources)
            """
    }

    // MARK: Steps

    func advance(days: Int32) {
        let today = workplace.today.advanced(by: days)
        workplace = Workplace(
            configuration: workplace.configuration, today: today, time: workplace.time, actor: workplace.actor)
        reference.today = today
        story.append("it is \(today)")
    }

    /// Does it, expects what the reference expects, and compares everything.
    @discardableResult
    func run(_ step: Step) throws -> Reference.Expected? {
        let expected = Self.foresee(step, &reference)
        story.append("\(told(step)) -> expected \(expected.map { "\($0)" } ?? "nothing")")
        let seen = try perform(step)
        try demand(seen, equals: expected, "what came of it")
        try compare()
        return expected
    }

    /// What the reference makes of a step.
    static func foresee(_ step: Step, _ reference: inout Reference) -> Reference.Expected? {
        switch step {
        case .importing(let exports): return reference.importing(exports)
        case .approve(let candidate): return reference.approve(candidate)
        case .rollBack(let target, let part, let enables, let isPreview):
            return reference.rollBack(to: target, part, enablesAccounts: enables, isPreview: isPreview)
        case .hold(let source):
            reference.hold(source)
            return nil
        case .release(let source, let exceptPinned): return reference.release(source, exceptPinned: exceptPinned)
        case .unpin(let name): return reference.unpin(name)
        }
    }

    private func perform(_ step: Step) throws -> Reference.Expected? {
        do {
            return try outcome(of: step).map { outcome in
                let candidate = outcome.candidate
                return Reference.Expected(verdict: candidate.verdict.rawValue, waitsFor: candidate.waitsFor)
            }
        } catch let error as FordelerError {
            return .refused(error.code.name)
        }
    }

    private func outcome(of step: Step) throws -> Outcome? {
        switch step {
        case .importing(let exports):
            let deliveries = try write(exports).map {
                ImportRun.Delivery(source: try workplace.configuration.source($0.source), paths: [$0.path])
            }
            return try ImportRun(workplace: workplace, state: state).run(deliveries)
        case .approve(let waiting):
            guard let held = try held().first(where: { $0.waiting == told(waiting) }) else {
                throw Mismatch("the candidate to approve is not there")
            }
            _ = try Approval(workplace: workplace, state: state).publish(held.id, reason: "yes")
            let candidate = try state.read { try $0.candidate(held.id) }
            guard let candidate else { throw Mismatch("candidate:\(held.id) is gone") }
            return Outcome(candidate: candidate, version: 0)
        case .rollBack(let target, let part, let enables, let isPreview):
            let goal = Rollback.Goal(target: target, includesAccounts: enables, scope: try part.flatMap(scope))
            return try Rollback(workplace: workplace, state: state).run(goal, reason: "wrong", isPreview: isPreview)
                .outcome
        case .hold(let source):
            try Release(workplace: workplace, state: state).hold(source, reason: "look first")
            return nil
        case .release(let source, let exceptPinned):
            return try Release(workplace: workplace, state: state).release(source, exceptPinned: exceptPinned).first
        case .unpin(let name):
            guard let id = names.first(where: { $0.value == name })?.key else { throw Mismatch("\(name) has no id") }
            return try Release(workplace: workplace, state: state).unpin([id], reason: "yes").first
        }
    }

    func write(_ exports: Exports) throws -> [(source: String, path: String)] {
        learn(Wish(reference.accepted.replaced(by: exports)).things)
        return try ["hr", "ad"].compactMap { source in
            guard let text = exports.text(source) else { return nil }
            let path = folder.path + "/" + (source == "hr" ? "hr.xml" : "ad.csv")
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            return (source, path)
        }
    }

    private func scope(_ part: Part) throws -> RollbackScope? {
        let unit = try part.unit.map { key in
            guard let id = names.first(where: { $0.value == "unit/\(key)" })?.key else {
                throw Mismatch("unit \(key) has no id")
            }
            return RollbackScope.Unit(id: id, key: key)
        }
        return RollbackScope(
            unit: unit, kinds: part.kinds.map { Set($0.compactMap(Kind.init(name:))) }, sources: part.sources)
    }

    // MARK: Names

    private func learn(_ things: Things) {
        let identity = workplace.identity(state)
        for (name, thing) in things {
            let key = String(name.drop { $0 != "/" }.dropFirst())
            let computed = Kind(name: kind(of: name)).map { identity.id(kind: $0, source: thing.source, key: key) }
            if let id = thing.source == "ad" ? ObjectID(key) : computed { names[id] = name }
        }
    }

    func name(_ id: ObjectID) -> String {
        names[id] ?? id.description
    }

    func fields(_ fields: [StatePeriod.Field]) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: fields.map { field in
                if case .reference(let id) = field.value { return (field.attribute.name, name(id)) }
                return (field.attribute.name, field.value.description)
            })
    }

    func thing(_ state: ObjectState, _ kind: Kind, source: String) throws -> Thing {
        let periods = state.periods(Schema.standard[kind])
        guard let period = periods.first, periods.count == 1 else { throw Mismatch("an object with \(periods)") }
        return Thing(
            source: source, from: period.period.from, to: period.period.to, fields: fields(period.fields))
    }

    // MARK: Telling

    /// A candidate as it is compared: of its exports only the sources are stored in plain sight.
    func told(_ waiting: Reference.Waiting) -> Reference.Waiting {
        var told = waiting
        told.exports = Exports(
            hr: waiting.exports.hr.map { _ in Town() }, ad: waiting.exports.ad.map { _ in Directory() })
        return told
    }

    private func told(_ step: Step) -> String {
        switch step {
        case .importing(let exports):
            let changes = ThingChange.between(
                Wish(reference.accepted).things, Wish(reference.accepted.replaced(by: exports)).things)
            return "import \(exports.sources.sorted()) asking for \(Self.listed(changes))"
        case .approve(let waiting):
            return "approve of \(waiting.exports.sources.sorted()) to \(waiting.target ?? 0) \(waiting.waitsFor)"
        default: return "\(step)"
        }
    }

    static func listed(_ changes: [String: ThingChange]) -> String {
        changes.sorted { $0.key < $1.key }.map { "\n      \($0.key): \($0.value)" }.joined()
    }
}

import ArgumentParser
import ChangeEvents
import OrganisationModel
import Storage
import Versioning

struct Prune: Command {
    static let configuration = CommandConfiguration(
        abstract: "Take away what retention keeps no more, and give the room back.",
        discussion: """
            The daemon does this each night. What goes, and for how long it stays, is said by retention: in the configuration. \
            Nothing goes that a mailbox has not settled or that a candidate waits for.

            Examples:
              fordeler prune --dry-run
              fordeler prune --json
            """)

    @Flag(help: "Only list what would go, and what keeps older versions.")
    var dryRun = false

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.writing

    func run(in session: Session) throws {
        let state = try session.state(.writing)
        if !dryRun { try ViewCounting(state).run() }
        let pruning = Pruning(workplace: session.workplace, state: state)
        let report = dryRun ? nil : try pruning.run()
        guard let plan = try report?.plan ?? pruning.plan() else {
            guard !json else { return session.output.line("{}") }
            let isOff = session.workplace.configuration.retention == nil
            return session.output.line("\(isOff ? "retention is off" : "there is no version yet"): everything stays")
        }
        if !dryRun { _ = try pruning.refresh() }
        if json { session.output.line(text(plan, report?.states)) } else { lines(plan).forEach(session.output.line) }
    }

    private func lines(_ plan: PruningPlan) -> [String] {
        let versions = plan.versions
        var going = versions.isEmpty ? [] : ["versions \(versions.lowerBound) to \(plan.oldest - 1)"]
        for (count, name) in [
            (plan.candidates.count, "candidates"), (plan.runs.count, "runs of files"), (plan.notices, "notices"),
        ] where count > 0 { going.append("\(count) \(name)") }
        let what = going.isEmpty ? "nothing" : going.joined(separator: ", ")
        return ["\(dryRun ? "would go" : "gone"): \(what)", "the oldest version that is kept: \(plan.oldest)"]
            + plan.heldBy.map { "older ones are kept for \($0.who), from version \(max(1, $0.version)) on" }
    }

    private func text(_ plan: PruningPlan, _ states: Int?) -> String {
        var line = JSONBytes()
        line.object { line in
            line.pair("oldest", plan.oldest)
            line.pair("versions", plan.versions.count)
            line.key("candidates")
            line.array { line in for candidate in plan.candidates { line.value(candidate.description) } }
            line.key("runs")
            line.array { line in for run in plan.runs { line.value(run) } }
            line.pair("notices", plan.notices)
            if let states { line.pair("states", states) }
            line.key("heldBy")
            line.array { line in
                for need in plan.heldBy {
                    line.object { line in
                        line.pair("who", need.who)
                        line.pair("version", max(1, need.version))
                    }
                }
            }
        }
        return line.text
    }
}

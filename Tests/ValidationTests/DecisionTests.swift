import OrganisationModel
import Testing
import Versioning

struct DecisionTests {
    struct Case: Sendable {
        let fates: [Fate]
        var hasChanges = true
        var modes: [PublishMode] = [.automatic]
        var days: Int32 = 1
        let verdict: Verdict
        var waitsFor: [String] = []
    }

    @Test(arguments: [
        Case(fates: [], verdict: .published),
        Case(fates: [.none, .withhold], verdict: .published),
        Case(fates: [], modes: [.automatic, .automatic], days: 14, verdict: .published),
        Case(fates: [], days: 0, verdict: .published),
        Case(fates: [], days: -3, verdict: .published),
        Case(fates: [], days: 15, verdict: .held, waitsFor: ["day"]),
        Case(fates: [], modes: [.manual], verdict: .held, waitsFor: ["manual"]),
        Case(fates: [.withhold], modes: [.automatic, .manual], verdict: .held, waitsFor: ["manual"]),
        Case(fates: [], modes: [.manual], days: 400, verdict: .held, waitsFor: ["manual", "day"]),
        Case(fates: [], hasChanges: false, verdict: .unchanged),
        Case(fates: [.withhold], hasChanges: false, modes: [.manual], days: 400, verdict: .unchanged),
        Case(fates: [.block], verdict: .rejected),
        Case(fates: [.none, .block, .withhold], hasChanges: false, modes: [.manual], days: 400, verdict: .rejected),
    ])
    func decision_followsFindingsChangesModesAndDays(_ one: Case) {
        let findings = one.fates.map { fate in
            Finding(
                rule: Rule("a.b", .error, fate), kind: nil, key: "",
                location: SourceLocation(source: "s", file: "f", line: 1),
                message: "m")
        }
        let decision = Decision(
            whole: Decision.Plan(findings: findings, hasChanges: one.hasChanges, brakes: []), beside: nil,
            standing: Waiting.standing(modes: one.modes, holds: [], daysToTurn: one.days))
        #expect(decision.verdict == one.verdict && decision.waitsFor.map(\.name) == one.waitsFor)
    }

    @Test func findingCounts_standWorstFirst_thenByRule() {
        func finding(_ code: String, _ severity: Severity) -> Finding {
            Finding(
                rule: Rule(code, severity, .none), kind: nil, key: "",
                location: SourceLocation(source: "s", file: "f", line: 1),
                message: "m")
        }
        let counts = FindingCount.counts(
            of: [
                finding("z", .warning), finding("b", .error), finding("i", .info), finding("a", .error),
                finding("z", .warning),
            ])
        #expect(
            counts.map { "\($0.rule) \($0.severity) \($0.count)" } == [
                "a error 1", "b error 1", "z warning 2", "i info 1",
            ])
    }

    @Test func candidate_ending_keepsEverythingElse() {
        let candidate = Candidate(
            id: CandidateID(3), base: 2, verdict: .held, waitsFor: ["manual"], version: nil, counts: ChangeCounts(),
            planHash: [1],
            sources: [:], findingCounts: [], findingsFrom: CandidateID(3), actor: Actor("a"), time: "t")
        let ended = candidate.ending(.published, version: 3)
        #expect(ended.verdict == .published && ended.version == 3 && ended.waitsFor.isEmpty)
        #expect(ended.id == candidate.id && ended.planHash == [1] && ended.base == 2)
    }
}

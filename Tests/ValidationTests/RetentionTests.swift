import OrganisationModel
import Testing
import Versioning

/// Which versions and candidates may go.
struct RetentionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var versions = 400
        var days = 730
        /// The day of each version, before today.
        var ago: [Int32] = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
        var needs: [Int] = []
        var kept = 1
        let oldest: Int
        var holding: [Int] = []
    }

    static let cases = [
        Case(testDescription: "nothing was published", ago: [], oldest: 1),
        Case(testDescription: "as much as there is", oldest: 1),
        Case(testDescription: "the newest three", versions: 3, days: 1, oldest: 8),
        Case(testDescription: "the current one at least", versions: 1, days: 1, ago: [90, 80], oldest: 2),
        Case(testDescription: "the days keep more", versions: 1, days: 4, oldest: 5),
        Case(
            testDescription: "the one that was current when the first day began", versions: 1, days: 7,
            ago: [50, 30, 2], oldest: 2),
        Case(testDescription: "several of one day", versions: 2, days: 1, ago: [5, 5, 1, 1, 1, 0], oldest: 2),
        Case(testDescription: "a mailbox that is slow", versions: 2, days: 1, needs: [4, 9], oldest: 4, holding: [4]),
        Case(
            testDescription: "a rollback that waits", versions: 2, days: 1, needs: [6, 3, 6], oldest: 3,
            holding: [3, 6, 6]),
        Case(testDescription: "what was before version 1", versions: 2, days: 1, needs: [0], oldest: 1, holding: [0]),
        Case(testDescription: "the need of one that stays anyway", versions: 5, days: 1, needs: [6, 10], oldest: 6),
        Case(testDescription: "what went does not come back", versions: 400, kept: 7, oldest: 7),
        Case(testDescription: "more than can be", versions: 1_000_000, days: 1_000_000, oldest: 1),
    ]

    @Test(arguments: cases) func edge_isTheOldestThatAnythingKeeps(_ one: Case) {
        var retention = Retention()
        (retention.versions, retention.days) = (one.versions, one.days)
        let today = Day(number: 20_000)
        let edge = retention.edge(
            published: one.ago.map { today.advanced(by: -$0) }, today: today,
            needs: one.needs.map { Retention.Need("n", version: $0) }, kept: one.kept)
        #expect(edge.oldest == one.oldest)
        #expect(edge.heldBy.map(\.version) == one.holding)
    }

    @Test func edge_namesTheOldestNeedFirst() {
        var retention = Retention()
        (retention.versions, retention.days) = (1, 1)
        let day = Day(number: 20_000)
        let edge = retention.edge(
            published: Array(repeating: day.advanced(by: -5), count: 9), today: day,
            needs: [Retention.Need("b", version: 4), Retention.Need("c", version: 2), Retention.Need("a", version: 4)])
        #expect(edge.heldBy.map(\.who) == ["c", "a", "b"] && edge.oldest == 2)
    }

    // MARK: Candidates

    private func candidate(
        _ number: Int, _ verdict: Verdict, version: Int? = nil, cause: Cause = .import, findingsFrom: Int? = nil,
        time: String = "2026-01-01"
    ) -> Retention.KnownCandidate {
        Retention.KnownCandidate(
            id: CandidateID(number), verdict: verdict, version: version, cause: cause,
            findingsFrom: CandidateID(findingsFrom ?? number), time: time)
    }

    private func going(
        _ candidates: [Retention.KnownCandidate], oldest: Int = 1, referred: Set<CandidateID> = []
    ) -> [[Int]] {
        let going = Retention.going(candidates, before: "2026-02-01", oldest: oldest, referred: referred)
        return [going.candidates.map(\.number), going.findings.map(\.number)]
    }

    @Test func candidates_decidedLongAgoGo_othersStay() {
        let all = [
            candidate(1, .rejected), candidate(2, .superseded), candidate(3, .unchanged), candidate(4, .held),
            candidate(5, .published, version: 1), candidate(6, .rejected, time: "2026-02-01"), candidate(7, .rejected),
        ]
        #expect(going(all) == [[1, 2, 3], []])
        #expect(going(all, referred: [CandidateID(2)]) == [[1, 3], []])
    }

    @Test func candidate_lastOfAll_staysSoThatNoNumberComesAgain() {
        #expect(going([candidate(1, .rejected), candidate(2, .rejected)]) == [[1], []])
        #expect(going([]) == [[], []])
    }

    @Test func candidates_whoseFindingsOthersShow_stay() {
        let all = [
            candidate(1, .unchanged), candidate(2, .unchanged, findingsFrom: 1, time: "2026-03-01"),
            candidate(3, .published, version: 1),
        ]
        #expect(going(all) == [[], []])
    }

    @Test func findings_goWithTheirVersion_unlessTheyAreTheLastAcceptedOnes() {
        let all = [
            candidate(1, .published, version: 1), candidate(2, .published, version: 2),
            candidate(3, .published, version: 3, cause: .rollback),
            candidate(4, .published, version: 4, cause: .rollback),
        ]
        #expect(going(all, oldest: 4) == [[], [1, 3]])
        #expect(going(all, oldest: 2) == [[], [1]])
    }
}

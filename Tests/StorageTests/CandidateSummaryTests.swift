import OrganisationModel
import Testing
import Versioning

@testable import Storage

struct CandidateSummaryTests {
    @Test func summaryOfAnEarlierProgram_hasNoScope() throws {
        let summary = try CandidateSummary(
            json: """
                {"brakes":[],"cause":"rollback","counts":{},"findings":[],"findingsFrom":7,"includesAccounts":true,
                "sources":{},"target":3,"waitsFor":["manual"]}
                """)
        #expect(summary.target == 3 && summary.includesAccounts && summary.scope == nil)
    }

    @Test(arguments: [
        RollbackScope(
            unit: RollbackScope.Unit(id: ObjectID(high: 1, low: 2), key: "402"), kinds: [.user, .unit],
            sources: ["hr", "ad"]),
        RollbackScope(unit: nil, kinds: nil, sources: ["hr"]), RollbackScope(unit: nil, kinds: [.task], sources: nil),
        nil,
    ])
    func scope_isReadAsItWasWritten(scope: RollbackScope?) throws {
        let candidate = Candidate(
            id: CandidateID(1), base: 4, verdict: .held, waitsFor: [], cause: .rollback, target: 3, scope: scope,
            version: nil, counts: ChangeCounts(), planHash: [], sources: [:], findingCounts: [],
            findingsFrom: CandidateID(1), actor: Actor("test"), time: "")
        let json = try CandidateSummary(candidate).json()
        #expect(try CandidateSummary(json: json).scope?.scope == scope)
        #expect(json.contains("scope") == (scope != nil))
    }
}

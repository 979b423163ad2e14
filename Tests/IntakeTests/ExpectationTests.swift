import Foundation
import Intake
import Testing

struct ExpectationTests {
    private let long = "2026-01-01T00:00:00+01:00"

    private func missed(
        _ texts: [String], at now: String, last: String?, since: String? = nil, closed: [String] = []
    ) throws -> String? {
        let due = try Expectation(parsing: texts).missed(
            at: LocalClock.instant(now), lastReceived: last.map(LocalClock.instant),
            since: LocalClock.instant(since ?? long), closed: ClosedHours(parsing: closed),
            in: LocalClock.copenhagen)
        return LocalClock.text(due)
    }

    @Test func fileSinceTheDueBefore_isEnough() throws {
        // 2 March 2026 is a Monday.
        #expect(try missed(["06:00"], at: "2026-03-03T06:00:00+01:00", last: "2026-03-02T06:00:01+01:00") == nil)
        #expect(try missed(["06:00"], at: "2026-03-03T05:59:59+01:00", last: "2026-03-01T06:00:01+01:00") == nil)
    }

    @Test func noFileSinceTheDueBefore_isToldOnceForEachDue() throws {
        let last = "2026-03-02T05:00:00+01:00"
        let tuesday = "2026-03-03T06:00:00+01:00"
        // A file at the due itself came for that due.
        #expect(try missed(["06:00"], at: tuesday, last: "2026-03-02T06:00:00+01:00") == tuesday)
        #expect(try missed(["06:00"], at: tuesday, last: tuesday) == nil)
        #expect(try missed(["06:00"], at: tuesday, last: last) == tuesday)
        #expect(try missed(["06:00"], at: "2026-03-04T05:59:59+01:00", last: last) == tuesday)
        #expect(
            try missed(["06:00"], at: "2026-03-04T06:00:00+01:00", last: last) == "2026-03-04T06:00:00+01:00")
        // A late file ends the alarm.
        #expect(
            try missed(["06:00"], at: "2026-03-03T09:00:00+01:00", last: "2026-03-03T08:00:00+01:00") == nil)
    }

    @Test func severalTimes_eachAskForAFileSinceTheOneBefore() throws {
        let times = ["06:00", "18:00"]
        let morning = "2026-03-03T05:00:00+01:00"
        #expect(try missed(times, at: "2026-03-03T17:00:00+01:00", last: morning) == nil)
        #expect(try missed(times, at: "2026-03-03T18:00:00+01:00", last: morning) == "2026-03-03T18:00:00+01:00")
    }

    @Test func closedDays_haveNoDues() throws {
        let weekend = ["Saturday-Sunday"]
        let friday = "2026-03-06T07:00:00+01:00"
        #expect(try missed(["06:00"], at: "2026-03-08T12:00:00+01:00", last: friday, closed: weekend) == nil)
        // Monday asks for a file since Friday.
        #expect(try missed(["06:00"], at: "2026-03-09T06:00:00+01:00", last: friday, closed: weekend) == nil)
        let early = "2026-03-06T05:00:00+01:00"
        #expect(
            try missed(["06:00"], at: "2026-03-09T06:00:00+01:00", last: early, closed: weekend)
                == "2026-03-09T06:00:00+01:00")
        // A closed night closes no day.
        #expect(
            try missed(["06:00"], at: "2026-03-08T12:00:00+01:00", last: early, closed: ["22:00-07:00"])
                == "2026-03-08T06:00:00+01:00")
        #expect(try missed(["06:00"], at: "2026-03-08T12:00:00+01:00", last: nil, closed: ["00:00-24:00"]) == nil)
    }

    @Test func sourceThatIsNew_isExpectedFromItsFirstDueOn() throws {
        let since = "2026-03-03T06:00:00+01:00"
        #expect(try missed(["06:00"], at: "2026-03-04T05:00:00+01:00", last: nil, since: since) == nil)
        #expect(
            try missed(["06:00"], at: "2026-03-04T06:00:00+01:00", last: nil, since: since)
                == "2026-03-04T06:00:00+01:00")
        #expect(try missed(["every 26h"], at: "2026-03-04T07:59:59+01:00", last: nil, since: since) == nil)
        #expect(
            try missed(["every 26h"], at: "2026-03-04T08:00:00+01:00", last: nil, since: since)
                == "2026-03-04T08:00:00+01:00")
        // What came before it was known does not make it late.
        #expect(
            try missed(["every 26h"], at: "2026-03-03T12:00:00+01:00", last: "2026-02-01T00:00:00Z", since: since)
                == nil)
    }

    @Test func interval_countsFromTheLastFile() throws {
        let last = "2026-03-02T05:00:00+01:00"
        #expect(try missed(["every 26h"], at: "2026-03-03T06:59:59+01:00", last: last) == nil)
        let due = "2026-03-03T07:00:00+01:00"
        #expect(try missed(["every 26h"], at: due, last: last) == due)
        #expect(try missed(["every 26h"], at: "2026-03-20T00:00:00Z", last: last) == due)
        #expect(try missed(["every 7d"], at: "2026-03-09T05:00:00+01:00", last: last) == "2026-03-09T05:00:00+01:00")
        #expect(try missed(["every 90m"], at: "2026-03-02T06:30:00+01:00", last: last) == "2026-03-02T06:30:00+01:00")
    }

    @Test func switchDays_haveOneDueEach() throws {
        #expect(
            try missed(["02:30"], at: "2026-03-29T03:00:00+02:00", last: "2026-03-28T02:30:00+01:00")
                == "2026-03-29T03:00:00+02:00")
        #expect(
            try missed(["02:30"], at: "2026-10-25T02:45:00+01:00", last: "2026-10-24T02:00:00+02:00")
                == "2026-10-25T02:30:00+02:00")
        #expect(try missed(["02:30"], at: "2026-10-26T03:00:00+01:00", last: "2026-10-25T02:15:00+01:00") == nil)
    }

    @Test(arguments: ["06:00", "every 1h"]) func fileFromTheFarFuture_doesNotSilenceTheAlarm(_ text: String) throws {
        #expect(try missed([text], at: "2026-03-03T07:00:00+01:00", last: "2036-01-01T00:00:00Z") != nil)
        // A clock that was set back a little does not raise it.
        #expect(try missed([text], at: "2026-03-03T07:00:00+01:00", last: "2026-03-03T09:00:00+01:00") == nil)
    }

    @Test(arguments: ["every 32d", "every 745h", "every 0d", "every 1w", "6:00", "every 00000001m"])
    func textThatSaysNoExpectation_isAMistake(_ text: String) throws {
        #expect(LocalClock.mistake { _ = try Expectation(parsing: [text]) } != nil)
        _ = try Expectation(parsing: ["every 31d"])
        _ = try Expectation(parsing: ["every 744h"])
    }
}

import Foundation
import Intake
import Testing

struct ClosedHoursTests {
    private let zone = LocalClock.copenhagen

    private func isClosed(_ texts: [String], _ now: String) throws -> Bool {
        try ClosedHours(parsing: texts).isClosed(at: LocalClock.instant(now), in: zone)
    }

    private func opening(_ texts: [String], _ now: String) throws -> String? {
        try LocalClock.text(ClosedHours(parsing: texts).nextOpening(atOrAfter: LocalClock.instant(now), in: zone))
    }

    private func isOpenDay(_ texts: [String], _ day: String) throws -> Bool {
        try ClosedHours(parsing: texts).isOpenDay(LocalClock.day(day), in: zone)
    }

    @Test func noHours_areNeverClosed() throws {
        let now = try LocalClock.instant("2026-03-07T12:00:00Z")
        #expect(!ClosedHours.none.isClosed(at: now, in: zone))
        #expect(ClosedHours.none.nextOpening(atOrAfter: now, in: zone) == now)
        #expect(try ClosedHours.none == ClosedHours(parsing: []) && isOpenDay([], "2026-03-07"))
    }

    @Test func weekdays_areClosedFromMidnightToMidnight() throws {
        // 7 March 2026 is a Saturday.
        for (now, expected) in [
            ("2026-03-06T23:59:59+01:00", false), ("2026-03-07T00:00:00+01:00", true),
            ("2026-03-08T23:59:59+01:00", true), ("2026-03-09T00:00:00+01:00", false),
        ] {
            #expect(try isClosed(["Saturday-Sunday"], now) == expected, "\(now)")
        }
        #expect(try opening(["saturday", "SUNDAY"], "2026-03-07T12:00:00Z") == "2026-03-09T00:00:00+01:00")
        #expect(try opening(["Friday-Monday"], "2026-03-07T12:00:00Z") == "2026-03-10T00:00:00+01:00")
        #expect(try !isOpenDay(["Saturday-Sunday"], "2026-03-08") && isOpenDay(["Saturday-Sunday"], "2026-03-09"))
        #expect(try !isOpenDay(["Thursday"], "1970-01-01") && !isOpenDay(["Wednesday"], "1969-12-31"))
    }

    @Test func timeOverMidnight_belongsToTheDayOnWhichItBegins() throws {
        let friday = ["Friday 22:00-05:00"]
        #expect(try !isClosed(friday, "2026-03-06T04:00:00+01:00"))
        #expect(try isClosed(friday, "2026-03-06T22:00:00+01:00") && isClosed(friday, "2026-03-07T04:59:59+01:00"))
        #expect(try !isClosed(friday, "2026-03-07T05:00:00+01:00"))
        #expect(try opening(["22:00-05:00"], "2026-03-06T23:00:00+01:00") == "2026-03-07T05:00:00+01:00")
        #expect(try isOpenDay(["22:00-05:00"], "2026-03-06"))
        #expect(try isClosed(["16:00-00:00"], "2026-03-06T23:59:59+01:00"))
        #expect(try opening(["16:00-24:00"], "2026-03-06T23:00:00+01:00") == "2026-03-07T00:00:00+01:00")
    }

    @Test func dates_areClosedToTheEndOfTheLast() throws {
        let christmas = ["2026-12-24..2026-12-26", "2027-01-01"]
        #expect(try opening(christmas, "2026-12-24T00:00:00+01:00") == "2026-12-27T00:00:00+01:00")
        #expect(try !isOpenDay(christmas, "2027-01-01") && isOpenDay(christmas, "2027-01-02"))
        #expect(try isClosed(["2026-12-24 12:00-20:00"], "2026-12-24T12:00:00+01:00"))
        #expect(try !isClosed(["2026-12-24 12:00-20:00"], "2026-12-25T12:00:00+01:00"))
    }

    @Test func hoursThatTouch_areOne() throws {
        let texts = ["Friday 16:00-24:00", "Saturday-Sunday", "Monday 00:00-06:00", "22:00-05:00"]
        #expect(try opening(texts, "2026-03-06T17:00:00+01:00") == "2026-03-09T06:00:00+01:00")
        #expect(try !isOpenDay(["00:00-12:00", "11:00-24:00"], "2026-03-06"))
    }

    @Test func hoursWithoutEnd_haveNoOpening() throws {
        let now = "2026-03-06T12:00:00Z"
        for texts in [["Monday-Sunday"], ["00:00-24:00"], ["12:00-00:00", "00:00-12:00"], ["2026-01-01..2030-01-01"]] {
            #expect(try opening(texts, now) == nil && isClosed(texts, now) && !isOpenDay(texts, "2026-06-01"))
        }
        #expect(try opening(["2026-01-01..2027-03-06"], now) == "2027-03-07T00:00:00+01:00")
    }

    @Test func switchDays_closeWholeHours() throws {
        // The hour that comes twice is closed both times, the one that is left out closes nothing.
        #expect(try opening(["02:00-03:00"], "2026-10-25T02:00:00+02:00") == "2026-10-25T03:00:00+01:00")
        #expect(try isClosed(["02:00-03:00"], "2026-10-25T02:30:00+01:00"))
        #expect(try !isClosed(["02:00-03:00"], "2026-03-29T03:00:00+02:00"))
        #expect(try !isClosed(["02:00-03:00"], "2026-03-29T01:59:59+01:00"))
        #expect(try opening(["22:00-02:30"], "2026-03-28T23:00:00+01:00") == "2026-03-29T03:00:00+02:00")
        #expect(try opening(["Sunday"], "2026-03-29T00:00:00+01:00") == "2026-03-30T00:00:00+02:00")
    }

    @Test(arguments: [
        "", " ", "Caturday", "Saturday-", "-Sunday", "Saturday-Sunday-Monday", "22:00", "22:00-", "22:00-22:00",
        "22:00-25:00", "24:00-05:00", "2026-02-30", "2026-12-26..2026-12-24", "2026-12-24..", "..2026-12-24",
        "2026-12-24...2026-12-26", "22:00-05:00 Saturday", "Saturday  22:00-05:00", "Saturday 22:00-05:00 x",
        "Saturday Sunday", "Saturday,Sunday", "22:00-05:00\n",
    ])
    func textThatSaysNoHours_isAMistake(_ text: String) {
        let message = LocalClock.mistake { _ = try ClosedHours(parsing: ["Sunday", text]) }
        #expect(message?.contains("are no hours") ?? false)
    }
}

import Foundation
import Intake
import OrganisationModel
import Testing

struct ScheduleTests {
    private let zone = LocalClock.copenhagen

    private func latest(_ texts: [String], _ now: String) throws -> String? {
        try LocalClock.text(Schedule(parsing: texts).latestDue(atOrBefore: LocalClock.instant(now), in: zone))
    }

    private func next(_ texts: [String], _ now: String) throws -> String? {
        try LocalClock.text(Schedule(parsing: texts).nextDue(after: LocalClock.instant(now), in: zone))
    }

    @Test func onArrival_isNeverDue() throws {
        let now = try LocalClock.instant("2026-03-02T12:00:00Z")
        #expect(Schedule.onArrival.latestDue(atOrBefore: now, in: zone) == nil)
        #expect(Schedule.onArrival.nextDue(after: now, in: zone) == nil)
    }

    @Test func timeOfDay_isDueOnceADay() throws {
        #expect(try latest(["02:30"], "2026-03-02T02:29:59+01:00") == "2026-03-01T02:30:00+01:00")
        #expect(try latest(["02:30"], "2026-03-02T02:30:00+01:00") == "2026-03-02T02:30:00+01:00")
        #expect(try next(["02:30"], "2026-03-02T02:29:59+01:00") == "2026-03-02T02:30:00+01:00")
        #expect(try next(["02:30"], "2026-03-02T02:30:00+01:00") == "2026-03-03T02:30:00+01:00")
    }

    @Test func severalTimes_areDueInTheirOrder() throws {
        let times = ["18:00", "00:00", "06:15"]
        #expect(try next(times, "2026-03-02T05:00:00+01:00") == "2026-03-02T06:15:00+01:00")
        #expect(try next(times, "2026-03-02T18:00:00+01:00") == "2026-03-03T00:00:00+01:00")
        #expect(try latest(times, "2026-03-02T05:00:00+01:00") == "2026-03-02T00:00:00+01:00")
        #expect(try latest(times, "2026-03-02T23:59:59+01:00") == "2026-03-02T18:00:00+01:00")
    }

    @Test func timeThatIsLeftOut_isDueAtTheFirstInstantAfterTheGap() throws {
        #expect(try next(["02:30"], "2026-03-28T12:00:00+01:00") == "2026-03-29T03:00:00+02:00")
        #expect(try latest(["02:30"], "2026-03-29T01:59:59+01:00") == "2026-03-28T02:30:00+01:00")
        #expect(try latest(["02:30"], "2026-03-29T03:00:00+02:00") == "2026-03-29T03:00:00+02:00")
        #expect(try next(["02:30"], "2026-03-29T03:00:00+02:00") == "2026-03-30T02:30:00+02:00")
        // All times in the gap are one instant.
        let times = ["02:00", "02:59", "03:00", "03:01"]
        #expect(try next(times, "2026-03-29T00:00:00+01:00") == "2026-03-29T03:00:00+02:00")
        #expect(try next(times, "2026-03-29T03:00:00+02:00") == "2026-03-29T03:01:00+02:00")
    }

    @Test func timeThatComesTwice_isDueTheFirstTimeOnly() throws {
        #expect(try next(["02:30"], "2026-10-25T00:00:00+02:00") == "2026-10-25T02:30:00+02:00")
        #expect(try next(["02:30"], "2026-10-25T02:30:00+02:00") == "2026-10-26T02:30:00+01:00")
        #expect(try latest(["02:30"], "2026-10-25T02:30:00+01:00") == "2026-10-25T02:30:00+02:00")
        #expect(try next(["03:00"], "2026-10-25T02:30:00+02:00") == "2026-10-25T03:00:00+01:00")
    }

    @Test func interval_isAMultipleSince1970() throws {
        #expect(try latest(["every 15m"], "2026-03-02T12:14:59Z") == "2026-03-02T13:00:00+01:00")
        #expect(try next(["every 15m"], "2026-03-02T12:15:00Z") == "2026-03-02T13:30:00+01:00")
        #expect(try next(["every 2h"], "2026-03-29T00:30:00Z") == "2026-03-29T04:00:00+02:00")
        #expect(try next(["every 24h"], "2026-03-02T12:00:00Z") == "2026-03-03T01:00:00+01:00")
        #expect(try latest(["every 24h"], "1969-12-31T12:00:00Z") == "1969-12-31T01:00:00+01:00")
    }

    /// Over three years, in zones that leave out or repeat hours at midnight, or half hours.
    @Test(arguments: ["Europe/Copenhagen", "Africa/Cairo", "America/Havana", "Australia/Lord_Howe", "Atlantic/Azores"])
    func dues_comeOncePerDayAndTime(_ name: String) throws {
        let zone = try #require(TimeZone(identifier: name))
        let schedule = try Schedule(parsing: ["00:00", "00:30", "02:15", "14:00", "23:45"])
        var now = try LocalClock.instant("2025-01-01T12:00:00Z")
        let end = now + 1095 * 86_400
        var count = 0
        while let due = schedule.nextDue(after: now, in: zone), due < end {
            try #require(due > now && schedule.latestDue(atOrBefore: due, in: zone) == due)
            #expect(schedule.latestDue(atOrBefore: due - 1, in: zone) ?? .distantPast <= now)
            count += 1
            now = due
        }
        // Two times in one gap are one due.
        #expect((5 * 1095 - 4...5 * 1095).contains(count))
    }

    @Test func dayThatIsLeftOut_isDueAtTheInstantAfterIt() throws {
        // Samoa went from 29 to 31 December 2011.
        let zone = try #require(TimeZone(identifier: "Pacific/Apia"))
        let schedule = try Schedule(parsing: ["12:00"])
        let dues = try ["2011-12-29T12:00:00-10:00", "2011-12-31T00:00:00+14:00", "2011-12-31T12:00:00+14:00"]
            .map(LocalClock.instant)
        for (due, next) in zip(dues, dues.dropFirst()) {
            #expect(schedule.nextDue(after: due, in: zone) == next)
            #expect(schedule.latestDue(atOrBefore: next - 1, in: zone) == due)
        }
        let day = try LocalClock.day("2011-12-30")
        #expect(!ClosedHours.none.isOpenDay(day, in: zone) && ClosedHours.none.isOpenDay(day.next, in: zone))
    }

    @Test(arguments: [
        [], [""], ["2:30"], ["24:00"], ["12:60"], ["02:30:00"], ["02.30"], ["02:30 "], ["every"], ["every 15"],
        ["every m"], ["every -5m"], ["every 0m"], ["every 25h"], ["every 2d"], ["every 1441m"], ["every 1s"],
        ["every  5m"], ["every 15m", "02:30"], ["02:30", "every 15m"], ["every 1h", "every 2h"], ["02:30", "02:30"],
        ["every 99999999999999999999m"], ["٠٢:٣٠"],
    ])
    func textThatSaysNoSchedule_isAMistake(_ texts: [String]) {
        let message = LocalClock.mistake { _ = try Schedule(parsing: texts) }
        #expect(message != nil && message?.hasPrefix("another") == false)
    }

    @Test func mistake_showsNoControlCharactersAndIsShort() {
        let hostile = "\u{1B}[31m\n" + String(repeating: "x", count: 10_000)
        let message = LocalClock.mistake { _ = try Schedule(parsing: [hostile]) } ?? ""
        #expect(message.hasPrefix("\"?[31m?xxx") && message.count < 200)
    }
}

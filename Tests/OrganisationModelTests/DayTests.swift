import OrganisationModel
import Testing

struct DayTests {
    @Test(arguments: [
        "", "2026", "2026-1-01", "2026-01-1", "26-01-01", "2026/01/01", "2026-01-01 ", " 2026-01-01", "2026-01-01T",
        "2026-13-01", "2026-00-01", "2026-01-00", "2026-01-32", "2026-04-31", "2026-02-29", "1900-02-29", "2100-02-29",
        "0000-01-01", "-001-01-01", "+026-01-01", "2026-0a-01", "2026-01-0٣", "２０２６-01-01", "20260101", "2026-01-001",
        "01-01-2026", "2026-01--1", "2026-+1-01", "2026-01-01\n", "2026\u{2010}01-01",
    ])
    func parsing_ofAnyOtherForm_isRefused(_ text: String) {
        #expect(Day(parsing: text) == nil)
    }

    @Test(arguments: ["2024-02-29", "2000-02-29", "1600-02-29", "0004-02-29", "0001-01-01", "9999-12-31", "1970-01-01"])
    func parsing_ofDaysThatExist_givesThemBack(_ text: String) throws {
        #expect(try #require(Day(parsing: text)).description == text)
    }

    @Test func leapYears_followTheGregorianRule() {
        for year in 1...9999 {
            let isLeap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
            #expect((Day(year: year, month: 2, day: 29) != nil) == isLeap)
        }
    }

    @Test func everyDayFrom1900To2100_roundTrips() throws {
        var number: Int32 = -25_567
        for year in 1900...2100 {
            for month in 1...12 {
                for day in 1...31 {
                    guard let found = Day(year: year, month: month, day: day) else { continue }
                    try #require(found.number == number)
                    try #require(found.components == (year, month, day))
                    try #require(Day(parsing: found.description) == found)
                    number += 1
                }
            }
        }
        #expect(number == (try #require(Day(year: 2101, month: 1, day: 1))).number)
    }

    @Test func components_atTheEdges_areExact() throws {
        #expect(Day(number: 0).components == (1970, 1, 1))
        #expect(Day(number: -1).components == (1969, 12, 31))
        #expect(try #require(Day(year: 1, month: 1, day: 1)).components == (1, 1, 1))
        #expect(try #require(Day(year: 9999, month: 12, day: 31)).components == (9999, 12, 31))
    }

    @Test func exclusiveEnd_ofInclusiveLeaveDate_isTheNextDay() {
        #expect(day("2026-12-31").next == day("2027-01-01"))
        #expect(day("2024-02-28").next == day("2024-02-29"))
        #expect(day("2026-03-01").advanced(by: -1) == day("2026-02-28"))
    }

    @Test func openEnds_staySortedOutermost_andDoNotMove() {
        #expect(Day.distantPast < day("0001-01-01") && day("9999-12-31") < Day.distantFuture)
        #expect(Day.distantPast.next == .distantPast && Day.distantFuture.advanced(by: -3) == .distantFuture)
        #expect(!Day.distantPast.isFinite && !Day.distantFuture.isFinite && Day(number: 0).isFinite)
        #expect(Day.distantFuture.description == "open")
    }

    @Test func effectivePeriod_holdsItsFirstDay_andNotItsLast() throws {
        let period = try #require(EffectivePeriod(from: day("2026-01-01"), to: day("2026-01-03")))
        let held = ["2025-12-31", "2026-01-01", "2026-01-02", "2026-01-03"].map { period.contains(day($0)) }
        #expect(held == [false, true, true, false])
    }

    @Test func effectivePeriod_withoutADay_doesNotExist() {
        #expect(EffectivePeriod(from: day("2026-01-01"), to: day("2026-01-01")) == nil)
        #expect(EffectivePeriod(from: day("2026-01-02"), to: day("2026-01-01")) == nil)
        #expect(EffectivePeriod(from: .distantPast, to: .distantFuture) == .always)
    }

    @Test func positions_areOrderedByVersionThenDay() {
        let positions = [(1, "2026-01-02"), (2, "2026-01-01"), (2, "2026-01-02")].map {
            Position(version: $0, day: day($1))
        }
        #expect(positions.reversed().sorted() == positions)
    }
}

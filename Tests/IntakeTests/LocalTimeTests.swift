import Foundation
import Intake
import OrganisationModel
import Testing

struct LocalTimeTests {
    @Test(arguments: [
        ("2026-03-28T22:59:59Z", "2026-03-28"), ("2026-03-28T23:00:00Z", "2026-03-29"),
        ("2026-03-29T21:59:59Z", "2026-03-29"), ("2026-03-29T22:00:00Z", "2026-03-30"),
        ("2026-10-24T21:59:59Z", "2026-10-24"), ("2026-10-24T22:00:00Z", "2026-10-25"),
        ("2026-10-25T22:59:59Z", "2026-10-25"), ("2026-10-25T23:00:00Z", "2026-10-26"),
        ("1969-12-31T22:59:59Z", "1969-12-31"),
    ])
    func `the day turns at local midnight, also where the clock is put forward or back`(
        instant: String, text: String
    ) throws {
        let zone = try #require(TimeZone(identifier: "Europe/Copenhagen"))
        let moment = try Date(instant, strategy: .iso8601)
        let day = zone.day(at: moment)
        #expect(day.description == text)
        #expect(zone.instant(of: day, second: 0) <= moment && moment < zone.instant(of: day.next, second: 0))
    }
}

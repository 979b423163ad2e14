import Foundation
import Intake
import Testing

struct DroppedFileTests {
    private let zone = LocalClock.copenhagen

    private func file(_ name: String, modified: Int = 0) -> DroppedFile {
        DroppedFile(path: name, name: name, byteCount: 1, modified: modified, inode: 1)
    }

    @Test(arguments: [
        ("ZLPE20260301.xml", "2026-03-01T00:00:00+01:00"),
        ("ZLPE20260302_delta.xml", "2026-03-02T00:00:00+01:00"),
        ("export_2026-03-01.csv", "2026-03-01T00:00:00+01:00"),
        ("export_2026-03-01_0230.csv", "2026-03-01T02:30:00+01:00"),
        ("export-20260301T023015.csv", "2026-03-01T02:30:15+01:00"),
        ("export-2026-03-01T02:30:15.csv", "2026-03-01T02:30:15+01:00"),
        ("export-2026-07-01T02:30:15Z.csv", "2026-07-01T04:30:15+02:00"),
        ("export-20260701T0230Zulu.csv", "2026-07-01T02:30:00+02:00"),
        ("2026-03-01-02-30-15", "2026-03-01T02:30:15+01:00"),
        ("2026-03-01-02-30.xml", "2026-03-01T02:30:00+01:00"),
        ("20260301.0230.xml", "2026-03-01T02:30:00+01:00"),
        ("202603010230", "2026-03-01T02:30:00+01:00"),
        ("20260301023015", "2026-03-01T02:30:15+01:00"),
        ("20260301023015123.xml", "2026-03-01T02:30:15+01:00"),
        // The last one counts: a file of a period.
        ("20260101-20260301.xml", "2026-03-01T00:00:00+01:00"),
        ("20260101-2026-03-01.xml", "2026-03-01T00:00:00+01:00"),
        // What is no time leaves the day.
        ("20260301_9999.xml", "2026-03-01T00:00:00+01:00"),
        ("20260301_12345.xml", "2026-03-01T00:00:00+01:00"),
        ("20260301-02.xml", "2026-03-01T00:00:00+01:00"),
        ("20260301.7z", "2026-03-01T00:00:00+01:00"),
        // Daylight saving, as for schedules.
        ("20260329_0230.xml", "2026-03-29T03:00:00+02:00"),
        ("20261025_0230.xml", "2026-10-25T02:30:00+02:00"),
    ])
    func timeInTheName_isTheExportsOwn(_ name: String, _ expected: String) {
        #expect(LocalClock.text(file(name).stamp(in: zone)) == expected)
    }

    @Test(arguments: [
        "export.xml", "", "1234567890.xml", "120260301.xml", "202603011.xml", "20261301.xml", "20260230.xml",
        "19891231.xml", "21000101.xml", "2026-0301.xml", "202603-01.xml", "2026-3-1.xml", "01-03-2026.xml",
        "202603019999.xml", "2026030.xml", "٢٠٢٦٠٣٠١.xml",
    ])
    func nameWithoutAPlausibleTime_countsFromTheModification(_ name: String) {
        let modified = 1_772_500_000_500_000_000
        #expect(file(name, modified: modified).stamp(in: zone) == Date(timeIntervalSince1970: 1_772_500_000.5))
    }

    @Test func order_isTimeThenModificationThenName() {
        let names = [
            file("b_20260301.xml", modified: 9), file("a_20260302.xml", modified: 1),
            file("b_20260302.xml", modified: 1),
            file("a_2026-03-02.xml", modified: 2), file("a_20260302_0001.xml", modified: 0),
        ]
        #expect(names.reversed().sorted { $0.precedes($1, in: zone) } == names)
        for one in names { #expect(!one.precedes(one, in: zone)) }
    }

    @Test func shownName_steersNoTerminal() {
        #expect(file("a\n\u{1B}[31m\u{202E}\u{2028}b\u{7F}æ.xml").shownName == "a??[31m??b?æ.xml")
    }
}

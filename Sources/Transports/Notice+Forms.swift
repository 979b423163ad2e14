import ChangeEvents
import Distribution
import OrganisationModel

// The forms in which a notice leaves.
extension Notice {
    /// One JSON object with the members code, id, subject, text and time, in that order and without a line break.
    var json: [UInt8] {
        var json = JSONBytes()
        json.object {
            $0.pair("code", code)
            $0.pair("id", id)
            $0.pair("subject", subject)
            $0.pair("text", text)
            $0.pair("time", time)
        }
        return json.bytes
    }

    /// The id as it can stand in a header: bytes other than letters, digits, `.`, `-` and `_` become `=` and two digits.
    var headerID: String {
        id.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                String(UnicodeScalar(byte))
            default: (byte < 16 ? "=0" : "=") + String(byte, radix: 16)
            }
        }.joined()
    }

    /// The day and the second of it, from 0; nil when ``time`` has another form. Parts of a second are cut off.
    var instant: (day: Day, second: Int)? {
        guard let end = time.firstIndex(of: "T"), let day = Day(parsing: time[..<end]), time.hasSuffix("Z") else {
            return nil
        }
        let clock = time[time.index(after: end)...].dropLast().prefix { $0 != "." }
        let parts = clock.split(separator: ":", omittingEmptySubsequences: false).map { $0.count == 2 ? Int($0) : nil }
        guard parts.count == 3, let hour = parts[0], let minute = parts[1], let second = parts[2],
            (0..<24).contains(hour), (0..<60).contains(minute), (0...60).contains(second)
        else { return nil }
        return (day, hour * 3600 + minute * 60 + min(second, 59))
    }
}

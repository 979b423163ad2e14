import ChangeEvents
import OrganisationModel

/// What an administrator is told: that something happened, and what to do about it. Holds no CPR number and no secret.
public struct Notice: Hashable, Sendable {
    /// Not empty, and the same however often the notice is sent, so that a receiver can recognise a repetition. No other
    /// notice has it, not of another register either: mail servers drop a message whose id they have seen.
    public let id: String
    /// Stable, for programs, such as `candidate.held`.
    public let code: String
    /// One line.
    public let subject: String
    /// Some lines: what happened, and what to do.
    public let text: String
    /// When it happened: RFC 3339 in UTC, such as `2026-03-01T05:30:00Z`.
    public let time: String

    public init(id: String, code: String, subject: String, text: String, time: String) {
        (self.id, self.code, self.subject, self.text, self.time) = (id, code, subject, text, time)
    }

    /// One JSON object with the members code, id, subject, text and time, in that order and without a line break.
    public var json: [UInt8] {
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

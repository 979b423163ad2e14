public import Foundation
import OrganisationModel

/// A file in a drop folder as it was when the folder was listed. It has not been opened.
public struct DroppedFile: Hashable, Sendable {
    /// The folder as it is written in the pattern, and the name.
    public let path: String
    /// The name in the folder. Bytes that are no UTF-8 are replaced; such a file has a ``problem``.
    public let name: String
    public let byteCount: Int
    /// Nanoseconds since 1970 UTC; the nearest that an `Int` holds.
    public let modified: Int
    public let inode: UInt64
    /// Why this file will never be read, as in "it is a symbolic link"; nil when it may be.
    public let problem: String?

    public init(path: String, name: String, byteCount: Int, modified: Int, inode: UInt64, problem: String? = nil) {
        self.path = path
        self.name = name
        self.byteCount = byteCount
        self.modified = modified
        self.inode = inode
        self.problem = problem
    }

    /// The name for logs and terminals: what steers them is replaced.
    public var shownName: String {
        ShownText.cleaned(name)
    }

    /// The export's own time: the last one in its name, in `zone` unless it ends with `Z`; a day alone counts from its
    /// first instant. Without one, when the file was modified.
    public func stamp(in zone: TimeZone) -> Date {
        NameTime.last(in: name).map { $0.instant(in: zone) } ?? Date(timeIntervalSince1970: Double(modified) / 1e9)
    }

    /// The order of exports: by ``stamp(in:)``, then by ``modified``, then by the bytes of the name.
    public func precedes(_ other: DroppedFile, in zone: TimeZone) -> Bool {
        let (left, right) = (stamp(in: zone), other.stamp(in: zone))
        if left != right { return left < right }
        if modified != other.modified { return modified < other.modified }
        return name.utf8.lexicographicallyPrecedes(other.name.utf8)
    }
}

/// A time in the name of a file: `yyyyMMdd` or `yyyy-MM-dd`, then `HHmm` or `HHmmss`, where `:` or `-` may stand between;
/// `-`, `_`, `T`, `.` or nothing parts the two.
struct NameTime {
    let day: Day
    /// Seconds since midnight.
    let second: Int
    let isUTC: Bool

    func instant(in zone: TimeZone) -> Date {
        (isUTC ? TimeZone.gmt : zone).instant(of: day, second: second)
    }

    /// The time that begins last in a name. Its digits are no part of a longer number; years go from 1990 to 2099.
    static func last(in name: String) -> NameTime? {
        let bytes = Array(name.utf8)
        let starts = bytes.indices.reversed().filter { isDigit(bytes, $0) && !isDigit(bytes, $0 - 1) }
        for start in starts {
            if let time = NameTime(bytes, at: start) { return time }
        }
        return nil
    }

    private init?(_ bytes: [UInt8], at start: Int) {
        var reader = Reader(bytes: bytes, place: start)
        guard let year = reader.number(4), (1990...2099).contains(year) else { return nil }
        let hasDashes = reader.skip("-")
        guard let month = reader.number(2), reader.skip("-") == hasDashes, let dayOfMonth = reader.number(2),
            let day = Day(year: year, month: month, day: dayOfMonth)
        else { return nil }
        self.day = day
        if let time = reader.timeOfDay() {
            second = time
            isUTC = reader.skip("Z") && !reader.isAtLetterOrDigit
        } else {
            guard !NameTime.isDigit(bytes, reader.place) else { return nil }
            second = 0
            isUTC = false
        }
    }

    fileprivate static func isDigit(_ bytes: [UInt8], _ index: Int) -> Bool {
        bytes.indices.contains(index) && (48...57).contains(bytes[index])
    }

    private struct Reader {
        let bytes: [UInt8]
        var place: Int

        var isAtLetterOrDigit: Bool {
            guard place < bytes.count else { return false }
            return NameTime.isDigit(bytes, place) || (65...90).contains(bytes[place] & 0xDF) || bytes[place] >= 0x80
        }

        mutating func number(_ digits: Int) -> Int? {
            var value = 0
            for index in place..<(place + digits) {
                guard NameTime.isDigit(bytes, index) else { return nil }
                value = value * 10 + Int(bytes[index] - 48)
            }
            place += digits
            return value
        }

        /// Goes past one of these characters; false when none of them is next.
        mutating func skip(_ characters: String) -> Bool {
            guard place < bytes.count, characters.utf8.contains(bytes[place]) else { return false }
            place += 1
            return true
        }

        /// What separates day and time, and a time that ends with its last digit; nil without one, and stays in place.
        mutating func timeOfDay() -> Int? {
            let start = place
            _ = skip("-_T.")
            guard let hour = number(2), hour < 24, case let isParted = skip(":-"), let minute = number(2), minute < 60
            else {
                place = start
                return nil
            }
            let end = place
            var second = 0
            if skip(":-") == isParted, let more = number(2), more < 60 {
                second = more
                // Milliseconds; files of one second are told apart by when they were modified.
                _ = number(3)
            } else {
                place = end
            }
            guard !NameTime.isDigit(bytes, place) else {
                place = start
                return nil
            }
            return hour * 3600 + minute * 60 + second
        }
    }
}

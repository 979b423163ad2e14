import Foundation

/// A text of the configuration that says no time.
public struct ScheduleMistake: Error, Hashable, Sendable {
    /// One sentence: what is wrong and what is meant instead; without file and line.
    public let message: String
}

/// What schedules and expectations are written as: times of day, or an interval.
enum Recurrence: Hashable, Sendable {
    /// Seconds since local midnight, ascending.
    case times([Int])
    /// Seconds.
    case interval(Int)

    /// - Parameters:
    ///   - texts: one or several `HH:mm`, or one `every` with a number and `m`, `h` or `d`.
    ///   - longest: the longest interval, in seconds; the shortest is a minute.
    init(parsing texts: [String], longest: Int) throws(ScheduleMistake) {
        guard let first = texts.first else {
            throw ScheduleMistake(message: "There is no time. Write one such as \"02:30\", or leave the key out")
        }
        if first.hasPrefix("every") {
            guard texts.count == 1 else {
                throw ScheduleMistake(message: "\"every\" stands alone; it goes with no other time")
            }
            self = .interval(try Recurrence.interval(parsing: first, longest: longest))
            return
        }
        var seconds: Set<Int> = []
        for text in texts {
            guard let second = TimeOfDay.second(parsing: text[...]) else {
                throw ScheduleMistake(
                    message: "\(ShownText.quoted(text)) is no time. Write \"02:30\" or \"every 15m\" (m, h or d)")
            }
            guard seconds.insert(second).inserted else {
                throw ScheduleMistake(message: "\"\(text)\" is there twice. Write it once")
            }
        }
        self = .times(seconds.sorted())
    }

    private static func interval(parsing text: String, longest: Int) throws(ScheduleMistake) -> Int {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        let units: [Character: Int] = ["m": 60, "h": 3600, "d": 86_400]
        guard words.count == 2, words[0] == "every", let unit = words[1].last.flatMap({ units[$0] }),
            case let digits = words[1].dropLast().utf8, (1...5).contains(digits.count),
            digits.allSatisfy({ (48...57).contains($0) }), let number = Int(words[1].dropLast())
        else {
            throw ScheduleMistake(
                message: "\(ShownText.quoted(text)) is no interval. Write \"every 15m\", \"every 2h\" or \"every 1d\"")
        }
        guard (60...longest).contains(number * unit) else {
            let most = longest > 86_400 ? "\(longest / 86_400)d" : "\(longest / 3600)h"
            throw ScheduleMistake(message: "\"\(text)\" is out of range. Intervals go from 1m to \(most)")
        }
        return number * unit
    }
}

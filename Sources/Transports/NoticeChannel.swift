public import Distribution
import OrganisationModel

/// A way on which notices reach people.
public protocol NoticeChannel: Sendable {
    /// What the administrator calls it.
    var name: String { get }

    /// Returns when the receiver has taken the notice. Blocks until then, at most for the channel's timeout: call it on a
    /// thread of its own.
    /// - Throws: ``FordelerError`` `notice.refused` when the receiver will never take it, `notice.unreachable` when it
    ///   should be sent again later; it may have arrived all the same.
    func send(_ notice: Notice) throws
}

extension FordelerError {
    static func refused(_ message: String) -> FordelerError {
        FordelerError(.init("notice.refused"), message)
    }

    static func unreachable(_ message: String) -> FordelerError {
        FordelerError(.init("notice.unreachable"), message)
    }

    /// What a channel cannot be built from.
    static func channel(_ message: String) -> FordelerError {
        FordelerError(.init("configuration.notice-channel"), message)
    }
}

extension Duration {
    /// At least 1.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}

/// Texts of others, before they are shown.
enum Foreign {
    /// One line of at most 200 characters without control characters and CPR numbers.
    static func line(_ text: String) -> String {
        Masking.redacted(String(oneLine(text).prefix(200)))
    }

    /// Every control character and line break becomes a space.
    static func oneLine(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let breaks: Bool =
                switch scalar.properties.generalCategory {
                case .control, .lineSeparator, .paragraphSeparator: true
                default: false
                }
            result.append(breaks ? " " : scalar)
        }
        return String(result)
    }
}

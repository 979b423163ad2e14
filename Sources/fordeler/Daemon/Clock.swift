import Foundation
import OrganisationModel

/// What time it is.
enum Clock: Sendable {
    case system
    /// The instant (RFC 3339) that a file says, for tests and demonstrations; whoever replaces the file moves the time.
    case file(String)

    /// - Throws: ``FordelerError`` `clock.unreadable`: a day is never guessed.
    func now() throws -> Date {
        switch self {
        case .system: return Date()
        case .file(let path):
            let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
            guard let date = try? Date(text.trimmingCharacters(in: .whitespacesAndNewlines), strategy: .iso8601) else {
                throw FordelerError(
                    .clockUnreadable, "\(path) holds no instant such as 2026-03-02T01:30:00Z")
            }
            return date
        }
    }
}

import Foundation
import OrganisationModel
import Storage
import Synchronization

/// What keeps the daemon from doing its work at this moment, by code.
final class Health: Sendable {
    private let problems = Mutex<[String: String]>([:])

    func report(_ error: FordelerError) {
        problems.withLock { $0[error.code.name] = error.description }
    }

    func clear(_ codes: FordelerError.Code...) {
        problems.withLock { problems in for code in codes { problems[code.name] = nil } }
    }

    /// Sentences, in the order of their codes; empty when all is well.
    var complaints: [String] {
        problems.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
    }

    func has(_ code: FordelerError.Code) -> Bool {
        problems.withLock { $0[code.name] != nil }
    }
}

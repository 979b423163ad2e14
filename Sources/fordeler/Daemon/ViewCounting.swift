import AdminAPI
import Crypto
import Distribution
import Foundation
import OrganisationModel
import Storage
import Versioning

/// Counts for each view what the log has had since.
struct ViewCounting {
    private let state: State

    init(_ state: State) {
        self.state = state
    }

    /// Durable on return. Writes only when there is something to count.
    func run() throws {
        guard try state.read({ try !$0.viewsToCount().isEmpty }) else { return }
        try state.write { transaction in
            for (view, id) in try transaction.viewsToCount() {
                // Counting asks nothing about who the events are from.
                try Delivery(log: transaction, source: "").countPending(view: view, id: id)
            }
        }
    }
}

import AdminAPI
import ArgumentParser
import Foundation
import Logging
import OrganisationModel
import Storage

/// Signals as values, taken one after the other by the thread that made this.
struct Signals {
    private var set = sigset_t()

    /// Blocks the signals for this thread and all that it starts from now on.
    init(_ signals: [Int32]) {
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// - Returns: nil when none came in time.
    func next(within seconds: Double) -> Int32? {
        var set = set
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9))
        let signal = sigtimedwait(&set, nil, &time)
        return signal > 0 ? signal : nil
    }
}

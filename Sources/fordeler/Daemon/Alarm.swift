import Foundation
import Intake
import Logging
import OrganisationModel
import Storage
import Synchronization
import Versioning

/// Wakes a thread that waits for files or for time.
final class Alarm: Sendable {
    private let reading: Int32
    private let writing: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw FordelerError(
                .init("daemon.no-descriptor"),
                "the system gives no more descriptors: \(String(cString: strerror(errno)))")
        }
        (reading, writing) = (ends[0], ends[1])
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
    }

    deinit {
        close(reading)
        close(writing)
    }

    func ring() {
        // A pipe that is full rings already.
        _ = write(writing, [0], 1)
    }

    /// Returns when it rings, when one of the descriptors has something to read, or after so many seconds.
    func wait(for others: [Int32], seconds: Double) {
        var polled = ([reading] + others).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let milliseconds = Int32(min(max(0, seconds * 1000).rounded(.up), 3_600_000))
        _ = poll(&polled, nfds_t(polled.count), milliseconds)
        var rings = [UInt8](repeating: 0, count: 64)
        while read(reading, &rings, rings.count) > 0 {}
    }
}

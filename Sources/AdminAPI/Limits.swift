import Foundation
import NIOCore

/// Everything that the server bounds.
enum Limits {
    // What a client may ask for.
    static let eventsDefault = 100
    static let eventsMax = 1000
    static let objectsDefault = 1000
    static let objectsMax = 10_000
    /// Seconds.
    static let waitMax = 60

    // What a request may hold, in bytes.
    static let targetMax = 4096
    static let headerFieldMax = 8 * 1024
    static let headersMax = 16 * 1024
    static let headerCountMax = 100
    static let bodyMax = 64 * 1024
    /// What is read and thrown away of a body that nobody wanted, so that the answer reaches the client.
    static let unwantedBodyMax = 1024 * 1024
    static let tokenMax = 512

    // How many there may be at once. Further clients wait in the system's queue until a connection ends.
    static let connectionsMax = 512
    /// Files that everything else in this process may need at once.
    static let otherFilesMax = 128
    /// Where few files may be open, fewer connections are, so that the rest of the process finds its files.
    static var connections: Int {
        let files = sysconf(Int32(_SC_OPEN_MAX))
        return files < 0 ? connectionsMax : min(connectionsMax, max(8, files - otherFilesMax))
    }
    /// How long no connection is taken after one could not be.
    static let acceptPause = TimeAmount.milliseconds(200)
    /// It is told so often at most.
    static let acceptWarningTime = TimeAmount.minutes(1)
    static let backlog = 256
    /// Below the number of connections, so that those who wait leave room for those who ask how the server is.
    static let waitersMax = 400
    static let serviceThreads = 4

    // How long a client may take.
    /// From the opening of a connection, or from the answer before, to the end of a request.
    static let requestTime = TimeAmount.seconds(30)
    /// To take in an answer.
    static let answerTime = TimeAmount.seconds(30)
    /// To take in the answer to what was no request, before the connection ends.
    static let farewellTime = TimeAmount.seconds(1)

    /// How long a stop waits for answers that are under way, before it closes their connections.
    static let stopTime = TimeAmount.milliseconds(500)
}

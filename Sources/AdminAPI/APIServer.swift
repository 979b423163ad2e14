import Foundation
import Hummingbird
public import Logging
import NIOCore
import NIOPosix
import OrganisationModel
import ServiceLifecycle

/// The HTTP server for subscribers of this machine; it runs from its making until ``stop()``.
///
/// Made for programs of plain threads: making and stopping block the caller, which must be neither an event loop nor a task.
public final class APIServer: Sendable {
    /// The addresses that can be bound; the first where none is named.
    public static let loopback = ["127.0.0.1", "::1"]

    /// The port that is bound.
    public let port: Int
    private let room: WaitingRoom
    private let connections: Connections
    private let lifecycle: ServiceGroup
    private let ended: EventLoopFuture<Void>

    /// Binds, and answers from now on.
    /// - Parameters:
    ///   - address: `127.0.0.1` or `::1`.
    ///   - port: 0 lets the system choose.
    ///   - cursorKey: at least 32 secret bytes. As long as they stay the same, cursors outlive a restart.
    /// - Throws: ``FordelerError`` `http.not-loopback` or `http.bind-failed`.
    public init(address: String, port: Int, cursorKey: [UInt8], service: any PullService, logger: Logger) throws {
        guard Self.loopback.contains(address) else {
            throw FordelerError(
                .notLoopback,
                "the server must not be reachable from other machines. Set its address to 127.0.0.1 or ::1")
        }
        guard (0...65_535).contains(port) else {
            throw FordelerError(.bindFailed, "\(port) is no port. Choose one from 1 to 65535, or 0 for any")
        }
        let loops = MultiThreadedEventLoopGroup.singleton
        let threads = NIOThreadPool(numberOfThreads: Limits.serviceThreads)
        let room = WaitingRoom()
        let connections = Connections()
        let bound = loops.next().makePromise(of: Int.self)
        let ended = loops.next().makePromise(of: Void.self)
        // Below this level the library tells what it read, tokens included.
        var libraryLogger = logger
        libraryLogger.logLevel = max(logger.logLevel, .info)
        let application = Application(
            responder: Routes(
                service: service, threads: threads, room: room, connections: connections,
                seal: CursorSeal(key: cursorKey), logger: logger),
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [ConnectionGuard(connections)],
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: Limits.headerFieldMax, maxHeaderListSize: Limits.headersMax,
                        maxHeaderFieldCount: Limits.headerCountMax))),
            configuration: ApplicationConfiguration(
                address: .hostname(address, port: port), backlog: Limits.backlog,
                availableConnectionsDelegate: .maximum(Limits.connections, logger: libraryLogger)),
            onServerRunning: { channel in
                channel.eventLoop.submit {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptPause(logger: logger), position: .first)
                    return channel.localAddress?.port ?? port
                }.cascade(to: bound)
            },
            eventLoopGroupProvider: .shared(loops), logger: libraryLogger)
        let lifecycle = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [application], logger: libraryLogger))
        threads.start()
        Task {
            do {
                try await lifecycle.run()
                bound.fail(ChannelError.alreadyClosed)
            } catch {
                logger.error("the HTTP server ended", metadata: ["error": "\(Self.text(error))"])
                bound.fail(error)
            }
            room.close()
            threads.shutdownGracefully { _ in }
            ended.succeed()
        }
        do {
            self.port = try bound.futureResult.wait()
        } catch {
            throw FordelerError(
                .bindFailed,
                "\(address), port \(port) cannot be bound: \(Self.text(error)). Stop the program that uses it, or choose "
                    + "another port")
        }
        self.room = room
        self.connections = connections
        self.lifecycle = lifecycle
        self.ended = ended.futureResult
    }

    /// What the system says, without the library's words around it.
    private static func text(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return String(cString: strerror(error.errnoCode))
    }

    /// Lets those who wait ask again. To be called after every commit that may have made events, once their counting is on the
    /// disk.
    public func wake() {
        room.wake()
    }

    /// Ends all waits with an answer, takes no new connections, and returns within a second. Can be repeated.
    public func stop() {
        room.close()
        let lifecycle = lifecycle
        let connections = connections
        Task { await lifecycle.triggerGracefulShutdown() }
        let late = ended.eventLoop.scheduleTask(in: Limits.stopTime) { connections.closeAll() }
        _ = try? ended.wait()
        late.cancel()
    }
}

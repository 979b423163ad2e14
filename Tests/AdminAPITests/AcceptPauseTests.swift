import Foundation
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import AdminAPI

struct AcceptPauseTests {
    /// Counts what reaches the socket.
    private final class Socket: ChannelOutboundHandler {
        typealias OutboundIn = Never
        var reads = 0

        func read(context: ChannelHandlerContext) {
            reads += 1
        }
    }

    private let channel: EmbeddedChannel
    private let socket = Socket()

    init() throws {
        channel = EmbeddedChannel()
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.pipeline.syncOperations.addHandlers([
            socket, AcceptPause(logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })),
        ])
    }

    private func fail(_ code: CInt) {
        channel.pipeline.fireErrorCaught(IOError(errnoCode: code, reason: "accept"))
    }

    /// What the channel was last told about reading; `nil` if nothing.
    private var isReading: Bool? {
        channel.options.last { $0.option is ChannelOptions.Types.AutoReadOption }?.value as? Bool
    }

    @Test func accept_withoutAFileLeft_pauses_thenGoesOn() {
        fail(EMFILE)
        #expect(isReading == false)
        channel.read()
        #expect(socket.reads == 0)
        channel.embeddedEventLoop.advanceTime(by: Limits.acceptPause)
        #expect(isReading == true)
        channel.read()
        #expect(socket.reads == 1)
        fail(ENFILE)
        #expect(isReading == false)
    }

    @Test func accept_thatFailsTwiceInAPause_goesOnOnce() {
        let half = TimeAmount.nanoseconds(Limits.acceptPause.nanoseconds / 2)
        fail(EMFILE)
        channel.embeddedEventLoop.advanceTime(by: half)
        fail(EMFILE)
        channel.embeddedEventLoop.advanceTime(by: half)
        #expect(isReading == true)
        fail(EMFILE)
        channel.embeddedEventLoop.advanceTime(by: half)
        #expect(isReading == false)
    }

    @Test func accept_ofAConnectionThatIsGone_doesNotPause() throws {
        fail(ECONNABORTED)
        #expect(isReading == nil)
        #expect(throws: IOError.self) { try channel.throwIfErrorCaught() }
    }

    @Test func channel_closedWithinAPause_isLeftAlone() throws {
        fail(EMFILE)
        _ = try channel.finish()
        channel.embeddedEventLoop.advanceTime(by: Limits.acceptPause)
        #expect(isReading == false)
    }
}

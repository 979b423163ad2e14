import Hummingbird
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import AdminAPI

struct ConnectionGuardTests {
    private let connections = Connections()
    private let channel: EmbeddedChannel
    private let head = HTTPRequestPart.head(HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/"))

    init() throws {
        channel = EmbeddedChannel()
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.pipeline.syncOperations.addHandler(ConnectionGuard(connections))
    }

    /// Time goes on; then says whether the connection is still open.
    private func isOpen(after time: TimeAmount) -> Bool {
        channel.embeddedEventLoop.advanceTime(by: time)
        return channel.isActive
    }

    private func answer() throws {
        try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
        try channel.writeOutbound(HTTPResponsePart.end(nil))
    }

    @Test func connection_withoutARequest_isClosed() {
        #expect(isOpen(after: .seconds(29)))
        #expect(!isOpen(after: .seconds(2)))
    }

    @Test func request_thatComesInDrops_isClosed() throws {
        try channel.writeInbound(head)
        for _ in 0..<3 {
            #expect(isOpen(after: .seconds(9)))
            try channel.writeInbound(HTTPRequestPart.body(ByteBuffer(string: "x")))
        }
        #expect(!isOpen(after: .seconds(4)))
    }

    @Test func request_thatIsBeingAnswered_hasTime() throws {
        try channel.writeInbound(head)
        try channel.writeInbound(HTTPRequestPart.end(nil))
        #expect(isOpen(after: .seconds(3600)))
        try answer()
        #expect(isOpen(after: .seconds(29)))
        #expect(!isOpen(after: .seconds(2)))
    }

    @Test func request_sentAhead_keepsItsTime() throws {
        for _ in 0..<2 {
            try channel.writeInbound(head)
            try channel.writeInbound(HTTPRequestPart.end(nil))
        }
        try answer()
        #expect(isOpen(after: .seconds(3600)))
        try answer()
        #expect(!isOpen(after: .seconds(31)))
    }

    @Test func request_answeredBeforeItsEnd_isClosedUnlessItEnds() throws {
        try channel.writeInbound(head)
        try answer()
        try channel.writeInbound(HTTPRequestPart.end(nil))
        #expect(isOpen(after: .seconds(29)))
        #expect(!isOpen(after: .seconds(2)))
    }

    @Test func answer_thatIsNotTaken_isClosed() throws {
        try channel.writeInbound(head)
        try channel.writeInbound(HTTPRequestPart.end(nil))
        try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
        #expect(isOpen(after: .seconds(29)))
        #expect(!isOpen(after: .seconds(2)))
    }

    @Test func bytes_thatAreNoRequest_endTheConnectionSoonAfterTheAnswer() throws {
        channel.pipeline.fireErrorCaught(ChannelError.inappropriateOperationForState)
        try answer()
        #expect(!isOpen(after: .seconds(2)))
    }

    @Test func connection_thatEnds_isForgotten() throws {
        let connection = try #require(connections[channel])
        let told = EmbeddedEventLoop().makePromise(of: Void.self)
        connection.whenGone { told.succeed() }
        _ = try channel.finish()
        try told.futureResult.wait()
        #expect(connections[channel] == nil)
    }
}

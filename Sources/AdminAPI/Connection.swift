import NIOCore
import NIOHTTPTypes
import Synchronization

/// One client's connection.
final class Connection: Sendable {
    let channel: any Channel

    private struct State {
        var isGone = false
        var whenGone: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    init(_ channel: any Channel) {
        self.channel = channel
    }

    /// Calls `body` once when the client goes away; at once when it did already. Replaces the one before.
    func whenGone(_ body: (@Sendable () -> Void)?) {
        let isGone = state.withLock { state in
            state.whenGone = body
            return state.isGone
        }
        if isGone { body?() }
    }

    func goAway() {
        let body = state.withLock { state in
            state.isGone = true
            defer { state.whenGone = nil }
            return state.whenGone
        }
        body?()
    }
}

/// All open connections.
final class Connections: Sendable {
    private let open = Mutex<[ObjectIdentifier: Connection]>([:])

    func add(_ channel: any Channel) -> Connection {
        let connection = Connection(channel)
        open.withLock { $0[ObjectIdentifier(channel)] = connection }
        return connection
    }

    func remove(_ channel: any Channel) {
        _ = open.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    subscript(_ channel: any Channel) -> Connection? {
        open.withLock { $0[ObjectIdentifier(channel)] }
    }

    func closeAll() {
        for connection in open.withLock({ Array($0.values) }) { connection.channel.close(promise: nil) }
    }
}

/// Sees that no client holds its connection for nothing: requests must come and answers be taken in due time, and a body that
/// nobody wants must not go on for ever. Tells when the client goes away.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let connections: Connections
    private var connection: Connection?
    private var deadline: Scheduled<Void>?
    private var bodyBytes = 0
    /// Requests read to their end minus answers written to theirs; below zero while the rest of an answered request comes.
    private var unanswered = 0
    /// What the client sent was no HTTP; the library answers 400 and reads no more.
    private var isBroken = false

    init(_ connections: Connections) {
        self.connections = connections
    }

    private func expect(_ context: ChannelHandlerContext, in time: TimeAmount) {
        deadline?.cancel()
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }

    private func expectNothing() {
        deadline?.cancel()
        deadline = nil
    }

    func handlerAdded(context: ChannelHandlerContext) {
        connection = connections.add(context.channel)
        expect(context, in: Limits.requestTime)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        expectNothing()
        connection?.goAway()
        connections.remove(context.channel)
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection?.goAway()
        context.fireChannelInactive()
    }

    /// A client that sends nothing more may still read, so a wait ends with an answer.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { connection?.goAway() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        isBroken = true
        connection?.goAway()
        context.fireErrorCaught(error)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: bodyBytes = 0
        case .body(let bytes):
            bodyBytes += bytes.readableBytes
            if bodyBytes > Limits.unwantedBodyMax { return context.close(promise: nil) }
        case .end:
            unanswered += 1
            if unanswered > 0 { expectNothing() }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head:
            expect(context, in: Limits.answerTime)
            context.write(data, promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            let written = context.eventLoop.makePromise(of: Void.self)
            written.futureResult.cascade(to: promise)
            let box = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            written.futureResult.whenSuccess {
                let (guardian, context) = box.value
                guardian.answered(context)
            }
            context.write(data, promise: written)
        }
    }

    private func answered(_ context: ChannelHandlerContext) {
        unanswered -= 1
        if isBroken {
            expect(context, in: Limits.farewellTime)
        } else if unanswered > 0 {
            expectNothing()
        } else {
            expect(context, in: Limits.requestTime)
        }
    }
}

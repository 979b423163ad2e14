import Foundation
import Logging
import NIOCore

/// Takes no connections for a moment when the system has no file descriptor or memory for one more.
///
/// Stands first in the server's channel. The library's own pause does not hold there: after an accept that failed the channel
/// still asks to be told of connections, and as one is waiting, it is told at once, for ever.
final class AcceptPause: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = any Channel
    typealias OutboundIn = Never

    private let logger: Logger
    private var isPausing = false
    private var told: NIODeadline?

    init(logger: Logger) {
        self.logger = logger
    }

    /// Whether `error` passes when other files are closed.
    static func passes(_ error: any Error) -> Bool {
        guard let error = error as? IOError else { return false }
        return [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard Self.passes(error) else { return context.fireErrorCaught(error) }
        if told.map({ $0 + Limits.acceptWarningTime < .now() }) ?? true {
            told = .now()
            logger.warning(
                "no connection can be taken: the system gives no more files", metadata: ["error": "\(error)"])
        }
        guard !isPausing else { return }
        isPausing = true
        setReading(false, context)
        let box = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Limits.acceptPause) {
            let (pause, context) = box.value
            pause.isPausing = false
            pause.setReading(true, context)
        }
    }

    /// Fails only when the channel is closed, and then nothing is left to be done.
    private func setReading(_ isReading: Bool, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        context.channel.setOption(.autoRead, value: isReading).whenFailure { [logger] error in
            logger.error("the server could not pause", metadata: ["error": "\(error)"])
        }
    }

    func read(context: ChannelHandlerContext) {
        if !isPausing { context.read() }
    }
}

import Foundation
import Logging
import RegisterFixtures
import Synchronization
import Testing

/// Keeps every line, whatever its level.
private struct CollectingLog: LogHandler {
    final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace

    init(_ lines: Lines) {
        self.lines = lines
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.all.withLock { $0.append("\(event.message) \(metadata) \(event.metadata ?? [:])") }
    }
}

struct LogTests {
    private static func lines(_ body: @escaping @Sendable (ServerFixture) throws -> Void) async throws -> [String] {
        let lines = CollectingLog.Lines()
        try await ServerFixture.run(logger: Logger(label: "test") { _ in CollectingLog(lines) }, body)
        return lines.all.withLock { $0 }
    }

    @Test func log_holdsNoTokenBodyOrParameter() async throws {
        let lines = try await Self.lines { fixture in
            let client = try fixture.client()
            let base = "/api/v1/subscriptions/ky"
            _ = try client.ask("\(base)/events?SECRET=1")
            _ = try client.ask("\(base)/events", token: "SECRET")
            _ = try client.ask("\(base)/ack", method: "POST", body: "SECRET")
            _ = try client.ask("\(base)/snapshot?cursor=SECRET")
            _ = try client.ask("/SECRET")
            _ = try client.ask("/healthz", method: "SECRET")
            // A request within another one, and none at all.
            let waiting = try fixture.client()
            waiting.request("\(base)/events?wait=60")
            try fixture.service.awaitReading()
            waiting.send("SECRET / HTTP/1.1\r\nSECRET SECRET\r\n\r\n")
            waiting.finish()
            _ = try? waiting.receive()
            fixture.service.change { $0.failure = Mismatch("SECRET") }
            _ = try fixture.client().ask("\(base)/events")
        }
        #expect(lines.count > 5)
        #expect(lines.filter { $0.contains("SECRET") || $0.contains("ky-token") } == [])
    }

    @Test func failure_standsInTheLogUnderTheRequestThatTheAnswerNames() async throws {
        let answers = Mutex<[String]>([])
        let lines = try await Self.lines { fixture in
            fixture.service.change { $0.failure = Mismatch("broken") }
            let answer = try fixture.client().ask("/metrics")
            answers.withLock { $0.append(answer.body) }
        }
        let line = try #require(lines.first { $0.contains("a request failed") })
        #expect(line.contains("Mismatch"))
        let body = try #require(answers.withLock { $0.first })
        let id = try #require(body.firstMatch(of: /under request ([0-9a-f]+)\./)?.1)
        #expect(line.contains(id))
    }
}

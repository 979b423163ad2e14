import AdminAPI
import Foundation
import OrganisationModel
import RegisterFixtures
import Testing

struct HostileClientTests {
    @Test(arguments: [
        "\r\n\r\n", "hello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}",
        "GET / HTTP/1.1\r\nHost localhost\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ])
    func bytes_thatAreNoRequest_areRefusedOrDropped(_ bytes: String) async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.client()
            client.send(bytes)
            client.finish()
            if let answer = try? client.receive() { #expect((400...499).contains(answer.status)) }
            #expect(try fixture.client().ask("/healthz").status == 200)
        }
    }

    @Test(arguments: [
        "X: \(String(repeating: "x", count: 100_000))", (0..<5000).map { "X\($0): y" }.joined(separator: "\r\n"),
        (0..<40).map { "X\($0): \(String(repeating: "y", count: 1000))" }.joined(separator: "\r\n"),
    ])
    func headers_thatAreHuge_endTheConnection(_ headers: String) async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.client()
            client.request("/healthz", headers: [headers])
            if let answer = try? client.receive() { #expect((400...499).contains(answer.status)) }
            #expect(try fixture.client().ask("/healthz").status == 200)
        }
    }

    @Test func target_thatIsTooLong_is414() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.client()
            let answer = try client.ask("/healthz?\(String(repeating: "a", count: 4096))")
            #expect(answer.status == 414)
            #expect(try answer.problem() == "http.target-too-long")
            client.request("/\(String(repeating: "a", count: 5_000_000))")
            if let answer = try? client.receive() { #expect((400...499).contains(answer.status)) }
            #expect(try fixture.client().ask("/healthz").status == 200)
        }
    }

    @Test func body_thatIsTooLong_is413() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.client()
            let target = "/api/v1/subscriptions/ky/ack"
            let padding = String(repeating: " ", count: 64 * 1024)
            let answer = try client.ask(target, method: "POST", body: "{\"through\":0}\(padding)")
            #expect(answer.status == 413)
            #expect(try answer.problem() == "body.too-large")
            // The connection goes on.
            #expect(try client.ask(target, method: "POST", body: "{\"through\":0}").status == 200)
        }
    }

    @Test func body_thatNeverEnds_isCutOff() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.client()
            client.send("GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "4000\r\n\(String(repeating: "x", count: 0x4000))\r\n"
            var sent = 0
            while sent < 10_000, client.send(chunk) { sent += 1 }
            #expect(sent < 10_000)
        }
    }

    @Test func client_thatDoesNotRead_holdsUpNobodyAndNoStop() async throws {
        try await ServerFixture.run { fixture in
            fixture.service.change { $0.padding = 20_000_000 }
            let deaf = try (0..<8).map { _ in try fixture.client() }
            for client in deaf { client.request("/api/v1/subscriptions/ky/snapshot") }
            let half = try fixture.client()
            half.send("GET /healthz HTTP/1.1\r\nHo")
            let other = try fixture.client()
            for _ in 0..<20 { #expect(try other.ask("/readyz").status == 200) }
            let start = ContinuousClock.now
            fixture.server.stop()
            #expect(ContinuousClock.now - start < .seconds(25))
            withExtendedLifetime((deaf, half)) {}
        }
    }

    @Test func stop_canBeRepeatedAndComesFromAnyThread() async throws {
        try await ServerFixture.run { fixture in
            let server = fixture.server
            let all = DispatchSemaphore(value: 0)
            for _ in 0..<4 {
                Thread {
                    server.stop()
                    server.wake()
                    all.signal()
                }.start()
            }
            for _ in 0..<4 { all.wait() }
        }
    }
}

struct BindingTests {
    private static func server(_ address: String, _ port: Int) throws -> APIServer {
        try APIServer(
            address: address, port: port, cursorKey: ServerFixture.key, service: FakePullService(),
            logger: ServerFixture.logger())
    }

    @Test(arguments: ["0.0.0.0", "::", "localhost", "192.168.1.1", "", "127.0.0.1 ", "127.1", "2130706433"])
    func address_thatIsNotLoopback_isRefused(_ address: String) async throws {
        try await ServerFixture.onThread {
            #expect(throws: FordelerError(.notLoopback, "")) { try Self.server(address, 0) }
        }
    }

    @Test(arguments: [-1, 65_536, Int.max]) func port_thatIsNone_isRefused(_ port: Int) async throws {
        try await ServerFixture.onThread {
            #expect(throws: FordelerError(.bindFailed, "")) { try Self.server("127.0.0.1", port) }
        }
    }

    @Test func port_thatIsTaken_isRefused() async throws {
        try await ServerFixture.run { fixture in
            #expect(throws: FordelerError(.bindFailed, "")) { try Self.server("127.0.0.1", fixture.server.port) }
        }
    }
}

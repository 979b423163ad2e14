import AdminAPI
import Foundation
import Synchronization
import Testing

struct LongPollTests {
    private static let target = "/api/v1/subscriptions/ky/events?wait=60"

    @Test func wait_endsWithTheEventsOfAWakeUp() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.client()
            client.request(Self.target)
            try fixture.service.awaitReading()
            fixture.service.change { $0.events = 2 }
            fixture.server.wake()
            let answer = try client.receive()
            #expect(answer.status == 200)
            #expect(answer.body == "[1,2]")
        }
    }

    @Test func wakeUp_withoutAnythingNew_letsTheClientWaitOn() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.client()
            client.request(Self.target)
            try fixture.service.awaitReading()
            for _ in 0..<10 {
                fixture.server.wake()
                try fixture.service.awaitReading()
            }
            fixture.service.change { $0.events = 1 }
            fixture.server.wake()
            #expect(try client.receive().body == "[1]")
        }
    }

    @Test func wakeUp_betweenReadingAndWaiting_isNotLost() async throws {
        try await ServerFixture.run { fixture in
            let (service, server) = (fixture.service, fixture.server)
            let client = try fixture.client()
            for round in 1...50 {
                service.change { state in
                    // Committed when the reading is over already, but before its answer is looked at.
                    state.afterReading = {
                        service.change {
                            $0.events = round
                            $0.afterReading = nil
                        }
                        server.wake()
                    }
                }
                #expect(try client.ask("\(Self.target)&after=\(round - 1)").body == "[\(round)]")
            }
        }
    }

    @Test func wait_thatIsOver_givesNoEvents() async throws {
        try await ServerFixture.run { fixture in
            let start = ContinuousClock.now
            let answer = try fixture.client().ask("/api/v1/subscriptions/ky/events?wait=1s")
            #expect(answer.status == 200)
            #expect(answer.body == "[]")
            #expect(ContinuousClock.now - start >= .seconds(1))
        }
    }

    @Test func stop_answersThoseWhoWait() async throws {
        try await ServerFixture.run { fixture in
            let clients = try (0..<20).map { _ in try fixture.client() }
            for client in clients { client.request(Self.target) }
            for _ in clients { try fixture.service.awaitReading() }
            let start = ContinuousClock.now
            fixture.server.stop()
            #expect(ContinuousClock.now - start < .seconds(25))
            for client in clients { #expect(try client.receive().body == "[]") }
            for client in clients { #expect(client.endsNow()) }
            #expect(throws: (any Error).self) { try fixture.client() }
        }
    }

    @Test func clients_thatWaitInHundreds_holdNoThreadAndAreAllAnswered() async throws {
        try await ServerFixture.run { fixture in
            let clients = try (0..<200).map { _ in try fixture.client() }
            for client in clients { client.request(Self.target) }
            for _ in clients { try fixture.service.awaitReading() }
            let other = try fixture.client()
            #expect(try other.ask("/healthz").status == 200)
            #expect(try other.ask("/metrics").status == 200)
            fixture.service.change { $0.events = 1 }
            fixture.server.wake()
            for client in clients { #expect(try client.receive().body == "[1]") }
        }
    }

    @Test func clients_beyondTheLimit_areRefusedAndOthersAnswered() async throws {
        try await ServerFixture.run { fixture in
            let clients = try (0..<401).map { _ in try fixture.client() }
            for client in clients { client.request(Self.target) }
            let refused = try #require(TestClient.firstReadable(clients))
            let answer = try clients[refused].receive()
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] == "1")
            #expect(try answer.problem() == "http.too-many-waiting")
            #expect(try fixture.client().ask("/readyz").status == 200)
        }
    }

    @Test func client_thatSendsNothingMore_endsItsWait() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.client()
            client.request(Self.target)
            try fixture.service.awaitReading()
            client.finish()
            #expect(try client.receive().body == "[]")
        }
    }

    @Test func client_thatGoesAway_harmsNobody() async throws {
        try await ServerFixture.run { fixture in
            for _ in 0..<600 {
                let client = try fixture.client()
                client.request(Self.target)
                try fixture.service.awaitReading()
                client.close()
            }
            // More than there may be at once; those who are gone do not count any more.
            #expect(try fixture.client().ask("/healthz").status == 200)
        }
    }

    @Test func token_thatIsWithdrawnDuringAWait_endsIt() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.client()
            client.request(Self.target)
            try fixture.service.awaitReading()
            fixture.service.change {
                $0.tokens = [:]
                $0.events = 1
            }
            fixture.server.wake()
            #expect(try client.receive().status == 401)
        }
    }

    @Test func requests_sentAhead_areAnsweredInOrder() async throws {
        try await ServerFixture.run { fixture in
            fixture.service.change { $0.events = 3 }
            let client = try fixture.client()
            for after in 0..<3 { client.request("/api/v1/subscriptions/ky/events?max=1&after=\(after)") }
            for number in 1...3 { #expect(try client.receive().body == "[\(number)]") }
        }
    }
}

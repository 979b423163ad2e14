import AdminAPI
import Distribution
import Foundation
import OrganisationModel
import Synchronization
import Testing

/// What each route answers.
struct AnswerTests {
    private static let base = "/api/v1/subscriptions/ky"

    @Test func events_areABatchAboveAfter() async throws {
        try await ServerFixture.run { fixture in
            fixture.service.change { $0.events = 250 }
            let client = try fixture.client()
            let answer = try client.ask("\(Self.base)/events")
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "application/cloudevents-batch+json")
            #expect(answer.headers["cache-control"] == "no-store")
            #expect(answer.body == "[\((1...100).map { String($0) }.joined(separator: ","))]")
            #expect(try client.ask("\(Self.base)/events?after=10&max=3").body == "[11,12,13]")
            #expect(try client.ask("\(Self.base)/events?after=250&wait=0s").body == "[]")
            #expect(try client.ask("\(Self.base)/events?after=\(Int.max)&max=1000&wait=0").body == "[]")
        }
    }

    @Test func ack_settlesAndCanBeRepeated() async throws {
        try await ServerFixture.run { fixture in
            fixture.service.change { $0.events = 5 }
            let client = try fixture.client()
            for body in ["{\"through\": 3}", "{\"through\":3,\"note\":{\"x\":[1]}}"] {
                let answer = try client.ask("\(Self.base)/ack", method: "POST", body: body)
                #expect(answer.status == 200)
                #expect(answer.headers["content-type"] == "application/json")
                #expect(answer.body == "{\"settledthrough\":3}")
            }
            #expect(try client.ask("\(Self.base)/events").body == "[4,5]")
            let ahead = try client.ask("\(Self.base)/ack", method: "POST", body: "{\"through\":6}")
            #expect(ahead.status == 409)
            #expect(try ahead.problem() == "mailbox.ack-ahead")
        }
    }

    @Test(arguments: [
        "x", "{}", "[]", "{\"through\":\"3\"}", "{\"through\":1.5}", "{\"through\":-1}", "{\"through\":null}",
        "{\"through\":99999999999999999999}", "{\"through\":3", "\u{0}",
    ])
    func ack_ofABodyThatIsNone_is400(_ body: String) async throws {
        try await ServerFixture.run { fixture in
            fixture.service.change { $0.events = 5 }
            let answer = try fixture.client().ask("\(Self.base)/ack", method: "POST", body: body)
            #expect(answer.status == 400)
            #expect(try answer.problem() == "body.invalid")
            #expect(fixture.service.state.withLock { $0.settled } == 0)
        }
    }

    @Test func ack_withoutABody_is400() async throws {
        try await ServerFixture.run { fixture in
            let answer = try fixture.client().ask("\(Self.base)/ack", method: "POST")
            #expect(answer.status == 400)
            #expect(try answer.problem() == "body.invalid")
        }
    }

    @Test(arguments: [
        ("events?max=-1", "max"), ("events?max=0", "max"), ("events?max=1001", "max"), ("events?max=", "max"),
        ("events?after=-1", "after"), ("events?after=99999999999999999999", "after"), ("events?after=1e3", "after"),
        ("events?after=%31%32x", "after"), ("events?wait=61", "wait"), ("events?wait=30m", "wait"),
        ("events?wait=s", "wait"), ("events?after=1&after=2", "after"), ("events?afer=1", "afer"),
        ("events?%22%3Cb%3E=1", ""), ("snapshot?max=10001", "max"), ("snapshot?max=0", "max"),
        ("snapshot?after=1", "after"), ("events?after=+1", "after"), ("events?after=%D9%A1", "after"),
    ])
    func parameter_thatIsWrong_is400AndNamed(_ target: String, _ name: String) async throws {
        try await ServerFixture.run { fixture in
            let answer = try fixture.client().ask("\(Self.base)/\(target)")
            #expect(answer.status == 400)
            #expect(try answer.problem() == "parameter.invalid")
            #expect(answer.body.contains("\"detail\":\"\(name)"))
        }
    }

    @Test func token_isAskedForByEverySubscriptionRoute() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.client()
            for (route, method) in [("events", "GET"), ("ack", "POST"), ("snapshot", "GET")] {
                let missing = try client.ask("\(Self.base)/\(route)?x=1", method: method, token: nil)
                #expect(missing.status == 401)
                #expect(missing.headers["www-authenticate"] == "Bearer")
                #expect(try missing.problem() == "token.missing")
                for token in ["nobody", "ky-token2", "", String(repeating: "t", count: 5000)] {
                    let unknown = try client.ask("\(Self.base)/\(route)", method: method, token: token)
                    #expect(unknown.status == 401)
                    #expect(unknown.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
                }
                let basic = try client.ask(
                    "\(Self.base)/\(route)", method: method, token: nil, headers: ["Authorization: Basic a3k6a3k="])
                #expect(basic.status == 401)
            }
            #expect(
                try client.ask("\(Self.base)/events", token: nil, headers: ["authorization: bearer ky-token"]).status
                    == 200)
        }
    }

    @Test func token_ofAnotherSubscription_doesNotTellWhetherThatOneExists() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.client()
            let there = try client.ask("/api/v1/subscriptions/ky/events", token: "hr-token")
            #expect(there.status == 403)
            #expect(try there.problem() == "token.not-for-subscription")
            for name in ["nobody", "", "%6B%79", "KY", "k%00y"] {
                let absent = try client.ask("/api/v1/subscriptions/\(name)/events", token: "hr-token")
                #expect(absent.status == 403)
                #expect(absent.body == there.body)
            }
        }
    }

    @Test func snapshot_isReadInPages() async throws {
        try await ServerFixture.run { fixture in
            fixture.service.change { $0.events = 12 }
            let client = try fixture.client()
            var target = "\(Self.base)/snapshot?max=2"
            var objects: [[Int]] = []
            var next: String?
            repeat {
                let answer = try client.ask(next.map { "\(target)&cursor=\($0)" } ?? target)
                let page = try JSONDecoder().decode(Page.self, from: Data(answer.body.utf8))
                #expect(page.version == 7)
                #expect(page.effectivedate == "2024-10-04")
                #expect(page.after == 12)
                objects.append(page.objects)
                next = page.next
                // What happens meanwhile changes nothing.
                fixture.service.change { $0.events += 1 }
                target = "\(Self.base)/snapshot?max=2"
            } while next != nil
            #expect(objects == [[0, 1], [2, 3], [4]])
        }
    }

    private struct Page: Decodable {
        let version: Int
        let effectivedate: String
        let after: Int
        let objects: [Int]
        let next: String?
    }

    @Test func cursor_thatIsNotOneOfThisSubscription_is400() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.client()
            let body = try client.ask("\(Self.base)/snapshot?max=1").body
            let cursor = try #require(try JSONDecoder().decode(Page.self, from: Data(body.utf8)).next)
            var damaged = ["", "x", "AAAA", "%00", "..", cursor + "AAAA", String(cursor.dropLast(2))]
            damaged += cursor.indices.map { index in
                cursor[..<index] + (cursor[index] == "A" ? "B" : "A") + cursor[cursor.index(after: index)...]
            }.dropLast()
            for cursor in damaged {
                let answer = try client.ask("\(Self.base)/snapshot?cursor=\(cursor)")
                #expect(answer.status == 400)
                #expect(try answer.problem() == "snapshot.cursor-invalid")
            }
            let other = try client.ask("/api/v1/subscriptions/hr/snapshot?cursor=\(cursor)", token: "hr-token")
            #expect(try other.problem() == "snapshot.cursor-invalid")
            #expect(try client.ask("\(Self.base)/snapshot?cursor=\(cursor)").status == 200)
        }
    }

    @Test func health_readinessAndMetrics_needNoToken() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.client()
            #expect(try client.ask("/healthz", token: nil).status == 200)
            let ready = try client.ask("/readyz", token: nil)
            #expect(ready.status == 200)
            #expect(ready.body == "{\"status\":\"ready\",\"problems\":[]}")
            fixture.service.change { $0.problems = ["the disk is full"] }
            let unready = try client.ask("/readyz", token: nil)
            #expect(unready.status == 503)
            #expect(unready.body == "{\"status\":\"not ready\",\"problems\":[\"the disk is full\"]}")
            let metrics = try client.ask("/metrics", token: nil)
            #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4")
            #expect(metrics.body == "fordeler_version 7\n")
        }
    }

    @Test(arguments: [
        "/", "/api", "/api/v1/subscriptions/ky", "/api/v1/subscriptions/ky/other", "/healthz/", "*", "//",
    ])
    func address_thatIsNotThere_is404(_ target: String) async throws {
        try await ServerFixture.run { fixture in
            let answer = try fixture.client().ask(target)
            #expect(answer.status == 404)
            #expect(try answer.problem() == "http.not-found")
        }
    }

    @Test(arguments: [
        ("/healthz", "POST", "GET"), ("/readyz", "DELETE", "GET"), ("/metrics", "PUT", "GET"),
        ("/api/v1/subscriptions/ky/events", "POST", "GET"), ("/api/v1/subscriptions/ky/ack", "GET", "POST"),
        ("/api/v1/subscriptions/ky/snapshot", "PATCH", "GET"), ("/healthz", "OPTIONS", "GET"),
    ])
    func method_thatDoesNotFit_is405(_ target: String, _ method: String, _ allowed: String) async throws {
        try await ServerFixture.run { fixture in
            let answer = try fixture.client().ask(target, method: method)
            #expect(answer.status == 405)
            #expect(answer.headers["allow"] == allowed)
            #expect(try answer.problem() == "http.method-not-allowed")
        }
    }

    @Test(arguments: [
        (FordelerError(.unknownSubscription, "/secret/path"), 404),
        (FordelerError(.renderingChanged, "/secret/path"), 410),
        (FordelerError(FordelerError.Code("state.in-use"), "/secret/path"), 503),
        (FordelerError(FordelerError.Code("state.failed"), "/secret/path"), 500),
    ])
    func error_ofTheService_becomesAStatusAndKeepsItsCode(_ error: FordelerError, _ status: Int) async throws {
        try await ServerFixture.run { fixture in
            fixture.service.change { $0.failure = error }
            let client = try fixture.client()
            for (route, method, body) in [
                ("events", "GET", ""), ("ack", "POST", "{\"through\":1}"), ("snapshot", "GET", ""),
            ] {
                let answer = try client.ask("\(Self.base)/\(route)", method: method, body: body)
                #expect(answer.status == status)
                #expect(try answer.problem() == error.code.name)
                #expect(!answer.body.contains("secret"))
            }
        }
    }

    @Test func error_ofAnotherKind_is500WithoutInternals() async throws {
        try await ServerFixture.run { fixture in
            fixture.service.change { $0.failure = FakePullService.Secret() }
            let client = try fixture.client()
            for target in ["\(Self.base)/events", "/metrics"] {
                let answer = try client.ask(target)
                #expect(answer.status == 500)
                #expect(try answer.problem() == "http.failed")
                #expect(!answer.body.contains("Secret"))
            }
            fixture.service.change { $0.failure = nil }
            #expect(try client.ask("\(Self.base)/events").status == 200)
        }
    }
}

import Foundation
import OrganisationModel
import Testing
@testable import Transports

struct WebhookChannelTests {
    private func channel(
        _ server: Server, _ path: String, token: String? = nil, timeout: Duration = .seconds(30)
    ) throws -> WebhookChannel {
        try WebhookChannel(
            name: "chat", url: "http://127.0.0.1:\(server.port)\(path)", token: token, timeout: timeout)
    }

    @Test func notice_arrivesAsJSON() throws {
        let server = try Server("web_server.py")
        try channel(server, "/status/200", token: "abc.DEF").send(Sample.notice)
        let got = try server.next()
        #expect(
            got["body"] as? String
                == #"{"code":"candidate.held","id":"r7.candidate-12","subject":"Udkast 12 venter på godkendelse: æøå ÆØÅ","#
                + #""text":"Udkast 12 fjerner 40 enheder.\u000a.\u000aGodkend eller afvis det.\u000a","#
                + #""time":"2026-03-01T05:30:09Z"}"#)
        #expect(
            got["headers"] as? [String: String] == [
                "webhook-id": "r7.candidate-12", "webhook-timestamp": "1772343009", "content-type": "application/json",
                "authorization": "Bearer abc.DEF",
            ])
    }

    @Test(arguments: [
        (202, ""), (204, ""), (301, "notice.refused"), (400, "notice.refused"), (404, "notice.refused"),
        (408, "notice.unreachable"), (410, "notice.refused"), (429, "notice.unreachable"),
        (500, "notice.unreachable"), (503, "notice.unreachable"),
    ])
    func answer_followsTheStatus(_ status: Int, _ code: String) throws {
        let server = try Server("web_server.py")
        #expect(failure { try channel(server, "/status/\(status)").send(Sample.notice) }.code == code)
    }

    @Test func redirect_isNotFollowed() throws {
        let server = try Server("web_server.py")
        let end = failure { try channel(server, "/redirect", token: "abc").send(Sample.notice) }
        #expect(end.code == "notice.refused")
        #expect(!end.message.contains("/redirect"))
        #expect(try server.next()["path"] as? String == "/redirect")
        try channel(server, "/status/200").send(Sample.notice)
        #expect(try server.next()["path"] as? String == "/status/200")
        try channel(server, "/status/201").send(Sample.notice)
        #expect(try server.next()["path"] as? String == "/status/201")
    }

    @Test func serverThatNeverAnswers_isLeftAfterTheTimeout() throws {
        let server = try Server("web_server.py")
        let start = ContinuousClock.now
        let end = failure { try channel(server, "/slow", timeout: .milliseconds(300)).send(Sample.notice) }
        #expect(end.code == "notice.unreachable")
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test func bodyWithoutEnd_isCutAndTheStatusCounts() throws {
        let server = try Server("web_server.py")
        try channel(server, "/endless").send(Sample.notice)
        #expect(try server.next()["path"] as? String == "/endless")
        #expect(try server.next()["hungUp"] as? Bool == true)
    }

    @Test func noServer_isTriedLater_toldWithoutThePath() throws {
        let channel = try WebhookChannel(name: "chat", url: "http://localhost:1/secret-path?key=secret-word")
        let end = failure { try channel.send(Sample.notice) }
        #expect(end.code == "notice.unreachable")
        #expect(!end.message.contains("secret"))
    }

    @Test func certificateOfNobody_isRefusedUnlessItIsNamed() throws {
        let scratch = try Scratch()
        let files = try scratch.certificate()
        let server = try Server("web_server.py", ["--certificate", files.certificate, "--key", files.key])
        func send(_ authority: String?) throws {
            try WebhookChannel(
                name: "chat", url: "https://localhost:\(server.port)/status/200", certificateAuthority: authority
            ).send(Sample.notice)
        }
        #expect(failure { try send(nil) }.code == "notice.unreachable")
        try send(files.certificate)
        #expect(try server.next()["path"] as? String == "/status/200")
    }

    @Test(arguments: [
        "", "example.dk", "http://example.dk/", "ftp://example.dk/", "file:///etc/passwd", "gopher://localhost/",
        "http://localhost.example.dk/", "http://127.0.0.1.example.dk/", "http://127.0.0.1@example.dk/",
        "https://user:word@example.dk/", "https:///path", "https://example.dk/\r\nHost: x", "http://[::2]/",
        "http://128.0.0.1/", "http:example.dk",
    ])
    func addressThatIsNone_buildsNoChannel(_ url: String) {
        #expect(
            failure { _ = try WebhookChannel(name: "chat", url: url) }.code == "configuration.notice-channel")
    }

    @Test(arguments: ["https://example.dk/a?b=c", "http://localhost:8080", "http://127.1.2.3/", "http://[::1]:80/"])
    func addressThatMayBeUsed_buildsAChannel(_ url: String) {
        #expect(failure { _ = try WebhookChannel(name: "chat", url: url) }.code == "")
    }

    @Test(arguments: ["", "a b", "a\r\nX: y", "å"]) func tokenThatBreaksTheHeader_buildsNoChannel(_ token: String) {
        let end = failure { _ = try WebhookChannel(name: "chat", url: "https://example.dk/", token: token) }
        #expect(end.code == "configuration.notice-channel")
    }
}

import Foundation
import OrganisationModel
import Testing
import Distribution
@testable import Transports

struct SMTPChannelTests {
    private func channel(
        _ server: Server, host: String = "127.0.0.1", security: SMTPChannel.Security = .none,
        to: [String] = ["it@example.dk", "vagt@example.dk"], password: String? = nil, authority: String? = nil,
        timeout: Duration = .seconds(30)
    ) throws -> SMTPChannel {
        try SMTPChannel(
            name: "mail", host: host, port: server.port, security: security, from: "fordeler@example.dk", to: to,
            user: password.map { _ in "fordeler" }, password: password, certificateAuthority: authority,
            timeout: timeout)
    }

    @Test func notice_arrivesAsItWasWritten() throws {
        let server = try Server("smtp_server.py")
        try channel(server).send(Sample.notice)
        let mail = try server.next()
        #expect(mail["sender"] as? String == "fordeler@example.dk")
        #expect(mail["receivers"] as? [String] == ["it@example.dk", "vagt@example.dk"])
        #expect(mail["to"] as? String == "it@example.dk, vagt@example.dk")
        #expect(mail["subject"] as? String == Sample.notice.subject)
        #expect(mail["text"] as? String == Sample.notice.text)
        #expect(mail["id"] as? String == "<r7.candidate-12@example.dk>")
        #expect(mail["date"] as? String == "2026-03-01T05:30:09+00:00")
        #expect(mail["automatic"] as? String == "auto-generated")
        #expect(mail["type"] as? String == "text/plain")
        #expect(mail["bare"] as? Int == 0)
        #expect(mail["defects"] as? [String] == [])
    }

    @Test(arguments: [
        "One\r\nBcc: all@example.dk", "One\nBcc: all@example.dk", "One\r\n\r\nBody", "Æ\r\nBcc: all@example.dk",
        "One\u{2028}Bcc: all@example.dk", "One\u{0}\u{85}Bcc: all@example.dk",
    ])
    func subjectWithLineBreak_addsNoHeader(_ subject: String) throws {
        let server = try Server("smtp_server.py")
        try channel(server).send(Sample.notice(subject: subject))
        let mail = try server.next()
        #expect(
            mail["headers"] as? [String] == [
                "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
                "Content-Transfer-Encoding",
            ])
        #expect((mail["subject"] as? String)?.contains("\n") == false)
        #expect(mail["text"] as? String == "Look.")
    }

    @Test(arguments: [
        String(repeating: "å😀", count: 120), String(repeating: "long ", count: 60) + ".", "=?utf-8?B?w6Y=?=", "a  b",
    ])
    func subjectThatHeadersDoNotHold_arrivesAsItWasWritten(_ subject: String) throws {
        let server = try Server("smtp_server.py")
        try channel(server).send(Sample.notice(subject: subject))
        let mail = try server.next()
        #expect(mail["subject"] as? String == subject)
        #expect((mail["longest"] as? Int).map { $0 <= 76 } == true)
    }

    @Test func idWithLineBreakAndBrackets_staysInsideItsHeader() throws {
        let server = try Server("smtp_server.py")
        try channel(server).send(Sample.notice(id: "a>\r\nBcc: b@example.dk"))
        #expect(try server.next()["id"] as? String == "<a=3e=0d=0aBcc=3a=20b=40example.dk@example.dk>")
    }

    @Test func recipientRefused_refusesTheNotice_toldWithoutNumbersOfPeople() throws {
        let server = try Server("smtp_server.py", ["--recipient-status", "550"])
        let end = failure { try channel(server, to: ["it@example.dk", "gone@example.dk"]).send(Sample.notice) }
        #expect(end.code == "notice.refused")
        #expect(end.message.contains("550 no such user **********"))
    }

    @Test func recipientPutOff_isTriedLater() throws {
        let server = try Server("smtp_server.py", ["--recipient-status", "451"])
        #expect(
            failure { try channel(server, to: ["gone@example.dk"]).send(Sample.notice) }.code == "notice.unreachable")
    }

    @Test(arguments: [("451", "notice.unreachable"), ("554", "notice.refused")])
    func messageNotTaken_followsTheStatus(_ status: String, _ code: String) throws {
        let server = try Server("smtp_server.py", ["--data-status", status])
        #expect(failure { try channel(server).send(Sample.notice) }.code == code)
    }

    @Test func serverThatNeverAnswers_isLeftAfterTheTimeout() throws {
        let server = try Server("smtp_server.py", ["--silent"])
        let start = ContinuousClock.now
        #expect(
            failure { try channel(server, timeout: .milliseconds(300)).send(Sample.notice) }.code
                == "notice.unreachable")
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test func serverThatDoesNotSayGoodbye_hasTakenTheNotice() throws {
        let server = try Server("smtp_server.py", ["--quit-silent"])
        let start = ContinuousClock.now
        try channel(server, timeout: .seconds(2)).send(Sample.notice)
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(try server.next()["sender"] as? String == "fordeler@example.dk")
    }

    @Test func noServer_isTriedLater() throws {
        let channel = try SMTPChannel(
            name: "mail", host: "127.0.0.1", port: 1, security: .none, from: "a@example.dk", to: ["b@example.dk"])
        #expect(failure { try channel.send(Sample.notice) }.code == "notice.unreachable")
    }

    @Test(arguments: [SMTPChannel.Security.starttls, .tls])
    func certificateOfNobody_isRefusedUnlessItIsNamed(_ security: SMTPChannel.Security) throws {
        let scratch = try Scratch()
        let files = try scratch.certificate()
        let server = try Server(
            "smtp_server.py",
            ["--certificate", files.certificate, "--key", files.key] + (security == .tls ? ["--tls"] : []))
        let stranger = failure { try channel(server, host: "localhost", security: security).send(Sample.notice) }
        #expect(stranger.code == "notice.unreachable")
        #expect(stranger.message.contains("certificate"))
        let otherName = failure {
            try channel(server, security: security, authority: files.certificate).send(Sample.notice)
        }
        #expect(otherName.code == "notice.unreachable")

        try channel(server, host: "localhost", security: security, authority: files.certificate).send(Sample.notice)
        #expect(try server.next()["encrypted"] as? Bool == (security == .starttls ? true : false))
    }

    @Test func serverWithoutTLS_getsNothingWhenTLSIsDemanded() throws {
        let server = try Server("smtp_server.py")
        let end = failure { try channel(server, security: .starttls, password: "secret word").send(Sample.notice) }
        #expect(end.code == "notice.unreachable")
    }

    @Test func password_signsIn() throws {
        let scratch = try Scratch()
        let files = try scratch.certificate()
        let server = try Server(
            "smtp_server.py",
            ["--certificate", files.certificate, "--key", files.key, "--password", "hemmelig ord ø"])
        func send(_ password: String?) throws {
            try channel(
                server, host: "localhost", security: .starttls, password: password, authority: files.certificate
            ).send(Sample.notice)
        }
        let wrong = failure { try send("another word") }
        #expect(wrong.code == "notice.refused")
        #expect(!wrong.message.contains("another word"))
        #expect(failure { try send(nil) }.code == "notice.refused")
        try send("hemmelig ord ø")
        #expect(try server.next()["user"] as? String == "fordeler")
    }

    @Test(arguments: [
        "", "it", "it@", "@example.dk", "a@b@c", "it@example.dk\r\nBcc: all@example.dk", "it @example.dk", "a>b@c.dk",
        "å@example.dk",
    ])
    func addressThatIsNone_buildsNoChannel(_ address: String) throws {
        func build(from: String, to: [String]) -> String {
            failure {
                _ = try SMTPChannel(name: "mail", host: "localhost", port: 25, security: .none, from: from, to: to)
            }.code
        }
        #expect(build(from: address, to: ["it@example.dk"]) == "configuration.notice-channel")
        #expect(build(from: "it@example.dk", to: ["it@example.dk", address]) == "configuration.notice-channel")
    }

    @Test(arguments: ["", "a/b", "a:25", "user@a", "a b", "a\r\n", "[::1]", "[x", "a?b", "a#b", "a%2fb"])
    func hostThatIsNone_buildsNoChannel(_ host: String) {
        let end = failure {
            _ = try SMTPChannel(
                name: "mail", host: host, port: 25, security: .none, from: "a@example.dk", to: ["b@example.dk"])
        }
        #expect(end.code == "configuration.notice-channel")
    }

    @Test func settingsThatDoNotFit_buildNoChannel() {
        func build(
            _ port: Int = 25, _ security: SMTPChannel.Security = .tls, to: [String] = ["b@example.dk"],
            user: String? = nil, password: String? = nil
        ) -> String {
            failure {
                _ = try SMTPChannel(
                    name: "mail", host: "::1", port: port, security: security, from: "a@example.dk", to: to, user: user,
                    password: password)
            }.code
        }
        #expect(build() == "")
        let code = "configuration.notice-channel"
        #expect(build(0) == code)
        #expect(build(65_536) == code)
        #expect(build(to: []) == code)
        #expect(build(user: "a") == code)
        #expect(build(password: "a") == code)
        #expect(build(25, .none, user: "a", password: "b") == code)
        #expect(build(user: "a", password: "b\n") == code)
        #expect(build(user: "", password: "b") == code)
    }
}

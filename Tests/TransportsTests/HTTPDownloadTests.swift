import Foundation
import OrganisationModel
import Testing
@testable import Transports

struct HTTPDownloadTests {
    private typealias Mark = HTTPDownload.Mark

    /// A server that answers as a file says, and what it was asked.
    private final class Exports {
        let scratch: Scratch
        let server: Server
        let scheme: String
        static let body = String(repeating: "Åse;Brøndum;70001\n", count: 5000)

        init(_ answer: [String: Any] = [:], isSecure: Bool = false) throws {
            scratch = try Scratch()
            try Data(Self.body.utf8).write(to: URL(filePath: scratch.path + "/body"))
            var words = ["--answer", scratch.path + "/answer"]
            if isSecure {
                let files = try scratch.certificate()
                words += ["--certificate", files.certificate, "--key", files.key]
            }
            scheme = isSecure ? "https" : "http"
            server = try Server("export_server.py", words)
            try self.answer(answer)
        }

        func answer(_ answer: [String: Any]) throws {
            let all = answer.merging(["file": scratch.path + "/body"]) { mine, _ in mine }
            try JSONSerialization.data(withJSONObject: all).write(
                to: URL(filePath: scratch.path + "/answer"), options: .atomic)
        }

        func download(
            token: String? = nil, authority: String? = nil, patience: HTTPDownload.Patience = .init()
        ) throws -> HTTPDownload {
            try HTTPDownload(
                url: "\(scheme)://localhost:\(server.port)/export", token: token, certificateAuthority: authority,
                patience: patience)
        }
    }

    private final class Taken {
        var bytes: [UInt8] = []
        var text: String { String(decoding: bytes, as: UTF8.self) }
        func take(_ more: UnsafeRawBufferPointer) { bytes += more }
    }

    /// How a download ended: the code of its error, or none.
    private func end(
        _ download: HTTPDownload, unless known: Mark? = nil, byteCountMax: Int = 1 << 20,
        isStopping: @escaping () -> Bool = { false }
    ) -> (code: String, message: String) {
        failure {
            _ = try download.fetch(unless: known, byteCountMax: byteCountMax, isStopping: isStopping, into: { _ in })
        }
    }

    @Test(arguments: [false, true]) func document_comesWhole(_ isChunked: Bool) throws {
        let exports = try Exports(["etag": "\"7\"", "modified": "Mon, 02 Mar 2026 05:00:00 GMT", "chunked": isChunked])
        let taken = Taken()
        let mark = try exports.download(token: "abc").fetch(byteCountMax: 1 << 20, into: taken.take)
        #expect(mark == Mark(tag: "\"7\"", modified: "Mon, 02 Mar 2026 05:00:00 GMT"))
        #expect(taken.text == Exports.body)
        #expect(try exports.server.next()["headers"] as? [String: String] == ["authorization": "Bearer abc"])
    }

    @Test func knownDocument_isNotSentAgain() throws {
        let exports = try Exports(["etag": "W/\"7\"", "modified": "Mon, 02 Mar 2026 05:00:00 GMT"])
        let download = try exports.download()
        let known = try #require(try download.fetch(byteCountMax: 1 << 20) { _ in })
        let taken = Taken()
        #expect(try download.fetch(unless: known, byteCountMax: 1 << 20, into: taken.take) == nil)
        #expect(taken.bytes.isEmpty)
        _ = try exports.server.next()
        #expect(
            try exports.server.next()["headers"] as? [String: String] == [
                "if-none-match": "W/\"7\"", "if-modified-since": "Mon, 02 Mar 2026 05:00:00 GMT",
            ])
        try exports.answer(["modified": "Tue, 03 Mar 2026 05:00:00 GMT"])
        let next = try download.fetch(unless: known, byteCountMax: 1 << 20, into: taken.take)
        #expect(next == Mark(tag: "", modified: "Tue, 03 Mar 2026 05:00:00 GMT") && taken.text == Exports.body)
        #expect(try download.fetch(unless: next, byteCountMax: 1 << 20) { _ in } == nil)
    }

    @Test(arguments: [
        (204, "download.refused"), (206, "download.refused"), (304, "download.refused"), (400, "download.refused"),
        (401, "download.refused"), (403, "download.refused"), (404, "download.refused"), (408, "download.failed"),
        (410, "download.refused"), (429, "download.failed"), (500, "download.failed"), (503, "download.failed"),
    ])
    func answer_followsTheStatus(_ status: Int, _ code: String) throws {
        let exports = try Exports(["status": status])
        let taken = Taken()
        let end = failure { _ = try exports.download().fetch(byteCountMax: 1 << 20, into: taken.take) }
        #expect(end.code == code && end.message.contains("status \(status)"))
        #expect(taken.bytes.isEmpty && !end.message.contains("/export"))
    }

    @Test func cutBody_failsWhateverTheServerSaidOfItsLength() throws {
        let exports = try Exports(["cut": 40_000])
        #expect(end(try exports.download()).code == "download.failed")
        try exports.answer(["length": 200_000])
        #expect(end(try exports.download()).code == "download.failed")
        try exports.answer(["cut": 40_000, "chunked": true])
        #expect(end(try exports.download()).code == "download.failed")
        try exports.answer(["length": NSNull()])
        let unknown = end(try exports.download())
        #expect(unknown.code == "download.refused" && unknown.message.contains("Content-Length"))
    }

    @Test(arguments: [["chunked": true], [:]]) func longBody_isRefusedAtTheLimit(_ answer: [String: Bool]) throws {
        let exports = try Exports(answer)
        let (taken, length) = (Taken(), Exports.body.utf8.count)
        let end = failure { _ = try exports.download().fetch(byteCountMax: length - 1, into: taken.take) }
        #expect(end.code == "download.refused" && end.message.contains("larger than \(length - 1) bytes"))
        #expect(taken.bytes.count < length)
        #expect(try exports.download().fetch(byteCountMax: length) { _ in } != nil)
    }

    @Test func redirectOnOneServer_isFollowed() throws {
        let exports = try Exports(["redirect": "/export-2026-03-02.xml", "etag": "\"2\""])
        let taken = Taken()
        let mark = try exports.download(token: "abc").fetch(byteCountMax: 1 << 20, into: taken.take)
        #expect(mark?.tag == "\"2\"" && taken.text == Exports.body)
        #expect(try exports.server.next()["status"] as? Int == 302)
        #expect(try exports.server.next()["path"] as? String == "/export-2026-03-02.xml")
        try exports.answer(["redirect": "/export"])
        let end = end(try exports.download())
        #expect(end.code == "download.refused" && end.message.contains("without end"))
    }

    @Test func redirectElsewhere_isRefusedAndTheTokenStays() throws {
        let (exports, other) = (try Exports(), try Exports())
        let elsewhere = [
            "http://localhost:\(other.server.port)/export", "http://127.0.0.1:\(exports.server.port)/export",
            "https://localhost:\(exports.server.port)/export", "file:///etc/hostname", "//example.dk/export",
        ]
        for target in elsewhere {
            try exports.answer(["redirect": target])
            let end = end(try exports.download(token: "abc"))
            #expect(end.code == "download.refused" && end.message.contains("another server"), "\(target): \(end)")
            #expect(try exports.server.next()["path"] as? String == "/export")
        }
        #expect(end(try other.download()).code == "")
        #expect(try other.server.next()["headers"] as? [String: String] == [:])
    }

    @Test func serverThatPauses_isLeft() throws {
        let exports = try Exports(["hang": true, "cut": 100])
        let patience = HTTPDownload.Patience(pause: .seconds(1))
        let start = ContinuousClock.now
        let end = end(try exports.download(patience: patience))
        #expect(end.code == "download.failed" && !end.message.contains(/[0-9]{3,} milli/))
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test func programThatEnds_doesNotWaitForTheServer() throws {
        let exports = try Exports(["hang": true, "cut": 100])
        #expect(end(try exports.download(), isStopping: { true }).code == "download.interrupted")
    }

    @Test func bytesThatCannotBeTaken_endTheTransferWithTheirError() throws {
        let exports = try Exports()
        let end = failure {
            _ = try exports.download().fetch(byteCountMax: 1 << 20) { _ in
                throw FordelerError(.init("test.full"), "no room")
            }
        }
        #expect(end.code == "test.full")
    }

    @Test func certificateOfNobody_isRefusedUnlessItIsNamed() throws {
        let exports = try Exports(isSecure: true)
        let end = end(try exports.download(token: "abc"))
        #expect(end.code == "download.failed" && end.message.contains("certificate"), "\(end)")
        let authority = exports.scratch.path + "/certificate.pem"
        #expect(try exports.download(token: "abc", authority: authority).fetch(byteCountMax: 1 << 20) { _ in } != nil)
        #expect(try exports.server.next()["status"] as? Int == 200)
        #expect(self.end(try exports.download(authority: exports.scratch.path + "/none.pem")).code == "download.failed")
    }

    @Test func noServer_failsInTheSameWordsEachTime_withoutThePath() throws {
        let download = try HTTPDownload(url: "http://localhost:1/secret-path?key=secret-word", token: "secret-token")
        let ends = (0..<2).map { _ in end(download) }
        #expect(ends.map(\.code) == ["download.failed", "download.failed"])
        #expect(ends[0].message == ends[1].message && !ends[0].message.contains("secret"))
    }

    @Test(arguments: ["", "http://example.dk/", "ftp://example.dk/", "https://user:word@example.dk/", "file:///etc/x"])
    func addressThatIsNone_isToldWithoutIt(_ url: String) {
        let end = failure { _ = try HTTPDownload(url: url) }
        #expect(end.code == "configuration.download" && !end.message.contains("word@"))
    }

    @Test(arguments: ["", "a b", "a\r\nX: y", "å"]) func tokenThatBreaksTheHeader_isRefusedUntold(_ token: String) {
        let end = failure { _ = try HTTPDownload(url: "https://example.dk/", token: token) }
        #expect(end.code == "configuration.download" && (token.isEmpty || !end.message.contains("\"\(token)\"")))
    }
}

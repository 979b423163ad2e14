import Foundation
import OrganisationModel
import Testing
import Distribution
@testable import Transports

/// A folder of its own for one test, gone when the test is over.
final class Scratch {
    let path: String

    init() throws {
        var template = Array((FileManager.default.temporaryDirectory.path + "/transports-XXXXXX").utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        path = try #require(made)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A certificate for `localhost` that nobody but itself signed.
    func certificate() throws -> (certificate: String, key: String) {
        let files = (certificate: path + "/certificate.pem", key: path + "/key.pem")
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", files.key, "-out",
            files.certificate,
        ]
        (openssl.standardOutput, openssl.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try openssl.run()
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0)
        return files
    }
}

/// One of the Python servers beside this file. Ends with the test.
final class Server {
    private(set) var port = 0
    private let process = Process()
    private let output = Pipe()
    /// Closed when the tests end, however they end; the server ends then.
    private let input = Pipe()
    private var rest = Data()

    /// - Parameter script: the file's name.
    init(_ script: String, _ arguments: [String] = []) throws {
        // Debian's own Python: its packages are not seen by another one.
        process.executableURL = URL(filePath: "/usr/bin/python3")
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        process.arguments = [folder.appending(path: script).path] + arguments
        process.standardOutput = output
        process.standardInput = input
        process.standardError = FileHandle.nullDevice
        try process.run()
        guard let told = try next()["port"] as? Int else {
            throw FordelerError(.init("test.server"), "\(script) did not start")
        }
        port = told
    }

    deinit {
        guard process.processIdentifier > 0 else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// The next line that the server told; empty when it ended.
    func next() throws -> [String: Any] {
        while !rest.contains(10) {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { return [:] }
            rest += more
        }
        let line = rest.prefix { $0 != 10 }
        rest = Data(rest.dropFirst(line.count + 1))
        return try JSONSerialization.jsonObject(with: line) as? [String: Any] ?? [:]
    }
}

enum Sample {
    static let notice = Notice(
        id: "r7.candidate-12", code: "candidate.held", subject: "Udkast 12 venter på godkendelse: æøå ÆØÅ",
        text: "Udkast 12 fjerner 40 enheder.\n.\nGodkend eller afvis det.\n", time: "2026-03-01T05:30:09Z")

    static func notice(subject: String = "Held", id: String = "r7.1", text: String = "Look.") -> Notice {
        Notice(id: id, code: "candidate.held", subject: subject, text: text, time: "2026-03-01T05:30:09Z")
    }
}

/// The code of the error that `body` throws, and its message; empty when it throws none.
func failure(_ body: () throws -> Void) -> (code: String, message: String) {
    do {
        try body()
        return ("", "")
    } catch let error as FordelerError {
        return (error.code.name, error.message)
    } catch {
        return ("another error", "\(error)")
    }
}

import Foundation
import Testing

/// A mail server on this machine that keeps what it takes.
final class MailServer {
    struct Mail: CustomStringConvertible {
        let id: String
        let subject: String
        let text: String
        var description: String { "\(subject)\n\(text)" }
    }

    private(set) var port = 0
    private let process = Process()
    /// Closed when the tests end, however they end; the server ends then.
    private let input = Pipe()
    private let output: URL

    /// - Parameter port: 0 for any that is free.
    init(folder: URL, port: Int = 0) throws {
        output = folder.appendingPathComponent("mails-\(UUID().uuidString)")
        try Data().write(to: output)
        // Debian's own Python: its packages are not seen by another one.
        process.executableURL = URL(filePath: "/usr/bin/python3")
        let script = World.package.appendingPathComponent("Tests/TransportsTests/Support/smtp_server.py")
        process.arguments = [script.path, "--port", String(port)]
        process.standardInput = input
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        let told = wait(for: 1)
        self.port = try #require(told.first?["port"].number, "the mail server did not start")
    }

    deinit {
        end()
    }

    func end() {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private var lines: [JSON] {
        let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
        // The last line may not be whole yet.
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().compactMap { JSON($0) }
    }

    /// Looks until so many lines are there, at most a minute.
    private func wait(for count: Int) -> [JSON] {
        for _ in 0..<3000 {
            if lines.count >= count { break }
            poll(nil, 0, 20)
        }
        return lines
    }

    /// What has come by now.
    var mails: [Mail] {
        lines.dropFirst().map {
            Mail(id: $0["id"].text ?? "", subject: $0["subject"].text ?? "", text: $0["text"].text ?? "")
        }
    }

    /// Waits until so many mails are there.
    func mails(_ count: Int) -> [Mail] {
        _ = wait(for: count + 1)
        return mails
    }

    /// The lines of a configuration that lead here.
    static func configuration(port: Int) -> String {
        "notify: {smtp: {host: 127.0.0.1, port: \(port), security: none, from: fordeler@town.example, "
            + "to: [it@town.example]}}"
    }
}

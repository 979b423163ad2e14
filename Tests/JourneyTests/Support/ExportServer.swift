import Foundation
import Testing

/// A web server on this machine from which exports are downloaded. What it answers is said by the test; it ends with it.
final class ExportServer {
    private(set) var port = 0
    private let folder: URL
    private let process = Process()
    /// Closed when the tests end, however they end; the server ends then.
    private let input = Pipe()
    private let output: URL

    /// - Parameter isSecure: speaks HTTPS with ``certificate``, for which nobody vouches.
    init(isSecure: Bool = false) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("fordeler-exports-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        output = folder.appendingPathComponent("requests")
        try Data().write(to: output)
        // Debian's own Python: its packages are not seen by another one.
        process.executableURL = URL(filePath: "/usr/bin/python3")
        let script = World.package.appendingPathComponent("Tests/TransportsTests/Support/export_server.py")
        let certified = ["--certificate", certificate.path, "--key", key.path]
        process.arguments =
            [script.path, "--answer", folder.appendingPathComponent("answer.json").path] + (isSecure ? certified : [])
        if isSecure { try makeCertificate() }
        process.standardInput = input
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.port = try #require(wait(for: 1).first?["port"].number, "the server of exports did not start")
    }

    deinit {
        end()
        try? FileManager.default.removeItem(at: folder)
    }

    var certificate: URL { folder.appendingPathComponent("certificate.pem") }
    private var key: URL { folder.appendingPathComponent("key.pem") }

    private func makeCertificate() throws {
        let made = try Spawn.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key.path, "-out",
                certificate.path,
            ], folder: folder)
        try #require(made.status == 0, "\(made.errors)")
    }

    func end() {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Says what is answered from now on to those who have the token, in the words of the script; without an etag, one of
    /// the text.
    func answer(_ text: String = Export.small.text, _ more: [String: Any] = [:]) throws {
        let body = folder.appendingPathComponent("body-\(UUID().uuidString)")
        try Data(text.utf8).write(to: body)
        var answer: [String: Any] = ["file": body.path, "etag": "\"\(text.hashValue)\"", "token": World.token]
        answer.merge(more) { $1 }
        try JSONSerialization.data(withJSONObject: answer)
            .write(to: folder.appendingPathComponent("answer.json"), options: .atomic)
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

    /// The statuses of its answers until now.
    var statuses: [Int] { lines.dropFirst().compactMap { $0["status"].number } }

    /// Waits until it has been asked so often.
    func statuses(_ count: Int) -> [Int] {
        wait(for: count + 1).dropFirst().compactMap { $0["status"].number }
    }
}

extension World {
    static let token = "hemmeligt-token-4711"

    /// A world whose daemon downloads the payroll every quarter of an hour, at ten in the morning of the first day.
    /// - Parameters:
    ///   - hr: settings of the source beside its download.
    ///   - download: settings of the download beside its address.
    static func forDownloads(
        port: Int, scheme: String = "http", hr: String = "publish: automatic",
        download: String = "tokenFile: opus-token",
        more: String = ""
    ) throws -> World {
        let world = try World()
        try world.write(token + "\n", "opus-token")
        try world.configureDownloads(port: port, scheme: scheme, hr: hr, download: download, more: more)
        try world.setClock("\(firstDay)T09:00:00Z")
        world.guardSecrets(Export.small.cprs)
        return world
    }

    func configureDownloads(
        port: Int, scheme: String = "http", hr: String = "publish: automatic",
        download: String = "tokenFile: opus-token",
        more: String = ""
    ) throws {
        try configure(
            """
            state: state
            timeZone: Europe/Copenhagen
            authority: {name: Søløkke Kommune, cvr: "99000001"}
            \(World.withoutBrakes)
            http: {port: 0}
            \(more)
            sources:
              hr:
                mapping: kmd-opus
                schedule: every 15m
                download: {url: "\(scheme)://localhost:\(port)/export", \(download)}
                \(hr.replacing(", ", with: "\n    "))
            """)
    }

    /// The names of what was downloaded for a source.
    func downloads(_ source: String = "hr") throws -> [String] {
        let folder = state.appendingPathComponent("downloads/\(source)").path
        guard FileManager.default.fileExists(atPath: folder) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().filter { !$0.hasPrefix(".") }
    }

    /// Moves the clock of the daemon to the next quarter of an hour.
    func nextQuarter() throws {
        try setClock(Date(timeIntervalSince1970: ((clock.timeIntervalSince1970 / 900).rounded(.down) + 1) * 900))
    }
}

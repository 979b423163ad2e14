import AdminAPI
import Foundation
import Logging
import RegisterFixtures

/// An answer as it came over the wire.
struct Answer {
    let status: Int
    /// Names in lower case.
    let headers: [String: String]
    let body: String

    /// The code of a problem; fails when the answer is none.
    func problem() throws -> String {
        try demand(headers["content-type"], equals: "application/problem+json", "the content type")
        let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any] ?? [:]
        try demand(Set(object.keys), equals: ["type", "title", "status", "detail", "code"], "the members")
        try demand(object["status"] as? Int, equals: status, "the status")
        let code = object["code"] as? String ?? ""
        try demand(object["type"] as? String, equals: "urn:fordeler:problem:\(code)", "the type")
        return code
    }
}

/// One connection to the server. Blocks; gives up after ten minutes without a byte: other tests may keep the server from its
/// work for long.
final class TestClient {
    private let socket: Int32
    private var unread: [UInt8] = []
    private var isOpen = true

    init(_ port: Int) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: 600, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if status != 0 { throw Mismatch("cannot connect: \(String(cString: strerror(errno)))") }
    }

    deinit {
        close()
    }

    func close() {
        if isOpen { _ = Glibc.close(socket) }
        isOpen = false
    }

    /// Says that nothing more will be sent; answers can still be read.
    func finish() {
        shutdown(socket, Int32(SHUT_WR))
    }

    /// - Returns: false when the server closed the connection.
    @discardableResult
    func send(_ text: String) -> Bool {
        send(Array(text.utf8))
    }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    func request(
        _ target: String, method: String = "GET", token: String? = "ky-token", headers: [String] = [], body: String = ""
    ) {
        var lines = ["\(method) \(target) HTTP/1.1", "Host: localhost"] + headers
        if let token { lines.append("Authorization: Bearer \(token)") }
        if !body.isEmpty { lines.append("Content-Length: \(body.utf8.count)") }
        send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    func ask(
        _ target: String, method: String = "GET", token: String? = "ky-token", headers: [String] = [], body: String = ""
    ) throws -> Answer {
        request(target, method: method, token: token, headers: headers, body: body)
        return try receive()
    }

    private func fill() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = buffer.withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
        if count > 0 { unread += buffer[..<count] }
        return count > 0
    }

    func receive() throws -> Answer {
        let end = Array("\r\n\r\n".utf8)
        var headEnd: Int?
        while headEnd == nil {
            headEnd = unread.indices.first { unread[$0...].starts(with: end) }
            if headEnd == nil, !fill() { throw Mismatch("the connection ended before an answer came") }
        }
        let headLength = headEnd ?? 0
        let lines = String(decoding: unread[..<headLength], as: UTF8.self).components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        let length = Int(headers["content-length"] ?? "") ?? 0
        while unread.count < headLength + 4 + length {
            guard fill() else { throw Mismatch("the connection ended within a body") }
        }
        let body = String(decoding: unread[(headLength + 4)..<(headLength + 4 + length)], as: UTF8.self)
        unread.removeFirst(headLength + 4 + length)
        return Answer(status: Int(lines[0].split(separator: " ")[1]) ?? 0, headers: headers, body: body)
    }

    /// Whether the server ends the connection without a further byte.
    func endsNow() -> Bool {
        !fill()
    }

    /// Waits until something came on one of these connections.
    static func firstReadable(_ clients: [TestClient]) -> Int? {
        var sockets = clients.map { pollfd(fd: $0.socket, events: Int16(POLLIN), revents: 0) }
        guard poll(&sockets, nfds_t(sockets.count), 600_000) > 0 else { return nil }
        return sockets.firstIndex { $0.revents != 0 }
    }
}

/// A server with a fake service, for a test that runs on a thread of its own: everything here blocks.
struct ServerFixture: Sendable {
    let service: FakePullService
    let server: APIServer

    func client() throws -> TestClient {
        try TestClient(server.port)
    }

    static let key = [UInt8](repeating: 1, count: 32)

    static func logger() -> Logger {
        Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    }

    static func run(
        logger: Logger = logger(), _ body: @escaping @Sendable (ServerFixture) throws -> Void
    ) async throws {
        try await onThread {
            let service = FakePullService()
            let server = try APIServer(
                address: "127.0.0.1", port: 0, cursorKey: key, service: service, logger: logger)
            defer { server.stop() }
            try body(ServerFixture(service: service, server: server))
        }
    }

    /// Blocks a thread of its own, never one of those that tasks run on.
    static func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            Thread {
                done.resume(with: Result { try body() })
            }.start()
        }
    }
}

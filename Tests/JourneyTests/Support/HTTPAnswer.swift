import Foundation

/// What an HTTP server of this machine answered to one request.
struct HTTPAnswer {
    let status: Int
    let body: String

    var json: JSON { JSON(body) ?? JSON("null")! }

    struct Failure: Error {}

    /// Asks, and waits for the whole answer.
    /// - Throws: ``Failure`` when there is none, or half of one.
    init(port: Int, _ method: String, _ path: String, token: String = "", body: String = "") throws {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard connection >= 0 else { throw Failure() }
        defer { close(connection) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { throw Failure() }
        let authorization = token.isEmpty ? "" : "Authorization: Bearer \(token)\r\n"
        let request =
            "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\(authorization)"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        let bytes = Array(request.utf8)
        guard send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { throw Failure() }
        try self.init(text: String(decoding: try Self.everything(connection), as: UTF8.self))
    }

    private static func everything(_ connection: Int32) throws -> [UInt8] {
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        while case let count = recv(connection, &piece, piece.count, 0), count != 0 {
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Failure() }
            answer += piece[..<count]
        }
        return answer
    }

    private init(text: String) throws {
        guard let end = text.range(of: "\r\n\r\n") else { throw Failure() }
        let head = text[..<end.lowerBound].split(separator: "\r\n")
        let length = head.lazy.compactMap { line in
            line.lowercased().hasPrefix("content-length:")
                ? Int(line.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) : nil
        }.first
        body = String(text[end.upperBound...])
        guard let status = head.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }),
            length == nil || length == body.utf8.count
        else { throw Failure() }
        self.status = status
    }
}

import Foundation

/// What travels over the command socket: one request, then pieces of the answer, the last of which is the exit status.
enum Frame: Hashable {
    case request(CommandRequest)
    case results([UInt8])
    case complaints([UInt8])
    case ended(Int32)
}

/// A command as its caller typed it.
struct CommandRequest: Hashable, Codable {
    let arguments: [String]
    /// The caller's folder, to which relative paths belong.
    let folder: String
    /// The caller's standard input, where an argument is `-`: its first line, or all of it for commands that read more.
    let input: String?
}

/// Reads and writes frames: a byte that says which, four bytes for the length (big-endian), and the bytes.
struct FrameStream {
    let descriptor: Int32

    /// Larger than any list of arguments that a kernel passes on.
    static let byteCountMax = 4 << 20

    enum Failure: Error {
        /// The other end went away, or sends what is no frame.
        case broken
    }

    func send(_ frame: Frame) throws {
        let (kind, payload): (UInt8, [UInt8]) =
            switch frame {
            case .request(let request): (0, [UInt8](try JSONEncoder().encode(request)))
            case .results(let bytes): (1, bytes)
            case .complaints(let bytes): (2, bytes)
            case .ended(let status): (3, withUnsafeBytes(of: status.bigEndian, Array.init))
            }
        for start in stride(from: 0, through: max(0, payload.count - 1), by: Self.byteCountMax) {
            let part = payload[start..<min(payload.count, start + Self.byteCountMax)]
            try write([kind] + withUnsafeBytes(of: UInt32(part.count).bigEndian, Array.init) + part)
        }
    }

    /// - Returns: nil when the other end has closed.
    func receive() throws -> Frame? {
        guard let head = try read(5) else { return nil }
        let count = head[1...].reduce(0) { $0 << 8 | Int($1) }
        guard count <= Self.byteCountMax, let payload = try read(count) else { throw Failure.broken }
        switch head[0] {
        case 0: return .request(try JSONDecoder().decode(CommandRequest.self, from: Data(payload)))
        case 1: return .results(payload)
        case 2: return .complaints(payload)
        case 3 where count == 4: return .ended(Int32(bitPattern: payload.reduce(0) { $0 << 8 | UInt32($1) }))
        default: throw Failure.broken
        }
    }

    private func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { throw Failure.broken }
        }
    }

    private func read(_ count: Int) throws -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes {
                Foundation.read(descriptor, $0.baseAddress?.advanced(by: filled), count - filled)
            }
            if got > 0 {
                filled += got
            } else if got == 0 {
                if filled == 0 { return nil }
                throw Failure.broken
            } else if errno != EINTR {
                throw Failure.broken
            }
        }
        return bytes
    }
}

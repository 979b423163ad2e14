import Foundation
import OrganisationModel

/// Stream sockets in the file system. Their folder is opened first, so that its path may be longer than a socket address.
enum UnixSocket {
    /// Listens at `path`; what lies there is removed, so only the owner of the state may call this.
    /// - Parameter isOpen: whether every user may connect; who may give commands is asked of each connection.
    /// - Throws: ``FordelerError`` `socket.failed`.
    static func listen(at path: String, isOpen: Bool) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(path) }
        unlink(path)
        let isBound = withAddress(of: path) { bind(descriptor, $0, $1) == 0 } ?? false
        guard isBound, chmod(path, isOpen ? 0o666 : 0o600) == 0, Foundation.listen(descriptor, backlog) == 0 else {
            let error = failure(path)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static let backlog: Int32 = 64

    /// - Returns: nil when nobody listens at `path`.
    static func connect(to path: String) -> Int32? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        guard withAddress(of: path, { Foundation.connect(descriptor, $0, $1) == 0 }) == true else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// The user at the other end, as the kernel knows them; nil when it does not.
    static func peer(of descriptor: Int32) -> uid_t? {
        var peer = Credentials()
        var length = socklen_t(MemoryLayout<Credentials>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 else { return nil }
        return peer.user
    }

    /// `struct ucred` of unix(7), which the C library's module leaves out.
    private struct Credentials {
        var process: pid_t = 0
        var user: uid_t = 0
        var group: gid_t = 0
    }

    /// `O_PATH` of open(2), which the C library's module leaves out: only the right to pass through is needed.
    private static let onlyPath: Int32 = 0o10000000

    private static func withAddress<Result>(
        of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result? {
        let folder = (path as NSString).deletingLastPathComponent
        let place = open(folder.isEmpty ? "." : folder, onlyPath | O_DIRECTORY | O_CLOEXEC)
        guard place >= 0 else { return nil }
        defer { close(place) }
        let text = Array("/proc/self/fd/\(place)/\((path as NSString).lastPathComponent)".utf8)
        var address = sockaddr_un()
        guard text.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: text) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func failure(_ path: String) -> FordelerError {
        FordelerError(
            .init("socket.failed"),
            "\(path) cannot be listened at: \(String(cString: strerror(errno))). Check its folder's rights")
    }
}

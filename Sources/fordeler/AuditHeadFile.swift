import ChangeEvents
import Foundation
import OrganisationModel
import Storage

/// A file that tells, line by line, where the audit ended at some time. It only grows, and its place is one where whoever
/// can alter the state alters nothing.
struct AuditHeadFile {
    /// A line as it was read.
    struct Line {
        /// File and line, such as `audit-head:3`.
        let name: String
        /// Nil when the line tells no end of an audit.
        let head: AuditHead?

        var named: (name: String, head: AuditHead)? {
            head.map { (name, $0) }
        }
    }

    /// How a line stands in the file.
    private struct Form: Decodable {
        let number: Int
        let chain: String
        let time: String

        var head: AuditHead? {
            guard number > 0, let bytes = Hexadecimal.bytes(chain), bytes.count == 32 else { return nil }
            return AuditHead(number: number, chain: bytes, time: time)
        }
    }

    let path: String

    /// Centuries of lines.
    private static let byteCountMax = 64 << 20

    /// One JSON object, without the end of the line.
    static func line(_ head: AuditHead) -> String {
        var json = JSONBytes()
        json.object { json in
            json.pair("number", head.number)
            json.pair("chain", Hexadecimal.text(head.chain))
            json.pair("time", head.time)
        }
        return json.text
    }

    /// The lines from first to last. A last one without its end was not written wholly and says nothing.
    /// - Throws: ``FordelerError`` `audit.head-unreadable`.
    func lines() throws -> [Line] {
        let descriptor = try open(O_RDONLY, .headUnreadable)
        defer { close(descriptor) }
        return try lines(of: contents(descriptor, .headUnreadable))
    }

    /// Appends a line, and brings it to the disk; makes the file where there is none.
    /// - Parameter head: where the audit ends now; nil when it is empty.
    /// - Parameter isKnown: whether the state knows an end that the file tells; when it does not, nothing is written.
    /// - Parameter always: also when the last line tells the same.
    /// - Returns: whether a line was appended.
    /// - Throws: ``FordelerError`` `audit.head-failed`, or `audit.damaged` when an end is not known.
    func append(_ head: AuditHead?, always: Bool, isKnown: (AuditHead) throws -> Bool) throws -> Bool {
        let descriptor = try open(O_RDWR | O_APPEND | O_CREAT, .headFailed)
        defer { close(descriptor) }
        let bytes = try contents(descriptor, .headFailed)
        if let last = lines(of: bytes).last?.named {
            guard try isKnown(last.head) else {
                throw FordelerError(
                    .auditDamaged,
                    "the audit does not hold what \(last.name) tells of it: it was cut off or altered. Run: fordeler "
                        + "audit verify --head \(path). After a restore from a backup, name another file")
            }
            if last.head == head, !always { return false }
        }
        guard let head else { return false }
        let whole = (bytes.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        // What a crash left of a line goes; where a file can only grow, it gets an end.
        let isCut = whole == bytes.count || ftruncate(descriptor, off_t(whole)) == 0
        let line = Array(((isCut ? "" : "\n") + Self.line(head) + "\n").utf8)
        guard write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
            let failure = problem(.headFailed, "cannot be written")
            // What was written of it; if this fails too, the next line begins after it.
            _ = ftruncate(descriptor, off_t(whole))
            throw failure
        }
        if bytes.isEmpty { try syncFolder() }
        return true
    }

    private func lines(of bytes: [UInt8]) -> [Line] {
        let name = RunText.shown((path as NSString).lastPathComponent)
        let texts = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        return texts.enumerated().filter { !$0.element.isEmpty }.map { index, text in
            Line(
                name: "\(name):\(index + 1)", head: (try? JSONDecoder().decode(Form.self, from: Data(text)))?.head)
        }
    }

    private func open(_ flags: Int32, _ code: FordelerError.Code) throws -> Int32 {
        // A FIFO without anybody at its other end would block for ever.
        let descriptor = Foundation.open(path, flags | O_NONBLOCK | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw problem(code, "cannot be opened") }
        return descriptor
    }

    private func contents(_ descriptor: Int32, _ code: FordelerError.Code) throws -> [UInt8] {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.byteCountMax
        else { throw FordelerError(code, "\(path) is no regular file, or too long for an audit head") }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count, off_t(count))
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw problem(code, "cannot be read") }
            count += got
        }
        return bytes
    }

    /// A new file is there after a power cut only when its folder has reached the disk.
    private func syncFolder() throws {
        let name = (path as NSString).deletingLastPathComponent
        let folder = Foundation.open(name.isEmpty ? "." : name, O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { throw problem(.headFailed, "lies in a folder that cannot be opened") }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw problem(.headFailed, "cannot be written") }
    }

    private func problem(_ code: FordelerError.Code, _ what: String) -> FordelerError {
        FordelerError(code, "\(path) \(what): \(String(cString: strerror(errno))). Check its folder and rights")
    }
}

extension FordelerError.Code {
    /// The audit is not what it was.
    static let auditDamaged = FordelerError.Code("audit.damaged")
    static let headUnreadable = FordelerError.Code("audit.head-unreadable")
    /// Nobody outside learns where the audit ends; all else goes on.
    static let headFailed = FordelerError.Code("audit.head-failed")
}

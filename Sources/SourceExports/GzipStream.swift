import CZlib
import OrganisationModel

/// Decompresses a gzip file (RFC 1952) of one or more members piece by piece, in constant memory.
///
/// Work and output are bounded: a small file cannot keep the reader busy for long.
final class GzipStream {
    static let mark: [UInt8] = [0x1F, 0x8B]
    /// As large as a file may be that is not compressed.
    static let bytesMax = 8 << 30
    /// How many times its compressed size an export may hold; asked only beyond ``ratioBytesMin``. Real exports hold 3 to 31
    /// times as much, made-up ones without any value in their fields 35 times, and DEFLATE cannot do more than 1032.
    static let ratioMax = 200
    /// So little may come out of a file whatever its size: it is read in no time.
    static let ratioBytesMin = 1 << 20
    /// How many bytes more than it holds a file may have: headers without end, and members that hold nothing, are work
    /// without result. DEFLATE adds less than a thousandth, and a member has 18 bytes and mostly a name.
    static let idleBytesMax = 1 << 20
    private static let chunkSize = 64 * 1024

    private let fill: ExportInput.Fill
    /// zlib keeps its address.
    private let stream: UnsafeMutablePointer<z_stream>
    private let chunk: UnsafeMutableRawBufferPointer
    /// Whether the bytes at hand belong to a member.
    private var isInMember = true
    private var isAtEnd = false
    private var taken = 0
    private var given = 0

    /// - Parameters:
    ///   - first: the first bytes of the file.
    ///   - fill: gives those behind them.
    /// - Throws: ``ExportProblem`` `export.unreadable` when there is no memory.
    init(_ first: UnsafeRawBufferPointer, then fill: @escaping ExportInput.Fill) throws {
        self.fill = fill
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        chunk = .allocate(byteCount: max(first.count, GzipStream.chunkSize), alignment: 8)
        guard gzip_start(stream) == Z_OK else {
            throw ExportProblem(
                rule: .unreadable, line: 0, message: "The compressed file could not be read. Try it again.")
        }
        chunk.copyMemory(from: first)
        provide(first.count)
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        chunk.deallocate()
    }

    /// Fills the whole buffer unless the file ends before; 0 at its end.
    func read(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let base = buffer.baseAddress else { return 0 }
        var count = 0
        while count < buffer.count, !isAtEnd {
            guard isInMember else {
                try startMember()
                continue
            }
            if stream.pointee.avail_in == 0, try !refill() {
                throw ExportProblem(
                    rule: .gzipTruncated, line: 0,
                    message: "The compressed file breaks off. Fetch or send the file again.")
            }
            count += try inflateOnce(into: base + count, room: buffer.count - count)
        }
        return count
    }

    private func inflateOnce(into target: UnsafeMutableRawPointer, room: Int) throws -> Int {
        let room = UInt32(min(room, GzipStream.chunkSize))
        let available = stream.pointee.avail_in
        stream.pointee.next_out = target.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = room
        let status = inflate(stream, Z_NO_FLUSH)
        let count = Int(room - stream.pointee.avail_out)
        taken += Int(available - stream.pointee.avail_in)
        given += count
        switch status {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: isInMember = false
        default: throw GzipStream.damaged
        }
        try checkLimits()
        return count
    }

    private func checkLimits() throws {
        if given > GzipStream.bytesMax {
            throw ExportProblem(
                rule: .gzipTooLarge, line: 0,
                message:
                    "The compressed file holds more than \(GzipStream.bytesMax) bytes. Ask the source for a correct "
                    + "file.")
        }
        if given > GzipStream.ratioBytesMin, given > taken * GzipStream.ratioMax {
            throw ExportProblem(
                rule: .gzipTooLarge, line: 0,
                message:
                    "The compressed file holds more than \(GzipStream.ratioMax) times its own size, which no export "
                    + "does. Ask the source for a correct file, or for one that is not compressed.")
        }
        if taken > given + GzipStream.idleBytesMax { throw GzipStream.damaged }
    }

    /// Looks for another member behind one that is complete.
    private func startMember() throws {
        if stream.pointee.avail_in == 0, try !refill() {
            isAtEnd = true
            return
        }
        // zlib would wait for the second byte.
        guard stream.pointee.next_in.pointee == GzipStream.mark[0], inflateReset(stream) == Z_OK else {
            throw GzipStream.damaged
        }
        isInMember = true
    }

    private func refill() throws -> Bool {
        let count = try fill(chunk)
        provide(count)
        return count > 0
    }

    private func provide(_ count: Int) {
        stream.pointee.next_in = chunk.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(count)
    }

    private static var damaged: ExportProblem {
        ExportProblem(
            rule: .gzipDamaged, line: 0,
            message: "The compressed file is damaged: its content is not what it was when it was written, or something "
                + "follows it. Fetch or send the file again.")
    }
}

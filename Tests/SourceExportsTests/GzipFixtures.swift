import CZlib
import OrganisationModel
import Testing

@testable import SourceExports

/// One gzip member.
func gzip(_ bytes: [UInt8], level: Int32 = 6) throws -> [UInt8] {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    try #require(deflateInit2_(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK)
    defer { deflateEnd(&stream) }
    var result = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
    var input = bytes
    try input.withUnsafeMutableBufferPointer { input in
        try result.withUnsafeMutableBufferPointer { output in
            (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
            (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
            try #require(deflate(&stream, Z_FINISH) == Z_STREAM_END)
        }
    }
    return Array(result.prefix(Int(stream.total_out)))
}

/// What came out of a file before it ended or was refused.
struct Unpacked {
    var bytes: [UInt8] = []
    var rule: Rule?
    /// How many bytes of the file were asked for.
    var taken = 0
}

/// Reads a file through ``ExportInput``, in chunks of at most `chunk` bytes, `room` bytes at a time.
func unpack(_ bytes: [UInt8], chunk: Int = .max, room: Int = 256 * 1024) throws -> Unpacked {
    var result = Unpacked()
    let input = ExportInput { buffer in
        let count = min(chunk, buffer.count, bytes.count - result.taken)
        buffer.copyBytes(from: bytes[result.taken..<result.taken + count])
        result.taken += count
        return count
    }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 8)
    defer { buffer.deallocate() }
    do {
        while case let count = try input.read(buffer), count > 0 { result.bytes += buffer[..<count] }
        try input.finish()
    } catch let problem as ExportProblem {
        #expect(!problem.message.isEmpty)
        result.rule = problem.rule
    }
    return result
}

public import OrganisationModel

/// The bytes of an export as a reader wants them: a file that begins as gzip does (1F 8B, RFC 1952) is decompressed while it
/// is read, any other is handed on as it is.
///
/// What comes out of a compressed file may itself be compressed; it is not decompressed again.
public final class ExportInput {
    /// Puts the next bytes into the buffer and answers how many; 0 at the end.
    public typealias Fill = (UnsafeMutableRawBufferPointer) throws -> Int

    private let fill: Fill
    private var gzip: GzipStream?
    private var isBegun = false
    /// The first bytes that were handed on, at most ``startMax``.
    private(set) var start: [UInt8] = []
    private static let startMax = 200

    /// Known once something was read.
    public var isCompressed: Bool { gzip != nil }

    public init(_ fill: @escaping Fill) {
        self.fill = fill
    }

    /// Puts the next bytes into the buffer and answers how many; 0 at the end.
    /// - Parameter buffer: of two bytes at least.
    /// - Throws: ``ExportProblem`` `gzip.truncated`, `gzip.damaged` or `gzip.too-large`, or what `fill` throws.
    public func read(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try readNext(buffer)
        if start.count < ExportInput.startMax { start += buffer[..<count].prefix(ExportInput.startMax - start.count) }
        return count
    }

    private func readNext(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if let gzip { return try gzip.read(buffer) }
        guard !isBegun else { return try fill(buffer) }
        isBegun = true
        var count = 0
        while count < GzipStream.mark.count {
            let more = try fill(UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
            if more == 0 { break }
            count += more
        }
        let first = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        guard first.starts(with: GzipStream.mark) else { return count }
        let gzip = try GzipStream(first, then: fill)
        self.gzip = gzip
        return try gzip.read(buffer)
    }

    /// How an XML document with this root element is written; call when something was read.
    public func xmlForm(root: String) -> ExportForm {
        ExportForm(root: root, start: start)
    }

    /// Call when the reader is done: what it did not ask for any more, such as the checksum at the end, is read too.
    /// - Throws: as ``read(_:)``.
    public func finish() throws {
        guard let gzip else { return }
        try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            while try gzip.read(buffer) > 0 {}
        }
    }
}

extension Rule {
    /// The compressed file ends before it is complete.
    public static let gzipTruncated = Rule("gzip.truncated", .error, .block)
    /// What begins as gzip does is none, or its checksum is wrong, or something follows it.
    public static let gzipDamaged = Rule("gzip.damaged", .error, .block)
    /// It holds more, or far more for its size, than any export.
    public static let gzipTooLarge = Rule("gzip.too-large", .error, .block)
}

import Foundation

/// Where a command's answers go: results to one stream, complaints to the other.
struct Output: Sendable {
    /// Takes bytes of the results, in order.
    let results: @Sendable ([UInt8]) -> Void
    /// Takes bytes of the complaints, in order.
    let complaints: @Sendable ([UInt8]) -> Void

    func line(_ text: String) {
        results(Array((text + "\n").utf8))
    }

    func complain(_ text: String) {
        complaints(Array(("fordeler: " + text + "\n").utf8))
    }

    /// Standard output and standard error of this process. Results that cannot be written end it: nobody would see them.
    static let process = Output(results: writeResults, complaints: writeComplaints)

    @Sendable private static func writeResults(_ bytes: [UInt8]) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(bytes))
        } catch {
            process.complain("the output could not be written: \(error)")
            Foundation.exit(ExitStatus.usage.rawValue)
        }
    }

    @Sendable private static func writeComplaints(_ bytes: [UInt8]) {
        // There is nobody left to tell when this fails.
        try? FileHandle.standardError.write(contentsOf: Data(bytes))
    }
}

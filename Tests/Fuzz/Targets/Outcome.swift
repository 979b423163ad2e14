import Foundation
import OrganisationModel
import SourceExports

/// A record as a target sees it.
struct Seen: Equatable {
    let shape: Int
    let line: Int
    let fields: [String?]
    /// The timeline of each occurrence, and its fields.
    let occurrences: [Occurrence]

    struct Occurrence: Equatable {
        let timeline: Int
        let fields: [String?]
    }

    /// Copies a record, and demands what every reader promises of its texts.
    init(_ record: SourceRecord, fieldCount: Int) {
        shape = record.shape
        line = record.line
        fields = (0..<fieldCount).map { Seen.text(record[$0]) }
        occurrences = (0..<record.occurrenceCount).map { index in
            Occurrence(
                timeline: record.timeline(ofOccurrence: index),
                fields: (0..<fieldCount).map { Seen.text(record.field($0, ofOccurrence: index)) })
        }
    }

    private static func text(_ bytes: UnsafeRawBufferPointer?) -> String? {
        guard let bytes else { return nil }
        let text = String(validating: bytes, as: UTF8.self)
        demand(text != nil, "a field is no UTF-8")
        demand(trimmed(bytes) == Array(bytes) && !bytes.isEmpty, "a field is empty or not trimmed")
        return text
    }
}

/// All that a reading gives: the records, and why it was refused.
struct Outcome: Equatable {
    var records: [Seen] = []
    var refusal: Refusal?
    var form: String?

    struct Refusal: Equatable {
        let code: String
        let line: Int
        let message: String
    }

    /// Nothing of a refused export is used, so it does not matter how far a reading came.
    static func == (left: Outcome, right: Outcome) -> Bool {
        left.refusal == right.refusal
            && (left.refusal != nil || left.records == right.records && left.form == right.form)
    }
}

/// Runs a reading over bytes that come at most `chunk` at a time; any error but a refusal is a fault.
/// - Parameter lines: how many there are at most, where that is known.
func outcome(
    _ bytes: [UInt8], chunk: Int, lines: Int = .max, _ read: (@escaping ExportInput.Fill, inout Outcome) throws -> Void
) -> Outcome {
    var offset = 0
    var result = Outcome()
    do {
        try read(
            { buffer in
                let count = min(chunk, buffer.count, bytes.count - offset)
                buffer.copyBytes(from: bytes[offset..<offset + count])
                offset += count
                return count
            }, &result)
    } catch let problem as ExportProblem {
        demand(!problem.message.isEmpty, "a refusal without a message")
        demand(problem.line >= 0 && problem.line <= lines, "line \(problem.line) is not in the file")
        result.refusal = .init(code: problem.rule.code, line: problem.line, message: problem.message)
    } catch {
        demand(false, "an error of another type: \(error)")
    }
    for record in result.records {
        demand(record.line > 0 && record.line <= lines, "line \(record.line) is not in the file")
    }
    return result
}

/// The most lines that the bytes can have in any encoding.
func lineCount(_ bytes: [UInt8]) -> Int {
    bytes.count { $0 == 0x0A } + 1
}

func trimmed(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    let spaces: Set<UInt8> = [0x20, 0x0A, 0x0D, 0x09]
    return Array(Array(bytes.drop(while: spaces.contains)).reversed().drop(while: spaces.contains).reversed())
}

/// A field of a CSV file in quotation marks. A quotation mark and an accent behind it are one character to Swift.
func quoted(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result += scalar == "\"" ? [scalar, scalar] : [scalar] }
    return "\"\(String(result))\""
}

/// A number that depends on all bytes, to choose something by.
func choice(_ bytes: [UInt8], below limit: Int) -> Int {
    var number: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { number = (number ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return Int(number >> 33) % max(1, limit)
}

/// Takes the first byte of an input, by which a target chooses.
func takeChoice(_ bytes: inout ArraySlice<UInt8>, below limit: Int) -> Int {
    Int(bytes.popFirst() ?? 0) % limit
}

/// Ends the program when a property does not hold; libFuzzer keeps the input.
func demand(_ holds: Bool, _ text: @autoclosure () -> String) {
    guard !holds else { return }
    FileHandle.standardError.write(Data("PROPERTY: \(text())\n".utf8))
    abort()
}

func demandSame(_ one: Outcome, _ other: Outcome, _ what: String) {
    demand(one == other, "\(what) reads otherwise:\n\(one)\n\(other)")
}

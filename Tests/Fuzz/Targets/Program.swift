import Foundation

/// The target that the environment names: libFuzzer, whose `main` this program has, keeps the arguments for itself.
private let target: @Sendable ([UInt8]) -> Void = {
    let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
    switch name {
    case "xml": return testXML
    case "csv": return testCSV
    case "encodings": return testEncodings
    case "mapping": return testMapping
    default:
        FileHandle.standardError.write(Data("FUZZ_TARGET is xml, csv, encodings or mapping\n".utf8))
        exit(2)
    }
}()

/// Called by libFuzzer (https://llvm.org/docs/LibFuzzer.html) with every input.
@_cdecl("LLVMFuzzerTestOneInput") public func testInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}

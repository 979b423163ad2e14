public import OrganisationModel

extension Value {
    /// Reads a text that a person wrote as mappings read values; nil when it does not fit, is empty, holds control characters,
    /// or the type is a relation.
    public init?(written text: String, type: ValueType) {
        let trimmed = text.trimmingPrefix(while: \.isWhitespace)
        var bytes = Array(String(trimmed).utf8)
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        guard !bytes.isEmpty, !String(decoding: bytes, as: UTF8.self).unicodeScalars.contains(where: \.isControl)
        else { return nil }
        let canonical: [UInt8]? =
            switch type {
            case .text: bytes
            case .flag: Flags.parse(bytes).map { Value.flag($0).bytes }
            case .decimal: bytes.withUnsafeBytes(Decimals.parse).map { Array(Decimals.write($0).utf8) }
            case .day: Day(parsing: String(decoding: bytes, as: UTF8.self)).map { Value.day($0).bytes }
            case .reference: nil
            }
        guard let value = canonical?.withUnsafeBytes({ Value($0, type: type) }) else { return nil }
        self = value
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool {
        properties.generalCategory == .control
    }
}

public import OrganisationModel

/// Writes JSON straight into bytes: keys in the order given, no spaces, text escaped as RFC 8259, section 7 demands.
public struct JSONBytes {
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    public init() {
        bytes.reserveCapacity(1024)
    }

    public var text: String {
        String(decoding: bytes, as: UTF8.self)
    }

    public mutating func object(_ body: (inout JSONBytes) throws -> Void) rethrows {
        try nested("{", "}", body)
    }

    public mutating func array(_ body: (inout JSONBytes) throws -> Void) rethrows {
        try nested("[", "]", body)
    }

    private mutating func nested(
        _ open: Character, _ close: Character, _ body: (inout JSONBytes) throws -> Void
    ) rethrows {
        separate()
        bytes.append(contentsOf: String(open).utf8)
        needsComma = false
        try body(&self)
        bytes.append(contentsOf: String(close).utf8)
        needsComma = true
    }

    public mutating func key(_ key: String) {
        separate()
        quote(key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func value(_ text: String?) {
        separate()
        if let text { quote(text) } else { bytes.append(contentsOf: "null".utf8) }
        needsComma = true
    }

    public mutating func value(_ number: Int?) {
        separate()
        bytes.append(contentsOf: (number.map { String($0) } ?? "null").utf8)
        needsComma = true
    }

    public mutating func value(_ flag: Bool) {
        separate()
        bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        needsComma = true
    }

    /// Appends a value that is JSON already.
    public mutating func value(json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    /// A value of an object: numbers as texts, so that no reader rounds them.
    public mutating func value(_ value: Value?) {
        switch value {
        case .none, .erased: self.value(String?.none)
        case .flag(let flag): self.value(flag)
        case .some(let other): self.value(other.description)
        }
    }

    public mutating func pair(_ key: String, _ text: String?) {
        self.key(key)
        value(text)
    }

    public mutating func pair(_ key: String, _ number: Int?) {
        self.key(key)
        value(number)
    }

    public mutating func pair(_ key: String, _ value: Value?) {
        self.key(key)
        self.value(value)
    }

    /// An open end of a period is null.
    public mutating func pair(_ key: String, _ day: Day) {
        self.key(key)
        value(day.isFinite ? day.description : nil)
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                bytes.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

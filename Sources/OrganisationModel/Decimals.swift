/// Decimal numbers in ten-thousandths, enough for any employment fraction and exact.
public enum Decimals {
    public static let scale: Int64 = 10_000

    /// Reads digits with at most one comma or point and an optional sign; nil for anything else, for more than four digits
    /// after the point that are not zero, and for what no Int64 of ten-thousandths holds.
    public static func parse(_ text: UnsafeRawBufferPointer) -> Int64? {
        var value: Int64 = 0
        var fraction: Int64 = -1
        var digits = 0
        var isNegative = false
        for (index, byte) in text.enumerated() {
            switch byte {
            case 0x2D where index == 0: isNegative = true
            case 0x2C, 0x2E:
                guard fraction < 0 else { return nil }
                fraction = 0
            case 0x30...0x39:
                digits += 1
                if fraction >= 4 {
                    guard byte == 0x30 else { return nil }
                    continue
                }
                guard digits <= (fraction < 0 ? 12 : 16) else { return nil }
                value = value * 10 + Int64(byte - 0x30)
                if fraction >= 0 { fraction += 1 }
            default: return nil
            }
        }
        guard digits > 0 else { return nil }
        for _ in max(0, fraction)..<4 {
            guard value < Int64.max / 10 else { return nil }
            value *= 10
        }
        return isNegative ? -value : value
    }

    /// The quotient rounded half away from zero; nil for a zero divisor and for what no Int64 of ten-thousandths holds.
    public static func divide(_ above: Int64, by below: Int64) -> Int64? {
        guard below != 0, below != .min, above != .min else { return nil }
        let (product, overflow) = above.magnitude.multipliedReportingOverflow(by: UInt64(scale))
        guard !overflow else { return nil }
        let (quotient, rest) = product.quotientAndRemainder(dividingBy: below.magnitude)
        let rounded = rest >= below.magnitude - rest ? quotient + 1 : quotient
        guard rounded <= UInt64(Int64.max) else { return nil }
        return (above < 0) == (below < 0) ? Int64(rounded) : -Int64(rounded)
    }

    /// Plain notation with a point, without zeros at the end.
    public static func write(_ value: Int64) -> String {
        let whole = String(value.magnitude / UInt64(scale))
        let sign = value < 0 ? "-" : ""
        let rest = value.magnitude % UInt64(scale)
        guard rest > 0 else { return sign + whole }
        var digits = String(rest + UInt64(scale)).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return sign + whole + "." + digits
    }
}

import Hummingbird

/// The parameters of a request's query. Unknown and repeated ones are refused: a misspelt `after` would otherwise give
/// everything again, unnoticed.
struct QueryParameters {
    private let values: [Substring: Substring]

    init(_ request: Request, allowed: [String]) throws(Problem) {
        var values: [Substring: Substring] = [:]
        for (name, value) in request.uri.queryParameters {
            guard allowed.contains(String(name)) else {
                throw Problem.parameter(
                    Self.shown(name), "is no parameter of this address; known: \(allowed.joined(separator: ", "))")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw Problem.parameter(String(name), "stands there twice")
            }
        }
        self.values = values
    }

    /// A name that a client sent, as it may be sent back: letters only, and not long.
    private static func shown(_ name: Substring) -> String {
        String(name.prefix(40).map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "?" })
    }

    subscript(_ name: String) -> String? {
        values[Substring(name)].map { String($0) }
    }

    func number(_ name: String, _ range: ClosedRange<Int>, default fallback: Int) throws(Problem) -> Int {
        guard let text = self[name] else { return fallback }
        return try Self.number(name, text, range)
    }

    /// Whole seconds, with or without an `s` behind them.
    func seconds(_ name: String, max: Int) throws(Problem) -> Int {
        guard let text = self[name] else { return 0 }
        return try Self.number(name, text.hasSuffix("s") ? String(text.dropLast()) : text, 0...max)
    }

    private static func number(_ name: String, _ text: String, _ range: ClosedRange<Int>) throws(Problem) -> Int {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(text),
            range.contains(number)
        else {
            throw Problem.parameter(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

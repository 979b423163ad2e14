import OrganisationModel
import Storage

/// The numbers, mail addresses and names by which somebody is named in what people write. First names and surnames alone are
/// everybody's, and are none.
struct NamingWords {
    /// In lower case.
    private let words: Set<String>

    /// - Parameter traces: numbers and mail addresses.
    init(_ holdings: Holdings, _ traces: Set<String>, _ transaction: StateTransaction) throws {
        var words = traces
        for trace in traces where trace.wholeMatch(of: /[0-9]{10}/) != nil {
            let (day, number) = (trace.prefix(6), trace.suffix(4))
            let parts = [day.prefix(2), day.dropFirst(2).prefix(2), day.suffix(2)]
            for separator in ["-", " ", ".", "/"] {
                words.insert(day + separator + number)
                for other in ["-", " ", ".", "/"] { words.insert(parts.joined(separator: other) + separator + number) }
            }
        }
        for held in holdings.objects where held.object.kind == .person {
            for version in held.versions {
                let periods = try transaction.state(of: held.object.id, version: version)?.periods(
                    transaction.schema[.person])
                for period in periods ?? [] { words.formUnion(Self.names(period)) }
            }
        }
        self.words = Set(words.map { $0.lowercased() })
    }

    private static func names(_ period: StatePeriod) -> [String] {
        guard case .text(let given) = period["givenName"], case .text(let surname) = period["surname"],
            let first = given.split(separator: " ").first, !surname.isEmpty
        else { return [] }
        let firsts = [given, String(first)]
        return firsts.flatMap { ["\($0) \(surname)", "\(surname), \($0)", "\(surname) \($0)"] }
    }

    /// Whether one of the words stands in a text, and not as a part of a longer one.
    func occur(in text: String) -> Bool {
        let text = text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.contains { word in
            text.ranges(of: word).contains { range in
                let before = range.lowerBound == text.startIndex ? nil : text[text.index(before: range.lowerBound)]
                let after = range.upperBound == text.endIndex ? nil : text[range.upperBound]
                return ![before, after].contains { $0?.isLetter == true || $0?.isNumber == true }
            }
        }
    }
}

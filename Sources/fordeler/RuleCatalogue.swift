import Mapping
import OrganisationModel
import SourceExports
import Validation

/// Every rule that anything can break.
enum RuleCatalogue {
    /// In the order of codes.
    static let entries = (RuleEntry.ofReading + RuleEntry.ofMapping + RuleEntry.ofValidation + RuleEntry.ofImports)
        .sorted { $0.rule.code < $1.rule.code }

    /// - Throws: ``FordelerError`` `rule.unknown`, with the nearest code.
    static func entry(_ code: String) throws -> RuleEntry {
        if let entry = entries.first(where: { $0.rule.code == code }) { return entry }
        throw FordelerError(.init("rule.unknown"), unknown(code))
    }

    static func unknown(_ code: String) -> String {
        let nearest = entries.map { ($0.rule.code, distance($0.rule.code, code)) }.min { $0.1 < $1.1 }?.0 ?? ""
        return "\(code) is no rule; did you mean \(nearest)? All of them: fordeler rules"
    }

    /// How many letters must be put in, taken out or altered to make one text of the other.
    private static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.utf8.prefix(80)), Array(right.utf8.prefix(80)))
        var row = Array(0...right.count)
        for (place, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = place + 1
            for (column, other) in right.enumerated() {
                let next = min(row[column] + 1, row[column + 1] + 1, diagonal + (letter == other ? 0 : 1))
                diagonal = row[column + 1]
                row[column + 1] = next
            }
        }
        return row[right.count]
    }
}
